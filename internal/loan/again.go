package loan

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// SubmitBody is why a returned case goes to the reviewer again as it is. What was
// submitted after a change has none.
type SubmitBody struct {
	Reason string `json:"reason"`
}

// Resubmission is the word with which a returned case was submitted as it is.
type Resubmission struct {
	Reason string
	By     string // operator's id
	At     time.Time
}

func (c *Case) submit(ch *Change) error {
	if c.Status != Draft && c.Status != Corrected {
		return denied("submit")
	}
	c.Status, c.Submitted, c.Again = ToReview, ch.ID, nil
	// Whatever a body says that is none of these, the case is submitted.
	if b, err := Body[SubmitBody](ch); err == nil && b.Reason != "" {
		c.Again = &Resubmission{b.Reason, ch.Operator, ch.At}
	}
	return nil
}

func (c *Case) seal(ch *Change) error {
	b, err := Body[SealBody](ch)
	if err != nil {
		return err
	}
	if !c.SignedInFull() || b.Blob.Zero() {
		return denied("seal")
	}
	k := c.Contract
	k.Sealed, k.SealedAt, c.Status = &b, ch.At, Signed
	k.Portraits = map[Party]Hash{}
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		for _, a := range c.Slot(p.Portrait()) {
			k.Portraits[p] = a.Blob
		}
	}
	return nil
}

// Portrait is the slot of a party's portrait.
func (p Party) Portrait() Slot { return Slot("portrait/" + string(p)) }

// LastSealed is the sealed contract that stands, else the one that was voided last;
// nil where none was ever sealed.
func (c *Case) LastSealed() *ContractState {
	if k := c.Contract; k != nil && k.Sealed != nil {
		return k
	}
	for i := len(c.Former) - 1; i >= 0; i-- {
		if c.Former[i].Sealed != nil {
			return &c.Former[i]
		}
	}
	return nil
}

// Exchanged lists the parties whose portrait is another than the one that a sealed
// contract of the case holds, or is not there any more.
func (c *Case) Exchanged(k *ContractState) (out []Party) {
	if k == nil {
		return nil
	}
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		held, ok := k.Portraits[p]
		now := c.Slot(p.Portrait())
		if ok && (len(now) == 0 || now[len(now)-1].Blob != held) {
			out = append(out, p)
		}
	}
	return out
}

// Unlike says whether a sealed contract stands that holds another portrait than the
// case: it is to be signed again.
func (c *Case) Unlike() bool {
	return c.Contract != nil && c.Contract.Sealed != nil && len(c.Exchanged(c.Contract)) > 0
}

// changed lists those of fields that an application has otherwise than another.
func changed(was, is *Application, fields map[string]json.RawMessage) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(fields)), func(path string) bool {
		a, err := was.Field(path)
		b, err2 := is.Field(path)
		return err == nil && err2 == nil && bytes.Equal(a, b)
	})
}
