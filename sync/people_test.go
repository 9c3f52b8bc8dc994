package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/sync/central"
)

// TestAPersonAboveTheCountyIsNoDeadEnd takes the province's only administrator off a
// county's roster.
func TestAPersonAboveTheCountyIsNoDeadEnd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	c, err := central.Open(t.Context(), central.Options{Dir: dir, County: "522121", CountyName: "某县"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	password := testFile(t, "password", "zw-ei Worte\n")
	verb := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append(args, "--data", dir), &out, &errs)
		return code, out.String() + errs.String()
	}
	for _, o := range [][]string{{"admin-1", "dataadmin"}, {"prov-1", "dataadmin", "--level", "province", "--org", "52"}} {
		if code, words := verb(append([]string{"operator", "add", "--id", o[0], "--name", "某", "--role", o[1]}, o[2:]...)...); code != exitOK {
			t.Fatalf("exit %d: %s", code, words)
		}
	}
	isOfficer(t, dir, "admin-1", password)
	by := []string{"--by", "admin-1", "--password-file", password}
	off := []string{"operator", "off", "--id", "prov-1"}
	if code, words := verb(append(off, by...)...); code != exitFailed || !strings.Contains(words, "--unproven") {
		t.Errorf("by the county's: exit %d, %s; want the way", code, words)
	}
	if code, words := verb(append(append(off, by...), "--unproven")...); code == exitOK || !strings.Contains(words, "not both") {
		t.Errorf("both ways at once: exit %d, %s", code, words)
	}
	if code, words := verb("operator", "off", "--id", "admin-1", "--unproven"); code != exitOK {
		t.Errorf("who is the only one of his rank: exit %d, %s", code, words)
	}
	if code, words := verb("operator", "add", "--id", "admin-1", "--name", "某", "--role", "dataadmin", "--unproven"); code != exitOK {
		t.Errorf("and back: exit %d, %s", code, words)
	}
	if code, words := verb(append(off, "--unproven")...); code != exitOK {
		t.Errorf("by whoever administers the machine: exit %d, %s", code, words)
	}
	if code, words := verb("operator", "off", "--id", "nobody", "--unproven"); code == exitOK {
		t.Errorf("somebody who is not there: exit %d, %s", code, words)
	}
}
