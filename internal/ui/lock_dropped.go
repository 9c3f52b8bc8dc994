package ui

import "strings"

// droppedWords tell what of the open work goes with its screens; empty where nothing does.
func (u *Window) droppedWords() string {
	switch filled := u.root.Filled(); {
	case u.shell == nil:
		return ""
	case u.shell.current != nil && u.shell.current.steps[stepSign].(*signStep).unsigned(filled):
		return "没有确认的签名，和还没签名一方的宣读、阅读没有保存"
	case u.shell.current.judging():
		return "还没有提交的复核意见没有保存"
	case filled:
		return "对话框里还没有确认的内容没有保存"
	}
	return ""
}

// judging says whether a reviewer wrote what is not given yet. It may be asked of no visit.
func (v *visit) judging() bool {
	return v != nil && strings.TrimSpace(v.steps[stepReview].(*reviewStep).note.Text()) != ""
}

// unsigned says whether something of the signing is begun that no signature keeps yet;
// filled, whether a dialog holds something.
func (s *signStep) unsigned(filled bool) bool {
	switch s.stage() {
	case signTexts:
		return s.known[0].Checked() || s.known[1].Checked()
	case signReads:
		return true
	case signSigns:
		return filled && s.v.active || !s.noted(s.nextParty())
	}
	return false
}
