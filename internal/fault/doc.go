// Package fault is the closed list of what can go wrong.
//
// It owns the kinds of error, and for each kind the one sentence shown to the
// clerk and the next step. Every layer returns errors of this package, wrapped
// once with its operation, so that the window and the verbs of the command
// line can always say what happened and what to do.
//
// An error's text never holds personal data: operations and ids only.
package fault
