package ui

import (
	"context"
	"errors"
	"image"
	"slices"
	"strconv"

	"doorstep/internal/desk"
	"doorstep/internal/printer"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Printing is the system's printers.
type Printing struct {
	List  func(context.Context) ([]printer.Printer, error)
	Print func(context.Context, printer.Job) error
	Purge func(ctx context.Context, job string) error
}

// SystemPrinting is the printing of this machine.
func SystemPrinting() Printing {
	return Printing{List: printer.List, Print: printer.Print, Purge: printer.Purge}
}

// Settings of printing.
const (
	printerSetting = "print.printer" // chosen last
	jobsSetting    = "print.jobs"    // that the print service may still hold
	begunSetting   = "print.begun"   // who began to print, until he knows how it went
)

// printDialog asks what is to be printed, where and how often.
type printDialog struct {
	v       *visit
	dialog  *kit.Dialog
	checks  []*kit.Check
	papers  []desk.Paper
	printer *kit.Picker
	copies  *kit.Choice
	words   *kit.Text
	done    func(desk.Paper, []byte)
	closed  bool
}

// askPrint shows what can be printed of the case, with those of ticked chosen;
// done is told of each paper that was made, as a screen may show it.
func askPrint(v *visit, done func(desk.Paper, []byte), ticked ...desk.Paper) {
	p := &printDialog{v: v, papers: v.u.desk.Papers(v.c), words: kit.NewText("正在查找打印机…", kit.TextMuted), done: done}
	var list []fyne.CanvasObject
	for _, paper := range p.papers {
		c := kit.NewCheck(paper.Label(), false)
		c.SetChecked(slices.Contains(ticked, paper))
		c.OnChanged = func(bool) { p.ready() }
		p.checks = append(p.checks, c)
		list = append(list, c)
	}
	var names []kit.Option
	p.printer = kit.NewPicker(func(string) []kit.Option { return names })
	p.copies = kit.NewChoice(kit.Option{ID: "1", Text: "1 份"}, kit.Option{ID: "2", Text: "2 份"}, kit.Option{ID: "3", Text: "3 份"})
	p.copies.SetValue("1")
	phone := container.NewHBox()
	for _, paper := range v.u.desk.PhonePapers(v.c) {
		phone.Add(kit.NewSecondary(toPhoneLabel(paper), kit.Icon("phone"), func() {
			p.dialog.Close()
			askGift(v, paper, done)
		}))
	}
	body := container.New(&stacked{gap: 10}, kit.Columns(nil, list...),
		kit.Columns([]float32{3, 2}, kit.NewLabeled("打印机", true, p.printer), kit.NewLabeled("份数", true, p.copies)),
		p.words, phone)
	p.dialog = kit.NewDialog(v.u.win, "打印", body, "打印", "关闭", func() bool {
		p.print()
		return false
	})
	p.dialog.SetOnClosed(func() { p.closed = true })
	p.dialog.YesButton().Disable()
	p.dialog.SetWidth(620)
	p.dialog.Show()
	if i := slices.IndexFunc(p.checks, (*kit.Check).Checked); i >= 0 { // what is printed, and not what is not
		kit.Focus(p.checks[i])
	}
	var found []printer.Printer
	last := ""
	v.u.run("list printers", func(ctx context.Context) (err error) {
		if found, err = v.u.deps.Printing.List(ctx); err == nil {
			_, err = v.u.desk.Setting(ctx, printerSetting, &last)
		}
		return err
	}, func(err error) {
		if err != nil {
			p.say(kit.TextBad, sentence(err)+p.otherwise())
			return
		}
		for _, f := range found {
			if !f.Files {
				names = append(names, kit.Option{ID: f.Name, Text: f.Name})
			}
		}
		if len(names) == 0 {
			p.say(kit.TextBad, "本机只有会生成文件的打印机（如“打印到 PDF”），不能用来打印个人信息。请接好打印机。"+p.otherwise())
			return
		}
		at := max(slices.IndexFunc(names, func(o kit.Option) bool { return o.ID == last }), 0)
		p.printer.SetValue(names[at])
		p.say(kit.TextMuted, "合同和表格的打印件带水印；打印完毕即从打印队列中清除，不留副本。")
		p.ready()
	})
}

func (p *printDialog) say(kind kit.TextKind, words string) {
	p.words.SetKind(kind)
	p.words.SetText(words)
}

// failed says why nothing was printed, or is kept of what was: also to who closed the
// dialog meanwhile, for the print goes on.
func (p *printDialog) failed(err error) {
	if p.closed {
		p.v.u.fail(err)
		return
	}
	p.say(kit.TextBad, sentence(err))
}

func (p *printDialog) chosen() []desk.Paper {
	var out []desk.Paper
	for i, c := range p.checks {
		if c.Checked() {
			out = append(out, p.papers[i])
		}
	}
	return out
}

func (p *printDialog) ready() {
	p.dialog.YesButton().SetEnabled(p.printer.Value().ID != "" && len(p.chosen()) > 0)
}

// otherwise is what else will do where nothing can be printed.
func (p *printDialog) otherwise() string {
	if len(p.v.u.desk.PhonePapers(p.v.c)) > 0 {
		return "案件已保存，以后可以补打；家庭现在要带走的，可以发到家庭的手机。"
	}
	return "案件已保存，可以先往下办；表格请用备好的空白表手写后拍摄，或把案件转交给有打印机的电脑打印。"
}

// make makes the papers, which is noted; then gets them. What done gets of each is as
// a screen may show it.
func (p *printDialog) make(papers []desk.Paper, then func(made [][]byte)) {
	v, made, shown := p.v, make([][]byte, len(papers)), make([][]byte, len(papers))
	v.u.act("receipt", func(ctx context.Context) (err error) {
		for i, paper := range papers {
			if made[i], err = v.u.desk.Printout(ctx, v.id, paper); err != nil {
				return err
			}
			if shown[i] = made[i]; paper == desk.PaperReceipt {
				if shown[i], err = v.u.desk.ReceiptOnScreen(ctx, v.id); err != nil {
					return err
				}
			}
		}
		return nil
	}, func(err error) {
		p.dialog.YesButton().SetBusy("")
		if err != nil {
			p.failed(err)
			return
		}
		for i, paper := range papers {
			if p.done != nil {
				p.done(paper, shown[i])
			}
		}
		then(made)
	})
}

// print makes the papers and prints them one after the other.
func (p *printDialog) print() {
	v, name := p.v, p.printer.Value().ID
	copies, _ := strconv.Atoi(p.copies.Value()) // one of the three
	p.dialog.YesButton().SetBusy("正在生成…")
	p.make(p.chosen(), func(made [][]byte) {
		p.dialog.YesButton().SetBusy("正在打印…")
		v.u.run("print", func(ctx context.Context) error {
			if err := v.u.desk.SetSetting(ctx, printerSetting, name); err != nil {
				return err
			}
			return v.u.printAll(ctx, name, copies, made, v.u.stands(p))
		}, func(err error) {
			p.dialog.YesButton().SetBusy("")
			if err != nil {
				p.failed(err)
				return
			}
			p.dialog.Close()
			kit.Notice(v.u.win, kit.Good, "已打印，打印队列中的副本已清除。")
		})
	})
}

// stands is told when the printer stands still, and when it goes on.
func (u *Window) stands(p *printDialog) func(stopped bool) {
	return func(stopped bool) {
		u.back(func() {
			switch {
			case stopped && p.closed:
				kit.Notice(u.win, kit.Warning, wordsStands)
			case stopped:
				p.say(kit.TextWarn, wordsStands)
			case !p.closed:
				p.say(kit.TextMuted, "打印机已恢复，正在打印…")
			}
		})
	}
}

const (
	wordsStands = "打印机停着：可能已暂停、缺纸或没有开。请到打印机上恢复，恢复后接着打印；5 分钟内没有打完的，会从打印队列中清除。"
	wordsCut    = "上次的打印在锁定或退出时中断：没有打完的已从打印队列中清除，不会再打出来。需要的请重新打印。"
)

// printAll prints papers one after the other.
func (u *Window) printAll(ctx context.Context, name string, copies int, papers [][]byte, stopped func(bool)) error {
	if err := u.desk.SetSetting(ctx, begunSetting, u.desk.Operator().ID); err != nil {
		return err
	}
	for _, pdf := range papers {
		if err := u.printOne(ctx, name, copies, pdf, stopped); err != nil {
			if ctx.Err() == nil { // else nobody is there to be told
				err = errors.Join(err, u.desk.SetSetting(ctx, begunSetting, ""))
			}
			return err
		}
	}
	return u.desk.SetSetting(ctx, begunSetting, "")
}

func (u *Window) printOne(ctx context.Context, name string, copies int, pdf []byte, stopped func(bool)) error {
	return u.deps.Printing.Print(ctx, printer.Job{Printer: name, Copies: copies, PDF: pdf, Noted: u.notePrint, Stopped: stopped,
		Open: func(ctx context.Context) (printer.Drawing, error) {
			doc, err := u.deps.Pages.Open(ctx, pdf)
			if err != nil {
				return printer.Drawing{}, err
			}
			return printer.Drawing{Pages: doc.Pages(), Close: func() { doc.Close() },
				Draw: func(ctx context.Context, n int, dpi float64) (image.Image, error) { return doc.Page(ctx, n, dpi) }}, nil
		}})
}

// notePrint keeps which job the print service holds, so that it is deleted even
// when this program ends before it is printed.
func (u *Window) notePrint(job string) {
	var jobs []string
	if job != "" {
		jobs = []string{job}
	}
	if err := u.desk.SetSetting(context.WithoutCancel(u.ctx), jobsSetting, jobs); err != nil {
		u.deps.Log.Warn("note print", "error", err.Error())
	}
}

// purgePrints deletes what an earlier run left at the print service, and tells who printed
// it that it was cut off.
func (u *Window) purgePrints() {
	cut := false
	u.run("purge prints", func(ctx context.Context) error {
		var jobs []string
		if _, err := u.desk.Setting(ctx, jobsSetting, &jobs); err != nil {
			return err
		}
		for _, job := range jobs {
			if err := u.deps.Printing.Purge(ctx, job); err != nil {
				return err
			}
		}
		if len(jobs) > 0 {
			if err := u.desk.SetSetting(ctx, jobsSetting, []string{}); err != nil {
				return err
			}
		}
		by := ""
		if _, err := u.desk.Setting(ctx, begunSetting, &by); err != nil || by == "" || by != u.desk.Operator().ID {
			return err
		}
		cut = true
		return u.desk.SetSetting(ctx, begunSetting, "")
	}, func(err error) {
		switch {
		case err != nil:
			u.fail(err)
		case cut:
			kit.Message(u.win, "打印没有完成", wordsCut, nil)
		}
	})
}
