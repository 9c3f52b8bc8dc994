package ui

import (
	"context"
	"runtime"

	"doorstep/internal/fault"
)

// mill lets as many grind at once as there are processors but one, which stays
// free for the window, and each with less right to a processor than the window
// has: the drawing of a frame by software takes them all.
type mill chan struct{}

func newMill() mill { return make(mill, max(1, runtime.GOMAXPROCS(0)-1)) }

// grind is run for a job that keeps a processor busy, as whatever looks at the
// pixels of a picture does: it waits until one is free for it.
func (u *Window) grind(name string, job func(ctx context.Context) error, done func(error)) {
	u.run(name, func(ctx context.Context) (err error) {
		select {
		case u.mill <- struct{}{}:
		case <-ctx.Done():
			return fault.New(name, fault.Cancelled, ctx.Err())
		}
		defer func() { <-u.mill }()
		behind(func() { err = job(ctx) })
		return err
	}, done)
}

// try does a job of the kind at once, or not at all where none is free for it.
func (m mill) try(job func()) {
	select {
	case m <- struct{}{}:
		defer func() { <-m }()
		behind(job)
	default:
	}
}

// behind does a job on a thread of its own, behind the threads of the window. The
// thread ends with the job, for a process may not raise what it has lowered.
func behind(job func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		stepBack()
		job()
	}()
	<-done
}
