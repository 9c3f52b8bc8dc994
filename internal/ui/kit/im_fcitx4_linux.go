package kit

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/godbus/dbus/v5"

	"doorstep/internal/fault"
)

// What fcitx 4 calls things (fcitx/src/frontend/ipc); flags and formats are
// those of fcitx 5.
const (
	fcitx4Name    = "org.fcitx.Fcitx-"
	fcitx4Path    = "/inputmethod"
	fcitx4Method  = "org.fcitx.Fcitx.InputMethod"
	fcitx4Context = "org.fcitx.Fcitx.InputContext"
)

// fcitx4 is fcitx 4 over the session bus, as Kylin and UOS have it.
type fcitx4 struct{}

func (fcitx4) name() string {
	_, number := displayParts(os.Getenv("DISPLAY"))
	return fcitx4Name + number
}

func (f fcitx4) dial(ctx context.Context, h dbus.SignalHandler) (*dbus.Conn, error) {
	return dialOwner(ctx, h, f.name())
}

func (f fcitx4) create(ctx context.Context, conn *dbus.Conn) (dbus.BusObject, error) {
	var id int32
	var enabled bool
	var sym1, state1, sym2, state2 uint32
	err := conn.Object(f.name(), fcitx4Path).CallWithContext(ctx, fcitx4Method+".CreateICv3", 0, "doorstep", int32(os.Getpid())).
		Store(&id, &enabled, &sym1, &state1, &sym2, &state2)
	if err != nil {
		return nil, fault.New("kit.fcitx4", fault.Unavailable, err)
	}
	path := dbus.ObjectPath(fmt.Sprintf("/inputcontext_%d", id))
	err = conn.AddMatchSignalContext(ctx, dbus.WithMatchInterface(fcitx4Context), dbus.WithMatchObjectPath(path))
	if err != nil {
		return nil, fault.New("kit.fcitx4", fault.Unavailable, err)
	}
	return conn.Object(f.name(), path), nil
}

func (fcitx4) method(verb imVerb) string {
	return fcitx4Context + "." + [...]string{"FocusIn", "FocusOut", "Reset", "ProcessKeyEvent", "SetCursorRect"}[verb]
}

func (fcitx4) capability(password bool) (string, any) {
	_, flags := fcitx{}.capability(password)
	return fcitx4Context + ".SetCapacity", uint32(flags.(uint64))
}

func (fcitx4) key(k imKey) []any {
	kind := int32(0)
	if k.release {
		kind = 1
	}
	return []any{k.sym, k.code, k.state, kind, uint32(time.Now().UnixMilli())}
}

func (fcitx4) taken(answer *dbus.Call) bool {
	var taken int32
	return answer.Store(&taken) == nil && taken > 0
}

func (fcitx4) read(s *dbus.Signal) []imEvent {
	switch s.Name {
	case fcitx4Context + ".CommitString":
		var text string
		if dbus.Store(s.Body, &text) == nil && text != "" {
			return []imEvent{{commit: text}}
		}
	case fcitx4Context + ".UpdateFormattedPreedit":
		return fcitxPreeditOf(s.Body)
	case fcitx4Context + ".ForwardKey":
		k := &imKey{}
		var kind int32
		if dbus.Store(s.Body, &k.sym, &k.state, &kind) == nil {
			k.release = kind == 1
			return []imEvent{{forward: k}}
		}
	}
	return nil
}
