package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var (
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)[A-Z]\w*)\(`)
	testName = regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)[A-Z]\w*$`)
)

// testsOfTheTree are the names of all tests, fuzz tests and benchmarks.
func testsOfTheTree(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, root := range []string{".", "../app", "../sync", "../assets"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, m := range testFunc.FindAllSubmatch(b, -1) {
				out[string(m[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestScenariosPageNamesTestsThatExist(t *testing.T) {
	page, err := os.ReadFile("../docs/scenarios.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testsOfTheTree(t)
	next := 1
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(line, "|")
		if len(cells) < 2 {
			continue
		}
		number, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue // the head of the table
		}
		if number != next || len(cells) != 6 {
			t.Errorf("row %d: got %d cells, want row %d with 4", number, len(cells)-2, next)
			continue
		}
		next++
		for i, cell := range cells[2:5] {
			if strings.TrimSpace(cell) == "" {
				t.Errorf("row %d: cell %d is empty", number, i+2)
			}
		}
		for name := range strings.SplitSeq(cells[3], ",") {
			name = strings.TrimSpace(name)
			if !testName.MatchString(name) || !tests[name] {
				t.Errorf("row %d: there is no test %q", number, name)
			}
		}
	}
	if next != 41 {
		t.Errorf("got %d scenarios, want 40", next-1)
	}
}
