package kit

import (
	"context"
	"fmt"
	"image"
	"sync/atomic"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"doorstep/internal/fault"
)

func TestPageView(t *testing.T) {
	t.Run("pages are loaded, shown and turned", func(t *testing.T) {
		var shown []int
		g := &gate{open: make(chan struct{})}
		v := NewPageView(g.load, 3)
		v.OnPageShown = func(page int) { shown = append(shown, page) }
		s := show(t, v, 500, 400)
		defer v.Close()
		g.pass(v)
		s.focus(v)
		s.press(fyne.KeyRight)
		check(t, "meanwhile", v.state.Text, "正在打开…")
		g.pass(v)
		s.press(fyne.KeyEnd)
		g.pass(v)
		s.press(fyne.KeyRight)
		check(t, "page", v.Page(), 2)
		check(t, "shown", fmt.Sprint(shown), "[0 1 2]")
	})
	t.Run("Page Down and space go over the whole of a page before they turn it", func(t *testing.T) {
		var parts []string
		g := &gate{open: make(chan struct{})}
		v := NewPageView(g.load, 2)
		v.OnPart = func(page int, head, foot bool) { parts = append(parts, fmt.Sprint(page, head, foot)) }
		s := show(t, v, 500, 400)
		defer v.Close()
		s.focus(v)
		s.press(fyne.KeyPageDown)
		check(t, "told of a page that is not drawn", len(parts), 0)
		g.pass(v)
		told := func(want string) {
			t.Helper()
			if len(parts) == 0 || parts[len(parts)-1] != want {
				t.Errorf("told %v, want %s at last", parts, want)
			}
		}
		told("0 true false")
		s.press(fyne.KeyPageDown)
		told("0 false true")
		s.press(fyne.KeyPageUp)
		told("0 true false")
		s.press(fyne.KeySpace)
		told("0 false true")
		s.press(fyne.KeySpace)
		g.pass(v)
		told("1 true false")
		check(t, "there is a page to go on to", v.next.Disabled(), true)
		v.Whole = true
		v.Refresh()
		check(t, "there is more to go on to", v.next.Disabled(), false)
		v.next.Tapped(nil)
		told("1 false true")
		check(t, "at the end there is more", v.next.Disabled(), true)
		v.scroll.Scrolled(&fyne.ScrollEvent{Scrolled: fyne.NewDelta(0, 40)})
		told("1 false false")
		s.w.Resize(fyne.NewSize(500, 900))
		told("1 true true")
	})
	t.Run("at any zoom it is drawn for the points of the screen", func(t *testing.T) {
		var asked float64
		g := &gate{open: make(chan struct{})}
		v := NewPageView(func(ctx context.Context, page int, dpi float64) (image.Image, error) {
			if _, err := g.load(ctx, page, dpi); err != nil {
				return nil, err
			}
			asked = dpi // read behind pass, which waits for this
			return image.NewGray(image.Rect(0, 0, int(a4Inches*dpi), int(11.69*dpi))), nil
		}, 1)
		s := show(t, v, 500, 400)
		defer v.Close()
		settled := func(zoom float64) {
			t.Helper()
			g.pass(v)
			check(t, "zoom", v.zoom, zoom)
			want := float32(zoom * screenDPI * a4Inches)
			if got := v.sheet.size().Width; zoom > 0 && (got < want-2 || got > want+2) {
				t.Errorf("at %v the page is %v wide, want %v", zoom, got, want)
			}
			if want := v.scaleNow() * screenDPI; asked < want-0.01 || asked > want+0.01 {
				t.Errorf("at %v it was drawn for %v dpi, want %v", zoom, asked, want)
			}
		}
		settled(zoomWidth)
		s.focus(v)
		for _, want := range []float64{0.75, 1, 1.25, 1.5, 2, 2.5, 3} {
			v.TypedRune('+')
			settled(want)
		}
		v.TypedRune('+') // there is no larger one, and nothing is drawn anew
		v.TypedRune('-')
		settled(2.5)
		v.TypedRune('0')
		settled(zoomWidth)
		v.full.Tapped(nil)
		settled(1)
	})
	t.Run("a failure is told in words", func(t *testing.T) {
		g := &gate{open: make(chan struct{}), err: fault.New("test", fault.Unsupported, nil)}
		v := NewPageView(g.load, 1)
		show(t, v, 500, 400)
		defer v.Close()
		g.pass(v)
		check(t, "words", v.state.Text, fault.Unsupported.Sentence())
	})
	t.Run("closing stops the load and waits for it", func(t *testing.T) {
		var running, most atomic.Int32
		begun := make(chan struct{}, 9)
		v := NewPageView(func(ctx context.Context, _ int, _ float64) (image.Image, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			begun <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		}, 2)
		show(t, v, 500, 400)
		<-begun
		v.ShowPage(1)
		<-begun
		v.Close()
		check(t, "loads still running", running.Load(), 0)
		check(t, "at once", most.Load(), 1)
	})
}

func TestSignaturePad(t *testing.T) {
	p := NewSignaturePad("签名")
	now := time.Date(2026, 8, 20, 9, 0, 0, 0, time.UTC)
	p.Now = func() time.Time { now = now.Add(10 * time.Millisecond); return now }
	told := 0
	p.OnChanged = func() { told++ }
	show(t, p, 400, 160)
	at := func(x, y float32) fyne.PointEvent { return fyne.PointEvent{Position: fyne.NewPos(x, y)} }
	draw := func(from, to float32) {
		p.MouseDown(&desktop.MouseEvent{PointEvent: at(from, 50), Button: desktop.MouseButtonPrimary})
		for x := from; x < to; x += 5 {
			p.Dragged(&fyne.DragEvent{PointEvent: at(x, 50+x/10)})
		}
		p.DragEnd()
		p.MouseUp(&desktop.MouseEvent{})
	}
	check(t, "at first", p.Empty(), true)
	draw(10, 12)
	check(t, "a slip of the pen", p.Empty(), true)
	draw(100, 250)
	check(t, "signed", p.Empty(), false)
	strokes := p.Strokes()
	check(t, "strokes", len(strokes), 2)
	check(t, "told for each", told, 2)
	last := strokes[1][len(strokes[1])-1]
	if last.X <= 0 || last.X > 1 || last.Y <= 0 || last.Y > 1 || last.T <= strokes[0][0].T {
		t.Errorf("got the point %+v, want it within the pad and later than the first", last)
	}
	p.Undo()
	check(t, "one taken back", len(p.Strokes()), 1)
	p.Clear()
	check(t, "cleared", len(p.Strokes()), 0)
	p.SetReadOnly(true)
	draw(100, 250)
	check(t, "read only", len(p.Strokes()), 0)
}
