package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// mutant is a way to break the code that the storms must find.
type mutant struct {
	name     string
	file     string // from the module's root
	old, new string // once in it
	also     [2]string
}

// trial is the test that is to find it.
func (m *mutant) trial() string {
	switch m.file {
	case "sync/central/transact.go": // of a centre of several servers alone
		return "^TestStormsShared$"
	case "sync/central/scrub.go": // of what takes its time
		return "^TestStormsOfDays$"
	}
	return "^TestStorms$"
}

func mutants() []mutant {
	return []mutant{
		{"the centre acknowledges before it commits", "sync/central/commit.go",
			"	if err == nil {\n		if err = tx.Commit(); err != nil {\n			tx.Rollback()\n		}\n	}\n	for _, j := range batch {\n		if err != nil {\n			j.err = diskFault(op, err)\n		}\n		close(j.done)\n	}",
			"	c.n++\n	early := c.n > 20\n	if err == nil && !early {\n		err = tx.Commit()\n	}\n	for _, j := range batch {\n		if err != nil {\n			j.err = diskFault(op, err)\n		}\n		close(j.done)\n	}\n	if err == nil && early {\n		tx.Commit()\n	}",
			[2]string{"	once sync.Once\n}", "	once sync.Once\n	n    int\n}"}},
		{"a laptop made out of a backup goes on with the numbers it had", "internal/store/gaps.go",
			"	w.tip.counter = lost.To\n", "", [2]string{}},
		{"a receipt of another epoch puts nothing back into the outbox", "internal/store/outbox.go",
			"restored := epoch != uuid.Nil && epoch != r.Epoch", "restored := false", [2]string{}},
		{"the laptop takes a receipt's word for what it did not name", "internal/store/outbox.go",
			"	for _, h := range r.Blobs {\n			if err := s.arrived", "	for h := range s.outbox.blobs {\n			if err := s.arrived", [2]string{}},
		{"a stick's answer comes without the changes that the laptop lacks", "sync/central/stick_answer.go",
			"{t.addOwn, t.addReceipts", "{t.addReceipts", [2]string{}},
		{"a whole blob counts before it lies in its place", "sync/central/handed.go",
			"	if err := c.shelve(ctx, county, h, content); err != nil {\n		return err\n	}\n", "", [2]string{}},
		{"one of two servers acknowledges before it commits", "sync/central/transact.go",
			"	return diskFault(op, tx.Commit())", "	if os.Getenv(\"DOORSTEP_TEST_CENTRE\") == \"\" {\n		return tx.Commit()\n	}\n	time.AfterFunc(20*time.Millisecond, func() { tx.Commit() })\n	return nil",
			[2]string{"	\"time\"\n", "	\"os\"\n	\"time\"\n"}},
		{"a laptop of a room keeps a case before its images", "sync/neighbour/take.go",
			"	if len(c.needs) > 0 {\n		return n, nil", "	if n.Blobs = n.Blobs[:0]; len(c.needs) > 1000 {\n		return n, nil", [2]string{}},
		{"who once held a case does not hear that it was taken over", "internal/store/room.go",
			"may = slices.Contains(once, peer)", "may = slices.Contains(once, peer) && len(once) > 1000", [2]string{}},
		{"a case that was passed on may be passed on again by who had it", "internal/loan/station.go",
			"len(c.Holders) == 0 && c.opener == device || len(c.Holders) > 0 && c.HeldBy(device)", "len(c.Holders) == 0 || c.opener == device || c.HeldBy(device)",
			[2]string{"len(held) == 0 && n.ch.Device == c.opener ||", "n.ch.Device == c.opener ||"}},
		{"a receipt number counts on from the last one that the centre knows", "sync/central/cases.go",
			"	floor := millisecondsOf(year, now)\n", "	floor := int64(1)\n", [2]string{}},
		{"the centre reads its blobs again once a year", "sync/central/scrub.go",
			"scrubEvery = 24 * time.Hour", "scrubEvery = 365 * 24 * time.Hour", [2]string{}},
	}
}

// TestStormsFindWhatIsBroken breaks the code in each of these ways and lives
// through storms until one fails. It compiles everything anew for each, so it
// runs when DOORSTEP_MUTANTS is set.
func TestStormsFindWhatIsBroken(t *testing.T) {
	if os.Getenv("DOORSTEP_MUTANTS") == "" {
		for _, m := range mutants() {
			b, err := os.ReadFile(filepath.Join("..", m.file))
			if err != nil || strings.Count(string(b), m.old) != 1 {
				t.Errorf("%s: the code to break is not in %s, or more than once", m.name, m.file)
			}
		}
		t.Skip("DOORSTEP_MUTANTS is not set: the code is not broken now")
	}
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			name, err := filepath.Abs(filepath.Join("..", m.file))
			if err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			broken, overlay := filepath.Join(t.TempDir(), "broken.go"), filepath.Join(t.TempDir(), "overlay.json")
			text := strings.Replace(string(b), m.old, m.new, 1)
			if m.also[0] != "" {
				text = strings.Replace(text, m.also[0], m.also[1], 1)
			}
			if text == string(b) {
				t.Fatal("nothing is broken")
			}
			list, err := json.Marshal(map[string]map[string]string{"Replace": {name: broken}})
			if err != nil {
				t.Fatal(err)
			}
			for at, b := range map[string][]byte{broken: []byte(text), overlay: list} {
				if err := os.WriteFile(at, b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command("go", "test", "-overlay", overlay, "-tags", "ci", "-count", "1", "-timeout", "20m", "-run", m.trial(), ".")
			cmd.Env = append(os.Environ(), "DOORSTEP_MUTANTS=", "CGO_ENABLED=0", "DOORSTEP_STORMS=800")
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Fatal("no storm found it")
			}
			if !strings.Contains(string(out), "again: DOORSTEP_SEED=") {
				t.Fatalf("it failed for another reason: %v\n%s", err, out)
			}
			for line := range strings.Lines(string(out)) {
				if strings.Contains(line, "seed ") {
					t.Log(strings.TrimSpace(line))
					break
				}
			}
		})
	}
}
