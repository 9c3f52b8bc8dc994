//go:build !unix

package central

import "time"

// processorTime is not known here.
func processorTime() time.Duration { return 0 }
