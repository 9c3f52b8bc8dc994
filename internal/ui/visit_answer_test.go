package ui

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestReturnInTheAnswersCodeConfirms(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{"student.phone"}, Case: v.id, Hours: 2, Reason: "核对家长投诉"})
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() { r.u.answerAsk(a, nil) })
	r.settle()
	var field *kit.Field
	r.ui(func() {
		for _, o := range test.LaidOutObjects(r.dialog()) {
			if f, ok := o.(*kit.Field); ok && field == nil {
				field = f
			}
		}
		kit.Focus(field)
		test.Type(field, "ABCD-EFGH")
		field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	})
	r.settle()
	if at, say := r.blamed(); at != 0 || say == "" {
		t.Errorf("after Return with a wrong code: field %d is blamed: %q, want the code's", at, say)
	}
}
