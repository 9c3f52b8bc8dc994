package ui

import (
	"context"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"doorstep/sync/neighbour"
	"github.com/google/uuid"
)

// testAfar is the real road, to a centre that is not there.
func testAfar(d *desk.Desk) (*courier.Peers, error) {
	return courier.NewPeers(courier.PeersConfig{Profile: d.Store().Profile(), Server: "https://127.0.0.1:1"})
}

func farPeer(way neighbour.Way) neighbour.Peer {
	return neighbour.Peer{Device: uuid.MustParse("0189c000-0000-7000-8000-00000000beef"), Name: "B", Point: "克度镇受理点", Online: true, Way: way,
		Stations: []loan.Station{loan.ReviewStation}}
}

func TestRemoteScreens(t *testing.T) {
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			r := newRig(t, variant)
			r.inRoom(otherPeer(true), farPeer(neighbour.Relayed))
			id := r.numbered("韦测丁")
			r.ui(func() {
				r.u.deps.Afar = testAfar
				done := make(chan struct{})
				close(done)
				r.u.room.far = &farRun{func() {}, done}
				r.u.room.state.Afar = neighbour.Distance{On: true, Asked: true, Others: []neighbour.Other{
					{Device: farPeer(0).Device, Point: "克度镇受理点"}, {Device: uuid.MustParse("0189c000-0000-7000-8000-00000000cafe"), Point: "塘边镇受理点"}}}
				r.u.shell.visit("sync")
			})
			golden(t, r.u, "remote-sync-"+look)
			r.snap("remote-sync-" + look)
			r.ui(r.u.askCall)
			r.snap("remote-call-" + look)
			r.ui(func() { r.dialog().Close(); r.u.shell.open(id) })
			r.settle()
			v := r.visit()
			r.ui(v.passOn)
			r.snap("remote-pass-" + look)
			r.ui(func() { r.dialog().Close() })
		})
	}
	t.Run("what is said", func(t *testing.T) {
		on := neighbour.State{Afar: neighbour.Distance{On: true, Asked: true}, Peers: []neighbour.Peer{farPeer(neighbour.Direct)}}
		if got := farWords(&on); got != "克度镇受理点·beef B 机（直连）" {
			t.Errorf("got %q", got)
		}
		on.Peers[0].Way = neighbour.Relayed
		if got := farWords(&on); !strings.Contains(got, "经中心中继") {
			t.Errorf("got %q", got)
		}
		on.Peers, on.Afar.Err = nil, fault.New("t", fault.Offline, nil)
		if kind, got := remoteWords(&on); kind != kit.Warning || !strings.Contains(got, "中心没有应答") {
			t.Errorf("got %q", got)
		}
	})
}

func TestRemoteIsSwitchedOnAndOff(t *testing.T) {
	r := newRig(t, kit.Light)
	r.ui(func() {
		r.u.deps.Room, r.u.deps.Afar = testRoom, testAfar
		r.u.shell.visit("sync")
		r.u.switchRemote(true)
	})
	r.until("it is on, and the room is not", func() bool { return r.u.room.isFar() && r.u.room.state.Afar.On && !r.u.room.isNear() })
	r.until("it says that the centre does not answer", func() bool { return r.u.room.state.Afar.Err != nil })
	if on, err := r.u.desk.Remote(context.Background()); err != nil || !on {
		t.Errorf("not kept: %v", err)
	}
	r.ui(func() {
		r.u.seat.Stations = []loan.Station{loan.NumberStation}
		if r.u.givesNumbers() || r.u.dialRoom("10.0.0.3") == nil {
			t.Error("it is taken for the room")
		}
		r.u.lock()
	})
	r.locked()
	r.enter("clerk-1", clerkPassword)
	r.until("it is on again, the same day", func() bool { return r.u.room.isFar() })
	r.ui(func() { r.u.switchRoom(true) })
	r.until("both are on", func() bool { return r.u.room.isFar() && r.u.room.isNear() && r.u.room.state.On })
	r.ui(func() { r.u.switchRemote(false) })
	r.until("the room alone", func() bool { return !r.u.room.isFar() && r.u.room.isNear() })
	r.ui(func() { r.u.switchRoom(false) })
	r.until("nothing", func() bool { return r.u.room == nil })
	if on, err := r.u.desk.Remote(context.Background()); err != nil || on {
		t.Errorf("kept on: %v", err)
	}
}
