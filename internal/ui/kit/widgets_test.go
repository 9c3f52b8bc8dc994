package kit

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
)

// cellText is the text drawn in the middle of a cell of the calendar.
func (d *DateField) cellText(i int) string {
	c := d.calendar
	cell := c.cells[i]
	for _, o := range c.layer.Objects {
		text, ok := o.(*canvas.Text)
		p := o.Position()
		if ok && p.Y >= cell.at.Y && p.Y < cell.at.Y+cell.size.Height && p.X >= cell.at.X-10 && p.X < cell.at.X+cell.size.Width-10 {
			return text.Text
		}
	}
	return ""
}

func nations() []Option {
	return []Option{{ID: "01", Text: "汉族", Detail: "hanzu"}, {ID: "15", Text: "土家族", Detail: "tujiazu"}, {ID: "06", Text: "苗族", Detail: "miaozu"}}
}

func TestPicker(t *testing.T) {
	type rig struct {
		*stage
		p       *Picker
		g       *Field
		changes []Option
	}
	start := func(t *testing.T) *rig {
		r := &rig{p: NewFixedPicker(nations()), g: NewField()}
		r.p.OnChanged = func(o Option) { r.changes = append(r.changes, o) }
		r.stage = show(t, container.NewVBox(r.p, r.g), 300, 400)
		r.focus(r.p.Field())
		return r
	}
	t.Run("typing narrows and Return takes the first", func(t *testing.T) {
		r := start(t)
		r.write("tu")
		check(t, "open", r.p.open, true)
		r.press(fyne.KeyReturn)
		check(t, "value", r.p.Value().ID, "15")
		check(t, "shown", r.p.Field().Text(), "土家族")
		check(t, "goes on", r.g.Focused(), true)
		check(t, "told once", len(r.changes), 1)
	})
	t.Run("arrows choose", func(t *testing.T) {
		r := start(t)
		r.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn)
		check(t, "value", r.p.Value().ID, "15")
	})
	t.Run("Escape goes back to the last choice", func(t *testing.T) {
		r := start(t)
		r.p.SetValue(nations()[2])
		r.write("汉")
		r.press(fyne.KeyEscape)
		check(t, "shown", r.p.Field().Text(), "苗族")
		check(t, "told", len(r.changes), 0)
	})
	t.Run("leaving with what is no option goes back", func(t *testing.T) {
		r := start(t)
		r.p.SetValue(nations()[0])
		r.write("火星族")
		r.focus(r.g)
		check(t, "shown", r.p.Field().Text(), "汉族")
		check(t, "closed", r.p.open, false)
	})
	t.Run("leaving with a whole option takes it", func(t *testing.T) {
		r := start(t)
		r.write("苗族")
		r.focus(r.g)
		check(t, "value", r.p.Value().ID, "06")
	})
	t.Run("emptied is nothing chosen", func(t *testing.T) {
		r := start(t)
		r.p.SetValue(nations()[0])
		r.p.Field().SelectAll()
		r.press(fyne.KeyDelete)
		r.focus(r.g)
		check(t, "value", r.p.Value(), Option{})
	})
	t.Run("free text is kept where it is allowed", func(t *testing.T) {
		r := start(t)
		r.p.AllowFree = true
		r.write("穿青人")
		r.focus(r.g)
		check(t, "value", r.p.Value(), Option{Text: "穿青人"})
	})
	t.Run("what is no option is not what was chosen before, where it is kept", func(t *testing.T) {
		for name, leave := range map[string]func(r *rig){
			"while it is typed": func(*rig) {},
			"by Tab":            func(r *rig) { r.focus(r.g) },
			"by Return":         func(r *rig) { r.press(fyne.KeyReturn) },
		} {
			r := start(t)
			r.p.KeepTyped = true
			r.p.SetValue(nations()[0])
			r.p.Field().SelectAll()
			r.write("火星")
			leave(r)
			check(t, name+": value", r.p.Value(), Option{Text: "火星"})
			check(t, name+": shown", r.p.Field().Text(), "火星")
			if name != "while it is typed" {
				check(t, name+": closed", r.p.open, false)
				check(t, name+": told", len(r.changes), 1)
			}
			check(t, name+": a password typed by habit would stand there", r.p.Field().Focused(), name == "while it is typed")
			r.focus(r.p.Field())
			r.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
			check(t, name+": chosen after it", r.p.Value().ID, nations()[1].ID)
		}
	})
	t.Run("half an option is none where what was typed is kept, until Return takes what the list shows", func(t *testing.T) {
		r := start(t)
		r.p.KeepTyped = true
		r.p.SetValue(nations()[0])
		r.p.Field().SelectAll()
		r.write("土家")
		check(t, "value", r.p.Value(), Option{Text: "土家"})
		r.press(fyne.KeyReturn)
		check(t, "taken", r.p.Value().ID, "15")
		check(t, "goes on", r.g.Focused(), true)
		for _, c := range []struct {
			keys []fyne.KeyName
			want string
		}{{nil, ""}, {[]fyne.KeyName{fyne.KeyDown}, "06"}} {
			r.focus(r.p.Field())
			r.p.SetValue(nations()[1])
			r.p.Field().SelectAll()
			r.write("族")
			r.press(append(c.keys, fyne.KeyReturn)...)
			check(t, "what several have", r.p.Value().ID, c.want)
		}
	})
	t.Run("the pointer chooses and the field keeps the focus", func(t *testing.T) {
		r := start(t)
		r.p.toggle()
		r.p.list.MouseDown(&desktop.MouseEvent{})
		r.w.Canvas().Unfocus()
		check(t, "still open while pressed", r.p.open, true)
		r.p.list.MouseUp(&desktop.MouseEvent{})
		r.w.Canvas().Unfocus()
		r.p.list.Tapped(&fyne.PointEvent{Position: fyne.NewPos(20, 4+r.p.list.rowHeight()*1.5)})
		check(t, "value", r.p.Value().ID, "15")
		check(t, "closed", r.p.open, false)
		check(t, "focus", r.p.Field().Focused(), true)
	})
	t.Run("a click anywhere on the field opens the list", func(t *testing.T) {
		r := start(t)
		r.p.SetValue(nations()[2])
		r.p.Field().Tapped(&fyne.PointEvent{Position: fyne.NewPos(10, 10)})
		check(t, "open", r.p.open, true)
		r.write("汉")
		check(t, "shown", r.p.Field().Text(), "汉")
	})
	t.Run("a press that ends elsewhere chooses nothing and closes", func(t *testing.T) {
		r := start(t)
		r.p.toggle()
		r.p.list.MouseDown(&desktop.MouseEvent{})
		r.w.Canvas().Unfocus()
		r.p.list.MouseOut()
		check(t, "value", r.p.Value(), Option{})
		check(t, "closed", r.p.open, false)
	})
}

func TestMaskedFieldShowsItsTextOnlyWithFocus(t *testing.T) {
	m := NewMasked(func(s string) string { return s[:3] + "***" })
	m.SetText("422802")
	g := NewField()
	s := show(t, container.NewVBox(m, g), 300, 120)
	drawnText := func() string { r, _, _ := m.field.look.shown(); return string(r) }
	check(t, "at first", drawnText(), "422***")
	s.focus(m.Field())
	check(t, "with focus", drawnText(), "422802")
	s.focus(g)
	check(t, "after leaving", drawnText(), "422***")
	asked := 0
	m.OnReveal = func() bool { asked++; return asked > 1 }
	m.SetRevealed(true)
	check(t, "refused", drawnText(), "422***")
	m.SetRevealed(true)
	check(t, "granted", drawnText(), "422802")
	m.SetText("422803")
	check(t, "another text is masked again", drawnText(), "422***")
	m.SetReadOnly(true)
	s.focus(m.Field())
	check(t, "read only with focus", drawnText(), "422***")
}

func TestAmountShowsThousands(t *testing.T) {
	a, g := NewAmount(), NewField()
	s := show(t, container.NewVBox(a, g), 300, 120)
	s.focus(a.Field())
	s.write("1６000.5x")
	s.focus(g)
	yuan, ok := a.Value()
	check(t, "value", yuan, 160005)
	check(t, "is there", ok, true)
	r, _, _ := a.field.look.shown()
	check(t, "shown", string(r), "160,005")
	a.Clear()
	_, ok = a.Value()
	check(t, "cleared", ok, false)
}

func TestChoiceIsMadeByKeys(t *testing.T) {
	c, g := NewChoice(Option{ID: "1", Text: "男"}, Option{ID: "2", Text: "女"}), NewField()
	var told []string
	c.OnChanged = func(id string) { told = append(told, id) }
	s := show(t, container.NewVBox(c, g), 300, 120)
	s.focus(c)
	s.press(fyne.KeyRight, fyne.KeyRight, fyne.KeyRight)
	check(t, "stops at the last", c.Value(), "2")
	s.press(fyne.KeyLeft)
	check(t, "back", c.Value(), "1")
	s.write("2")
	check(t, "by digit", c.Value(), "2")
	s.write("男")
	check(t, "by character", c.Value(), "1")
	check(t, "told", strings.Join(told, ""), "12121")
	s.press(fyne.KeyReturn)
	check(t, "goes on", g.Focused(), true)
	c.SetValue("9")
	check(t, "no such option", c.Value(), "")
}

func TestCheckTicksAtSpace(t *testing.T) {
	c := NewCheck("同意", true)
	told := 0
	c.OnChanged = func(bool) { told++ }
	s := show(t, c, 300, 60)
	s.focus(c)
	s.press(fyne.KeySpace)
	check(t, "ticked", c.Checked(), true)
	c.Disable()
	c.Tapped(nil)
	check(t, "disabled", c.Checked(), true)
	check(t, "told", told, 1)
}

func TestButtonCannotBePressedTwiceWhileBusy(t *testing.T) {
	pressed := 0
	var b *Button
	b = NewPrimary("保存", nil, func() { pressed++; b.SetBusy("正在保存…") })
	s := show(t, b, 300, 60)
	s.focus(b)
	s.press(fyne.KeyReturn, fyne.KeyReturn, fyne.KeySpace)
	b.Tapped(nil)
	check(t, "pressed", pressed, 1)
	b.SetBusy("")
	s.press(fyne.KeySpace)
	check(t, "pressed again", pressed, 2)
	b.SetBusy("")
	b.Disable()
	b.Tapped(nil)
	check(t, "disabled", pressed, 2)
}

func TestLabeledKeepsItsHeight(t *testing.T) {
	f := NewField()
	l := NewLabeled("手机号", true, f)
	show(t, l, 300, 120)
	before := l.MinSize()
	l.SetError("请填写手机号")
	check(t, "height", l.MinSize(), before)
	check(t, "edge", f.invalid, true)
	l.SetError("")
	check(t, "edge again", f.invalid, false)
}

func TestColumnsWrapWhereNarrow(t *testing.T) {
	objs := []fyne.CanvasObject{NewField(), NewField(), NewField()}
	c := Columns(nil, objs...)
	s := show(t, container.NewVBox(c), 900, 400)
	check(t, "one row", objs[0].Position().Y == objs[2].Position().Y, true)
	s.w.Resize(fyne.NewSize(250, 400))
	check(t, "wrapped", objs[2].Position().Y > objs[0].Position().Y, true)
	check(t, "whole in view", objs[2].Size().Width >= objs[2].MinSize().Width, true)
}

func TestListIsUsedByKeys(t *testing.T) {
	asked := 0
	l := NewList([]Column{{Title: "号", Weight: 1}}, func() int { return 20000 }, func(i int) []Cell {
		asked++
		return []Cell{{Text: fmt.Sprint(i)}}
	})
	var opened, selected []int
	l.OnOpen = func(i int) { opened = append(opened, i) }
	l.OnSelect = func(i int) { selected = append(selected, i) }
	s := show(t, l, 400, 300)
	asked = 0
	s.focus(l)
	s.press(fyne.KeyEnd)
	check(t, "last", l.Selected(), 19999)
	s.press(fyne.KeyDown, fyne.KeyUp, fyne.KeyReturn)
	check(t, "opened", fmt.Sprint(opened), "[19998]")
	s.press(fyne.KeyHome)
	check(t, "first", l.Selected(), 0)
	if asked > 200 {
		t.Errorf("asked for %d rows, want only those in view", asked)
	}
}

func BenchmarkListDraw(b *testing.B) {
	l := NewList([]Column{{Title: "姓名", Weight: 1}, {Title: "院校", Weight: 2}}, func() int { return 20000 }, func(i int) []Cell {
		return []Cell{{Text: "袁涵霞"}, {Text: fmt.Sprint("贵州大学", i)}}
	})
	w := fyne.CurrentApp().NewWindow("")
	Attach(w, nil, l)
	w.Resize(fyne.NewSize(1000, 700))
	i := 0
	for b.Loop() {
		l.Select(i % 20000)
		i += 37
	}
}

func TestKeysReachTheWindow(t *testing.T) {
	f, b := NewField(), NewSecondary("a", nil, nil)
	s := show(t, container.NewVBox(f, b), 300, 200)
	pressed := 0
	s.root.SetKey(fyne.KeyF3, func() { pressed++ })
	s.press(fyne.KeyF3)
	s.focus(f)
	s.press(fyne.KeyF3)
	s.focus(b)
	s.press(fyne.KeyF3)
	check(t, "pressed from nothing, field and button", pressed, 3)
	d := Message(s.w, "题", "文", nil)
	s.press(fyne.KeyF3)
	check(t, "not behind a dialog", pressed, 3)
	d.Close()
	s.root.SetKey(fyne.KeyF3, nil)
	s.press(fyne.KeyF3)
	check(t, "freed", pressed, 3)
}

func TestStepsAreKeys(t *testing.T) {
	steps := NewSteps("一", "二", "三")
	chosen := -1
	steps.OnSelect = func(i int) { chosen = i }
	keys := steps.Keys()
	check(t, "keys", len(keys), 3)
	keys[fyne.KeyF2]()
	check(t, "F2", chosen, 1)
	show(t, steps, 600, 60)
	x, w := steps.area(2, 600)
	steps.Tapped(&fyne.PointEvent{Position: fyne.NewPos(x+w/2, 20)})
	check(t, "tapped", chosen, 2)
}

func TestRailGoes(t *testing.T) {
	r := NewRail("题", "副题", RailEntry{ID: "a", Text: "甲"}, RailEntry{ID: "b", Text: "乙"})
	went := ""
	r.OnSelect = func(id string) { went = id }
	show(t, r, 170, 400)
	y, h := r.entryArea(1)
	r.Tapped(&fyne.PointEvent{Position: fyne.NewPos(40, y+h/2)})
	check(t, "went", went, "b")
	check(t, "marked only by the screen", r.Active(), "")
}

func TestDialogs(t *testing.T) {
	t.Run("Return is yes, once", func(t *testing.T) {
		s := show(t, NewField(), 600, 400)
		did := 0
		Confirm(s.w, "题", "文", "好", "不", func() { did++ })
		s.press(fyne.KeyReturn)
		check(t, "did", did, 1)
		check(t, "gone", s.w.Canvas().Overlays().Top() == nil, true)
	})
	t.Run("Escape is no", func(t *testing.T) {
		s := show(t, NewField(), 600, 400)
		did := 0
		Confirm(s.w, "题", "文", "好", "不", func() { did++ })
		s.press(fyne.KeyEscape)
		check(t, "did", did, 0)
		check(t, "gone", s.w.Canvas().Overlays().Top() == nil, true)
	})
	t.Run("Return in the last field presses yes, in others it goes on", func(t *testing.T) {
		s := show(t, NewField(), 600, 400)
		f, g := NewField(), NewField()
		done := 0
		d := NewDialog(s.w, "题", container.NewVBox(f, g), "好", "不", func() bool { done++; return done > 1 })
		d.Open()
		check(t, "first field", f.Focused(), true)
		s.press(fyne.KeyReturn)
		check(t, "second field", g.Focused(), true)
		s.press(fyne.KeyReturn)
		check(t, "asked", done, 1)
		check(t, "kept open", topDialog(s.w.Canvas()) == d, true)
		s.press(fyne.KeyReturn)
		check(t, "closed", topDialog(s.w.Canvas()) == nil, true)
	})
}

func TestNoticeComesOnce(t *testing.T) {
	s := show(t, NewField(), 600, 400)
	Notice(s.w, Bad, "写入失败")
	Notice(s.w, Bad, "写入失败")
	check(t, "shown", len(s.root.toasts.shown), 1)
	s.root.toasts.shown[0].Tapped(nil)
	check(t, "tapped away", len(s.root.toasts.shown), 0)
}

func TestProblemsJump(t *testing.T) {
	p := NewProblems("没有问题")
	jumped := ""
	p.Set([]Problem{{"E1", "甲", Bad, func() { jumped = "E1" }}, {"E2", "乙", Warning, func() { jumped = "E2" }}})
	show(t, p, 300, 300)
	p.Tapped(&fyne.PointEvent{Position: fyne.NewPos(20, p.tops[1]+5)})
	check(t, "jumped", jumped, "E2")
}

func TestFocusScrollsIntoView(t *testing.T) {
	rows := container.NewVBox()
	var last *Labeled
	for i := range 30 {
		last = NewLabeled(fmt.Sprint(i), false, NewField())
		rows.Add(last)
	}
	scroll := container.NewVScroll(rows)
	s := show(t, scroll, 300, 300)
	Focus(last)
	check(t, "focused", s.w.Canvas().Focused() == last.Field().(fyne.Focusable), true)
	check(t, "in view", scroll.Offset.Y+300 >= last.Position().Y+last.Size().Height, true)
}

// gate lets page loads end one at a time, when the test says so: the test
// driver runs what they bring at once, beside the test.
type gate struct {
	open chan struct{}
	err  error
}

func (g *gate) load(ctx context.Context, _ int, _ float64) (image.Image, error) {
	select {
	case <-g.open:
		return photo(100, 140), g.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pass lets the load that waits end, and waits until its page is drawn.
func (g *gate) pass(v *PageView) {
	g.open <- struct{}{}
	v.running.Wait()
}

func TestTheWheelOverAListWithNothingToScrollTurnsThePage(t *testing.T) {
	rows := 0
	l := NewList([]Column{{}}, func() int { return rows }, func(int) []Cell { return []Cell{{Text: "行"}} })
	page := container.NewVScroll(container.NewVBox(l, tallThing()))
	show(t, page, 400, 300)
	turn := &fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, -50)}
	l.Scrolled(turn)
	check(t, "an empty list", page.Offset.Y, 50)
	rows = 100
	l.Refresh()
	l.Scrolled(turn)
	check(t, "a long one", page.Offset.Y, 50)
	check(t, "which scrolls itself", l.offset > 0, true)
}

func tallThing() fyne.CanvasObject {
	r := canvas.NewRectangle(color.Transparent)
	r.SetMinSize(fyne.NewSize(10, 2000))
	return r
}
