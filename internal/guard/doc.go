// Package guard decides who may do what, and what of a person others may see.
//
// It owns the roles, the operator's record, the table of permissions (verb by
// role, status of the case and the operator's own part in it), the masks of
// personal data, the words of watermarks, the form of a grant for sensitive use
// and what it covers, the rule that locks an account, and how the chain folds into
// lines of the record and what is odd in them, for the laptop and for the centre.
// It guarantees that what the table does not name is denied, and that nobody
// acts in two roles on one case: who entered a case, or had a hand in a contract of
// it, cannot review it, who reviewed it cannot enter or sign it, and who had any part in
// it has no word on grants for it, emergencies in it or its erasing; nor does who had a
// word on grants for it or emergencies in it review, decide or handle it later, for which
// desk and centre look the words up. A clerk works
// on the cases of others only where they were passed on to the laptop, or he took
// them over there. It keeps nothing: operators and the
// counting of failures are the store's, the case's state is loan's, and the
// recording of every decision is desk's.
package guard
