package central

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/release"
	"filippo.io/age"
	"github.com/google/uuid"
)

// guarded is a centre of real people with two cases of a picture each, and who
// may ask and approve.
func guarded(t *testing.T) (c *Central, cases []uuid.UUID, device uuid.UUID) {
	t.Helper()
	c = open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	for i := range 2 {
		img := image.NewGray(image.Rect(0, 0, 200+i, 300))
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, nil); err != nil {
			t.Fatal(err)
		}
		id, blobs := l.finishedAfter(func(id uuid.UUID) { l.consents(id, loan.ConsentSensitive, loan.ConsentCredit) }, b.Bytes())
		l.arrive(blobs)
		cases = append(cases, id)
	}
	ofRealPeople(t, c)
	return c, cases, l.enrol.Device
}

// consents are the student's, to some purposes.
func (l *laptop) consents(id uuid.UUID, purposes ...string) {
	for _, p := range purposes {
		l.change(id, loan.ChangeConsent, loan.ConsentBody{Party: loan.StudentParty, Purpose: p, Text: p + "/1", Given: true})
	}
}

func TestACaseWithoutItsConsentsIsNotExported(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	cases := map[string]uuid.UUID{}
	for name, purposes := range map[string][]string{"none": nil, "not to the credit enquiry": {loan.ConsentSensitive}, "not to sensitive data": {loan.ConsentCredit},
		"all, and one taken back": {loan.ConsentSensitive, loan.ConsentCredit}, "all": {loan.ConsentSensitive, loan.ConsentCredit}} {
		id, blobs := l.finishedAfter(func(id uuid.UUID) { l.consents(id, purposes...) }, content(name, 10_000))
		if name == "all, and one taken back" {
			l.change(id, loan.ChangeConsent, loan.ConsentBody{Party: loan.StudentParty, Purpose: loan.ConsentCredit, Text: "credit/1"})
		}
		l.arrive(blobs)
		cases[name] = id
	}
	ofRealPeople(t, c)
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	now := c.now().UTC().Truncate(time.Second)
	g, _, err := c.NewGrant(t.Context(), guard.Grant{Operator: "clerk-9", By: "admin-9", Fields: []string{"student.name"}, Count: 10, Reason: "核对学籍",
		From: now.Add(-time.Minute), Until: now.Add(time.Hour), Release: &guard.Release{To: "某分行", Key: id.Recipient().String(), Centre: true}})
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range cases {
		_, err := c.Release(t.Context(), g.ID, "clerk-9", []uuid.UUID{id}, t.TempDir())
		if (err == nil) != (name == "all") || err != nil && fault.KindOf(err) != fault.Denied {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestAVoidCaseIsNotExportedFromHere is of a counted grant, which names no case.
func TestAVoidCaseIsNotExportedFromHere(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	var cases []uuid.UUID
	for _, paper := range []string{"void", "alive"} {
		id, blobs := l.finishedAfter(func(id uuid.UUID) { l.consents(id, loan.ConsentSensitive, loan.ConsentCredit) }, content(paper, 10_000))
		l.arrive(blobs)
		cases = append(cases, id)
	}
	l.send([]*loan.Change{l.change(cases[0], loan.ChangeVoid, loan.ReasonBody{Reason: "本人不办了"})})
	ofRealPeople(t, c)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	now := c.now().UTC().Truncate(time.Second)
	g, _, err := c.NewGrant(t.Context(), guard.Grant{Operator: "clerk-9", By: "admin-9", Fields: []string{"student.name"}, Count: 10, Reason: "核对学籍",
		From: now.Add(-time.Minute), Until: now.Add(time.Hour), Release: &guard.Release{To: "某分行", Key: key.Recipient().String(), Centre: true}})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := c.Release(t.Context(), g.ID, "clerk-9", cases, dir); fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), "it is void") {
		t.Errorf("with a void one: got %v", err)
	}
	left, err := os.ReadDir(dir)
	if list, e := c.Releases(t.Context()); e != nil || err != nil || len(list) > 0 || len(left) > 0 {
		t.Errorf("counted %+v, %v; left %v, %v", list, e, left, err)
	}
	if h, err := c.Release(t.Context(), g.ID, "clerk-9", cases[1:], dir); err != nil || h.Cases != 1 {
		t.Errorf("without it: %+v, %v", h, err)
	}
}

// ofRealPeople makes a centre for practice one of real people, with who may ask
// and approve.
func ofRealPeople(t *testing.T, c *Central) {
	t.Helper()
	for _, o := range []Operator{{ID: "clerk-9", Name: "某操作员", Roles: []string{"clerk"}}, {ID: "admin-9", Name: "某管理员", Roles: []string{"dataadmin"}}} {
		if err := c.AddOperator(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.db.ExecContext(t.Context(), `UPDATE counties SET practice = 0`); err != nil {
		t.Fatal(err)
	}
}

func TestASealedContractGoesToANamedRecipientAlone(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	c := open(t, t.TempDir())
	_, id, sealed := contracted(t, c)
	ofRealPeople(t, c)
	if _, err := c.Contract(ctx, id, ContractOptions{}); fault.KindOf(err) != fault.Denied {
		t.Fatalf("in clear: got %v", err)
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	now := c.now().UTC().Truncate(time.Second)
	leave := func(field string) string {
		t.Helper()
		g, _, err := c.NewGrant(ctx, guard.Grant{Operator: "clerk-9", By: "admin-9", Fields: []string{field}, Cases: []uuid.UUID{id}, Reason: "送交银行",
			From: now.Add(-time.Minute), Until: now.Add(time.Hour), Release: &guard.Release{To: "某分行", Key: key.Recipient().String(), Centre: true}})
		if err != nil {
			t.Fatal(err)
		}
		return g.ID
	}
	if _, err := c.ReleaseContract(ctx, leave("student.name"), "clerk-9", id, ContractOptions{}, dir); fault.KindOf(err) != fault.Denied {
		t.Errorf("by a grant for names: got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Fatalf("left of it: %v, %v", left, err)
	}
	if list, err := c.Releases(ctx); err != nil || len(list) > 0 {
		t.Fatalf("counted: %+v, %v", list, err)
	}
	one := leave(guard.ImagesField)
	out, err := c.ReleaseContract(ctx, one, "clerk-9", id, ContractOptions{Closed: true}, dir)
	if err != nil {
		t.Fatal(err)
	}
	m := recipientsView(t, out.Path, key)
	if m.Count != 1 || len(m.Cases[0].Files) == 0 {
		t.Fatalf("manifest %+v", m)
	}
	sum := sha256.Sum256(sealed)
	if got := m.Cases[0].Files[0]; got.Name != "1/contract.pdf" || got.Sum != hex.EncodeToString(sum[:]) {
		t.Errorf("%s: another file than the laptop closed", got.Name)
	}
	if _, err := c.ReleaseContract(ctx, one, "clerk-9", id, ContractOptions{}, dir); fault.KindOf(err) != fault.Denied {
		t.Errorf("again: got %v", err)
	}
}

func TestACentreOfRealPeopleExportsUnderAGrantAlone(t *testing.T) {
	c, cases, device := guarded(t)
	ctx, dir := t.Context(), t.TempDir()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Export(ctx, filepath.Join(dir, "all")); fault.KindOf(err) != fault.Denied {
		t.Fatalf("all of it in clear: got %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Fatalf("it wrote %v, %v", left, err)
	}
	to := &guard.Release{To: "某市学生资助管理中心", Key: id.Recipient().String(), Centre: true}
	now := c.now().UTC().Truncate(time.Second)
	leave := func(change func(*guard.Grant)) guard.Grant {
		t.Helper()
		g := guard.Grant{Operator: "clerk-9", By: "admin-9", Fields: []string{guard.ImagesField, "student.name"}, Cases: cases[:1], Reason: "核对学籍",
			From: now.Add(-time.Minute), Until: now.Add(time.Hour), Release: to}
		change(&g)
		g, _, err := c.NewGrant(ctx, g)
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	one := leave(func(*guard.Grant) {})
	many := leave(func(g *guard.Grant) { g.Cases, g.Count = nil, 2 })
	look := leave(func(g *guard.Grant) { g.Release = nil })
	laptops := leave(func(g *guard.Grant) {
		g.Release, g.Device = &guard.Release{To: to.To, Key: to.Key}, device
	})
	gone := leave(func(*guard.Grant) {})
	if _, err := c.Withdraw(ctx, bulletin.Grant, gone.ID); err != nil {
		t.Fatal(err)
	}
	late := leave(func(g *guard.Grant) { g.From = now.Add(30 * time.Minute) })
	for name, k := range map[string]struct {
		grant, operator string
		cases           []uuid.UUID
		kind            fault.Kind
	}{
		"no grant":                  {"g-none", "clerk-9", nil, fault.Denied},
		"a grant to look":           {look.ID, "clerk-9", nil, fault.Denied},
		"a laptop's":                {laptops.ID, "clerk-9", nil, fault.Denied},
		"one taken back":            {gone.ID, "clerk-9", nil, fault.Denied},
		"one of later":              {late.ID, "clerk-9", nil, fault.Denied},
		"another's":                 {one.ID, "admin-9", nil, fault.Denied},
		"a case that it names not":  {one.ID, "clerk-9", cases[1:], fault.Denied},
		"more than it is of":        {many.ID, "clerk-9", append(slices.Clone(cases), uuid.New()), fault.Missing},
		"a case twice":              {many.ID, "clerk-9", []uuid.UUID{cases[0], cases[0]}, fault.Denied},
		"a number and no case":      {many.ID, "clerk-9", nil, fault.Denied},
		"a folder that is not here": {one.ID, "clerk-9", nil, fault.Disk},
	} {
		t.Run(name, func(t *testing.T) {
			at := dir
			if k.kind == fault.Disk {
				at = filepath.Join(dir, "none")
			}
			if _, err := c.Release(ctx, k.grant, k.operator, k.cases, at); fault.KindOf(err) != k.kind {
				t.Errorf("got %v, want %v", err, k.kind)
			}
		})
	}
	if list, err := c.Releases(ctx); err != nil || len(list) > 0 {
		t.Fatalf("what was refused is counted: %+v, %v", list, err)
	}
	out, err := c.Release(ctx, one.ID, "clerk-9", nil, dir)
	if err != nil {
		t.Fatal(err)
	}
	m := recipientsView(t, out.Path, id)
	if m.Count != 1 || m.Cases[0].Case != cases[0].String() || m.Operator != "clerk-9" || m.By != "admin-9" || len(m.Cases[0].Files) != 1 || out.Files != 1 {
		t.Errorf("manifest %+v", m)
	}
	if _, err := c.Release(ctx, one.ID, "clerk-9", nil, dir); fault.KindOf(err) != fault.Denied {
		t.Errorf("again: got %v", err)
	}
	if _, err := c.Release(ctx, many.ID, "clerk-9", cases, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Release(ctx, many.ID, "clerk-9", cases[:1], dir); fault.KindOf(err) != fault.Denied || !strings.Contains(err.Error(), "2 are used") {
		t.Errorf("a third of two: got %v", err)
	}
	list, err := c.Releases(ctx)
	if err != nil || len(list) != 3 || list[0].Recipient != to.To || list[0].Fingerprint != to.Fingerprint() || list[0].Operator != "clerk-9" {
		t.Errorf("written down: %+v, %v", list, err)
	}
	t.Run("not once its approver is off the roster", func(t *testing.T) {
		three := leave(func(g *guard.Grant) { g.Cases, g.Count = nil, 1 })
		if err := c.SwitchOff(ctx, "admin-9"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Release(ctx, three.ID, "clerk-9", cases[:1], dir); fault.KindOf(err) != fault.Denied {
			t.Errorf("got %v", err)
		}
	})
}

func recipientsView(t *testing.T, path string, id *age.X25519Identity) release.Manifest {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := age.Decrypt(f, id)
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
	in, err := z.Open("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var m release.Manifest
	if err := json.NewDecoder(in).Decode(&m); err != nil {
		t.Fatal(err)
	}
	return m
}
