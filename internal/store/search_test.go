package store

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/loan"
)

func TestSearch(t *testing.T) {
	s := newTestStore(t)
	s.o.Now = clock()
	ids := map[uuid.UUID]string{}
	for i, name := range []string{"韦测甲", "单测乙", "曾测", "解测", "翟测", "覃测", "尉迟测", "万俟测", "𬭎䶮㛃", "𫖮𠅤𬎆", "阿测试甲·测试乙", "吕绿"} {
		id := must(uuid.NewV7())
		p := person{name, "52272720070315" + strings.Repeat(string(rune('0'+i%10)), 3) + "X", "1540000" + strings.Repeat(string(rune('0'+i%10)), 3) + "7"}
		e := openEntry(id, p)
		b := e.Body.(loan.OpenBody)
		b.Application.Coborrowers[0].Name = "龚父"
		e.Body = b
		must(s.Commit(context.Background(), []Entry{e}, nil))
		ids[id] = name
	}
	check := func(t *testing.T) {
		for q, want := range map[string]string{
			"韦": "韦测甲", "测甲": "韦测甲", "韦测甲": "韦测甲", "weicejia": "韦测甲", "wcj": "韦测甲", "weicj": "韦测甲", "cejia": "韦测甲",
			"韦ce甲": "韦测甲", "WEI cejia": "韦测甲", "ｗｅｉｃｅｊ": "韦测甲",
			"shance": "单测乙", "dance": "单测乙", "zengce": "曾测", "cengce": "曾测", "xiece": "解测", "jiece": "解测",
			"zhaice": "翟测", "dice": "翟测", "qince": "覃测", "tance": "覃测", "yuchi": "尉迟测", "weichi": "尉迟测",
			"moqi": "万俟测", "mqc": "万俟测", "hongyanjie": "𬭎䶮㛃", "hyj": "𬭎䶮㛃", "䶮": "𬭎䶮㛃", "𬎆": "𫖮𠅤𬎆", "yixiy": "𫖮𠅤𬎆",
			"甲测": "阿测试甲·测试乙", "甲·测": "阿测试甲·测试乙", "acsjcsy": "阿测试甲·测试乙", "lvlv": "吕绿", "lulu": "吕绿", "lvl": "吕绿",
			"000x": "韦测甲,阿测试甲·测试乙", "222X": "曾测", "5227272007031522" + "2x": "曾测", "2227": "曾测", "wei 0007": "韦测甲",
			"zz": "", "甲韦": "", "weix": "", "龚 韦": "韦测甲", "gongfu cengce": "曾测", "〇": "", "wei 999x": "",
		} {
			var got []string
			for _, r := range s.Search(q, 0) {
				got = append(got, ids[r.ID])
			}
			if gotSet, wantSet := set(got), set(strings.FieldsFunc(want, func(r rune) bool { return r == ',' })); !reflect.DeepEqual(gotSet, wantSet) {
				t.Errorf("%q: got %v want %v", q, got, want)
			}
		}
	}
	t.Run("finds by name part, pinyin of every reading, initials and tails", check)
	t.Run("lists the newest first, and no more than asked", func(t *testing.T) {
		got := s.Search("", 3)
		if len(got) != 3 || ids[got[0].ID] != "吕绿" || ids[got[2].ID] != "𫖮𠅤𬎆" {
			t.Fatalf("got %d", len(got))
		}
	})
	t.Run("an edited case moves to the top under its new name alone", func(t *testing.T) {
		id := s.Search("曾测", 0)[0].ID
		must(s.Commit(context.Background(), []Entry{editEntry(id, "student.name", "仇测")}, nil))
		if got := s.Search("", 1)[0]; got.ID != id || got.Name != "仇测" {
			t.Fatal("not at the top")
		}
		if len(s.Search("曾", 0)) != 0 || len(s.Search("qiuce", 0)) != 1 {
			t.Fatal("old name still found, or new one not")
		}
		must(s.Commit(context.Background(), []Entry{editEntry(id, "student.name", "曾测")}, nil))
	})
	s = reopened(t, s)
	t.Run("finds the same after opening again", check)
}

func TestListsOfAStatusAndNumbers(t *testing.T) {
	s := newTestStore(t)
	s.o.Now = clock()
	at := s.o.Now()
	a, b := newCase(t, s, 1), newCase(t, s, 2)
	c := newCase(t, s, 3)
	_, err := s.Commit(context.Background(), []Entry{{Case: b, Kind: loan.ChangeVoid, Operator: "c1", Body: loan.ReasonBody{Reason: "x"}}}, nil)
	noErr(t, err)
	ids := func(found []Summary) (out []uuid.UUID) {
		for _, r := range found {
			out = append(out, r.ID)
		}
		return out
	}
	if got := ids(s.Search("", 0, loan.Draft)); !reflect.DeepEqual(got, []uuid.UUID{c, a}) {
		t.Fatalf("drafts: got %v", got)
	}
	if got := ids(s.Search("", 1, loan.Draft, loan.Void)); !reflect.DeepEqual(got, []uuid.UUID{b}) {
		t.Fatalf("newest of two statuses: got %v", got)
	}
	if got := s.Matches(""); got != 3 {
		t.Fatalf("got %d of 3", got)
	}
	if got := s.Matches("", loan.Void); got != 1 {
		t.Fatalf("got %d void of 1", got)
	}
	opened, _ := s.Summary(b)
	if got := s.OpenedIn(opened.Opened, opened.Opened.Add(time.Millisecond)); got != 1 {
		t.Fatalf("opened in its own moment: got %d", got)
	}
	if got := s.OpenedIn(at, opened.Opened); got != 1 {
		t.Fatalf("opened before it: got %d", got)
	}
}

func set(words []string) map[string]bool {
	m := map[string]bool{}
	for _, w := range words {
		m[w] = true
	}
	return m
}

func TestSummaryShowsTheCase(t *testing.T) {
	s := newTestStore(t)
	id := newCase(t, s, 5)
	got, ok := s.Summary(id)
	p := personOf(5)
	if !ok || got.Name != p.name || got.IDNo != p.idNo || got.IDTail != p.idNo[14:] || got.PhoneTail != p.phone[7:] ||
		got.School != "贵州大学" || got.Kind != loan.First || got.Amount != 12000 || got.Status != loan.Draft ||
		got.Operator != "c1" || got.Coborrower != "韦父" || got.Problems != 0 || got.Sent {
		t.Fatalf("case %v: a field is wrong", id)
	}
	if c := s.Count(); c.Cases != 1 || c.ByStatus[loan.Draft] != 1 || c.Changes != 1 {
		t.Fatalf("got %+v", c)
	}
	if _, ok := s.Summary(uuid.New()); ok {
		t.Fatal("a case that is not there")
	}
}

// earlierInRoom is a summary of version 3, of a case at a station.
func earlierInRoom() []byte {
	b := (&row{}).encode()
	b[0] = summaryInRoom
	b = append(append(b, 1), make([]byte, 16)...)
	return append(b, "\x05entry\x01B\x04A001\x0a2026-08-01"...)
}

func TestASummaryOfAnEarlierProgramIsRead(t *testing.T) {
	r, err := decodeSummary(earlierInRoom())
	if err != nil || !slices.Equal(r.Holders, []Holder{{Station: loan.EntryStation, Name: "B"}}) || r.Ticket != "A001" {
		t.Fatalf("got %+v, %v", r, err)
	}
	r.Holders[0].By, r.Holders[0].Number = "c1", true
	if again, err := decodeSummary(r.encode()); err != nil || !slices.Equal(again.Holders, r.Holders) {
		t.Errorf("got %+v, %v", again, err)
	}
}

func FuzzDecodeSummary(f *testing.F) {
	f.Add(rowOf(3, time.UnixMilli(1_700_000_000_000).UTC()).encode())
	f.Add((&row{}).encode())
	f.Add((&row{Summary: Summary{Ticket: "A001", TicketDay: "2026-08-01", Holders: []Holder{{Device: uuid.UUID{1}, Station: loan.EntryStation, Name: "B", By: "c2", Taken: true}}}}).encode())
	f.Add(earlierInRoom())
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := decodeSummary(b)
		if err != nil {
			return
		}
		if again := must(decodeSummary(r.encode())); !reflect.DeepEqual(again, r) {
			t.Fatal("not stable")
		}
	})
}

func FuzzSearch(f *testing.F) {
	r := rowOf(1, time.UnixMilli(0))
	r.Name = "单曾解翟覃尉迟万俟·么那abc"
	ix := newIndex()
	ix.load(r)
	for _, q := range []string{"shan", "szx", "x", "00x", "·", " ", "ＡＢ", "\xff", strings.Repeat("a", 300), "单ceng解", strings.Repeat("单", 30)} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		found := len(ix.seek(parseQuery(q)).sift([]uint32{0})) == 1
		if want := plainly(r, q); found != want {
			t.Fatalf("got %v want %v", found, want)
		}
		if name := string([]rune(r.Name)[:3]); q == name && !found {
			t.Fatal("its own name does not find it")
		}
	})
}

func TestNarrows(t *testing.T) {
	for query, want := range map[string]bool{
		"": false, " ": false, "韦": false, "wei": false, "zhuang": false, "shuan": false, "99": false, "x": false, "999": false,
		"....": false, "。。 韦": false, "—— 4": false, "!!!! w": false, "９９": false, "韦。": false, "韦 9": false,
		"韦测": true, "weice": true, "韦c": true, "9914": true, "991x": true, "９９１４": true, "韦 9914": true, "liyu": true,
	} {
		if got := Narrows(query); got != want {
			t.Errorf("%q: got %v, want %v", query, got, want)
		}
	}
}
