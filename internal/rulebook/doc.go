// Package rulebook makes the reference of the rules from what the program
// carries: policy packs, area codes, the starter school list and the words of
// the codes.
//
// It owns the reading of those assets and two files of a data folder, each
// replaced as a whole and durably. DIR/schools.tsv is the school register taken
// in: UTF-8 text in the form of loan.ParseRegister, kept byte for byte as it was
// given; DIR/schools.tsv.damaged is one that was set aside, and may be deleted.
// DIR/packs.json has the policy packs that the county sent down, for what judges
// without a password: a JSON array of the texts of loan.ParsePolicy, written
// anew from what the store has verified. It guarantees that a reference it
// returns is complete, and that a register taken in keeps the former names the
// program knows. It holds nobody's data, so it needs no password and no lock.
// Whether a file of the folder is one that may be used is package desk's to say.
// The rules themselves are package loan's.
package rulebook
