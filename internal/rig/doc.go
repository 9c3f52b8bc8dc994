// Package rig tries the store: a writer that may be killed or cut off at any
// moment, and a verifier that says whether what it wrote is there.
//
// It owns the plan, an endless list of operations of which the n-th is a pure
// function of a seed and n, and the model, a plain fold in memory of what the
// store must hold after n of them. The model shares nothing with the store but
// the words: it neither folds cases with package loan nor reads the store's
// files. Whoever kills the writer or takes away the power is outside; package
// rig keeps this contract with it:
//
//	write  --dir D --seed S --ack FILE [--max N]
//	       opens the store in D, or makes one, finds the number of the last
//	       operation in it, and for each that follows writes the line "I n" to
//	       FILE, does it, and writes "A n" when it is durable.
//	verify --dir D --seed S
//	       opens the store, runs its own checks, compares all of it with the
//	       model and prints {"ok":…,"applied":n,"records":…,"err":…}. An err
//	       begins with "open" when the store did not open, with "check" when
//	       it named a fault itself, and with neither when only the model knew.
//
// An operation is one transaction of the store, and its number is part of what
// that transaction writes: every change of operation n is dated n hours after
// a fixed day, as is a receipt; a setting holds n and so does an operator's
// name. The few operations that take several steps can be repeated, and end
// with a setting that holds n; the verifier lets their first steps be seen
// before they have ended.
//
// The store, its keys and its passwords are made up and protect nothing.
package rig
