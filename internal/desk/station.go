package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Seat is what this laptop is among those of its room: its letter and the
// stations it serves.
type Seat struct {
	Name     string         `json:"name"`
	Stations []loan.Station `json:"stations"`
}

const (
	seatSetting = "room.seat"
	roomSetting = "room.on" // the day for which a person switched it on
	farSetting  = "remote.on"
)

func (d *Desk) device() uuid.UUID { return d.store.Profile().Device }

// Seat tells what this laptop is in its room; letter A and no station before
// anybody said so.
func (d *Desk) Seat(ctx context.Context) (Seat, error) {
	s := Seat{Name: "A"}
	_, err := d.setting(ctx, seatSetting, &s)
	return s, err
}

// SetSeat keeps what this laptop is in its room. fault.Input for a letter that
// is none, or a station that is not there.
func (d *Desk) SetSeat(ctx context.Context, s Seat) error {
	const op = "set seat"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return fault.Wrap(op, err)
	}
	if !loan.ValidTicket(s.Name + "000") {
		return fault.Tell(op, fault.Input, "本机代号应为一或两个大写字母。", errors.New("letter"))
	}
	for i, st := range s.Stations {
		if !st.Known() || slices.Contains(s.Stations[:i], st) {
			return fault.New(op, fault.Input, errors.New("station"))
		}
	}
	return fault.Wrap(op, d.store.SetSetting(ctx, seatSetting, s))
}

// InRoom says whether a person switched 同室协作 on for today.
func (d *Desk) InRoom(ctx context.Context) (bool, error) { return d.onToday(ctx, roomSetting) }

// SwitchRoom notes that the operator switched 同室协作 on, for today, or off.
func (d *Desk) SwitchRoom(ctx context.Context, on bool) error {
	return d.switchToday(ctx, "switch room", roomSetting, "room", on)
}

// Remote says whether a person switched 远程协作 on for today.
func (d *Desk) Remote(ctx context.Context) (bool, error) { return d.onToday(ctx, farSetting) }

// SwitchRemote notes that the operator switched 远程协作 on, for today, or off.
func (d *Desk) SwitchRemote(ctx context.Context, on bool) error {
	return d.switchToday(ctx, "switch remote", farSetting, "remote", on)
}

// NoteCall notes that the operator calls a laptop in another place, before it
// is called.
func (d *Desk) NoteCall(ctx context.Context, device uuid.UUID) error {
	const op = "call"
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return fault.Wrap(op, err)
	}
	_, err := d.commit(ctx, op, uuid.Nil, entry(loan.ChangeView, loan.ViewBody{Detail: "remote call " + device.String()}))
	return err
}

func (d *Desk) onToday(ctx context.Context, setting string) (bool, error) {
	var day loan.Date
	_, err := d.setting(ctx, setting, &day)
	return day == d.day(), err
}

func (d *Desk) switchToday(ctx context.Context, op, setting, what string, on bool) error {
	if err := d.permit(ctx, guard.Sync, nil); err != nil {
		return fault.Wrap(op, err)
	}
	day, detail := loan.Date(""), what+" off"
	if on {
		day, detail = d.day(), what+" on"
	}
	if _, err := d.commit(ctx, op, uuid.Nil, entry(loan.ChangeView, loan.ViewBody{Detail: detail})); err != nil {
		return err
	}
	return fault.Wrap(op, d.store.SetSetting(ctx, setting, day))
}

// holds refuses changes to a case that another laptop of the room holds, but for the
// word that a consent is taken back.
func (d *Desk) holds(ctx context.Context, id uuid.UUID, ps []pending) error {
	change := slices.ContainsFunc(ps, func(p pending) bool {
		return !p.kind.View() && p.kind != loan.ChangeTake && !p.takesBack()
	})
	if !change || id == uuid.Nil || ps[0].kind == loan.ChangeOpen {
		return nil
	}
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return err
	}
	return guard.Holds(c, d.device())
}

// maxTicket is the last number of a letter on a day.
const maxTicket = 999

// TakeNumber opens a case for people who have just come in, and gives it the
// next number of this laptop's letter on this day, all in one step; this
// laptop holds it. The number is told with this laptop's mark (loan.TicketMark),
// so that two laptops of one letter that never met do not give the same.
func (d *Desk) TakeNumber(ctx context.Context, kind loan.Kind, supplement bool) (*loan.Case, error) {
	const op = "take number"
	seat, err := d.Seat(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	id, open, err := d.opening(ctx, kind, supplement)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	c, err := d.takeNumber(ctx, op, id, open, seat)
	return d.handed(c), err
}

// takeNumber opens a case with the next number of a letter.
func (d *Desk) takeNumber(ctx context.Context, op string, id uuid.UUID, open pending, seat Seat) (*loan.Case, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	day := d.Today()
	n := d.store.LastTicket(day, seat.Name) + 1
	if n > maxTicket {
		return nil, fault.Tell(op, fault.Refused, "本机今天的号已经用完，请换一个代号，或由另一台电脑取号。", errors.New("no number left"))
	}
	return d.commitLocked(ctx, op, d.operator, id, []pending{open,
		entry(loan.ChangeTicket, loan.TicketBody{Day: day, Number: fmt.Sprintf("%s%03d", seat.Name, n)}),
		entry(loan.ChangePass, loan.PassBody{To: d.device(), Station: loan.NumberStation, Name: seat.Name})})
}

// PassOn hands a case on to a station of a laptop, this one or another, which
// holds it from then on. fault.Denied when this laptop does not hold it.
func (d *Desk) PassOn(ctx context.Context, id, to uuid.UUID, name string, station loan.Station) (*loan.Case, error) {
	const op = "pass on"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.PassOn, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := guard.Holds(c, d.device()); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := guard.MayPass(d.acting(), c, d.device(), to); err != nil {
		d.refuse(ctx, d.operator, c, err)
		return nil, fault.Wrap(op, err)
	}
	if !c.PassableBy(d.device()) {
		return nil, fault.Tell(op, fault.Denied, "案件是在另一台电脑上开立的，请由那台电脑转交，或先在本机强制接手并写明原因。", errors.New("opened at another laptop"))
	}
	return d.commit(ctx, op, id, entry(loan.ChangePass, loan.PassBody{To: to, Station: station, Name: name}))
}

// TakeOver takes a case over that another laptop holds, or another clerk has at this
// one, by force: the reason is part of the case and shown at both, and the case is the
// operator's from then on. fault.Input without one; fault.Denied, which the chain notes,
// for more cases on one day than a reason allows, without a grant.
func (d *Desk) TakeOver(ctx context.Context, id uuid.UUID, station loan.Station, reason string) (*loan.Case, error) {
	const op = "take over"
	c, err := d.store.Case(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.permit(ctx, guard.TakeOver, c); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := guard.CheckReason(reason); err != nil {
		return nil, fault.Wrap(op, err)
	}
	// What is another clerk's here is taken over here, as when two change places.
	anothers := d.Handles(c) != nil && d.CouldHandle(c) == nil
	if len(c.Holders) == 1 && c.HeldBy(d.device()) && !anothers {
		return nil, fault.Tell(op, fault.Exists, "案件就在本机，不用接手。", nil)
	}
	seat, err := d.Seat(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	grant, err := d.countTake(ctx, c, reason)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	all := []pending{entry(loan.ChangeTake, loan.TakeBody{Station: station, Name: seat.Name, Reason: reason})}
	if grant != "" {
		all = append(all, entry(loan.ChangeView, loan.ViewBody{Detail: guard.TakenWords(grant)}))
	}
	return d.commitAs(ctx, op, d.operator, id, all)
}

// HeldHere says whether this laptop may change the case: it holds it, or the
// case was never passed on.
func (d *Desk) HeldHere(c *loan.Case) bool { return c.HeldBy(d.device()) }

// Device is this laptop's id in the room.
func (d *Desk) Device() uuid.UUID { return d.device() }

// Standing is what the call screen and the stations tell of a case: no more than who
// waits hears called.
type Standing struct {
	Ticket string // "" without a number
	Name   string // masked
	Held   []Held
}

// MayCall says whether the operator may have the numbers of the room called now.
func (d *Desk) MayCall() bool {
	return guard.MayAt(d.acting(), guard.CallNumbers, nil, d.site()) == nil
}

// AtStations lists the cases of the room's pipeline that this laptop knows of and
// that are not done with, the one waiting longest first; none to who may not have
// numbers called.
func (d *Desk) AtStations() []Standing {
	if !d.MayCall() {
		return nil
	}
	var out []Standing
	for _, s := range d.store.AtStations() {
		if len(s.Holders) > 0 {
			out = append(out, Standing{Ticket: s.Ticket, Name: guard.MaskName(s.Name), Held: d.heldBy(s)})
		}
	}
	return out
}

// Where names the place of a case in the room.
func Where(h loan.Holding) string { return guard.Where(h) }

// Places names the places of the laptops that hold a case.
func Places(c *loan.Case) string { return guard.Places(c) }
