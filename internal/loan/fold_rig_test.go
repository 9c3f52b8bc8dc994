package loan_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	. "doorstep/internal/loan"
)

// caseID is the one case of these tests.
var caseID = uuid.UUID{15: 0xCA}

func sum(b []byte) Hash { return sha256.Sum256(b) }

func blob(n byte) Hash { return Hash{n, 0xB1} }

// laptop writes changes on a chain of its own and knows those it wrote or got.
type laptop struct {
	id      uuid.UUID
	counter uint64
	knows   map[uuid.UUID]*Change
}

func newLaptop(n byte) *laptop {
	return &laptop{id: uuid.UUID{0: n, 15: 0xDE}, knows: map[uuid.UUID]*Change{}}
}

func (l *laptop) all() []*Change { return slices.Collect(maps.Values(l.knows)) }

func (l *laptop) fold() *Case { return Fold(l.all()) }

// get makes l know what o knows.
func (l *laptop) get(o *laptop) { maps.Copy(l.knows, o.knows) }

// write adds a change that has seen what the laptop knows. The wall clock of
// each laptop runs backwards, for nothing may hang on it.
func (l *laptop) write(operator string, kind ChangeKind, body any) *Change {
	var seen []uuid.UUID
	if c := l.fold(); c != nil {
		seen = c.Heads
	}
	ch := l.make(operator, kind, body, seen)
	l.knows[ch.ID] = ch
	return ch
}

func (l *laptop) make(operator string, kind ChangeKind, body any, seen []uuid.UUID) *Change {
	l.counter++
	ch := &Change{ID: l.id, Device: l.id, Counter: l.counter, Seen: seen, Operator: operator, Case: caseID, Kind: kind,
		At: time.UnixMilli(1e12 - int64(l.counter)).UTC()}
	binary.BigEndian.PutUint64(ch.ID[4:], l.counter)
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			panic(err)
		}
		ch.Body = b
	}
	ch.BodyHash = BodyHashOf(sum, ch.Salt, ch.Body)
	return ch
}

func fields(kv ...any) EditBody {
	b := EditBody{Fields: map[string]json.RawMessage{}}
	for i := 0; i < len(kv); i += 2 {
		v, err := json.Marshal(kv[i+1])
		if err != nil {
			panic(err)
		}
		b.Fields[kv[i].(string)] = v
	}
	return b
}

func opened(l *laptop) *Change {
	return l.write("clerk", ChangeOpen, OpenBody{Application{Kind: First, Channel: OnSite, AcademicYear: 2025}})
}

// signing brings a new case up to a status on the way to the centre.
func signing(to Status) *laptop {
	l := newLaptop(1)
	opened(l)
	l.write("clerk", ChangeEdit, fields("student.name", "韦测甲", "coborrowers.0.name", "韦测乙", "loan.amount", 8000))
	steps := []struct {
		reached  Status
		operator string
		kind     ChangeKind
		body     any
	}{
		{ToReview, "clerk", ChangeSubmit, nil},
		{ToSign, "reviewer", ChangeReview, ReviewBody{Pass: true}},
		{ToSign, "clerk", ChangeContract, ContractBody{Template: "t", Blob: blob(1), Size: 9, Pages: 3, AsOf: "2025-08-06"}},
		{ToSign, "clerk", ChangeRead, ReadBody{Contract: blob(1), Millis: []int{5, 6, 7}}},
		{ToSign, "clerk", ChangeSign, SignBody{Party: StudentParty, By: InPerson, Contract: blob(1), Ink: blob(2), Size: 9}},
		{ToSign, "clerk", ChangeSign, SignBody{Party: CoborrowerParty, By: InPerson, Contract: blob(1), Ink: blob(3), Size: 9}},
		{Signed, "clerk", ChangeSeal, SealBody{Blob: blob(4), Size: 9}},
		{Queued, "clerk", ChangeFinish, FinishBody{}},
		{Received, "centre", ChangeReceive, nil},
		{Accepted, "centre", ChangeAccept, AcceptBody{}},
	}
	if to == Draft {
		return l
	}
	for i, s := range steps {
		if s.kind == ChangeReceive {
			s.body = ReceiveBody{ReceiptNo: "R1", Finish: l.fold().Finish.ID.String()}
		}
		l.write(s.operator, s.kind, s.body)
		if s.reached == to && (i+1 == len(steps) || steps[i+1].reached != to) {
			break
		}
	}
	switch to {
	case Returned:
		l.write("centre", ChangeReturn, ReturnBody{Codes: []Code{"E-AD-001"}})
	case Corrected:
		l.write("clerk", ChangeCorrect, CorrectBody{Fields: fields("loan.amount", 9000).Fields, Reason: "金额"})
	case Void:
		l.write("clerk", ChangeVoid, ReasonBody{"家庭放弃"})
	}
	return l
}

// shown is everything a case shows, for comparing.
func shown(c *Case) string {
	if c == nil {
		return "no case"
	}
	b, err := json.Marshal(c)
	if err != nil {
		panic(err)
	}
	for _, a := range c.Aside {
		b = fmt.Appendf(b, "\n%s %v", a.Change, a.Err)
	}
	return string(b)
}

func mustFold(t testing.TB, l *laptop) *Case {
	t.Helper()
	c := l.fold()
	if c == nil {
		t.Fatal("no case")
	}
	if len(c.Aside) > 0 {
		t.Fatalf("set aside: %v", c.Aside[0].Err)
	}
	return c
}

func sortedIDs(ids []uuid.UUID) []uuid.UUID {
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return ids
}
