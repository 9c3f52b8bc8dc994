package stick

import (
	"encoding/binary"
	"errors"
	"os"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// Writer writes one batch. Nothing of it counts before End.
type Writer struct {
	f     *Folder
	b     Batch
	to    seal.PublicKey
	suite seal.Suite // of the key that will sign
	items []byte
}

// Begin begins a batch with a new number, sealed to a key. suite is that of the
// key that will sign it.
func (f *Folder) Begin(way Way, county string, to seal.PublicKey, suite seal.Suite) (*Writer, error) {
	const op = "stick.Begin"
	if len(county) != 6 || to.Zero() {
		return nil, fault.New(op, fault.Input, errors.New("county or key"))
	}
	ps, err := f.pieces()
	if err != nil {
		return nil, Fault(op, err)
	}
	number, batches := uint32(0), 0
	for i, p := range ps {
		if p.way != way {
			continue
		}
		if i == 0 || ps[i-1].number != p.number || ps[i-1].way != way {
			batches++
		}
		number = max(number, p.number)
	}
	if batches >= MaxBatches || number == ^uint32(0) {
		return nil, fault.Say(op, fault.Full, "U盘上还没有取走的批次太多。请先把它交给县资助中心，或换一个U盘。", errors.New("too many batches"))
	}
	return &Writer{f: f, to: to, suite: suite,
		b: Batch{Number: number + 1, Head: Head{Way: way, County: county, Device: f.Device, Batch: uuid.New()}}}, nil
}

// Batch is the batch's id.
func (w *Writer) Batch() uuid.UUID { return w.b.Batch }

// Bytes is how much was added, on the stick and before it.
func (w *Writer) Bytes() int64 { return w.b.Bytes() + int64(len(w.items)) }

// Pending is how much of that is not on the stick yet.
func (w *Writer) Pending() int64 { return int64(len(w.items)) }

// Empty says whether nothing was added.
func (w *Writer) Empty() bool { return w.Bytes() == 0 }

// Add adds an item. fault.TooLarge when the batch can hold no more: end it and
// begin another.
func (w *Writer) Add(kind Kind, b []byte) error {
	const op = "stick.Add"
	if len(b) > FileBytes-itemHead {
		return fault.New(op, fault.TooLarge, errors.New("item"))
	}
	if len(w.items)+itemHead+len(b) > FileBytes {
		if err := w.flush(); err != nil {
			return err
		}
	}
	if len(w.b.files) == MaxFiles {
		return fault.New(op, fault.TooLarge, errors.New("batch"))
	}
	w.items = append(w.items, byte(kind))
	w.items = binary.BigEndian.AppendUint32(w.items, uint32(len(b)))
	w.items = append(w.items, b...)
	return nil
}

// flush writes a file of what was added.
func (w *Writer) flush() error {
	const op = "stick.flush"
	if len(w.items) == 0 {
		return nil
	}
	n := len(w.b.files) + 1
	b, err := sealFile(w.b.Head, n, w.items, w.to)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := w.f.write(fileName(w.b.Way, w.b.Number, n), b); err != nil {
		return Fault(op, err)
	}
	w.b.files = append(w.b.files, sum{uint32(len(b)), w.suite.Sum(b)})
	seal.Wipe(w.items)
	w.items = w.items[:0]
	return nil
}

// End writes what is left and the index, signed. When it returns nil the whole
// batch is on the stick for good. note, which may be nil, is sealed to the
// signer itself.
func (w *Writer) End(s *seal.Signer, note []byte) (*Batch, error) {
	const op = "stick.End"
	if err := w.flush(); err != nil {
		return nil, err
	}
	if len(w.b.files) == 0 || s.Suite() != w.suite {
		return nil, fault.New(op, fault.Input, errors.New("an empty batch, or another suite"))
	}
	if len(note) > 0 {
		var err error
		if w.b.note, err = s.Public().Encrypt(note, append([]byte(noteLabel), w.b.Batch[:]...)); err != nil {
			return nil, fault.Wrap(op, err)
		}
		if len(w.b.note) > maxNote {
			return nil, fault.New(op, fault.TooLarge, errors.New("note"))
		}
	}
	w.b.suite = s.Suite()
	if err := w.f.sync(); err != nil {
		return nil, Fault(op, err)
	}
	if err := w.f.write(indexName(w.b.Way, w.b.Number), w.b.encode(s)); err != nil {
		return nil, Fault(op, err)
	}
	if err := w.f.sync(); err != nil {
		return nil, Fault(op, err)
	}
	out := w.b
	return &out, nil
}

// Drop takes away what was written, as far as the stick lets.
func (w *Writer) Drop() {
	seal.Wipe(w.items)
	_ = w.f.Remove(w.b.Way, w.b.Number) // what stays is no batch, and goes at the next writing
}

// write puts a file in place whole and synced; the folder is synced by sync.
func (f *Folder) write(name string, b []byte) error {
	tmp := name + newSuffix
	if err := f.at("create " + tmp); err != nil {
		return err
	}
	// Whatever lies under the name, a link too, must not be written through.
	if err := f.root.Remove(tmp); err != nil && !os.IsNotExist(err) {
		return err
	}
	file, err := f.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = f.at("write " + tmp)
	if err == nil {
		_, err = file.Write(b)
	}
	if err == nil {
		err = f.at("sync " + tmp)
	}
	if err == nil {
		err = file.Sync()
	}
	if e := file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = f.at("rename " + tmp)
	}
	if err == nil {
		err = f.root.Rename(tmp, name)
	}
	return err
}

func (f *Folder) sync() error {
	if err := f.at("sync folder"); err != nil {
		return err
	}
	return syncDir(f.root, ".")
}

// Tidy takes away what of a way is no batch: files whose index never came, and
// files that were not written to their end. broken is what Batches told.
func (f *Folder) Tidy(way Way, broken []Broken) error {
	const op = "stick.Tidy"
	ps, err := f.pieces()
	if err != nil {
		return Fault(op, err)
	}
	for _, p := range ps {
		if p.fresh && p.way == way {
			if err := f.root.Remove(p.name); err != nil && !os.IsNotExist(err) {
				return Fault(op, err)
			}
		}
	}
	for _, b := range broken {
		if err := f.Remove(way, b.Number); err != nil {
			return err
		}
	}
	return nil
}

// AddBlob adds a whole blob, in parts.
func AddBlob(w *Writer, h loan.Hash, content []byte) error {
	for at := 0; at < len(content); at += PartBytes {
		part := Part{Hash: h, Size: int64(len(content)), Offset: int64(at), Data: content[at:min(len(content), at+PartBytes)]}
		if err := w.Add(BlobPart, part.Encode()); err != nil {
			return err
		}
	}
	return nil
}
