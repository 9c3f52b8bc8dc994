package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"doorstep/internal/fault"
)

// committer runs all writes in one goroutine, many to a transaction: what
// waited while one was synced shares the next sync. Each write stands or falls
// alone: the first with its transaction, each later one by a savepoint, which
// makes the database keep every page twice.
type committer struct {
	db   *sql.DB
	jobs chan *job
	quit chan struct{}
	wg   sync.WaitGroup
	once sync.Once
}

type job struct {
	ctx  context.Context
	do   func(context.Context, *sql.Tx) error
	err  error
	done chan struct{}
}

const maxBatch = 64

func newCommitter(db *sql.DB) *committer {
	c := &committer{db: db, jobs: make(chan *job), quit: make(chan struct{})}
	c.wg.Go(c.run)
	return c
}

// do runs a write and returns when it is durable, or when it failed and left
// no trace. A write that has begun is not interrupted by the end of ctx.
func (c *committer) do(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	const op = "central.commit"
	j := &job{ctx: context.WithoutCancel(ctx), do: do, done: make(chan struct{})}
	select {
	case c.jobs <- j:
	case <-ctx.Done():
		return fault.New(op, fault.Cancelled, ctx.Err())
	case <-c.quit:
		return fault.New(op, fault.Cancelled, errors.New("closing"))
	}
	<-j.done
	return j.err
}

func (c *committer) close() {
	c.once.Do(func() { close(c.quit) })
	c.wg.Wait()
}

func (c *committer) run() {
	for {
		select {
		case j := <-c.jobs:
			c.batch(j)
		case <-c.quit:
			return
		}
	}
}

func (c *committer) batch(first *job) {
	const op = "central.commit"
	batch := []*job{first}
	tx, err := c.db.BeginTx(context.Background(), nil)
	if err == nil {
		if first.err = first.run(tx); first.err != nil {
			tx.Rollback()
			close(first.done)
			return
		}
	}
	for err == nil && len(batch) < maxBatch {
		var j *job
		select {
		case j = <-c.jobs:
		default:
		}
		if j == nil {
			break
		}
		batch = append(batch, j)
		j.err = inSavepoint(j, tx)
	}
	if err == nil {
		if err = tx.Commit(); err != nil {
			tx.Rollback()
		}
	}
	for _, j := range batch {
		if err != nil {
			j.err = diskFault(op, err)
		}
		close(j.done)
	}
}

// run runs one write; a panic is its failure.
func (j *job) run(tx *sql.Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New("central.commit", fault.Other, fmt.Errorf("panic: %v", p))
		}
	}()
	return j.do(j.ctx, tx)
}

// inSavepoint runs one write; if it fails or panics, its part alone is undone.
func inSavepoint(j *job, tx *sql.Tx) (err error) {
	const op = "central.commit"
	if _, err := tx.ExecContext(j.ctx, `SAVEPOINT job`); err != nil {
		return diskFault(op, err)
	}
	defer func() {
		if err != nil {
			if _, rerr := tx.ExecContext(j.ctx, `ROLLBACK TO SAVEPOINT job`); rerr != nil {
				err = diskFault(op, errors.Join(err, rerr))
			}
		}
		if _, rerr := tx.ExecContext(j.ctx, `RELEASE SAVEPOINT job`); rerr != nil && err == nil {
			err = diskFault(op, rerr)
		}
	}()
	return j.run(tx)
}
