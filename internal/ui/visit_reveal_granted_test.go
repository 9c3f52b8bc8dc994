package ui

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// grants asks for leave in the case in hand and has the administrator give it.
func (r *rig) grants(hours int, reason string, fields ...string) guard.Grant {
	r.t.Helper()
	a, err := r.u.desk.AskGrant(r.t.Context(), desk.Wanted{Fields: fields, Case: r.visit().id, Hours: hours, Reason: reason})
	if err != nil {
		r.t.Fatal(err)
	}
	g, err := r.u.desk.ApproveAsk(r.t.Context(), a.Code, "admin-1", []byte(reviewPassword), nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return g
}

// offers says whether the dialog on top has a button in view.
func (r *rig) offers(words string) (yes bool) {
	r.ui(func() {
		for _, b := range findButtons(r.dialog()) {
			yes = yes || b.Text() == words && b.Visible()
		}
	})
	return yes
}

func TestTheDialogThatShowsBeginsWithWhatWasGranted(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	short := r.grants(2, "核对家长来电", revealChoices()["phone"]...)
	var why *kit.Field
	open := func() (ticked string, reason string) {
		t.Helper()
		r.ui(v.askReveal)
		r.settle()
		for i, box := range r.checks() {
			if box.Checked() {
				ticked += boxOrder()[i] + " "
			}
		}
		r.ui(func() {
			why = r.u.win.Canvas().Focused().(*kit.Field)
			reason = why.Text()
		})
		return ticked, reason
	}
	if ticked, reason := open(); ticked != "phone " || reason != short.Reason {
		t.Errorf("ticked is %q, the reason is %q", ticked, reason)
	}
	t.Run("its reason stands for nothing else", func(t *testing.T) {
		images := r.checks()[4]
		for _, want := range []string{"", short.Reason} {
			r.ui(func() {
				images.Tapped(nil)
				if got := why.Text(); got != want {
					t.Errorf("the reason is %q, want %q", got, want)
				}
			})
		}
	})
	r.ui(func() { r.dialog().Close() })
	long := r.grants(8, "核对家长投诉的材料", append(revealChoices()["phone"], revealChoices()["images"]...)...)
	ticked, reason := open()
	if ticked != "phone images " || reason != "" {
		t.Errorf("of two ticked is %q, the reason is %q", ticked, reason)
	}
	t.Run("each field once, with its latest end", func(t *testing.T) {
		words := r.dialogWords()
		if want := "已批准查看：手机号码、影像和合同，到 " + v.stamp(long.Until) + " 为止。"; !strings.Contains(words, want) || strings.Contains(words, v.stamp(short.Until)) {
			t.Errorf("it says %q, want %q in it", words, want)
		}
	})
	t.Run("no emergency is offered for it, but for more", func(t *testing.T) {
		if r.offers("紧急查看…") {
			t.Error("one is offered")
		}
		name := r.checks()[0]
		r.ui(func() { name.Tapped(nil) })
		if !r.offers("紧急查看…") {
			t.Error("none is offered for a name, which is not granted")
		}
		r.ui(func() { name.Tapped(nil) })
		if r.offers("紧急查看…") {
			t.Error("one is offered again")
		}
	})
	r.ui(func() { why.SetText("核对家长投诉的材料") })
	r.answer()
	if left, fields := r.u.desk.Revealed(v.id); left <= 0 || len(fields) != 3 {
		t.Errorf("shown are %v", fields)
	}
	if _, err := r.u.desk.BreakGlass(t.Context(), v.id, "断网应急核对"); err != nil {
		t.Fatal(err)
	}
	r.ui(v.conceal)
	t.Run("of an emergency the reason alone", func(t *testing.T) {
		if ticked, reason := open(); ticked != "phone " || reason != "断网应急核对" || r.offers("紧急查看…") {
			t.Errorf("ticked is %q, the reason is %q", ticked, reason)
		}
	})
}

func TestGrantsOfOneCaseAreOneList(t *testing.T) {
	v := othersCase(t).visit()
	at := func(h int) time.Time { return testClock().Add(time.Duration(h) * time.Hour) }
	named := func(until time.Time, fields ...string) desk.Given {
		return desk.Given{Grant: guard.Grant{Fields: fields, Cases: []uuid.UUID{v.id}, From: at(-1), Until: until}}
	}
	counted := desk.Given{Grant: guard.Grant{Fields: []string{"coborrowers.0.name", desk.SearchField}, Count: 2, From: at(-1), Until: at(5)}}
	phone := revealChoices()["phone"]
	for name, c := range map[string]struct {
		all  []desk.Given
		want string
	}{
		"none": {nil, ""},
		"two ends": {[]desk.Given{named(at(4), "student.phone", guard.ImagesField), named(at(2), phone...)},
			"已批准查看：共同借款人手机号码，到 " + v.stamp(at(2)) + " 为止；学生手机号码、影像和合同，到 " + v.stamp(at(4)) + " 为止。"},
		"the same twice":     {[]desk.Given{named(at(2), phone...), named(at(3), phone...)}, "已批准查看：手机号码，到 " + v.stamp(at(3)) + " 为止。"},
		"one for so many":    {[]desk.Given{counted}, "已批准查看：共同借款人姓名，到 " + v.stamp(at(5)) + " 为止（最多 2 件，已用 0 件，还可用 2 件）。"},
		"of another case":    {[]desk.Given{{Grant: guard.Grant{Fields: phone, Cases: []uuid.UUID{uuid.Max}, From: at(-1), Until: at(2)}}}, ""},
		"one that is over":   {[]desk.Given{named(at(0), phone...)}, ""},
		"one to be exported": {[]desk.Given{{Grant: guard.Grant{Fields: phone, Cases: []uuid.UUID{v.id}, From: at(-1), Until: at(2), Release: &guard.Release{}}}}, ""},
	} {
		if got := v.grantedWords(v.leaves(c.all)); got != c.want {
			t.Errorf("%s: it says %q, want %q", name, got, c.want)
		}
	}
}
