package ui

import (
	"context"

	"doorstep/internal/desk"
	"github.com/google/uuid"
)

// stepSetting is where it is kept at which step each operator's case in hand stood.
const stepSetting = "in hand at"

// remember keeps which case each operator had in hand when the window locked, and its step.
func (u *Window) remember(id uuid.UUID, step int) {
	d := u.desk
	u.act("remember", func(ctx context.Context) error {
		open, steps, err := inHand(ctx, d)
		if err != nil {
			return err
		}
		who := d.Operator().ID
		if open[who] != id {
			if id == uuid.Nil {
				delete(open, who)
			} else {
				open[who] = id
			}
			if err := d.SetSetting(ctx, "in hand", open); err != nil {
				return err
			}
		}
		if id == uuid.Nil || steps[who] == step {
			return nil
		}
		steps[who] = step
		return d.SetSetting(ctx, stepSetting, steps)
	}, func(error) {})
}

func inHand(ctx context.Context, d *desk.Desk) (open map[string]uuid.UUID, steps map[string]int, err error) {
	open, steps = map[string]uuid.UUID{}, map[string]int{}
	if _, err = d.Setting(ctx, "in hand", &open); err == nil {
		_, err = d.Setting(ctx, stepSetting, &steps)
	}
	return open, steps, err
}

// resume opens the case again that the operator had in hand when the window
// locked, at its step. One that cannot be opened any more is passed over.
func (u *Window) resume() {
	var open map[string]uuid.UUID
	var steps map[string]int
	d := u.desk
	u.act("look what was open", func(ctx context.Context) (err error) {
		open, steps, err = inHand(ctx, d)
		return err
	}, func(err error) {
		who := d.Operator().ID
		id := open[who]
		if s := u.shell; err == nil && id != uuid.Nil && s.current == nil && s.name == "today" {
			s.openAt(id, func(v *visit) { v.comeBack(steps[who]) })
		}
	})
}

// comeBack begins at a step that was in view before, but where the case is to be mended.
func (v *visit) comeBack(step int) {
	if v.mend == "" && step > stepPapers && step < stepCount {
		v.at = step
	}
}
