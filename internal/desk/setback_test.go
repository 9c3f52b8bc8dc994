package desk_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

// setBack is a laptop whose data folder a person copied, and puts back after
// what meanwhile does: the centre finds it behind and has its chain led on.
func (f *field) setBack(who, password string, meanwhile func()) {
	f.t.Helper()
	kept := f.t.TempDir()
	copyTo := func(from, to string) {
		if err := os.RemoveAll(to); err != nil {
			f.t.Fatal(err)
		}
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := f.d.Close(); err != nil {
		f.t.Fatal(err)
	}
	copyTo(f.dir, filepath.Join(kept, "data"))
	f.d = ticking(f.t, f.dir, who, password, &f.now)
	meanwhile()
	held, _ := f.d.Store().Head()
	if err := f.d.Close(); err != nil {
		f.t.Fatal(err)
	}
	copyTo(filepath.Join(kept, "data"), f.dir)
	f.d = ticking(f.t, f.dir, who, password, &f.now)
	f.now = f.now.Add(time.Minute)
	if err := f.d.Store().LeadOn(f.t.Context(), who, held); err != nil {
		f.t.Fatal(err)
	}
}

func TestAFolderPutBackGivesNoUseBack(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	one, two := entered(t, f.d), entered(t, f.d)
	images := []string{guard.ImagesField}
	f.in("reviewer-1", reviewPassword, clock())
	ask := func(w desk.Wanted) desk.Asked {
		t.Helper()
		w.Fields, w.Hours, w.Reason = images, 8, "核对家长投诉"
		a, err := f.d.AskGrant(ctx, w)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	counted := ask(desk.Wanted{Count: 1})
	if _, err := f.d.ApproveAsk(ctx, counted.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
		t.Fatal(err)
	}
	waits := ask(desk.Wanted{Count: 1})
	answer := f.answerGrant(waits.Code, "reviewer-1", "admin-1", f.p.Device, clock())
	f.setBack("reviewer-1", reviewPassword, func() {
		if err := f.d.Reveal(ctx, one.ID, images, "核对家长投诉"); err != nil {
			t.Fatal(err)
		}
		if err := f.d.Reveal(ctx, two.ID, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied {
			t.Fatalf("a second case of one: got %v", err)
		}
		if _, err := f.d.TakeGrant(ctx, waits.Code, answer); err != nil {
			t.Fatal(err)
		}
		if err := f.d.Reveal(ctx, two.ID, images, "核对家长投诉"); err != nil {
			t.Fatal(err)
		}
	})
	for name, id := range map[string]uuid.UUID{"the case it was used for": one.ID, "another case": two.ID} {
		if err := f.d.Reveal(ctx, id, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "恢复过备份") {
			t.Errorf("%s: got %v: %s", name, err, fault.Sentence(err))
		}
	}
	if _, err := f.d.TakeGrant(ctx, waits.Code, answer); fault.KindOf(err) != fault.Missing {
		t.Errorf("an answer that was taken: got %v", err)
	}
	if err := f.d.Reveal(ctx, one.ID, []string{"student.phone"}, "家长来电核对"); fault.KindOf(err) != fault.Denied {
		t.Errorf("by a reason alone, on the day of the putting back: got %v", err)
	}
	t.Run("what is granted afterwards serves", func(t *testing.T) {
		f.now = f.now.Add(time.Minute)
		a := ask(desk.Wanted{Count: 1})
		if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
			t.Fatal(err)
		}
		if err := f.d.Reveal(ctx, one.ID, images, "核对家长投诉"); err != nil {
			t.Error(err)
		}
	})
	t.Run("and the next day a reason does", func(t *testing.T) {
		f.now = f.now.AddDate(0, 0, 1)
		if err := f.d.Reveal(ctx, two.ID, []string{"student.phone"}, "家长来电核对"); err != nil {
			t.Error(err)
		}
	})
}

// A grant that names its case may have been taken back before the file was set back, which
// is forgotten by that: it serves again once the county says that it stands.
func TestAFolderPutBackGivesNoGrantBack(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	images := []string{guard.ImagesField}
	f.in("reviewer-1", reviewPassword, clock())
	approved := func() {
		t.Helper()
		a, err := f.d.AskGrant(ctx, desk.Wanted{Case: c.ID, Fields: images, Hours: 8, Reason: "核对家长投诉"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
			t.Fatal(err)
		}
	}
	approved()
	f.setBack("reviewer-1", reviewPassword, func() {
		if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); err != nil {
			t.Fatal(err)
		}
	})
	if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "恢复过备份") {
		t.Errorf("after the putting back: got %v: %s", err, fault.Sentence(err))
	}
	lists := func(when string, want int) {
		t.Helper()
		heard, err := f.d.GrantsHeard(ctx)
		if err != nil || len(heard) != want {
			t.Errorf("%s: told of %+v, %v", when, heard, err)
		}
		if have, err := f.d.Grants(ctx); err != nil || len(have) != want {
			t.Errorf("%s: listed are %+v, %v", when, have, err)
		}
	}
	lists("what serves no more", 0)
	f.now = f.now.Add(time.Minute)
	approved()
	lists("what was granted afterwards", 1)
	if err := f.d.Reveal(ctx, c.ID, images, "核对家长投诉"); err != nil {
		t.Errorf("what was granted afterwards: %v", err)
	}
}

// TestAFolderPutBackGivesNoGrantOfTheCountyBackBeforeItIsHeard has the county take one of two
// back that it sent down, which the file forgot.
func TestAFolderPutBackGivesNoGrantOfTheCountyBackBeforeItIsHeard(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	one, two := entered(t, f.d), entered(t, f.d)
	images, why := []string{guard.ImagesField}, "核对家长投诉"
	f.in("reviewer-1", reviewPassword, clock())
	sends := func(id string, of uuid.UUID) {
		t.Helper()
		g := guard.Grant{ID: id, Operator: "reviewer-1", By: "admin-1", Fields: images, Cases: []uuid.UUID{of}, Reason: why, From: f.now.UTC(), Until: f.now.UTC().Add(8 * time.Hour)}
		content, err := g.Encode()
		if err != nil {
			t.Fatal(err)
		}
		f.send(bulletin.Bulletin{Kind: bulletin.Grant, Name: id, Issued: f.now.UTC(), Content: content})
	}
	sends("g-back", one.ID)
	sends("g-stands", two.ID)
	back := bulletin.Bulletin{Kind: bulletin.Grant, Name: "g-back", Issued: f.now.UTC().Add(time.Minute), Withdrawn: true}
	f.setBack("reviewer-1", reviewPassword, func() {
		for _, c := range []*loan.Case{one, two} {
			if err := f.d.Reveal(ctx, c.ID, images, why); err != nil {
				t.Fatal(err)
			}
		}
		f.send(back)
	})
	refused := func(when string, want map[uuid.UUID]string) {
		t.Helper()
		for of, words := range want {
			err := f.d.Reveal(ctx, of, images, why)
			if words == "" && err != nil || words != "" && (fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), words)) {
				t.Errorf("%s, of %s: got %v: %s", when, of, err, fault.Sentence(err))
			}
		}
	}
	refused("before the county is heard", map[uuid.UUID]string{one.ID: "恢复过备份", two.ID: "恢复过备份"})
	f.send(back)
	if err := f.d.Store().HeardCounty(ctx, f.now); err != nil {
		t.Fatal(err)
	}
	refused("afterwards", map[uuid.UUID]string{one.ID: "已撤销", two.ID: ""})
}

// TestWhatTheCountySaidSinceServesWhateverTheClockSaidThen has the data put back by a clock
// that was hours ahead.
func TestWhatTheCountySaidSinceServesWhateverTheClockSaidThen(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	if err := f.d.Store().SetSetting(ctx, store.EraBegan, clock().Add(8*time.Hour)); err != nil {
		t.Fatal(err)
	}
	f.in("reviewer-1", reviewPassword, clock())
	images, why := []string{guard.ImagesField}, "核对家长投诉"
	g := guard.Grant{ID: "g-since", Operator: "reviewer-1", By: "admin-1", Fields: images, Cases: []uuid.UUID{c.ID}, Reason: why, From: clock().Add(-time.Minute).UTC(), Until: clock().Add(6 * time.Hour).UTC()}
	content, err := g.Encode()
	if err != nil {
		t.Fatal(err)
	}
	f.send(bulletin.Bulletin{Kind: bulletin.Grant, Name: g.ID, Issued: clock().UTC(), Content: content})
	// A stick may have been written before.
	if err := f.d.Store().HeardCounty(ctx, clock()); err != nil {
		t.Fatal(err)
	}
	if err := f.d.Reveal(ctx, c.ID, images, why); fault.KindOf(err) != fault.Denied {
		t.Errorf("by a stick: got %v", err)
	}
	if err := f.d.Store().HeardCountyNow(ctx, clock()); err != nil {
		t.Fatal(err)
	}
	if err := f.d.Reveal(ctx, c.ID, images, why); err != nil {
		t.Errorf("by the network: %v: %s", err, fault.Sentence(err))
	}
}

func TestAnEmergencyThatAPutBackFileForgotIsFoundInTheChain(t *testing.T) {
	f := newField(t)
	ctx := t.Context()
	c := entered(t, f.d)
	var ids []string
	f.in("reviewer-1", reviewPassword, clock())
	for range 2 {
		g, err := f.d.BreakGlass(ctx, c.ID, "洪水断网")
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, g.ID)
	}
	// The chain came home whole, the settings did not.
	n, _ := f.d.Store().Head()
	f.now = f.now.Add(time.Minute)
	if err := f.d.Store().LeadOn(ctx, "reviewer-1", n); err != nil {
		t.Fatal(err)
	}
	if err := f.d.Store().SetSetting(ctx, "desk.glass", []desk.Glass{}); err != nil {
		t.Fatal(err)
	}
	f.in("admin-1", clerkPassword, f.now)
	got, err := f.d.Glasses(ctx)
	if err != nil || len(got) != 2 || got[0].Operator != "reviewer-1" || got[0].Reason != "洪水断网" || got[0].Case != c.ID {
		t.Fatalf("waiting: %+v, %v", got, err)
	}
	if err := f.d.ReviewGlass(ctx, ids[0], true, "核对过了"); err != nil {
		t.Fatal(err)
	}
	if err := f.d.Store().SetSetting(ctx, "desk.glass", []desk.Glass{}); err != nil {
		t.Fatal(err)
	}
	if got, err = f.d.Glasses(ctx); err != nil || len(got) != 1 || got[0].ID != ids[1] {
		t.Errorf("after one was looked at: %+v, %v", got, err)
	}
}

func TestAGrantOfANumberServesAtOneLaptop(t *testing.T) {
	f := newField(t)
	c := entered(t, f.d)
	f.in("reviewer-1", reviewPassword, clock())
	images := []string{guard.ImagesField}
	issue := func(id string, device uuid.UUID) {
		t.Helper()
		g := guard.Grant{ID: id, Operator: "reviewer-1", By: "admin-1", Fields: images, Count: 1, Reason: "核对学籍", Device: device,
			From: clock().UTC(), Until: clock().UTC().Add(time.Hour)}
		content, err := g.Encode()
		if err != nil {
			t.Fatal(err)
		}
		b := bulletin.Bulletin{County: "522727", Kind: bulletin.Grant, Name: id, Version: uint64(clock().UnixMilli()), Issued: clock().UTC(), Content: content}
		raw, err := b.Sign(f.centre)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.d.TakeFile(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	issue("g-there", uuid.New())
	if err := f.d.Reveal(t.Context(), c.ID, images, "核对学籍"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "另一台电脑") {
		t.Errorf("another laptop's: got %v: %s", err, fault.Sentence(err))
	}
	if got, err := f.d.Grants(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("in force here: %+v, %v", got, err)
	}
	issue("g-here", f.p.Device)
	if err := f.d.Reveal(t.Context(), c.ID, images, "核对学籍"); err != nil {
		t.Error(err)
	}
	if _, b := lastLook(t, f.d, loan.ChangeReveal); b.Detail != "grant g-here" {
		t.Errorf("the chain says %q", b.Detail)
	}
}
