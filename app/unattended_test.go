package main

import (
	"bufio"
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/central"
)

// unattended is a verb of the command line: which of guard's verbs it asks for,
// a call of it that is right but for who makes it, and somebody who may not; or
// why it asks for none.
type unattended struct {
	verb guard.Verb
	as   string // aud is an auditor, anna a clerk, far a clerk of another point
	args []string
	why  string
}

// unattendedVerbs has a row for every verb. CASE stands for a case's id.
func unattendedVerbs() map[string]unattended {
	const device = "0190a000-0000-7000-8000-000000000001"
	return map[string]unattended{
		"operator enable":  {verb: guard.EnableOperator, as: "aud", args: []string{"bert", "--new-password-file", "new"}},
		"case list":        {verb: guard.Search, as: "far"},
		"case show":        {verb: guard.View, as: "far", args: []string{"CASE"}},
		"case export":      {verb: guard.Export, as: "aud", args: []string{"--grant", "g-1", "--to", "backup"}},
		"case pass":        {verb: guard.PassOn, as: "aud", args: []string{"CASE", device, "review"}},
		"sync import":      {verb: guard.OpenCase, as: "aud", args: []string{"--from", "folders"}},
		"sync run":         {verb: guard.Sync, as: "aud", args: []string{"--until-empty", "--adopt", "--server", "https://127.0.0.1:1"}},
		"sync status":      {verb: guard.Sync, as: "aud"},
		"sync settings":    {verb: guard.Sync, as: "aud", args: []string{"--pause", "on"}},
		"sync neighbour":   {verb: guard.Sync, as: "aud"},
		"sync stick write": {verb: guard.Sync, as: "aud", args: []string{"--to", "stick"}},
		"sync stick read":  {verb: guard.Sync, as: "aud", args: []string{"--from", "stick"}},
		"pack take":        {verb: guard.Sync, as: "aud", args: []string{"pack.bin"}},
		"store backup":     {verb: guard.Backup, as: "aud", args: []string{"--to", "backup"}},
		"store restore":    {verb: guard.Restore, as: "aud", args: []string{"--from", "backup", "--aside"}},
		"store erase":      {verb: guard.EraseSeason, as: "anna", args: []string{"--season", "2001", "--yes"}},
		"schools import":   {verb: guard.ImportRegister, as: "aud", args: []string{"schools.tsv"}},
		"audit verify":     {verb: guard.ReadAudit, as: "anna"},
		"audit report":     {verb: guard.ReadAudit, as: "anna", args: []string{"--out", "r.csv"}},

		"operator password": {why: "one's own, with the old one"},

		"check":           {why: "judges a file that is given in, by public rules; opens no store"},
		"pack list":       {why: "names packs and operators alone, to whoever may sign in"},
		"enrol":           {why: "a laptop that is new has no operator yet: the centre's code is the leave; --again asks for sync"},
		"contract verify": {why: "judges a file that is given in; with an account it asks for view of the case that the file names"},
		"store repair":    {why: "needs a password that opens the store; what it did is told in the chain, in that operator's name"},
		"page-worker":     {why: "the child that draws pages; opens no store"},
		"rig":             {why: "made-up work on a folder of its own"},
	}
}

// letIn runs a verb that asks the county to let somebody in, which approves it by
// the digits that it shows.
func (c *centre) letIn(t *testing.T, args ...string) {
	t.Helper()
	r, w := io.Pipe()
	done := make(chan int, 1)
	go func() {
		code := run(args, std{in: strings.NewReader(""), out: io.Discard, err: w})
		w.Close()
		done <- code
	}()
	digits := ""
	for lines := bufio.NewScanner(r); lines.Scan(); {
		if _, after, ok := strings.Cut(lines.Text(), "in person: "); ok {
			digits = after
		}
		if !strings.Contains(lines.Text(), "has the request") {
			continue
		}
		list, err := c.Recoveries(t.Context())
		if err != nil || len(list) == 0 {
			t.Fatal(len(list), err)
		}
		if err := c.ApproveRecovery(t.Context(), list[0].ID, digits); err != nil {
			t.Fatal(err)
		}
	}
	if code := <-done; code != exitDone {
		t.Fatalf("%v: exit code %d", args, code)
	}
}

func TestEveryVerbObeysTheTableOrSaysWhy(t *testing.T) {
	dir := t.TempDir()
	c, err := startCentre(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	if err := c.AddOperator(t.Context(), central.Operator{ID: "far", Name: "别处操作员", Roles: []string{"clerk"}}); err != nil {
		t.Fatal(err)
	}
	code, err := c.NewCode(t.Context(), central.NewCodeOptions{Point: "甲乡受理点"})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	for name, text := range map[string]string{"code": code, "pw": "right-horse-42", "pw2": "other-horse-42", "new": "third-horse-42", "lent": "lent-horse-42", "pack.bin": "x", "schools.tsv": "x"} {
		if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"folders/one", "stick", "backup"} {
		if err := os.MkdirAll(filepath.FromSlash(name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	must := func(args ...string) {
		t.Helper()
		if code, _, errs := try(args...); code != exitDone {
			t.Fatalf("%v: exit code %d, %s", args, code, errs)
		}
	}
	must("enrol", "--server", c.url, "--code-file", "code", "--data", "l", "--operator", "anna", "--password-file", "pw")
	id, err := newFamily("l")
	if err != nil {
		t.Fatal(err)
	}
	if code, out, errs := try("case", "show", id, "--data", "l", "--operator", "anna", "--password-file", "pw"); code != exitDone || !strings.Contains(out, id) || strings.Contains(out, "韦测甲") || strings.Contains(out, "200503149914") {
		t.Errorf("a case shown to its own clerk: exit code %d, %s; in full: %v", code, errs, strings.Contains(out, "韦测甲"))
	}
	for _, who := range []string{"aud", "far"} {
		enable := []string{"operator", "enable", who, "--new-password-file", "lent", "--data", "l", "--operator", "anna", "--password-file", "pw"}
		if code, _, _ := try(enable...); code != exitRefused {
			t.Errorf("a clerk enables %s: exit code %d", who, code)
		}
		c.letIn(t, append(enable, "--ask")...)
		if code, _, errs := try("sync", "status", "--data", "l", "--operator", who, "--password-file", "lent"); code != exitRefused || !strings.Contains(errs, "temporary password") {
			t.Errorf("%s by a temporary password: exit code %d, %s", who, code, errs)
		}
		must("operator", "password", "--new-password-file", "pw2", "--data", "l", "--operator", who, "--password-file", "lent")
	}
	// From now on one of them is of another point.
	if err := c.AddOperator(t.Context(), central.Operator{ID: "far", Name: "别处操作员", Roles: []string{"clerk"}, Level: "point", Org: "乙乡受理点"}); err != nil {
		t.Fatal(err)
	}
	must("sync", "run", "--until-empty", "--server", c.url, "--data", "l", "--operator", "anna", "--password-file", "pw")

	// Whoever works here carries, so that his account is renewed too.
	must("sync", "run", "--until-empty", "--server", c.url, "--data", "l", "--operator", "aud", "--password-file", "pw2")

	rows, want := unattendedVerbs(), map[string]int{"anna enable-operator": 2, "aud sync": 1, "far sync": 1}
	for _, v := range verbs() {
		if _, ok := rows[v.name]; !ok {
			t.Errorf("%s has no row: which verb of guard's does it ask for?", v.name)
		}
	}
	for name, row := range rows {
		if _, _, ok := find(strings.Fields(name)); !ok {
			t.Errorf("%s is no verb any more", name)
		}
		if (row.verb == "") == (row.why == "") {
			t.Errorf("%s: either a verb of guard's, or why there is none", name)
		}
		if row.verb == "" {
			continue
		}
		password := map[bool]string{true: "pw", false: "pw2"}[row.as == "anna"]
		args := append(append(strings.Fields(name), row.args...), "--data", "l", "--operator", row.as, "--password-file", password)
		for i, a := range args {
			if a == "CASE" {
				args[i] = id
			}
		}
		if code, out, errs := try(args...); code != exitRefused || strings.Contains(out, id) {
			t.Errorf("%s by %s: exit code %d, want %d; %s", name, row.as, code, exitRefused, errs)
		}
		want[row.as+" "+string(row.verb)]++
	}
	if got := refusals(t); !maps.Equal(got, want) {
		t.Errorf("the chain says that was refused: %v, want %v", got, want)
	}
}

// refusals counts what the laptop's chain says was refused, by operator and verb.
func refusals(t *testing.T) map[string]int {
	t.Helper()
	door, err := openDoor(context.Background(), "l")
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.SignIn(context.Background(), "anna", []byte("right-horse-42"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	all, err := d.Store().Pending(context.Background(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, ch := range all {
		b, err := loan.Body[loan.ViewBody](ch)
		if err != nil {
			continue
		}
		if verb, ok := strings.CutPrefix(b.Detail, "refused "); ok {
			verb, _, _ = strings.Cut(verb, ": ")
			out[ch.Operator+" "+verb]++
		}
	}
	return out
}

// TestANewLaptopKnowsTheLevelsFromTheFirst enrols a laptop by people of two
// points, before it ever synced.
func TestANewLaptopKnowsTheLevelsFromTheFirst(t *testing.T) {
	dir := t.TempDir()
	c, err := startCentre(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	for id, org := range map[string]string{"near": "甲乡受理点", "far": "乙乡受理点"} {
		if err := c.AddOperator(t.Context(), central.Operator{ID: id, Name: "某人", Roles: []string{"clerk"}, Level: "point", Org: org}); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for who, want := range map[string]int{"far": exitRefused, "near": exitDone} {
		code, err := c.NewCode(t.Context(), central.NewCodeOptions{Point: "甲乡受理点"})
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{"code": code, "pw": "right-horse-42"} {
			if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, _, errs := try("enrol", "--server", c.url, "--code-file", "code", "--data", who, "--operator", who, "--password-file", "pw"); got != want {
			t.Errorf("begun by %s: exit code %d, want %d; %s", who, got, want, errs)
		}
	}
	door, err := openDoor(t.Context(), "near")
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.SignIn(t.Context(), "near", []byte("right-horse-42"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	people, err := d.Operators(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	levels := map[string]string{}
	for _, o := range people {
		if o.Level != "" {
			levels[o.ID] = o.Org
		}
	}
	if want := map[string]string{"near": "甲乡受理点", "far": "乙乡受理点"}; !maps.Equal(levels, want) {
		t.Errorf("got %v, want %v", levels, want)
	}
}
