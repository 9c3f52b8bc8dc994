// Package ui is the window: its screens, the way between them, and the words
// on them.
//
// Screens show what desk gives and call desk for every act; they decide
// nothing of the business themselves. A screen builds its widgets once and is
// refreshed with the case's next state after each act.
//
// All work that may wait runs off Fyne's goroutine through Window.run and
// comes back through one seam, Window.back. Acts on the store run one after
// another in the order they were asked for, so that what is typed first is
// saved first; pictures and pages load beside them. Close waits for all.
//
// Long work on the store is a chore: one at a time, beside the clerk's, with
// its progress in 管理. Housekeeping is such a chore, done after signing in and
// every hour.
//
// Locking saves, ends what runs, closes the store and begins afresh in a new
// run of the program, so that nothing of a case is left in memory. Of what was
// open only the case's id is kept, sealed. A damaged store is no dead end: the
// window mends it, or puts a backup in its place.
package ui
