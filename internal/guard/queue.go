package guard

import (
	"slices"
	"unicode/utf8"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Place is what of a case says whose queue it is in.
type Place struct {
	Opened string      // who opened it
	Status loan.Status //
	Given  bool        // this laptop holds it so that it is the operator's to work on: Hold.For
	Worded bool        // the operator had a word on what others do with it, so he does not review it
}

// InQueue says whether a case is in an operator's own queue at this laptop: a
// clerk's are those that he opened, those that were given to him at this laptop and
// that the centre does not have yet, and those that the centre sent back; a reviewer's are those that
// wait for a review, that he did not open and on which he had no word. All others are looked for with a
// reason.
func InQueue(op Operator, p Place) bool {
	switch {
	case !op.Enabled || !op.atCounter():
		return false
	case op.Has(Clerk) && (p.Opened == op.ID || p.Given && !settled(p.Status) || p.Status == loan.Returned):
		return true
	}
	return op.Has(Reviewer) && p.Status == loan.ToReview && p.Opened != op.ID && !p.Worded
}

// settled says whether a case is no clerk's to work on any more, but for a correction.
func settled(s loan.Status) bool {
	return s == loan.Received || s == loan.Accepted || s == loan.Void
}

// AskReason is why a case of others, that is in no queue of the operator's and that no
// search showed him, is not opened by its id alone.
func AskReason() error {
	return deny(View, "本案不在您的待办里，也不是刚查找到的。请写明原因后打开。", WhyReason)
}

// MaxBeyond is how many cases a search outside the own queue shows at most.
const MaxBeyond = 5

// MaxReason bounds a reason, in bytes.
const MaxReason = 300

// CheckReason is fault.Input with a sentence for a reason that says nothing or
// too much: it stands in the record for others to read, so a person's numbers have
// no place in it.
func CheckReason(s string) error { return checkReason(s, "家长来电核对") }

// CheckEmergency is CheckReason for the reason of an emergency.
func CheckEmergency(s string) error { return checkReason(s, "洪水断网，家属急需核对") }

// CheckReturn is CheckReason for what a reviewer writes to a case.
func CheckReturn(s string) error { return checkReason(s, "户口簿缺首页") }

func checkReason(s, example string) error {
	const op = "guard.CheckReason"
	runes := []rune(s)
	slices.Sort(runes)
	if len(slices.Compact(runes)) < 2 || len(s) > MaxReason || !utf8.ValidString(s) {
		return fault.Tell(op, fault.Input, "请写明原因，例如“"+example+"”；不超过 100 字。", nil)
	}
	if MaskNumbers(s) != s {
		return fault.Tell(op, fault.Input, "原因会记入日志、给他人看到：请不要写身份证号、手机号码、合同号等，例如“"+example+"”。", nil)
	}
	return nil
}
