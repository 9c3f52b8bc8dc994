package kit

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"
)

const (
	networkName  = "org.freedesktop.NetworkManager"
	networkPath  = "/org/freedesktop/NetworkManager"
	networkIface = "org.freedesktop.NetworkManager"
	propsIface   = "org.freedesktop.DBus.Properties"
)

// Values of NetworkManager's property Metered that say yes; the others are
// unknown, no, and a guess at no.
const (
	meteredYes   = 1
	meteredGuess = 3
)

// followMetered keeps NetworkManager's word in on until ctx ends, and calls told
// when the first answer is there, or none will come soon. Where there is no bus
// or no NetworkManager, the network is not metered, and it is looked for again.
func followMetered(ctx context.Context, on *atomic.Bool, told func()) {
	for {
		followBus(ctx, on, told)
		on.Store(false)
		told()
		select {
		case <-ctx.Done():
			return
		case <-time.After(meterEvery):
		}
	}
}

// followBus does so while one connection to the bus lasts.
func followBus(ctx context.Context, on *atomic.Bool, told func()) {
	bus, err := dbus.ConnectSystemBus(dbus.WithContext(ctx))
	if err != nil {
		return
	}
	defer bus.Close()
	news := make(chan *dbus.Signal, 16)
	bus.Signal(news)
	for _, rule := range [][]dbus.MatchOption{
		{dbus.WithMatchSender(networkName), dbus.WithMatchObjectPath(networkPath), dbus.WithMatchMember("PropertiesChanged")},
		{dbus.WithMatchSender("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, networkName)},
	} {
		if bus.AddMatchSignalContext(ctx, rule...) != nil {
			return
		}
	}
	tick := time.NewTicker(meterEvery)
	defer tick.Stop()
	for {
		on.Store(askMetered(ctx, bus))
		told()
		select {
		case <-ctx.Done():
			return
		case <-bus.Context().Done():
			return
		case <-news:
		case <-tick.C:
		}
	}
}

func askMetered(ctx context.Context, bus *dbus.Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, meterFirst)
	defer cancel()
	var v dbus.Variant
	// Nobody is started for it: no NetworkManager is no answer.
	call := bus.Object(networkName, networkPath).CallWithContext(ctx, propsIface+".Get", dbus.FlagNoAutoStart, networkIface, "Metered")
	if call.Store(&v) != nil {
		return false
	}
	n, _ := v.Value().(uint32)
	return n == meteredYes || n == meteredGuess
}
