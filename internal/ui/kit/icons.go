package kit

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"

	"doorstep/assets"
)

// Icon is the icon of that name in the theme's text colour. A name the program
// has no picture for gives one of Fyne's.
func Icon(name string) fyne.Resource { return IconIn(name, ColorText) }

// IconIn is Icon in another colour of the theme.
func IconIn(name string, color fyne.ThemeColorName) fyne.Resource {
	return tinted(iconSource(name), color)
}

// tinted is a resource in another colour of the theme; nil stays nil.
func tinted(res fyne.Resource, color fyne.ThemeColorName) fyne.Resource {
	if res == nil {
		return nil
	}
	if themed, ok := res.(*theme.ThemedResource); ok {
		other := *themed
		other.ColorName = color
		return &other
	}
	return theme.NewColoredResource(res, color)
}

// tint is an icon in the colour in which it was drawn last: to colour one and draw
// it is work for a frame.
type tint struct {
	icon string // its name
	c    color.Color
}

// show shows the icon in a colour of the theme, where it does not yet.
func (t *tint) show(on *canvas.Image, icon fyne.Resource, name fyne.ThemeColorName) {
	now := tint{c: paint(name)}
	if icon != nil {
		now.icon = icon.Name()
	}
	if *t == now {
		return
	}
	*t = now
	on.Resource = tinted(icon, name)
	on.Refresh()
}

func iconSource(name string) fyne.Resource {
	if svg, ok := assets.Icon(name); ok {
		return fyne.NewStaticResource(name+".svg", svg)
	}
	return theme.DefaultTheme().Icon(fyneIcon(name))
}

// fyneIcon is the nearest of Fyne's icons.
func fyneIcon(name string) fyne.ThemeIconName {
	switch name {
	case "home":
		return theme.IconNameHome
	case "cases":
		return theme.IconNameList
	case "intake", "pen", "id-card":
		return theme.IconNameDocumentCreate
	case "sync", "refresh", "rotate":
		return theme.IconNameViewRefresh
	case "manage", "settings":
		return theme.IconNameSettings
	case "search":
		return theme.IconNameSearch
	case "camera":
		return theme.IconNameMediaPhoto
	case "folder":
		return theme.IconNameFolderOpen
	case "check", "step-done":
		return theme.IconNameConfirm
	case "warning":
		return theme.IconNameWarning
	case "error", "offline":
		return theme.IconNameError
	case "info", "online":
		return theme.IconNameInfo
	case "eye":
		return theme.IconNameVisibility
	case "eye-off", "lock":
		return theme.IconNameVisibilityOff
	case "calendar":
		return theme.IconNameCalendar
	case "chevron-left":
		return theme.IconNameNavigateBack
	case "chevron-right":
		return theme.IconNameNavigateNext
	case "chevron-down":
		return theme.IconNameArrowDropDown
	case "chevron-up":
		return theme.IconNameArrowDropUp
	case "plus", "user-plus":
		return theme.IconNameContentAdd
	case "minus":
		return theme.IconNameContentRemove
	case "trash":
		return theme.IconNameDelete
	case "undo":
		return theme.IconNameContentUndo
	case "clear", "close":
		return theme.IconNameCancel
	case "print", "document":
		return theme.IconNameDocument
	case "user":
		return theme.IconNameAccount
	case "phone":
		return theme.IconNameComputer
	case "photo":
		return theme.IconNameFileImage
	case "upload":
		return theme.IconNameUpload
	case "download":
		return theme.IconNameDownload
	}
	return theme.IconNameInfo
}
