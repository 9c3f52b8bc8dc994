// Package rulebook makes the reference of the rules from what the program
// carries: policy packs, area codes, the starter school list and the words of
// the codes.
//
// It owns the reading of those assets and the one file DIR/schools.tsv, the
// school register taken into a data folder: UTF-8 text in the form of
// loan.ParseRegister, kept byte for byte as it was given, replaced as a whole
// and durably. It guarantees that a reference it returns is complete, and that
// a register taken in keeps the former names the program knows. It holds
// nobody's data, so it needs no password and no lock. The rules themselves are
// package loan's.
package rulebook
