package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"doorstep/sync/neighbour"
	"github.com/google/uuid"
)

// remote is what the command line says of laptops in other places.
type remote struct {
	listen *bool
	calls  *string
	relay  *bool
	server *string
}

func remoteFlags(flags *flag.FlagSet) remote {
	return remote{
		listen: flags.Bool("remote", false, "exchange with laptops in other places, through the centre"),
		calls:  flags.String("call", "", "`devices` in other places to call, parted by commas; with --remote or without"),
		relay:  flags.Bool("relay", false, "with --remote or --call: look for no direct way, the centre passes all on"),
		server: flags.String("server", "", "with --remote or --call: `address` of the centre (default: the one it enrolled with)"),
	}
}

func (r remote) on() bool { return *r.listen || *r.calls != "" }

func (r remote) devices() (out []uuid.UUID, err error) {
	for _, text := range strings.FieldsFunc(*r.calls, func(r rune) bool { return r == ',' }) {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, nil
}

// afar exchanges with laptops in other places.
func (c *call) afar(ctx context.Context, d *desk.Desk, r *neighbour.Room, far remote, devices []uuid.UUID, untilGiven bool, last time.Duration) error {
	peers, err := newPeers(courier.PeersConfig{Profile: d.Store().Profile(), Server: *far.server, RelayOnly: *far.relay})
	if err != nil {
		return err
	}
	defer peers.Close()
	for _, id := range devices {
		if err := d.NoteCall(ctx, id); err != nil {
			return err
		}
		if err := r.Call(id); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.out, "remote: %s\n", d.Device())
	return c.inRoom(ctx, r, func(ctx context.Context) error {
		return r.Reach(ctx, neighbour.Afar{Who: peers.Who, Call: peers.Call, Answer: peers.Answer})
	}, untilGiven, last)
}

// newPeers makes the road to laptops in other places. Where the centre is on
// this machine, for practice, they may be too.
func newPeers(cfg courier.PeersConfig) (*courier.Peers, error) {
	cfg.Loopback = onThisMachine(cfg.Server, cfg.Profile)
	return courier.NewPeers(cfg)
}

func onThisMachine(server string, p store.Profile) bool {
	if server == "" {
		server = p.Server
	}
	u, err := url.Parse(server)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func wayText(w neighbour.Way) string {
	if w == neighbour.Relayed {
		return "through the centre"
	}
	return "directly"
}
