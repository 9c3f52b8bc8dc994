package central

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"doorstep/internal/depot"
	"doorstep/internal/fault"
)

func sequence(t *testing.T, c *Central, name string) (n int) {
	t.Helper()
	if err := c.db.QueryRow(`SELECT COALESCE(MAX(value), 0) FROM sequences WHERE name = ?`, name).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// counting is a write that leaves a trace, and then does something else.
func counting(name string, then func() error) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		if _, err := nextNumber(ctx, tx, name, 1); err != nil {
			return err
		}
		return then()
	}
}

func fine() error { return nil }

func TestCommitter(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := context.Background()
	t.Run("what fails leaves no trace, what shared its transaction stays", func(t *testing.T) {
		hold, inside := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := c.commits.do(ctx, counting("first", func() error { close(inside); <-hold; return nil })); err != nil {
				t.Error(err)
			}
		})
		<-inside
		for i := range 30 {
			wg.Go(func() {
				switch i % 3 {
				case 0:
					if err := c.commits.do(ctx, counting("good", fine)); err != nil {
						t.Error(err)
					}
				case 1:
					err := c.commits.do(ctx, counting("bad", func() error { return fault.New("t", fault.Conflict, nil) }))
					if fault.KindOf(err) != fault.Conflict {
						t.Errorf("got %v, want conflict", err)
					}
				case 2:
					if err := c.commits.do(ctx, counting("panic", func() error { panic("x") })); err == nil {
						t.Error("a panic was no error")
					}
				}
			})
		}
		close(hold)
		wg.Wait()
		for name, want := range map[string]int{"first": 1, "good": 10, "bad": 0, "panic": 0} {
			if got := sequence(t, c, name); got != want {
				t.Errorf("%s counted %d, want %d", name, got, want)
			}
		}
	})
}

func TestCommitterFirst(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := context.Background()
	for name, then := range map[string]func() error{
		"an error":    func() error { return fault.New("t", fault.Conflict, nil) },
		"the context": func() error { return context.Canceled },
		"a panic":     func() error { panic("x") },
	} {
		t.Run(name+" that is the first of its transaction leaves no trace, and the next is kept", func(t *testing.T) {
			if err := c.commits.do(ctx, counting("alone", then)); err == nil {
				t.Error("got no error")
			}
			if got := sequence(t, c, "alone"); got != 0 {
				t.Errorf("counted %d, want 0", got)
			}
			if err := c.commits.do(ctx, counting("after "+name, fine)); err != nil {
				t.Error(err)
			}
			if got := sequence(t, c, "after "+name); got != 1 {
				t.Errorf("counted %d after it, want 1", got)
			}
		})
	}
}

func TestCommitterEnds(t *testing.T) {
	c := open(t, t.TempDir())
	ctx := context.Background()
	t.Run("the end of a context stops the waiting, not the work", func(t *testing.T) {
		short, cancel := context.WithCancel(ctx)
		err := c.commits.do(short, counting("begun", func() error { cancel(); return nil }))
		if err != nil || sequence(t, c, "begun") != 1 {
			t.Errorf("begun work: %v", err)
		}
		if depot.OnShared() {
			return // nobody waits there; see TestSharedWritersAreFew
		}
		hold, inside := make(chan struct{}), make(chan struct{})
		done := make(chan error)
		go func() { done <- c.commits.do(ctx, counting("x", func() error { close(inside); <-hold; return nil })) }()
		<-inside
		late, cancel2 := context.WithTimeout(ctx, time.Millisecond)
		defer cancel2()
		if err := c.commits.do(late, counting("late", fine)); fault.KindOf(err) != fault.Cancelled {
			t.Errorf("got %v, want cancelled", err)
		}
		close(hold)
		if err := <-done; err != nil {
			t.Error(err)
		}
		if sequence(t, c, "late") != 0 {
			t.Error("work of which its asker was told that it was not done")
		}
	})
	t.Run("after closing nothing is taken", func(t *testing.T) {
		c.commits.close()
		if err := c.commits.do(ctx, counting("after", fine)); fault.KindOf(err) != fault.Cancelled {
			t.Errorf("got %v, want cancelled", err)
		}
	})
}

func TestSyncer(t *testing.T) {
	s := newSyncer()
	dir := t.TempDir()
	files := make([]*os.File, 5)
	for i := range files {
		f, err := os.Create(fmt.Sprintf("%s/%d", dir, i))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			if err := s.sync(files[i%5]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	files[0].Close()
	if err := s.sync(files[0]); err == nil {
		t.Error("a file that cannot be synced was answered for")
	}
	s.close()
	if err := s.sync(files[1]); err == nil {
		t.Error("synced after closing")
	}
}
