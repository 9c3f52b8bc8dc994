package main

import (
	"bytes"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// asksNobody are the verbs that look, and those that move and mend what is there.
func asksNobody() []string {
	return []string{"serve", "restored", "verify", "recovery test", "stick take", "contract verify"}
}

// looking are the verbs that show ids, reasons and people, and alter nothing.
func looking() []string {
	return []string{"list", "recovery list", "contract list", "answer list", "grant waiting", "export list", "case erased", "officer list", "bulletin list", "device list"}
}

// TestWhoLooksAtAListSignsInAndStandsInTheRecord runs every list at a centre of real
// people, as people who may look and who may not.
func TestWhoLooksAtAListSignsInAndStandsInTheRecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	c, err := central.Open(t.Context(), central.Options{Dir: dir, County: "522121", CountyName: "某县"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	password := testFile(t, "password", "zw-ei Worte\n")
	people := [][]string{{"aud-2", "auditor", "county", "522122"}, {"admin-1", "dataadmin", "", ""}, {"aud-1", "auditor", "", ""}, {"rev-1", "reviewer", "county", "522121"}}
	for i, o := range people {
		args := []string{"operator", "add", "--data", dir, "--id", o[0], "--name", "某", "--role", o[1], "--level", o[2], "--org", o[3]}
		if i > 1 { // whoever is of another county is put there before the first officer
			args = append(args, "--by", "admin-1", "--password-file", password)
		}
		verbOK(t, args...)
		if i > 0 {
			isOfficer(t, dir, o[0], password)
		}
	}
	isOfficer(t, dir, "aud-2", password)
	for _, name := range looking() {
		for _, who := range []string{"admin-1", "aud-1", "rev-1", "aud-2"} {
			want := exitOK
			if who == "aud-2" || who == "rev-1" && name != "list" && name != "contract list" {
				want = exitFailed
			}
			var out, errs bytes.Buffer
			args := append(strings.Fields(name), "--data", dir, "--by", who, "--password-file", password)
			if code := run(t.Context(), args, &out, &errs); code != want || want != exitOK && out.Len() > 0 {
				t.Errorf("%s by %s: exit %d, want %d: %s%s", name, who, code, want, out.String(), errs.String())
			}
			if want != exitOK && who == "rev-1" && (!strings.Contains(errs.String(), "“"+guard.ActLabel(name)+"”须由") || strings.Contains(errs.String(), "“查看日志”")) {
				t.Errorf("who may not look at %s is told %s", name, errs.String())
			}
		}
	}
	said := verbOK(t, "record", "list", "--data", dir, "--reason", "some reason", "--by", "aud-1", "--password-file", password)
	for _, name := range looking() {
		if strings.Count(said, ": "+name) == 0 || !strings.Contains(said, "refused act: "+name) {
			t.Errorf("the record does not say who looked at %s: %s", name, said)
		}
	}
}

// isOfficer lets somebody of the roster have a password of his own at the centre.
func isOfficer(t *testing.T, dir, id, password string) {
	t.Helper()
	lent := testFile(t, "first", "erste fremde Worte\n")
	verbOK(t, "officer", "add", "--data", dir, "--id", id, "--password-file", lent, "--unproven")
	said := verbOK(t, "officer", "password", "--data", dir, "--by", id, "--password-file", lent, "--new-password-file", password)
	if !strings.Contains(said, "由 县里服务器的管理人 在 ") || !strings.Contains(said, "此前没有用过") {
		t.Errorf("who changes a first password is told %q", said)
	}
}

func TestEveryVerbThatActsAsksWhoItIs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	c, err := central.Open(t.Context(), central.Options{Dir: dir, County: "522121", CountyName: "某县"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	verb := func(args ...string) (int, string) {
		var out, errs bytes.Buffer
		code := run(t.Context(), append(args, "--data", dir), &out, &errs)
		return code, out.String() + errs.String()
	}
	must := func(args ...string) {
		t.Helper()
		if code, words := verb(args...); code != exitOK {
			t.Fatalf("%v: exit %d: %s", args[:2], code, words)
		}
	}
	password := testFile(t, "password", "zw-ei Worte\n")
	wrong := testFile(t, "wrong", "zwei worte\n")
	file := testFile(t, "file", "x")
	id := uuid.NewString()
	if code, words := verb("code", "new", "--code-file", filepath.Join(t.TempDir(), "code")); code != exitFailed || !strings.Contains(words, "officer add") {
		t.Errorf("before the first officer: exit %d, %s", code, words)
	}
	must("operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	isOfficer(t, dir, "admin-1", password)
	acts := map[string][]string{
		"operator add": {"--id", "x-1", "--name", "某", "--role", "clerk"}, "operator off": {"--id", "admin-1"}, "officer add": {"--id", "admin-1", "--password-file", password},
		"officer password": {"--by", "admin-1", "--new-password-file", password},
		"code new":         {"--code-file", filepath.Join(t.TempDir(), "code")}, "recovery approve": {id, "--code", "0000000000"}, "recovery refuse": {id}, "recovery answer": {"--device", id, "--operator", "admin-1", "--by", "admin-1", "--code", "0000000000"},
		"device revoke": {"--id", id}, "device lost": {"--id", id}, "device admit": {"--id", id}, "device settle": {"--id", id},
		"case return": {"--case", id, "--code", "E-DC-002,E-PH-001:coborrowers.0.phone"}, "case accept": {"--case", id}, "case withdraw-consent": {"--case", id, "--party", "student", "--purpose", "credit", "--reason", "asked in person"}, "case erase": {"--case", id, "--by", "admin-1", "--reason", "asked in person"},
		"roster import": {"--file", file, "--group", "G1", "--school", "某校"}, "roster withdraw": {"--group", "G1"}, "schools import": {"--file", file},
		"pack add": {"--file", file}, "pack withdraw": {"--id", "p"}, "template add": {"--file", file}, "template withdraw": {"--id", "p"},
		"grant new":      {"--operator", "admin-1", "--by", "admin-1", "--fields", "student.name", "--count", "1", "--reason", "some reason"},
		"grant withdraw": {"--id", "g"}, "grant decide": {"--device", id, "--ask", "00", "--by", "admin-1", "--reason", "some reason", "--yes"},
		"emergency list": {"--reason", "some reason"}, "emergency review": {"--device", id, "--id", "e-1", "--reason", "some reason", "--right"},
		"record list": {"--reason", "some reason"}, "record odd": {"--reason", "some reason"}, "record verify": {"--reason", "some reason"},
		"record export": {"--reason", "some reason", "--out", filepath.Join(t.TempDir(), "out")},
		"grant answer":  {"--device", id, "--operator", "admin-1", "--by", "admin-1", "--code", askCode(t), "--reason", "some reason", "--yes"}, "lease renew": {"--device", id, "--operator", "admin-1", "--by", "admin-1", "--code", "00000"},
		"bulletin write": {"--kind", "roster", "--name", "G1", "--out", filepath.Join(t.TempDir(), "out")},
		"export":         {"--to", t.TempDir(), "--grant", "g", "--operator", "admin-1"}, "contract": {"--case", id, "--out", t.TempDir(), "--grant", "g", "--operator", "admin-1"},
	}
	for _, name := range looking() {
		acts[name] = []string{"--json"}
	}
	for _, name := range verbNames() {
		args, is := acts[name]
		if free := slices.Contains(asksNobody(), name); free == is {
			t.Errorf("%s: is in both lists of verbs, or in none", name)
		}
		if !is {
			continue
		}
		want := "who acts at this centre signs in: --by ID"
		if name == "officer add" {
			want = "an officer signs in to add another: --by ID"
		}
		if code, words := verb(append(strings.Fields(name), args...)...); code != exitFailed || !strings.Contains(words, want) {
			t.Errorf("%s: exit %d: %s", name, code, words)
		}
	}
	revoke := []string{"device", "revoke", "--id", id, "--by", "admin-1", "--password-file"}
	if code, words := verb(append(revoke, wrong)...); code != exitFailed || !strings.Contains(words, "password") {
		t.Errorf("a wrong password: exit %d: %s", code, words)
	}
	if code, words := verb(append(revoke, password)...); code != exitMissing {
		t.Errorf("the right one, of a laptop that is not there: exit %d: %s", code, words)
	}
	must("code", "new", "--code-file", filepath.Join(t.TempDir(), "code"), "--by", "admin-1", "--password-file", password)
	if code, words := verb("officer", "list", "--by", "admin-1", "--password-file", password); code != exitOK || !strings.Contains(words, "admin-1") || strings.Contains(words, "argon") {
		t.Errorf("the list: exit %d: %s", code, words)
	}
	must("verify")
}

// askCode is a request for a grant as it is read out.
func askCode(t *testing.T) string {
	t.Helper()
	b, err := guard.Ask{Nonce: [4]byte{1}, Fields: []string{"student.phone"}, Hours: 2, Count: 3}.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return seal.Spoken(b)
}

// TestWhatAnOfficerIsToldSaysWhatToDo makes the ways in which signing in at the
// centre fails.
func TestWhatAnOfficerIsToldSaysWhatToDo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "centre")
	c, err := central.Open(t.Context(), central.Options{Dir: dir, County: "522121", CountyName: "某县"})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	right, wrong := testFile(t, "right", "zw-ei Worte\n"), testFile(t, "wrong", "zwei worte\n")
	code := func(by, file string) string {
		var out, errs bytes.Buffer
		args := []string{"code", "new", "--data", dir, "--code-file", filepath.Join(t.TempDir(), "code"), "--by", by}
		if file != "" {
			args = append(args, "--password-file", file)
		}
		if got := run(t.Context(), args, &out, &errs); got == exitOK {
			t.Errorf("%s: done", by)
		}
		return errs.String()
	}
	says := func(what, words string, want ...string) {
		t.Helper()
		for _, w := range want {
			if !strings.Contains(words, w) {
				t.Errorf("%s: it says %q, want %q", what, words, w)
			}
		}
	}
	says("before the first", code("admin-1", ""), "no officer has a password here yet", "sync operator add", "sync officer add --id ID")
	for id, role := range map[string]string{"admin-1": "dataadmin", "admin-2": "dataadmin", "clerk-1": "clerk"} {
		verbOK(t, "operator", "add", "--data", dir, "--id", id, "--name", "某", "--role", role)
	}
	isOfficer(t, dir, "admin-1", right)
	lent := testFile(t, "lent", "ge-liehene Worte\n")
	says("who gives one", verbOK(t, "officer", "add", "--data", dir, "--id", "clerk-1", "--password-file", lent, "--by", "admin-1", "--by-password-file", right),
		"这是临时密码，到 ", "sync officer password --by clerk-1")
	says("with a temporary one", code("clerk-1", lent), "set by admin-1 and is temporary", "sync officer password --by clerk-1")
	says("who set it and what became of it", verbOK(t, "officer", "password", "--data", dir, "--by", "clerk-1", "--password-file", lent, "--new-password-file", right),
		"由 admin-1 在 ", "此前用过 1 次", "请告诉审计员")
	says("without a password", code("admin-1", ""), "signs in: --by ID, and the password or --password-file")
	says("with none at the centre", code("admin-2", right), "admin-2: has no password at the centre", "sync officer add --id admin-2 --by ID")
	says("off the roster", code("nobody", right), "nobody: not on the roster", "sync operator add")
	says("of another role", code("clerk-1", right), "clerk-1 may not do this", "须由系统数据管理员办理")
	says("wrong once", code("admin-1", wrong), "admin-1: wrong password; 4 more lock it for 15 minutes", "sync officer add --id admin-1 --by ID")
	for range 3 {
		code("admin-1", wrong)
	}
	says("the fifth", code("admin-1", wrong), "the fifth", "locked until", "sync officer add --id admin-1 --by ID")
	says("locked", code("admin-1", right), "admin-1: locked until", "wait, or", "sync officer add --id admin-1 --by ID")
}

// verbNames are the names of all verbs.
func verbNames() []string {
	one, two := verbs()
	return slices.Concat(slices.Sorted(maps.Keys(one)), slices.Sorted(maps.Keys(two)))
}
