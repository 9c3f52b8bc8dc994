package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"filippo.io/age"
	"fyne.io/fyne/v2/test"
)

// labelled are the fields of the dialog on top, in their order, for who is where the
// window's code runs.
func (r *rig) labelled() (out []*kit.Labeled) {
	for _, o := range test.LaidOutObjects(r.dialog()) {
		if l, ok := o.(*kit.Labeled); ok {
			out = append(out, l)
		}
	}
	return out
}

// blamed is the place of the one field that is said to be wrong, and what is said.
func (r *rig) blamed() (at int, say string) {
	r.t.Helper()
	at = -1
	r.ui(func() {
		for i, l := range r.labelled() {
			if l.Error() == "" {
				continue
			}
			if at >= 0 {
				r.t.Errorf("two fields are blamed: %q and %q", say, l.Error())
			}
			at, say = i, l.Error()
		}
	})
	return at, say
}

// approving is a request with its dialog open, on a laptop where a data administrator
// can sign in.
func approving(t *testing.T, export bool) *rig {
	t.Helper()
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	if err := r.u.desk.Store().EnableOperator(t.Context(), testAdmin(), []byte(reviewPassword)); err != nil {
		t.Fatal(err)
	}
	fields := []string{"images"}
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: fields, Case: v.id, Hours: 2, Reason: "市资助中心抽查合同", Export: export})
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		if export {
			r.u.approveExport(a, nil)
		} else {
			r.u.answerAsk(a, nil)
		}
	})
	r.settle()
	return r
}

func TestWhatIsWrongOfAnApprovalIsSaidWhereItIs(t *testing.T) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	want := func(r *rig, at int, say string) {
		r.t.Helper()
		r.answer()
		if got, said := r.blamed(); got != at || !strings.Contains(said, say) {
			r.t.Errorf("got field %d: %q, want field %d: %q", got, said, at, say)
		}
	}
	choose := func(r *rig, at int) {
		r.ui(func() {
			p := r.labelled()[at].Field().(*kit.Picker)
			o := r.u.administrators()[0]
			p.SetValue(o)
			p.OnChanged(o)
		})
	}
	fill := func(r *rig, at int, text string) {
		r.ui(func() { r.labelled()[at].Field().(*kit.Field).SetText(text) })
	}
	t.Run("an export: the recipient, the key, who approves, the password", func(t *testing.T) {
		r := approving(t, true)
		want(r, 0, "接收单位")
		fill(r, 0, "某市学生资助管理中心")
		want(r, 1, "公钥")
		fill(r, 1, id.Recipient().String())
		want(r, 2, "请选择")
		choose(r, 2)
		want(r, 3, "请输入管理员密码")
		fill(r, 3, "not the password")
		want(r, 3, "密码不正确")
		choose(r, 2)
		if at, said := r.blamed(); at >= 0 {
			t.Errorf("of another than was refused: %q", said)
		}
	})
	t.Run("a look: the code, who approves, the password", func(t *testing.T) {
		r := approving(t, false)
		want(r, 0, "请输入批准码")
		fill(r, 2, "not the password")
		want(r, 1, "请选择")
		choose(r, 1)
		fill(r, 2, "not the password")
		want(r, 2, "密码不正确")
		fill(r, 0, "no code at all")
		want(r, 0, "")
	})
}
