package neighbour

import (
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// shut signs the county's list of shut-out devices, as it comes by any road.
func (c *county) shut(t *testing.T, version uint64, devices ...uuid.UUID) []byte {
	t.Helper()
	var list []bulletin.ShutOut
	for _, d := range devices {
		list = append(list, bulletin.ShutOut{Device: d, At: time.UnixMilli(1753000000000).UTC()})
	}
	issued := time.UnixMilli(1754000000000).UTC()
	b := bulletin.Bulletin{County: "522727", Kind: bulletin.Devices, Name: bulletin.ShutOutName, Version: uint64(issued.UnixMilli()) + version,
		Issued: issued, Content: bulletin.EncodeDevices(list)}
	raw, err := b.Sign(c.ca.Signer())
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (l *laptop) told(raw []byte) {
	l.t.Helper()
	if _, _, err := l.TakeBulletin(l.t.Context(), raw); err != nil {
		l.t.Fatal(err)
	}
}

func TestTheListOfShutOutDevicesCutsWhatIsLive(t *testing.T) {
	for name, far := range map[string]bool{"in the room": false, "from afar": true} {
		t.Run(name, func(t *testing.T) {
			for who, tellsB := range map[string]bool{"the one that stays is told": false, "the one that is shut out is told": true} {
				t.Run(who, func(t *testing.T) {
					c := newCounty(t)
					a, b := c.laptop(t), c.laptop(t)
					if far {
						x := newExchange(t)
						a.afar(x, a, b)
						b.afar(x, a, b)
						if err := a.room.Call(b.id()); err != nil {
							t.Fatal(err)
						}
						until(t, "the two meet", func() bool { return a.sees(b) && b.sees(a) })
					} else {
						a.on()
						b.on()
						a.meet(b)
					}
					told := a
					if tellsB {
						told = b
					}
					told.told(c.shut(t, 1, b.id()))
					told.room.Wake()
					until(t, "both let go", func() bool { return !a.sees(b) && !b.sees(a) })
					// A case that is passed on now does not go over, and nobody meets again.
					id := a.open()
					a.pass(id, b, loan.CheckStation)
					if far {
						if err := told.room.Call(a.id()); tellsB && fault.KindOf(err) != fault.Denied {
							t.Errorf("it calls all the same: %v", err)
						}
					} else {
						_ = b.room.Dial(a.door())
					}
					until(t, "it is refused", func() bool {
						return fault.KindOf(a.way(b).Err) == fault.Denied || fault.KindOf(b.way(a).Err) == fault.Denied ||
							fault.KindOf(a.room.State().Err) == fault.Denied || fault.KindOf(b.room.State().Err) == fault.Denied
					})
					if a.sees(b) || b.sees(a) || b.get(id) != nil {
						t.Errorf("they meet again, or the case went over: %v", b.get(id) != nil)
					}
					if !far && !tellsB {
						// The centre lets it in again: a newer list without it.
						a.told(c.shut(t, 2))
						a.meet(b)
						until(t, "the case goes over", func() bool { return b.holds(id) })
					}
				})
			}
		})
	}
}
