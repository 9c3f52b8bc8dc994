package rig

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestAPageOfYesterdayIsFound gives the database file pages that it had some
// operations ago, as a disk does that lost a write: whole and authentic, but
// not the last. Either the page counts for nothing or the store says so.
func TestAPageOfYesterdayIsFound(t *testing.T) {
	const page = 4096
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "data")
	path := filepath.Join(dir, "store.bolt")
	var files [2][]byte
	for i := range files {
		var errs bytes.Buffer
		if code := Main(ctx, []string{"write", "--dir", dir, "--max", "70"}, &errs, &errs); code != exitDone {
			t.Fatal(errs.String())
		}
		b, err := os.ReadFile(path)
		noErr(t, err)
		files[i] = b
	}
	var differ []int
	for at := 2 * page; at+page <= min(len(files[0]), len(files[1])); at += page {
		if !bytes.Equal(files[0][at:at+page], files[1][at:at+page]) {
			differ = append(differ, at)
		}
	}
	rand.Shuffle(len(differ), func(i, j int) { differ[i], differ[j] = differ[j], differ[i] })
	found, harmless := 0, 0
	for _, at := range differ[:min(25, len(differ))] {
		b := bytes.Clone(files[1])
		copy(b[at:at+page], files[0][at:at+page])
		noErr(t, os.WriteFile(path, b, 0o600))
		switch r := verify(ctx, dir, 1); {
		case r.OK && r.Applied == 140:
			harmless++
		case strings.HasPrefix(r.Err, "open: ") || strings.HasPrefix(r.Err, "check: "):
			found++
		default:
			t.Errorf("page %d of yesterday: got %+v", at/page, r)
		}
	}
	if found == 0 {
		t.Errorf("of %d pages none was found to be old", harmless)
	}
	t.Logf("%d pages: %d found, %d count for nothing", found+harmless, found, harmless)
}
