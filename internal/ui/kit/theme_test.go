package kit

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// contrast is WCAG's ratio of two opaque colours.
func contrast(a, b color.Color) float64 {
	light := func(c color.Color) float64 {
		r, g, b, _ := c.RGBA()
		lin := func(v uint32) float64 {
			x := float64(v) / 0xffff
			if x <= 0.04045 {
				return x / 12.92
			}
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return 0.2126*lin(r) + 0.7152*lin(g) + 0.0722*lin(b)
	}
	x, y := light(a), light(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTextCanBeRead(t *testing.T) {
	pairs := map[fyne.ThemeColorName][]fyne.ThemeColorName{
		ColorText:       {ColorCard, ColorField, ColorReadOnly, ColorQuiet, ColorSelected, ColorAccentSoft, theme.ColorNameBackground},
		ColorMuted:      {ColorCard, ColorField, ColorReadOnly, theme.ColorNameBackground},
		ColorRequired:   {ColorCard},
		ColorBad:        {ColorCard, ColorBadSoft, theme.ColorNameBackground},
		ColorWarn:       {ColorCard, ColorWarnSoft, theme.ColorNameBackground},
		ColorOK:         {ColorCard, ColorOKSoft, theme.ColorNameBackground},
		ColorAccentText: {ColorCard, ColorAccentSoft, ColorQuiet},
		ColorOnActive:   {ColorAccent, ColorRailActive},
		ColorRailText:   {ColorRail, ColorRailHover},
		ColorRailMuted:  {ColorRail},
		ColorInk:        {ColorPaper},
	}
	for _, v := range []Variant{Light, Dark} {
		th := NewTheme(Fonts{}, 1, v)
		for text, surfaces := range pairs {
			for _, surface := range surfaces {
				t.Run(fmt.Sprintf("%s on %s in palette %d", text, surface, v), func(t *testing.T) {
					if got := contrast(th.Color(text, 0), th.Color(surface, 0)); got < 4.5 {
						t.Errorf("got a contrast of %.2f, want 4.5 or more", got)
					}
				})
			}
		}
	}
}

func TestThemeFollowsTheDesktopUnlessTold(t *testing.T) {
	auto := NewTheme(Fonts{}, 1, Auto)
	light := NewTheme(Fonts{}, 1, Light)
	check(t, "auto by day", auto.Color(ColorCard, theme.VariantLight), light.Color(ColorCard, theme.VariantDark))
	check(t, "auto by night", auto.Color(ColorCard, theme.VariantDark), NewTheme(Fonts{}, 1, Dark).Color(ColorCard, theme.VariantLight))
}

func TestThemeHoldsItsScale(t *testing.T) {
	for asked, want := range map[float32]float32{0.1: MinScale, 1.2: 1.2, 9: MaxScale} {
		th := NewTheme(Fonts{}, asked, Light)
		check(t, fmt.Sprint("text at ", asked), th.Size(theme.SizeNameText), 14*want)
	}
}

func TestThemeParsesTwoFacesOnly(t *testing.T) {
	fonts := Fonts{Regular: fyne.NewStaticResource("r", nil), Bold: fyne.NewStaticResource("b", nil)}
	th := NewTheme(fonts, 1, Light)
	for _, style := range []fyne.TextStyle{{}, {Italic: true}, {Monospace: true}, {Symbol: true}} {
		check(t, fmt.Sprint(style), th.Font(style), fonts.Regular)
	}
	check(t, "bold", th.Font(fyne.TextStyle{Bold: true, Italic: true}), fonts.Bold)
}
