package guard

import (
	"fmt"
	"strings"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// erasedMark begins what a line says of an erasing: "erased by rule RULE, 2 cases, 7 files".
const erasedMark = "erased by rule "

// erasing makes the line that of an erasing: why, by which rule and how much. The cases that
// are gone with it are its Gone; of images alone none is.
func (l *Line) erasing(ch *loan.Change) {
	b, err := loan.Body[loan.EraseBody](ch)
	if err != nil || erasedRule(b.Rule) == "" {
		return
	}
	l.Reason = b.Reason
	l.Detail = fmt.Sprintf(erasedMark+"%s, %d cases, %d files", b.Rule, b.Count, b.Blobs)
	if b.Rule != loan.EraseImages {
		l.Gone = b.Cases
	}
}

func erasedRule(rule string) string {
	return map[string]string{loan.EraseRequest: "应本人要求", loan.EraseSeason: "学年结束后", loan.EraseImages: "影像送达满 7 天"}[rule]
}

// erasedSaid is an erasing in Chinese.
func erasedSaid(rest string) string {
	var out []string
	for i, word := range strings.Split(rest, ", ") {
		n, cases := strings.CutSuffix(word, " cases")
		switch {
		case word == "0 files":
			continue
		case i == 0:
			word = erasedRule(word)
		case cases:
			word = n + " 件案件"
		default:
			word = subjectWord(word)
		}
		out = append(out, word)
	}
	return strings.Join(out, "，")
}

// erasingTag is the case of which a look says that it was to be erased at a person's wish;
// false of any other.
func erasingTag(detail string) (tag [4]byte, ok bool) {
	s, ok := strings.CutPrefix(detail, erasingMark)
	s, _, _ = strings.Cut(s, " ")
	id, err := uuid.Parse(s)
	if !ok || err != nil {
		return tag, false
	}
	return TagOf(id), true
}

// goneEnd is the end of the id of the one case that the line says is gone; of several there
// are too many to show, and they are found by their ids.
func (l Line) goneEnd() string {
	if len(l.Gone) != 1 {
		return ""
	}
	return loan.ShortID(l.Gone[0])
}
