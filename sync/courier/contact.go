package courier

import (
	"context"
	"time"

	"doorstep/internal/fault"
)

const contactSetting = "courier.contact"

// recall shows what runs before this one knew of the centre. What cannot be read
// stays unknown: sending does not rest on it.
func (c *Courier) recall(ctx context.Context) {
	var contact, receipt time.Time
	if err := c.store.Setting(ctx, contactSetting, &contact); err != nil && fault.KindOf(err) != fault.Missing {
		c.log.Warn("the last contact is not known", "error", err.Error())
	}
	if r, err := c.store.LastReceipt(ctx); err == nil {
		receipt = r.At
	} else if fault.KindOf(err) != fault.Missing {
		c.log.Warn("the last receipt is not known", "error", err.Error())
	}
	if contact.Before(receipt) { // the run ended without a word
		contact = receipt
	}
	c.update(func(s *State) {
		if s.EverContact.Before(contact) {
			s.EverContact = contact
		}
		if s.EverReceipt.Before(receipt) {
			s.EverReceipt = receipt
		}
	})
}

// keepContact keeps for the next run when the centre last answered. Where that
// fails the newest receipt tells as much as it can.
func (c *Courier) keepContact() {
	at := c.State().LastContact
	if at.IsZero() {
		return
	}
	if err := c.store.SetSetting(context.Background(), contactSetting, at.UTC()); err != nil {
		c.log.Warn("the last contact was not kept", "error", err.Error())
	}
}
