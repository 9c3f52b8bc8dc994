package loan

import (
	"maps"
	"slices"
)

// mend notes what a change that holds entered, where a reviewer sent the case back.
func (c *Case) mend(ch *Change) {
	if c.Review == nil || c.Review.Pass {
		return
	}
	now := touched(ch)
	if len(now) == 0 {
		return
	}
	all := slices.Concat(c.Review.Mended, now)
	slices.Sort(all)
	said := *c.Review // of an earlier state of the case, perhaps
	said.Mended = slices.Compact(all)
	c.Review = &said
}

// touched are the paths of the fields and the slots that a change enters or takes out;
// nil of a change that enters nothing.
func touched(ch *Change) []string {
	switch ch.Kind {
	case ChangeEdit, ChangeResolve:
		b, _ := Body[EditBody](ch)
		return slices.Collect(maps.Keys(b.Fields))
	case ChangeAttach:
		b, _ := Body[AttachBody](ch)
		return []string{string(b.Slot)}
	case ChangeDetach:
		b, _ := Body[DetachBody](ch)
		return []string{string(b.Slot)}
	case ChangeArrange:
		b, _ := Body[ArrangeBody](ch)
		return []string{string(b.Slot)}
	case ChangeReplace:
		b, _ := Body[ReplaceBody](ch)
		return []string{string(b.Slot)}
	case ChangeCard:
		b, _ := Body[CardBody](ch)
		return []string{"read/" + string(b.Party)}
	case ChangeAttest:
		b, _ := Body[PartyBody](ch)
		return []string{string(b.Party.Portrait())}
	case ChangeConsent:
		b, _ := Body[ConsentBody](ch)
		return []string{"consent/" + string(b.Party)}
	}
	return nil
}
