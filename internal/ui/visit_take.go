package ui

// taking is how a take-over is put into words.
type taking struct{ title, text, example string }

// takeWords are those of a case that another laptop holds, and of one that another clerk
// has at this laptop, with which no other laptop has to do.
func (v *visit) takeWords() taking {
	if v.u.desk.HeldHere(v.c) && len(v.c.Holders) < 2 {
		return taking{"接手案件", "接手后由您办理，已填的内容都在；" + v.person(v.c.OpenedBy) + " 录入过本案，在本机仍能打开和办理，请告诉对方。原因记入案件。", "例如：经办人请假，接着办理"}
	}
	return taking{"强制接手", "接手后由本机办理。对方还没送来的改动不会丢失；两边改了同一项时，会请人选定。原因记入案件，两边都能看到。", "例如：B 机没电，已当面说好"}
}
