package ui

import (
	"context"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/neighbour"
)

// Room is what the program gives the window to make a room of: who says whether
// the centre is in reach, and who is told when something came for it.
type Room func(d *desk.Desk, place neighbour.Place, online func() bool, fresh func()) (*neighbour.Room, error)

// inRoom is 同室协作 and 远程协作 while someone is signed in and has one of
// them on.
type inRoom struct {
	room  *neighbour.Room
	stop  context.CancelFunc // nil while 同室协作 is off
	done  chan struct{}
	far   *farRun // nil while 远程协作 is off
	state neighbour.State

	moving bool // another letter is being taken
}

func (r *inRoom) isNear() bool { return r != nil && r.stop != nil }

func (r *inRoom) isFar() bool { return r != nil && r.far != nil }

// close switches both off and waits for them.
func (r *inRoom) close() {
	if r.far != nil {
		r.far.close()
	}
	if r.stop != nil {
		r.stop()
		<-r.done
	}
}

// stopRoom switches 同室协作 off, for the end of the window.
func (u *Window) stopRoom() {
	if u.room != nil {
		u.room.close()
		u.room = nil
	}
}

// resumeRoom switches 同室协作 and 远程协作 on where they were on today.
func (u *Window) resumeRoom() {
	if u.deps.Room == nil {
		return
	}
	on, far := false, false
	u.run("room", func(ctx context.Context) (err error) {
		if u.seat, err = u.desk.Seat(ctx); err == nil {
			on, err = u.desk.InRoom(ctx)
		}
		if err == nil && u.deps.Afar != nil {
			far, err = u.desk.Remote(ctx)
		}
		return err
	}, func(err error) {
		if err != nil || u.shell == nil {
			return
		}
		if on && !u.room.isNear() {
			u.startRoom()
		}
		if far && !u.room.isFar() {
			u.startRemote()
		}
	})
}

// anyRoom is what the laptops around and those afar meet in, made where there
// is none; nil when it cannot be, which is told.
func (u *Window) anyRoom() *inRoom {
	if u.room != nil {
		return u.room
	}
	k := u.carrier
	online := func() bool { return k != nil && k.courier.State().Online }
	fresh := func() {
		if k != nil {
			k.courier.Wake()
		}
	}
	r, err := u.deps.Room(u.desk, neighbour.Place{Name: u.seat.Name, Stations: u.seat.Stations}, online, fresh)
	if err != nil {
		u.fail(err)
		return nil
	}
	in := &inRoom{room: r}
	u.room = in
	r.Watch(func(s neighbour.State) { u.back(func() { u.roomChanged(in, s) }) })
	return in
}

// startRoom opens the door to the laptops around.
func (u *Window) startRoom() {
	in := u.anyRoom()
	if in == nil {
		return
	}
	ctx, stop := context.WithCancel(u.ctx)
	done := make(chan struct{})
	in.stop, in.done = stop, done
	go func() {
		defer close(done)
		if err := in.room.Run(ctx); err != nil && ctx.Err() == nil {
			u.note("room", err)
		}
	}()
	u.roomChanged(in, in.room.State())
}

// dropRoom forgets the room when nothing of it is on.
func (u *Window) dropRoom() {
	if !u.room.isNear() && !u.room.isFar() {
		u.room = nil
	}
}

// switchRoom switches 同室协作 on for today, or off, by the operator's word.
func (u *Window) switchRoom(on bool) {
	u.act("switch room", func(ctx context.Context) error { return u.desk.SwitchRoom(ctx, on) }, func(err error) {
		switch {
		case u.shell == nil:
			return
		case err != nil:
			u.fail(err)
		case on && !u.room.isNear():
			u.startRoom()
		case !on && u.room.isNear():
			near := &farRun{u.room.stop, u.room.done}
			u.room.stop, u.room.done = nil, nil
			u.dropRoom()
			u.works.Go(near.close)
		}
		u.showRoom()
	})
}

// roomChanged shows a new state of the room, unless it is a former one's.
func (u *Window) roomChanged(in *inRoom, s neighbour.State) {
	if u.room != in || u.shell == nil {
		return
	}
	before := in.state
	in.state = s
	if s.Clash && !in.moving {
		u.otherLetter(in, s.FreeLetter())
	}
	if s.Arrived != before.Arrived {
		u.shell.arrived()
	}
	u.showRoom()
}

// showRoom brings what shows the room up to date.
func (u *Window) showRoom() {
	if u.shell == nil {
		return
	}
	if u.roomCard != nil {
		u.roomCard.refresh()
	}
	if t, ok := u.shell.screen.(*today); ok {
		if t.stations.refresh() {
			relay(t.content)
		}
	}
	if v := u.shell.current; v != nil && !v.closed {
		v.showFoot()
	}
	if u.call != nil {
		u.call.refresh()
	}
}

// otherLetter gives this laptop another letter: two of one would give the same
// numbers. Where that fails, the next word of the room tries again.
func (u *Window) otherLetter(in *inRoom, letter string) {
	old := u.seat.Name
	s := desk.Seat{Name: letter, Stations: u.seat.Stations}
	in.moving = true
	u.takeSeat(s, func(err error) {
		in.moving = false
		if err == nil {
			kit.Notice(u.win, kit.Warning, "同室已有一台 "+old+" 机，本机改为 "+letter+" 机，以后的号以 "+letter+" 开头。")
		}
	})
}

// takeSeat keeps what this laptop is in the room, and tells the others.
func (u *Window) takeSeat(s desk.Seat, done func(error)) {
	u.act("seat", func(ctx context.Context) error { return u.desk.SetSeat(ctx, s) }, func(err error) {
		if err == nil {
			u.seat = s
			if u.room != nil {
				u.room.room.SetPlace(neighbour.Place{Name: s.Name, Stations: s.Stations})
			}
			u.showRoom()
		}
		done(err)
	})
}

// dialRoom connects to a laptop by what was typed.
func (u *Window) dialRoom(text string) error {
	if !u.room.isNear() {
		return fault.Say("dial", fault.Unavailable, "请先打开同室协作。", nil)
	}
	return u.room.room.Dial(text)
}

// givesNumbers says whether a new case gets a number: where this laptop's
// station is 取号 and the room is on.
func (u *Window) givesNumbers() bool {
	return u.room.isNear() && slices.Contains(u.seat.Stations, loan.NumberStation)
}
