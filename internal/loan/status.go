package loan

// Status is a case's rung on the ladder.
type Status uint8

// The rungs, in the order of the way.
const (
	Draft     Status = iota // 草稿
	ToReview                // 待复核
	ToSign                  // 待签署
	Signed                  // 已签署
	Queued                  // 待上传
	Received                // 已送达: the centre's receipt is home
	Accepted                // 已受理
	Returned                // 退回
	Corrected               // 补正: a returned or signed case being corrected
	Void                    // 作废
)

// String is the rung's English name.
func (s Status) String() string {
	names := [...]string{"draft", "to-review", "to-sign", "signed", "queued",
		"received", "accepted", "returned", "corrected", "void"}
	if int(s) < len(names) {
		return names[s]
	}
	return "unknown"
}

// Label is the rung's name on screen.
func (s Status) Label() string {
	names := [...]string{"草稿", "待复核", "待签署", "已签署", "待上传", "已送达", "已受理", "退回", "补正", "作废"}
	if int(s) < len(names) {
		return names[s]
	}
	return "未知"
}

// Editable says whether fields, papers and consents may still change without
// a correction: before the first signature, and while mending.
func (s Status) Editable() bool {
	return s == Draft || s == ToReview || s == ToSign || s == Returned || s == Corrected
}
