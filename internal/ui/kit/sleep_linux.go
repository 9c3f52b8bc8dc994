package kit

import (
	"context"
	"sync"
	"syscall"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	loginName  = "org.freedesktop.login1"
	loginPath  = "/org/freedesktop/login1"
	loginIface = "org.freedesktop.login1.Manager"
	lockIface  = "org.freedesktop.login1.Session"
	// asleepWithin is how long the machine's sleep is held up for what is to be
	// done before; the login manager waits no longer by itself.
	asleepWithin = 4 * time.Second
)

// WatchSleep calls soon each time before the machine goes to sleep, as when its
// lid is closed, and when the desktop locks its session. The sleep waits a few
// seconds for what soon began. It returns when ctx ends, and at once where the
// system does not tell.
func WatchSleep(ctx context.Context, soon func()) {
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return
	}
	defer bus.Close()
	news := make(chan *dbus.Signal, 16)
	bus.Signal(news)
	for _, rule := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(loginName), dbus.WithMatchInterface(loginIface), dbus.WithMatchMember("PrepareForSleep")},
		{dbus.WithMatchSender(loginName), dbus.WithMatchInterface(lockIface), dbus.WithMatchMember("Lock")},
	} {
		if bus.AddMatchSignalContext(ctx, rule...) != nil {
			return
		}
	}
	hold := holdSleep(ctx, bus)
	defer func() { hold() }()
	for {
		select {
		case <-ctx.Done():
			return
		case s, ok := <-news:
			if !ok {
				return
			}
			begins := s.Name == lockIface+".Lock"
			if s.Name == loginIface+".PrepareForSleep" && len(s.Body) == 1 {
				begins, _ = s.Body[0].(bool)
			}
			if !begins {
				continue
			}
			soon()
			select {
			case <-ctx.Done():
				return
			case <-time.After(asleepWithin):
			}
			hold()
			hold = holdSleep(ctx, bus)
		}
	}
}

// holdSleep asks the login manager to wait before it sleeps; it does nothing
// where that is not granted.
func holdSleep(ctx context.Context, bus *dbus.Conn) (let func()) {
	var fd dbus.UnixFD
	call := bus.Object(loginName, loginPath).CallWithContext(ctx, loginIface+".Inhibit", 0,
		"sleep", "Doorstep", "保存并锁定", "delay")
	if call.Store(&fd) != nil || fd < 0 {
		return func() {}
	}
	return sync.OnceFunc(func() { _ = syscall.Close(int(fd)) })
}
