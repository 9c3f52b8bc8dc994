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
	engine := findEngine(own)
	if engine == nil && own != "" && !strings.HasPrefix(own, "@im=none") {
		m.guard = &imGuard{}
		return m
	}
	if engine == nil {
		// neither runs yet; either may be started later, and is then fcitx
		// unless the session says otherwise
		engine = wantedEngine(own)
	}
	if err := os.Setenv("XMODIFIERS", "@im=none"); err != nil {
		m.guard = &imGuard{}
		return m
	}
	m.link = newIMLink(engine, m.arrived, m.joined)
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

// findEngine is the input method that answers now, or nil. Where both do, the
// one the session names is taken, and fcitx where it names none.
func findEngine(xmodifiers string) imEngine {
	first, second := imEngine(fcitx{}), imEngine(ibus{})
	if namesIBus(xmodifiers) {
		first, second = second, first
	}
	for _, e := range []imEngine{first, second} {
		if e.answers() {
			return e
		}
	}
	return nil
}

func wantedEngine(xmodifiers string) imEngine {
	if namesIBus(xmodifiers) {
		return ibus{}
	}
	return fcitx{}
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
