package assets_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"strings"
	"testing"

	"doorstep/assets"
)

var iconNames = strings.Fields(`
	home today cases intake sync manage search camera folder check warning error info lock eye eye-off calendar
	chevron-left chevron-right chevron-down chevron-up plus minus trash rotate pen undo clear print user user-plus
	users online offline phone id-card document receipt photo upload download refresh close settings moon sun
	step-done school shield clock`)

func TestIconsAreOneBlackFill(t *testing.T) {
	for _, name := range iconNames {
		b, ok := assets.Icon(name)
		if !ok {
			t.Errorf("%s is missing", name)
			continue
		}
		d := xml.NewDecoder(bytes.NewReader(b))
		paths := 0
		for {
			tok, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			el, ok := tok.(xml.StartElement)
			if !ok {
				continue
			}
			attrs := map[string]string{}
			for _, a := range el.Attr {
				attrs[a.Name.Local] = a.Value
			}
			switch el.Name.Local {
			case "svg":
				if attrs["viewBox"] != "0 0 24 24" {
					t.Errorf("%s: view box %q", name, attrs["viewBox"])
				}
			case "path":
				paths++
				if attrs["fill"] != "#000000" || attrs["stroke"] != "" || attrs["d"] == "" {
					t.Errorf("%s: fill %q, stroke %q", name, attrs["fill"], attrs["stroke"])
				}
			default:
				t.Errorf("%s: element %s", name, el.Name.Local)
			}
		}
		if paths != 1 {
			t.Errorf("%s: %d paths, want 1", name, paths)
		}
	}
}

func TestIconOfAnUnknownNameIsFalse(t *testing.T) {
	for _, name := range []string{"", "nothing", "../fonts/LICENSE"} {
		if _, ok := assets.Icon(name); ok {
			t.Errorf("%q gave an icon", name)
		}
	}
}

func TestAppIconIsA256PixelPNG(t *testing.T) {
	c, err := png.DecodeConfig(bytes.NewReader(assets.AppIcon()))
	if err != nil || c.Width != 256 || c.Height != 256 {
		t.Errorf("%d × %d, %v; want 256 × 256", c.Width, c.Height, err)
	}
}
