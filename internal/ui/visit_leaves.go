package ui

import (
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// erased takes the case off the window, with all that stands above it, and says why.
// Nothing of it is saved any more.
func (v *visit) erased(why error) {
	if !v.closed {
		v.takeOff()
		v.u.tellErased(v.id, why)
	}
}

// refused is erased for a case that the operator may not see any more.
func (v *visit) refused(why error) {
	if v.u.ended(); v.closed {
		return // all his work is over, and it is said why
	}
	v.takeOff()
	kit.Message(v.u.win, "案件已关闭", shortCase(v.id)+"不能再由您查看。"+sentence(why), nil)
}

func (v *visit) takeOff() {
	v.gone = true
	v.u.root.Clear()
	v.close()
	if s := v.u.shell; s != nil && s.current == v {
		s.current = nil
		if s.name == "visit" {
			s.visit("visit")
		}
	}
	v.content.Objects = nil
	v.c, v.draft = &loan.Case{ID: v.id}, loan.Application{}
}

// tellErased says which case is erased, and why.
func (u *Window) tellErased(id uuid.UUID, why error) {
	kit.Message(u.win, "案件已删除", shortCase(id)+"："+sentence(why), nil)
}

// shortCase names a case by the end of its id.
func shortCase(id uuid.UUID) string { return "案件 " + loan.ShortID(id) }
