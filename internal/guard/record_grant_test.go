package guard

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestWhichGrantALineTellsOf(t *testing.T) {
	device := uuid.MustParse("0190a000-0000-7000-8000-00000a0b0c0d")
	ask := Ask{Nonce: [4]byte{1, 2}, Fields: []string{"student.phone"}, Hours: 2, Count: 3}
	raw, err := ask.Encode()
	if err != nil {
		t.Fatal(err)
	}
	id, err := Plea{Device: TagOf(device), Ask: ask}.ID()
	if err != nil {
		t.Fatal(err)
	}
	hexed := hex.EncodeToString(raw)
	for detail, want := range map[string]string{
		AskedDetail(raw):                              id,
		WithdrawnDetail(raw):                          id,
		AnswerDetail(true, device, hexed):             id,
		AnswerDetail(false, device, hexed):            id,
		"grant " + id + " for clerk-1 by a-1":         id,
		"grant " + id:                                 id,
		"beyond 1, grant " + id + ", cases":           id,
		TakenMark + id:                                id,
		"export 1 of 2, grant " + id + " to x y":      id,
		TakenBackDetail(id, "clerk-1", TagOf(device)): id,
		AnswerDetail(true, device, "0102"):            "",
		"act: grant answer for clerk-1":               "",
		"case":                                        "",
	} {
		if got := (Line{Kind: loan.ChangeView, Device: device, Detail: detail}).Grant(); got != want {
			t.Errorf("%q: got %q, want %q", detail, got, want)
		}
	}
}

// TestNoColumnOfARowIsReckoned has a line of a laptop that lies.
func TestNoColumnOfARowIsReckoned(t *testing.T) {
	for _, begins := range []string{"=", "+", "-", "@"} {
		l := Line{Kind: loan.ChangeKind(begins + "1"), Operator: begins + "1", Reason: begins + "1", Detail: begins + "1", Fields: []string{begins + "1"}}
		for i, column := range l.Row(nil, AccountLabel) {
			if strings.HasPrefix(column, begins) {
				t.Errorf("%s: %q", LineColumns()[i], column)
			}
		}
	}
}

func TestACopyThatLeavesIsDatedByTheClockOfBeijing(t *testing.T) {
	if got := ReleaseMark("某校", "核对", "clerk-1", time.Date(2026, 8, 1, 20, 5, 0, 0, time.UTC), 1, 2); !strings.Contains(got, "2026-08-02 04:05") {
		t.Errorf("got %s", got)
	}
}

// TestTheNarrowestGrantServesFirst has a grant that counts any cases beside one that names
// the case and an emergency in it.
func TestTheNarrowestGrantServesFirst(t *testing.T) {
	now := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	c := caseOf(loan.Draft, "author", "")
	c.ID = uuid.New()
	of := func(id, by string, cases []uuid.UUID, count int) Given {
		return Given{Grant: Grant{ID: id, Operator: "x", Fields: []string{"student.phone"}, Cases: cases, Count: count, Reason: "r", By: by, From: now, Until: now.Add(time.Hour)}}
	}
	any, glass, named := of("a", "admin-1", nil, 3), of("b", Emergency, []uuid.UUID{c.ID}, 0), of("c", "admin-1", []uuid.UUID{c.ID}, 0)
	for want, all := range map[string][]Given{"c": {any, glass, named}, "b": {any, glass}, "a": {any}} {
		if got, err := MayReveal(operator("x", Clerk), c, []string{"student.phone"}, "家长来电核对", Basis{Grants: all}, now); err != nil || len(got) != 1 || got[0].Grant != want {
			t.Errorf("of %d: got %q, %v, want %q", len(all), got, err, want)
		}
	}
}
