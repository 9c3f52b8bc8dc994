package desk_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

const (
	isAnother   = "folder altered: the school register is another"
	wasRefused  = "school register refused: not the county's"
	packsOthers = "folder altered: the policy packs are others"
)

// saysOfFiles are the words about files of the rules in the chain from a place on.
func saysOfFiles(t *testing.T, d *desk.Desk, from uint64) []string {
	t.Helper()
	all, err := d.Store().Pending(t.Context(), from, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, ch := range all {
		if b, err := loan.Body[loan.ViewBody](ch); err == nil && (strings.HasPrefix(b.Detail, "folder altered") || strings.HasPrefix(b.Detail, "school register refused")) {
			out = append(out, b.Detail)
		}
	}
	return out
}

// edited is a county's laptop in whose folder files of the rules are edited.
type edited struct {
	*county
	t testing.TB
}

func newEdited(t *testing.T) *edited {
	c := newCounty(t)
	c.send(bulletin.Schools, bulletin.RegisterName, register("测试大学", "练习学院"))
	c.again()
	return &edited{c, t}
}

func (e *edited) head() uint64 { n, _ := e.d.Store().Head(); return n }

func (e *edited) write(path string, b []byte) {
	e.t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		e.t.Fatal(err)
	}
}

// judgesBy fails where folder and rules have another register than one.
func (e *edited) judgesBy(t *testing.T, want []byte, schools int) {
	t.Helper()
	if b, err := os.ReadFile(rulebook.RegisterPath(e.dir)); err != nil || !bytes.Equal(b, want) {
		t.Errorf("schools.tsv has %d bytes, %v; want %d", len(b), err, len(want))
	}
	if n := len(e.d.Rules().Schools.Schools); n != schools {
		t.Errorf("%d schools, want %d", n, schools)
	}
}

// untaken fails where Untaken says something else; empty is nothing.
func (e *edited) untaken(t *testing.T, words ...string) {
	t.Helper()
	err := e.d.Untaken()
	if len(words) == 0 {
		if err != nil {
			t.Errorf("told of %v, %q", err, fault.Sentence(err))
		}
		return
	}
	for _, w := range words {
		if fault.KindOf(err) != fault.Untrusted || !strings.Contains(fault.Sentence(err), w) || fault.Step(err) != "" {
			t.Errorf("told %v, %q; want %q", err, fault.Sentence(err), w)
		}
	}
}

func says(t *testing.T, d *desk.Desk, from uint64, want ...string) {
	t.Helper()
	if got := saysOfFiles(t, d, from); !slices.Equal(got, want) {
		t.Errorf("the chain says %q, want %q", got, want)
	}
}

func TestARegisterThatSomebodyPutIntoTheFolderIsNotUsed(t *testing.T) {
	countys, alien := register("测试大学", "练习学院"), register("测试大学", "练习学院", "野鸡大学")
	t.Run("while it was locked: the county's is written again, the chain and the screen say so, once", func(t *testing.T) {
		e := newEdited(t)
		from := e.head()
		e.write(rulebook.RegisterPath(e.dir), alien)
		e.again()
		e.judgesBy(t, countys, 2)
		says(t, e.d, from, isAnother, wasRefused)
		e.untaken(t, "院校名册", "已改回县里的", "请告诉系统数据管理员")
		from = e.head()
		e.again()
		e.judgesBy(t, countys, 2)
		says(t, e.d, from)
		e.untaken(t)
	})
	t.Run("put back before anybody signed in: the chain says that the program was started with another", func(t *testing.T) {
		e := newEdited(t)
		from := e.head()
		if err := e.d.Close(); err != nil {
			t.Fatal(err)
		}
		e.write(rulebook.RegisterPath(e.dir), alien)
		door := e.door()
		e.write(rulebook.RegisterPath(e.dir), countys)
		e.enter(door)
		e.judgesBy(t, countys, 2)
		says(t, e.d, from, isAnother+" than the program was started with")
		from = e.head()
		next := register("一", "二", "三")
		e.send(bulletin.Schools, bulletin.RegisterName, next)
		if err := e.d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := door.Reopen(t.Context()); err != nil {
			t.Fatal(err)
		}
		e.enter(door) // what it was started with is long past
		e.judgesBy(t, next, 3)
		says(t, e.d, from)
	})
	t.Run("while somebody is signed in: at the next taking up", func(t *testing.T) {
		e := newEdited(t)
		from := e.head()
		e.write(rulebook.RegisterPath(e.dir), alien)
		for range 2 {
			if err := e.d.TakeUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			e.judgesBy(t, countys, 2)
		}
		says(t, e.d, from, isAnother+", while somebody was signed in", wasRefused)
		e.untaken(t, "院校名册")
	})
	t.Run("where the county's is not kept: it is set aside, and the starter list stands", func(t *testing.T) {
		e := newEdited(t)
		starter, err := rulebook.Load()
		if err != nil {
			t.Fatal(err)
		}
		e.send(bulletin.Schools, bulletin.RegisterName, nil)
		e.again()
		e.judgesBy(t, countys, 2)
		e.untaken(t)
		from := e.head()
		e.write(rulebook.RegisterPath(e.dir), alien)
		e.again()
		if n := len(e.d.Rules().Schools.Schools); n != len(starter.Schools.Schools) {
			t.Errorf("%d schools, want those of the starter list", n)
		}
		if _, err := os.Stat(rulebook.RegisterPath(e.dir)); !os.IsNotExist(err) {
			t.Errorf("it is still in the folder: %v", err)
		}
		says(t, e.d, from, isAnother, wasRefused)
		e.untaken(t, "程序自带", "从文件接收")
		e.send(bulletin.Schools, bulletin.RegisterName, countys)
		e.judgesBy(t, countys, 2)
		e.untaken(t)
	})
	t.Run("what is no file in its place holds up nothing", func(t *testing.T) {
		e := newEdited(t)
		path := rulebook.RegisterPath(e.dir)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := e.d.TakeUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		e.judgesBy(t, countys, 2)
	})
}

func TestARegisterStandsThatAPersonWhoMayImported(t *testing.T) {
	mine := register("本县大学")
	imported := func(t *testing.T) *edited {
		e := newEdited(t)
		if _, err := e.d.ImportSchools(t.Context(), bytes.NewReader(mine)); err != nil {
			t.Fatal(err)
		}
		return e
	}
	t.Run("but not one that was put there in its place", func(t *testing.T) {
		e := imported(t)
		e.again()
		e.judgesBy(t, mine, 1)
		from := e.head()
		e.write(rulebook.RegisterPath(e.dir), register("本县大学", "野鸡大学"))
		e.again()
		e.judgesBy(t, register("测试大学", "练习学院"), 2)
		says(t, e.d, from, isAnother, wasRefused)
	})
	t.Run("and not again once a newer came from the county", func(t *testing.T) {
		e := imported(t)
		next := register("一", "二", "三")
		e.send(bulletin.Schools, bulletin.RegisterName, next)
		e.write(rulebook.RegisterPath(e.dir), mine)
		e.again()
		e.judgesBy(t, next, 3)
		e.untaken(t, "院校名册")
	})
	t.Run("also where an earlier program kept no hash of it", func(t *testing.T) {
		e := imported(t)
		forget := func() {
			var kept map[string]any
			if err := e.d.Store().Setting(t.Context(), "desk.folder", &kept); err != nil {
				t.Fatal(err)
			}
			delete(kept, "county")
			delete(kept, "imported")
			delete(kept, "packs")
			if err := e.d.Store().SetSetting(t.Context(), "desk.folder", kept); err != nil {
				t.Fatal(err)
			}
		}
		forget()
		for range 2 {
			e.again()
			e.judgesBy(t, mine, 1)
			e.untaken(t)
		}
		forget()
		e.write(rulebook.RegisterPath(e.dir), register("野鸡大学"))
		e.again()
		e.judgesBy(t, register("测试大学", "练习学院"), 2)
		e.untaken(t, "院校名册")
	})
	t.Run("and any before the county ever sent one, which the chain tells of", func(t *testing.T) {
		e := &edited{newCounty(t), t}
		from := e.head()
		e.write(rulebook.RegisterPath(e.dir), mine)
		e.again()
		e.judgesBy(t, mine, 1)
		says(t, e.d, from, isAnother)
		e.untaken(t)
	})
}

func TestPolicyPacksThatSomebodyPutIntoTheFolderAreNotUsed(t *testing.T) {
	c := newCounty(t)
	e := &edited{c, t}
	c.send(bulletin.Policy, "P2023S", []byte(newPack))
	c.again()
	path := rulebook.PacksPath(e.dir)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, edit := range map[string]func() error{
		"others": func() error {
			return os.WriteFile(path, []byte("["+strings.ReplaceAll(newPack, "P2023S", "P2023X")+"]"), 0o600)
		},
		"none":       func() error { return os.Remove(path) },
		"not a file": func() error { return os.Rename(path, filepath.Join(e.dir, "x")) },
	} {
		from := e.head()
		if err := edit(); err != nil {
			t.Fatal(err)
		}
		e.again()
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, good) {
			t.Errorf("%s: the folder has %q, %v", name, got, err)
		}
		says(t, e.d, from, packsOthers)
		e.untaken(t, "政策包", "已改回县里的")
		from = e.head()
		e.again()
		says(t, e.d, from)
		e.untaken(t)
	}
	t.Run("while somebody is signed in", func(t *testing.T) {
		from := e.head()
		e.write(path, []byte("[]"))
		if err := e.d.TakeUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		says(t, e.d, from, packsOthers+", while somebody was signed in")
		e.untaken(t, "政策包")
	})
	t.Run("nor where the county sent none", func(t *testing.T) {
		e := &edited{newCounty(t), t}
		path := rulebook.PacksPath(e.dir)
		from := e.head()
		e.write(path, []byte("["+strings.ReplaceAll(newPack, "P2023S", "P2023X")+"]"))
		e.again()
		if _, err := os.Stat(path); !os.IsNotExist(err) {
			t.Errorf("they are still there: %v", err)
		}
		says(t, e.d, from, packsOthers)
	})
}
