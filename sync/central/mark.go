package central

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"sync"
	"time"

	"doorstep/internal/fault"
)

// markFor is how long a mark of the county is told before it is made anew: so it
// costs a server the same, however many laptops ask.
const markFor = 2 * time.Second

// countyMark is the mark of what the county has to say, as it was made last.
type countyMark struct {
	sync.Mutex
	of string // the county's code
	at time.Time
	is string
}

// markOf is another text whenever the county has another word for its laptops than
// before: people, bulletins, devices shut out. It is at most markFor old.
func (c *Central) markOf(ctx context.Context, county string) (string, error) {
	const op = "central.markOf"
	c.mark.Lock()
	defer c.mark.Unlock()
	if c.mark.of == county && time.Since(c.mark.at) < markFor {
		return c.mark.is, nil
	}
	at := time.Now()
	a, err := c.countyAnswer(ctx, county, true)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	out, err := shutOut(ctx, c.db)
	if err != nil {
		return "", fault.Wrap(op, err)
	}
	b, err := json.Marshal([]any{a, out})
	if err != nil {
		return "", fault.New(op, fault.Other, err)
	}
	sum := sha256.Sum256(b)
	c.mark.of, c.mark.at, c.mark.is = county, at, hex.EncodeToString(sum[:8])
	return c.mark.is, nil
}
