package ui

import (
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// sentence is what the clerk reads of an error: what happened, and what to do.
func sentence(err error) string { return fault.Sentence(err) + fault.Step(err) }

// notSaved says that something was not saved, once, and why.
func notSaved(why string) string {
	return "没有保存：" + strings.Replace(why, "，未能保存。", "。", 1)
}

// fieldLabel is the name of a field on screen, from its path.
func fieldLabel(path string) string { return loan.FieldLabel(path) }

// personLabel is the name on screen of what a person has; false of what is no such.
func personLabel(name string) (string, bool) {
	path := "student." + name
	l := loan.FieldLabel(path)
	return l, l != path
}

// docLabel is a paper's name on screen.
func docLabel(d loan.Doc) string { return d.Label() }

// partyLabel is a party's name on screen.
func partyLabel(p loan.Party) string { return p.Label() }

// kindLabel is the kind of a case on screen.
func kindLabel(k loan.Kind, supplement bool) string {
	if supplement {
		return "补充申请"
	}
	return string(k)
}
