package kit

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/theme"
)

// drawn is the renderer of every widget here: its objects and three functions.
type drawn struct {
	objects []fyne.CanvasObject
	layout  func(fyne.Size)
	min     func() fyne.Size
	refresh func()
}

func (d *drawn) Objects() []fyne.CanvasObject { return d.objects }
func (d *drawn) Layout(s fyne.Size)           { d.layout(s) }
func (d *drawn) MinSize() fyne.Size           { return d.min() }
func (d *drawn) Refresh()                     { d.refresh() }
func (d *drawn) Destroy()                     {}

// parent is a widget of this package that shows others: the walk from the
// window's content to a field goes through it.
type parent interface{ children() []fyne.CanvasObject }

func paint(name fyne.ThemeColorName) color.Color { return theme.Color(name) }

// unit is the theme's scale; under a theme that has none it is 1.
func unit() float32 {
	if u := theme.Size(sizeUnit); u > 0 {
		return u
	}
	return 1
}

func textSize() float32    { return theme.Size(theme.SizeNameText) }
func captionSize() float32 { return theme.Size(theme.SizeNameCaptionText) }
func headingSize() float32 { return theme.Size(theme.SizeNameSubHeadingText) }

// lineHeight is the height of one line of text of a size: measured over the
// faces that a line may mix, so that rows do not move when Chinese is typed.
func lineHeight(size float32) float32 {
	return fyne.MeasureText("中Ag", size, fyne.TextStyle{}).Height
}

func textWidth(s string, size float32, style fyne.TextStyle) float32 {
	if s == "" {
		return 0
	}
	return fyne.MeasureText(s, size, style).Width
}

// ellipsis is s, or as much of it as fits width with … behind.
func ellipsis(s string, size float32, style fyne.TextStyle, width float32) string {
	if textWidth(s, size, style) <= width {
		return s
	}
	runes := []rune(s)
	lo, hi := 0, len(runes)
	for lo < hi {
		mid := (lo + hi + 1) / 2
		if textWidth(string(runes[:mid])+"…", size, style) <= width {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return string(runes[:lo]) + "…"
}

// twoLines is s as one line where width holds it, else as two: broken behind a comma
// where the second then holds the rest, and the second cut with … where it does not.
func twoLines(s string, size float32, style fyne.TextStyle, width float32) []string {
	if textWidth(s, size, style) <= width {
		return []string{s}
	}
	runes := []rune(s)
	at := wrapRunes(runes, size, style, width)[0].end
	for i := at; i > 0; i-- {
		if runes[i-1] == '，' && textWidth(string(runes[i:]), size, style) <= width {
			at = i
			break
		}
	}
	return []string{string(runes[:at]), ellipsis(string(runes[at:]), size, style, width)}
}

// wrap breaks s into lines no wider than width. Chinese breaks anywhere;
// runs of ASCII letters and digits, times too, are kept whole where they fit a line, and
// no line begins with a comma or a closing bracket.
func wrap(s string, size float32, style fyne.TextStyle, width float32) []string {
	var lines []string
	for _, span := range wrapRunes([]rune(s), size, style, width) {
		lines = append(lines, string([]rune(s)[span.start:span.end]))
	}
	return lines
}

type span struct{ start, end int }

func wrapRunes(runes []rune, size float32, style fyne.TextStyle, width float32) []span {
	var lines []span
	start, x := 0, float32(0)
	for i := 0; i < len(runes); i++ {
		if runes[i] == '\n' {
			lines = append(lines, span{start, i})
			start, x = i+1, 0
			continue
		}
		w := textWidth(string(runes[i]), size, style)
		if x+w > width && i > start {
			at := i
			if wordRune(runes[i]) {
				for at > start && wordRune(runes[at-1]) {
					at--
				}
				if at == start {
					at = i
				}
			}
			at = breakAt(runes, start, at)
			lines = append(lines, span{start, at})
			start = at
			x = textWidth(string(runes[start:i]), size, style)
		}
		x += w
	}
	return append(lines, span{start, len(runes)})
}

// breakAt moves a break back from at until no line begins with a mark that
// closes, none ends with one that opens, and, where that can be, no run is cut.
func breakAt(runes []rune, start, at int) int {
	const closing, opening = "，。、；：！？）》〉」』】”’…％%", "（《〈「『【“‘"
	for _, whole := range []bool{true, false} {
		for i := at; i > start+1; i-- {
			cut := wordRune(runes[i-1]) && wordRune(runes[i])
			if !strings.ContainsRune(closing, runes[i]) && !strings.ContainsRune(opening, runes[i-1]) && !(whole && cut) {
				return i
			}
		}
	}
	return at
}

func wordRune(r rune) bool {
	return r < 0x80 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '.' || r == '-' || r == '_' || r == ':')
}

// Text is one line drawn in a colour of the theme; it follows theme changes
// when inside a widget of this package, which is why screens use Label.
func newText(s string, name fyne.ThemeColorName, size float32) *canvas.Text {
	t := canvas.NewText(s, paint(name))
	t.TextSize = size
	return t
}

// canvasOf is the canvas that shows o, or nil.
func canvasOf(o fyne.CanvasObject) fyne.Canvas {
	app := fyne.CurrentApp()
	if app == nil || app.Driver() == nil {
		return nil
	}
	return app.Driver().CanvasForObject(o)
}

func modifiers() fyne.KeyModifier {
	if d, ok := fyne.CurrentApp().Driver().(desktop.Driver); ok {
		return d.CurrentKeyModifiers()
	}
	return 0
}

func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}
