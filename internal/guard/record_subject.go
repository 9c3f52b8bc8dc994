package guard

import (
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/loan"
)

// subjectOf is what a change of a case's papers, people or contract is of, by what its
// body holds: "doc/hukou_book", "of student, contract 1a2b3c4d, by proxy". It is made
// of words of this list and of numbers alone, whatever the body says besides; empty for
// another kind, and where the body is erased or is none.
func subjectOf(ch *loan.Change) string {
	switch ch.Kind {
	case loan.ChangeAttach:
		b, err := loan.Body[loan.AttachBody](ch)
		if slot := slotWord(b.Slot, err); slot != "" {
			return joined(slot, flag(!b.Instead.Zero(), insteadWord), flag(slices.Contains(sources(), b.Source), "by "+b.Source))
		}
	case loan.ChangeReplace:
		b, err := loan.Body[loan.ReplaceBody](ch)
		if slot := slotWord(b.Slot, err); slot != "" {
			return joined(slot, flag(slices.Contains(sources(), b.Source), "by "+b.Source))
		}
	case loan.ChangeDetach:
		b, err := loan.Body[loan.DetachBody](ch)
		return slotWord(b.Slot, err)
	case loan.ChangeArrange:
		b, err := loan.Body[loan.ArrangeBody](ch)
		return slotWord(b.Slot, err)
	case loan.ChangeAttest:
		if b, err := loan.Body[loan.PartyBody](ch); err == nil {
			return partyWord(b.Party)
		}
	case loan.ChangeContract:
		if b, err := loan.Body[loan.ContractBody](ch); err == nil {
			return joined(contractWord(b.Blob), counted(b.Pages, " pages"))
		}
	case loan.ChangeRead:
		if b, err := loan.Body[loan.ReadBody](ch); err == nil {
			whose := partyWord(b.Party)
			if b.Party == "" {
				whose = ofBoth
			}
			return joined(whose, contractWord(b.Contract), counted(len(b.Millis), " pages"), flag(b.By == loan.ByProxy, proxyWord))
		}
	case loan.ChangeSign:
		if b, err := loan.Body[loan.SignBody](ch); err == nil {
			return joined(partyWord(b.Party), contractWord(b.Contract), flag(b.By == loan.ByProxy, proxyWord), flag(b.Means == loan.OnPhone, phoneWord))
		}
	case loan.ChangeWitness:
		if b, err := loan.Body[loan.WitnessBody](ch); err == nil {
			return contractWord(b.Contract)
		}
	case loan.ChangeSeal:
		if b, err := loan.Body[loan.SealBody](ch); err == nil {
			return joined("sealed "+short(b.Blob), flag(b.National != nil, nationalWord))
		}
	case loan.ChangeFinish:
		if b, err := loan.Body[loan.FinishBody](ch); err == nil {
			return counted(len(b.Blobs), " files")
		}
	}
	return ""
}

const (
	ofBoth       = "of both"
	insteadWord  = "in place of another"
	proxyWord    = "by proxy"
	phoneWord    = "on a phone"
	nationalWord = "national seal too"
)

// sources are the ways a picture comes.
func sources() []string { return []string{"camera", "file", "phone", "reader"} }

func slotWord(s loan.Slot, err error) string {
	if err != nil || s.Label() == "" {
		return ""
	}
	return string(s)
}

func partyWord(p loan.Party) string {
	return flag(p == loan.StudentParty || p == loan.CoborrowerParty, "of "+string(p))
}

// short tells one file of a case from another; it is the beginning of its keyed name.
func short(h loan.Hash) string { return h.String()[:8] }

func contractWord(h loan.Hash) string { return "contract " + short(h) }

func counted(n int, of string) string { return strconv.Itoa(n) + of }

func flag(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

func joined(words ...string) string {
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return w == "" }), ", ")
}

// Subject is on screen and in a report what the line is of: which paper, whose
// signature, which contract, how many tries to sign in that failed. It is empty where the line's Detail says something else.
func (l Line) Subject() string {
	switch l.Kind {
	case loan.ChangeAttach, loan.ChangeReplace, loan.ChangeDetach, loan.ChangeArrange, loan.ChangeAttest, loan.ChangeContract,
		loan.ChangeRead, loan.ChangeSign, loan.ChangeWitness, loan.ChangeSeal, loan.ChangeFinish:
	case loan.ChangeSignIn:
		return l.failedSaid()
	default:
		return ""
	}
	if l.Detail == "" {
		return ""
	}
	var out []string
	for word := range strings.SplitSeq(l.Detail, ", ") {
		out = append(out, subjectWord(word))
	}
	return strings.Join(out, "，")
}

func subjectWord(word string) string {
	if said, ok := map[string]string{ofBoth: "双方", "of student": loan.StudentParty.Label(), "of coborrower": loan.CoborrowerParty.Label(),
		insteadWord: "代替原有的一页", proxyWord: "代办人代为", phoneWord: "在手机上", nationalWord: "另有国密签名",
		"by camera": "拍摄", "by file": "选自文件", "by phone": "手机拍摄", "by reader": "读卡器"}[word]; ok {
		return said
	}
	if slot := loan.Slot(word).Label(); slot != "" {
		return slot
	}
	if h, ok := strings.CutPrefix(word, "contract "); ok {
		return "合同 " + h
	}
	if h, ok := strings.CutPrefix(word, "sealed "); ok {
		return "封存的合同 " + h
	}
	if n, ok := strings.CutSuffix(word, " pages"); ok {
		return n + " 页"
	}
	if n, ok := strings.CutSuffix(word, " files"); ok {
		return n + " 个文件"
	}
	return word
}
