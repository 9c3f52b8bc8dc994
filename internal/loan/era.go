package loan

import (
	"errors"
	"math/rand/v2"
	"time"

	"doorstep/internal/fault"
)

// EraShift parts a counter of a chain: above it is the era, below it the
// change's number within the era.
const EraShift = 32

// eraStart is the day from which eras count seconds.
func eraStart() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

// NextEra is a counter above every one that a lost state of a chain can have
// used, last being the highest that is known: the second that the clock shows is
// the era, or the era after the last one where the clock was set back. The number
// begins with the microsecond, and chance behind it, so that of two lives that
// one backup was given the later has the higher counters, and under a wrong clock
// still others. It fails with fault.Unsupported when the chain has used all its
// eras.
func NextEra(last uint64, now time.Time) (uint64, error) {
	const most = 1 << 31
	seconds := min(max(now.Unix()-eraStart().Unix(), 0), most/2)
	era := max(last>>EraShift+1, uint64(seconds))
	if era >= most {
		return 0, fault.New("loan.NextEra", fault.Unsupported, errors.New("the chain has used all its eras"))
	}
	const chance = 1 << 10 // of a million microseconds it makes less than 1<<30
	return era<<EraShift | 1 + uint64(now.Nanosecond()/1000)*chance + rand.Uint64N(chance), nil
}
