package desk

import (
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// becomes is a request of this laptop as it is answered, with the id of the grant that it
// becomes.
func (d *Desk) becomes(a Asked) (guard.Plea, string, error) {
	b, err := seal.ParseSpoken(a.Code, guard.AskSize)
	if err != nil {
		return guard.Plea{}, "", err
	}
	ask, err := guard.ParseAsk(b)
	if err != nil {
		return guard.Plea{}, "", err
	}
	p := guard.Plea{Device: guard.TagOf(d.device()), Operator: a.Operator, Ask: ask}
	id, err := p.ID()
	return p, id, err
}

// Over says whether a request waits no more, though nothing came of it.
func (a Asked) Over() bool { return a.Declined != "" || a.Back }
