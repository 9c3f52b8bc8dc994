package main

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/assets"
	"doorstep/internal/bulletin"
)

// template is the program's own contract under another version, edited.
func template(t *testing.T, version int, edit func(map[string]any)) string {
	t.Helper()
	b, err := fs.ReadFile(assets.Templates(), "loan-contract-2.json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	m["version"], m["signed_from"] = version, "2099-01-01"
	if edit != nil {
		edit(m)
	}
	if b, err = json.Marshal(m); err != nil {
		t.Fatal(err)
	}
	return testFile(t, "template.json", string(b))
}

func TestATemplateGoesDownSigned(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	l := newLaptop(t, s)
	s.must(t, "template", "add", "--file", template(t, 9, nil))
	mustCarry(t, l, "")
	if h := l.Bulletins(bulletin.Template); len(h) != 1 || h[0].Name != "loan-contract-9" {
		t.Fatalf("in force: %+v", h)
	}
	title := func(m map[string]any) { m["title"] = "另一份合同" }
	for name, c := range map[string]struct {
		file, why string
		args      []string
	}{
		"another text under a name in force":     {template(t, 9, title), "higher version", nil},
		"another text under the program's name":  {template(t, 2, title), "higher version", nil},
		"a field that nobody promised":           {template(t, 10, func(m map[string]any) { m["header"] = "{{student.secret}}" }), "", nil},
		"a character that no font has":           {template(t, 10, func(m map[string]any) { m["footer"] = "\ue000" }), "", nil},
		"a day in the past that is not meant":    {template(t, 10, func(m map[string]any) { m["signed_from"] = "2020-01-01" }), "in the past", nil},
		"a condition on a field nobody promised": {template(t, 10, func(m map[string]any) { m["sections"].([]any)[0].(map[string]any)["when"] = "x" }), "", nil},
	} {
		t.Run("but not "+name, func(t *testing.T) {
			code, _, errs := s.verb(t, "template", "add", "--file", c.file)
			if code == exitOK || !strings.Contains(errs, c.why) {
				t.Errorf("exit %d, %s", code, errs)
			}
		})
	}
	s.must(t, "template", "add", "--file", template(t, 9, nil)) // the same again is no fault
	s.must(t, "template", "withdraw", "--id", "loan-contract-9")
	mustCarry(t, l, "")
	if h := l.Bulletins(bulletin.Template); len(h) != 0 {
		t.Errorf("still in force: %+v", h)
	}
}
