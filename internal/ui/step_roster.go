package ui

import (
	"context"
	"slices"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// rosterOffer is the card of ② that offers to fill in the student from the
// pre-application roster, once a number or a name of it is typed.
type rosterOffer struct {
	v       *visit
	person  *personForm
	content *fyne.Container
	rows    *fyne.Container
	offers  []desk.Offer
	asked   int // questions put so far: an answer to an earlier one is dropped
	last    question
	shown   string
}

// question is all that an answer depends on.
type question struct {
	id, name string
	c        *loan.Case
	came     time.Time // of the last bulletin
}

func newRosterOffer(v *visit, p *personForm) *rosterOffer {
	r := &rosterOffer{v: v, person: p, rows: container.NewVBox()}
	r.content = container.NewStack(kit.Card("预申请名单", nil, r.rows))
	r.content.Hide()
	for _, name := range []string{"id_no", "name"} {
		in := p.fields[name].inner
		before := in.OnChanged
		in.OnChanged = func(text string) {
			if before != nil {
				before(text)
			}
			r.ask()
		}
	}
	return r
}

// takeOffered takes the one student that is offered, at its key.
func (v *visit) takeOffered() {
	r := v.steps[stepStudent].(*studentStep).offer
	switch {
	case !v.active || v.at != stepStudent || len(r.offers) == 0:
	case !r.offers[0].ByNumber():
		kit.Focus(r.person.fields["id_no"].object)
	case len(r.offers) == 1:
		r.take(r.offers[0])
	}
}

// ask looks what is typed now up in the rosters.
func (r *rosterOffer) ask() {
	v := r.v
	if v.closed || v.locked() {
		r.last = question{}
		r.show(nil, false, desk.NoRoster)
		return
	}
	q := question{id: r.person.fields["id_no"].inner.Text(), name: r.person.fields["name"].inner.Text(), c: v.c}
	if k := v.u.carrier; k != nil {
		q.came = k.state.LastBulletin
	}
	if q == r.last {
		return
	}
	r.last = q
	r.asked++
	mine := r.asked
	var offers []desk.Offer
	var crowded bool
	var listed desk.Listed
	v.u.run("roster", func(ctx context.Context) (err error) {
		if offers, crowded, err = v.u.desk.Offers(ctx, q.c, q.id, q.name); err == nil {
			listed, err = v.u.desk.Listed(ctx, q.c)
		}
		return err
	}, func(err error) {
		if err == nil && mine == r.asked && !v.closed {
			r.show(offers, crowded, listed)
		}
	})
}

// show lists the offers, or says what the rosters say otherwise.
func (r *rosterOffer) show(offers []desk.Offer, crowded bool, listed desk.Listed) {
	var rows []fyne.CanvasObject
	now := ""
	for _, o := range offers {
		state := "预申请未通过，仍须提交认定表"
		if o.Approved {
			state = "预申请已通过，免交认定表"
		}
		words := "填入"
		if len(offers) == 1 {
			words = "填入（Ctrl+R）"
		}
		now += o.Name + o.IDNo + o.School + state
		line := kit.NewText(o.Name+"　"+o.IDNo+"　"+o.School, kit.TextBold)
		if !o.ByNumber() {
			rows = append(rows, container.NewVBox(line, kit.NewText(state, kit.TextMuted)))
			continue
		}
		take := kit.NewSecondary(words, kit.Icon("download"), func() { r.take(o) })
		rows = append(rows, container.NewBorder(nil, nil, nil, container.NewCenter(take), container.NewVBox(line, kit.NewText(state, kit.TextMuted))))
	}
	if slices.ContainsFunc(offers, func(o desk.Offer) bool { return !o.ByNumber() }) {
		rows = append(rows, kit.NewStatusLine(kit.Info, "名单中有同名学生：输入完整的身份证号或读身份证后，即可从名单填入"))
	}
	if kind, words := rosterWords(r.v.c, crowded, listed); words != "" && len(offers) == 0 {
		now += words
		rows = append(rows, kit.NewStatusLine(kind, words))
	}
	r.offers = offers
	if now == r.shown {
		return
	}
	r.shown = now
	r.rows.Objects = rows
	setVisible(r.content, len(rows) > 0)
	if s, ok := r.v.steps[stepStudent].object().(*container.Scroll); ok {
		relay(s)
	}
}

// rosterWords are what the rosters say of a case that is offered nobody.
func rosterWords(c *loan.Case, crowded bool, listed desk.Listed) (kit.Kind, string) {
	ticked := c.App.Hardship.PreApplied
	switch {
	case crowded:
		return kit.Info, "名单中同名的学生较多，请输入身份证号"
	case listed == desk.Approved && ticked:
		return kit.Good, "名单中有这名学生，预申请已通过，免交认定表"
	case listed == desk.Refused && ticked:
		return kit.Warning, "名单中这名学生的预申请未通过，但已勾选“通过”，请核对"
	case listed == desk.Refused:
		return kit.Info, "名单中这名学生的预申请未通过，须提交认定表"
	case listed == desk.NotListed && ticked:
		return kit.Warning, "本县名单中没有这个身份证号，但已勾选“通过预申请”，请核对"
	}
	return kit.Info, ""
}

// take saves what is being typed, and fills in the rest from the roster.
func (r *rosterOffer) take(o desk.Offer) {
	v := r.v
	v.u.leave()
	v.do("take offer", func(ctx context.Context) (*loan.Case, error) { return v.u.desk.TakeOffer(ctx, v.id, o) }, func(err error) {
		if err != nil {
			v.u.fail(err)
			return
		}
		kit.Notice(v.u.win, kit.Good, "已从预申请名单填入，请与身份证核对。")
		kit.Focus(r.person.fields["id_valid_to"].object)
	})
}
