package central

import (
	"context"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"doorstep/sync/stick"
	"github.com/google/uuid"
)

// StickTaken tells what was taken of one laptop from a stick.
type StickTaken struct {
	Device  uuid.UUID `json:"device"`
	Batches int       `json:"batches"` // that were whole, and taken
	Broken  int       `json:"broken"`  // that were not whole, and refused whole
	Parcels int       `json:"parcels"`
	Blobs   int       `json:"blobs"`
	Refused []string  `json:"refused,omitempty"`  // what was not taken of whole batches, and why
	Answer  bool      `json:"answer"`             // receipts and news were written onto the stick
	Unread  []string  `json:"unread,omitempty"`   // grants that cannot be read here and are left out of the answer
	Error   string    `json:"error,omitempty"`    // why this laptop's part was passed over, or no answer written
	ShutOut bool      `json:"shut_out,omitempty"` // it was passed over because the laptop is shut out
	why     error     // Error, for the person who takes the stick
}

// Why is what the person who takes the stick reads of Error; empty where there is none.
func (t StickTaken) Why() string {
	if t.why == nil {
		return ""
	}
	return fault.Sentence(t.why)
}

// Clean says whether all that the stick holds of this laptop was taken, and
// answered.
func (t StickTaken) Clean() bool {
	return t.Broken == 0 && len(t.Refused) == 0 && t.Error == "" && t.Answer
}

// TakeStick takes what laptops of this county put on the stick in dir, and
// writes the answers onto it. What is there of others is passed over and told.
// It may be repeated, and interrupted at any moment. fault.Missing when the
// stick has nothing of this sort; what is wrong with this centre itself, such
// as a full disk, ends it.
func (c *Central) TakeStick(ctx context.Context, dir string) ([]StickTaken, error) {
	const op = "central.TakeStick"
	devices, err := stick.Devices(dir)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if len(devices) == 0 {
		return nil, fault.Say(op, fault.Missing, "U盘上没有受理终端写的内容。", errors.New("nothing of a laptop on this stick"))
	}
	out := []StickTaken{}
	for _, id := range devices {
		t, err := c.takeStickOf(ctx, dir, id)
		out = append(out, t)
		if err != nil {
			return out, fault.Wrap(op, err)
		}
	}
	return out, nil
}

// taking is the work on one laptop's folder.
type taking struct {
	StickTaken
	c     *Central
	d     *device
	keys  []*seal.Signer
	f     *stick.Folder
	ask   *stick.Ask // the newest
	blobs []loan.Hash
	known map[loan.Hash]bool
	whole stick.Assembly
	done  map[loan.Hash]bool // parcels settled, by their hash
	gaps  int                // parcels of a batch that wait for others before them
	gone  []parcel.Problem
}

func (c *Central) takeStickOf(ctx context.Context, dir string, id uuid.UUID) (StickTaken, error) {
	t := &taking{c: c, StickTaken: StickTaken{Device: id}, known: map[loan.Hash]bool{}, done: map[loan.Hash]bool{}, ask: &stick.Ask{}}
	var revoked bool
	var err error
	if t.d, revoked, err = c.enrolled(ctx, id.String()); err != nil {
		return t.passOver(err)
	}
	if t.f, err = stick.Open(dir, id, false); err != nil {
		return t.passOver(err)
	}
	defer t.f.Close()
	if revoked {
		return t.shutOut(ctx)
	}
	if t.keys, err = c.stickKeys(ctx, t.d.county); err != nil {
		return t.StickTaken, err
	}
	whole, broken, err := t.f.Batches(stick.ToCentre, t.d.county, t.d.key)
	if err != nil {
		return t.passOver(err)
	}
	whole, broken = t.checked(whole, broken)
	t.Broken = len(broken)
	for _, b := range broken {
		c.log.Warn("batch of a stick refused", "device", id, "batch", b.Number, "error", b.Err.Error())
	}
	if err := t.takeAll(ctx, whole); err != nil {
		return t.StickTaken, err
	}
	t.Batches = len(whole)
	err = t.answer(ctx, func(ctx context.Context, w *stick.Writer) error { return t.fill(ctx, w, whole, broken) })
	if err != nil {
		if own := fault.KindOf(err); own == fault.Cancelled || own == fault.Damaged {
			return t.StickTaken, err
		}
		t.Error, t.why = "no answer written: "+err.Error(), err
	}
	c.log.Info("stick taken", "device", id, "batches", t.Batches, "broken", t.Broken, "parcels", t.Parcels, "blobs", t.Blobs, "answer", t.Answer)
	return t.StickTaken, nil
}

// passOver notes why a laptop's part is not taken; only the end of the program
// ends the rest.
func (t *taking) passOver(err error) (StickTaken, error) {
	if fault.KindOf(err) == fault.Cancelled {
		return t.StickTaken, err
	}
	t.Error, t.why = err.Error(), err
	t.c.log.Warn("laptop of a stick passed over", "device", t.Device, "error", err.Error())
	return t.StickTaken, nil
}

// checked reads every batch through before anything of it is taken.
func (t *taking) checked(whole []*stick.Batch, broken []stick.Broken) ([]*stick.Batch, []stick.Broken) {
	var good []*stick.Batch
	for _, b := range whole {
		if err := t.f.Check(b); err != nil {
			broken = append(broken, stick.Broken{Way: stick.ToCentre, Number: b.Number, Err: err})
			continue
		}
		good = append(good, b)
	}
	return good, broken
}

// takeAll takes the batches in order, and once more those with parcels that
// lacked some before them, as long as that helps.
func (t *taking) takeAll(ctx context.Context, batches []*stick.Batch) error {
	for first := true; len(batches) > 0; first = false {
		var waiting []*stick.Batch
		waits := 0
		for _, b := range batches {
			t.gaps = 0
			err := t.f.Read(b, t.keys, func(k stick.Kind, body []byte) error { return t.item(ctx, k, body, first) })
			if k := fault.KindOf(err); k == fault.Untrusted || k == fault.Damaged {
				// The device signed a batch that says what it should not.
				t.refuse("batch", err)
			} else if err != nil {
				return err
			}
			if t.gaps > 0 {
				waiting, waits = append(waiting, b), waits+t.gaps
			}
		}
		if len(waiting) == len(batches) && !first {
			for range waits {
				t.Refused = append(t.Refused, "parcel: "+parcel.CodeGap)
			}
			return nil
		}
		batches = waiting
	}
	return nil
}

func (t *taking) refuse(what string, err error) {
	t.Refused = append(t.Refused, what+": "+err.Error())
	var pr *problem
	if errors.As(err, &pr) {
		t.gone = append(t.gone, parcel.Problem{Kind: fault.KindOf(err).String(), Code: pr.code})
	}
}

// item takes one item. What is wrong with the item itself is noted; what is
// wrong here comes back.
func (t *taking) item(ctx context.Context, kind stick.Kind, body []byte, first bool) error {
	if err := ctx.Err(); err != nil {
		return fault.New("central.stick", fault.Cancelled, err)
	}
	switch {
	case kind == stick.Parcel:
		return t.parcel(ctx, body)
	case kind == stick.BlobPart && first:
		return t.part(ctx, body)
	case kind == stick.Question && first:
		ask, err := stick.ParseAsk(body)
		if err != nil {
			return err
		}
		t.ask = ask
		return t.prove(ctx, ask.Proof)
	}
	return nil // of a later version, or taken already
}

// prove lets a centre that was set back know it. Beside a running server that
// would not hear of it, this is fault.Busy.
func (t *taking) prove(ctx context.Context, proof []byte) error {
	const op = "central.prove"
	r, err := parcel.OpenReceipt(proof, t.c.authority.Signer().Public())
	if err != nil {
		return nil // none, or of an authority before this one
	}
	more, err := t.c.saysMore(ctx, t.d, r)
	if err != nil || !more {
		return err
	}
	if t.c.lockFile == nil && !t.c.shared {
		return fault.New(op, fault.Busy, errors.New("this centre holds less than it once acknowledged: end the server, and take the stick again"))
	}
	return t.c.setBack(ctx, t.d, proof)
}

func (t *taking) parcel(ctx context.Context, body []byte) error {
	h := sum(body)
	if t.done[h] {
		return nil
	}
	_, err := t.c.takeParcelOf(ctx, t.d.county, body)
	var pr *problem
	switch {
	case err == nil:
		t.Parcels++
	case errors.As(err, &pr) && pr.code == parcel.CodeGap:
		t.gaps++
		return nil
	case itsOwn(err):
		t.refuse("parcel", err)
	default:
		return err
	}
	t.done[h] = true
	return nil
}

// itsOwn says whether what went wrong lies in what was handed in, and not here.
func itsOwn(err error) bool {
	switch fault.KindOf(err) {
	case fault.Input, fault.Denied, fault.Refused, fault.Untrusted, fault.TooLarge, fault.Newer, fault.Damaged, fault.Conflict:
		return true
	}
	return false
}

func (t *taking) part(ctx context.Context, body []byte) error {
	p, err := stick.ParsePart(body)
	if err != nil {
		return err
	}
	content, err := t.whole.Add(p, parcel.MaxBlob)
	if err != nil || content == nil {
		return err
	}
	err = t.c.takeBlobOf(ctx, t.d.county, p.Hash, content)
	switch {
	case err == nil:
		t.Blobs++
		if !t.known[p.Hash] {
			t.known[p.Hash] = true
			t.blobs = append(t.blobs, p.Hash)
		}
	case fault.KindOf(err) == fault.Input, fault.KindOf(err) == fault.TooLarge:
		t.refuse("blob "+p.Hash.String(), err)
	default:
		return err
	}
	return nil
}
