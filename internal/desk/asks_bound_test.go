package desk_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// many asks for so many grants, each for longer than those that wait.
func (f *field) many(n int, export bool) (last desk.Asked) {
	f.t.Helper()
	for hours := 2; n > 0; hours++ {
		a, err := f.d.AskGrant(f.t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Count: 1, Hours: hours, Reason: "家长来电核对", Export: export})
		if fault.KindOf(err) == fault.Exists {
			continue
		}
		if err != nil {
			f.t.Fatal(err)
		}
		last = a
		n--
	}
	return last
}

func TestTenRequestsOfAnOperatorWait(t *testing.T) {
	f, c, first := askedFor(t) // reviewer-1's
	ctx := t.Context()
	f.in("clerk-2", clerkPassword, clock())
	f.many(6, false)
	last := f.many(4, true)
	full := func(t *testing.T, export bool) {
		t.Helper()
		_, err := f.d.AskGrant(ctx, desk.Wanted{Fields: []string{guard.ImagesField}, Count: 1, Hours: 2, Reason: "家长来电核对", Export: export})
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "10 份") || !strings.Contains(fault.Sentence(err), "打电话") {
			t.Errorf("got %v, want it denied with what to do", err)
		}
	}
	t.Run("the eleventh is refused, to see or to export, and noted", func(t *testing.T) {
		full(t, false)
		if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Operator != "clerk-2" || !strings.HasPrefix(b.Detail, "refused ask-grant") {
			t.Errorf("the chain says %s %q", ch.Operator, b.Detail)
		}
		full(t, true)
		if all, err := f.d.Asks(ctx); err != nil || len(all) != 10 {
			t.Errorf("%d wait, want 10: %v", len(all), err)
		}
	})
	t.Run("what was answered makes room", func(t *testing.T) {
		_, to := recipient(t)
		if _, err := f.d.ApproveAsk(ctx, last.Code, "admin-1", []byte(clerkPassword), to); err != nil {
			t.Fatal(err)
		}
		f.many(1, false)
		full(t, false)
	})
	t.Run("what is declined makes room", func(t *testing.T) {
		all, err := f.d.Asks(ctx)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(a desk.Asked) bool { return !a.Export })
		f.list(guard.Waiting{Device: f.p.Device, Operator: "clerk-2", Ask: digits(t, all[i].Code), Reason: "家长来电核对", At: clock().UTC(), Declined: true, By: "admin-1", Word: "理由不足"})
		f.many(1, false)
		full(t, false)
	})
	t.Run("nobody else's is pushed out, and it is answered", func(t *testing.T) {
		f.in("reviewer-1", reviewPassword, clock())
		longer := wanted(c.ID)
		longer.Hours++
		if _, err := f.d.AskGrant(ctx, longer); err != nil {
			t.Errorf("another operator's: %v", err)
		}
		if _, err := f.d.TakeGrant(ctx, first.Code, f.answerGrant(first.Code, "reviewer-1", "admin-1", f.p.Device, clock())); err != nil {
			t.Errorf("the answer: %v", err)
		}
	})
	t.Run("after three days ten more may wait", func(t *testing.T) {
		f.in("clerk-2", clerkPassword, clock().Add(73*time.Hour))
		f.many(10, false)
		full(t, false)
	})
}

func TestARequestBehindOthersOfItsOperatorSaysSo(t *testing.T) {
	f, _, a := askedFor(t)
	behind := func(t *testing.T, want bool) {
		t.Helper()
		all, err := f.d.Asks(t.Context())
		if err != nil || len(all) != 1 || all[0].Behind != want {
			t.Errorf("got %+v, %v; want behind %v", all, err, want)
		}
	}
	var ten []guard.Waiting
	for range guard.MaxOwn {
		ten = append(ten, counted(t, uuid.New(), "reviewer-1"))
	}
	t.Run("before a list came down it is behind nothing", func(t *testing.T) { behind(t, false) })
	t.Run("with nine on the list it is not", func(t *testing.T) {
		f.list(ten[1:]...)
		behind(t, false)
	})
	t.Run("with ten and not on it, it is", func(t *testing.T) {
		f.list(ten...)
		behind(t, true)
	})
	t.Run("ten of another say nothing", func(t *testing.T) {
		others := slices.Clone(ten)
		for i := range others {
			others[i].Operator = "clerk-2"
		}
		f.list(others...)
		behind(t, false)
	})
	t.Run("on the list it is not", func(t *testing.T) {
		own := ten[0]
		own.Device, own.Ask, own.Case = f.p.Device, digits(t, a.Code), a.Case
		f.list(append(slices.Clone(ten[1:]), own)...)
		behind(t, false)
	})
	t.Run("not on a full list it is", func(t *testing.T) {
		var full []guard.Waiting
		for range guard.MaxWaiting {
			full = append(full, counted(t, uuid.New(), "clerk-2"))
		}
		f.list(full...)
		behind(t, true)
	})
}

// digits are the bytes of a request's code in hexadecimal.
func digits(t *testing.T, code string) string {
	t.Helper()
	raw, err := seal.ParseSpoken(code, guard.AskSize)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(raw)
}

// counted is a request for any one case, from a laptop.
func counted(t *testing.T, device uuid.UUID, operator string) guard.Waiting {
	t.Helper()
	raw := must(t, guard.Ask{Nonce: [4]byte(device[:]), Fields: []string{guard.ImagesField}, Hours: 2, Count: 1})
	return guard.Waiting{Device: device, Operator: operator, Ask: hex.EncodeToString(raw), Reason: "家长来电核对", At: clock().UTC()}
}

// list sends a list of requests down, as the version after the one that is here.
func (f *field) list(all ...guard.Waiting) {
	f.t.Helper()
	content, err := guard.EncodeWaiting(all)
	if err != nil {
		f.t.Fatal(err)
	}
	at := clock()
	for _, h := range f.d.Store().Bulletins(bulletin.Asks) {
		at = time.UnixMilli(int64(h.Version) + 1)
	}
	f.send(bulletin.Bulletin{Kind: bulletin.Asks, Name: bulletin.AsksName, Issued: at.UTC(), Content: content})
}
