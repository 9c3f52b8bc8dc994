package kit

import (
	"context"
	"os"
	"time"

	"github.com/godbus/dbus/v5"

	"doorstep/internal/fault"
)

// What fcitx 5 calls things (fcitx5/src/frontend/dbusfrontend).
const (
	fcitxName    = "org.fcitx.Fcitx5"
	fcitxPath    = "/org/freedesktop/portal/inputmethod"
	fcitxMethod  = "org.fcitx.Fcitx.InputMethod1"
	fcitxContext = "org.fcitx.Fcitx.InputContext1"

	fcitxPreedit       = 1 << 1
	fcitxPassword      = 1 << 3
	fcitxFormatted     = 1 << 4
	fcitxUnfocusCommit = 1 << 5

	fcitxHighlight  = 1 << 4
	fcitxDontCommit = 1 << 5
)

// fcitx is fcitx 5 over the session bus.
type fcitx struct{}

// sessionBus is a connection of its own; where no bus runs none is started.
func sessionBus(opts ...dbus.ConnOption) (*dbus.Conn, error) {
	addr := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if addr == "" {
		socket := os.Getenv("XDG_RUNTIME_DIR") + "/bus"
		if _, err := os.Stat(socket); err != nil {
			return nil, fault.New("kit.sessionBus", fault.Unavailable, err)
		}
		addr = "unix:path=" + socket
	}
	conn, err := dbus.Connect(addr, opts...)
	if err != nil {
		return nil, fault.New("kit.sessionBus", fault.Unavailable, err)
	}
	return conn, nil
}

func (fcitx) dial(ctx context.Context, h dbus.SignalHandler) (*dbus.Conn, error) {
	return dialOwner(ctx, h, fcitxName)
}

// dialOwner connects to the session bus where a name is owned on it, and has
// the name's going told, which is news even while no key is pressed.
func dialOwner(ctx context.Context, h dbus.SignalHandler, name string) (*dbus.Conn, error) {
	conn, err := sessionBus(dbus.WithSignalHandler(h))
	if err != nil {
		return nil, err
	}
	var owned bool
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, name).Store(&owned)
	if err != nil || !owned {
		conn.Close()
		return nil, fault.New("kit.dialOwner", fault.Unavailable, err)
	}
	err = conn.AddMatchSignalContext(ctx, dbus.WithMatchSender("org.freedesktop.DBus"),
		dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, name))
	if err != nil {
		conn.Close()
		return nil, fault.New("kit.dialOwner", fault.Unavailable, err)
	}
	return conn, nil
}

func (fcitx) create(ctx context.Context, conn *dbus.Conn) (dbus.BusObject, error) {
	type hint struct{ Key, Value string }
	hints := []hint{{"program", "doorstep"}}
	if d := os.Getenv("DISPLAY"); d != "" {
		hints = append(hints, hint{"display", "x11:" + d})
	}
	var path dbus.ObjectPath
	var id []byte
	err := conn.Object(fcitxName, fcitxPath).CallWithContext(ctx, fcitxMethod+".CreateInputContext", 0, hints).Store(&path, &id)
	if err != nil {
		return nil, fault.New("kit.fcitx", fault.Unavailable, err)
	}
	err = conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(fcitxContext), dbus.WithMatchObjectPath(path))
	if err != nil {
		return nil, fault.New("kit.fcitx", fault.Unavailable, err)
	}
	return conn.Object(fcitxName, path), nil
}

func (fcitx) method(verb imVerb) string {
	return fcitxContext + "." + [...]string{"FocusIn", "FocusOut", "Reset", "ProcessKeyEvent", "SetCursorRect"}[verb]
}

func (fcitx) capability(password bool) (string, any) {
	flags := uint64(fcitxPreedit | fcitxFormatted | fcitxUnfocusCommit)
	if password {
		flags |= fcitxPassword
	}
	return fcitxContext + ".SetCapability", flags
}

func (fcitx) key(k imKey) []any {
	return []any{k.sym, k.code, k.state, k.release, uint32(time.Now().UnixMilli())}
}

func (fcitx) taken(answer *dbus.Call) bool { return takenBool(answer) }

func takenBool(answer *dbus.Call) bool {
	var taken bool
	return answer.Store(&taken) == nil && taken
}

func (fcitx) read(s *dbus.Signal) []imEvent {
	switch s.Name {
	case fcitxContext + ".CommitString":
		var text string
		if dbus.Store(s.Body, &text) == nil && text != "" {
			return []imEvent{{commit: text}}
		}
	case fcitxContext + ".UpdateFormattedPreedit":
		return fcitxPreeditOf(s.Body)
	case fcitxContext + ".ForwardKey":
		k := &imKey{}
		if dbus.Store(s.Body, &k.sym, &k.state, &k.release) == nil {
			return []imEvent{{forward: k}}
		}
	}
	return nil
}

// fcitxPreeditOf reads texts with their formats and a caret that counts bytes.
func fcitxPreeditOf(body []any) []imEvent {
	var parts []struct {
		Text   string
		Format int32
	}
	var cursor int32
	if dbus.Store(body, &parts, &cursor) != nil {
		return nil
	}
	p := &imPreedit{}
	all := ""
	for _, part := range parts {
		from := len(p.text)
		p.text = append(p.text, []rune(part.Text)...)
		all += part.Text
		if part.Format&fcitxHighlight != 0 {
			p.mark = span{from, len(p.text)}
		}
		if part.Format&fcitxDontCommit == 0 {
			p.keep += part.Text
		}
	}
	p.caret = len(p.text)
	if cursor >= 0 && int(cursor) <= len(all) {
		p.caret = len([]rune(all[:cursor]))
	}
	return []imEvent{{preedit: p}}
}
