package kit

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"

	"doorstep/internal/fault"
)

// What ibus calls things (ibus/src/ibusinputcontext.c).
const (
	ibusName    = "org.freedesktop.IBus"
	ibusPath    = "/org/freedesktop/IBus"
	ibusContext = "org.freedesktop.IBus.InputContext"

	ibusPreedit = 1 << 0
	ibusFocus   = 1 << 3
	ibusRelease = 1 << 30

	// X11 key codes are the kernel's plus 8; ibus wants the kernel's.
	codeOffset = 8
)

// ibus is IBus over its own bus.
type ibus struct{}

// ibusAddress is the address of the running daemon's bus: told by the
// environment, or by the file the daemon wrote for this machine and display.
func ibusAddress() string {
	if addr := os.Getenv("IBUS_ADDRESS"); addr != "" {
		return addr
	}
	config := os.Getenv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(os.Getenv("HOME"), ".config")
	}
	host, number := displayParts(os.Getenv("DISPLAY"))
	if host == "" {
		host = "unix"
	}
	for _, file := range []string{"/var/lib/dbus/machine-id", "/etc/machine-id"} {
		id, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		name := strings.TrimSpace(string(id)) + "-" + host + "-" + number
		text, err := os.ReadFile(filepath.Join(config, "ibus", "bus", name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if addr, ok := strings.CutPrefix(strings.TrimSpace(line), "IBUS_ADDRESS="); ok {
				return addr
			}
		}
	}
	return ""
}

// displayParts are the host and the number of a display's name.
func displayParts(display string) (host, number string) {
	i := strings.LastIndexByte(display, ':')
	if i < 0 {
		return "", "0"
	}
	number, _, _ = strings.Cut(display[i+1:], ".")
	return display[:i], number
}

func (ibus) dial(_ context.Context, h dbus.SignalHandler) (*dbus.Conn, error) {
	addr := ibusAddress()
	if addr == "" {
		return nil, fault.New("kit.ibus", fault.Unavailable, nil)
	}
	conn, err := dbus.Connect(addr, dbus.WithSignalHandler(h))
	if err != nil {
		return nil, fault.New("kit.ibus", fault.Unavailable, err)
	}
	return conn, nil
}

func (ibus) create(ctx context.Context, conn *dbus.Conn) (dbus.BusObject, error) {
	var path dbus.ObjectPath
	err := conn.Object(ibusName, ibusPath).CallWithContext(ctx, ibusName+".CreateInputContext", 0, "doorstep").Store(&path)
	if err != nil {
		return nil, fault.New("kit.ibus", fault.Unavailable, err)
	}
	err = conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(ibusContext), dbus.WithMatchObjectPath(path))
	if err != nil {
		return nil, fault.New("kit.ibus", fault.Unavailable, err)
	}
	obj := conn.Object(ibusName, path)
	// the field commits an unfinished composition itself; an older daemon that
	// has no such property drops it
	obj.Go("org.freedesktop.DBus.Properties.Set", dbus.FlagNoReplyExpected, nil,
		ibusContext, "ClientCommitPreedit", dbus.MakeVariant(struct{ On bool }{true}))
	return obj, nil
}

func (ibus) method(verb imVerb) string {
	return ibusContext + "." + [...]string{"FocusIn", "FocusOut", "Reset", "ProcessKeyEvent", "SetCursorLocation"}[verb]
}

func (ibus) capability(bool) (string, any) {
	return ibusContext + ".SetCapabilities", uint32(ibusPreedit | ibusFocus)
}

func (ibus) key(k imKey) []any {
	state := k.state
	if k.release {
		state |= ibusRelease
	}
	code := k.code
	if code >= codeOffset {
		code -= codeOffset
	}
	return []any{k.sym, code, state}
}

func (ibus) taken(answer *dbus.Call) bool { return takenBool(answer) }

func (ibus) read(s *dbus.Signal) []imEvent {
	switch s.Name {
	case ibusContext + ".CommitText":
		if text, ok := ibusText(s.Body); ok && text != "" {
			return []imEvent{{commit: text}}
		}
	case ibusContext + ".UpdatePreeditText", ibusContext + ".UpdatePreeditTextWithMode":
		text, ok := ibusText(s.Body)
		if !ok || len(s.Body) < 3 {
			return nil
		}
		caret, _ := s.Body[1].(uint32)
		visible, _ := s.Body[2].(bool)
		if !visible {
			text = ""
		}
		runes := []rune(text)
		return []imEvent{{preedit: &imPreedit{text: runes, caret: min(int(caret), len(runes)), keep: text}}}
	case ibusContext + ".HidePreeditText":
		return []imEvent{{preedit: &imPreedit{}}}
	case ibusContext + ".ForwardKeyEvent":
		k := &imKey{}
		if dbus.Store(s.Body, &k.sym, &k.code, &k.state) == nil {
			k.release = k.state&ibusRelease != 0
			return []imEvent{{forward: k}}
		}
	}
	return nil
}

// ibusText is the text of a serialised IBusText: ("IBusText", {}, text, attributes).
func ibusText(body []any) (string, bool) {
	if len(body) == 0 {
		return "", false
	}
	v, ok := body[0].(dbus.Variant)
	if !ok {
		return "", false
	}
	fields, ok := v.Value().([]any)
	if !ok || len(fields) < 3 {
		return "", false
	}
	text, ok := fields[2].(string)
	return text, ok
}
