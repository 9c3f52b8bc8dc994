package guard

import (
	"encoding/hex"
	"slices"
	"testing"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

func waitingOne(t testing.TB) Waiting {
	t.Helper()
	id := uuid.MustParse("0190a000-0000-7000-8000-0000000000a1")
	raw, err := Ask{Nonce: [4]byte{1}, Fields: []string{"student.phone"}, Hours: 2, Case: TagOf(id)}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return Waiting{Device: uuid.MustParse("0190a000-0000-7000-8000-0000000000d1"), Operator: "rev-1", Ask: hex.EncodeToString(raw), Case: id, Reason: "核对家长投诉",
		At: time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)}
}

func TestAListOfRequestsHoldsRequestsAlone(t *testing.T) {
	good := waitingOne(t)
	b, err := EncodeWaiting([]Waiting{good})
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseWaiting(b)
	if err != nil || !slices.Equal(got, []Waiting{good}) {
		t.Fatalf("got %+v, %v", got, err)
	}
	for name, change := range map[string]func(*Waiting){
		"an operator that is none": func(w *Waiting) { w.Operator = "A b" }, "an ask that is none": func(w *Waiting) { w.Ask = "00" }, "another case": func(w *Waiting) { w.Case = uuid.New() },
		"no time": func(w *Waiting) { w.At = time.Time{} }, "declined by nobody": func(w *Waiting) { w.Declined = true }, "a reason too long": func(w *Waiting) { w.Reason = string(make([]byte, MaxReason+1)) },
	} {
		w := good
		change(&w)
		if _, err := EncodeWaiting([]Waiting{w}); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v, want refused", name, err)
		}
	}
	if _, err := ParseWaiting([]byte(`{"version":2,"asks":[]}`)); fault.KindOf(err) != fault.Newer {
		t.Errorf("a later version: got %v", err)
	}
}

func TestWordsOfRequests(t *testing.T) {
	device := uuid.MustParse("0190a000-0000-7000-8000-0000000000d1")
	for detail, want := range map[string]Word{
		AskedDetail([]byte{1, 2}): {Kind: Asked, Ask: "0102"}, AnswerDetail(true, device, "0102"): {Kind: Approved, Device: device, Ask: "0102"},
		AnswerDetail(false, device, "0102"): {Kind: Declined, Device: device, Ask: "0102"}, "grant p-00ff for rev-1 by admin-1": {Kind: Settled, Grant: "p-00ff", By: "admin-1"},
		"grant p-00ff for rev-1 by admin-1 to export to 0100-0000-0000-0000": {Kind: Settled, Grant: "p-00ff", By: "admin-1"}, "grant p-00ff": {Kind: Settled, Grant: "p-00ff"},
		TakenBackDetail("p-00ff", "rev-1", TagOf(device)): {Kind: TakenBack, Grant: "p-00ff", Operator: "rev-1", About: TagOf(device)},
		"grant taken back p-00ff for rev-1":               {}, "grant taken back p/00 for rev-1 at 000000d1": {}, "grant taken back p-00ff for rev-1 at 00d1": {},
		WithdrawnDetail([]byte{1, 2}): {Kind: Withdrawn, Ask: "0102"}, "grant asked": {}, "grant withdrawn": {}, "grant approved x 0102": {}, "case": {}, "": {}, "grant refused: no such request": {},
	} {
		if got := WordOf(detail); got != want {
			t.Errorf("%q: got %+v, want %+v", detail, got, want)
		}
	}
}

func FuzzParseWaiting(f *testing.F) {
	b, err := EncodeWaiting([]Waiting{waitingOne(f)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"version":1,"asks":[]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		list, err := ParseWaiting(b)
		if err != nil {
			return
		}
		if _, err := EncodeWaiting(list); err != nil {
			t.Errorf("what was read is not written: %v", err)
		}
	})
}
