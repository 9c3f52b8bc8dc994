package courier

import (
	"context"
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/store"
)

// Hold is why something stays here although the centre may be reached.
type Hold uint8

// The holds.
const (
	HeldNothing Hold = iota
	HeldPaused       // an operator paused
	HeldMetered      // the network is metered
)

// permit is what may go now.
type permit struct {
	hold    Hold
	records bool
	classes store.OnMetered // while metered; else all
	full    bool            // the centre had no room for blobs, a moment ago
}

// goes says whether a blob may go.
func (p permit) goes(b store.PendingBlob) bool {
	if p.full {
		return false
	}
	switch p.classes {
	case store.MeteredAll:
		return true
	case store.MeteredContracts:
		return b.Contract
	}
	return false
}

// may is what may go now. The caller holds mu.
func (c *Courier) may() permit {
	p := c.maySettled()
	p.full = time.Now().Before(c.full.until)
	return p
}

// maySettled is what may go by the settings. The caller holds mu.
func (c *Courier) maySettled() permit {
	s := c.settings
	switch {
	case s.Paused:
		return permit{hold: HeldPaused}
	case !c.onMetered(), s.OnMetered == store.MeteredAll:
		return permit{records: true, classes: store.MeteredAll}
	}
	return permit{hold: HeldMetered, records: s.OnMetered != store.MeteredNothing, classes: s.OnMetered}
}

// onMetered says whether the network counts as metered. The caller holds mu.
func (c *Courier) onMetered() bool {
	return c.settings.Metered || c.metered != nil && c.metered()
}

func (c *Courier) permitted() permit {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.may()
}

// stopped says whether nothing at all may go.
func (c *Courier) stopped() bool { return !c.permitted().records }

// readSettings takes the settings that the store keeps.
func (c *Courier) readSettings(ctx context.Context) error {
	v, err := c.store.SyncSettings(ctx)
	if err != nil {
		return err
	}
	c.obey(v)
	return nil
}

// Obey works by other settings from now on, also for what is under way. It does
// not keep them: the store does.
func (c *Courier) Obey(v store.SyncSettings) {
	c.obey(v)
	c.Wake()
}

func (c *Courier) obey(v store.SyncSettings) {
	c.SetCap(v.Cap)
	c.mu.Lock()
	c.settings = v
	c.mu.Unlock()
	c.update(func(*State) {})
}

// heldFault says why what is left does not go.
func (c *Courier) heldFault() error {
	const op = "courier.held"
	if c.permitted().hold == HeldPaused {
		return fault.Say(op, fault.Denied, "上传已暂停，材料留在本机。", errors.New("sync is paused"))
	}
	return fault.Say(op, fault.Denied, "当前网络按流量计费，其余材料留在本机，换网络后自动上传。", errors.New("the network is metered"))
}

// left is why a round that went well left something here; nil when it did not.
func (c *Courier) left() error {
	s := c.State()
	for _, a := range s.Aside {
		return a.Err
	}
	for _, r := range s.Refused {
		return refusedFault(r)
	}
	if s.HeldBlobs > 0 || s.Hold == HeldPaused {
		return c.heldFault()
	}
	return nil
}
