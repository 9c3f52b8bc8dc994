package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"doorstep/internal/fault"
)

// writer runs writes, each whole and durable or without a trace. The embedded
// database has the committer; a shared one the transactor.
type writer interface {
	do(ctx context.Context, do func(context.Context, *sql.Tx) error) error
	close()
}

// transactor runs writes side by side, a transaction each, beside those of
// other servers: the database syncs many commits at once, and locks keep their
// order. What lost against another server is tried again.
type transactor struct {
	db     *sql.DB
	places chan struct{}
	quit   chan struct{}
	mu     sync.Mutex // held while one begins or all are told to end
	closed bool
	wg     sync.WaitGroup
	retry  func(again bool) // told of every transaction that failed, and whether it is tried again
}

const (
	tries     = 10
	writeTime = time.Minute
)

// errAgain asks for the write to be tried again from its beginning.
var errAgain = errors.New("changed meanwhile")

func newTransactor(db *sql.DB, connections int, retry func(bool)) *transactor {
	if connections == 0 {
		connections = poolDefault
	}
	return &transactor{db: db, places: make(chan struct{}, max(1, connections*3/4)), quit: make(chan struct{}), retry: retry}
}

// do runs a write and returns when it is durable, or when it failed and left
// no trace. A write that has begun is not interrupted by the end of ctx. The
// write may be run several times, and must not mind. When the way to the
// database broke off at the end, nobody knows whether it is durable, and the
// answer is fault.Busy: it is not acknowledged, and may be sent again.
func (t *transactor) do(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	const op = "central.commit"
	select {
	case t.places <- struct{}{}:
	case <-ctx.Done():
		return fault.New(op, fault.Cancelled, ctx.Err())
	case <-t.quit:
		return fault.New(op, fault.Cancelled, errors.New("closing"))
	}
	defer func() { <-t.places }()
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return fault.New(op, fault.Cancelled, errors.New("closing"))
	}
	t.wg.Add(1)
	t.mu.Unlock()
	defer t.wg.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTime)
	defer cancel()
	for i := 1; ; i++ {
		err := t.once(ctx, do)
		again := passing(err) && i < tries && ctx.Err() == nil
		if err != nil {
			t.retry(again)
		}
		if !again {
			return last(op, err)
		}
		time.Sleep(rand.N(time.Duration(min(i, 6)*i) * time.Millisecond))
	}
}

// last is what is said of a write that is not tried again.
func last(op string, err error) error {
	if passing(err) {
		return fault.New(op, fault.Busy, err)
	}
	return err
}

// passing says that a write lost against another server, and did nothing.
func passing(err error) bool {
	switch sqlState(err) {
	case "40001", "40P01", "23505", "55P03":
		return true
	}
	return errors.Is(err, errAgain)
}

func (t *transactor) once(ctx context.Context, do func(context.Context, *sql.Tx) error) (err error) {
	const op = "central.commit"
	tx, err := t.db.BeginTx(ctx, nil)
	if err != nil {
		return diskFault(op, err)
	}
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(op, fault.Other, fmt.Errorf("panic: %v", p))
		}
		if err != nil {
			tx.Rollback()
		}
	}()
	if err := do(ctx, tx); err != nil {
		return err
	}
	return diskFault(op, tx.Commit())
}

func (t *transactor) close() {
	t.mu.Lock()
	if !t.closed {
		t.closed = true
		close(t.quit)
	}
	t.mu.Unlock()
	t.wg.Wait()
}
