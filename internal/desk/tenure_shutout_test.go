package desk_test

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestACodeFromBeforeAShutOutDoesNotEndIt(t *testing.T) {
	day := 24 * time.Hour
	shutOut := func(f *field) {
		t.Helper()
		if err := f.works(); err == nil || !strings.Contains(fault.Sentence(err), "停用") {
			t.Errorf("got %v, %q", err, fault.Sentence(err))
		}
	}
	t.Run("typed offline after it, the list comes later", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock().Add(8*day))
		answer := f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)
		lost := f.now.Add(time.Hour)
		f.now = f.now.Add(3 * time.Hour)
		if err := f.d.Renew(t.Context(), answer); err != nil {
			t.Fatal(err)
		}
		f.shutOut(lost)
		if err := f.d.TakeUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		shutOut(f)
		f.in("clerk-1", clerkPassword, f.now.Add(6*day))
		shutOut(f)
	})
	t.Run("typed when the list is there", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock().Add(8*day))
		answer := f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)
		f.now = f.now.Add(time.Hour)
		f.shutOut(f.now)
		f.now = f.now.Add(time.Hour)
		err := f.d.Renew(t.Context(), answer)
		if fault.KindOf(err) != fault.Refused || !strings.Contains(fault.Sentence(err), "停用") {
			t.Errorf("got %v, %q", err, fault.Sentence(err))
		}
		f.in("clerk-1", clerkPassword, f.now)
		said := 0
		for _, ch := range chain(t, f.d) {
			if b, err := loan.Body[loan.ViewBody](ch); err == nil && b.Detail == "renewal refused, asked before shut out" {
				said++
			}
		}
		if said != 1 {
			t.Errorf("the chain tells of it %d times", said)
		}
		shutOut(f)
		if err := f.d.Renew(t.Context(), answer); fault.KindOf(err) != fault.Missing {
			t.Errorf("the request lives on: %v", err)
		}
		if err := f.d.Renew(t.Context(), f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)); err != nil {
			t.Fatal(err)
		}
		if err := f.works(); err != nil {
			t.Errorf("asked again, after it: %v", err)
		}
		f.shutOut(f.now.Add(time.Hour))
		f.now = f.now.Add(2 * time.Hour)
		shutOut(f)
	})
	t.Run("one that was asked for after it ends it, also where another laptop is shut out meanwhile", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock().Add(8*day))
		lost := f.now
		f.shutOut(lost)
		f.now = f.now.Add(time.Hour)
		answer := f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)
		f.now = f.now.Add(time.Hour)
		f.shutOut(lost, f.now)
		if err := f.d.Renew(t.Context(), answer); err != nil {
			t.Errorf("got %v, %q", err, fault.Sentence(err))
		}
		if err := f.works(); err != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("nor where it was shut out anew meanwhile", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock().Add(8*day))
		f.shutOut(f.now)
		f.now = f.now.Add(time.Hour)
		answer := f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)
		f.now = f.now.Add(time.Hour)
		f.shutOut(f.now)
		if err := f.d.Renew(t.Context(), answer); fault.KindOf(err) != fault.Refused {
			t.Errorf("got %v", err)
		}
	})
	t.Run("where the word of one from before it comes late, the sentence does not say that it came after", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock().Add(8*day))
		lost := f.now
		f.now = f.now.Add(time.Hour)
		answer := f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)
		f.shutOut(lost)
		if err := f.d.Renew(t.Context(), answer); fault.KindOf(err) != fault.Refused || !strings.HasPrefix(fault.Sentence(err), "申请续期之后，本机收到了停用本机的通知") {
			t.Errorf("got %v, %q", err, fault.Sentence(err))
		}
	})
	t.Run("one of a day after it ends it, the list comes later", func(t *testing.T) {
		f := newField(t)
		f.in("clerk-1", clerkPassword, clock().Add(8*day))
		if err := f.d.Renew(t.Context(), f.answer(f.d.AskRenewal(), "clerk-1", f.p.Device, f.now)); err != nil {
			t.Fatal(err)
		}
		f.shutOut(f.now.Add(-day))
		if err := f.d.TakeUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := f.works(); err != nil {
			t.Errorf("got %v", err)
		}
	})
}
