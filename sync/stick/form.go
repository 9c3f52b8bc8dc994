package stick

import (
	"bytes"
	"encoding/binary"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// Way is where a batch goes.
type Way byte

// The ways.
const (
	ToCentre Way = 1
	Home     Way = 2
)

// Kind is the sort of an item.
type Kind byte

// The kinds; doc.go says what their bytes are.
const (
	Parcel   Kind = 1
	BlobPart Kind = 2
	Question Kind = 3
	Receipt  Kind = 4
	News     Kind = 5
	Own      Kind = 6
	Problem  Kind = 7
	Answers  Kind = 8
	Refusals Kind = 9
	Proofs   Kind = 10
	Bulletin Kind = 11
)

// Limits that both ends keep.
const (
	MaxFiles   = 64
	MaxBatches = 4096
	MaxDevices = 256
	// FileBytes is how many bytes of items one file holds at most.
	FileBytes = 4 << 20

	itemHead = 5
	partHead = 32 + 4 + 4
	// PartBytes is how many bytes of a blob one item holds at most.
	PartBytes = 1<<20 - 64

	maxFile  = FileBytes + 1024
	maxIndex = 512 << 10
	maxNote  = maxIndex - 8<<10
	sumSize  = 4 + 32
)

const (
	fileMagic   = "DSU1"
	indexMagic  = "DSI1"
	fileLabel   = "doorstep stick 1\x00"
	noteLabel   = "doorstep stick note 1\x00"
	signContext = "doorstep stick 1"
	fileHead    = 4 + 1 + 1 + 6 + 16 + 16 + 2 + 8
)

// Head says of a batch whose it is.
type Head struct {
	Way    Way
	County string // six digits
	Device uuid.UUID
	Batch  uuid.UUID
}

// Part is a piece of a blob.
type Part struct {
	Hash   loan.Hash
	Size   int64
	Offset int64
	Data   []byte
}

// Encode gives the item's bytes.
func (p Part) Encode() []byte {
	b := make([]byte, 0, partHead+len(p.Data))
	b = append(b, p.Hash[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(p.Size))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Offset))
	return append(b, p.Data...)
}

// ParsePart is the inverse of Encode; fault.Damaged for what is no part.
func ParsePart(b []byte) (Part, error) {
	if len(b) <= partHead {
		return Part{}, damaged("stick.ParsePart", "part of a blob")
	}
	p := Part{Hash: loan.Hash(b[:32]), Size: int64(binary.BigEndian.Uint32(b[32:])), Offset: int64(binary.BigEndian.Uint32(b[36:])), Data: b[partHead:]}
	if p.Offset+int64(len(p.Data)) > p.Size {
		return Part{}, damaged("stick.ParsePart", "part of a blob")
	}
	return p, nil
}

func damaged(op, what string) error { return fault.New(op, fault.Damaged, errors.New(what)) }

// keyName is the name of a key in a file's head.
func keyName(p seal.PublicKey) (out [8]byte) {
	sum := seal.International.Sum(p.Marshal())
	copy(out[:], sum[:])
	return out
}

func (h Head) append(b []byte) []byte {
	b = append(append(b, byte(h.Way)), h.County...)
	return append(append(b, h.Device[:]...), h.Batch[:]...)
}

// head reads what Head.append wrote.
func readHead(b []byte) Head {
	return Head{Way: Way(b[0]), County: string(b[1:7]), Device: uuid.UUID(b[7:23]), Batch: uuid.UUID(b[23:39])}
}

const headSize = 39

// sealFile makes a file of items, which are wiped no more than the caller does.
func sealFile(h Head, n int, items []byte, to seal.PublicKey) ([]byte, error) {
	name := keyName(to)
	b := h.append(append([]byte(fileMagic), byte(to.Suite())))
	b = append(binary.BigEndian.AppendUint16(b, uint16(n)), name[:]...)
	box, err := to.Encrypt(items, append([]byte(fileLabel), b...))
	if err != nil {
		return nil, err
	}
	return append(b, box...), nil
}

// openFile gives the items of file n of a batch. keys are those it may be
// sealed to.
func openFile(b []byte, h Head, n int, keys []*seal.Signer) ([]byte, error) {
	const op = "stick.openFile"
	if len(b) < fileHead || len(b) > maxFile || string(b[:4]) != fileMagic {
		return nil, damaged(op, "not a file of a stick")
	}
	if readHead(b[5:]) != h || int(binary.BigEndian.Uint16(b[5+headSize:])) != n {
		return nil, damaged(op, "file of another batch")
	}
	for _, k := range keys {
		name := keyName(k.Public())
		if !bytes.Equal(name[:], b[fileHead-8:fileHead]) || byte(k.Suite()) != b[4] {
			continue
		}
		items, err := k.Decrypt(b[fileHead:], append([]byte(fileLabel), b[:fileHead]...))
		return items, fault.Wrap(op, err)
	}
	return nil, fault.New(op, fault.Untrusted, errors.New("sealed to a key that is not here"))
}

// eachItem walks the items of a file.
func eachItem(b []byte, each func(Kind, []byte) error) error {
	for len(b) > 0 {
		if len(b) < itemHead {
			return damaged("stick.items", "item")
		}
		kind, n := Kind(b[0]), binary.BigEndian.Uint32(b[1:])
		b = b[itemHead:]
		if uint64(n) > uint64(len(b)) {
			return damaged("stick.items", "item")
		}
		if err := each(kind, b[:n]); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// sum is what an index says of a file.
type sum struct {
	size uint32
	hash [32]byte
}

// Batch is a batch whose index holds.
type Batch struct {
	Head
	Number uint32
	note   []byte
	suite  seal.Suite
	files  []sum
}

// Files is how many files the batch has.
func (b *Batch) Files() int { return len(b.files) }

// Bytes is how long they are together.
func (b *Batch) Bytes() int64 {
	n := int64(0)
	for _, f := range b.files {
		n += int64(f.size)
	}
	return n
}

// Note opens what who wrote the batch noted for itself.
func (b *Batch) Note(s *seal.Signer) ([]byte, error) {
	out, err := s.Decrypt(b.note, append([]byte(noteLabel), b.Batch[:]...))
	return out, fault.Wrap("stick.Note", err)
}

func (b *Batch) encode(s *seal.Signer) []byte {
	out := b.Head.append(append([]byte(indexMagic), byte(s.Suite())))
	out = binary.BigEndian.AppendUint32(out, b.Number)
	out = binary.BigEndian.AppendUint16(out, uint16(len(b.files)))
	for _, f := range b.files {
		out = append(binary.BigEndian.AppendUint32(out, f.size), f.hash[:]...)
	}
	out = append(binary.BigEndian.AppendUint32(out, uint32(len(b.note))), b.note...)
	sig := s.Sign(signContext, out)
	return append(binary.BigEndian.AppendUint16(out, uint16(len(sig))), sig...)
}

// parseIndex reads an index that key signed.
func parseIndex(b []byte, key seal.PublicKey) (*Batch, error) {
	const op = "stick.parseIndex"
	const fixed = 4 + 1 + headSize + 4 + 2
	if len(b) < fixed || len(b) > maxIndex || string(b[:4]) != indexMagic {
		return nil, damaged(op, "not an index")
	}
	out := &Batch{Head: readHead(b[5:]), suite: seal.Suite(b[4]), Number: binary.BigEndian.Uint32(b[5+headSize:])}
	count, at := int(binary.BigEndian.Uint16(b[fixed-2:])), fixed
	if !out.suite.Known() || count < 1 || count > MaxFiles || len(b) < at+count*sumSize+4 {
		return nil, damaged(op, "head of the index")
	}
	for range count {
		out.files = append(out.files, sum{binary.BigEndian.Uint32(b[at:]), [32]byte(b[at+4:])})
		at += sumSize
	}
	n := int(binary.BigEndian.Uint32(b[at:]))
	if at += 4; n > maxNote || len(b) < at+n+2 {
		return nil, damaged(op, "note")
	}
	out.note = bytes.Clone(b[at : at+n])
	at += n
	signed, sig := b[:at], b[at+2:]
	if int(binary.BigEndian.Uint16(b[at:])) != len(sig) {
		return nil, damaged(op, "length")
	}
	if key.Suite() != out.suite {
		return nil, fault.New(op, fault.Untrusted, errors.New("another suite than the key"))
	}
	if err := key.Verify(signContext, signed, sig); err != nil {
		return nil, fault.Wrap(op, err)
	}
	for _, f := range out.files {
		if f.size < fileHead || f.size > maxFile {
			return nil, damaged(op, "length of a file")
		}
	}
	return out, nil
}
