package ui

import (
	"context"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// receiptStep is ⑧: how far the case has come, its receipt and its contract.
type receiptStep struct {
	v       *visit
	content fyne.CanvasObject
	side    *container.Scroll
	ladder  *fyne.Container
	numbers *fyne.Container
	view    *docView
	which   *kit.Choice
	phone   *kit.Button
	void    *kit.Button
	first   func()          // brings the button of sending first up to date
	again   *fyne.Container // prints what the centre returned
	pdf     []byte          // of the receipt made in this visit
	home    bool            // the centre's numbers are in it
	shownAs string
}

const (
	showReceipt  = "receipt"
	showContract = "contract"
)

func newStepReceipt(v *visit) *receiptStep {
	s := &receiptStep{v: v, ladder: container.New(&stacked{gap: 2}), numbers: container.New(&stacked{gap: 6}), view: newDocView(v)}
	s.which = kit.NewChoice(kit.Option{ID: showReceipt, Text: "受理回执"}, kit.Option{ID: showContract, Text: "已签合同"})
	s.which.SetValue(showReceipt)
	s.which.OnChanged = func(string) {
		s.showPhone()
		s.open()
	}
	s.phone = kit.NewSecondary(toPhoneLabel(desk.PaperReceipt), kit.Icon("phone"), func() { askGift(v, s.paper(), s.made) })
	s.void = kit.NewQuiet("作废本案…", kit.Icon("trash"), s.askVoid)
	first, show := v.urgeButton()
	s.first = show
	next := kit.NewSecondary("办下一户", kit.Icon("user-plus"), func() { v.u.shell.visit("today") })
	own := kit.NewQuiet("本人信息…", kit.Icon("id-card"), v.showOwn)
	export := kit.NewQuiet("导出…", kit.Icon("download"), func() { v.u.exportCase(v.id) })
	s.again = container.NewHBox(kit.NewSecondary("打印回执和合同…", kit.Icon("print"), s.print))
	s.side = cards(kit.Card("进度", nil, s.ladder), kit.Card("编号", nil, s.numbers), s.again,
		container.NewGridWithColumns(2, next, s.void, own, export), container.NewHBox(first))
	bar := s.bar()
	s.content = container.NewBorder(nil, nil, container.New(&wide{width: 310}, s.side), nil,
		inset(8, 12, container.NewBorder(container.NewVBox(bar, gap(1)), nil, nil, nil, s.view.content)))
	return s
}

func (s *receiptStep) refresh() {
	if s.v.at != stepReceipt {
		return
	}
	s.showLadder()
	s.showNumbers()
	s.first()
	s.void.SetEnabled(s.v.c.Status != loan.Void && !s.v.readOnly())
	setVisible(s.again, (s.v.c.Status == loan.Returned || s.v.stopped()) && s.v.c.Finish != nil && !s.v.readOnlyPrint())
	s.showPhone()
	s.open()
}

// paper is which of the two is on the screen.
func (s *receiptStep) paper() desk.Paper {
	if s.which.Value() == showContract {
		return desk.PaperContract
	}
	return desk.PaperReceipt
}

// showPhone says what the button gives to the phone, and whether it can.
func (s *receiptStep) showPhone() {
	s.phone.SetText(toPhoneLabel(s.paper()))
	s.phone.SetEnabled(!s.v.readOnlyPrint() && slices.Contains(s.v.u.desk.PhonePapers(s.v.c), s.paper()))
}

func (s *receiptStep) showNumbers() {
	c := s.v.c
	rows := []fyne.CanvasObject{container.NewVBox(kit.NewText("案件编号", kit.TextCaption), kit.NewText(c.ID.String(), kit.TextCaption))}
	if r := c.Receipt; r != nil {
		rows = append(rows, numbered("回执编号", r.ReceiptNo), numbered("合同编号", r.ContractNo), numbered("回执校验码", "••••••（只在打印件上）"))
	} else if c.Status != loan.Void {
		rows = append(rows, kit.NewText("回执编号、合同编号和回执校验码由中心给出，送达后显示在这里。", kit.TextMuted))
	}
	s.numbers.Objects = rows
	s.ladder.Refresh()
	s.numbers.Refresh()
	relay(s.side)
}

func numbered(label, value string) fyne.CanvasObject {
	return container.NewVBox(kit.NewText(label, kit.TextCaption), kit.NewText(value, kit.TextBold))
}

// open shows what was chosen, where it is not shown yet.
func (s *receiptStep) open() {
	v := s.v
	finished := v.c.Finish != nil
	if home := v.c.Receipt != nil; home != s.home {
		s.home, s.pdf = home, nil // the receipt made before lacks the numbers
	}
	if s.which.Value() == showReceipt {
		switch {
		case v.c.Status == loan.Void:
			s.pdf, s.shownAs = nil, ""
			s.view.empty("案件已作废，没有回执。")
		case s.pdf == nil && v.readOnlyPrint():
			s.shownAs = ""
			s.view.empty("本案不由您办理，回执由经办人员打印。")
		case s.pdf == nil && v.c.Status == loan.Returned:
			s.shownAs = ""
			s.view.empty("中心已退回本案，先按清单改正。重新送达以后，再打印新的回执；现在就要的，按左边的“打印回执和合同…”，回执上写明“已退回”。")
		case s.pdf == nil && s.home:
			s.shownAs = ""
			s.view.empty("中心的回执已到。按“打印回执和合同”打印带编号和回执校验码的回执。")
		case s.pdf == nil && finished:
			s.shownAs = ""
			s.view.empty("按“打印回执和合同”打印临时受理回执；没有打印机就发到手机。")
		case s.pdf == nil:
			s.shownAs = ""
			s.view.empty("完成受理后，在这里打印临时受理回执。")
		case s.shownAs != showReceipt:
			s.shownAs = showReceipt
			s.view.open(s.pdf, loan.Hash{1})
		}
		return
	}
	k := v.c.Contract
	switch {
	case k == nil || k.Sealed == nil:
		s.shownAs = ""
		s.view.empty("合同还没有签署封存。")
	case !v.full():
		s.view.empty(onlyHandler)
	case s.shownAs != showContract+k.Sealed.Blob.String():
		s.shownAs = showContract + k.Sealed.Blob.String()
		s.view.empty("正在打开合同…")
		c := v.c
		var pdf []byte
		v.u.run("sealed contract", func(ctx context.Context) (err error) {
			pdf, err = v.u.desk.SealedContract(ctx, c)
			return err
		}, func(err error) {
			if s.which.Value() != showContract || !v.full() {
				return
			}
			if err != nil {
				s.view.empty("打不开合同：" + sentence(err))
				return
			}
			s.view.open(pdf, k.Sealed.Blob)
		})
	}
}

func (s *receiptStep) action() action {
	v := s.v
	switch {
	case v.c.Status == loan.Void:
		return action{text: "案件已作废"}
	case v.c.Status == loan.Returned:
		return v.mending()
	case v.c.Finish == nil && v.c.Status == loan.Signed:
		return action{text: "去完成受理", enabled: true, do: func() { v.show(stepSign) }}
	case v.c.Finish == nil:
		return action{text: "完成受理后打印回执"}
	}
	if v.stopped() {
		return action{text: "办下一户", enabled: true, do: func() { v.u.shell.visit("today") }}
	}
	return action{text: "打印回执和合同", enabled: !v.readOnlyPrint(), do: s.print}
}

// readOnlyPrint says whether the operator may not print.
func (v *visit) readOnlyPrint() bool { return !v.full() }

// print asks what the family takes home, and prints it; the receipt made is
// shown.
func (s *receiptStep) print() {
	askPrint(s.v, s.made, desk.PaperReceipt, desk.PaperContract, desk.PaperCard)
}

// made shows a receipt that was made.
func (s *receiptStep) made(p desk.Paper, pdf []byte) {
	if p != desk.PaperReceipt || !s.v.full() {
		return
	}
	s.pdf, s.shownAs = pdf, ""
	s.which.SetValue(showReceipt)
	s.refresh()
}

// askVoid asks for the reason and ends the case; nothing is deleted.
func (s *receiptStep) askVoid() {
	v := s.v
	reason := kit.NewField()
	reason.MaxLen, reason.Placeholder = 100, "例如：学生决定不申请"
	labeled := kit.NewLabeled("作废原因", true, reason)
	words := kit.NewText("作废后不能恢复，也不能再修改；已录入的内容和记录仍会保留并上传。需要时可以新建案件。", kit.TextBody)
	d := kit.NewDialog(v.u.win, "作废本案？", container.NewVBox(words, labeled), "作废", "不作废", func() bool {
		text := strings.TrimSpace(reason.Text())
		if err := desk.CheckReason(text); err != nil {
			labeled.SetError(sentence(err))
			return false
		}
		v.do("void", func(ctx context.Context) (*loan.Case, error) { return v.u.desk.Void(ctx, v.id, text) }, nil)
		return true
	})
	d.SetDanger()
	d.SetWidth(500)
	d.Show()
}

func (s *receiptStep) object() fyne.CanvasObject { return s.content }
func (s *receiptStep) left()                     {}

func (s *receiptStep) close() { s.view.close() }

func (s *receiptStep) shown() {
	s.refresh()
	kit.Focus(s.v.main)
}
