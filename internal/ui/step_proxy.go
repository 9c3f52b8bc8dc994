package ui

import (
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// proxyChoice asks, before the contract is made, who signs it: in a renewal one
// of the two may sign for both, which then stands in its text.
type proxyChoice struct {
	v    *visit
	card fyne.CanvasObject
	who  *kit.Choice
	note *kit.Field
	line *kit.Labeled
	// onChoice runs when another was chosen; nil: nothing does.
	onChoice func()
}

// Who signs.
const (
	bothSign       = "both"
	studentSigns   = "student"
	coborrowerSign = "coborrower"
)

func newProxyChoice(v *visit) *proxyChoice {
	p := &proxyChoice{v: v, note: kit.NewField()}
	p.who = kit.NewChoice(kit.Option{ID: bothSign, Text: "双方本人签名"}, kit.Option{ID: studentSigns, Text: "学生签，并代共同借款人签"},
		kit.Option{ID: coborrowerSign, Text: "共同借款人签，并代学生签"})
	p.who.SetValue(bothSign)
	p.note.MaxLen, p.note.Placeholder = 60, "代签时填写，例如：母亲韦某代学生签"
	p.line = kit.NewLabeled("代签人及与本人关系", false, p.note)
	p.who.OnChanged = func(string) {
		p.show()
		if p.onChoice != nil {
			p.onChoice()
		}
		v.showFoot()
	}
	p.note.OnChanged = func(string) { v.showFoot() }
	p.card = kit.Card("谁来签名", kit.NewLine("续贷可以由一方代另一方签名，写入合同", kit.TextCaption),
		kit.Columns([]float32{3, 2}, kit.NewLabeled("签名方式", true, p.who), p.line))
	p.show()
	return p
}

func (p *proxyChoice) proxy() bool { return p.who.Value() != bothSign }

func (p *proxyChoice) show() {
	p.note.SetReadOnly(!p.proxy())
	p.line.SetRequired(p.proxy())
}

// refresh shows the choice where another may sign; once the contract is begun it
// says what was chosen.
func (p *proxyChoice) refresh(begun bool) {
	setVisible(p.card, p.v.c.App.Kind == loan.Renewal)
	p.who.SetReadOnly(begun)
	if !begun {
		return
	}
	who := p.v.c.Contract.Signers
	switch loan.ByProxy {
	case who.Student:
		p.who.SetValue(coborrowerSign)
	case who.Coborrower:
		p.who.SetValue(studentSigns)
	default:
		p.who.SetValue(bothSign)
	}
	p.note.SetText(who.ProxyNote)
	p.note.SetReadOnly(true)
}

// told says whether a proxy, if there is one, is named.
func (p *proxyChoice) told() bool { return !p.proxy() || strings.TrimSpace(p.note.Text()) != "" }

func (p *proxyChoice) signers() loan.Signatures {
	who := loan.Signatures{Student: loan.InPerson, Coborrower: loan.InPerson}
	if p.v.c.App.Kind != loan.Renewal || !p.proxy() {
		return who
	}
	who.ProxyNote = strings.TrimSpace(p.note.Text())
	if p.who.Value() == coborrowerSign {
		who.Student = loan.ByProxy
	} else {
		who.Coborrower = loan.ByProxy
	}
	return who
}
