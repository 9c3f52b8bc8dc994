package ui

import (
	"context"
	"maps"
	"slices"
	"strings"

	"doorstep/assets"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// personForm is the fields that student and co-borrower have alike.
type personForm struct {
	v       *visit
	prefix  string
	party   loan.Party
	fields  map[string]*bound
	consent *consentCard
	reader  *kit.Button
}

func newPersonForm(v *visit, prefix string, party loan.Party) *personForm {
	p := &personForm{v: v, prefix: prefix, party: party, fields: map[string]*bound{}}
	f := v.form
	set := func(name string, b *bound) { p.fields[name] = b }
	label := func(name string) string { return fieldLabel(prefix + name) }
	set("name", f.text(prefix+"name", label("name"), true, func(k *kit.Field) {
		k.MaxLen, k.Placeholder = 50, "与身份证一致"
	}))
	set("id_no", f.text(prefix+"id_no", label("id_no"), true, func(k *kit.Field) {
		k.MaxLen, k.Filter, k.Placeholder = 18, kit.DigitsX, "18 位，末位可为 X"
	}))
	set("birth", f.date(prefix+"birth", label("birth"), true, func(d *kit.DateField) {
		d.Max = v.u.deps.Now()
		d.Start = v.u.deps.Now().AddDate(-18, 0, 0)
	}))
	set("sex", f.choice(prefix+"sex", label("sex"), true, string(loan.Male), string(loan.Female)))
	nation := kit.NewPicker(func(query string) []kit.Option { return v.u.narrow(nations(), query) })
	set("ethnic", f.pick([]string{prefix + "ethnic"}, label("ethnic"), true, nation,
		func(a *loan.Application) kit.Option {
			n := textAt(a, prefix+"ethnic")
			return kit.Option{ID: n, Text: n}
		}, func(o kit.Option) map[string]any { return map[string]any{prefix + "ethnic": o.ID} }))
	set("id_valid_to", f.date(prefix+"id_valid_to", label("id_valid_to"), true, func(d *kit.DateField) {
		d.AllowLongTerm = true
		d.Field().Placeholder = "年-月-日 或 长期"
	}))
	set("hukou_code", f.pick([]string{prefix + "hukou_code"}, label("hukou_code"), true, kit.NewPicker(v.findCounty),
		func(a *loan.Application) kit.Option { return v.county(textAt(a, prefix+"hukou_code")) },
		func(o kit.Option) map[string]any { return map[string]any{prefix + "hukou_code": o.ID} }))
	set("phone", f.text(prefix+"phone", label("phone"), true, func(k *kit.Field) {
		k.MaxLen, k.Filter, k.Placeholder = 11, kit.Digits, "11 位手机号"
	}))
	set("address", f.text(prefix+"address", label("address"), true, func(k *kit.Field) {
		k.MaxLen, k.Placeholder = 120, "省、市、县、乡镇、村组或街道门牌号"
	}))
	p.fields["address"].hint = "写到村（居）组或门牌号，收得到信"
	p.consent = newConsentCard(v, party)
	p.reader = kit.NewSecondary("读身份证（Ctrl+D）", kit.Icon("id-card"), func() { p.readCard() })
	p.reader.SetAbout(partyLabel(party))
	return p
}

// card is the fields in their rows, with lead above them.
func (p *personForm) card(title string, aside fyne.CanvasObject, lead ...fyne.CanvasObject) fyne.CanvasObject {
	l := func(name string) fyne.CanvasObject { return p.fields[name].label }
	return kit.Card(title, aside, append(lead,
		kit.Columns([]float32{2, 3, 2.6}, l("name"), l("id_no"), l("phone")),
		kit.Columns([]float32{2, 1.6, 1.7, 2.3}, l("birth"), l("sex"), l("ethnic"), l("id_valid_to")),
		kit.Columns([]float32{3, 5}, l("hukou_code"), l("address")))...)
}

func nations() []kit.Option {
	var out []kit.Option
	for n := range strings.FieldsSeq(string(assets.Nations())) {
		out = append(out, kit.Option{ID: n, Text: n})
	}
	return out
}

// narrow is kit.Narrow, and where it finds nothing the options whose text is
// what was typed in pinyin or initials.
func (u *Window) narrow(options []kit.Option, query string) []kit.Option {
	found := kit.Narrow(options, query)
	if len(found) > 0 {
		return found
	}
	for _, o := range options {
		if u.ear.Hears(o.Text, query) {
			found = append(found, o)
		}
	}
	return found
}

// findCounty lists counties by name, city or code; those of the laptop's own
// city come first.
func (v *visit) findCounty(query string) []kit.Option {
	const most = 60
	own := v.c.App.Intake.CountyCode
	near := own[:min(4, len(own))]
	typed := func(a loan.Area) bool {
		return query == "" || strings.Contains(a.Province+a.City+a.Name, query) || strings.HasPrefix(a.Code, query)
	}
	counties := v.u.desk.Rules().Areas.Counties
	if !slices.ContainsFunc(counties, typed) {
		typed = func(a loan.Area) bool { return v.u.ear.Hears(a.Name, query) }
	}
	var first, rest []kit.Option
	for _, a := range counties {
		if !typed(a) {
			continue
		}
		o := kit.Option{ID: a.Code, Text: a.Name, Detail: a.Province + a.City + " " + a.Code}
		switch {
		case a.Code == own:
			first = slices.Insert(first, 0, o)
		case strings.HasPrefix(a.Code, near):
			first = append(first, o)
		case len(rest) < most:
			rest = append(rest, o)
		}
	}
	all := append(first, rest...)
	return all[:min(most, len(all))]
}

func (v *visit) county(code string) kit.Option {
	if code == "" {
		return kit.Option{}
	}
	now, _ := v.u.desk.Rules().Areas.Current(code)
	if a, ok := v.u.desk.Rules().Areas.County(now); ok {
		return kit.Option{ID: code, Text: a.City + a.Name}
	}
	return kit.Option{ID: code, Text: code}
}

// consentCard takes a party's consent to each purpose.
type consentCard struct {
	v       *visit
	party   loan.Party
	content fyne.CanvasObject
	boxes   map[string]*kit.Check
	bound   *bound
	note    *kit.Text
	back    *kit.Button // takes a consent back where the boxes do not
	had     []string    // for what there were consents when it was shown last
	own     bool        // the boxes, or the button, are changing them
}

func newConsentCard(v *visit, party loan.Party) *consentCard {
	k := &consentCard{v: v, party: party, boxes: map[string]*kit.Check{}, note: kit.NewText("", kit.TextBad)}
	k.note.Hide()
	var rows []fyne.CanvasObject
	for _, purpose := range loan.Purposes() {
		t := textFor(purpose)
		box := kit.NewCheck("本人已听清并同意《"+t.Title+"》", true)
		box.OnChanged = func(on bool) { k.give(purpose, t.ID, on) }
		k.boxes[purpose] = box
		read := kit.NewQuiet("查看全文", kit.Icon("document"), func() { showText(v.u, t, func() { kit.Focus(box) }) })
		rows = append(rows, container.NewBorder(nil, nil, nil, container.NewCenter(read), box), kit.NewText("　　 "+t.Summary, kit.TextCaption))
	}
	k.boxes[loan.ConsentSensitive].OnEnter = func() { kit.Focus(k.boxes[loan.ConsentCredit]) }
	k.boxes[loan.ConsentCredit].OnEnter = func() { kit.Focus(k.boxes[loan.ConsentShare]) }
	k.boxes[loan.ConsentShare].OnEnter = func() { kit.Focus(v.main) }
	rows = append(rows, k.note)
	k.back = kit.NewQuiet("撤回同意…", nil, k.withdraw)
	k.back.Hide()
	k.content = kit.Card("同意与授权（"+partyLabel(party)+"）", k.back, rows...)
	k.bound = v.form.add(&bound{paths: []string{"consent/" + string(party)}, object: k.content, label: nil,
		load: func(*loan.Application) { k.load() }, lock: k.lock, mark: func(string) { k.mark() }})
	return k
}

func (k *consentCard) give(purpose, text string, on bool) {
	k.own = true
	k.bound.visited = true
	if on && k.v.mustCorrect(nil) {
		k.again(purpose, text)
		return
	}
	k.v.do("consent", func(ctx context.Context) (*loan.Case, error) {
		return k.v.u.desk.Consent(ctx, k.v.id, k.party, purpose, text, on)
	}, k.given)
}

// given tells how registering a consent went; what was refused for the want of it is then
// saved.
func (k *consentCard) given(err error) {
	if err != nil {
		k.v.u.fail(err)
		return
	}
	k.v.form.retry()
}

// again asks why a consent is registered though the contract is signed, and registers it;
// where it is not, the box says so again.
func (k *consentCard) again(purpose, text string) {
	v := k.v
	words := "合同已经生成或签署。登记" + partyLabel(k.party) + "对《" + textFor(purpose).Title + "》的同意后，已有签名作废，须重新复核、签署；内容不用改，原合同仍可查阅。"
	d := v.u.askWhy(true, "重新登记同意", words, "原因", "登记并作废签名", "", "例如：本人改变主意，当面重新同意", func(reason string) {
		v.do("consent again", func(ctx context.Context) (*loan.Case, error) {
			return v.u.desk.ConsentAgain(ctx, v.id, k.party, purpose, text, reason)
		}, k.given)
	})
	d.SetOnClosed(k.load)
}

func (k *consentCard) load() {
	for purpose, box := range k.boxes {
		box.SetChecked(k.v.c.Consents[k.party][purpose] != "")
	}
	setVisible(k.back, k.v.mayWithdraw(k.party))
	now := k.v.c.Consents[k.party]
	left := func(purpose string) bool { return k.v.c.TookBack(k.party, purpose) }
	if len(now) == 0 && len(k.had) > 0 && !k.own && !slices.ContainsFunc(k.had, left) {
		kit.Notice(k.v.u.win, kit.Warning, partyLabel(k.party)+"换了人：原来的同意和照片不再适用，请本人重新听取并同意、重新拍照。")
	}
	k.had, k.own = slices.Collect(maps.Keys(now)), false
}

func (k *consentCard) lock(on bool) {
	for _, box := range k.boxes {
		setDisabled(box, on)
	}
}

func (k *consentCard) mark() {
	fail := ""
	if k.v.tried || k.v.left[stepOf("consent/"+string(k.party))] {
		for _, f := range k.v.report.Findings {
			if f.Field == "consent/"+string(k.party) {
				fail = k.v.messageOf(f) + "　" + string(f.Code)
			}
		}
	}
	for purpose, box := range k.boxes {
		box.SetInvalid(fail != "" && k.v.c.Consents[k.party][purpose] == "")
	}
	if fail == "" || len(k.v.c.Withdrawn) > 0 {
		fail = k.v.withdrawnWords(k.party) + fail
	}
	setNote(nil, k.note, fail)
}
