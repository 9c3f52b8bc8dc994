package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// paletteColor is a colour of the light or dark palette. Text colours keep a
// contrast of at least 4.5 against the surfaces they are drawn on.
func paletteColor(name fyne.ThemeColorName, dark bool) (color.Color, bool) {
	pair := func(light, night uint32) (color.Color, bool) {
		if dark {
			return hex(night), true
		}
		return hex(light), true
	}
	switch name {
	case theme.ColorNameBackground:
		return pair(0xf2f4f8ff, 0x11151bff)
	case theme.ColorNameScrollBar:
		return pair(0x5b677a99, 0x8a97aa99)
	case theme.ColorNameScrollBarBackground:
		return pair(0x00000000, 0x00000000)
	case ColorRail:
		return pair(0x14253dff, 0x0a0e14ff)
	case ColorRailText:
		return pair(0xd9e2efff, 0xcbd5e3ff)
	case ColorRailMuted:
		return pair(0x94a5beff, 0x8392a8ff)
	case ColorRailHover:
		return pair(0x22375aff, 0x1a222eff)
	case ColorRailActive:
		return pair(0x1f5fbfff, 0x1d5bb8ff)
	case ColorOnActive:
		return pair(0xffffffff, 0xffffffff)
	case ColorCard:
		return pair(0xffffffff, 0x1b2129ff)
	case ColorCardBorder:
		return pair(0xe2e7efff, 0x2b333eff)
	case ColorShadow:
		return pair(0x1b2b4520, 0x00000050)
	case ColorText:
		return pair(0x17202dff, 0xe7ecf3ff)
	case ColorMuted:
		return pair(0x5f6b7eff, 0x93a0b2ff)
	case ColorRequired, ColorBad:
		return pair(0xc5221fff, 0xff7b72ff)
	case ColorBadSoft:
		return pair(0xfdecebff, 0x3a1f20ff)
	case ColorAccent:
		return pair(0x1b5ec2ff, 0x2a6edbff)
	case ColorAccentText:
		return pair(0x1b5ec2ff, 0x7db0ffff)
	case ColorAccentSoft:
		return pair(0xe6effcff, 0x1b2d4aff)
	case ColorOK:
		return pair(0x1c7c3cff, 0x57c27aff)
	case ColorOKSoft:
		return pair(0xe5f5eaff, 0x173022ff)
	case ColorWarn:
		return pair(0x8f5d00ff, 0xf0b44cff)
	case ColorWarnSoft:
		return pair(0xfff3d9ff, 0x37290fff)
	case ColorField:
		return pair(0xffffffff, 0x232a34ff)
	case ColorFieldEdge:
		return pair(0xb9c2cfff, 0x414c5bff)
	case ColorReadOnly:
		return pair(0xf3f5f9ff, 0x1d232bff)
	case ColorHover:
		return pair(0x1b5ec214, 0xffffff14)
	case ColorQuiet:
		return pair(0xe9edf4ff, 0x2a323dff)
	case ColorSelected:
		return pair(0xbcd6fbff, 0x2f5796ff)
	case ColorPaper:
		return pair(0xffffffff, 0xf4f4f2ff)
	case ColorInk:
		return pair(0x101a2cff, 0x101a2cff)
	case ColorVeil:
		return pair(0x0f182866, 0x00000099)
	}
	return nil, false
}

func hex(v uint32) color.Color {
	return color.NRGBA{R: uint8(v >> 24), G: uint8(v >> 16), B: uint8(v >> 8), A: uint8(v)}
}
