//go:build !linux

package kit

import "context"

// WatchSleep would call soon each time before the machine goes to sleep; this
// system is not asked, and it returns at once. What sleeps past the idle limit
// locks when it wakes.
func WatchSleep(context.Context, func()) {}
