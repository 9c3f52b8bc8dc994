package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// verbOK runs a verb that must succeed, and gives what it printed.
func verbOK(t testing.TB, args ...string) string {
	t.Helper()
	var o, e bytes.Buffer
	if got := run(t.Context(), args, &o, &e); got != exitOK {
		t.Fatalf("%v: exit %d; %s", args, got, e.String())
	}
	return o.String()
}

func verbFails(t testing.TB, want int, args ...string) {
	t.Helper()
	if got := run(t.Context(), args, io.Discard, io.Discard); got != want {
		t.Fatalf("%v: exit %d, want %d", args, got, want)
	}
}

// asked lists the requests as the verb prints them.
func asked(t testing.TB, s *server) (list []central.RecoveryAsked) {
	t.Helper()
	if err := json.Unmarshal([]byte(verbOK(t, "recovery", "list", "--data", s.dir, "--json")), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// forgot locks a laptop and asks for its clerk.
func forgot(t testing.TB, l *laptop) (*store.Locked, *store.Recovery) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	k, err := store.Open(t.Context(), store.Options{Dir: l.dir, Cost: seal.CheapCost()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.Close() })
	r, err := k.AskRecovery("practice-clerk")
	if err != nil {
		t.Fatal(err)
	}
	return k, r
}

func TestAForgottenPasswordIsSetAnewOverTheNetwork(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	verbOK(t, "recovery", "test", "--data", s.dir)
	l := newLaptop(t, s)
	id := uuid.New()
	l.commit(t, id, "practice-clerk", loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First}})
	k, r := forgot(t, l)
	type answer struct {
		b   []byte
		err error
	}
	there, done := make(chan bool, 100), make(chan answer, 1)
	go func() {
		b, err := courier.Recover(t.Context(), courier.RecoverRequest{Server: r.Centre.Server, CA: r.Centre.CA, Request: r.Request(),
			Told: func(ok bool) { there <- ok }})
		done <- answer{b, err}
	}()
	if !<-there {
		t.Fatal("the centre was not reached")
	}
	list := asked(t, s)
	if len(list) != 1 || list[0].State != "waiting" || list[0].Operator != "practice-clerk" || list[0].Device != l.Profile().Device {
		t.Fatalf("got %+v", list)
	}
	name := list[0].ID.String()
	verbFails(t, exitFailed, "recovery", "approve", "--data", s.dir, name, "--code", "0123456789")
	verbFails(t, exitUsage, "recovery", "approve", "--data", s.dir, "--code", "0123456789")
	if list[0].Sort != seal.RecoveryForgotten || list[0].By != "" {
		t.Errorf("the request is for %s", list[0].For())
	}
	verbFails(t, exitUsage, "recovery", "approve", "--data", s.dir, name, "--code", seal.RecoveryCode(r.Request()), "--enable")
	verbFails(t, exitMissing, "recovery", "approve", "--data", s.dir, uuid.NewString(), "--code", "0123456789")
	code := seal.RecoveryCode(r.Request())
	verbOK(t, "recovery", "approve", "--data", s.dir, name, "--code", code[:5]+" "+code[5:])
	verbFails(t, exitFailed, "recovery", "approve", "--data", s.dir, name, "--code", code)
	a := <-done
	if a.err != nil {
		t.Fatal(a.err)
	}
	if err := r.Take(a.b, true); err != nil {
		t.Fatal(err)
	}
	st, who, err := k.Recover(t.Context(), r, []byte("what I remember now"))
	if err != nil || who.ID != "practice-clerk" {
		t.Fatal(who.ID, err)
	}
	l.Store = st
	if c, err := st.Case(t.Context(), id); err != nil || c.ID != id {
		t.Fatal(err)
	}
	mustCarry(t, l, s.url)
}

func TestARefusalEndsTheWait(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	_, r := forgot(t, newLaptop(t, s))
	there, done := make(chan bool, 100), make(chan error, 1)
	go func() {
		_, err := courier.Recover(t.Context(), courier.RecoverRequest{Server: r.Centre.Server, CA: r.Centre.CA, Request: r.Request(),
			Told: func(ok bool) { there <- ok }})
		done <- err
	}()
	<-there
	verbOK(t, "recovery", "refuse", "--data", s.dir, asked(t, s)[0].ID.String())
	if err := <-done; fault.KindOf(err) != fault.Refused {
		t.Fatalf("got %v", err)
	}
}

func TestAForgottenPasswordIsSetAnewByFile(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	k, r := forgot(t, l)
	stick := t.TempDir()
	in, out := filepath.Join(stick, "request"), filepath.Join(stick, "approval")
	if err := os.WriteFile(in, r.Request(), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"recovery", "approve", "--data", s.dir, "--file", in, "--out", out, "--code"}
	verbFails(t, exitFailed, append(args, "0123456789")...)
	verbOK(t, append(args, seal.RecoveryCode(r.Request()))...)
	verbFails(t, exitFailed, append(args, seal.RecoveryCode(r.Request()))...)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Take(b, false); err != nil {
		t.Fatal(err)
	}
	st, _, err := k.Recover(t.Context(), r, []byte("what I remember now"))
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	// A restart means a new request, which the approval does not open.
	_, next := forgot(t, l)
	if err := next.Take(b, false); fault.KindOf(err) != fault.Refused {
		t.Fatalf("got %v", err)
	}
}

func TestALaptopEnrolledEarlierGetsTheKeyAtItsNextSync(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptopWith(t, s, func(p *store.Profile) { p.Recovery = seal.PublicKey{} })
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.RunUntilEmpty(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !c.State().Recovery || l.Profile().Recovery.Zero() {
		t.Fatal("not given the county's key, or not said")
	}
	k, r := forgot(t, l)
	if !k.Recoverable() || r == nil {
		t.Fatal("cannot ask")
	}
}

func TestAnOperatorTakenOffTheRosterCannotSignIn(t *testing.T) {
	ctx := context.Background()
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	reviewer := guard.Operator{ID: "practice-reviewer", Name: "练习复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true}
	if err := l.EnableOperator(ctx, reviewer, []byte("the reviewer's own")); err != nil {
		t.Fatal(err)
	}
	verbOK(t, "operator", "off", "--data", s.dir, "--id", "practice-reviewer")
	verbFails(t, exitMissing, "operator", "off", "--data", s.dir, "--id", "practice-reviewer")
	mustCarry(t, l, s.url)
	if _, err := l.Verify(ctx, "practice-reviewer", []byte("the reviewer's own")); fault.KindOf(err) != fault.Password {
		t.Fatalf("got %v", err)
	}
	// The last one's slot stays in the key file; the account keeps them out.
	verbOK(t, "operator", "off", "--data", s.dir, "--id", "practice-clerk")
	mustCarry(t, l, s.url)
	if _, err := l.Verify(ctx, "practice-clerk", []byte(password)); fault.KindOf(err) != fault.Denied {
		t.Fatalf("got %v", err)
	}
}

// TestLaptopsOfBothSuitesMeetAtTheCentre lets a laptop of each suite work on
// one case and sync it.
func TestLaptopsOfBothSuitesMeetAtTheCentre(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "centre")
	first := startServer(t, dir, "127.0.0.1:0")
	inter := newLaptop(t, first)
	first.stop()
	c, err := central.Open(ctx, central.Options{Dir: dir, Practice: true, Suite: seal.National})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	s := startServer(t, dir, first.url[len("https://"):])
	national := newLaptop(t, s)
	if p := national.Profile(); p.ChainKey().Suite() != seal.National || p.Signer.Suite() != seal.International {
		t.Fatal("the suites are not as the county chose")
	}
	if p := inter.Profile(); p.ChainKey().Suite() != seal.International {
		t.Fatal("a laptop enrolled before changed its suite")
	}
	for _, l := range []*laptop{inter, national} {
		id := uuid.New()
		l.commit(t, id, "practice-clerk", loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First}})
		l.commit(t, id, "practice-clerk", loan.ChangeEdit, map[string]any{"fields": map[string]any{"student.name": "韦测"}})
		mustCarry(t, l, s.url)
		l.reopen(t)
		mustCarry(t, l, s.url)
		if err := l.VerifyChain(ctx); err != nil {
			t.Error(err)
		}
		// The other laptop takes what this one wrote, as news bring it.
		other := inter
		if l == inter {
			other = national
		}
		changes, err := l.Changes(ctx, id)
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Receive(ctx, changes); err != nil {
			t.Fatal(err)
		}
		if c, err := other.Case(ctx, id); err != nil || c.App.Student.Name != "韦测" {
			t.Fatal(err)
		}
	}
	if h := s.holdings(t); len(h.Cases) != 2 || h.Refused != 0 {
		t.Fatalf("got %d cases, %d refused", len(h.Cases), h.Refused)
	}
	k, r := forgot(t, national)
	if err := r.Take(verbApproval(t, s, r.Request()), false); err != nil {
		t.Fatal(err)
	}
	st, _, err := k.Recover(ctx, r, []byte("what I remember now"))
	if err != nil {
		t.Fatal(err)
	}
	st.Close()
}

// verbApproval approves a request by file and gives the approval.
func verbApproval(t testing.TB, s *server, request []byte) []byte {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.WriteFile(in, request, 0o600); err != nil {
		t.Fatal(err)
	}
	verbOK(t, "recovery", "approve", "--data", s.dir, "--file", in, "--out", out, "--code", seal.RecoveryCode(request))
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhoDecidesOnARequestManagesWhoseItIs(t *testing.T) {
	for _, what := range []string{"approve", "approve by file", "refuse"} {
		a := recovers(what, central.RecoveryAsked{ID: uuid.New(), Operator: "prov-9"}, nil)
		if a.Verb != guard.ManageRoster || a.Whom != "prov-9" || !a.Himself {
			t.Errorf("%s: asks of %q, himself too %v; want of prov-9, himself too", what, a.Whom, a.Himself)
		}
	}
}
