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

// letter is a page of print with a code of a size at a place, turned by degrees
// about its middle. It is smaller than one of 150 dpi, for the sake of time.
func letter(code image.Image, w, h, x, y int, degrees float64) *image.Gray {
	page := image.NewGray(image.Rect(0, 0, 820, 1160))
	for i := range page.Pix {
		px, py := i%820, i/820
		if page.Pix[i] = 238; px > 80 && px < 740 && py > 300 && py < 860 && py/12%3 == 0 && (px/4+py/4)%2 == 0 && px/73%6 > 0 {
			page.Pix[i] = 40
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
		{"a QR code on its head in a corner", letter(square, 190, 190, 705, 1050, 180), Code{QR: true, Text: saying}},
		{"askew", letter(square, 220, 220, 600, 150, 17), Code{QR: true, Text: saying}},
		{"small, in the other corner, on its side", letter(square, 130, 130, 80, 80, 93), Code{QR: true, Text: saying}},
		{"a bar code on its side at the rim", letter(bars, 340, 60, 50, 470, 90), Code{Text: "24520101110001"}},
		{"a small bar code on its head", letter(bars, 260, 50, 650, 1090, 180), Code{Text: "24520101110001"}},
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
		page := letter(square, 190, 190, 680, 140, 0)
		draw.Draw(page, image.Rect(60, 60, 430, 140), letter(bars, 340, 60, 245, 100, 0), image.Pt(60, 60), draw.Src)
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
		const side = 700 // more than 6,000 corners; without a bound it takes hours
		page := image.NewGray(image.Rect(0, 0, side, side))
		for i := range page.Pix {
			x, y := i%side%9, i/side%9
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
		if c, ok := Scan(g); ok {
			all = append(all, c)
		}
		for _, c := range all {
			if c.Text == "" || utf8.RuneCountInString(c.Text) > MaxText || strings.ContainsFunc(c.Text, func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("got %q", c.Text)
			}
		}
	})
}

func TestAFrameIsScannedForACodeThatIsHeldUp(t *testing.T) {
	const says = "doorstep:answer:ABCDEFGHJKMNPQRS"
	for name, img := range map[string]image.Image{
		"upright":         letter(qrOf(t, says), 500, 500, 410, 580, 0),
		"turned":          letter(qrOf(t, says), 420, 420, 410, 580, 23),
		"small, middle":   letter(qrOf(t, says), 130, 130, 410, 580, 4),
		"on its head":     letter(qrOf(t, says), 400, 400, 410, 500, 180),
		"as it is sent":   pressed(t, letter(qrOf(t, says), 400, 400, 410, 500, 8)),
		"as large as all": qrOf(t, says),
	} {
		t.Run(name, func(t *testing.T) {
			if c, ok := Scan(img); !ok || c.Text != says || !c.QR {
				t.Errorf("got %v, %v", c, ok)
			}
		})
	}
	for name, img := range map[string]image.Image{"empty": image.NewGray(image.Rectangle{}), "one pixel": image.NewGray(image.Rect(0, 0, 1, 1)), "grey": image.NewGray(image.Rect(0, 0, 640, 480))} {
		if c, ok := Scan(img); ok {
			t.Errorf("%s: got %v", name, c)
		}
	}
}

// Each of these has, in the middle of what it says, what looks like a corner of a
// code, and more like the others than the third corner does.
func TestACodeIsReadWhosePatternLooksLikeACorner(t *testing.T) {
	for _, code := range []string{"VBGA80D789QPGQ1RVFTTS4P4DB", "CDSSAQQ6NR60KGDBKJRFF9E6RX", "MBRKFQMVDJM6N053TNJMKYX3Q6"} {
		says := "doorstep:export:6F2A91C4:clerk-1:" + code + ":5p-Q5biC5a2m55Sf6LWE5Yqp566h55CG5Lit5b-D:5biC6LWE5Yqp5Lit5b-D5oq95p-l5ZCI5ZCM"
		c, err := qr.Encode(says, qr.M, qr.Auto)
		if err != nil {
			t.Fatal(err)
		}
		const px = 6
		side := c.Bounds().Dx() * px
		img := image.NewGray(image.Rect(0, 0, 640, 480))
		draw.Draw(img, image.Rect(120, 30, 180+side, 90+side), image.NewUniform(color.Gray{Y: 225}), image.Point{}, draw.Src)
		for y := range side {
			for x := range side {
				if r, _, _, _ := c.At(x/px, y/px).RGBA(); r == 0 {
					img.SetGray(150+x, 60+y, color.Gray{Y: 40})
				}
			}
		}
		if got, ok := Scan(img); !ok || got.Text != says {
			t.Errorf("got %q, %v for %s", got.Text, ok, code)
		}
	}
}
