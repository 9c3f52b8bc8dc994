package rulebook_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

const head = "code\tname\tkind\tlevel\tplace\tauthority\n"

func load(t testing.TB) *loan.Reference {
	t.Helper()
	ref, err := rulebook.Load()
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func TestLoadHoldsTheFivePacks(t *testing.T) {
	ref := load(t)
	tests := []struct {
		last, id                string // a day on which the pack is in force
		first                   loan.Date
		under, graduate         int
		base, limit, grace, off int
		living                  bool
	}{
		{"2019-12-31", "P2019", "2019-01-01", 8000, 12000, 13, 20, 3, 0, false},
		{"2021-08-31", "P2020", "2020-01-01", 8000, 12000, 15, 22, 5, 30, false},
		{"2023-09-11", "P2021", "2021-09-01", 12000, 16000, 15, 22, 5, 30, true},
		{"2024-10-11", "P2023B", "2023-09-12", 16000, 20000, 15, 22, 5, 60, true},
		{"2030-01-01", "P2024B", "2024-10-12", 20000, 25000, 15, 22, 5, 70, true},
	}
	if got, want := len(ref.Packs), len(tests); got != want {
		t.Fatalf("packs: got %d, want %d", got, want)
	}
	for _, tt := range tests {
		t.Run(tt.id, func(t *testing.T) {
			for _, day := range []loan.Date{tt.first, loan.Date(tt.last)} {
				p, err := ref.PolicyFor(day)
				if err != nil || p.ID != tt.id {
					t.Fatalf("pack of %s: got %s, %v, want %s", day, p.ID, err, tt.id)
				}
			}
			p, _ := ref.PolicyFor(tt.first)
			got := []any{p.SignedFrom, p.UndergraduateMax, p.GraduateMax, p.MaturityBase, p.MaturityCap, p.GraceYears, p.Rate.MinusBP, p.LivingCosts, p.Minimum, p.Multiple, p.MaturityDay, p.SubsidyUntil}
			want := []any{tt.first, tt.under, tt.graduate, tt.base, tt.limit, tt.grace, tt.off, tt.living, 1000, 100, "09-20", "08-31"}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
			if p.Rate.Text == "" || len(p.Purposes) == 0 {
				t.Error("no text of the rate, or no purposes")
			}
		})
	}
	if _, err := ref.PolicyFor("2018-12-31"); fault.KindOf(err) != fault.Missing {
		t.Errorf("before the first pack: got %v, want missing", err)
	}
}

func TestLoadHoldsAreasAndSchools(t *testing.T) {
	ref := load(t)
	if c, ok := ref.Areas.County("522727"); !ok || c.Name != "平塘县" {
		t.Errorf("county 522727: got %v, %v", c, ok)
	}
	if got, ok := ref.Areas.Current("410381"); !ok || got != "410307" {
		t.Errorf("410381 is now: got %s, %v, want 410307", got, ok)
	}
	if !ref.Areas.Known("410381") {
		t.Error("the renamed code 410381 is not known as a former one")
	}
	if s, ok := ref.Schools.ByCode("4141010477"); !ok || s.Name != "信阳师范大学" {
		t.Errorf("school 4141010477: got %v, %v", s, ok)
	}
	if !ref.Schools.FormerName("4141010477", "信阳师范学院") {
		t.Error("the former name of 4141010477 is not known")
	}
}

func TestWithRegisterReplacesSchoolsAndKeepsFormerNames(t *testing.T) {
	ref := load(t)
	next, err := rulebook.WithRegister(ref, strings.NewReader(head+"4141010477\t信阳师范大学\tregular\t本科\t信阳市\t河南省\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(next.Schools.Schools); got != 1 {
		t.Errorf("schools: got %d, want 1", got)
	}
	if !next.Schools.FormerName("4141010477", "信阳师范学院") {
		t.Error("the former name is gone")
	}
	if len(ref.Schools.Schools) < 100 {
		t.Error("the reference given was altered")
	}
}

func TestEveryCodeHasWords(t *testing.T) {
	words, err := rulebook.LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(words.Codes()), 63; got != want {
		t.Errorf("codes with words: got %d, want %d", got, want)
	}
	for _, code := range words.Codes() {
		if words.Message(code) == "" || words.Message(code) == string(code) || words.Step(code) == "" {
			t.Errorf("%s: message or step is empty", code)
		}
	}
	if got := words.Message("E-XX-000"); got != "E-XX-000" {
		t.Errorf("a code without words: got %q, want the code", got)
	}
}

func TestWordsAgreeWithTheAcceptanceCases(t *testing.T) {
	b, err := os.ReadFile("../../../shared/cases/codes.json")
	if err != nil {
		t.Skip("the acceptance cases are not beside the checkout")
	}
	var want map[loan.Code]struct {
		Msg      string
		Severity loan.Severity
	}
	if err := json.Unmarshal(b, &want); err != nil {
		t.Fatal(err)
	}
	words, err := rulebook.LoadWords()
	if err != nil {
		t.Fatal(err)
	}
	if got := len(words.Codes()); got != len(want) {
		t.Errorf("codes: got %d, want %d", got, len(want))
	}
	for code, w := range want {
		if got := words.Message(code); got != w.Msg {
			t.Errorf("%s: got %q, want %q", code, got, w.Msg)
		}
		if got := code.Severity(); got != w.Severity {
			t.Errorf("%s: severity %s, want %s", code, got, w.Severity)
		}
	}
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestImportRegister(t *testing.T) {
	const one = head + "4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n"
	t.Run("makes a new folder and is used from then on", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "a", "b")
		g, err := rulebook.ImportRegister(dir, strings.NewReader(one))
		if err != nil || len(g.Schools) != 1 {
			t.Fatalf("got %v, %v", g, err)
		}
		ref, err := rulebook.Open(dir)
		if err != nil || len(ref.Schools.Schools) != 1 {
			t.Fatalf("opened: got %v, %v", ref, err)
		}
		if got := names(t, dir); !slices.Equal(got, []string{"schools.tsv"}) {
			t.Errorf("files: got %v", got)
		}
	})
	t.Run("takes away what imports left that were cut short, and not one under way", func(t *testing.T) {
		dir := t.TempDir()
		old, fresh := filepath.Join(dir, ".schools-1.tmp"), filepath.Join(dir, ".schools-2.tmp")
		for _, path := range []string{old, fresh} {
			if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		long := time.Now().Add(-2 * time.Hour)
		if err := os.Chtimes(old, long, long); err != nil {
			t.Fatal(err)
		}
		if _, err := rulebook.ImportRegister(dir, strings.NewReader(one)); err != nil {
			t.Fatal(err)
		}
		if got := names(t, dir); !slices.Equal(got, []string{".schools-2.tmp", "schools.tsv"}) {
			t.Errorf("files: got %v", got)
		}
	})
	t.Run("changes nothing when a line is bad and names it", func(t *testing.T) {
		dir := t.TempDir()
		if _, err := rulebook.ImportRegister(dir, strings.NewReader(one)); err != nil {
			t.Fatal(err)
		}
		_, err := rulebook.ImportRegister(dir, strings.NewReader(one+"12345\t甲\tregular\t\t\t\n"))
		if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "line 3") || !strings.Contains(fault.Sentence(err), "第 3 行") {
			t.Errorf("got %v", err)
		}
		if got, _ := os.ReadFile(rulebook.RegisterPath(dir)); string(got) != one {
			t.Error("the former register was altered")
		}
		if got := names(t, dir); !slices.Equal(got, []string{"schools.tsv"}) {
			t.Errorf("files: got %v", got)
		}
	})
	t.Run("changes nothing when it cannot be read to its end", func(t *testing.T) {
		dir := t.TempDir()
		_, err := rulebook.ImportRegister(dir, io.MultiReader(strings.NewReader(one), broken{}))
		if fault.KindOf(err) != fault.Disk {
			t.Errorf("got %v, want disk", err)
		}
		if got := names(t, dir); len(got) != 0 {
			t.Errorf("files: got %v", got)
		}
	})
	t.Run("refuses what is too large", func(t *testing.T) {
		_, err := rulebook.ImportRegister(t.TempDir(), strings.NewReader(one+strings.Repeat("\n", loan.MaxRegister)))
		if fault.KindOf(err) != fault.TooLarge {
			t.Errorf("got %v, want too large", err)
		}
	})
	t.Run("leaves no file behind when the place is taken by a folder", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(rulebook.RegisterPath(dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := rulebook.ImportRegister(dir, strings.NewReader(one)); fault.KindOf(err) != fault.Disk {
			t.Errorf("got %v, want disk", err)
		}
		if got := names(t, dir); !slices.Equal(got, []string{"schools.tsv"}) {
			t.Errorf("files: got %v", got)
		}
	})
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the stick was pulled") }

func TestOpen(t *testing.T) {
	t.Run("takes the starter list where no register was taken in", func(t *testing.T) {
		ref, err := rulebook.Open(filepath.Join(t.TempDir(), "none"))
		if err != nil || len(ref.Schools.Schools) < 100 {
			t.Errorf("got %v", err)
		}
	})
	t.Run("says that the folder cannot be read, and not where it lies", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "somebody")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := rulebook.Open(file)
		if fault.KindOf(err) != fault.Disk || strings.Contains(err.Error(), "somebody") {
			t.Errorf("got %v, want disk without the path", err)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), "somebody") {
				t.Errorf("the path is in %q", e)
			}
		}
		_, err = rulebook.ImportRegister(filepath.Join(file, "x"), strings.NewReader(head+"4152010657\t甲\tregular\t\t\t\n"))
		if fault.KindOf(err) != fault.Disk {
			t.Errorf("got %v, want disk", err)
		}
	})
	t.Run("says when a folder stands in the register's place", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(rulebook.RegisterPath(dir), 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := rulebook.Open(dir); fault.KindOf(err) != fault.Damaged {
			t.Errorf("got %v, want damaged", err)
		}
	})
	t.Run("says when the register in the folder is damaged", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(rulebook.RegisterPath(dir), []byte("half a li"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := rulebook.Open(dir); fault.KindOf(err) != fault.Damaged {
			t.Errorf("got %v, want damaged", err)
		}
	})
}

func TestADamagedRegisterIsSetAside(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(rulebook.RegisterPath(dir), []byte("half a li"), 0o600); err != nil {
		t.Fatal(err)
	}
	ref, aside, err := rulebook.OpenMended(dir)
	if err != nil || !aside || len(ref.Schools.Schools) == 0 {
		t.Fatalf("got %v, aside %v, want the starter list", err, aside)
	}
	if b, err := os.ReadFile(filepath.Join(dir, rulebook.AsideName)); err != nil || string(b) != "half a li" {
		t.Errorf("set aside: got %q, %v", b, err)
	}
	if _, aside, err := rulebook.OpenMended(dir); err != nil || aside {
		t.Errorf("the next time: got %v, aside %v, want it whole", err, aside)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		load(b)
	}
}
