package kit

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// networkManager answers as NetworkManager does when it is asked for Metered.
type networkManager struct{ value atomic.Uint32 }

// Get is org.freedesktop.DBus.Properties.Get.
func (n *networkManager) Get(iface, name string) (dbus.Variant, *dbus.Error) {
	if iface != networkIface || name != "Metered" {
		return dbus.Variant{}, dbus.MakeFailedError(dbus.ErrMsgUnknownMethod)
	}
	return dbus.MakeVariant(n.value.Load()), nil
}

func (n *networkManager) tell(t *testing.T, bus *dbus.Conn, value uint32) {
	t.Helper()
	n.value.Store(value)
	if err := bus.Emit(networkPath, propsIface+".PropertiesChanged", networkIface,
		map[string]dbus.Variant{"Metered": dbus.MakeVariant(value)}, []string{}); err != nil {
		t.Fatal(err)
	}
}

func TestMeteredNetworksAreKnown(t *testing.T) {
	bus := ownBus(t, networkName)
	nm := &networkManager{}
	nm.value.Store(1)
	if err := bus.Export(nm, networkPath, propsIface); err != nil {
		t.Fatal(err)
	}
	m := NewMeter()
	defer m.Close()
	if !m.Metered() {
		t.Fatal("the first answer was not waited for")
	}
	await := func(why string, want bool) {
		t.Helper()
		for range 500 {
			if m.Metered() == want {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("%s: metered %v, want %v", why, !want, want)
	}
	for _, c := range []struct {
		why   string
		value uint32
		want  bool
	}{{"no", 2, false}, {"a guess at yes", 3, true}, {"a guess at no", 4, false}, {"yes", 1, true}, {"unknown", 0, false}, {"yes again", 1, true}} {
		nm.tell(t, bus, c.value)
		await(c.why, c.want)
	}
	if _, err := bus.ReleaseName(networkName); err != nil {
		t.Fatal(err)
	}
	await("NetworkManager went", false)
	if _, err := bus.RequestName(networkName, 0); err != nil {
		t.Fatal(err)
	}
	await("and came back", true)
}

func TestNoBusIsNotMetered(t *testing.T) {
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path="+t.TempDir()+"/none")
	m := NewMeter()
	defer m.Close()
	if m.Metered() {
		t.Error("metered by nobody's word")
	}
}
