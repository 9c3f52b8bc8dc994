package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"filippo.io/age"
	"fyne.io/fyne/v2/test"
)

// drawn are the looks in which a way is gone: both where pictures are wanted.
func drawn() []kit.Variant {
	if os.Getenv("DOORSTEP_PICTURES") == "" {
		return []kit.Variant{kit.Light}
	}
	return []kit.Variant{kit.Light, kit.Dark}
}

func TestACaseIsExportedByAGrantGivenAtTheDesk(t *testing.T) {
	for _, theme := range drawn() {
		name := map[kit.Variant]string{kit.Light: "", kit.Dark: "-dark"}[theme]
		r := newRig(t, theme)
		v := r.open(loan.First, false, entered)
		if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
			t.Fatal(err)
		}
		r.ui(func() { r.u.exportCase(v.id) })
		r.settle()
		r.typeLines("市资助中心抽查合同")
		r.settle()
		asks, err := r.u.desk.Asks(t.Context())
		if err != nil || len(asks) != 1 || !asks[0].Export || asks[0].Case != v.id {
			t.Fatalf("asked: %+v, %v", asks, err)
		}
		r.snap("export-approve" + name)
		r.answer() // to nobody
		if r.dialog() == nil {
			t.Fatal("approved to nobody")
		}
		r.ui(func() { r.dialog().Close() })
		id, err := age.GenerateX25519Identity()
		if err != nil {
			t.Fatal(err)
		}
		to := &desk.Release{To: "某市学生资助管理中心", Key: id.Recipient().String()}
		if _, err := r.u.desk.ApproveAsk(t.Context(), asks[0].Code, "admin-1", []byte(reviewPassword), to); err != nil {
			t.Fatal(err)
		}
		r.ui(func() { r.u.exportCase(v.id) })
		r.settle()
		if r.dialog() == nil {
			t.Fatal("no dialog")
		}
		dir := t.TempDir()
		given, err := r.u.desk.Releases(t.Context())
		if err != nil || len(given) != 1 {
			t.Fatalf("%+v, %v", given, err)
		}
		r.ui(func() {
			d := r.dialog()
			r.u.exportTo(given[0], given[0].Cases, dir, d, kit.NewLabeled("案件", true, kit.NewField()), nil)
		})
		r.settle()
		all, err := os.ReadDir(dir)
		if err != nil || len(all) != 1 || !strings.HasSuffix(all[0].Name(), ".zip.age") {
			t.Fatalf("written: %v, %v", all, err)
		}
		r.ui(func() { r.dialog().Close() })
		r.ui(func() { r.u.askExport(nil, nil) })
		r.snap("export-ask" + name)
	}
}

func TestARecipientsKeyIsReadFromAFile(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	key := id.Recipient().String()
	path := filepath.Join(t.TempDir(), "key.txt")
	for name, k := range map[string]struct{ text, want string }{
		"the key":              {key + "\n", key},
		"the tool's own file":  {"# created: 2023-08-05\n# public key: " + key + "\n", key},
		"no key":               {"nothing", ""},
		"a private one":        {id.String(), ""},
		"a key with a slip":    {key[:61] + "b", ""},
		"far too much of text": {strings.Repeat("x ", 1<<15) + key, ""},
	} {
		if err := os.WriteFile(path, []byte(k.text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := keyIn(path)
		if got != k.want || (err == nil) != (k.want != "") {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestOwnDataIsShownAndAskedErasingIsAnswered(t *testing.T) {
	for _, theme := range drawn() {
		name := map[kit.Variant]string{kit.Light: "", kit.Dark: "-dark"}[theme]
		r := newRig(t, theme)
		v := r.open(loan.First, false, entered)
		r.ui(v.showOwn)
		r.ownShown(v)
		r.snap("own-data" + name)
		r.ui(func() { r.dialog().Close() })
		if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
			t.Fatal(err)
		}
		id := v.id.String()
		r.ui(r.u.lock)
		r.locked()
		r.enter("admin-1", reviewPassword)
		r.ui(func() {
			r.u.shell.visit("manage")
			r.u.shell.screen.(*manage).turn(ofKept)
		})
		r.settle()
		s := r.u.shell.screen.(*manage).shownNow.(*keptSection)
		r.snap("manage-kept" + name)
		r.ui(s.askRequest)
		r.settle()
		r.typeLines(id[len(id)-8:], "本人当面要求删除")
		r.until("the answer stands there", func() bool {
			return !strings.Contains(tags.ReplaceAllString(test.RenderToMarkup(r.u.win.Canvas()), ""), "查找案件")
		})
		r.settle()
		r.snap("erase-request" + name)
		if d := r.dialog(); d == nil {
			t.Fatal("a case under way went without a word")
		}
		if _, err := r.u.desk.Store().Case(t.Context(), v.id); err != nil {
			t.Fatal(err)
		}
	}
}
