package courier

import (
	"context"
	"errors"
	"os"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"doorstep/sync/stick"
)

// StickWritten tells what a writing put on a stick, and how things stand then.
type StickWritten struct {
	Read StickRead // the answers that were on it, read first

	Changes int   // written now
	Blobs   int   // written now
	Bytes   int64 // written now, as they lie on the stick

	Before int // changes and blobs that wait and were on the stick already

	LeftChanges int   // waiting, and not on this stick
	LeftBlobs   int   // waiting, and not on this stick
	LeftBytes   int64 // of those blobs
	Full        bool  // there was not room for all
	Aside       int   // blobs that cannot be read here
}

// Sizes on a stick.
const (
	stickBatch   = 32 << 20 // of a batch, about: so much a stick pulled out costs
	stickReserve = 4 << 20  // left free for the centre's answer
	stickSlack   = 256 << 10
	stickBlobs   = 4096 // in a batch, so that its note stays short
)

// StickPlace is nil where a stick can be written: fault.Missing for a folder
// that is not there, fault.Input for the store's own.
func StickPlace(s *store.Store, dir string) error {
	const op = "courier.StickPlace"
	st, err := os.Stat(dir)
	if err != nil || !st.IsDir() {
		return fault.Say(op, fault.Missing, "没有找到U盘，请插好后再试。", errors.New("no such folder"))
	}
	if own, err := os.Stat(s.Dir()); err == nil && os.SameFile(own, st) {
		return fault.Say(op, fault.Input, "请选择U盘，而不是本机的数据文件夹。", errors.New("the store's own folder"))
	}
	return nil
}

// openStick opens the laptop's folder on a stick.
func openStick(s *store.Store, dir string, make bool) (*stick.Folder, error) {
	if err := StickPlace(s, dir); err != nil {
		return nil, err
	}
	return stick.Open(dir, s.Profile().Device, make)
}

// WriteStick writes what waits for the centre onto the stick in dir: records
// first, then contracts, then images, as far as there is room, and not what
// lies on it already. Before that it reads the answers that are there. What was
// written counts batch by batch; nothing leaves the outbox by it. progress,
// which may be nil, is told how many bytes of blobs of how many are done. It
// may run beside a courier of the same store. fault.Missing where dir is not
// there; fault.Full when not even the records found room; fault.Disk when the
// stick fails, is read-only or was pulled out.
func WriteStick(ctx context.Context, s *store.Store, dir string, progress func(done, total int64)) (StickWritten, error) {
	const op = "courier.WriteStick"
	f, err := openStick(s, dir, true)
	if err != nil {
		return StickWritten{}, fault.Wrap(op, err)
	}
	defer f.Close()
	w := &stickWriter{s: s, p: s.Profile(), f: f, dir: dir, progress: progress, blobs: map[loan.Hash]bool{}}
	err = w.run(ctx)
	return w.out, fault.Wrap(op, err)
}

// stickWriter is one writing.
type stickWriter struct {
	s        *store.Store
	p        store.Profile
	f        *stick.Folder
	dir      string
	progress func(done, total int64)
	box      store.Outbox
	to       seal.PublicKey
	changes  []loan.Range       // on the stick already
	blobs    map[loan.Hash]bool // on the stick already
	before   int                // changes that were
	w        *stick.Writer
	note     stick.Noted
	out      StickWritten
	done     int64
	total    int64
}

func (w *stickWriter) run(ctx context.Context) error {
	var err error
	if w.out.Read, err = readStick(ctx, w.s, w.f); err != nil {
		return err
	}
	if w.box, err = w.s.Outbox(ctx); err != nil {
		return err
	}
	if w.to, err = stickKey(ctx, w.s); err != nil {
		return err
	}
	if err := w.survey(); err != nil {
		return err
	}
	err = w.write(ctx)
	w.left()
	if fault.KindOf(err) != fault.Full {
		return err
	}
	w.out.Full = true
	if w.out.Bytes > 0 {
		return nil
	}
	return err
}

// survey finds out what lies on the stick already, and takes away what need not
// lie there any more: batches that were not written to their end, and those
// that the centre has acknowledged whole.
func (w *stickWriter) survey() error {
	whole, broken, err := w.f.Batches(stick.ToCentre, w.p.County, w.p.ChainKey().Public())
	if err != nil {
		return err
	}
	if err := w.f.Tidy(stick.ToCentre, broken); err != nil {
		return err
	}
	for _, b := range whole {
		n, err := noted(b, w.p.ChainKey())
		if err != nil || w.settled(n) {
			if err := w.f.Remove(stick.ToCentre, b.Number); err != nil {
				return err
			}
			continue
		}
		w.changes = append(w.changes, n.Changes...)
		for _, h := range n.Blobs {
			w.blobs[h] = true
		}
	}
	return nil
}

// noted opens the laptop's own note of a batch.
func noted(b *stick.Batch, own *seal.Signer) (*stick.Noted, error) {
	raw, err := b.Note(own)
	if err != nil {
		return nil, err
	}
	return stick.ParseNoted(raw)
}

// settled says whether nothing of a batch waits any more.
func (w *stickWriter) settled(n *stick.Noted) bool {
	for _, r := range n.Changes {
		if r.To > w.box.Acked || slices.ContainsFunc(w.box.Home, func(h loan.Range) bool { return h.From <= r.To && r.From <= h.To }) {
			return false
		}
	}
	return !slices.ContainsFunc(w.box.Blobs, func(b store.PendingBlob) bool { return slices.Contains(n.Blobs, b.Hash) })
}

// covered is the end of what is on the stick behind n without a hole.
func (w *stickWriter) covered(n uint64) uint64 {
	for moved := true; moved; {
		moved = false
		for _, r := range w.changes {
			if r.From <= n+1 && n < r.To {
				n, moved = r.To, true
			}
		}
	}
	return n
}

func (w *stickWriter) write(ctx context.Context) error {
	ask, err := w.ask(ctx)
	if err != nil {
		return err
	}
	if err := w.begin(int64(len(ask))); err != nil {
		return err
	}
	if err := w.add(stick.Question, ask); err != nil {
		return err
	}
	if err = w.writeHome(ctx); err == nil {
		err = w.writeChanges(ctx)
	}
	w.out.Before = w.before
	if err == nil {
		err = w.writeBlobs(ctx)
	}
	// What is whole is kept, also when the rest found no room or was stopped.
	if k := fault.KindOf(err); err == nil || k == fault.Full || k == fault.Cancelled {
		return errors.Join(w.end(), err)
	}
	if w.w != nil {
		w.w.Drop()
	}
	return err
}

// ask makes the question to the centre.
func (w *stickWriter) ask(ctx context.Context) ([]byte, error) {
	const op = "courier.stickAsk"
	at, err := newsAt(ctx, w.s)
	if err != nil {
		return nil, err
	}
	want, err := w.s.Wanted(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	lost, err := w.s.WantedBlobs(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	a := stick.Ask{Epoch: at.Epoch, After: at.Through}
	if len(want.Cases) > 0 {
		a.After = 0 // all that the centre wrote is read again
	}
	own := nearby(append(w.s.Gaps(), w.s.CameHome()...))
	a.Own = own[:min(len(own), stick.MaxOwn)]
	for _, b := range lost[:min(len(lost), stick.MaxBlobs)] {
		a.Blobs = append(a.Blobs, stick.AskBlob{Hash: b.Hash, Size: b.Size, Case: b.Case})
	}
	if a.Proof, err = lastReceipt(ctx, w.s); err != nil {
		return nil, err
	}
	return stick.Encode(a)
}

// begin begins a batch, when there is room for n bytes and what goes with them.
func (w *stickWriter) begin(n int64) error {
	if err := w.room(n); err != nil {
		return err
	}
	var err error
	w.note = stick.Noted{Epoch: w.box.Epoch}
	w.w, err = w.f.Begin(stick.ToCentre, w.p.County, w.to, w.p.ChainKey().Suite())
	return err
}

// room is fault.Full when n more bytes would leave no room for the answer.
func (w *stickWriter) room(n int64) error {
	free, err := store.FreeSpace(w.dir)
	if err != nil { // a disk that cannot be asked has gone
		return stick.Fault("courier.room", errors.New("no room told"))
	}
	pending := int64(0)
	if w.w != nil {
		pending = w.w.Pending()
	}
	if free < uint64(n+pending+stickReserve+stickSlack) {
		return fault.Say("courier.room", fault.Full, "U盘空间不足。已写完的部分有效，其余留在本机，请换一个U盘或清出空间后再写一次。", errors.New("the stick is full"))
	}
	return nil
}

// add adds an item, where there is room, in a batch of its own when this one is
// long already.
func (w *stickWriter) add(kind stick.Kind, b []byte) error {
	if err := w.next(int64(len(b))); err != nil {
		return err
	}
	return w.w.Add(kind, b)
}

// next sees that the batch under way can take n bytes.
func (w *stickWriter) next(n int64) error {
	if w.w != nil && !w.w.Empty() && (w.w.Bytes()+n > stickBatch || len(w.note.Blobs) == stickBlobs) {
		if err := w.end(); err != nil {
			return err
		}
	}
	if w.w == nil {
		return w.begin(n)
	}
	return w.room(n)
}

// end makes the batch under way count.
func (w *stickWriter) end() error {
	if w.w == nil || w.w.Empty() {
		return nil
	}
	note, err := stick.Encode(w.note)
	if err != nil {
		return err
	}
	b, err := w.w.End(w.p.ChainKey(), note)
	if err != nil {
		w.w.Drop()
		w.w = nil
		return err
	}
	w.w = nil
	for _, r := range w.note.Changes {
		w.out.Changes += int(r.To - r.From + 1)
	}
	w.changes = append(w.changes, w.note.Changes...)
	for _, h := range w.note.Blobs {
		w.blobs[h] = true
	}
	w.out.Blobs += len(w.note.Blobs)
	w.out.Bytes += b.Bytes()
	return nil
}

// writeChanges writes the chain from where the centre acknowledged it.
func (w *stickWriter) writeChanges(ctx context.Context) error {
	const op = "courier.stickChanges"
	for at := w.box.Acked; at < w.box.Last; {
		changes, err := w.s.Pending(ctx, at, parcelChanges)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			return fault.New(op, fault.Damaged, errors.New("the chain ends before its end"))
		}
		first := changes[0].Counter
		if to := w.covered(first - 1); to >= first {
			w.before += int(to - first + 1)
			at = to
			continue
		}
		changes = trim(changes, firstParcel)
		if err := w.writeParcel(changes, at); err != nil {
			return err
		}
		at = changes[len(changes)-1].Counter
	}
	return nil
}

// writeHome writes what others gave back of the chain below what the centre
// acknowledged.
func (w *stickWriter) writeHome(ctx context.Context) error {
	for _, r := range w.box.Home {
		for at, end := r.From-1, min(r.To, w.box.Acked); at < end; {
			if to := min(w.covered(at), end); to > at {
				w.before += int(to - at)
				at = to
				continue
			}
			changes, err := w.s.Pending(ctx, at, min(parcelChanges, int(end-at)))
			if err != nil || len(changes) == 0 {
				return err
			}
			changes = trim(changes, firstParcel)
			if err := w.writeParcel(changes, before(changes[0])); err != nil {
				return err
			}
			at = changes[len(changes)-1].Counter
		}
	}
	return nil
}

// writeParcel writes changes for a centre that holds the chain up to held.
func (w *stickWriter) writeParcel(changes []*loan.Change, held uint64) error {
	b, err := packChanges(changes, held, w.p.ChainKey())
	if err != nil {
		return err
	}
	if err := w.add(stick.Parcel, b); err != nil {
		return err
	}
	w.note.Changes = append(w.note.Changes, loan.Range{From: changes[0].Counter, To: changes[len(changes)-1].Counter})
	return nil
}

// packChanges makes the parcel of changes for a centre that holds the chain up
// to held; what lies between is declared lost, which a centre takes that does
// not know better.
func packChanges(changes []*loan.Change, held uint64, key *seal.Signer) ([]byte, error) {
	const op = "courier.packChanges"
	lost := uint64(0)
	if changes[0].Counter > held+1 {
		lost = held + 1
	}
	p, err := parcel.NewAfterLoss(changes, lost, key.Suite())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := parcel.Pack(p, key)
	return b, fault.Wrap(op, err)
}

// writeBlobs writes blobs in the order of the outbox, each whole in one batch.
func (w *stickWriter) writeBlobs(ctx context.Context) error {
	for _, b := range w.box.Blobs {
		w.total += b.Size
	}
	for _, b := range w.box.Blobs {
		if err := ctx.Err(); err != nil {
			return fault.New("courier.stickBlobs", fault.Cancelled, err)
		}
		if w.blobs[b.Hash] {
			w.out.Before++
		} else if err := w.writeBlob(ctx, b); err != nil {
			return err
		}
		if w.done += b.Size; w.progress != nil {
			w.progress(w.done, w.total)
		}
	}
	return nil
}

func (w *stickWriter) writeBlob(ctx context.Context, b store.PendingBlob) error {
	content, err := w.s.Blob(ctx, b.Hash)
	if k := fault.KindOf(err); k == fault.Damaged || k == fault.Missing || k == fault.Erased {
		w.out.Aside++
		return nil
	}
	if err != nil {
		return err
	}
	defer seal.Wipe(content)
	if err := w.next(int64(len(content))); err != nil {
		return err
	}
	if err := stick.AddBlob(w.w, b.Hash, content); err != nil {
		return err
	}
	w.note.Blobs = append(w.note.Blobs, b.Hash)
	return nil
}

// left counts what waits and is not on the stick.
func (w *stickWriter) left() {
	w.out.LeftChanges = max(0, w.box.Changes-w.out.Changes-w.before)
	for _, b := range w.box.Blobs {
		if !w.blobs[b.Hash] {
			w.out.LeftBlobs++
			w.out.LeftBytes += b.Size
		}
	}
}
