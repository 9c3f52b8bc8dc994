package desk_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"testing"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

const (
	clerkPassword  = "correct horse 1"
	reviewPassword = "correct horse 2"
)

func clock() time.Time { return time.Date(2023, 8, 5, 10, 0, 0, 0, time.FixedZone("", 8*3600)) }

func clerk() guard.Operator {
	return guard.Operator{ID: "clerk-1", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
}

func reviewer() guard.Operator {
	return guard.Operator{ID: "reviewer-1", Name: "练习复核员", Roles: []guard.Role{guard.Reviewer}, Enabled: true}
}

// laptop is an enrolled laptop with a clerk signed in and a reviewer enabled.
func laptop(t testing.TB, dir string) *desk.Desk {
	t.Helper()
	return laptopOf(t, dir, profile(t))
}

func laptopOf(t testing.TB, dir string, p store.Profile) *desk.Desk {
	t.Helper()
	ctx := context.Background()
	door, err := desk.OpenDoor(ctx, store.Options{Dir: dir, Cost: seal.CheapCost(), Now: clock}, tools(t))
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.Settle(ctx, desk.Enrolment{Profile: p, Roster: []desk.Operator{clerk(), reviewer()}}, clerk(), []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Store().EnableOperator(ctx, reviewer(), []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	return d
}

func tools(t testing.TB) desk.Tools {
	t.Helper()
	rules, err := rulebook.Load()
	if err != nil {
		t.Fatal(err)
	}
	press, err := contract.NewPress()
	if err != nil {
		t.Fatal(err)
	}
	return desk.Tools{Rules: rules, Press: press, Now: clock}
}

func profile(t testing.TB) store.Profile {
	t.Helper()
	ca, err := seal.NewAuthority("练习中心", 24*time.Hour*365, clock())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	id := uuid.New()
	der, err := ca.Issue(signer.Crypto().Public(), seal.Device, id.String(), nil, 24*time.Hour*300, clock())
	if err != nil {
		t.Fatal(err)
	}
	return store.Profile{Device: id, Signer: signer, CertDER: der, CADER: ca.Cert().Raw, Server: "https://127.0.0.1:1",
		County: "522727", CountyName: "平塘县", Point: "测试乡受理点", PointType: "乡镇受理点",
		CountyKey: seal.NewKey(), Centre: ca.Signer().Public(), Practice: true}
}

func picture(t testing.TB, w, h int, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = shade + uint8(i%7)
	}
	img.SetGray(1, 1, color.Gray{Y: 255})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// family is what a family tells: every field of a sound first loan.
func family() map[string]any {
	return map[string]any{
		"student.name": "韦测𬎆", "student.id_no": "522727200503149914", "student.birth": "2005-03-14", "student.sex": "男",
		"student.ethnic": "布依族", "student.hukou_code": "522727", "student.id_valid_to": "2033-05-01",
		"student.phone": "15400000001", "student.address": "测试乡示例村一组001号附一",
		"coborrowers.0.name": "韦测乙", "coborrowers.0.id_no": "52272719781102991X", "coborrowers.0.birth": "1978-11-02",
		"coborrowers.0.sex": "男", "coborrowers.0.ethnic": "布依族", "coborrowers.0.hukou_code": "522727",
		"coborrowers.0.id_valid_to": "长期", "coborrowers.0.phone": "15400000002",
		"coborrowers.0.address": "测试乡示例村一组001号附一", "coborrowers.0.relation": "父",
		"study.school_name": "贵州大学", "study.school_code": "4152010657", "study.level": "本科", "study.years": 4,
		"study.entry_year": 2023, "study.tuition": 4670, "study.dorm": 1200, "study.major": "测试专业",
		"loan.amount": 5800, "loan.maturity_year": 2042,
	}
}

// step is one act on a case; it fails the test.
func step(t testing.TB) func(*loan.Case, error) *loan.Case {
	return func(c *loan.Case, err error) *loan.Case {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
}

// The texts that consents are given to now.
const sensitiveText, creditText, shareText = "consent-sensitive-2026-12+share", "consent-credit-2026-01", "consent-share-2026-12"

// consents gives all that a party is asked for.
func consents(t testing.TB, d *desk.Desk, id uuid.UUID, p loan.Party) (c *loan.Case) {
	t.Helper()
	texts := []string{sensitiveText, creditText, shareText}
	for i, purpose := range loan.Purposes() {
		c = step(t)(d.Consent(context.Background(), id, p, purpose, texts[i], true))
	}
	return c
}

// entered is a case with everything entered, ready to be submitted.
func entered(t testing.TB, d *desk.Desk) *loan.Case {
	t.Helper()
	return entersWith(t, d, step(t)(d.NewCase(context.Background(), loan.First, false)), family())
}

// entersWith enters fields of a new case, and all else that a sound first loan has.
func entersWith(t testing.TB, d *desk.Desk, c *loan.Case, fields map[string]any) *loan.Case {
	t.Helper()
	ctx, must := context.Background(), step(t)
	c = must(d.Edit(ctx, c.ID, fields))
	for i, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c = must(d.Attach(ctx, c.ID, loan.Slot("portrait/"+string(p)), picture(t, 358, 441, uint8(40*i)), "image/jpeg", "camera"))
		c = must(d.Attest(ctx, c.ID, p))
		c = consents(t, d, c.ID, p)
	}
	for i, doc := range []loan.Doc{loan.StudentIDCard, loan.CoborrowerIDCard, loan.HukouBook, loan.ApplicationForm, loan.AdmissionLetter, loan.HardshipForm} {
		c = must(d.Attach(ctx, c.ID, loan.DocSlot(doc), picture(t, 400+i, 300, 90), "image/jpeg", "file"))
	}
	return c
}

func strokes() []desk.Stroke {
	return []desk.Stroke{{Points: []desk.Point{{X: .1, Y: .5}, {X: .4, Y: .3, T: 60}, {X: .8, Y: .6, T: 140}}}}
}

func TestACaseGoesFromCounterToOutbox(t *testing.T) {
	for _, suite := range seal.Suites() {
		t.Run("on a laptop of "+suite.String(), func(t *testing.T) {
			p := profile(t)
			chain, err := seal.NewSignerOf(suite)
			if err != nil {
				t.Fatal(err)
			}
			p.Chain, p.CountyKey = chain, seal.NewKeyOf(suite)
			fromCounterToOutbox(t, laptopOf(t, t.TempDir(), p))
		})
	}
}

func fromCounterToOutbox(t *testing.T, d *desk.Desk) {
	ctx, must := context.Background(), step(t)
	defer d.Close()
	c := entered(t, d)
	if got := d.CheckEntry(c); got.Verdict != loan.AcceptVerdict {
		t.Fatalf("verdict: got %s %v, want accept", got.Verdict, got.Codes())
	}
	c = must(d.Submit(ctx, c.ID))
	c = must(d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	pdf, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	again, _, err := d.PrepareContract(ctx, c.ID)
	if err != nil || !bytes.Equal(pdf, again) {
		t.Fatalf("filled again: got another file or %v, want the same", err)
	}
	c = heard(t, d, c)
	c = must(d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	c = must(d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
	c = must(d.Seal(ctx, c.ID))
	c = must(d.Finish(ctx, c.ID))
	if c.Status != loan.Queued {
		t.Errorf("status: got %s, want %s", c.Status, loan.Queued)
	}
	if got, want := len(c.Finish.Blobs), 2+6+2+1; got != want {
		t.Errorf("blobs of the finished case: got %d, want %d", got, want)
	}
	sealed, err := d.SealedContract(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	r := contract.Verify(sealed, contract.VerifyOptions{CA: d.Authority()})
	if !r.OK {
		t.Errorf("sealed contract: got %v, want sound", r.Lines())
	}
	if _, err := d.Receipt(ctx, c.ID); err != nil {
		t.Errorf("receipt: %v", err)
	}
	if err := d.Store().VerifyChain(ctx); err != nil {
		t.Errorf("chain: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	ctx, must := context.Background(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	t.Run("a case with a missing field is not submitted", func(t *testing.T) {
		must(d.Edit(ctx, c.ID, map[string]any{"study.major": ""}))
		if _, err := d.Submit(ctx, c.ID); fault.KindOf(err) != fault.Input {
			t.Errorf("got %v, want input", err)
		}
		must(d.Edit(ctx, c.ID, map[string]any{"study.major": "测试专业"}))
	})
	t.Run("a case that the rules reject is not submitted", func(t *testing.T) {
		must(d.Edit(ctx, c.ID, map[string]any{"loan.amount": 950}))
		if _, err := d.Submit(ctx, c.ID); fault.KindOf(err) != fault.Input {
			t.Errorf("got %v, want input", err)
		}
		must(d.Edit(ctx, c.ID, map[string]any{"loan.amount": 5800}))
	})
	must(d.Submit(ctx, c.ID))
	t.Run("the clerk who entered it cannot review", func(t *testing.T) {
		if _, err := d.Review(ctx, c.ID, "clerk-1", []byte(clerkPassword), true, ""); fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v, want denied", err)
		}
	})
	t.Run("a wrong password reviews nothing", func(t *testing.T) {
		if _, err := d.Review(ctx, c.ID, "reviewer-1", []byte("wrong password"), true, ""); fault.KindOf(err) != fault.Password {
			t.Errorf("got %v, want password", err)
		}
	})
	t.Run("sending back needs a note", func(t *testing.T) {
		if _, err := d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), false, ""); fault.KindOf(err) != fault.Input {
			t.Errorf("got %v, want input", err)
		}
	})
	t.Run("a proxy may not sign a first loan", func(t *testing.T) {
		must(d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
		if _, _, err := d.PrepareContract(ctx, c.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Sign(ctx, c.ID, loan.CoborrowerParty, loan.ByProxy, "代签人", strokes()); fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v, want denied", err)
		}
	})
	t.Run("no ink is no signature", func(t *testing.T) {
		if _, err := d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", nil); fault.KindOf(err) != fault.Input {
			t.Errorf("got %v, want input", err)
		}
	})
	t.Run("one signature does not seal", func(t *testing.T) {
		heard(t, d, must(d.Case(ctx, c.ID)))
		must(d.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", strokes(), ticks(t, d, c)...))
		if _, err := d.Seal(ctx, c.ID); fault.KindOf(err) != fault.Input {
			t.Errorf("got %v, want input", err)
		}
	})
}

func TestAnotherOperatorTakesTheDesk(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	d := laptop(t, dir)
	c := entered(t, d)
	if _, err := d.Submit(ctx, c.ID); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoor(ctx, store.Options{Dir: dir, Now: clock}, tools(t))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := door.SignIn(ctx, "reviewer-1", []byte(clerkPassword)); fault.KindOf(err) != fault.Password {
		t.Fatalf("another's password: got %v, want password", err)
	}
	r, err := door.SignIn(ctx, "reviewer-1", []byte(reviewPassword))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := r.Find("weice", 0); len(got) != 1 || got[0].ID != c.ID || got[0].Name != "韦*𬎆" {
		t.Errorf("found: got %d rows, want the case, masked", len(got))
	}
	if _, err := r.Edit(ctx, c.ID, map[string]any{"loan.amount": 1000}); fault.KindOf(err) != fault.Denied {
		t.Errorf("a reviewer's edit: got %v, want denied", err)
	}
}

func TestWhoAttestedAndWhatWasReadIsKept(t *testing.T) {
	ctx, must := context.Background(), step(t)
	d := laptop(t, t.TempDir())
	defer d.Close()
	c := entered(t, d)
	if a := c.Attests[loan.StudentParty]; a.By != "clerk-1" || !a.At.Equal(clock()) {
		t.Errorf("attestation: got %+v, want the clerk's, now", a)
	}
	c = must(d.Attach(ctx, c.ID, loan.PortraitStudent, picture(t, 358, 441, 200), "image/jpeg", "camera"))
	if _, ok := c.Attests[loan.StudentParty]; ok || c.Attested[loan.StudentParty] {
		t.Error("after another portrait: got the old attestation, want none")
	}
	must(d.Attest(ctx, c.ID, loan.StudentParty))
	must(d.Submit(ctx, c.ID))
	must(d.Review(ctx, c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	_, c, err := d.PrepareContract(ctx, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	c = must(d.Read(ctx, c.ID, c.Contract.Blob, loan.StudentParty, []int{100}, "integrity-2026-01", "antifraud-2026-01"))
	if got := c.Contract.Readings[loan.StudentParty].Texts; len(got) != 2 || got[0] != "integrity-2026-01" {
		t.Errorf("texts read: got %v, want both", got)
	}
}
