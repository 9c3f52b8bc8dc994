package neighbour

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"net"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// liar is a laptop of the county whose program says what a test wants.
type liar struct {
	*laptop
	s *session
}

func (c *county) liar(t *testing.T, to *laptop) *liar {
	t.Helper()
	l := &liar{laptop: c.laptop(t)}
	r, err := New(Config{Store: l.Store, Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	r.keys = seal.NewRoom(r.profile.CountyKey)
	conn, err := net.Dial("tcp", to.door())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.keys.Knock(conn); err != nil {
		t.Fatal(err)
	}
	k, err := r.shake(t.Context(), tls.Client(conn, r.tls))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.s = &session{room: r, conn: k, peer: to.id(), cancel: cancel, out: make(chan frame, 4), back: make(chan frame, 1)}
	done := make(chan struct{}, 2)
	go func() { l.s.write(ctx); done <- struct{}{} }()
	go func() { l.s.listen(ctx); done <- struct{}{} }()
	t.Cleanup(func() {
		cancel()
		k.Close()
		<-done
		<-done
	})
	return l
}

func (l *liar) hello() {
	l.t.Helper()
	if err := l.s.put(l.t.Context(), kindHello, l.s.room.hello(), nil); err != nil {
		l.t.Fatal(err)
	}
}

func (l *liar) kindOf(kind byte, v any) fault.Kind {
	return fault.KindOf(l.s.put(l.t.Context(), kind, v, nil))
}

func (l *liar) raw(kind byte, b []byte) fault.Kind {
	_, err := l.s.ask(l.t.Context(), frame{kind, b})
	return fault.KindOf(err)
}

// offered opens a case at the liar, passes it on, and offers it.
func (l *liar) offered(to *laptop, scan []byte) (uuid.UUID, *gathered) {
	l.t.Helper()
	id := l.open()
	if scan != nil {
		l.scan(id, scan)
	}
	l.pass(id, to, loan.CheckStation)
	return id, l.offer(id)
}

func (l *liar) offer(id uuid.UUID) *gathered {
	l.t.Helper()
	g, err := l.s.room.gather(l.t.Context(), id, true)
	if err != nil {
		l.t.Fatal(err)
	}
	var lacks Lacks
	if err := l.s.put(l.t.Context(), kindOffer, Offer{Case: id, Has: g.has, Authors: g.authors}, &lacks); err != nil {
		l.t.Fatal(err)
	}
	return g
}

func (l *liar) packed(p ownOrProven) []byte {
	l.t.Helper()
	b, err := p.pack(l.s.room)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func TestTheNeighbourThatLies(t *testing.T) {
	c := newCounty(t)
	v := c.laptop(t).on()
	l := c.liar(t, v)
	t.Run("before it has said who it is it gets no answer", func(t *testing.T) {
		if k := l.raw(kindPing, nil); k != fault.Denied {
			t.Errorf("got %v", k)
		}
	})
	t.Run("another's passport", func(t *testing.T) {
		h := l.s.room.hello()
		h.Passport = v.room.pass
		if k := l.kindOf(kindHello, h); k != fault.Untrusted {
			t.Errorf("got %v", k)
		}
	})
	l.hello()
	t.Run("another key of its own chain", func(t *testing.T) {
		key, err := seal.NewSigner()
		if err != nil {
			t.Fatal(err)
		}
		h := l.s.room.hello()
		h.Passport = parcel.NewPassport(h.Passport.Cert, l.s.room.profile.Signer, key)
		if k := l.kindOf(kindHello, h); k != fault.Conflict {
			t.Errorf("got %v", k)
		}
	})
	t.Run("a case that is not for this laptop", func(t *testing.T) {
		id := l.open()
		l.pass(id, l.laptop, loan.CheckStation)
		g := l.offer(id)
		if k := l.raw(kindPiece, l.packed(g.pieces[0])); k != fault.Other {
			t.Fatalf("the piece: %v", k)
		}
		if k := l.kindOf(kindWhole, Whole{id}); k != fault.Denied {
			t.Errorf("got %v", k)
		}
	})
	t.Run("a piece nobody asked for, and of another case", func(t *testing.T) {
		_, other := l.offered(v, nil)
		_, g := l.offered(v, nil)
		if k := l.raw(kindPiece, l.packed(other.pieces[0])); k != fault.Denied {
			t.Errorf("got %v", k)
		}
		if k := l.kindOf(kindOffer, Offer{Case: uuid.New(), Has: []Span{}, Authors: nil}); k != fault.Other {
			t.Fatal(k)
		}
		if k := l.raw(kindPiece, l.packed(g.pieces[0])); k != fault.Denied {
			t.Errorf("got %v", k)
		}
	})
	t.Run("a piece with a flipped byte, at any place", func(t *testing.T) {
		_, g := l.offered(v, nil)
		b := l.packed(g.pieces[0])
		// The last bytes are of the packing's end, of which some bits mean nothing.
		for i := 0; i < len(b)-8; i += 7 {
			bad := append([]byte{}, b...)
			bad[i] ^= 4
			if k := l.raw(kindPiece, bad); k != fault.Damaged && k != fault.Untrusted {
				t.Fatalf("byte %d: %v", i, k)
			}
		}
	})
	t.Run("a gap in the chain", func(t *testing.T) {
		_, g := l.offered(v, nil)
		p := g.pieces[0]
		proof, err := parcel.Prove(p.changes, l.s.room.profile.ChainKey())
		if err != nil {
			t.Fatal(err)
		}
		if k := l.raw(kindPiece, l.packed(ownOrProven{p.changes[1:], proof})); k != fault.Damaged {
			t.Errorf("got %v", k)
		}
	})
	t.Run("another laptop's changes under its own signature", func(t *testing.T) {
		_, g := l.offered(v, nil)
		ch := *g.pieces[0].changes[0]
		ch.Device = uuid.New()
		proof, err := parcel.Prove([]*loan.Change{&ch}, l.s.room.profile.ChainKey())
		if err != nil {
			t.Fatal(err)
		}
		if k := l.raw(kindPiece, l.packed(ownOrProven{[]*loan.Change{&ch}, proof})); k != fault.Untrusted {
			t.Errorf("a stranger's: %v", k)
		}
		ch.Device = v.id()
		proof, err = parcel.Prove([]*loan.Change{&ch}, l.s.room.profile.ChainKey())
		if err != nil {
			t.Fatal(err)
		}
		if k := l.raw(kindPiece, l.packed(ownOrProven{[]*loan.Change{&ch}, proof})); k == fault.Other {
			t.Error("changes of this laptop's own chain were taken")
		}
	})
	t.Run("a wrong blob, and one nobody asked for", func(t *testing.T) {
		scan := noise(5, 5000)
		id, g := l.offered(v, scan)
		if k := l.raw(kindBlob, blobPart{v.BlobName(scan), 5000, 0, scan}.frame().body); k != fault.Denied {
			t.Errorf("before it was asked for: %v", k)
		}
		for _, p := range g.pieces {
			if k := l.raw(kindPiece, l.packed(p)); k != fault.Other {
				t.Fatal(k)
			}
		}
		var n Needs
		if err := l.s.put(t.Context(), kindWhole, Whole{id}, &n); err != nil || len(n.Blobs) != 1 {
			t.Fatalf("%v, %d blobs", err, len(n.Blobs))
		}
		wrong := noise(6, 5000)
		if k := l.raw(kindBlob, blobPart{v.BlobName(scan), 5000, 0, wrong}.frame().body); k != fault.Input {
			t.Errorf("other content: %v", k)
		}
		if k := l.raw(kindBlob, blobPart{v.BlobName(wrong), 5000, 0, wrong}.frame().body); k != fault.Denied {
			t.Errorf("another name: %v", k)
		}
		if v.get(id) != nil {
			t.Error("the case is there without its image")
		}
		if err := l.s.put(t.Context(), kindWhole, Whole{id}, &n); err != nil || len(n.Blobs) != 1 {
			t.Errorf("asked again: %v, %d blobs", err, len(n.Blobs))
		}
	})
	t.Run("parcels that are not what they say", func(t *testing.T) {
		changes, err := l.Pending(t.Context(), 0, 4)
		if err != nil {
			t.Fatal(err)
		}
		key := l.s.room.profile.ChainKey()
		p, err := parcel.New(changes, key.Suite())
		if err != nil {
			t.Fatal(err)
		}
		b, err := parcel.Hand(p, key, l.s.room.profile.Centre)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(b); i += 11 {
			bad := append([]byte{}, b...)
			bad[i] ^= 1
			if k := l.raw(kindHanded, bad); k != fault.Damaged && k != fault.Untrusted {
				t.Fatalf("byte %d: %v", i, k)
			}
		}
		if box, err := v.Carried(t.Context()); err != nil || len(box) != 0 {
			t.Errorf("%d kept", len(box))
		}
		if k := l.raw(kindHanded, b); k != fault.Other {
			t.Errorf("the right one: %v", k)
		}
	})
	t.Run("a receipt that the centre did not sign, and an old one", func(t *testing.T) {
		sign := func(s *seal.Signer, at time.Time, through uint64) []byte {
			r := &parcel.Receipt{Centre: uuid.New(), Epoch: uuid.New(), Device: v.id(), Through: through, At: at}
			if through > 0 {
				r.Chain = loan.Hash{1}
			}
			return r.Sign(s)
		}
		if k := l.kindOf(kindReceipts, Receipts{[][]byte{sign(l.s.room.profile.Signer, time.Now(), 0)}}); k != fault.Untrusted {
			t.Errorf("got %v", k)
		}
		v.open()
		if k := l.kindOf(kindReceipts, Receipts{[][]byte{sign(c.ca.Signer(), time.Now(), 1<<50)}}); k != fault.Other {
			t.Errorf("of more than there is: %v", k)
		}
		if box, err := v.Outbox(t.Context()); err != nil || box.Acked != 0 {
			t.Errorf("acknowledged %d", box.Acked)
		}
	})
	t.Run("and through all that nothing of it came in", func(t *testing.T) {
		if n := v.Count().Cases; n != 1 {
			t.Errorf("%d cases", n)
		}
		if err := v.VerifyLedger(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// The one that is lied to asks for what it is not to have.
func TestTheNeighbourThatAsksForMore(t *testing.T) {
	c := newCounty(t)
	a := c.laptop(t)
	id, other := a.open(), a.open()
	scan, secret := noise(1, 3000), noise(2, 3000)
	a.scan(id, scan)
	a.scan(other, secret)
	b := c.laptop(t)
	a.pass(id, b, loan.CheckStation)
	r, err := New(Config{Store: a.Store, Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &session{room: r, peer: b.id()}
	k := a.get(id)
	if err := s.giveBlob(t.Context(), k, a.BlobName(secret)); fault.KindOf(err) != fault.Denied {
		t.Errorf("a blob of another case: %v", err)
	}
	s.peer = c.laptop(t).id()
	if err := s.giveBlob(t.Context(), k, a.BlobName(scan)); fault.KindOf(err) != fault.Denied {
		t.Errorf("a blob of a case it does not hold: %v", err)
	}
}

func FuzzReadFrame(f *testing.F) {
	b, _ := json.Marshal(Whole{uuid.New()})
	f.Add(frame{kindWhole, b}.encode())
	f.Add([]byte{0, 0, 0, 1, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := readFrame(&reader{b})
		if err == nil && len(g.body) > MaxFrame {
			t.Error("too long")
		}
	})
}

type reader struct{ b []byte }

func (r *reader) Read(b []byte) (int, error) {
	if len(r.b) == 0 {
		return 0, net.ErrClosed
	}
	n := copy(b, r.b)
	r.b = r.b[n:]
	return n, nil
}

// FuzzHandle gives one laptop's program whatever another may send.
func FuzzHandle(f *testing.F) {
	c := newCounty(f)
	a, b := c.laptop(f), c.laptop(f)
	id := a.open()
	a.pass(id, b, loan.CheckStation)
	room := func(l *laptop) *Room {
		r, err := New(Config{Store: l.Store, Alone: true})
		if err != nil {
			f.Fatal(err)
		}
		return r
	}
	ra, rb := room(a), room(b)
	g, err := ra.gather(f.Context(), id, true)
	if err != nil {
		f.Fatal(err)
	}
	add := func(kind byte, v any) {
		fr, err := message(kind, v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(kind, fr.body)
	}
	add(kindHello, ra.hello())
	add(kindOffer, Offer{Case: id, Has: g.has, Authors: []parcel.Passport{ra.pass}})
	add(kindWhole, Whole{id})
	add(kindCarry, Carry{[]CarryOf{{Passport: ra.pass, Last: 2, Blobs: []loan.Hash{{1}}}}})
	add(kindReceipts, Receipts{[][]byte{{1}}})
	piece, err := g.pieces[0].pack(ra)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(byte(kindPiece), piece)
	f.Add(byte(kindBlob), blobPart{loan.Hash{1}, 4, 0, []byte("blob")}.frame().body)
	f.Fuzz(func(t *testing.T, kind byte, body []byte) {
		s := &session{room: rb, peer: a.id(), greeted: true}
		s.coming = &coming{id: id, here: map[Span]bool{}}
		s.reply(context.Background(), frame{kind &^ answer, body})
		if n := b.Count().Cases; n > 1 {
			t.Error("a case out of nothing")
		}
	})
}

func FuzzReadAnnouncement(f *testing.F) {
	keys := seal.NewRoom(seal.NewKey())
	f.Add(announcement(uuid.New(), 17310), "192.168.1.2")
	f.Add([]byte{1}, "::1")
	f.Fuzz(func(t *testing.T, plain []byte, ip string) {
		from, ok := parseIP(ip)
		if !ok {
			return
		}
		// What the county's own key sealed, whatever is in it.
		h, err := readAnnouncement(keys, keys.Announce(plain), from)
		if err == nil && (h.device == uuid.Nil || h.addr.Port() == 0 || !h.addr.Addr().Is4()) {
			t.Errorf("heard %v", h)
		}
		if _, err := readAnnouncement(keys, plain, from); err == nil {
			t.Error("heard what nobody of the county said")
		}
	})
}

func FuzzSpotOf(f *testing.F) {
	for _, s := range []string{"192.168.1.5", "192.168.1.5:17310", "[fe80::1]:5", "DN1-", "0.0.0.0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := spotOf(text)
		if err == nil && (s.Addr.Port() == 0 || !usable(s.Addr.Addr())) {
			t.Errorf("%q is %v", text, s)
		}
	})
}
