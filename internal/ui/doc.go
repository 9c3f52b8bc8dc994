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
package ui
