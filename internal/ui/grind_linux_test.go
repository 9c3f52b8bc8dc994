package ui

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWorkOnPixelsStandsBehindTheWindow(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	nice := func() int {
		n, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
		if err != nil {
			t.Fatal(err)
		}
		return 20 - n
	}
	before, within, thread := nice(), 0, 0
	for range 3 {
		behind(func() { within, thread = nice(), unix.Gettid() })
		if want := min(before+10, 19); within != want {
			t.Errorf("the job's thread is %d nice, want %d", within, want)
		}
		if thread == unix.Gettid() {
			t.Error("the job ran on the window's thread")
		}
	}
	if got := nice(); got != before {
		t.Errorf("the window's thread is %d nice, was %d", got, before)
	}
	after := 0
	done := make(chan struct{})
	go func() { defer close(done); after = nice() }()
	<-done
	if after != before {
		t.Errorf("a goroutine that came later is %d nice, want %d", after, before)
	}
}
