package desk_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// grant is what the county lets an operator see, for some hours.
func (f *field) grant(id, operator string, fields []string, hours int) {
	f.t.Helper()
	at := clock().UTC()
	g := guard.Grant{ID: id, Operator: operator, By: "admin-1", Fields: fields, Count: 5, Reason: "核对学籍", From: at, Until: at.Add(time.Duration(hours) * time.Hour)}
	content, err := g.Encode()
	if err != nil {
		f.t.Fatal(err)
	}
	f.send(bulletin.Bulletin{Kind: bulletin.Grant, Name: id, Issued: at, Content: content})
}

// send is a word of the county that comes over the network: the store takes it, and
// the desk is not told.
func (f *field) send(b bulletin.Bulletin) {
	f.t.Helper()
	if _, _, err := f.d.Store().TakeBulletin(f.t.Context(), f.signed(b)); err != nil {
		f.t.Fatal(err)
	}
}

// signed is a word of the county as it is carried.
func (f *field) signed(b bulletin.Bulletin) []byte {
	f.t.Helper()
	b.County, b.Version = "522727", uint64(b.Issued.UnixMilli())
	raw, err := b.Sign(f.centre)
	if err != nil {
		f.t.Fatal(err)
	}
	return raw
}

// shutOut has the county's list name this laptop as shut out at a moment, and others at
// moments of their own.
func (f *field) shutOut(at time.Time, others ...time.Time) {
	f.t.Helper()
	list, issued := []bulletin.ShutOut{{Device: f.p.Device, At: at.UTC(), Lost: true}}, at
	for _, o := range others {
		list = append(list, bulletin.ShutOut{Device: uuid.New(), At: o.UTC(), Lost: true})
		if o.After(issued) {
			issued = o
		}
	}
	f.send(bulletin.Bulletin{Kind: bulletin.Devices, Name: bulletin.ShutOutName, Issued: issued.UTC(), Content: bulletin.EncodeDevices(list)})
}

func TestWhatIsOverDoesNotLiveAgainByTheClock(t *testing.T) {
	images := []string{guard.ImagesField}
	begin := func(t *testing.T) (*field, uuid.UUID) {
		f := newField(t)
		c := entered(t, f.d)
		f.in("reviewer-1", reviewPassword, clock())
		f.grant("g-1", "reviewer-1", images, 2)
		return f, c.ID
	}
	reveal := func(f *field, id uuid.UUID) error {
		_, err := f.d.OpenBeyond(f.t.Context(), id, "家长来电核对")
		if err == nil {
			err = f.d.Reveal(f.t.Context(), id, images, "核对学籍")
		}
		return err
	}
	t.Run("in force it serves", func(t *testing.T) {
		f, id := begin(t)
		if err := reveal(f, id); err != nil {
			t.Error(err)
		}
	})
	t.Run("within a session, five days on and back", func(t *testing.T) {
		f, id := begin(t)
		f.now = clock().Add(5 * 24 * time.Hour)
		if err := reveal(f, id); !strings.Contains(fault.Sentence(err), "授权已过期") {
			t.Fatalf("five days on: got %v", err)
		}
		f.now = clock().Add(time.Hour)
		if err := reveal(f, id); fault.KindOf(err) != fault.Denied {
			t.Errorf("and back: got %v", err)
		}
		f.in("reviewer-1", reviewPassword, clock().Add(time.Hour))
		if err := reveal(f, id); fault.KindOf(err) != fault.Denied {
			t.Errorf("and signed in anew: got %v", err)
		}
	})
	back := func(t *testing.T, anew bool) {
		f, id := begin(t)
		f.now = clock().Add(23 * time.Hour)
		if err := reveal(f, id); !strings.Contains(fault.Sentence(err), "授权已过期") {
			t.Fatalf("23 hours on: got %v", err)
		}
		for range 3 {
			f.now = clock().Add(time.Hour)
			if anew {
				f.in("reviewer-1", reviewPassword, f.now)
			}
			if err := f.d.Lapsed(); err != nil {
				t.Fatal(err)
			}
			if err := reveal(f, id); !strings.Contains(fault.Sentence(err), "授权已过期") {
				t.Errorf("set back 22 hours: got %v", err)
			}
		}
		if got, err := f.d.Grants(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("in force: %+v, %v", got, err)
		}
		told := 0
		for _, ch := range chain(t, f.d) {
			if b, err := loan.Body[loan.ViewBody](ch); err == nil && ch.Kind == loan.ChangeSetting && strings.HasPrefix(b.Detail, desk.ClockBehind) {
				told++
				if b.Detail != desk.ClockBehind+"1320 minutes" {
					t.Errorf("the chain says %q", b.Detail)
				}
			}
		}
		if want := map[bool]int{true: 3, false: 1}[anew]; told != want {
			t.Errorf("the chain says %d times that the clock fell behind, want %d: once a session", told, want)
		}
	}
	t.Run("set back within the day, in the session", func(t *testing.T) { back(t, false) })
	t.Run("set back within the day, and signed in anew", func(t *testing.T) { back(t, true) })
	t.Run("a search's grant too, and one for export", func(t *testing.T) {
		f, _ := begin(t)
		f.grant("g-2", "reviewer-1", []string{guard.SearchField}, 2)
		for range guard.MaxSearches {
			if _, err := f.d.FindBeyond(t.Context(), "韦测试", "家长来电核对"); err != nil {
				t.Fatal(err)
			}
		}
		f.now = clock().Add(3 * time.Hour)
		if _, err := f.d.FindBeyond(t.Context(), "韦测试", "家长来电核对"); !strings.Contains(fault.Sentence(err), "授权已过期") {
			t.Fatalf("three hours on: got %v", err)
		}
		f.now = clock().Add(time.Hour)
		if _, err := f.d.FindBeyond(t.Context(), "韦测试", "家长来电核对"); !strings.Contains(fault.Sentence(err), "授权已过期") {
			t.Errorf("and back: got %v", err)
		}
	})
}

func TestALeaseEndsAlsoWithinASession(t *testing.T) {
	day := 24 * time.Hour
	t.Run("40 days on nothing is changed", func(t *testing.T) {
		f := newField(t)
		c := entered(t, f.d)
		f.in("clerk-1", clerkPassword, clock())
		f.now = clock().Add(40 * day)
		_, err := f.d.Edit(t.Context(), c.ID, map[string]any{"study.major": "数学"})
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "14 天") {
			t.Errorf("got %v", err)
		}
		if f.d.Lapsed() == nil {
			t.Error("and the desk does not say so")
		}
	})
	t.Run("an account's eighth day", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock())
		f.now = clock().Add(7*day - time.Minute)
		if err := f.works(); err != nil {
			t.Fatal(err)
		}
		f.now = clock().Add(7*day + time.Minute)
		if err := f.works(); !strings.Contains(fault.Sentence(err), "7 天") {
			t.Errorf("got %v", err)
		}
		if rows := f.d.Find("", 0); len(rows) != 0 {
			t.Error("and lists cases")
		}
		f.now = clock().Add(6 * day) // set back, but within the day's slack nothing is over
		if err := f.works(); fault.KindOf(err) != fault.Denied {
			t.Errorf("set back: got %v", err)
		}
	})
	t.Run("a laptop that hears it was shut out stops at once", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock().Add(time.Hour))
		if err := f.works(); err != nil {
			t.Fatal(err)
		}
		f.shutOut(f.now)
		if err := f.works(); !strings.Contains(fault.Sentence(err), "停用") {
			t.Errorf("got %v", err)
		}
		if f.d.Lapsed() == nil {
			t.Error("and the desk does not say so")
		}
		for name, may := range map[string]func(context.Context) error{"sync": f.d.MaySync, "carry": f.d.MayCarry} {
			if err := may(t.Context()); err != nil {
				t.Errorf("%s: and what it has cannot be sent: %v", name, err)
			}
		}
	})
	t.Run("and says so as soon as the word is taken up", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock().Add(time.Hour))
		f.shutOut(f.now)
		if err := f.d.TakeUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f.d.Lapsed() == nil {
			t.Error("the desk goes on")
		}
	})
	t.Run("a renewal in the session goes on as before", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock())
		f.now = clock().Add(8 * day)
		if err := f.works(); err == nil {
			t.Fatal("open")
		}
		if err := f.d.Renew(t.Context(), f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)); err != nil {
			t.Fatal(err)
		}
		if err := f.works(); err != nil {
			t.Error(err)
		}
		kinds := []loan.ChangeKind{}
		for _, ch := range chain(t, f.d) {
			kinds = append(kinds, ch.Kind)
		}
		if !slices.Contains(kinds, loan.ChangeOpen) {
			t.Error("nothing was opened")
		}
	})
}
