package central

import (
	"context"
	"errors"

	"doorstep/internal/fault"
)

// Unproven does an act on a person whom no officer manages, as he stands above them
// all or is the only one of his rank; whoever administers the machine does it, and
// the chain says that nobody proved who that is. fault.Denied, with nothing done, where
// an officer could; otherwise the failures of do, which the chain has too.
func (c *Central) Unproven(ctx context.Context, a Act, do func() error) error {
	const op = "central.Unproven"
	officers, err := c.Officers(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	for _, o := range officers {
		if o.Off {
			continue
		}
		switch err := c.mayByTable(ctx, o.ID, a); {
		case err == nil:
			return fault.New(op, fault.Denied, errors.New("officer "+o.ID+" may do this: --by "+o.ID+"; --unproven is for people whom no officer manages"))
		case fault.KindOf(err) != fault.Denied:
			return fault.Wrap(op, err)
		}
	}
	if err := c.noteAct(ctx, operatorCentre, a, "unproven, by who administers the machine: "); err != nil {
		return fault.Wrap(op, err)
	}
	if err := do(); err != nil {
		return errors.Join(err, c.noteAct(context.WithoutCancel(ctx), operatorCentre, a, "failed act: "))
	}
	return nil
}
