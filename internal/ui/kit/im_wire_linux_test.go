package kit

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/godbus/dbus/v5"
)

func TestFcitxSignals(t *testing.T) {
	type part struct {
		Text   string
		Format int32
	}
	read := func(name string, body ...any) []imEvent {
		return fcitx{}.read(&dbus.Signal{Name: fcitxContext + "." + name, Body: body})
	}
	got := read("CommitString", "张𬎆")
	if len(got) != 1 || got[0].commit != "张𬎆" {
		t.Errorf("got %+v, want the text committed", got)
	}
	got = read("UpdateFormattedPreedit", []part{{"你", 0}, {"hao", fcitxHighlight}, {"!", fcitxDontCommit}}, int32(3))
	if len(got) != 1 || got[0].preedit == nil {
		t.Fatalf("got %+v, want a preedit", got)
	}
	p := got[0].preedit
	check(t, "text", string(p.text), "你hao!")
	check(t, "the caret counts bytes there and characters here", p.caret, 1)
	check(t, "highlight", p.mark, span{1, 4})
	check(t, "what is kept", p.keep, "你hao")
	got = read("ForwardKey", uint32('a'), uint32(0), false)
	if len(got) != 1 || got[0].forward == nil || got[0].forward.sym != 'a' {
		t.Errorf("got %+v, want the key", got)
	}
	for _, bad := range [][]any{nil, {1}, {"a", "b"}, {[]part{{"x", 0}}, int32(99)}} {
		for _, name := range []string{"CommitString", "UpdateFormattedPreedit", "ForwardKey", "Unknown"} {
			read(name, bad...)
		}
	}
}

func TestIBusSignals(t *testing.T) {
	text := func(s string) dbus.Variant {
		return dbus.MakeVariantWithSignature([]any{"IBusText", map[string]dbus.Variant{}, s, dbus.MakeVariant("")}, dbus.ParseSignatureMust("(sa{sv}sv)"))
	}
	read := func(name string, body ...any) []imEvent {
		return ibus{}.read(&dbus.Signal{Name: ibusContext + "." + name, Body: body})
	}
	got := read("CommitText", text("张𬎆"))
	if len(got) != 1 || got[0].commit != "张𬎆" {
		t.Errorf("got %+v, want the text committed", got)
	}
	got = read("UpdatePreeditText", text("ni hao"), uint32(2), true)
	if len(got) != 1 || string(got[0].preedit.text) != "ni hao" || got[0].preedit.caret != 2 || got[0].preedit.keep != "ni hao" {
		t.Errorf("got %+v, want the preedit", got)
	}
	got = read("UpdatePreeditText", text("ni"), uint32(99), false)
	if len(got) != 1 || len(got[0].preedit.text) != 0 {
		t.Errorf("got %+v, want nothing composed", got)
	}
	for _, bad := range [][]any{nil, {1}, {"a"}, {text("x")}, {dbus.MakeVariant(1), uint32(0), true}, {dbus.MakeVariant([]any{1})}} {
		for _, name := range []string{"CommitText", "UpdatePreeditText", "ForwardKeyEvent", "HidePreeditText"} {
			read(name, bad...)
		}
	}
}

func TestIBusAddressIsFoundByDisplay(t *testing.T) {
	id, err := os.ReadFile("/var/lib/dbus/machine-id")
	if err != nil {
		if id, err = os.ReadFile("/etc/machine-id"); err != nil {
			t.Skip("this machine has no id")
		}
	}
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	t.Setenv("IBUS_ADDRESS", "")
	t.Setenv("DISPLAY", ":7.0")
	check(t, "none", ibusAddress(), "")
	if err := os.MkdirAll(filepath.Join(dir, "ibus", "bus"), 0o755); err != nil {
		t.Fatal(err)
	}
	name := string(id[:32]) + "-unix-7"
	if err := os.WriteFile(filepath.Join(dir, "ibus", "bus", name), []byte("# x\nIBUS_ADDRESS=unix:path=/a,guid=1\nIBUS_DAEMON_PID=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(t, "from the file", ibusAddress(), "unix:path=/a,guid=1")
	t.Setenv("IBUS_ADDRESS", "unix:path=/b")
	check(t, "from the environment", ibusAddress(), "unix:path=/b")
}

func TestSessionNamesItsInputMethod(t *testing.T) {
	for _, c := range []struct {
		xmodifiers, gtk, qt string
		ibus                bool
	}{
		{"", "", "", false}, {"@im=ibus", "", "", true}, {"@im=fcitx", "ibus", "", false},
		{"", "ibus", "", true}, {"", "", "fcitx5", false},
	} {
		t.Setenv("GTK_IM_MODULE", c.gtk)
		t.Setenv("QT_IM_MODULE", c.qt)
		check(t, c.xmodifiers+"/"+c.gtk+"/"+c.qt, namesIBus(c.xmodifiers), c.ibus)
	}
}

func cookieFile(number, data string) []byte {
	b := []byte{1, 0}
	for _, s := range []string{"host", number, "MIT-MAGIC-COOKIE-1", data} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
		b = append(b, s...)
	}
	return b
}

func TestCookieOfTheDisplay(t *testing.T) {
	file := append(cookieFile("1", "first"), cookieFile("61", "second")...)
	_, data := findCookie(file, "61")
	check(t, "its own", string(data), "second")
	_, data = findCookie(file, "5")
	check(t, "none", string(data), "")
	_, data = findCookie(cookieFile("", "any"), "5")
	check(t, "for any display", string(data), "any")
}

func FuzzCookie(f *testing.F) {
	f.Add(cookieFile("61", "x"))
	f.Add([]byte{0, 0, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) { findCookie(b, "61") })
}

func TestRootWindowOfTheServersAnswer(t *testing.T) {
	b := make([]byte, 32)
	binary.LittleEndian.PutUint16(b[16:], 5)
	b[20], b[21] = 1, 2
	b = append(b, make([]byte, 8+16)...)
	b = binary.LittleEndian.AppendUint32(b, 0x50d)
	root, err := xRoot(b)
	check(t, "error", err, nil)
	check(t, "root", root, uint32(0x50d))
	if _, err := xRoot(b[:len(b)-1]); err == nil {
		t.Error("an answer cut short was taken")
	}
}

func FuzzRootWindow(f *testing.F) {
	f.Add(make([]byte, 60))
	f.Fuzz(func(t *testing.T, b []byte) { xRoot(b) })
}
