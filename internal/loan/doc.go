// Package loan holds the nouns and rules of the student loan: the
// application, its people, schools and papers, the dated policy packs, the
// verdict on an application, and the change, the one atom of which everything
// else is a view.
//
// It guarantees that Check and Fold are pure: the same input gives the same
// answer on the laptop and at the centre, and nothing given is altered. It
// leaves the clock, the store, the words on screen and who may do what to
// others.
//
// The order of changes comes from the heads of the case each had seen, never
// from a clock: a change stands one higher than the highest it had seen;
// changes of one height are ordered by device and counter. Of two edits of a
// field of which neither had seen the other, both values are kept as a
// Conflict until an edit that has seen both. After a contract is sealed its
// fields change only by a correction, which voids the signatures and keeps
// the former contract.
package loan
