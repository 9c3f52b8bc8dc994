package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Variant says which palette a theme uses.
type Variant uint8

// The variants. Auto follows the desktop.
const (
	Auto Variant = iota
	Light
	Dark
)

// Fonts are the two faces the program draws with. A nil face falls back to
// Fyne's own, which has no Chinese.
type Fonts struct{ Regular, Bold fyne.Resource }

// The smallest and largest scale a theme takes.
const (
	MinScale = 0.8
	MaxScale = 1.6
)

// Colours beyond Fyne's own names, for screens that draw themselves.
const (
	ColorRail       fyne.ThemeColorName = "kit.rail"
	ColorRailText   fyne.ThemeColorName = "kit.railText"
	ColorRailMuted  fyne.ThemeColorName = "kit.railMuted"
	ColorRailHover  fyne.ThemeColorName = "kit.railHover"
	ColorRailActive fyne.ThemeColorName = "kit.railActive"
	ColorOnActive   fyne.ThemeColorName = "kit.onActive"
	ColorCard       fyne.ThemeColorName = "kit.card"
	ColorCardBorder fyne.ThemeColorName = "kit.cardBorder"
	ColorShadow     fyne.ThemeColorName = "kit.shadow"
	ColorText       fyne.ThemeColorName = "kit.text"
	ColorMuted      fyne.ThemeColorName = "kit.muted"
	ColorRequired   fyne.ThemeColorName = "kit.required"
	ColorAccent     fyne.ThemeColorName = "kit.accent"
	ColorAccentText fyne.ThemeColorName = "kit.accentText"
	ColorAccentSoft fyne.ThemeColorName = "kit.accentSoft"
	ColorOK         fyne.ThemeColorName = "kit.ok"
	ColorOKSoft     fyne.ThemeColorName = "kit.okSoft"
	ColorWarn       fyne.ThemeColorName = "kit.warn"
	ColorWarnSoft   fyne.ThemeColorName = "kit.warnSoft"
	ColorBad        fyne.ThemeColorName = "kit.bad"
	ColorBadSoft    fyne.ThemeColorName = "kit.badSoft"
	ColorField      fyne.ThemeColorName = "kit.field"
	ColorFieldEdge  fyne.ThemeColorName = "kit.fieldEdge"
	ColorReadOnly   fyne.ThemeColorName = "kit.readOnly"
	ColorHover      fyne.ThemeColorName = "kit.hover"
	ColorQuiet      fyne.ThemeColorName = "kit.quiet"
	ColorSelected   fyne.ThemeColorName = "kit.selected"
	ColorPaper      fyne.ThemeColorName = "kit.paper"
	ColorInk        fyne.ThemeColorName = "kit.ink"
	ColorVeil       fyne.ThemeColorName = "kit.veil"
)

// sizeUnit is the theme's scale itself: 1 draws at the designed size.
const sizeUnit fyne.ThemeSizeName = "kit.unit"

type kitTheme struct {
	fonts   Fonts
	scale   float32
	variant Variant
}

// NewTheme is the program's theme: its two faces, its scale (held within
// MinScale and MaxScale) and its palette.
func NewTheme(fonts Fonts, scale float32, variant Variant) fyne.Theme {
	return &kitTheme{fonts: fonts, scale: min(max(scale, MinScale), MaxScale), variant: variant}
}

// Font is the bold face for bold styles and the regular one for all others, so
// that no third face is ever parsed.
func (t *kitTheme) Font(style fyne.TextStyle) fyne.Resource {
	face := t.fonts.Regular
	if style.Bold {
		face = t.fonts.Bold
	}
	if face == nil {
		return theme.DefaultTheme().Font(style)
	}
	return face
}

// Icon is Fyne's, for the few widgets that ask.
func (t *kitTheme) Icon(name fyne.ThemeIconName) fyne.Resource {
	return theme.DefaultTheme().Icon(name)
}

// Size is Fyne's sizes and this package's, times the scale.
func (t *kitTheme) Size(name fyne.ThemeSizeName) float32 {
	switch name {
	case sizeUnit:
		return t.scale
	case theme.SizeNameText:
		return 14 * t.scale
	case theme.SizeNameSubHeadingText:
		return 16 * t.scale
	case theme.SizeNameHeadingText:
		return 20 * t.scale
	case theme.SizeNameCaptionText:
		return 12 * t.scale
	case theme.SizeNameSeparatorThickness:
		return 1
	case theme.SizeNameScrollBar:
		return 10 * t.scale
	case theme.SizeNameScrollBarSmall:
		return 4 * t.scale
	case theme.SizeNameScrollBarRadius:
		return 3 * t.scale
	}
	return theme.DefaultTheme().Size(name) * t.scale
}

// Color is the palette's colour of that name; a name of neither this package
// nor of fyneNames is Fyne's.
func (t *kitTheme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	dark := t.variant == Dark || t.variant == Auto && v == theme.VariantDark
	if own, ok := fyneName(name); ok {
		name = own
	}
	if c, ok := paletteColor(name, dark); ok {
		return c
	}
	if dark {
		return theme.DefaultTheme().Color(name, theme.VariantDark)
	}
	return theme.DefaultTheme().Color(name, theme.VariantLight)
}

// fyneName is the name in this package for what Fyne's widgets ask for.
func fyneName(name fyne.ThemeColorName) (fyne.ThemeColorName, bool) {
	switch name {
	case theme.ColorNameForeground:
		return ColorText, true
	case theme.ColorNamePlaceHolder, theme.ColorNameDisabled:
		return ColorMuted, true
	case theme.ColorNameHyperlink:
		return ColorAccentText, true
	case theme.ColorNamePrimary, theme.ColorNameFocus:
		return ColorAccent, true
	case theme.ColorNameForegroundOnPrimary:
		return ColorOnActive, true
	case theme.ColorNameError:
		return ColorBad, true
	case theme.ColorNameWarning:
		return ColorWarn, true
	case theme.ColorNameSuccess:
		return ColorOK, true
	case theme.ColorNameInputBackground:
		return ColorField, true
	case theme.ColorNameInputBorder:
		return ColorFieldEdge, true
	case theme.ColorNameButton:
		return ColorQuiet, true
	case theme.ColorNameHover, theme.ColorNamePressed:
		return ColorHover, true
	case theme.ColorNameSelection:
		return ColorSelected, true
	case theme.ColorNameSeparator:
		return ColorCardBorder, true
	case theme.ColorNameMenuBackground, theme.ColorNameOverlayBackground, theme.ColorNameHeaderBackground:
		return ColorCard, true
	case theme.ColorNameShadow:
		return ColorShadow, true
	}
	return name, false
}
