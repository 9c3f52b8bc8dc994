package main

import (
	"path/filepath"
	"testing"

	"doorstep/internal/loan"
)

// The centre sends a case back; the laptop that holds it has no line any more,
// and learns it from one of the room that has.
func TestAReturnReachesALaptopWithoutALine(t *testing.T) {
	for name, hear := range map[string]func(testing.TB, *server, *laptop){
		"by the network": func(t testing.TB, s *server, l *laptop) { mustCarry(t, l, s.url) },
		"on a stick": func(t testing.TB, s *server, l *laptop) {
			dir := t.TempDir()
			l.write(t, dir)
			takeStick(t, s, dir, exitOK)
			l.read(t, dir)
		},
	} {
		t.Run("heard "+name, func(t *testing.T) { returnReaches(t, hear) })
	}
}

func returnReaches(t *testing.T, hear func(testing.TB, *server, *laptop)) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	a, b := newLaptop(t, s), newLaptop(t, s)
	ra, _ := a.inRoom(t)
	rb, _ := b.inRoom(t)
	id := a.draft(t, noise("paper", 20_000))
	const clerk = "practice-clerk"
	a.commit(t, id, clerk, loan.ChangePass, loan.PassBody{To: b.Profile().Device, Station: loan.ReviewStation, Name: "B"})
	if err := ra.Dial(rb.State().Codes[0]); err != nil {
		t.Fatal(err)
	}
	soon(t, "b holds the case", func() bool { return b.holdsCase(id) })
	b.finish(t, id)
	mustCarry(t, a, s.url)
	mustCarry(t, b, s.url)
	if got := b.status(t, id); got != loan.Received {
		t.Fatalf("the case is %s", got)
	}
	s.must(t, "operator", "add", "--id", "rev-2", "--name", "县复核员", "--role", "reviewer")
	s.must(t, "case", "return", "--case", id.String(), "--code", "E-DC-002", "--note", "户口簿第二页模糊", "--by", "rev-2")
	if got := b.status(t, id); got != loan.Received {
		t.Fatalf("b knows it without anybody's word: %s", got)
	}
	hear(t, s, a)
	ra.Wake()
	soon(t, "b knows that it was sent back", func() bool {
		k, err := b.Case(t.Context(), id)
		return err == nil && k.Status == loan.Returned && k.Return != nil && k.Return.Note == "户口簿第二页模糊" && len(k.Aside) == 0
	})
	mustCarry(t, b, s.url) // and by its own line it is the same word
	if k, err := b.Case(t.Context(), id); err != nil || k.Status != loan.Returned || len(k.Aside) != 0 {
		t.Errorf("afterwards: %v, %v", k.Status, err)
	}
	if err := b.VerifyChain(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestALaptopLetInAgainIsMetAgain(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	a, b := newLaptop(t, s), newLaptop(t, s)
	other := b.Profile().Device
	for _, step := range []struct {
		verb []string
		want bool
	}{{nil, false}, {[]string{"device", "revoke", "--id", other.String()}, true}, {[]string{"device", "admit", "--id", other.String()}, false}} {
		if step.verb != nil {
			s.must(t, step.verb...)
		}
		a.draft(t)
		mustCarry(t, a, s.url)
		if out, err := a.ShutOut(t.Context(), other); err != nil || out != step.want {
			t.Errorf("after %v: shut out %v, %v, want %v", step.verb, out, err, step.want)
		}
	}
}

// The season was erased on the laptop, and a person takes a consent back at the county.
func TestAConsentIsTakenBackOnceTheSeasonIsErased(t *testing.T) {
	for name, erased := range map[string]bool{"the laptop has the case": false, "the laptop erased it": true} {
		t.Run(name, func(t *testing.T) {
			s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
			l := newLaptop(t, s)
			id := l.draft(t, noise("paper", 20_000))
			for _, purpose := range []string{loan.ConsentSensitive, loan.ConsentCredit} {
				l.commit(t, id, "practice-clerk", loan.ChangeConsent, loan.ConsentBody{Party: loan.StudentParty, Purpose: purpose, Text: purpose + "/1", Given: true})
			}
			l.finish(t, id)
			mustCarry(t, l, s.url)
			if erased {
				if _, err := l.EraseSeason(t.Context(), 2026, "practice-clerk"); err != nil {
					t.Fatal(err)
				}
				mustCarry(t, l, s.url)
			}
			s.must(t, "case", "withdraw-consent", "--case", id.String(), "--party", "student", "--purpose", loan.ConsentCredit, "--reason", "本人到县里提出")
			mustCarry(t, l, s.url)
			k, err := l.Case(t.Context(), id)
			if !erased && (err != nil || len(k.TakenBack()) != 1 || k.MayShare() || len(k.Aside) != 0) {
				t.Errorf("the laptop did not hear it: %v", err)
			}
			if erased && err == nil {
				t.Error("the case came back")
			}
			if err := l.VerifyChain(t.Context()); err != nil {
				t.Error(err)
			}
			if h := heldCase(t, s, id); !h.Whole() {
				t.Errorf("at the centre: %+v", h)
			}
		})
	}
}
