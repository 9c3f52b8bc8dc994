package kit

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// loginManager is a bus of its own with a login manager on it.
func loginManager(t *testing.T) *dbus.Conn {
	t.Helper()
	return ownBus(t, loginName)
}

// ownBus is a system bus of the test's own, joined under a name.
func ownBus(t *testing.T, name string) *dbus.Conn {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("needs dbus-daemon, which is not installed")
	}
	conf := filepath.Join(t.TempDir(), "bus.conf")
	if err := os.WriteFile(conf, []byte(`<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("dbus-daemon", "--nofork", "--print-address", "--config-file", conf)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", strings.TrimSpace(line))
	bus, err := dbus.ConnectSystemBus()
	if err == nil {
		_, err = bus.RequestName(name, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { bus.Close() })
	return bus
}

func TestSleepIsHeardOf(t *testing.T) {
	bus := loginManager(t)
	ctx, stop := context.WithCancel(t.Context())
	heard, ended := make(chan struct{}, 8), make(chan struct{})
	go func() {
		defer close(ended)
		WatchSleep(ctx, func() { heard <- struct{}{} })
	}()
	for deadline := time.Now().Add(20 * time.Second); ; {
		// waking up is not going to sleep
		for _, asleep := range []bool{false, true} {
			if err := bus.Emit(loginPath, loginIface+".PrepareForSleep", asleep); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-heard:
		case <-time.After(50 * time.Millisecond):
			if time.Now().Before(deadline) {
				continue // it may not listen yet
			}
			t.Fatal("nothing was heard of the sleep")
		}
		break
	}
	stop()
	<-ended
}
