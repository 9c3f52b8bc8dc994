package guard

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// AnswerBack is a data administrator's answer to a request, or his taking back of a
// grant, that took no effect, as the centre tells him of it, at whatever laptop.
type AnswerBack struct {
	Operator string    `json:"operator"` // who gave it
	Answer   Answer    `json:"answer"`
	Why      Why       `json:"why"`
	By       string    `json:"by,omitempty"` // who answered before, or took it back
	Device   uuid.UUID `json:"device"`       // the laptop that asked
	Asker    string    `json:"asker,omitempty"`
	Ask      string    `json:"ask,omitempty"` // the bytes of the Ask in hexadecimal; none of a taking back
	Grant    string    `json:"grant"`         // the id of what the request becomes
	Case     uuid.UUID `json:"case,omitzero"`
	At       time.Time `json:"at"` // when the centre found it so
}

// Answer is what was answered.
type Answer string

// The answers.
const (
	SaidYes  Answer = "approved"
	SaidNo   Answer = "declined"
	SaidBack Answer = "taken-back" // a grant
)

// Why is why an answer took no effect.
type Why string

// The reasons.
const (
	WhyApproved Why = "approved"  // it is approved already, by By
	WhyDeclined Why = "declined"  // by By
	WhyGone     Why = "withdrawn" // whoever made the request took it back
	WhyOver     Why = "over"      // its time is over, or nothing is known of it
	WhyMayNot   Why = "may-not"   // who answered may not, at the centre
	WhyDamaged  Why = "damaged"   // the case cannot be read at the centre, and the request waits
)

// Bounds of a county's list, the newest first, and of one person's on it.
const (
	MaxBack    = 200
	MaxOwnBack = 20
)

// BackFor is how long the centre tells of an answer that took no effect.
const BackFor = 14 * 24 * time.Hour

type backList struct {
	Version int          `json:"version"`
	Answers []AnswerBack `json:"answers"`
}

// EncodeAnswersBack gives the list as the centre signs it.
func EncodeAnswersBack(list []AnswerBack) ([]byte, error) {
	b, err := json.Marshal(backList{1, append([]AnswerBack{}, list...)})
	if err != nil {
		return nil, fault.New("guard.EncodeAnswersBack", fault.Other, err)
	}
	_, err = ParseAnswersBack(b)
	return b, err
}

// ParseAnswersBack is the inverse of EncodeAnswersBack. fault.Newer for a later version;
// fault.Input for anything else that is none.
func ParseAnswersBack(b []byte) ([]AnswerBack, error) {
	const op = "guard.ParseAnswersBack"
	bad := func(why string) error { return fault.New(op, fault.Input, errors.New(why)) }
	var v backList
	if err := decode(b, &v); err != nil {
		return nil, bad("a list of answers: " + err.Error())
	}
	switch {
	case v.Version > 1:
		return nil, fault.New(op, fault.Newer, errors.New("version"))
	case v.Version != 1 || v.Answers == nil || len(v.Answers) > MaxBack:
		return nil, bad("version or length")
	}
	for _, a := range v.Answers {
		if why := a.wrong(); why != "" {
			return nil, bad(why)
		}
	}
	return v.Answers, nil
}

// wrong says what keeps an answer from being one; nothing when it is.
func (a AnswerBack) wrong() string {
	switch {
	case !validID(a.Operator) || a.By != "" && !validID(a.By) || a.Asker != "" && !validID(a.Asker):
		return "operator, by or asker"
	case !slices.Contains([]Answer{SaidYes, SaidNo, SaidBack}, a.Answer) || !slices.Contains([]Why{WhyApproved, WhyDeclined, WhyGone, WhyOver, WhyMayNot, WhyDamaged}, a.Why):
		return "answer or why"
	case (a.Why == WhyApproved || a.Why == WhyDeclined) && a.By == "":
		return "answered by nobody"
	case !grantID(a.Grant) || a.Device == uuid.Nil || a.At.IsZero() || (a.Ask == "") != (a.Answer == SaidBack):
		return "grant, device, ask or time"
	}
	if a.Ask == "" {
		return ""
	}
	raw, err := hex.DecodeString(a.Ask)
	if err == nil {
		_, err = ParseAsk(raw)
	}
	if err != nil {
		return "ask"
	}
	return ""
}

// How the chain tells of an answer that took no effect, and that a data administrator
// took a grant back:
//
//	grant answer without effect: ANSWER of GRANT, WHY, case TAG
//	grant taken back GRANT for OPERATOR at DEVICE, case TAG
//
// DEVICE and TAG are the ends of ids in hexadecimal; there is no TAG where the line stands
// under its case, and none of any cases.
const (
	backDetail      = "grant answer without effect: "
	takenBackDetail = "grant taken back "
	aboutMark       = ", case "
)

// AboutCase is the detail of a look that stands under no case, with the case that it is about
// by the end of its id; as it is for none.
func AboutCase(detail string, tag [4]byte) string {
	if tag == ([4]byte{}) {
		return detail
	}
	return detail + aboutMark + hex.EncodeToString(tag[:])
}

// backTag is the case that AboutCase named in a detail of one of those sorts; false of any other.
func backTag(detail string) (tag [4]byte, ok bool) {
	if !strings.HasPrefix(detail, backDetail) && !strings.HasPrefix(detail, takenBackDetail) {
		return tag, false
	}
	_, end, ok := strings.Cut(detail, aboutMark)
	b, err := hex.DecodeString(end)
	if !ok || err != nil || len(b) != len(tag) {
		return tag, false
	}
	return [4]byte(b), true
}

// Detail tells of the answer when who gave it was told.
func (a AnswerBack) Detail() string {
	detail := backDetail + string(a.Answer) + " of " + a.Grant + ", " + string(a.Why)
	if a.Case == uuid.Nil {
		return detail
	}
	return AboutCase(detail, TagOf(a.Case))
}

// TakenBackDetail tells of a grant that a data administrator took back, of an operator at
// the laptop of a tag. An earlier centre keeps it as any look.
func TakenBackDetail(grant, operator string, tag [4]byte) string {
	return takenBackDetail + fmt.Sprintf("%s for %s at %x", grant, operator, tag)
}

// takenBackOf reads what follows takenBackDetail; Kind is zero for anything else.
func takenBackOf(rest string) Word {
	rest, _, _ = strings.Cut(rest, aboutMark)
	grant, rest, of := strings.Cut(rest, " for ")
	operator, at, where := strings.Cut(rest, " at ")
	end, err := hex.DecodeString(at)
	if !of || !where || err != nil || len(end) != 4 || !grantID(grant) || !validID(operator) {
		return Word{}
	}
	return Word{Kind: TakenBack, Grant: grant, Operator: operator, About: [4]byte(end)}
}

// backSaid is an answer that took no effect, in Chinese.
func backSaid(rest string) string {
	answer, rest, _ := strings.Cut(rest, " of ")
	grant, why, ok := strings.Cut(rest, ", ")
	if !ok {
		return ""
	}
	why, tag, _ := strings.Cut(why, aboutMark)
	if len(tag) == loan.ShortLen {
		grant += "，案件 " + tag
	}
	return map[Answer]string{SaidYes: "批准", SaidNo: "不批准", SaidBack: "撤销授权"}[Answer(answer)] + "没有生效，授权 " + grant + "：" + Why(why).Label()
}

// Label is the reason on screen.
func (w Why) Label() string {
	return map[Why]string{WhyApproved: "已经批准过", WhyDeclined: "已有人答复不批准", WhyGone: "申请人已撤回", WhyOver: "申请已超过 72 小时，或中心没有这份申请",
		WhyMayNot: "中心查明无权答复", WhyDamaged: "案件在中心读不出来，申请仍在等待"}[w]
}
