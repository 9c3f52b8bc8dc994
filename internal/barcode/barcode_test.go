package barcode

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"doorstep/internal/fault"
	made "github.com/boombuler/barcode"
	"github.com/boombuler/barcode/code128"
	"github.com/boombuler/barcode/qr"
	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
)

// letter is a page of print, 150 dpi, with a code of a size at a place, turned by
// degrees about its middle.
func letter(code image.Image, w, h, x, y int, degrees float64) *image.Gray {
	page := image.NewGray(image.Rect(0, 0, 1240, 1754))
	for py := range 1754 {
		for px := range 1240 {
			v := uint8(238)
			if px > 120 && px < 1120 && py > 400 && py < 1300 && py/18%3 == 0 && (px/5+py/6)%2 == 0 && px/110%6 > 0 {
				v = 40
			}
			page.SetGray(px, py, color.Gray{Y: v})
		}
	}
	quiet := image.NewGray(image.Rect(0, 0, code.Bounds().Dx()+16, code.Bounds().Dy()+16))
	draw.Draw(quiet, quiet.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(quiet, code.Bounds().Add(image.Pt(8, 8)), code, image.Point{}, draw.Src)
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	kx, ky := float64(w)/float64(quiet.Rect.Dx()), float64(h)/float64(quiet.Rect.Dy())
	cx, cy := float64(quiet.Rect.Dx())/2, float64(quiet.Rect.Dy())/2
	draw.ApproxBiLinear.Transform(page, f64.Aff3{cos * kx, -sin * ky, float64(x) - cos*kx*cx + sin*ky*cy,
		sin * kx, cos * ky, float64(y) - sin*kx*cx - cos*ky*cy}, quiet, quiet.Rect, draw.Over, nil)
	return page
}

// pressed is a page as it is kept.
func pressed(t *testing.T, img image.Image) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 70}); err != nil {
		t.Fatal(err)
	}
	out, err := jpeg.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const saying = "https://zs.example.edu.cn/v?ksh=24520101110001&xm=韦一&zy=软件工程"

func qrOf(t *testing.T, text string) image.Image {
	t.Helper()
	c, err := qr.Encode(text, qr.M, qr.Unicode)
	if err != nil {
		t.Fatal(err)
	}
	n := c.Bounds().Dx() * 8
	if c, err = made.Scale(c, n, n); err != nil {
		t.Fatal(err)
	}
	return c
}

func barsOf(t *testing.T, text string) image.Image {
	t.Helper()
	c, err := code128.Encode(text)
	if err != nil {
		t.Fatal(err)
	}
	out, err := made.Scale(c, c.Bounds().Dx()*6, 240)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRead(t *testing.T) {
	square := qrOf(t, saying)
	bars := barsOf(t, "24520101110001")
	tests := []struct {
		name string
		page image.Image
		want Code
	}{
		{"a QR code in the middle", letter(square, 300, 300, 620, 260, 0), Code{QR: true, Text: saying}},
		{"on its head in a corner", letter(square, 260, 260, 1090, 1600, 180), Code{QR: true, Text: saying}},
		{"on its side", letter(square, 260, 260, 160, 1500, 90), Code{QR: true, Text: saying}},
		{"askew", letter(square, 280, 280, 900, 220, 17), Code{QR: true, Text: saying}},
		{"small, in the other corner", letter(square, 170, 170, 110, 110, 3), Code{QR: true, Text: saying}},
		{"as large as the page", letter(square, 1150, 1150, 620, 877, 0), Code{QR: true, Text: saying}},
		{"a bar code", letter(bars, 520, 90, 620, 200, 0), Code{Text: "24520101110001"}},
		{"a bar code on its side at the rim", letter(bars, 520, 90, 70, 700, 90), Code{Text: "24520101110001"}},
		{"a bar code on its head", letter(bars, 460, 70, 900, 1650, 180), Code{Text: "24520101110001"}},
		{"a small bar code", letter(bars, 330, 60, 260, 150, 0), Code{Text: "24520101110001"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Read(t.Context(), pressed(t, test.page))
			if err != nil || len(got) != 1 || got[0] != test.want {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
	t.Run("both on one page", func(t *testing.T) {
		page := letter(square, 260, 260, 1000, 220, 0)
		draw.Draw(page, image.Rect(100, 100, 640, 200), letter(bars, 520, 90, 370, 150, 0), image.Pt(100, 100), draw.Src)
		got, err := Read(t.Context(), pressed(t, page))
		if err != nil || len(got) != 2 || !got[0].QR || got[1].QR {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("print alone says nothing", func(t *testing.T) {
		if got, err := Read(t.Context(), letter(image.NewGray(image.Rect(0, 0, 1, 1)), 1, 1, 5, 5, 0)); err != nil || len(got) != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("a page of nothing but corners ends in no code", func(t *testing.T) {
		page := image.NewGray(image.Rect(0, 0, 1754, 1754))
		for i := range page.Pix {
			x, y := i%1754%9, i/1754%9
			ring := max(abs(x-3), abs(y-3))
			if page.Pix[i] = 255; ring == 3 || ring <= 1 {
				page.Pix[i] = 0
			}
		}
		if got, err := Read(t.Context(), page); err != nil || len(got) != 0 {
			t.Errorf("got %+v, %v", got, err)
		}
	})
	t.Run("it ends with its context", func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		end()
		if _, err := Read(ctx, image.NewGray(image.Rect(0, 0, 9, 9))); fault.KindOf(err) != fault.Cancelled {
			t.Errorf("got %v", err)
		}
		if _, err := Read(t.Context(), image.NewGray(image.Rectangle{})); fault.KindOf(err) != fault.Input {
			t.Errorf("no pixels: got %v", err)
		}
	})
}

func abs(n int) int { return max(n, -n) }

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"  韦一\r\n\t同学  ":             "韦一 同学",
		"a\u202eb\u200bc\u2066d":     "abcd",
		"x\x00\x1b[31my":             "x□□[31my",
		"bad\xffbytes":               "bad□bytes",
		"z\u0301\u0489":              "z",
		"https://a.example/?x=1&y=2": "https://a.example/?x=1&y=2",
		"\u3000":                     "",
		"\ue000\U0002c386":           "□\U0002c386",
	} {
		if got, cut := plain(in); got != want || cut {
			t.Errorf("%q: got %q, %v, want %q", in, got, cut, want)
		}
	}
	if got, cut := plain(strings.Repeat("韦", MaxText+1)); utf8.RuneCountInString(got) != MaxText || !cut {
		t.Errorf("too long: got %d characters, cut %v", utf8.RuneCountInString(got), cut)
	}
}

// FuzzRead reads small pictures of any pixels; a seed holds a whole code.
func FuzzRead(f *testing.F) {
	c, err := qr.Encode("x", qr.L, qr.Unicode)
	if err != nil {
		f.Fatal(err)
	}
	n := c.Bounds().Dx() * 3
	if c, err = made.Scale(c, n, n); err != nil {
		f.Fatal(err)
	}
	g := image.NewGray(image.Rect(0, 0, n+20, n+20))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(g, c.Bounds().Add(image.Pt(10, 10)), c, image.Point{}, draw.Src)
	f.Add(uint8(n+20), g.Pix)
	f.Add(uint8(1), []byte{0})
	f.Fuzz(func(t *testing.T, w uint8, pix []byte) {
		if w == 0 || len(pix) < int(w) {
			return
		}
		h := min(len(pix)/int(w), 255)
		g := &image.Gray{Pix: pix, Stride: int(w), Rect: image.Rect(0, 0, int(w), h)}
		all, err := Read(t.Context(), g)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if c.Text == "" || utf8.RuneCountInString(c.Text) > MaxText || strings.ContainsFunc(c.Text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("got %q", c.Text)
			}
		}
	})
}
