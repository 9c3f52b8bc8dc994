package store

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/mozillazg/go-pinyin"
	"pgregory.net/rapid"

	"doorstep/internal/loan"
)

// plainly is the rule of Search, word by word and with no thought of speed.
func plainly(r *row, query string) bool {
	words := strings.Fields(strings.ToLower(narrow(query)))
	seen := 0
	for _, w := range words {
		digits := strings.TrimSuffix(w, "x")
		number := w != "x" && !strings.ContainsFunc(digits, func(c rune) bool { return c < '0' || c > '9' })
		if !number && w != "x" {
			w = strings.Map(func(c rune) rune {
				if unicode.IsSpace(c) || unicode.IsPunct(c) {
					return -1
				}
				return c
			}, w)
		}
		if w == "" || seen == 8 {
			continue
		}
		seen++
		w = w[:min(len(w), 100)]
		found := false
		if number {
			for _, n := range []string{r.IDNo, r.Phone, r.CoborrowerIDNo, r.coPhone} {
				found = found || strings.HasSuffix(strings.ToLower(n), w)
			}
		} else {
			found = within(r.Name, w) || within(r.Coborrower, w)
		}
		if !found {
			return false
		}
	}
	return true
}

// within says whether w is heard from any character of the name on.
func within(name, w string) bool {
	var chars []rune
	for _, c := range name {
		if !unicode.IsSpace(c) && !unicode.IsPunct(c) {
			chars = append(chars, c)
		}
	}
	for i := range chars {
		if from(chars[i:], w) {
			return true
		}
	}
	return false
}

func from(chars []rune, w string) bool {
	if w == "" {
		return true
	}
	if len(chars) == 0 {
		return false
	}
	if rest, ok := strings.CutPrefix(w, string(unicode.ToLower(chars[0]))); ok && from(chars[1:], rest) {
		return true
	}
	args := pinyin.NewArgs()
	args.Heteronym = true
	for _, p := range pinyin.SinglePinyin(chars[0], args) {
		for _, p := range []string{p, strings.ReplaceAll(p, "v", "u")} {
			ways := []string{p, p[:1]}
			if len(p) > 2 && p[1] == 'h' {
				ways = append(ways, p[:2])
			}
			if strings.HasPrefix(p, w) || slices.ContainsFunc(ways, func(way string) bool {
				rest, ok := strings.CutPrefix(w, way)
				return ok && from(chars[1:], rest)
			}) {
				return true
			}
		}
	}
	return false
}

// TestSearchIsThePlainRule compares what the index finds, and in which order,
// with what the rule finds in every row, while rows come and change.
func TestSearchIsThePlainRule(t *testing.T) {
	letters := []rune("重单长吕绿女朱周曾翟覃尉迟万俟王wW·阿么那x7")
	name := rapid.StringOfN(rapid.SampledFrom(letters), 0, 7, -1)
	number := rapid.StringOfN(rapid.SampledFrom([]rune("012xX")), 0, 20, -1)
	text := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom([]rune("czhsuvlngaw wx07X单长重·ｗ吕")), 0, 8, -1), name, number,
		rapid.SampledFrom([]string{"zhongchang", "chongzhang", "lvlv", "lulu", "luu", "zc", "zhch", "zch", "shan dan", "chang长", "yuchiw", "00x", "0000000000000000x"}))
	statuses := []loan.Status{loan.Draft, loan.ToReview, loan.Received}
	rapid.Check(t, func(t *rapid.T) {
		ix := newIndex()
		var rows []*row
		for i := range rapid.IntRange(0, 30).Draw(t, "writes") {
			r := rowOf(i, time.UnixMilli(int64(rapid.IntRange(0, 20).Draw(t, "at"))).UTC())
			if len(rows) > 0 && rapid.Bool().Draw(t, "again") {
				at := rapid.IntRange(0, len(rows)-1).Draw(t, "which")
				r.ID = rows[at].ID
				rows = slices.Delete(rows, at, at+1)
			}
			r.Name, r.Coborrower = name.Draw(t, "name"), name.Draw(t, "co-borrower")
			r.IDNo, r.Phone, r.CoborrowerIDNo, r.coPhone = number.Draw(t, "id"), number.Draw(t, "phone"), number.Draw(t, "their id"), number.Draw(t, "their phone")
			r.Status = rapid.SampledFrom(statuses).Draw(t, "status")
			rows = append(rows, r)
			ix.put(r)
		}
		slices.SortFunc(rows, func(a, b *row) int {
			if c := b.Updated.Compare(a.Updated); c != 0 {
				return c
			}
			return strings.Compare(string(b.ID[:]), string(a.ID[:]))
		})
		q := text.Draw(t, "query")
		var of []loan.Status
		if rapid.Bool().Draw(t, "of a status") {
			of = statuses[:2]
		}
		var got, want []string
		ix.each(q, of, func(slot uint32) bool { got = append(got, ix.row(slot).ID.String()); return true })
		for i, r := range rows {
			if plainly(r, q) && (of == nil || slices.Contains(of, r.Status)) {
				want = append(want, rows[i].ID.String())
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%s of %s: found %d, want %d, or in another order", strconv.Quote(q), strconv.Itoa(len(rows)), len(got), len(want))
		}
	})
}
