package seal

import (
	"errors"
	"time"

	"golang.org/x/crypto/argon2"

	"doorstep/internal/fault"
)

// Cost is what one guess at a password costs: the parameters of Argon2id.
type Cost struct {
	Time      uint32 // passes
	MemoryKiB uint32
	Threads   uint8
}

// FloorCost is the least a real key file uses.
func FloorCost() Cost { return Cost{Time: 3, MemoryKiB: 64 << 10, Threads: 2} }

// CheapCost is for tests, and for a password that everybody knows: it protects
// nothing.
func CheapCost() Cost { return Cost{Time: 1, MemoryKiB: 64, Threads: 1} }

const (
	maxTime      = 64
	maxMemoryKiB = 1 << 20
	maxThreads   = 16
)

// Calibrate measures this machine and raises the passes of FloorCost until an
// unlock takes about target, never below the floor.
func Calibrate(target time.Duration) Cost {
	c := FloorCost()
	start := time.Now()
	Wipe(c.derive([]byte("calibration"), make([]byte, saltSize)))
	took := max(time.Since(start), time.Millisecond)
	passes := uint32(min(int64(target)*int64(c.Time)/int64(took), maxTime))
	c.Time = max(c.Time, passes)
	return c
}

func (c Cost) valid() error {
	if c.Time < 1 || c.Time > maxTime || c.Threads < 1 || c.Threads > maxThreads ||
		c.MemoryKiB < 8*uint32(c.Threads) || c.MemoryKiB > maxMemoryKiB {
		return fault.New("seal.Cost", fault.Damaged, errors.New("cost out of bounds"))
	}
	return nil
}

func (c Cost) derive(password, salt []byte) []byte {
	return argon2.IDKey(password, salt, c.Time, c.MemoryKiB, c.Threads, keySize)
}
