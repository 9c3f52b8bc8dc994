package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/neighbour"
)

func syncNeighbourVerb() verb {
	return verb{
		name:    "sync neighbour",
		args:    "no argument",
		summary: "Exchanges cases with other laptops in the room, without a network to the centre.",
		help: `It finds laptops of the same county on the local network, gives each the cases
that were passed on to it, takes those passed on to this one, and carries sealed
parcels of others. It goes on until it is interrupted, or for the time given. With
--until-given it ends, with exit code 0, when at least one laptop was met and
nothing is left to give to those that were.
With --remote it does the same with laptops of the county in other places, which
the centre brings together: it takes their calls, and calls those that --call
names. Bytes go directly where there is a way, else through the centre, which
cannot read them. The local network is then left alone.`,
		run: syncNeighbour,
	}
}

func syncNeighbour(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	listen := flags.String("listen", "", "`address` of the door (default: every interface, port 17310 or a free one)")
	connect := flags.String("connect", "", "`addresses` or connection codes of other laptops, parted by commas")
	alone := flags.Bool("alone", false, "neither announce this laptop nor look for others")
	far := remoteFlags(flags)
	give := flags.Bool("until-given", false, "end when nothing is left to give")
	last := flags.Duration("for", 0, "end after this `time`, as 90s or 10m; 0 is never")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	devices, err := far.devices()
	if err != nil {
		return c.wrong("--call takes ids of devices, parted by commas")
	}
	if far.on() && (*listen != "" || *connect != "" || *alone) {
		return c.wrong("--remote and --call do not go with --listen, --connect and --alone")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		if err := d.MaySync(ctx); err != nil {
			return err
		}
		seat, err := d.Seat(ctx)
		if err != nil {
			return err
		}
		r, err := neighbour.New(neighbour.Config{Store: d.Store(), Listen: *listen, Alone: *alone, Place: neighbour.Place(seat)})
		if err != nil {
			return err
		}
		for _, text := range strings.FieldsFunc(*connect, func(r rune) bool { return r == ',' }) {
			if err := r.Dial(text); err != nil {
				return err
			}
		}
		if far.on() {
			return c.afar(ctx, d, r, far, devices, *give, *last)
		}
		return c.inRoom(ctx, r, r.Run, *give, *last)
	})
}

// inRoom runs a room, near or afar, and tells what comes of it.
func (c *call) inRoom(ctx context.Context, r *neighbour.Room, run func(context.Context) error, untilGiven bool, last time.Duration) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if last > 0 {
		ctx, stop = context.WithTimeout(ctx, last)
		defer stop()
	}
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	told, given, calm := false, false, 0
	ways := map[uuid.UUID]neighbour.Way{}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			s := r.State()
			fmt.Fprintf(c.out, "met: %d; came: %d\n", len(s.Peers), s.Arrived)
			switch {
			case fault.KindOf(err) != fault.Cancelled:
				return err
			case untilGiven && !given:
				return fault.New("sync neighbour", fault.Offline, errors.New("something is left to give"))
			}
			return nil
		case <-tick.C:
		}
		s := r.State()
		if s.On && !told && len(s.Addrs) > 0 {
			told = true
			fmt.Fprintf(c.out, "door: %s %s\n", s.Addrs[0], s.Codes[0])
		}
		met, left := 0, 0
		for _, p := range s.Peers {
			if p.Online {
				if way, ok := ways[p.Device]; p.Way != neighbour.Near && (!ok || way != p.Way) {
					ways[p.Device] = p.Way
					fmt.Fprintf(c.out, "reached: %s %s\n", p.Device, wayText(p.Way))
				}
				met++
				left += p.Left
			}
		}
		if calm++; met == 0 || left > 0 || !r.Idle() {
			calm = 0
		}
		if untilGiven && calm > 10 {
			given = true
			stop()
		}
	}
}

func casePassVerb() verb {
	return verb{
		name:    "case pass",
		args:    "CASE DEVICE STATION",
		summary: "Passes a case on to a station of a laptop in the room.",
		help:    `STATION is number, check, entry, photo, review, sign or receipt.`,
		run:     casePass,
	}
}

func casePass(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	name := flags.String("name", "", "the other laptop's `letter`")
	args, code, ok := c.parse(flags, 3, 3)
	if !ok {
		return code
	}
	id, err := uuid.Parse(args[0])
	to, derr := uuid.Parse(args[1])
	if err != nil || derr != nil {
		return c.wrong("CASE and DEVICE are ids")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		_, err := d.PassOn(ctx, id, to, *name, loan.Station(args[2]))
		return err
	})
}
