package guard

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// isLook says whether a kind of change is a look at a case, of which the record keeps
// who, which fields and why when the case is erased.
func isLook(k loan.ChangeKind) bool {
	switch k {
	case loan.ChangeView, loan.ChangeSearch, loan.ChangeReveal, loan.ChangePrint, loan.ChangeExport:
		return true
	}
	return false
}

// Said are all texts that changes of a case ever said, of people or else, the longest
// first: none of them is to stand in a reason that outlives the case.
func Said(changes []*loan.Change) []string {
	all := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			if v = strings.TrimSpace(v); utf8.RuneCountInString(v) > 1 {
				all[v] = true
			}
		case []any:
			for _, x := range v {
				walk(x)
			}
		case map[string]any:
			for _, x := range v {
				walk(x)
			}
		}
	}
	for _, ch := range changes {
		var v any
		if !ch.Kind.View() && json.Unmarshal(ch.Body, &v) == nil {
			walk(v)
		}
	}
	var out []string
	for s := range all {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b)) })
	return out
}

// Outlives says whether a look's body may stay when its case is erased, of which said is
// all that was ever said: it is a look, and nothing else, and its reason has neither a
// value of the case nor a number like a person's.
func Outlives(ch *loan.Change, said []string) bool {
	b, ok := lookOf(ch)
	if !ok || unsaid(b.Reason, said) != b.Reason {
		return false
	}
	again, err := json.Marshal(b)
	return err == nil && bytes.Equal(again, ch.Body)
}

func lookOf(ch *loan.Change) (loan.ViewBody, bool) {
	if !isLook(ch.Kind) || ch.Body == nil {
		return loan.ViewBody{}, false
	}
	b, err := loan.Body[loan.ViewBody](ch)
	return b, err == nil
}

// unsaid is a text without values of a case and numbers like a person's.
func unsaid(text string, said []string) string {
	for _, s := range said {
		text = strings.ReplaceAll(text, s, hidden)
		if likeName(s) {
			text = maskSpaced(text, s, hidden)
		}
	}
	return MaskNumbers(text)
}

// likeName says whether a value of a case is written in letters alone, as names are.
func likeName(s string) bool {
	return len(nameRunes(s)) > 1 && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !betweenNames(r) }) < 0
}

const noteDetail = "look at erased case "

// NoteOf is what is noted in the place of a look that cannot outlive its case: who, when,
// which fields, and why without the case's values. False of what is no look.
func NoteOf(ch *loan.Change, said []string) (loan.ViewBody, bool) {
	b, ok := lookOf(ch)
	b.Reason = unsaid(b.Reason, said)
	b.Detail = noteDetail + strings.Join([]string{ch.Case.String(), string(ch.Kind), ch.Operator, ch.At.UTC().Format(time.RFC3339), b.Detail}, " ")
	return b, ok
}

// noted makes a line that NoteOf wrote that of the look itself.
func (l *Line) noted() {
	rest, ok := strings.CutPrefix(l.Detail, noteDetail)
	p := strings.SplitN(rest, " ", 5)
	if !ok || len(p) != 5 {
		return
	}
	id, err := uuid.Parse(p[0])
	at, terr := time.Parse(time.RFC3339, p[3])
	if err != nil || terr != nil || !isLook(loan.ChangeKind(p[1])) {
		return
	}
	l.Case, l.Kind, l.Operator, l.At, l.Detail = id, loan.ChangeKind(p[1]), p[2], at, p[4]
}

// Looked says whether the line tells of a look at a case's data: not of what became of it.
func (l Line) Looked() bool { return isLook(l.Kind) }
