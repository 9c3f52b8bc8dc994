package kit

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

func TestFieldEdits(t *testing.T) {
	cases := []struct {
		name string
		text string
		do   func(s *stage, f *Field)
		want string
	}{
		{"typed characters stand in order", "", func(s *stage, f *Field) { s.write("张𬎆明") }, "张𬎆明"},
		{"what is typed replaces the text selected on entering", "旧", func(s *stage, f *Field) { s.write("新") }, "新"},
		{"BackSpace takes the character before", "", func(s *stage, f *Field) { s.write("甲乙"); s.press(fyne.KeyBackspace) }, "甲"},
		{"Delete takes the character after", "", func(s *stage, f *Field) { s.write("甲乙"); s.press(fyne.KeyHome, fyne.KeyDelete) }, "乙"},
		{"BackSpace at the start does nothing", "", func(s *stage, f *Field) { s.write("甲"); s.press(fyne.KeyHome, fyne.KeyBackspace) }, "甲"},
		{"arrows move the caret", "", func(s *stage, f *Field) { s.write("甲丙"); s.press(fyne.KeyLeft); s.write("乙") }, "甲乙丙"},
		{"a line break pasted into a line is a space", "", func(s *stage, f *Field) { f.insert("甲\r\n乙", false) }, "甲 乙"},
		{"control characters are dropped", "", func(s *stage, f *Field) { f.insert("a\x00b\x1bc\ufeff", false) }, "abc"},
		{"undo takes back a run of typing at once", "", func(s *stage, f *Field) { s.write("甲乙丙"); f.Undo() }, ""},
		{"redo does it again", "", func(s *stage, f *Field) { s.write("甲乙"); f.Undo(); f.Redo() }, "甲乙"},
		{"undo brings back what was deleted", "", func(s *stage, f *Field) { s.write("甲乙"); f.SelectAll(); s.press(fyne.KeyDelete); f.Undo() }, "甲乙"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := NewField()
			f.SetText(c.text)
			s := show(t, f, 300, 60)
			s.focus(f)
			c.do(s, f)
			check(t, "text", f.Text(), c.want)
		})
	}
}

func TestFieldHoldsItsLimits(t *testing.T) {
	f := NewField()
	f.MaxLen, f.Filter = 4, DigitsX
	s := show(t, f, 300, 60)
	s.focus(f)
	s.write("1a２x345")
	check(t, "text", f.Text(), "12X3")
	g := NewField()
	g.SetText(strings.Repeat("汉", longestText+10))
	check(t, "characters", len([]rune(g.Text())), longestText)
}

func TestFieldShiftSelects(t *testing.T) {
	f := NewField()
	s := show(t, f, 300, 60)
	s.focus(f)
	s.write("甲乙丙")
	f.KeyDown(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	s.press(fyne.KeyLeft, fyne.KeyLeft)
	check(t, "selected", f.SelectedText(), "乙丙")
	s.press(fyne.KeyHome)
	check(t, "selected to the start", f.SelectedText(), "甲乙丙")
	f.KeyUp(&fyne.KeyEvent{Name: desktop.KeyShiftLeft})
	s.press(fyne.KeyLeft)
	check(t, "after letting go", f.SelectedText(), "")
}

func TestFieldCopiesCutsAndPastes(t *testing.T) {
	f := NewField()
	s := show(t, f, 300, 60)
	s.focus(f)
	clip := test.NewClipboard()
	s.write("张𬎆")
	f.TypedShortcut(&fyne.ShortcutSelectAll{})
	f.TypedShortcut(&fyne.ShortcutCut{Clipboard: clip})
	check(t, "cut away", f.Text(), "")
	check(t, "on the clipboard", clip.Content(), "张𬎆")
	f.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	f.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
	check(t, "pasted", f.Text(), "张𬎆张𬎆")
}

func TestPastedSignsNobodySeesAreDropped(t *testing.T) {
	for name, c := range map[string][2]string{
		"marks round a phone number of a contact list": {"\u202a15400000001\u202c", "15400000001"},
		"a space of no width in a name":                {"韦\u200b测\u200d甲", "韦测甲"},
		"a sign that turns the text round":             {"测试乡\u202e示例村", "测试乡示例村"},
		"a mark of byte order and a soft hyphen":       {"\ufeff一\u00ad组", "一组"},
		"nothing of a rare character or a middle dot":  {"阿𬎆·䶮", "阿𬎆·䶮"},
	} {
		t.Run(name, func(t *testing.T) {
			f := NewField()
			clip := test.NewClipboard()
			clip.SetContent(c[0])
			f.TypedShortcut(&fyne.ShortcutPaste{Clipboard: clip})
			check(t, "pasted", f.Text(), c[1])
		})
	}
}

func TestPasswordIsNeverCopied(t *testing.T) {
	f := NewField()
	f.Password = true
	s := show(t, f, 300, 60)
	s.focus(f)
	clip := test.NewClipboard()
	s.write("secret")
	f.SelectAll()
	f.TypedShortcut(&fyne.ShortcutCopy{Clipboard: clip})
	f.TypedShortcut(&fyne.ShortcutCut{Clipboard: clip})
	check(t, "clipboard", clip.Content(), "")
	check(t, "text", f.Text(), "secret")
}

func TestFieldReportsLeavingOnlyWhenChanged(t *testing.T) {
	var left []string
	f, g := NewField(), NewField()
	f.OnLeave = func(s string) { left = append(left, s) }
	s := show(t, container.NewVBox(f, g), 300, 120)
	s.focus(f)
	s.focus(g)
	check(t, "left unchanged", len(left), 0)
	s.focus(f)
	s.write("甲")
	s.focus(g)
	s.focus(f)
	s.focus(g)
	check(t, "left once changed", strings.Join(left, "|"), "甲")
	f.SetText("由程序")
	s.focus(f)
	s.focus(g)
	check(t, "set by the program", len(left), 1)
}

func TestEnterGoesOn(t *testing.T) {
	f, g := NewField(), NewField()
	s := show(t, container.NewVBox(f, g), 300, 120)
	s.focus(f)
	s.press(fyne.KeyReturn)
	check(t, "focus", s.w.Canvas().Focused() == fyne.Focusable(g), true)
	went := 0
	g.OnEnter = func() { went++ }
	s.press(fyne.KeyEnter)
	check(t, "own handler", went, 1)
	check(t, "focus stays", s.w.Canvas().Focused() == fyne.Focusable(g), true)
}

func TestReadOnlyFieldKeepsItsText(t *testing.T) {
	f, g := NewField(), NewField()
	f.SetText("不变")
	f.SetReadOnly(true)
	s := show(t, container.NewVBox(f, g), 300, 120)
	s.w.Canvas().FocusNext()
	check(t, "Tab passes over it", s.w.Canvas().Focused() == fyne.Focusable(g), true)
	s.focus(f)
	s.write("x")
	s.press(fyne.KeyBackspace)
	clip := test.NewClipboard()
	f.SelectAll()
	f.TypedShortcut(&fyne.ShortcutCut{Clipboard: clip})
	check(t, "text", f.Text(), "不变")
	check(t, "copied", clip.Content(), "不变")
}

func TestPreeditIsNoPartOfTheText(t *testing.T) {
	f := NewField()
	s := show(t, f, 300, 60)
	s.focus(f)
	s.write("甲丙")
	s.press(fyne.KeyLeft)
	f.setPreedit([]rune("yi"), 2, span{})
	check(t, "text", f.Text(), "甲丙")
	runes, caret, pre := f.look.shown()
	check(t, "drawn", string(runes), "甲yi丙")
	check(t, "caret", caret, 3)
	check(t, "underlined", pre, span{1, 3})
	f.FocusLost()
	check(t, "after leaving", f.Composing(), false)
}

func TestMouseSelectsWords(t *testing.T) {
	f := NewField()
	f.SetText("利川 2026 谋道镇")
	s := show(t, f, 300, 60)
	at := func(i int) *desktop.MouseEvent {
		left, _, _ := f.look.insets()
		x := left + textWidth(string([]rune(f.Text())[:i]), textSize(), fyne.TextStyle{}) + 2
		return &desktop.MouseEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, 20)}, Button: desktop.MouseButtonPrimary}
	}
	f.MouseDown(at(4))
	check(t, "focused by the mouse", s.w.Canvas().Focused() == fyne.Focusable(f), true)
	check(t, "one click selects nothing", f.SelectedText(), "")
	f.MouseDown(at(4))
	check(t, "two clicks", f.SelectedText(), "2026")
	f.MouseDown(at(4))
	check(t, "three clicks", f.SelectedText(), f.Text())
}

func TestMultiLineBreaksAndMoves(t *testing.T) {
	f := NewField()
	f.MultiLine = true
	s := show(t, f, 300, 120)
	s.focus(f)
	s.write("甲乙")
	s.press(fyne.KeyReturn)
	s.write("丙丁")
	check(t, "text", f.Text(), "甲乙\n丙丁")
	s.press(fyne.KeyUp, fyne.KeyEnd)
	s.write("！")
	check(t, "in the first line", f.Text(), "甲乙！\n丙丁")
	f.SetText(strings.Repeat("很长的文字", 40))
	check(t, "wrapped", len(f.look.lines) > 5, true)
	s.press(fyne.KeyHome)
}

func TestLongLineScrollsToTheCaret(t *testing.T) {
	f := NewField()
	s := show(t, f, 200, 60)
	s.focus(f)
	s.write(strings.Repeat("长", 400))
	at, _ := f.look.caretArea()
	check(t, "caret is in view", at.X > 100 && at.X < 200, true)
	s.press(fyne.KeyHome)
	at, _ = f.look.caretArea()
	check(t, "caret is at the start", at.X < 20, true)
}

func TestComingBackWithTheWindowKeepsTheSelection(t *testing.T) {
	f := NewField()
	s := show(t, f, 300, 60)
	s.focus(f)
	s.write("甲乙")
	f.FocusLost()
	f.FocusGained()
	s.write("丙")
	check(t, "text", f.Text(), "甲乙丙")
}

func FuzzFieldTakesAnything(f *testing.F) {
	f.Add("a\x00𬎆\r\n\t", true)
	f.Fuzz(func(t *testing.T, text string, multi bool) {
		d := &Field{MultiLine: multi, MaxLen: 50}
		d.insert(text, false)
		runes := []rune(d.Text())
		if len(runes) > 50 {
			t.Errorf("got %d characters, want at most 50", len(runes))
		}
		for _, r := range runes {
			if r < ' ' && !(multi && r == '\n') {
				t.Errorf("a control character came through: %q", r)
			}
		}
	})
}

func BenchmarkFieldTyping(b *testing.B) {
	w := fyne.CurrentApp().NewWindow("")
	f := NewField()
	Attach(w, nil, f)
	w.Resize(fyne.NewSize(400, 60))
	w.Canvas().Focus(f)
	for b.Loop() {
		f.TypedRune('汉')
		if len(f.text) > 60 {
			f.SetText("")
		}
	}
}
