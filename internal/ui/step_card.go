package ui

import (
	"context"
	"errors"
	"sync"

	"doorstep/internal/capture"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// cardReading waits for an ID card and fills the person in from it. Whatever
// fails, the words say that typing will do.
type cardReading struct {
	p      *personForm
	dialog *kit.Dialog
	words  *kit.Text
	end    context.CancelFunc // of the reading under way
	taken  bool
}

// readCard reads the card of whose step is on the screen, at its key.
func (v *visit) readCard() {
	switch v.at {
	case stepStudent:
		v.steps[stepStudent].(*studentStep).person.readCard()
	case stepCoborrower:
		v.steps[stepCoborrower].(*coborrowerStep).person.readCard()
	}
}

// readCard opens the dialog that reads the person's card; nil where nothing may
// be entered.
func (p *personForm) readCard() *cardReading {
	if p.v.locked() {
		return nil
	}
	p.v.u.leave() // what was typed is to be compared
	r := &cardReading{p: p, words: kit.NewText("正在连接读卡器…", kit.TextBody)}
	r.dialog = kit.NewDialog(p.v.u.win, "读"+partyLabel(p.party)+"的身份证", container.NewVBox(r.words), "再读一次", "手工录入", func() bool {
		r.begin()
		return false
	})
	r.dialog.SetOnClosed(func() {
		r.end()
		if !r.taken {
			kit.Focus(p.fields["name"].object)
		}
	})
	r.begin()
	r.dialog.Show()
	return r
}

// begin waits for a card, until it is read or the dialog is closed.
func (r *cardReading) begin() {
	u := r.p.v.u
	ctx, end := context.WithCancel(u.shift)
	r.end = end
	r.dialog.YesButton().SetBusy("等待证件…")
	r.say(kit.TextBody, "正在连接读卡器…")
	var card capture.Card
	u.run("read card", func(context.Context) (err error) {
		card, err = u.card(ctx, func(words string) {
			u.back(func() {
				if ctx.Err() == nil {
					r.say(kit.TextBody, words)
				}
			})
		})
		return err
	}, func(err error) {
		given := ctx.Err() != nil // up by the clerk, or by the lock
		end()
		r.dialog.YesButton().SetBusy("")
		switch {
		case given || r.p.v.closed:
		case err != nil:
			r.say(kit.TextBad, sentence(err))
		default:
			r.take(card)
		}
	})
}

func (r *cardReading) say(kind kit.TextKind, words string) {
	r.words.SetKind(kind)
	r.words.SetText(words)
	r.dialog.Refresh()
}

// card opens the reader, reads one card and frees the reader.
func (u *Window) card(ctx context.Context, tell func(string)) (capture.Card, error) {
	const op = "read card"
	if u.deps.Reader == nil {
		return capture.Card{}, fault.Tell(op, fault.Unavailable, "本机不能读证件，请手工录入。", errors.New("no reader"))
	}
	reader, err := u.deps.Reader(ctx)
	if err != nil {
		return capture.Card{}, fault.Wrap(op, err)
	}
	// A reader that does not answer must not keep the clerk who gave up.
	free := sync.OnceFunc(func() { _ = reader.Close() })
	defer context.AfterFunc(ctx, free)()
	defer free()
	c, err := reader.Card(ctx, tell)
	return c, fault.Wrap(op, err)
}

// take fills in what is empty; where the card says something else than was
// entered, the clerk is shown both and decides.
func (r *cardReading) take(c capture.Card) {
	r.p.keepWord(c, nil)
	if c.Kind == capture.ForeignCard || c.Kind == capture.ForeignCard2 {
		r.say(kit.TextBad, "这是"+c.Kind.String()+"。生源地贷款以本县户籍为准，请先核对资格；确需受理的，请手工录入。")
		return
	}
	r.taken = true
	p := r.p
	fields, other := p.fromCard(c)
	if len(other) == 0 {
		r.dialog.Close()
		p.keepCard(c, fields)
		return
	}
	r.dialog.Close()
	showDifferences(p, c, fields, other)
}

// difference is a field of which the card says something else.
type difference struct {
	name, have, card string
	value            any
	take             *kit.Check
}

// fromCard is what the card fills in, by paths, and where it differs from what
// was entered.
func (p *personForm) fromCard(c capture.Card) (map[string]any, []difference) {
	fields := map[string]any{}
	var other []difference
	add := func(name, card string, value any) {
		have := textAt(&p.v.draft, p.prefix+name)
		switch {
		case card == "" || card == have:
		case have == "":
			fields[p.prefix+name] = value
		default:
			other = append(other, difference{name: name, have: have, card: card, value: value})
		}
	}
	add("name", c.Name, c.Name)
	add("id_no", c.Number, c.Number)
	add("birth", string(c.Birth), c.Birth)
	add("sex", string(c.Sex), c.Sex)
	if all := nations(); c.Nation > 0 && c.Nation <= len(all) {
		add("ethnic", all[c.Nation-1].ID, all[c.Nation-1].ID)
	}
	add("id_valid_to", c.To, c.To)
	add("address", c.Address, c.Address)
	// The chip may hold less than the name where that fills its place.
	if c.Name != "" && !c.NameFull && c.Name != textAt(&p.v.draft, p.prefix+"id_ocr_name") {
		fields[p.prefix+"id_ocr_name"] = c.Name
	}
	return fields, other
}

// showDifferences asks, field by field, whose word is taken.
func showDifferences(p *personForm, c capture.Card, fields map[string]any, other []difference) {
	rows := []fyne.CanvasObject{kit.NewText("勾选的以证件为准，不勾的保留已录入的。", kit.TextBody)}
	for i := range other {
		d := &other[i]
		label, _ := personLabel(d.name)
		d.take = kit.NewCheck(label+"：已录入 "+d.have, false)
		// People live elsewhere than their card says, more often than they
		// are somebody else.
		d.take.SetChecked(d.name != "address")
		rows = append(rows, d.take, kit.NewText("　　证件上："+d.card, kit.TextBold))
		if d.name == "id_no" {
			rows[0] = kit.NewText("证件上是另一个身份证号：请先确认放的是本人的证件。勾选的以证件为准，不勾的保留已录入的。", kit.TextWarn)
		}
	}
	rows = append(rows, kit.NewText("保留已录入的，由谁在什么时候保留，复核时会与证件对照列出。", kit.TextCaption))
	filled := false
	var kept []string
	d := kit.NewDialog(p.v.u.win, partyLabel(p.party)+"：证件与已录入的不一致", container.NewVBox(rows...), "按此填入", "都不填", func() bool {
		for _, o := range other {
			if o.take.Checked() {
				fields[p.prefix+o.name] = o.value
			} else {
				kept = append(kept, o.name)
			}
		}
		filled = true
		return true
	})
	// Once it is gone, for a correction asks for its reason in one of its own.
	d.SetOnClosed(func() {
		switch {
		case p.v.closed:
			return
		case !filled:
			for _, o := range other {
				kept = append(kept, o.name)
			}
		}
		if len(kept) > 0 {
			p.keepWord(c, kept)
		}
		if filled {
			p.keepCard(c, fields)
		}
	})
	d.SetWidth(560)
	d.Show()
}

// keepCard saves what is taken from the card, and the picture on its chip.
func (p *personForm) keepCard(c capture.Card, fields map[string]any) {
	v := p.v
	words := "已从" + c.Kind.String() + "读入，请与本人核对。"
	if c.Unsure {
		words = "已从" + c.Kind.String() + "读入；姓名中有读卡器给不出的字，请照证件手工录入姓名。"
	}
	done := func(err error) {
		if err != nil {
			v.u.fail(err)
			return
		}
		p.keepPicture(c)
		kit.Notice(v.u.win, kit.Good, words)
	}
	if len(fields) == 0 {
		done(nil)
	} else {
		v.put(fields, func(start bool, err error) {
			if !start {
				done(err)
			}
		})
	}
	if len(fields) > 0 && v.mustCorrect(fields) {
		return // asked for the reason
	}
	next := "phone"
	if c.Unsure {
		next = "name"
	}
	kit.Focus(p.fields[next].object)
}

// keepWord keeps what the card says with the case, and which fields the clerk
// left as they were typed; where the contract is signed, with its correction, as the
// picture is.
func (p *personForm) keepWord(c capture.Card, kept []string) {
	v := p.v
	card := wordOf(c)
	if v.mustCorrect(nil) {
		v.cards[p.party] = loan.CardBody{Form: loan.CardForm, Party: p.party, Card: card, Kept: kept}
		return
	}
	v.do("keep card", func(ctx context.Context) (*loan.Case, error) {
		return v.u.desk.KeepCard(ctx, v.id, p.party, card, kept)
	}, nil)
}

// wordOf is a card as a case keeps it.
func wordOf(c capture.Card) loan.Card {
	kind := map[capture.CardKind]loan.CardKind{capture.ResidentCard: loan.ResidentIdentity, capture.ResidenceCard: loan.ResidencePermit,
		capture.ForeignCard: loan.ForeignerPermanent, capture.ForeignCard2: loan.ForeignerPermanent}[c.Kind]
	out := loan.Card{Kind: kind, Name: c.Name, Cut: c.NameFull, Unsure: c.Unsure, Number: c.Number, Sex: c.Sex, Birth: c.Birth, Address: c.Address,
		Issuer: c.Issuer, From: c.From, To: c.To, Pass: c.Pass, Issues: c.Issues, Latin: c.Latin, Country: c.Country}
	if all := nations(); c.Nation > 0 && c.Nation <= len(all) {
		out.Ethnic = all[c.Nation-1].ID
	}
	return out
}

// keepPicture attaches the picture on the chip; while a signed contract stands
// nothing is attached.
func (p *personForm) keepPicture(c capture.Card) {
	v := p.v
	if len(c.Photo) == 0 || v.mustCorrect(nil) {
		return
	}
	slot := loan.Slot("card/" + string(p.party))
	v.do("attach", func(ctx context.Context) (*loan.Case, error) {
		return v.u.desk.Attach(ctx, v.id, slot, c.Photo, "application/vnd.doorstep.wlt", "reader")
	}, nil)
}
