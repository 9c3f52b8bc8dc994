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
//
// Where laptops of one room take a case in together, one of them holds it: the
// one it was passed on to last. Only who holds a case passes it on, judged by
// what the author had seen, so that two hold it at once only after a person
// took it over by force; then the case says so, until one of them passes it on
// or takes it over with both in sight. Edits of a laptop that does not hold
// the case are not refused here: nothing written is lost.
package loan
