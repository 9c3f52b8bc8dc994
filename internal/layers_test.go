package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// row is a package of the layer table in docs/design.md.
type row struct {
	layer int
	may   string // packages it may import, parted by spaces; "*" is every lower one
}

// table is the layer table. Everyone may import internal/fault; nobody may
// import a package that is not of a lower layer. A package's tests may also
// use what its row does not name, so long as that is of a lower layer, and
// the package that they test.
func table() map[string]row {
	return map[string]row{
		"internal/fault":         {0, ""},
		"internal/loan":          {0, ""},
		"internal/seal":          {0, ""},
		"internal/photo":         {0, ""},
		"internal/barcode":       {0, ""},
		"internal/page":          {0, ""},
		"internal/page/worker":   {0, ""},
		"internal/peer":          {0, ""},
		"internal/helper":        {0, ""},
		"internal/helper/little": {0, ""},
		"internal/depot":         {0, ""},
		"internal/printer":       {0, ""},
		"internal/release":       {0, ""},
		"assets":                 {0, ""},
		"internal/bulletin":      {1, "internal/seal"},
		"internal/guard":         {1, "internal/loan internal/seal"},
		"internal/rulebook":      {1, "internal/loan assets"},
		"internal/ui/kit":        {1, "assets"},
		"internal/store":         {2, "internal/loan internal/seal internal/bulletin internal/guard"},
		"internal/contract":      {2, "internal/loan internal/seal assets"},
		"internal/capture":       {2, "internal/loan internal/photo internal/peer internal/page"},
		"sync/parcel":            {2, "internal/loan internal/seal internal/bulletin"},
		"sync/stick":             {2, "internal/loan internal/seal"},
		"internal/rig":           {3, "internal/loan internal/seal internal/guard internal/store"},
		"internal/desk":          {3, "internal/loan internal/seal internal/bulletin internal/guard internal/rulebook internal/store internal/photo internal/helper internal/contract internal/release"},
		"sync/neighbour":         {3, "internal/loan internal/seal internal/store sync/parcel"},
		"sync/courier":           {3, "internal/loan internal/seal internal/bulletin internal/store internal/peer sync/parcel sync/stick"},
		"sync/central":           {3, "assets internal/loan internal/seal internal/bulletin internal/guard internal/rulebook internal/peer internal/contract internal/release sync/parcel sync/stick"},
		"internal/ui":            {4, "internal/loan internal/bulletin internal/rulebook internal/desk internal/barcode internal/page internal/printer internal/capture sync/courier sync/neighbour internal/ui/kit assets"},
		"app":                    {5, "*"},
		"app/practice":           {5, "internal/loan internal/photo assets"},
		"sync":                   {5, "sync/parcel sync/stick sync/central internal/loan internal/seal internal/bulletin internal/guard internal/rulebook internal/contract assets"},
	}
}

// peers are imports within a layer that the table allows.
func peers() map[string]string {
	return map[string]string{
		"internal/page/worker": "internal/page", // the protocol between the two
	}
}

// owners says which packages alone may import a heavy dependency, named by the
// beginning of its import path; none means tests alone. Every test may use one
// to look at what its package made, but for the window's driver, which wants a
// display.
func owners() map[string][]string {
	return map[string][]string{
		"fyne.io/fyne/v2/app":           {"app"},
		"doorstep/internal/page/worker": {"app"},
		"fyne.io/":                      {"internal/ui/kit", "internal/ui", "app"},
		"github.com/godbus/":            {"internal/ui/kit"},
		"github.com/gen2brain/go-fitz":  {"internal/page/worker"},
		"filippo.io/":                   {"internal/release"},
		"golang.org/x/crypto/argon2":    {"internal/seal"},
		"github.com/emmansun/gmsm":      {"internal/seal"},
		"github.com/pion/":              {"internal/peer"},
		"go.etcd.io/bbolt":              {"internal/store"},
		"github.com/blackjack/":         {"internal/capture"},
		"golang.org/x/net/":             {"sync/neighbour"},
		"go.bug.st/serial":              {"internal/capture"},
		"github.com/makiuchi-d/gozxing": {"internal/barcode"},
		"modernc.org/sqlite":            {"sync/central"},
		"database/sql":                  {"sync/central"},
		"github.com/jackc/":             {"sync/central"},
		"github.com/minio/":             {"sync/central"},

		"text/template":                   nil, // with it a program keeps all exported methods
		"html/template":                   nil,
		"github.com/chromedp/":            nil,
		"github.com/rogpeppe/go-internal": nil,
		"github.com/hanwen/":              nil,
		"pgregory.net/rapid":              nil,
		"C":                               nil,
	}
}

// source is a Go file of the module.
type source struct {
	path, dir string // slash-separated, from the module's root
	test      bool
	imports   []string
	lines     int
	made      bool // by a program
}

var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// sources reads every Go file, of whatever operating system and build tag.
func sources(t *testing.T) []source {
	t.Helper()
	const root = ".."
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "out" || name == "practice" && filepath.Dir(path) == root) {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, b, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		s := source{
			path:  filepath.ToSlash(rel),
			dir:   filepath.ToSlash(filepath.Dir(rel)),
			test:  strings.HasSuffix(name, "_test.go"),
			lines: strings.Count(string(b), "\n"),
			made:  generated.Match(b),
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, p)
		}
		out = append(out, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) < 50 {
		t.Fatalf("found %d Go files only: the walk is wrong", len(out))
	}
	return out
}

// allowed says why a file may not import a package of the module, or "".
func allowed(rows map[string]row, s source, target string) string {
	from, known := rows[s.dir]
	to, listed := rows[target]
	switch {
	case target == "internal/fault", s.test && target == s.dir:
		return ""
	case s.dir == "internal" && s.test:
		return "" // tests of the whole repository
	case !known:
		return "the package is not in the table"
	case !listed:
		return target + " is not in the table"
	case peers()[s.dir] == target:
		return ""
	case to.layer >= from.layer:
		return target + " is not of a lower layer"
	case from.may != "*" && !s.test && !slices.Contains(strings.Fields(from.may), target):
		return "its row does not name " + target
	}
	return ""
}

// owned says why a file may not import a path, or "".
func owned(s source, path string) string {
	best := ""
	for prefix := range owners() {
		if strings.HasPrefix(path, prefix) && (path == prefix || strings.HasSuffix(prefix, "/") || path[len(prefix)] == '/') && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best == "" || slices.Contains(owners()[best], s.dir) || s.test && best != "fyne.io/fyne/v2/app" {
		return ""
	}
	return path + " is for " + strings.Join(append(owners()[best], "tests"), ", ") + " alone"
}

func TestEveryImportFollowsTheLayers(t *testing.T) {
	rows := table()
	for _, s := range sources(t) {
		if _, ok := rows[s.dir]; !ok && (s.dir != "internal" || !s.test) {
			t.Errorf("%s: the package is not in the table", s.path)
		}
		for _, path := range s.imports {
			if target, ok := strings.CutPrefix(path, "doorstep/"); ok {
				if why := allowed(rows, s, target); why != "" {
					t.Errorf("%s: %s", s.path, why)
				}
			}
			if why := owned(s, path); why != "" {
				t.Errorf("%s: %s", s.path, why)
			}
		}
	}
}

func TestTheTableItselfHolds(t *testing.T) {
	rows := table()
	for dir, r := range rows {
		for target := range strings.FieldsSeq(r.may) {
			if to, ok := rows[target]; target != "*" && (!ok || to.layer >= r.layer) {
				t.Errorf("%s: may import %s, which is not of a lower layer", dir, target)
			}
		}
	}
	for prefix, dirs := range owners() {
		for _, dir := range dirs {
			if _, ok := rows[dir]; !ok {
				t.Errorf("%s is owned by %s, which is not in the table", prefix, dir)
			}
		}
	}
}

func TestBreaksAreFound(t *testing.T) {
	rows := table()
	tests := []struct {
		name string
		s    source
		path string
		want bool
	}{
		{"a lower layer that the row names", source{dir: "internal/desk"}, "doorstep/internal/store", false},
		{"a lower layer that the row does not name", source{dir: "sync/courier"}, "doorstep/internal/guard", true},
		{"the same in a test", source{dir: "sync/courier", test: true}, "doorstep/internal/guard", false},
		{"a higher layer", source{dir: "internal/loan"}, "doorstep/internal/desk", true},
		{"a higher layer in a test", source{dir: "internal/loan", test: true}, "doorstep/internal/desk", true},
		{"the same layer", source{dir: "internal/store"}, "doorstep/internal/contract", true},
		{"a package nobody knows", source{dir: "internal/desk"}, "doorstep/internal/magic", true},
		{"a fault", source{dir: "assets"}, "doorstep/internal/fault", false},
		{"the worker outside the program", source{dir: "internal/ui"}, "doorstep/internal/page/worker", true},
		{"the window's driver on a screen", source{dir: "internal/ui"}, "fyne.io/fyne/v2/app", true},
		{"the window's driver in a screen's test", source{dir: "internal/ui", test: true}, "fyne.io/fyne/v2/app", true},
		{"widgets on a screen", source{dir: "internal/ui"}, "fyne.io/fyne/v2/widget", false},
		{"widgets at the desk", source{dir: "internal/desk"}, "fyne.io/fyne/v2", true},
		{"bbolt at the desk", source{dir: "internal/desk"}, "go.etcd.io/bbolt", true},
		{"cgo", source{dir: "app"}, "C", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			why := owned(tt.s, tt.path)
			if target, ok := strings.CutPrefix(tt.path, "doorstep/"); ok && why == "" {
				why = allowed(rows, tt.s, target)
			}
			if got := why != ""; got != tt.want {
				t.Errorf("refused: got %v (%s), want %v", got, why, tt.want)
			}
		})
	}
}

func TestNoFileIsTooLong(t *testing.T) {
	for _, s := range sources(t) {
		if s.lines > 500 && !s.made {
			t.Errorf("%s has %d lines, at most 500 are wanted", s.path, s.lines)
		}
	}
}

// The repository stands by itself: it names no place, task or tool of those
// who wrote it.
func TestNoWordOfTheWorkshop(t *testing.T) {
	words := regexp.MustCompile(`(?i)/(work|root|home)/[a-z]|\bissues? (show|#?[0-9])|\b(claude|anthropic|copilot|chatgpt|llm|subagent)\b`)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() {
			if slices.Contains([]string{".git", ".build", "testdata", "out"}, name) {
				return filepath.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".md", ".toml", ".mod", ".json", ".sh", "", ".py", ".cjs"}, filepath.Ext(name)) || name == "layers_test.go" || !d.Type().IsRegular() {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for n, line := range strings.Split(string(b), "\n") {
			if w := words.FindString(line); w != "" && !strings.Contains(line, "github.com") {
				t.Errorf("%s:%d: %q", path, n+1, w)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
