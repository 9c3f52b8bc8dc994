//go:build linux && !ci

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"

	"doorstep/assets"
	"doorstep/internal/ui/kit"
)

// A test of real keys needs a window in a process of its own: the test binary
// starts itself again with imWindowEnv set. The other two are optional.
const (
	imWindowEnv = "DOORSTEP_IMTEST"
	imFontsEnv  = "DOORSTEP_IMTEST_FONTS"
	imTextEnv   = "DOORSTEP_IMTEST_TEXT"
)

// The fields of the window, from the top.
const (
	imFirst = iota
	imSecond
	imLong
	imSecret
	imDigits
	imFields
)

// imReport is a line the window writes: its whole state after each change.
type imReport struct {
	Focus     int
	Composing bool
	Texts     [imFields]string
	At        [imFields][4]int // x, y, width, height in the window's pixels
	Entered   int              // how often Return went on from the first field
	Left      []string         // texts with which fields were left
	F5        int
	Picked    string // the choice of the picker below the fields
	Dated     string // and the date beside it
	AtPicker  [4]int
	AtDate    [4]int
}

func init() {
	if os.Getenv(imWindowEnv) == "" {
		return
	}
	imWindow()
	os.Exit(0)
}

func imWindow() {
	im := kit.PrepareEnvironment()
	if dir := os.Getenv(imFontsEnv); dir != "" {
		if err := kit.PrepareRareFont(dir, assets.Rare); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
	a := app.NewWithID("doorstep.imtest")
	a.Settings().SetTheme(kit.NewTheme(kit.Fonts{
		Regular: fyne.NewStaticResource("regular.otf", assets.Sans()),
		Bold:    fyne.NewStaticResource("bold.otf", assets.SansBold()),
	}, 1, kit.Light))
	w := a.NewWindow("doorstep-imtest")
	state := &imReport{Left: []string{}}
	var fields [imFields]*kit.Field
	rows := container.NewVBox()
	for i := range fields {
		f := kit.NewField()
		f.OnLeave = func(s string) { state.Left = append(state.Left, s) }
		fields[i] = f
		rows.Add(kit.NewLabeled(fmt.Sprintf("第 %d 栏", i+1), i == 0, f))
	}
	fields[imFirst].OnEnter = func() {
		state.Entered++
		kit.FocusNext(fields[imFirst])
	}
	fields[imLong].MultiLine, fields[imSecret].Password = true, true
	fields[imDigits].Filter = kit.Digits
	if text := os.Getenv(imTextEnv); text != "" {
		fields[imLong].SetText(text)
	}
	picker := kit.NewFixedPicker([]kit.Option{{ID: "01", Text: "汉族"}, {ID: "15", Text: "土家族"}, {ID: "06", Text: "苗族"}})
	picker.OnChanged = func(o kit.Option) { state.Picked = o.ID }
	date := kit.NewDate()
	date.Start = time.Date(2007, 3, 1, 0, 0, 0, 0, time.UTC)
	date.OnChanged = func(value string) { state.Dated = value }
	rows.Objects = append([]fyne.CanvasObject{kit.Columns(nil, kit.NewLabeled("民族", false, picker), kit.NewLabeled("日期", false, date))}, rows.Objects...)
	root := kit.Attach(w, im, kit.Card("输入法", nil, rows))
	root.SetKey(fyne.KeyF5, func() { state.F5++ })
	w.Resize(fyne.NewSize(760, 620))
	a.Lifecycle().SetOnStarted(func() {
		w.Canvas().Focus(fields[imFirst])
		go imWatch(w, fields, picker.Field(), date.Field(), state)
	})
	w.ShowAndRun()
	im.Close()
}

// imWatch writes the state whenever it has changed, for as long as the process
// lives.
func imWatch(w fyne.Window, fields [imFields]*kit.Field, picker, date *kit.Field, state *imReport) {
	var last imReport
	place := func(f *kit.Field) [4]int {
		at := fyne.CurrentApp().Driver().AbsolutePositionForObject(f)
		x, y := w.Canvas().PixelCoordinateForPosition(at)
		x1, y1 := w.Canvas().PixelCoordinateForPosition(at.Add(f.Size()))
		return [4]int{x, y, x1 - x, y1 - y}
	}
	out := json.NewEncoder(os.Stdout)
	for ; ; time.Sleep(10 * time.Millisecond) {
		fyne.DoAndWait(func() {
			now := *state
			now.Left = append([]string{}, state.Left...)
			now.Focus = -1
			for i, f := range fields {
				now.Texts[i] = f.Text()
				if f.Focused() {
					now.Focus, now.Composing = i, f.Composing()
				}
				now.At[i] = place(f)
			}
			now.AtPicker, now.AtDate = place(picker), place(date)
			if !reflect.DeepEqual(now, last) {
				last = now
				out.Encode(now)
			}
		})
	}
}
