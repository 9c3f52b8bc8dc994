//go:build !linux

package desk

import "time"

// Steady is a time that runs whatever the clock is set to.
func Steady() func() time.Duration {
	began := time.Now()
	return func() time.Duration { return time.Since(began) }
}
