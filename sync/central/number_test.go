package central

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"
)

// Yesterday's folder is put back and nobody says so; a laptop that was not there
// in between brings a case before any other tells the centre what it lost.
func TestNoNumberIsGivenAgainByACentreThatWasSetBack(t *testing.T) {
	ofFolder(t)
	dir := filepath.Join(t.TempDir(), "centre")
	c := open(t, dir)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	reopen := func() {
		c = open(t, dir)
		url = serve(t, c)
		a, b = a.at(url), b.at(url)
	}
	given := func(l *laptop) Held {
		t.Helper()
		id, blobs := l.finished(content("paper of "+l.enrol.Device.String(), 10))
		l.send(l.changes)
		for _, content := range blobs {
			l.blob(content)
		}
		k := l.held(c, id)
		if !regexp.MustCompile(`^HZ\d{6}\d{4}\d{11}$`).MatchString(k.ReceiptNo) || !regexp.MustCompile(`^\d{6}\d{4}\d{11}$`).MatchString(k.ContractNo) {
			t.Fatalf("receipt %s, contract %s", k.ReceiptNo, k.ContractNo)
		}
		return k
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	before := filepath.Join(t.TempDir(), "before")
	if err := os.CopyFS(before, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	reopen()
	epoch, lost := c.Epoch(), given(a)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
		t.Fatal(err)
	}
	reopen()
	other := given(b)
	if c.Epoch() != epoch {
		t.Fatal("somebody told it")
	}
	if other.ReceiptNo <= lost.ReceiptNo || other.ContractNo <= lost.ContractNo {
		t.Errorf("one family has receipt %s and contract %s, another %s and %s", lost.ReceiptNo, lost.ContractNo, other.ReceiptNo, other.ContractNo)
	}
}

func TestNumbersFollowTheClockAndOneAnother(t *testing.T) {
	c := open(t, t.TempDir())
	next := func(floor int64) (n int64) {
		t.Helper()
		if err := c.commits.do(t.Context(), func(ctx context.Context, tx *sql.Tx) (err error) {
			n, err = nextNumber(ctx, tx, "receipt/522727/2026", floor)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, step := range []struct {
		what        string
		floor, want int64
	}{
		{"an earlier program's first", 1, 1},
		{"its second", 1, 2},
		{"the clock is above", 5000, 5000},
		{"in the same millisecond", 5000, 5001},
		{"the clock was set back", 4000, 5002},
		{"and came again as far", 5002, 5003},
		{"and on", 6000, 6000},
	} {
		if got := next(step.floor); got != step.want {
			t.Errorf("%s: got %d, want %d", step.what, got, step.want)
		}
	}
	day := time.Date(2026, 8, 1, 0, 0, 0, 0, time.UTC)
	for year, want := range map[int]int64{2026: 577 * 86_400_000, 2027: 212 * 86_400_000, 2028: 1} {
		if got := millisecondsOf(year, day); got != want {
			t.Errorf("of %d: got %d, want %d", year, got, want)
		}
	}
}
