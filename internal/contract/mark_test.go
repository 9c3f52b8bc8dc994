package contract

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"

	"doorstep/internal/fault"
)

func plainPicture(t *testing.T, w, h int, shade uint8) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = shade
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestWordsLieAcrossEveryPartOfAPicture(t *testing.T) {
	words := "供 某县学生资助管理中心　核对学籍　clerk-1　2023-08-05 10:00　第 1/3 件"
	for name, k := range map[string]struct {
		w, h  int
		shade uint8
	}{"a portrait": {358, 441, 200}, "a page": {1240, 1754, 250}, "a dark picture": {358, 441, 20}, "a tiny picture": {20, 20, 128}} {
		t.Run(name, func(t *testing.T) {
			b, err := testPress(t).Mark("image/jpeg", plainPicture(t, k.w, k.h, k.shade), words)
			if err != nil {
				t.Fatal(err)
			}
			img, err := jpeg.Decode(bytes.NewReader(b))
			if err != nil || img.Bounds().Dx() != k.w || img.Bounds().Dy() != k.h {
				t.Fatalf("%v, %v", img.Bounds(), err)
			}
			const parts = 3
			for part := range parts * parts {
				if k.w < 100 {
					break
				}
				marked := 0
				for y := part / parts * k.h / parts; y < (part/parts+1)*k.h/parts; y++ {
					for x := part % parts * k.w / parts; x < (part%parts+1)*k.w/parts; x++ {
						g := color.GrayModel.Convert(img.At(x, y)).(color.Gray).Y
						if d := int(g) - int(k.shade); d > 30 || d < -30 {
							marked++
						}
					}
				}
				if marked < k.w*k.h/parts/parts/50 {
					t.Errorf("part %d of the picture: %d points are marked", part, marked)
				}
			}
		})
	}
}

func TestWhatIsMarked(t *testing.T) {
	good := plainPicture(t, 100, 100, 200)
	for name, k := range map[string]struct {
		media   string
		content []byte
		words   string
		kind    fault.Kind
	}{
		"ink":                   {"application/json", []byte("{}"), "词", fault.Unsupported},
		"no picture":            {"image/jpeg", []byte("nothing"), "词", fault.Unsupported},
		"half a picture":        {"image/jpeg", good[:len(good)/3], "词", fault.Unsupported},
		"no words":              {"image/jpeg", good, "", fault.Input},
		"too many words":        {"image/jpeg", good, strings.Repeat("长", 200), fault.Input},
		"a character of no use": {"image/jpeg", good, "\U0003FFFD", fault.Input},
		"no contract":           {"application/pdf", []byte("%PDF-1.4"), "词", fault.Unsupported},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := testPress(t).Mark(k.media, k.content, k.words); fault.KindOf(err) != k.kind {
				t.Errorf("got %v, want %v", err, k.kind)
			}
		})
	}
}

func FuzzMark(f *testing.F) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 9, 9)), nil); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	p := testPress(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		if head, _, err := image.DecodeConfig(bytes.NewReader(b)); err != nil || head.Width*head.Height > 1<<20 {
			return
		}
		if out, err := p.Mark("image/jpeg", b, "词"); err == nil {
			if _, err := jpeg.Decode(bytes.NewReader(out)); err != nil {
				t.Error(err)
			}
		}
	})
}
