package neighbour

import (
	"bytes"
	"slices"
	"sync"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

func TestACaseGoesFromLaptopToLaptop(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t).on(), c.laptop(t).on()
	id, secret := a.open(), a.open()
	a.edit(secret, "student.name", "另一个学生")
	a.edit(id, "student.name", "韦小花")
	small, large := noise(1, 40_000), noise(2, 700_000)
	a.scan(id, small)
	a.scan(id, large)
	a.meet(b)
	a.pass(id, b, loan.CheckStation)
	until(t, "b holds the case", func() bool { return b.holds(id) })

	t.Run("it came whole, with its images", func(t *testing.T) {
		k := b.get(id)
		if k.App.Student.Name != "韦小花" || len(k.Aside) != 0 || len(k.Attachments) != 2 {
			t.Errorf("got %q, %d attached, %d aside", k.App.Student.Name, len(k.Attachments), len(k.Aside))
		}
		for _, want := range [][]byte{small, large} {
			if got, err := b.Blob(t.Context(), b.BlobName(want)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("an image did not come: %v", err)
			}
		}
	})
	t.Run("nothing came that was not passed on", func(t *testing.T) {
		if b.get(secret) != nil {
			t.Error("another case came along")
		}
		if n := b.Count().Cases; n != 1 {
			t.Errorf("%d cases", n)
		}
	})
	t.Run("the giver sees that another holds it, and what is done to it; no images go back", func(t *testing.T) {
		b.edit(id, "student.phone", "13800000000")
		b.scan(id, noise(3, 1000))
		until(t, "a hears of it", func() bool { return len(a.get(id).Attachments) == 3 })
		if a.get(id).HeldBy(a.id()) || a.get(id).App.Student.Phone != "13800000000" {
			t.Error("a does not know")
		}
		if there, err := a.HoldsBlob(t.Context(), a.BlobName(noise(3, 1000))); there || err != nil {
			t.Errorf("an image went to who does not hold the case: %v", err)
		}
	})
	t.Run("who has it hears that a consent is taken back where it was", func(t *testing.T) {
		given := loan.ConsentBody{Party: loan.StudentParty, Purpose: loan.ConsentCredit, Text: "credit/1", Given: true}
		b.write(id, loan.ChangeConsent, given)
		until(t, "a hears of it", func() bool { return len(a.get(id).Consents[loan.StudentParty]) == 1 })
		given.Given = false
		a.write(id, loan.ChangeConsent, given)
		until(t, "b hears that it is taken back", func() bool { return len(b.get(id).Consents[loan.StudentParty]) == 0 })
		if k := b.get(id); len(k.TakenBack()) != 1 || len(k.Aside) != 0 || !b.holds(id) {
			t.Errorf("taken back %v, %d aside", k.TakenBack(), len(k.Aside))
		}
	})
	t.Run("passed back, the images come too", func(t *testing.T) {
		b.pass(id, a, loan.EntryStation)
		until(t, "a holds it", func() bool { return a.holds(id) })
		if there, err := a.HoldsBlob(t.Context(), a.BlobName(noise(3, 1000))); !there || err != nil {
			t.Errorf("the image did not come: %v", err)
		}
	})
	t.Run("both stores are sound", func(t *testing.T) {
		for _, l := range []*laptop{a, b} {
			if err := l.VerifyChain(t.Context()); err != nil {
				t.Error(err)
			}
			if err := l.VerifyLedger(t.Context()); err != nil {
				t.Error(err)
			}
			if r, err := l.Audit(t.Context()); err != nil || !r.Sound() {
				t.Errorf("the audit of all chains: %v", err)
			}
		}
	})
}

// The third laptop never meets the first: what the first wrote reaches it with
// the first one's own signature.
func TestACaseGoesOnThroughSeveralLaptops(t *testing.T) {
	c := newCounty(t)
	var all []*laptop
	for i := range loan.Stations() {
		suite := seal.International
		if i%2 == 1 {
			suite = seal.National
		}
		all = append(all, c.laptopOf(t, suite, time.Now()).on())
	}
	id := all[0].open()
	for i, l := range all[:len(all)-1] {
		next := all[i+1]
		l.edit(id, "student.address", "第"+string(rune('0'+i))+"站")
		l.scan(id, noise(uint64(i), 20_000))
		l.meet(next)
		l.pass(id, next, loan.Stations()[i+1])
		until(t, "the next one holds it, and carries for all before it", func() bool {
			return next.holds(id) && len(next.carriesOf()) == i+1
		})
		if i > 0 {
			all[i-1].stop()
		}
	}
	last := all[len(all)-1]
	k := last.get(id)
	if len(k.Attachments) != len(all)-1 || len(k.Aside) != 0 || len(k.Conflicts) != 0 || k.App.Student.Address != "第5站" {
		t.Errorf("%d attached, %d aside, %d conflicts, %q", len(k.Attachments), len(k.Aside), len(k.Conflicts), k.App.Student.Address)
	}
	for _, a := range k.Attachments {
		if there, err := last.HoldsBlob(t.Context(), a.Blob); !there || err != nil {
			t.Errorf("an image is lacking: %v", err)
		}
	}
	authors := map[string]bool{}
	changes, err := last.Changes(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range changes {
		authors[ch.Device.String()] = true
	}
	if len(authors) != len(all)-1 {
		t.Errorf("changes of %d laptops", len(authors))
	}
	t.Run("what waits of all the others is carried by the last, and nobody can read it", func(t *testing.T) {
		box, err := last.Carried(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range box {
			raw, err := last.ReadCarried(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(raw, []byte("student.address")) || bytes.Contains(raw, id[:]) {
				t.Error("a parcel for the centre can be read on the way")
			}
		}
		if of := last.carriesOf(); len(of) != len(all)-1 {
			t.Errorf("carries of %d laptops, want %d", len(of), len(all)-1)
		}
	})
}

func TestBothTakeOverAtOnce(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t), c.laptop(t)
	a.on()
	b.on()
	id := a.open()
	a.meet(b)
	a.pass(id, b, loan.CheckStation)
	until(t, "b holds it", func() bool { return b.holds(id) })
	a.stop()
	b.stop()
	a.write(id, loan.ChangeTake, loan.TakeBody{Station: loan.CheckStation, Reason: "b does not answer"})
	a.edit(id, "student.name", "甲台所填")
	b.write(id, loan.ChangeTake, loan.TakeBody{Station: loan.EntryStation, Reason: "sure is sure"})
	b.edit(id, "student.name", "乙台所填")
	a.on()
	b.on()
	a.meet(b)
	both := func(l *laptop) bool {
		k := l.get(id)
		return len(k.Holders) == 2 && len(k.Conflicts) == 1 && len(k.Conflicts[0].Values) == 2
	}
	until(t, "both show two holders, and both values of the field", func() bool { return both(a) && both(b) })
	b.write(id, loan.ChangeTake, loan.TakeBody{Station: loan.EntryStation, Reason: "agreed by word of mouth"})
	until(t, "one holds it again", func() bool { return a.get(id) != nil && len(a.get(id).Holders) == 1 && b.holds(id) })
}

// Who had a case and wrote nothing to it yet must hear that it was taken over.
func TestWhoWroteNothingHearsThatItWasTakenOver(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t).on(), c.laptop(t).on()
	id := a.open()
	a.meet(b)
	a.pass(id, b, loan.CheckStation)
	until(t, "b holds it", func() bool { return b.holds(id) })
	a.write(id, loan.ChangeTake, loan.TakeBody{Station: loan.NumberStation, Name: "A", Reason: "对方不在"})
	until(t, "b knows that a took it over, and why", func() bool {
		k := b.get(id)
		return len(k.Holders) == 1 && k.Holders[0].Device == a.id() && k.Holders[0].Reason != ""
	})
}

func TestStrangersGetNothing(t *testing.T) {
	c, other := newCounty(t), newCounty(t)
	a := c.laptop(t).on()
	id := a.open()
	for name, l := range map[string]*laptop{
		"of another county":           other.laptop(t),
		"with an expired certificate": c.laptopOf(t, seal.International, time.Now().Add(-year*3/4)),
	} {
		l.on()
		if err := l.room.Dial(a.door()); err != nil {
			t.Fatal(err)
		}
		until(t, "the stranger is refused", func() bool { return l.room.State().Err != nil })
		a.pass(id, l, loan.CheckStation)
		time.Sleep(200 * time.Millisecond)
		if len(a.room.State().Peers) != 0 || l.get(id) != nil {
			t.Errorf("%s: a peer", name)
		}
		l.stop()
		a.write(id, loan.ChangeTake, loan.TakeBody{Station: loan.CheckStation, Reason: "r"})
	}
	t.Run("one the centre has shut out", func(t *testing.T) {
		l := c.laptop(t)
		if err := a.SetSetting(t.Context(), store.RevokedDevice+l.id().String(), true); err != nil {
			t.Fatal(err)
		}
		l.on()
		a.room.Dial(l.door())
		until(t, "it is refused", func() bool { return fault.KindOf(a.room.State().Err) == fault.Denied })
		if a.sees(l) {
			t.Error("a peer")
		}
	})
}

func TestACutInMidTransferLosesNothing(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t).on(), c.laptop(t).on()
	id := a.open()
	var images [][]byte
	for i := range 8 {
		images = append(images, noise(uint64(i), 400_000))
		a.scan(id, images[i])
	}
	a.meet(b)
	a.pass(id, b, loan.CheckStation)
	until(t, "some of the images are there", func() bool {
		there, _ := b.HoldsBlob(t.Context(), b.BlobName(images[1]))
		return there
	})
	b.stop() // with the case half there
	if b.get(id) == nil {
		if n := b.Count().Cases; n != 0 {
			t.Errorf("%d cases are half there", n)
		}
	}
	b.on()
	a.meet(b)
	until(t, "b holds it", func() bool { return b.holds(id) })
	for _, want := range images {
		if got, err := b.Blob(t.Context(), b.BlobName(want)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("an image is not there: %v", err)
		}
	}
}

func TestFreeLetter(t *testing.T) {
	s := State{Peers: []Peer{{Name: "A"}, {Name: "C"}}}
	if got := s.FreeLetter(); got != "B" {
		t.Errorf("got %s", got)
	}
}

func TestTwoOfOneLetter(t *testing.T) {
	c := newCounty(t)
	place := func(cfg *Config) { cfg.Place = Place{Name: "A", Stations: []loan.Station{loan.NumberStation}} }
	a, b := c.laptop(t).on(place), c.laptop(t).on(place)
	a.meet(b)
	clash := func() int {
		n := 0
		for _, l := range []*laptop{a, b} {
			if l.room.State().Clash {
				n++
			}
		}
		return n
	}
	until(t, "one of the two is to take another letter", func() bool { return clash() == 1 })
	mover, other := a, b
	if b.room.State().Clash {
		mover, other = b, a
	}
	st := mover.room.State()
	mover.room.SetPlace(Place{Name: st.FreeLetter(), Stations: []loan.Station{loan.PhotoStation}})
	until(t, "it did, and the other knows", func() bool {
		p := other.room.State().Peers[0]
		return clash() == 0 && p.Name == "B" && slices.Equal(p.Stations, []loan.Station{loan.PhotoStation})
	})
}

func TestTheNewestStateIsToldLast(t *testing.T) {
	r := newCounty(t).laptop(t).on().room
	other := uuid.New()
	held, goOn := make(chan struct{}), make(chan struct{})
	var mu sync.Mutex
	var told []string
	first := true
	stop := r.Watch(func(s State) {
		mu.Lock()
		mine := first
		first = false
		mu.Unlock()
		if mine {
			close(held)
			<-goOn
		}
		mu.Lock()
		defer mu.Unlock()
		for _, p := range s.Peers {
			if p.Device == other {
				told = append(told, p.Name)
			}
		}
	})
	defer stop()
	var wg sync.WaitGroup
	wg.Go(func() { r.update(func() { r.peer(other).Name = "A" }) })
	<-held
	done := make(chan struct{})
	wg.Go(func() {
		defer close(done)
		r.update(func() { r.peer(other).Name = "B" })
	})
	select { // only where it is told out of turn is there anything to wait for
	case <-done:
	case <-time.After(200 * time.Millisecond):
	}
	close(goOn)
	wg.Wait()
	if len(told) == 0 || told[len(told)-1] != "B" {
		t.Errorf("told %v; want B last", told)
	}
}

func TestProofsGoWithTheirCase(t *testing.T) {
	c := newCounty(t)
	a, b := c.laptop(t).on(), c.laptop(t).on()
	id := a.open()
	a.meet(b)
	a.pass(id, b, loan.CheckStation)
	until(t, "b holds it", func() bool { return b.holds(id) })
	proofs := func() int {
		names, err := b.SettingsWith(t.Context(), proofSetting)
		if err != nil {
			t.Fatal(err)
		}
		return len(names)
	}
	if err := b.SetSetting(t.Context(), proofSetting+"0189c000-0000-7000-8000-000000000009", [][]byte{}); err != nil {
		t.Fatal(err)
	}
	b.stop()
	b.on()
	until(t, "those of a case that is gone are forgotten, those of the other stay", func() bool { return proofs() == 1 })
}
