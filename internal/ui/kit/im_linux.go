package kit

import (
	"os"
	"strings"
)

// PrepareEnvironment finds the input method to talk to and is called once
// before Fyne's app.New: where fcitx or ibus answers over D-Bus, the window
// system's own input method is switched off for this process. Where neither
// does but XMODIFIERS names one, that one is left on and fields are guarded.
func PrepareEnvironment() *InputMethod {
	m := &InputMethod{}
	own := os.Getenv("XMODIFIERS")
	link := findLink(own)
	if !link.ready() && own != "" && !strings.HasPrefix(own, "@im=none") {
		m.guard = &imGuard{}
		return m
	}
	if err := os.Setenv("XMODIFIERS", "@im=none"); err != nil {
		m.guard = &imGuard{}
		return m
	}
	m.link = link
	link.start(imHooks{arrived: m.arrived, joined: m.joined, parted: m.parted})
	return m
}

// joined is run when the input method has been found, or found again.
func (m *InputMethod) joined() {
	if f := m.field; f != nil && m.link != nil {
		m.link.focus(f.Password)
		m.placed = imRect{}
		m.settlePlace()
	}
}

// parted is run when the input method has gone: what was being composed is
// kept as it stands.
func (m *InputMethod) parted() {
	if m.field != nil {
		m.finish(m.field)
	}
}

// findLink joins the input method that answers: where several do, the one the
// session names, and fcitx where it names none. Where none does, the link is
// not ready and goes on seeking.
func findLink(xmodifiers string) *imLink {
	if namesIBus(xmodifiers) {
		return newIMLink(ibus{}, fcitx{}, fcitx4{})
	}
	return newIMLink(fcitx{}, fcitx4{}, ibus{})
}

func namesIBus(xmodifiers string) bool {
	for _, v := range []string{xmodifiers, os.Getenv("GTK_IM_MODULE"), os.Getenv("QT_IM_MODULE")} {
		if strings.Contains(v, "fcitx") {
			return false
		}
		if strings.Contains(v, "ibus") {
			return true
		}
	}
	return false
}
