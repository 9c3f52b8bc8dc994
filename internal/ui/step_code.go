package ui

import (
	"context"

	"doorstep/internal/barcode"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

const (
	letterPages = 4   // of a letter of admission are searched for codes
	shownCodes  = 3   // are shown whole
	shownText   = 240 // characters of each
)

// letterCode is a code of a page, and what of it the form has too.
type letterCode struct {
	barcode.Code
	says []loan.Said
}

// letterCodes are the codes of the pages of the letter of admission, as far as
// they were read; what was not is being read, and shown then.
func (s *imagesStep) letterCodes() []letterCode {
	var out []letterCode
	for i, a := range s.v.c.Slot(loan.DocSlot(loan.AdmissionLetter)) {
		if i == letterPages {
			break
		}
		if all, read := s.codes[a.Blob]; read {
			out = append(out, all...)
		} else if !s.coding[a.Blob] {
			s.readCodes(a.Blob)
		}
	}
	return out
}

// readCodes reads the codes of a page. A page that cannot be read is told of
// beside its picture, and has none.
func (s *imagesStep) readCodes(h loan.Hash) {
	s.coding[h] = true
	var all []letterCode
	s.v.u.grind("read codes", func(ctx context.Context) error {
		img, err := s.read(ctx, h)
		if err != nil {
			return err
		}
		found, err := barcode.Read(ctx, img)
		for _, c := range found {
			all = append(all, letterCode{c, loan.LetterSays(s.v.u.desk.Rules().Schools, c.Text)})
		}
		return err
	}, func(err error) {
		delete(s.coding, h)
		if s.v.closed || s.v.u.shift.Err() != nil {
			return
		}
		s.codes[h] = all
		if err == nil && len(all) > 0 {
			s.refresh()
		}
	})
}

// letterSaid is what the codes say that the form has too.
func (s *imagesStep) letterSaid() (all []loan.Said, other int) {
	for _, c := range s.letterCodes() {
		all = append(all, c.says...)
	}
	for _, said := range all {
		if have := s.said(said); said.Field != "" && have != "" && have != said.Value {
			other++
		}
	}
	return all, other
}

// said is what the form has for something that a code says.
func (s *imagesStep) said(one loan.Said) string {
	if one.Field == "" {
		return ""
	}
	return textAt(&s.v.draft, one.Field)
}

// letterLine tells beside the letter what its codes say; nil where there are none.
func (s *imagesStep) letterLine() fyne.CanvasObject {
	codes := s.letterCodes()
	if len(codes) == 0 {
		return nil
	}
	_, other := s.letterSaid()
	state := kit.NewStatusLine(kit.Info, "读到"+codeLabel(codes[0].Code))
	if other > 0 {
		state.Set(kit.Warning, codeLabel(codes[0].Code)+"与填写的不一致")
	}
	show := kit.NewSecondary("核对码的内容", nil, s.showLetter)
	return container.New(&stacked{gap: 4}, state, container.NewHBox(show))
}

func codeLabel(c barcode.Code) string {
	if c.QR {
		return "二维码"
	}
	return "条形码"
}

// showLetter shows what the codes say, as it stands, and where the form says
// something else. A code is easily made: nothing is filled in that is there
// already unless the clerk ticks it, and no link is opened.
func (s *imagesStep) showLetter() {
	rows := container.NewVBox()
	codes := s.letterCodes()
	for _, c := range codes[:min(len(codes), shownCodes)] {
		text, runes := c.Text, []rune(c.Text)
		if c.Cut || len(runes) > shownText {
			text = string(runes[:min(len(runes), shownText)]) + "…（太长，只显示开头）"
		}
		rows.Add(kit.NewText(codeLabel(c.Code)+"上写着（只是文字，不会打开）", kit.TextCaption))
		rows.Add(kit.NewText(text, kit.TextBody))
	}
	all, other := s.letterSaid()
	takes := map[*kit.Check]loan.Said{}
	known := 0
	for _, said := range all {
		have := s.said(said)
		label := said.Label
		if said.Field != "" {
			label = fieldLabel(said.Field)
		}
		known++
		switch {
		case said.Field == "":
			rows.Add(kit.NewText(label+"："+said.Value, kit.TextBold))
		case have == said.Value:
			rows.Add(kit.NewText(label+"："+said.Value+"　与填写的一致", kit.TextOK))
		default:
			words := label + "：填入 " + said.Value
			if have != "" {
				words = label + "：已填写 " + have + "，改为码上的 " + said.Value
			}
			box := kit.NewCheck(words, false)
			box.SetChecked(have == "")
			setDisabled(box, s.v.locked())
			takes[box] = said
			rows.Add(box)
		}
	}
	if known == 0 {
		rows.Add(kit.NewText("码里没有能与填写内容核对的项目。", kit.TextCaption))
	} else if other > 0 {
		rows.Add(kit.NewText("以录取通知书原件为准：勾选的改为码上的内容，不勾的保留已填写的。", kit.TextWarn))
	}
	yes, no := "关闭", ""
	if len(takes) > 0 && !s.v.locked() {
		yes, no = "按此填入", "都不改"
	}
	d := kit.NewDialog(s.v.u.win, "录取通知书上的码", rows, yes, no, func() bool {
		s.takeLetter(takes)
		return true
	})
	d.SetWidth(560)
	d.Show()
}

// takeLetter fills in what the clerk ticked.
func (s *imagesStep) takeLetter(takes map[*kit.Check]loan.Said) {
	fields := map[string]any{}
	for box, said := range takes {
		if !box.Checked() {
			continue
		}
		fields[said.Field] = said.Value
		for path, value := range said.With {
			fields[path] = value
		}
	}
	if len(fields) == 0 || s.v.locked() {
		return
	}
	s.v.put(fields, func(start bool, err error) {
		switch {
		case start:
		case err != nil:
			s.v.u.fail(err)
		default:
			kit.Notice(s.v.u.win, kit.Good, "已按码上的内容填入，请与本人核对。")
			s.refresh()
		}
	})
}
