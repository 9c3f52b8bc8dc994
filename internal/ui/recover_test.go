package ui

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"doorstep/sync/central"
	"doorstep/sync/courier"
)

// countyRig is a real centre, served while the test runs.
type countyRig struct {
	t   *testing.T
	c   *central.Central
	url string
}

func newCounty(t *testing.T) *countyRig {
	t.Helper()
	c, err := central.Open(t.Context(), central.Options{Dir: t.TempDir(), Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Server([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); s.ServeTLS(l, "", "") }()
	t.Cleanup(func() { s.Close(); <-done; c.Close() })
	return &countyRig{t, c, "https://" + l.Addr().String()}
}

// laptop is a window before a folder that was enrolled at the county, nobody
// signed in.
func (k *countyRig) laptop() *rig {
	k.t.Helper()
	ctx := context.Background()
	code, err := k.c.NewCode(ctx, central.NewCodeOptions{})
	if err != nil {
		k.t.Fatal(err)
	}
	e, err := courier.Enrol(ctx, courier.EnrolRequest{Server: k.url, Code: code})
	if err != nil {
		k.t.Fatal(err)
	}
	dir := k.t.TempDir()
	rules, err := rulebook.Load()
	if err != nil {
		k.t.Fatal(err)
	}
	door, err := desk.OpenDoor(ctx, store.Options{Dir: dir, Cost: seal.CheapCost(), Now: testClock}, desk.Tools{Rules: rules, Now: testClock})
	if err != nil {
		k.t.Fatal(err)
	}
	who := testClerk()
	who.ID = "practice-clerk"
	d, err := door.Settle(ctx, desk.Enrolment{Profile: e.Profile, Roster: []desk.Operator{who}}, who, []byte(clerkPassword))
	if err != nil {
		k.t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		k.t.Fatal(err)
	}
	return &rig{k.t, testWindow(k.t, dir, kit.Light)}
}

// asked opens the page and asks; the number is the one to be said.
func asked(r *rig) *recovery {
	r.t.Helper()
	var p *recovery
	r.ui(func() { p = newRecovery(r.u, kit.Option{ID: "practice-clerk", Text: "练习操作员"}) })
	r.snap("recover-ask")
	r.ui(p.begin)
	r.until("the number is shown", func() bool { return p.status != nil })
	return p
}

func TestAForgottenPasswordIsSetAnewInTheWindow(t *testing.T) {
	k := newCounty(t)
	r := k.laptop()
	p := asked(r)
	r.until("the centre has it", func() bool { return strings.Contains(p.status.Text(), "等待批准") })
	r.snap("recover-wait")
	list, err := k.c.Recoveries(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	if err := k.c.ApproveRecovery(t.Context(), list[0].ID, p.plea.Code()); err != nil {
		t.Fatal(err)
	}
	r.until("a new password is asked for", func() bool { return p.set != nil })
	r.snap("recover-set")
	r.typeLines("short", "short")
	r.ui(func() {
		if p.set.firstOf.Error() == "" {
			t.Error("a weak password was taken")
		}
		p.set.wipe()
		kit.Focus(p.set.first)
	})
	r.typeLines("what I remember now", "what I remember now")
	r.until("signed in", func() bool { return r.u.shell != nil })
	if _, err := r.u.desk.Store().Verify(t.Context(), "practice-clerk", []byte("what I remember now")); err != nil {
		t.Error(err)
	}
	if _, err := r.u.desk.Store().Verify(t.Context(), "practice-clerk", []byte(clerkPassword)); fault.KindOf(err) != fault.Password {
		t.Errorf("the old password: got %v", err)
	}
}

// TestAnApprovalThatNobodyUsesIsGivenUp has nobody at the desk once the county approved:
// whoever passed by could set the password, and be the one who asked.
func TestAnApprovalThatNobodyUsesIsGivenUp(t *testing.T) {
	k := newCounty(t)
	r := k.laptop()
	p := asked(r)
	r.until("the centre has it", func() bool { return strings.Contains(p.status.Text(), "等待批准") })
	list, err := k.c.Recoveries(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatal(len(list), err)
	}
	if err := k.c.ApproveRecovery(t.Context(), list[0].ID, p.plea.Code()); err != nil {
		t.Fatal(err)
	}
	r.until("a new password is asked for", func() bool { return p.set != nil })
	r.ui(func() {
		p.set.first.SetText("half a password")
		p.approved = time.Now()
		r.u.idled(idleLimit)
		if p.over {
			t.Error("who telephoned, and touched nothing, is sent away at once")
		}
		p.approved = p.approved.Add(-idleLimit)
		r.u.idled(idleLimit)
	})
	r.until("the sign-in page says so", func() bool {
		return strings.Contains(textsIn(r.u.win.Canvas().Content()), "这次批准作废")
	})
	if p.plea.Approved() || !p.set.first.Empty() {
		t.Error("the approval, or what was typed, is left")
	}
}

func TestAForgottenPasswordIsSetAnewByStick(t *testing.T) {
	k := newCounty(t)
	r := k.laptop()
	p := asked(r)
	approval, err := k.c.ApproveRecoveryFile(t.Context(), p.plea.Request(), p.plea.Code())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "approval.dsg")
	for _, b := range [][]byte{[]byte("not an approval"), approval} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r.ui(p.read)
		r.chooses(path)
	}
	r.until("a new password is asked for", func() bool { return p.set != nil })
	r.ui(p.leave)
	r.until("the sign-in page is back", func() bool {
		f, ok := r.u.win.Canvas().Focused().(*kit.Field)
		return ok && f != p.set.first
	})
	if p.plea.Approved() {
		t.Error("an approval is left after the page was left")
	}
}

func TestARefusalIsSaid(t *testing.T) {
	k := newCounty(t)
	r := k.laptop()
	p := asked(r)
	r.until("the centre has it", func() bool { return strings.Contains(p.status.Text(), "等待批准") })
	list, err := k.c.Recoveries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := k.c.RefuseRecovery(t.Context(), list[0].ID); err != nil {
		t.Fatal(err)
	}
	r.until("the refusal is said", func() bool { return strings.Contains(p.status.Text(), "没有批准") })
}
