package courier

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"doorstep/sync/stick"
	"github.com/google/uuid"
)

// StickRead tells what the centre's answers on a stick said, and how things
// stand then.
type StickRead struct {
	Answers int // read
	Broken  int // not whole, and not read
	Stale   int // of a time before the centre was set back, and not counted
	Refused int // batches that the centre refused as not whole: they are written anew

	At      time.Time // of the newest receipt, by the centre's clock
	Changes int       // that left the outbox by it
	Blobs   int       // that left the outbox by it
	News    int       // changes of others
	Healed  int       // changes and blobs that were lacking here
	Problem error     // what the centre refused; nil when nothing

	WaitingChanges int // still
	WaitingBlobs   int // still
}

// ReadStick reads the centre's answers on the stick in dir: receipts, which
// alone empty the outbox, news, and what was lacking here. Each is verified as
// one from the network is, and one of an earlier time takes nothing back. What
// was read is taken off the stick. fault.Missing when the stick has none;
// fault.Conflict when the centre holds another or a longer chain of this
// laptop, and fault.Denied where the answer is that it was shut out. It may run
// beside a courier of the same store.
func ReadStick(ctx context.Context, s *store.Store, dir string) (StickRead, error) {
	const op = "courier.ReadStick"
	f, err := openStick(s, dir, false)
	if err != nil {
		return StickRead{}, fault.Wrap(op, err)
	}
	defer f.Close()
	r, err := readStick(ctx, s, f)
	if err == nil && r.Answers+r.Stale == 0 {
		err = fault.Say(op, fault.Missing, "U盘上还没有县资助中心的回执。请先把U盘交给县资助中心读取，再插回来。", errors.New("no answer on the stick"))
		if r.Broken > 0 {
			err = fault.Say(op, fault.Damaged, "U盘上的回执不完整，没有读取。请把U盘再交给县资助中心读取一次。", errors.New("an answer that is not whole"))
		}
	}
	if err == nil && r.Stale == 0 && r.At.IsZero() {
		err = shutOutHere(ctx, s)
	}
	return r, fault.Wrap(op, err)
}

// shutOutHere is fault.Denied where the county shut this laptop out: of that one the
// centre takes nothing, and gives it no receipt.
func shutOutHere(ctx context.Context, s *store.Store) error {
	out, err := s.ShutOut(ctx, s.Profile().Device)
	if err != nil || !out {
		return err
	}
	return fault.Tell("courier.shutOutHere", fault.Denied, "中心已停用本机，没有接收U盘上的内容；材料都保留在本机。请打电话给县资助中心，报设备编号。", errors.New("the county shut this laptop out"))
}

// stickReader is one reading.
type stickReader struct {
	s        *store.Store
	p        store.Profile
	f        *stick.Folder
	notes    map[uuid.UUID]*stick.Noted // of this laptop's batches on the stick
	mine     []*stick.Batch             // the same
	answered []uuid.UUID                // by the answer being read
	refused  []uint32                   // numbers of batches, by the answer being read
	receipt  *parcel.Receipt            // of the answer being read
	newsFrom bool                       // its news began at the first one
	stale    bool                       // it does not count
	lacking  map[loan.Hash]store.PendingBlob
	whole    stick.Assembly
	out      StickRead
}

func readStick(ctx context.Context, s *store.Store, f *stick.Folder) (StickRead, error) {
	r := &stickReader{s: s, p: s.Profile(), f: f, notes: map[uuid.UUID]*stick.Noted{}, lacking: map[loan.Hash]store.PendingBlob{}}
	before, err := s.Outbox(ctx)
	if err != nil {
		return r.out, err
	}
	err = r.run(ctx)
	after, aerr := s.Outbox(ctx)
	if aerr != nil {
		return r.out, errors.Join(err, aerr)
	}
	r.out.WaitingChanges, r.out.WaitingBlobs = after.Changes, len(after.Blobs)
	r.out.Changes, r.out.Blobs = max(0, before.Changes-after.Changes), max(0, len(before.Blobs)-len(after.Blobs))
	return r.out, err
}

func (r *stickReader) run(ctx context.Context) error {
	answers, broken, err := r.f.Batches(stick.Home, r.p.County, r.p.Centre)
	if err != nil {
		return err
	}
	r.out.Broken = len(broken)
	mine, _, err := r.f.Batches(stick.ToCentre, r.p.County, r.p.ChainKey().Public())
	if err != nil {
		return err
	}
	r.mine = mine
	for _, b := range mine {
		if n, err := noted(b, r.p.ChainKey()); err == nil {
			r.notes[b.Batch] = n
		}
	}
	lost, err := r.s.WantedBlobs(ctx)
	if err != nil {
		return err
	}
	for _, b := range lost {
		r.lacking[b.Hash] = b
	}
	for _, b := range answers {
		if err := r.answer(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// answer reads one answer, all of it or, when a file of it is not what was
// written, nothing.
func (r *stickReader) answer(ctx context.Context, b *stick.Batch) error {
	if err := r.f.Check(b); err != nil {
		if fault.KindOf(err) != fault.Damaged {
			return err
		}
		r.out.Broken++
		return nil
	}
	r.answered, r.refused, r.receipt, r.newsFrom, r.stale = nil, nil, nil, false, false
	err := r.f.Read(b, []*seal.Signer{r.p.ChainKey()}, func(k stick.Kind, body []byte) error { return r.item(ctx, k, body) })
	if err != nil {
		return err
	}
	if r.stale {
		r.out.Stale++
	} else {
		r.out.Answers++
	}
	if r.receipt != nil && !r.stale && r.out.Problem == nil {
		if err := r.s.HeardCounty(ctx, r.receipt.At); err != nil {
			return err
		}
	}
	r.out.Refused += len(r.refused)
	r.clear(b)
	return nil
}

// clear takes off the stick what the answer settled: the batches that it
// answers, of which what still waits is to be written anew, those it refuses,
// and itself. On a stick that cannot be written all stays, and is read again.
func (r *stickReader) clear(answer *stick.Batch) {
	gone := slices.Clone(r.refused)
	for _, b := range r.mine {
		if slices.Contains(r.answered, b.Batch) {
			gone = append(gone, b.Number)
		}
	}
	for _, n := range gone {
		if r.f.Remove(stick.ToCentre, n) != nil {
			return
		}
	}
	_ = r.f.Remove(stick.Home, answer.Number)
}

func (r *stickReader) item(ctx context.Context, kind stick.Kind, body []byte) error {
	if err := ctx.Err(); err != nil {
		return fault.New("courier.stickItem", fault.Cancelled, err)
	}
	switch {
	case kind == stick.Answers:
		for ; len(body) >= 16; body = body[16:] {
			r.answered = append(r.answered, uuid.UUID(body[:16]))
		}
	case kind == stick.Refusals:
		for ; len(body) >= 4; body = body[4:] {
			r.refused = append(r.refused, binary.BigEndian.Uint32(body))
		}
	}
	if r.stale {
		return nil
	}
	switch kind {
	case stick.Own:
		return r.own(ctx, body)
	case stick.Receipt:
		return r.acknowledge(ctx, bytes.Clone(body))
	case stick.News:
		return r.news(ctx, body)
	case stick.Proofs:
		if len(body) < 16 {
			return fault.New("courier.stickItem", fault.Untrusted, errors.New("proofs"))
		}
		return keepProofs(ctx, r.s, uuid.UUID(body[:16]), body[16:])
	case stick.BlobPart:
		return r.part(ctx, body)
	case stick.Bulletin:
		return r.bulletin(ctx, body)
	case stick.Problem:
		var p parcel.Problem
		if err := parcel.DecodeJSON(bytes.NewReader(body), parcel.MaxJSON, &p); err != nil {
			return fault.New("courier.stickItem", fault.Untrusted, err)
		}
		r.out.Problem = refused("courier.stick", &refusal{status: http.StatusConflict, Problem: p})
	}
	return nil // of a later version
}

// bulletin puts the county's word in force that came along; an older one than is here,
// and one of a later program, is passed over. One that does not hold keeps nothing else
// from being read, and is told.
func (r *stickReader) bulletin(ctx context.Context, body []byte) error {
	_, _, err := r.s.TakeBulletin(ctx, bytes.Clone(body))
	switch fault.KindOf(err) {
	case fault.Exists, fault.Newer:
		return nil
	case fault.Damaged, fault.Untrusted, fault.Input:
		if err != nil && r.out.Problem == nil {
			r.out.Problem = fault.Tell("courier.stickBulletin", fault.KindOf(err), "U盘上县里下发的名单或授权有一份读不出，没有采用；其余已读取。请告诉县资助中心，让中心再写一次U盘。", err)
		}
		return nil
	}
	return err
}

// current says whether an answer of an epoch counts: it is the one this laptop
// knows, or the laptop has not heard of a newer one since it wrote a batch that
// this answers. So an old stick does not bring back what the centre lost.
func (r *stickReader) current(epoch uuid.UUID, box store.Outbox) bool {
	return box.Epoch == uuid.Nil || box.Epoch == epoch || slices.ContainsFunc(r.answered, func(id uuid.UUID) bool {
		n := r.notes[id]
		return n != nil && n.Epoch == box.Epoch
	})
}

func (r *stickReader) own(ctx context.Context, body []byte) error {
	const op = "courier.stickOwn"
	n, err := parcel.OpenOwn(body, r.p.Centre, r.p.ChainKey().Suite())
	if err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	if n.Device != r.p.Device {
		return fault.New(op, fault.Untrusted, errors.New("changes of another device"))
	}
	// Since the question the gap may have been filled over another road.
	if len(n.Changes) > 0 {
		if err := r.s.Heal(ctx, n.Changes); err != nil {
			return fault.Wrap(op, err)
		}
		r.out.Healed += len(n.Changes)
	}
	if err := confirmOwn(ctx, r.s, n); err != nil {
		return fault.Wrap(op, err)
	}
	return r.s.Asked(ctx, []loan.Range{{From: n.After + 1, To: n.Through}}, nil)
}

// acknowledge hands a receipt to the store, as one from the network.
func (r *stickReader) acknowledge(ctx context.Context, raw []byte) error {
	const op = "courier.stickReceipt"
	c, err := parcel.OpenReceipt(raw, r.p.Centre)
	if err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	if c.Device != r.p.Device {
		return fault.New(op, fault.Untrusted, errors.New("a receipt for another device"))
	}
	box, err := r.s.Outbox(ctx)
	if err != nil {
		return err
	}
	if !r.current(c.Epoch, box) {
		r.stale = true
		return nil
	}
	if c.Through > box.Last {
		return fault.Say(op, fault.Conflict,
			"中心持有的本机记录比本机多：本机数据可能是旧的副本，或另有一台电脑在用同一份数据。请连上网络在“同步”页处理，或联系县资助中心。",
			errors.New("the centre holds more of this chain than there is here"))
	}
	if slices.ContainsFunc(r.s.Gaps(), func(g loan.Range) bool { return g.From <= c.Through && c.Through <= g.To }) {
		r.stale = true // it answers a question from before the gap; the next one asks for it
		return nil
	}
	err = r.s.Acknowledge(ctx, store.Receipt{Centre: c.Centre, Epoch: c.Epoch, Device: c.Device,
		Through: c.Through, Chain: c.Chain, At: c.At, Blobs: c.Blobs, Raw: raw})
	if fault.KindOf(err) == fault.Conflict {
		return cloned(err)
	}
	if err != nil {
		return fault.Wrap(op, err)
	}
	r.receipt = c
	if c.At.After(r.out.At) {
		r.out.At = c.At
	}
	return nil
}

// news keeps what others changed. How far news were read is moved only where
// these follow on what was read.
func (r *stickReader) news(ctx context.Context, body []byte) error {
	const op = "courier.stickNews"
	n, err := parcel.OpenNews(body, r.p.Centre)
	if err != nil {
		return fault.New(op, fault.Untrusted, err)
	}
	if n.Device != r.p.Device || r.receipt == nil || n.Centre != r.receipt.Centre || n.Epoch != r.receipt.Epoch {
		return fault.New(op, fault.Untrusted, errors.New("news for another device, or of another centre"))
	}
	if len(n.Changes) > 0 {
		if err := r.s.Receive(ctx, n.Changes); err != nil {
			return fault.Wrap(op, err)
		}
		r.out.News += len(n.Changes)
	}
	at, err := newsAt(ctx, r.s)
	if err != nil {
		return err
	}
	if at.Epoch != n.Epoch {
		at = newsMark{Epoch: n.Epoch}
	}
	if n.After <= at.Through && n.Through > at.Through {
		at.Through = n.Through
		if err := r.s.SetSetting(ctx, newsSetting, at); err != nil {
			return fault.Wrap(op, err)
		}
	}
	if r.newsFrom = r.newsFrom || n.After == 0; r.newsFrom && !n.More {
		want, err := r.s.Wanted(ctx)
		if err != nil || len(want.Cases) == 0 {
			return err
		}
		return r.s.Asked(ctx, nil, want.Cases)
	}
	return nil
}

func (r *stickReader) part(ctx context.Context, body []byte) error {
	p, err := stick.ParsePart(body)
	if err != nil {
		return err
	}
	content, err := r.whole.Add(p, parcel.MaxBlob)
	if err != nil || content == nil {
		return err
	}
	want, ok := r.lacking[p.Hash]
	if !ok {
		return nil
	}
	if err := r.s.HealBlob(ctx, want, content); err != nil {
		if fault.KindOf(err) == fault.Input {
			return nil // it is not what its name says
		}
		return err
	}
	delete(r.lacking, p.Hash)
	r.out.Healed++
	return nil
}
