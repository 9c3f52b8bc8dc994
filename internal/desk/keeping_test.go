package desk_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// keeper is a laptop whose clock can be set.
type keeper struct {
	t    *testing.T
	now  time.Time
	door *desk.Door
	d    *desk.Desk
	word *loan.Change // the centre's last
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	ctx := context.Background()
	k := &keeper{t: t, now: clock()}
	now := func() time.Time { return k.now }
	tl := tools(t)
	tl.Now = now
	var err error
	if k.door, err = desk.OpenDoor(ctx, store.Options{Dir: t.TempDir(), Cost: seal.CheapCost(), Now: now}, tl); err != nil {
		t.Fatal(err)
	}
	if k.d, err = k.door.Settle(ctx, desk.Enrolment{Profile: profile(t), Roster: []desk.Operator{clerk(), reviewer()}}, clerk(), []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { k.d.Close() })
	for id, role := range map[string]guard.Role{"reviewer-1": guard.Reviewer, "admin-1": guard.DataAdmin, "auditor-1": guard.Auditor} {
		o := guard.Operator{ID: id, Name: id, Roles: []guard.Role{role}, Enabled: true}
		enabled(t, k.d, o, reviewPassword)
	}
	return k
}

// as changes who is signed in.
func (k *keeper) as(id, password string) {
	k.t.Helper()
	ctx := context.Background()
	if err := k.d.Close(); err != nil {
		k.t.Fatal(err)
	}
	if err := k.door.Reopen(ctx); err != nil {
		k.t.Fatal(err)
	}
	d, err := k.door.SignIn(ctx, id, []byte(password))
	if err != nil {
		k.t.Fatal(err)
	}
	k.d = d
}

// delivered takes a case to the centre, which says that it has it whole.
func (k *keeper) delivered() *loan.Case {
	k.t.Helper()
	ctx, must := context.Background(), step(k.t)
	c := entered(k.t, k.d)
	c = must(k.d.Submit(ctx, c.ID))
	c = must(k.d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	_, c, err := k.d.PrepareContract(ctx, c.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	c = heard(k.t, k.d, c)
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c = must(k.d.Sign(ctx, c.ID, p, loan.InPerson, "", strokes(), ticks(k.t, k.d, c)...))
	}
	c = must(k.d.Seal(ctx, c.ID))
	c = must(k.d.Finish(ctx, c.ID))
	s := k.d.Store()
	n, head := s.Head()
	r := store.Receipt{Centre: uuid.UUID{1}, Epoch: uuid.UUID{2}, Device: s.Profile().Device, Through: n, Chain: head, At: k.now}
	for _, a := range c.Finish.Blobs {
		r.Blobs = append(r.Blobs, a.Blob)
	}
	if err := s.Acknowledge(ctx, r); err != nil {
		k.t.Fatal(err)
	}
	body, err := json.Marshal(loan.ReceiveBody{ReceiptNo: "1", Finish: c.Finish.ID.String()})
	if err != nil {
		k.t.Fatal(err)
	}
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.UUID{1}, Counter: 2, Operator: "centre", Case: c.ID,
		Seen: c.Heads, Kind: loan.ChangeReceive, At: k.now, Body: body}
	ch.BodyHash = loan.BodyHashOf(s.Sum, ch.Salt, body)
	if k.word != nil {
		ch.Counter, ch.Prev = k.word.Counter+1, k.word.HeaderHash(s.Sum)
	}
	k.word = ch
	if err := s.Receive(ctx, []*loan.Change{ch}); err != nil {
		k.t.Fatal(err)
	}
	return c
}

func (k *keeper) keep() desk.Kept {
	k.t.Helper()
	out, err := k.d.Keep(context.Background())
	if err != nil {
		k.t.Fatal(err)
	}
	return out
}

func TestHousekeeping(t *testing.T) {
	ctx := context.Background()
	k := newKeeper(t)
	c := k.delivered()
	got := k.keep()
	if got.Images != 0 || !got.At.Equal(k.now) || !got.Checked.Equal(k.now) || got.Damaged {
		t.Fatalf("on the first day: got %+v, want a check and nothing erased", got)
	}
	first := k.now
	k.now = k.now.Add(7 * 24 * time.Hour)
	got = k.keep()
	if got.Images != 8 || got.Cases != 1 || got.Bytes == 0 || !got.Erasing.Equal(k.now) || got.Doubt {
		t.Fatalf("after seven days: got %+v, want eight images erased", got)
	}
	if !got.Checked.After(first) {
		t.Fatalf("checked %v, want it checked again after a week", got.Checked)
	}
	_, err := k.d.Blob(ctx, c.ID, c.Attachments[0].Blob)
	if fault.KindOf(err) != fault.Erased {
		t.Fatalf("image: got %v, want it erased", err)
	}
	if _, err := k.d.SealedContract(ctx, c); err != nil {
		t.Fatalf("contract: %v", err)
	}
	k.now = k.now.Add(time.Hour)
	again := k.keep()
	if again.Images != 8 || again.Checked != got.Checked || !again.At.Equal(k.now) {
		t.Fatalf("an hour later: got %+v, want what was erased last still told", again)
	}
	k.as("clerk-1", clerkPassword)
	kept, err := k.d.Kept(ctx)
	if err != nil || kept != again {
		t.Fatalf("after signing in again: got %+v and %v, want %+v", kept, err, again)
	}
	k.now = k.now.AddDate(4, 0, 0)
	if got := k.keep(); !got.Doubt {
		t.Fatalf("four years on: got %+v, want the clock doubted", got)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := k.d.Keep(stopped); fault.KindOf(err) != fault.Cancelled {
		t.Fatalf("stopped: got %v", err)
	}
}

func TestWhoMayAuditAndErase(t *testing.T) {
	ctx := context.Background()
	k := newKeeper(t)
	c := k.delivered()
	deny := func(err error) {
		t.Helper()
		if fault.KindOf(err) != fault.Denied {
			t.Fatalf("got %v, want it denied", err)
		}
	}
	_, err := k.d.Audit(ctx, nil)
	deny(err)
	_, err = k.d.EraseSeason(ctx, 2023, nil)
	deny(err)
	k.as("auditor-1", reviewPassword)
	before, _ := k.d.Store().Head()
	r, err := k.d.Audit(ctx, nil)
	if err != nil || !r.Sound() || len(r.Chains) != 2 || r.Chains[0].Last != before+1 {
		t.Fatalf("got %+v and %v, want two sound chains and the look noted", r, err)
	}
	_, err = k.d.EraseSeason(ctx, 2023, nil)
	deny(err)
	k.as("admin-1", reviewPassword)
	if _, err := k.d.EraseSeason(ctx, 2031, nil); fault.KindOf(err) != fault.Input {
		t.Fatalf("a season to come: got %v", err)
	}
	const shots = "desk.shot."
	for _, id := range []string{c.ID.String(), "none of an id"} {
		if err := k.d.Store().SetSetting(ctx, shots+id+".student", []byte{1}); err != nil {
			t.Fatal(err)
		}
	}
	out, err := k.d.EraseSeason(ctx, 2023, nil)
	if names, err := k.d.Store().SettingsWith(ctx, shots); err != nil || len(names) != 0 {
		t.Errorf("what portraits are known by: got %v, %v, want it gone with the cases", names, err)
	}
	if err != nil || out.Cases != 1 || out.Blobs != 10 || len(out.Refused) != 0 {
		t.Fatalf("got %+v and %v, want the case erased", out, err)
	}
	if _, err := k.d.Open(ctx, c.ID); fault.KindOf(err) != fault.Erased {
		t.Fatalf("open: got %v, want it erased", err)
	}
	if rows := k.d.Find("", 0); len(rows) != 0 {
		t.Fatalf("got %d rows, want none", len(rows))
	}
	r, err = k.d.Audit(ctx, nil)
	if err != nil || !r.Sound() || len(r.Blobs) != 1 || r.Blobs[0].Rule != store.RuleSeason || r.Chains[0].Erased[0].Bodies == 0 {
		t.Fatalf("got %+v and %v, want the season's erasing told", r, err)
	}
}

func TestACaseReturnedAfterItsImagesWentIsTakenUpAgain(t *testing.T) {
	ctx, must := context.Background(), step(t)
	k := newKeeper(t)
	c := k.delivered()
	k.now = k.now.Add(8 * 24 * time.Hour)
	k.keep()
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.UUID{1}, Counter: 4, Operator: "centre", Case: c.ID,
		Kind: loan.ChangeReturn, At: k.now, Body: []byte(`{"codes":["E-LN-001"],"note":"amount"}`)}
	home, err := k.d.Case(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	ch.Seen = home.Heads
	ch.BodyHash = loan.BodyHashOf(k.d.Store().Sum, ch.Salt, ch.Body)
	if err := k.d.Store().Receive(ctx, []*loan.Change{ch}); err != nil {
		t.Fatal(err)
	}
	must(k.d.Correct(ctx, c.ID, map[string]any{"loan.amount": 5700}, "amount"))
	must(k.d.Submit(ctx, c.ID))
	must(k.d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	_, _, err = k.d.PrepareContract(ctx, c.ID)
	if fault.KindOf(err) != fault.Erased || fault.Sentence(err) == fault.Erased.Sentence() {
		t.Fatalf("got %v saying %q, want to be told to take the portraits again", err, fault.Sentence(err))
	}
	for i, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		must(k.d.Attach(ctx, c.ID, loan.Slot("portrait/"+string(p)), picture(t, 358, 441, uint8(40*i)), "image/jpeg", "camera"))
		must(k.d.Attest(ctx, c.ID, p))
	}
	must(k.d.Submit(ctx, c.ID))
	must(k.d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	if _, _, err = k.d.PrepareContract(ctx, c.ID); err != nil {
		t.Fatalf("with new portraits: %v", err)
	}
}
