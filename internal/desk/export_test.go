package desk_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/release"
	"filippo.io/age"
	"github.com/google/uuid"
)

// recipient is who may open an export.
func recipient(t *testing.T) (*age.X25519Identity, *desk.Release) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id, &desk.Release{To: "某市学生资助管理中心", Key: id.Recipient().String()}
}

// unpacked is what the recipient finds in an export.
func unpacked(t *testing.T, path string, id *age.X25519Identity) (release.Manifest, map[string][]byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(b), id)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(plain), int64(len(plain)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if files[f.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
	var m release.Manifest
	if err := json.Unmarshal(files["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	return m, files
}

// exporter is a clerk with two signed cases, a third draft, and a data
// administrator who can approve at this laptop.
func exporter(t *testing.T) (f *field, cases []uuid.UUID) {
	t.Helper()
	f = newField(t)
	for range 2 {
		cases = append(cases, step(t)(f.d.Seal(t.Context(), signed(t, f.d, entered(t, f.d)).ID)).ID)
	}
	cases = append(cases, entered(t, f.d).ID)
	f.in("clerk-1", clerkPassword, clock())
	return f, cases
}

// leave is a grant to export, asked for and approved at the laptop.
func (f *field) leave(w desk.Wanted, to *desk.Release) guard.Grant {
	f.t.Helper()
	w.Export, w.Hours, w.Reason = true, 2, "核对学籍"
	a, err := f.d.AskGrant(f.t.Context(), w)
	if err != nil {
		f.t.Fatal(err)
	}
	g, err := f.d.ApproveAsk(f.t.Context(), a.Code, "admin-1", []byte(clerkPassword), to)
	if err != nil {
		f.t.Fatal(err)
	}
	return g
}

func TestAnExportHoldsWhatTheGrantNamesForItsRecipientAlone(t *testing.T) {
	f, cases := exporter(t)
	id, to := recipient(t)
	g := f.leave(desk.Wanted{Fields: []string{guard.ImagesField, "student.name"}, Count: 2}, to)
	if got, err := f.d.Releases(t.Context()); err != nil || len(got) != 1 || got[0].ID != g.ID || got[0].Release.To != to.To {
		t.Fatalf("releases: %+v, %v", got, err)
	}
	dir := t.TempDir()
	out, err := f.d.Export(t.Context(), g.ID, cases[:1], dir)
	if err != nil {
		t.Fatal(err)
	}
	if name := out.Path[len(dir)+1:]; !strings.HasPrefix(name, "export-"+g.ID) || strings.ContainsAny(name, "韦测") {
		t.Errorf("the file is called %s", name)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d files, %v", len(left), err)
	}
	m, files := unpacked(t, out.Path, id)
	if m.Count != 1 || out.Cases != 1 || m.Recipient != to.To || m.Purpose != "核对学籍" || m.Operator != "clerk-1" || m.By != "admin-1" || m.Cases[0].N != 1 {
		t.Errorf("manifest %+v", m)
	}
	if got := fmt.Sprint(m.Cases[0].Fields); got != "map[student.name:韦测𬎆]" {
		t.Errorf("fields: %s", got)
	}
	if out.Files != 2+6+1 || len(m.Cases[0].Files) != out.Files || strings.Join(m.Cases[0].Left, " ") != "ink/student ink/coborrower" || out.Left != 2 {
		t.Errorf("%d files, left %v", out.Files, m.Cases[0].Left)
	}
	text := reads(t, files["1/contract-1.pdf"], "-raw")
	for _, want := range []string{to.To, "核对学籍", "clerk-1", "第1/2件"} {
		if !strings.Contains(text, want) {
			t.Errorf("the contract's copy does not say %s", want)
		}
	}
	c, err := f.d.Case(t.Context(), cases[0])
	if err != nil {
		t.Fatal(err)
	}
	original, err := f.d.Blob(t.Context(), cases[0], c.Slot(loan.PortraitStudent)[0].Blob)
	if err != nil {
		t.Fatal(err)
	}
	if got := files["1/portrait-student-1.jpg"]; len(got) == 0 || bytes.Equal(got, original) {
		t.Error("the portrait is not there, or without its watermark")
	}
	ch, b := lastLook(t, f.d, loan.ChangeExport)
	if ch.Case != cases[0] || ch.Operator != "clerk-1" || b.Reason != "核对学籍" || len(b.Fields) != 2 ||
		b.Detail != "export 1 of 2, grant "+g.ID+" to "+to.Fingerprint()+" "+to.To {
		t.Errorf("the chain says %+v", b)
	}
	t.Run("until its number is used up", func(t *testing.T) {
		if _, err := f.d.Export(t.Context(), g.ID, cases[1:], dir); fault.KindOf(err) != fault.Denied {
			t.Errorf("two where one is left: %v", err)
		}
		f.now = f.now.Add(time.Second)
		out, err := f.d.Export(t.Context(), g.ID, cases[:1], dir)
		if err != nil {
			t.Fatalf("a second copy: %v", err)
		}
		if m, _ := unpacked(t, out.Path, id); m.Cases[0].N != 2 {
			t.Errorf("it is number %d", m.Cases[0].N)
		}
		f.now = f.now.Add(time.Second)
		_, err = f.d.Export(t.Context(), g.ID, cases[:1], dir)
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "用完") {
			t.Errorf("a third: got %v", err)
		}
		if _, b := lastLook(t, f.d, loan.ChangeExport); b.Detail != "export refused, grant "+g.ID || b.Reason == "" {
			t.Errorf("the chain says %q of the refusal", b.Detail)
		}
	})
}

func TestAConsentThatWasTakenBackStopsTheExport(t *testing.T) {
	f, cases := exporter(t)
	_, to := recipient(t)
	many := f.leave(desk.Wanted{Fields: []string{guard.ImagesField}, Count: 5}, to)
	dir := t.TempDir()
	step(t)(f.d.Withdraw(t.Context(), cases[1], loan.StudentParty, loan.ConsentSensitive))
	head, _ := f.d.Store().Head()
	_, err := f.d.Export(t.Context(), many.ID, cases[:2], dir)
	if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "撤回") {
		t.Errorf("got %v: %s", err, fault.Sentence(err))
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%d files were written", len(left))
	}
	if now, _ := f.d.Store().Head(); now == head {
		t.Error("the refusal is not in the chain")
	}
	if got, err := f.d.Export(t.Context(), many.ID, cases[:1], dir); err != nil || got.Cases != 1 {
		t.Errorf("the other: got %+v, %v", got, err)
	}
	step(t)(f.d.Void(t.Context(), cases[0], "学生不再申请"))
	if _, err := f.d.Export(t.Context(), many.ID, cases[:1], dir); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "作废") {
		t.Errorf("a void case: got %v: %s", err, fault.Sentence(err))
	}
}

func TestWhatIsNotExported(t *testing.T) {
	f, cases := exporter(t)
	_, to := recipient(t)
	images := []string{guard.ImagesField}
	named := f.leave(desk.Wanted{Fields: images, Case: cases[0]}, to)
	many := f.leave(desk.Wanted{Fields: images, Count: 5}, to)
	look, err := f.d.AskGrant(t.Context(), desk.Wanted{Fields: images, Count: 5, Hours: 2, Reason: "核对投诉"})
	if err != nil {
		t.Fatal(err)
	}
	seen, err := f.d.ApproveAsk(t.Context(), look.Code, "admin-1", []byte(clerkPassword), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := f.d.Export(t.Context(), named.ID, cases[:1], dir); err != nil {
		t.Fatal(err)
	}
	head, _ := f.d.Store().Head()
	for name, k := range map[string]struct {
		grant string
		cases []uuid.UUID
		dir   string
		kind  fault.Kind
		says  string
	}{
		"without a grant":                    {"", cases[:1], dir, fault.Denied, "没有这份导出授权"},
		"by a grant to look":                 {seen.ID, cases[:1], dir, fault.Denied, "不是本机导出用的"},
		"a case that the grant names not":    {named.ID, cases[1:2], dir, fault.Denied, "不包括所选的案件"},
		"a named case twice":                 {named.ID, cases[:1], dir, fault.Denied, "已按这份授权导出过"},
		"one case two times in one":          {many.ID, []uuid.UUID{cases[0], cases[0]}, dir, fault.Denied, "选了两次"},
		"nothing":                            {many.ID, nil, dir, fault.Denied, "选定"},
		"a case that is not here":            {many.ID, []uuid.UUID{uuid.New()}, dir, fault.Missing, ""},
		"a folder that is not there":         {many.ID, cases[:1], dir + "/none", fault.Disk, "文件夹"},
		"the grant's id in other characters": {strings.ToUpper(many.ID), cases[:1], dir, fault.Denied, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.d.Export(t.Context(), k.grant, k.cases, k.dir)
			if fault.KindOf(err) != k.kind || !strings.Contains(fault.Sentence(err), k.says) {
				t.Errorf("got %v: %s", err, fault.Sentence(err))
			}
		})
	}
	if after, _ := f.d.Store().Head(); after == head {
		t.Error("no refusal is in the chain")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%d files, %v", len(left), err)
	}
	if got, err := f.d.Releases(t.Context()); err != nil || len(got) != 2 || len(got[0].Used)+len(got[1].Used) != 1 {
		t.Errorf("what failed was counted: %+v, %v", got, err)
	}
	t.Run("an export's grant shows nothing", func(t *testing.T) {
		f.in("reviewer-1", reviewPassword, clock())
		own := f.leave(desk.Wanted{Fields: images, Case: cases[0]}, to)
		if own.Operator != "reviewer-1" {
			t.Fatal(own.Operator)
		}
		if err := f.d.Reveal(t.Context(), cases[0], images, "核对家长投诉"); fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v", err)
		}
		if _, err := f.d.Export(t.Context(), many.ID, cases[:1], dir); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "没有这份") {
			t.Errorf("another's grant: %v", err)
		}
	})
}

// slip is a key with its last character misread.
func slip(key string) string {
	if strings.HasSuffix(key, "q") {
		return key[:len(key)-1] + "p"
	}
	return key[:len(key)-1] + "q"
}

func TestARecipientIsNamedByTheAdministratorForAnExportAlone(t *testing.T) {
	f, cases := exporter(t)
	_, to := recipient(t)
	a, err := f.d.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Case: cases[0], Hours: 2, Reason: "核对投诉", Export: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("it is noted, and does not go up to be answered as a wish to look", func(t *testing.T) {
		if ch, b := lastLook(t, f.d, loan.ChangeView); ch.Case != cases[0] || b.Detail != "export asked" || guard.WordOf(b.Detail) != (guard.Word{}) {
			t.Errorf("noted of case %s: %q", ch.Case, b.Detail)
		}
	})
	for name, bad := range map[string]*desk.Release{"nobody": nil, "no name": {Key: to.Key}, "no key": {To: "某单位"},
		"a key with a slip": {To: "某单位", Key: slip(to.Key)}, "a name of two lines": {To: "某\n单位", Key: to.Key}} {
		t.Run(name, func(t *testing.T) {
			if _, err := f.d.ApproveAsk(t.Context(), a.Code, "admin-1", []byte(clerkPassword), bad); fault.KindOf(err) != fault.Input {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("nor by a code while it names nobody", func(t *testing.T) {
		_, err := f.d.TakeGrant(t.Context(), a.Code, f.answerGrant(a.Code, "clerk-1", "admin-1", f.p.Device, clock()))
		if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "打电话批准") {
			t.Errorf("got %v", err)
		}
	})
	if got, err := f.d.Releases(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("a grant came of it: %+v, %v", got, err)
	}
}

func TestACaseWhoseConsentsDoNotStandIsNotExported(t *testing.T) {
	f, cases := exporter(t)
	_, to := recipient(t)
	g := f.leave(desk.Wanted{Fields: []string{"student.name"}, Count: 5}, to)
	ctx, must := t.Context(), step(t)
	refused := func(t *testing.T, id uuid.UUID) {
		t.Helper()
		if _, err := f.d.Export(ctx, g.ID, []uuid.UUID{id}, t.TempDir()); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "同意") {
			t.Errorf("got %v: %s", err, fault.Sentence(err))
		}
	}
	for _, purpose := range []string{loan.ConsentCredit, loan.ConsentSensitive} {
		t.Run("the co-borrower's is taken back: "+purpose, func(t *testing.T) {
			c := entered(t, f.d)
			if _, err := f.d.Export(ctx, g.ID, []uuid.UUID{c.ID}, t.TempDir()); err != nil {
				t.Fatalf("before: %v", err)
			}
			must(f.d.Withdraw(ctx, c.ID, loan.CoborrowerParty, purpose))
			refused(t, c.ID)
		})
	}
	t.Run("none was ever given", func(t *testing.T) { refused(t, must(f.d.NewCase(ctx, loan.First, false)).ID) })
	t.Run("the text asks for one to sharing, and there is none", func(t *testing.T) {
		c := must(f.d.NewCase(ctx, loan.First, false))
		for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
			must(f.d.Consent(ctx, c.ID, p, loan.ConsentSensitive, sensitiveText, true))
			must(f.d.Consent(ctx, c.ID, p, loan.ConsentCredit, creditText, true))
		}
		refused(t, c.ID)
	})
	t.Run("taken back here while another laptop has the case", func(t *testing.T) {
		c := entered(t, f.d)
		must(f.d.PassOn(ctx, c.ID, uuid.Must(uuid.NewV7()), "B", loan.EntryStation))
		must(f.d.Withdraw(ctx, c.ID, loan.StudentParty, loan.ConsentCredit))
		refused(t, c.ID)
	})
	t.Run("taken back once the case is void", func(t *testing.T) {
		id := cases[0]
		if _, err := f.d.Export(ctx, g.ID, []uuid.UUID{id}, t.TempDir()); err != nil {
			t.Fatalf("before: %v", err)
		}
		must(f.d.Void(ctx, id, "重复受理"))
		c := must(f.d.Withdraw(ctx, id, loan.StudentParty, loan.ConsentCredit))
		if c.Status != loan.Void || len(c.TakenBack()) != 1 {
			t.Errorf("%s, taken back %+v", c.Status.Label(), c.TakenBack())
		}
		refused(t, id)
	})
}

func TestALoopOfRefusedExportsDoesNotFillTheChain(t *testing.T) {
	f, cases := exporter(t)
	from, _ := f.d.Store().Head()
	for range 30 {
		if _, err := f.d.Export(t.Context(), "", cases, t.TempDir()); fault.KindOf(err) != fault.Denied {
			t.Fatal(err)
		}
	}
	one := "clerk-1 export export refused"
	if got := refusalsIn(t, f.d, from); len(got) != len(cases) || got[0] != one {
		t.Errorf("30 calls of %d cases: the chain says %q, want each case once", len(cases), got)
	}
	f.in("admin-1", clerkPassword, f.now)
	if got := refusalsIn(t, f.d, from); len(got) != 2*len(cases) || got[len(got)-1] != one+"; 29 times more" {
		t.Errorf("after signing out the chain says %q", got)
	}
	r, err := f.d.Record(t.Context(), desk.Sought{})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range r.Odd {
		if o.Kind == desk.OddRefused && o.Operator == "clerk-1" && o.Count == 30*len(cases) {
			return
		}
	}
	t.Errorf("the auditor is told %+v", r.Odd)
}
