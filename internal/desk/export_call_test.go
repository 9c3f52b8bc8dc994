package desk_test

import (
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

// answerExport is what a data administrator at the centre answers to a request to
// export that was read out.
func (f *field) answerExport(code string, said desk.ExportTo, operator, by string, device uuid.UUID, at time.Time) string {
	f.t.Helper()
	b, err := seal.ParseSpoken(code, guard.ExportAskSize)
	if err != nil {
		f.t.Fatal(err)
	}
	a, err := guard.ParseExportAsk(b)
	if err != nil {
		f.t.Fatal(err)
	}
	p := guard.ExportPlea{Plea: guard.Plea{Device: guard.TagOf(device), Operator: operator, Ask: a.Ask}, Print: a.Print, Said: said}
	m, err := p.Message(by, guard.DayOf(at))
	if err != nil {
		f.t.Fatal(err)
	}
	k, err := f.centre.Agree(f.p.Signer.Public(), guard.GrantLabel)
	if err != nil {
		f.t.Fatal(err)
	}
	return seal.Spoken(k.Answer(m))
}

// toExport is a request of clerk-1 to export two cases.
func toExport(t *testing.T, f *field) desk.Asked {
	t.Helper()
	a, err := f.d.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Count: 2, Hours: 2, Reason: "市中心抽查合同", Export: true})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (f *field) calls(a desk.Asked, to *desk.Release) desk.ExportCall {
	f.t.Helper()
	c, err := f.d.CallExport(f.t.Context(), a.Code, *to)
	if err != nil {
		f.t.Fatal(err)
	}
	return c
}

func TestAnExportIsApprovedByTelephone(t *testing.T) {
	f, cases := exporter(t)
	ctx := t.Context()
	id, to := recipient(t)
	_, stranger := recipient(t)
	a := toExport(t, f)
	said := desk.ExportTo{To: to.To, Purpose: a.Reason}
	earlier := f.calls(a, stranger)
	call := f.calls(a, to)
	if _, b := lastLook(t, f.d, loan.ChangeView); !strings.Contains(b.Detail, to.Fingerprint()) || b.Reason != a.Reason {
		t.Errorf("the chain says %+v of what was asked for", b)
	}
	if r, t2, ok := desk.ScannedExport(call.Scan); !ok || t2 != said || r.Operator != "clerk-1" || r.Code != strings.ReplaceAll(call.Code, " ", "") {
		t.Errorf("the QR code says %+v, %+v, %v", r, t2, ok)
	}
	good := f.answerExport(call.Code, said, "clerk-1", "admin-1", f.p.Device, clock())
	other := said
	other.Purpose = "自用"
	for name, k := range map[string]struct {
		answer string
		kind   fault.Kind
	}{
		"a slip of the pen":                      {"12", fault.Input},
		"a guess":                                {seal.Spoken([]byte("guessguess")), fault.Untrusted},
		"an answer to another operator":          {f.answerExport(call.Code, said, "clerk-2", "admin-1", f.p.Device, clock()), fault.Untrusted},
		"an answer to another laptop":            {f.answerExport(call.Code, said, "clerk-1", "admin-1", uuid.New(), clock()), fault.Untrusted},
		"an answer by a clerk":                   {f.answerExport(call.Code, said, "clerk-1", "clerk-2", f.p.Device, clock()), fault.Untrusted},
		"an answer of three days ago":            {f.answerExport(call.Code, said, "clerk-1", "admin-1", f.p.Device, clock().AddDate(0, 0, -3)), fault.Untrusted},
		"an answer for another recipient":        {f.answerExport(earlier.Code, said, "clerk-1", "admin-1", f.p.Device, clock()), fault.Untrusted},
		"an answer for another purpose":          {f.answerExport(call.Code, other, "clerk-1", "admin-1", f.p.Device, clock()), fault.Untrusted},
		"an answer to the request as one to see": {f.answerGrant(a.Code, "clerk-1", "admin-1", f.p.Device, clock()), fault.Untrusted},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.d.TakeGrant(ctx, a.Code, k.answer); fault.KindOf(err) != k.kind {
				t.Errorf("got %v, want %v", err, k.kind)
			}
		})
	}
	if _, b := lastLook(t, f.d, loan.ChangeView); !strings.HasPrefix(b.Detail, "grant refused") {
		t.Errorf("the chain says %q of what was refused", b.Detail)
	}
	g, err := f.d.TakeGrant(ctx, a.Code, good)
	if err != nil {
		t.Fatal(err)
	}
	if g.By != "admin-1" || g.Release == nil || *g.Release != *to || g.Count != 2 || g.Device != f.d.Device() || g.Until.Sub(g.From) != 2*time.Hour {
		t.Errorf("granted %+v", g)
	}
	if _, b := lastLook(t, f.d, loan.ChangeView); !strings.Contains(b.Detail, g.ID) || !strings.Contains(b.Detail, to.Fingerprint()) {
		t.Errorf("the chain says %q", b.Detail)
	}
	t.Run("serves once", func(t *testing.T) {
		if _, err := f.d.TakeGrant(ctx, a.Code, good); fault.KindOf(err) != fault.Missing {
			t.Errorf("again: got %v", err)
		}
		if _, b := lastLook(t, f.d, loan.ChangeView); b.Detail != "grant refused: no such request" {
			t.Errorf("the chain says %q", b.Detail)
		}
	})
	t.Run("shows nothing, and exports to that recipient alone", func(t *testing.T) {
		out, err := f.d.Export(ctx, g.ID, cases[:1], t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if m, _ := unpacked(t, out.Path, id); m.Recipient != to.To || m.Count != 1 || m.By != "admin-1" {
			t.Errorf("manifest %+v", m)
		}
	})
	t.Run("until its time is over", func(t *testing.T) {
		f.now = f.now.Add(2 * time.Hour)
		if _, err := f.d.Export(ctx, g.ID, cases[1:2], t.TempDir()); !strings.Contains(fault.Sentence(err), "过期") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("or the county takes back what it never sent down", func(t *testing.T) {
		f.now = clock()
		a := toExport(t, f)
		call := f.calls(a, to)
		g, err := f.d.TakeGrant(ctx, a.Code, f.answerExport(call.Code, said, "clerk-1", "admin-1", f.p.Device, clock()))
		if err != nil {
			t.Fatal(err)
		}
		b := bulletin.Bulletin{County: "522727", Kind: bulletin.Grant, Name: g.ID, Version: uint64(clock().UnixMilli()), Issued: clock().UTC(), Withdrawn: true}
		raw, err := b.Sign(f.centre)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.d.TakeFile(ctx, raw); err != nil {
			t.Fatal(err)
		}
		if _, err := f.d.Export(ctx, g.ID, cases[:1], t.TempDir()); !strings.Contains(fault.Sentence(err), "撤销") {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnotherLaptopApprovesAnExportItHeardOf(t *testing.T) {
	f, _ := exporter(t)
	ctx := t.Context()
	_, to := recipient(t)
	a := toExport(t, f)
	call := f.calls(a, to)
	id := f.d.Device().String()[28:]
	f.in("admin-1", clerkPassword, clock())
	ask, _, err := f.d.ReadExport(id, call.Code)
	if err != nil || ask.Fingerprint() != to.Fingerprint() || ask.Count != 2 || ask.Hours != 2 || len(ask.Fields) != 1 {
		t.Fatalf("heard %+v, %v", ask, err)
	}
	heard := desk.ExportTo{To: "某市 学生资助管理中心。", Purpose: "市中心抽查合同"} // as a person types it
	for name, k := range map[string]struct {
		said   desk.ExportTo
		who    string
		reason string
		kind   fault.Kind
	}{
		"another recipient": {desk.ExportTo{To: "某公司", Purpose: heard.Purpose}, "clerk-1", "核对是本人", fault.Input},
		"another purpose":   {desk.ExportTo{To: heard.To, Purpose: "自用"}, "clerk-1", "核对是本人", fault.Input},
		"no reason":         {heard, "clerk-1", "", fault.Input},
		"nobody":            {heard, "nobody", "核对是本人", fault.Missing},
		"his own":           {heard, "admin-1", "核对是本人", fault.Denied},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.d.AnswerExport(ctx, id, k.who, call.Code, k.said, k.reason); fault.KindOf(err) != k.kind {
				t.Errorf("got %v", err)
			}
		})
	}
	answer, err := f.d.AnswerExport(ctx, id, "clerk-1", call.Code, heard, "核对是本人")
	if err != nil {
		t.Fatal(err)
	}
	if _, b := lastLook(t, f.d, loan.ChangeView); !strings.HasPrefix(b.Detail, "export answered for clerk-1") || !strings.Contains(b.Detail, to.Fingerprint()) || !strings.Contains(b.Detail, heard.Purpose) {
		t.Errorf("the chain of who approved says %q", b.Detail)
	}
	f.in("clerk-2", clerkPassword, clock())
	if _, err := f.d.CallExport(ctx, a.Code, *to); fault.KindOf(err) != fault.Denied {
		t.Errorf("another calls for it: got %v", err)
	}
	if _, err := f.d.TakeGrant(ctx, a.Code, answer); fault.KindOf(err) != fault.Denied {
		t.Errorf("another takes it: got %v", err)
	}
	f.in("clerk-1", clerkPassword, clock())
	if g, err := f.d.TakeGrant(ctx, a.Code, desk.AnswerScan(answer)); err != nil || g.Release == nil || g.Release.Key != to.Key {
		t.Errorf("got %+v, %v", g, err)
	}
}
