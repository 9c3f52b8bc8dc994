package loan

import (
	"errors"
	"hash/fnv"
	"slices"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// Station is a place of the pipeline by which laptops in one room take a case
// in together.
type Station string

// The stations, in the order of the way.
const (
	NumberStation  Station = "number"  // 取号
	CheckStation   Station = "check"   // 审核
	EntryStation   Station = "entry"   // 录入
	PhotoStation   Station = "photo"   // 拍照
	ReviewStation  Station = "review"  // 复核
	SignStation    Station = "sign"    // 签署
	ReceiptStation Station = "receipt" // 回执
)

// Stations lists every station in the order of the way.
func Stations() []Station {
	return []Station{NumberStation, CheckStation, EntryStation, PhotoStation, ReviewStation, SignStation, ReceiptStation}
}

// Known says whether it is one of Stations.
func (s Station) Known() bool { return slices.Contains(Stations(), s) }

// Label is the station's name on screen.
func (s Station) Label() string {
	names := [...]string{"取号", "审核", "录入", "拍照", "复核", "签署", "回执"}
	if i := slices.Index(Stations(), s); i >= 0 {
		return names[i]
	}
	return "未知工位"
}

// Next is the station behind it on the way; the last one's is itself, and that
// of none is the first.
func (s Station) Next() Station {
	i := slices.Index(Stations(), s)
	return Stations()[min(i+1, len(Stations())-1)]
}

// maxStationName bounds what a laptop is called in a room.
const maxStationName = 8

// PassBody hands a case on to a station of a laptop, which then holds it. Only
// who holds the case may, and before the first time the laptop that opened it.
type PassBody struct {
	To      uuid.UUID `json:"to"` // device
	Station Station   `json:"station"`
	Name    string    `json:"name,omitempty"` // what people in the room call the laptop: a letter
}

// TakeBody takes a case over by force: the laptop that writes it holds the
// case, whoever did.
type TakeBody struct {
	Station Station `json:"station"`
	Name    string  `json:"name,omitempty"`
	Reason  string  `json:"reason"`
}

// TicketBody gives a case the number by which its people are called.
type TicketBody struct {
	Day    Date   `json:"day"`
	Number string `json:"number"` // a laptop's letter and three digits
}

// ValidTicket says whether a number has the form of one: one or two letters
// and three digits.
func ValidTicket(number string) bool {
	letters := len(number) - 3
	if letters < 1 || letters > 2 {
		return false
	}
	for i := range number {
		c := number[i]
		if i < letters && (c < 'A' || c > 'Z') || i >= letters && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// Holding is a laptop's hold on a case, and the change it has it by.
type Holding struct {
	Device  uuid.UUID
	Station Station
	Name    string
	Change  uuid.UUID
	By      string    // operator
	Reason  string    // of a taking over; empty when it was passed on
	Number  bool      // by nothing but the number that it got where it was opened, of who opened it
	At      time.Time // by the clock of the laptop that wrote it
}

// claim is a holding with the change that made it.
type claim struct {
	by *node
	Holding
}

// standing gives the claims that no other of them had seen.
func standing(claims []claim) []claim {
	return slices.DeleteFunc(slices.Clone(claims), func(k claim) bool {
		return slices.ContainsFunc(claims, func(other claim) bool { return other.by.after(k.by) })
	})
}

// HeldBy says whether a device may work on the case: it holds it, or nobody
// does, as long as it was not passed on.
func (c *Case) HeldBy(device uuid.UUID) bool {
	return len(c.Holders) == 0 || slices.ContainsFunc(c.Holders, func(h Holding) bool { return h.Device == device })
}

// EverHeldBy lists the devices that hold the case or once held it.
func (c *Case) EverHeldBy() []uuid.UUID {
	var out []uuid.UUID
	for _, k := range c.claims {
		if !slices.Contains(out, k.Device) {
			out = append(out, k.Device)
		}
	}
	return out
}

// PassableBy says whether a device may pass the case on: it holds it, or opened
// it and nobody passed it on yet.
func (c *Case) PassableBy(device uuid.UUID) bool {
	return len(c.Holders) == 0 && c.opener == device || len(c.Holders) > 0 && c.HeldBy(device)
}

// mayPass says whether the author of a change held the case by all it had seen.
func (c *Case) mayPass(n *node) bool {
	held := standing(slices.DeleteFunc(slices.Clone(c.claims), func(k claim) bool { return !n.after(k.by) }))
	return len(held) == 0 && n.ch.Device == c.opener || slices.ContainsFunc(held, func(k claim) bool { return k.Device == n.ch.Device })
}

func (c *Case) pass(n *node) error {
	b, err := Body[PassBody](n.ch)
	if err != nil {
		return err
	}
	if b.To == uuid.Nil || !b.Station.Known() || len(b.Name) > maxStationName {
		return fault.New("pass on", fault.Input, errors.New("device, station or name"))
	}
	if !c.mayPass(n) {
		return fault.New("pass on", fault.Denied, errors.New("another laptop holds the case"))
	}
	number := len(c.claims) == 0 && b.Station == NumberStation && b.To == c.opener && n.ch.Device == c.opener && n.ch.Operator == c.OpenedBy
	c.hold(n, Holding{Device: b.To, Station: b.Station, Name: b.Name, Number: number})
	return nil
}

func (c *Case) takeOver(n *node) error {
	b, err := Body[TakeBody](n.ch)
	if err != nil {
		return err
	}
	if b.Reason == "" || len(b.Reason) > MaxText || !b.Station.Known() || len(b.Name) > maxStationName {
		return fault.New("take over", fault.Input, errors.New("reason, station or name"))
	}
	c.hold(n, Holding{Device: n.ch.Device, Station: b.Station, Name: b.Name, Reason: b.Reason})
	return nil
}

func (c *Case) hold(n *node, h Holding) {
	h.Change, h.By, h.At = n.ch.ID, n.ch.Operator, n.ch.At
	c.claims = append(slices.Clip(c.claims), claim{n, h})
}

// settleHolders lists who holds the case now: more than one after laptops took
// it over without knowing of one another, until one passes it on or takes it
// over again.
func (c *Case) settleHolders() {
	c.Holders = nil
	for _, k := range standing(c.claims) {
		c.Holders = append(c.Holders, k.Holding)
	}
}

func (c *Case) ticket(ch *Change) error {
	b, err := Body[TicketBody](ch)
	if err != nil {
		return err
	}
	if _, err := b.Day.Time(); err != nil || !ValidTicket(b.Number) {
		return fault.New("ticket", fault.Input, errors.New("day or number"))
	}
	c.Ticket, c.TicketBy = &b, ch.Device
	return nil
}

// markLetters are those of a ticket's mark: none looks like another.
const markLetters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// TicketMark is what a laptop's numbers end with, so that two laptops of one
// letter that never met do not give one number. It follows from the laptop
// alone: no network and no agreement is needed, and two marks are the same once
// in 1024.
func TicketMark(device uuid.UUID) string {
	h := fnv.New32a()
	h.Write(device[:])
	n := h.Sum32()
	n ^= n>>10 ^ n>>20
	return string([]byte{markLetters[n>>5&31], markLetters[n&31]})
}

// TicketLabel is the number as it is told, shown and called, with the mark of
// the laptop that gave it; empty for a case without one.
func (c *Case) TicketLabel() string {
	if c.Ticket == nil {
		return ""
	}
	return c.Ticket.Number + "-" + TicketMark(c.TicketBy)
}
