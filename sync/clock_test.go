package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"doorstep/internal/guard"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// Two lists can be laid side by side, whichever zone the server is in.
func TestEveryTimeIsThatOfBeijing(t *testing.T) {
	at := time.Date(2026, 8, 1, 16, 30, 0, 0, time.UTC)
	device := uuid.MustParse("0190a000-0000-7000-8000-0000000000a1")
	laptop := central.HeldDevice{ID: device, Point: "一中", Enrolled: at, Seen: &central.Seen{At: at}, Clone: &central.Clone{Until: at}}
	const want = "2026-08-02 00:30:00"
	for name, c := range map[string]struct {
		show  func(io.Writer)
		times int
	}{
		"a line of the record":  {func(w io.Writer) { showLine(w, guard.Line{At: at, Device: device}, nil) }, 1},
		"a laptop":              {func(w io.Writer) { showDevice(w, laptop) }, 2},
		"what the centre holds": {func(w io.Writer) { show(w, &central.Holdings{Devices: []central.HeldDevice{laptop}}) }, 1},
		"a lost laptop": {func(w io.Writer) {
			showLost(w, &central.Report{HeldDevice: central.HeldDevice{Seen: &central.Seen{At: at, Told: at}}})
		}, 2},
		"an erased case":       {func(w io.Writer) { showErased(w, central.Tombstone{At: at}) }, 1},
		"a temporary password": {func(w io.Writer) { tellLent(w, &central.Lent{At: at, Used: at, Uses: 2}) }, 2},
		"an officer":           {func(w io.Writer) { showOfficer(w, central.Officer{Since: at, Locked: at}) }, 2},
		"one with a temporary password": {func(w io.Writer) {
			showOfficer(w, central.Officer{Since: at, Lent: &central.Lent{Until: at}})
		}, 2},
		"what goes down to laptops": {func(w io.Writer) { showBulletin(w, central.IssuedBulletin{Issued: at, Expires: at}) }, 1},
	} {
		var b bytes.Buffer
		if c.show(&b); strings.Count(b.String(), want) != c.times {
			t.Errorf("%s: %q, want %s in it %d times", name, b.String(), want, c.times)
		}
	}
	t.Run("and each list says so, once", func(t *testing.T) {
		s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
		newLaptop(t, s)
		for _, verb := range []string{"list", "device list", "record list --reason 年度检查", "record verify --reason 年度检查"} {
			if out := s.must(t, strings.Fields(verb)...); strings.Count(out, "北京时间") != 1 {
				t.Errorf("%s: %s", verb, out)
			}
		}
	})
	t.Run("nothing asks for the zone of the machine", func(t *testing.T) {
		var files []string
		for _, dir := range []string{".", "central"} {
			more, err := filepath.Glob(filepath.Join(dir, "*.go"))
			if err != nil {
				t.Fatal(err)
			}
			files = append(files, more...)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if found := regexp.MustCompile(`\.Local\(\)|\.Format\((time\.DateTime|"2006-01-02 15:04"|"15:04:05")\)`).Find(source); found != nil {
				t.Errorf("%s: %s", name, found)
			}
		}
	})
}

// A list of nothing says so.
func TestAnEmptyListSaysThatItIsEmpty(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	for _, verb := range []string{"list", "contract list", "answer list", "grant waiting", "export list", "case erased", "officer list", "device list", "bulletin list", "recovery list", "emergency list --reason 年度检查"} {
		if out := s.must(t, strings.Fields(verb)...); !strings.Contains(out, "没有") {
			t.Errorf("%s: %q", verb, out)
		}
		if out := s.must(t, append(strings.Fields(verb), "--json")...); strings.Contains(out, "没有") {
			t.Errorf("%s for programs: %q", verb, out)
		}
	}
}
