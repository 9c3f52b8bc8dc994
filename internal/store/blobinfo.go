package store

import (
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
)

// blobInfo is what is known of a blob; doc.go has its bytes.
type blobInfo struct {
	unsent
	state   byte
	place   uint64    // of its chunks, 0 in form 2; see stem
	acked   time.Time // by the centre's clock; zero when not, or not known
	number  uint64    // of the wrapping key
	wrapped []byte    // the blob's own key
	rule    string    // by which it was erased
	erased  time.Time
}

const (
	blobKept   = 1
	blobErased = 2

	infoForm  = 3
	infoForm2 = 2 // without a place
	infoHead  = 1 + 1 + unsentSize + 8
)

// millis is a time as stored; 0 for none.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms uint64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms)).UTC()
}

func (i *blobInfo) encode() []byte {
	form := byte(infoForm)
	if i.place == 0 {
		form = infoForm2
	}
	b := append(make([]byte, 0, infoHead+8+8+wrappedSize), form, i.state)
	b = append(b, i.unsent.encode()...)
	b = binary.BigEndian.AppendUint64(b, uint64(millis(i.acked)))
	if i.place != 0 {
		b = binary.BigEndian.AppendUint64(b, i.place)
	}
	if i.state == blobErased {
		b = binary.BigEndian.AppendUint64(b, uint64(millis(i.erased)))
		return append(b, i.rule...)
	}
	return append(binary.BigEndian.AppendUint64(b, i.number), i.wrapped...)
}

// decodeInfo is the inverse of encode; a later form is fault.Newer, anything
// else fault.Damaged.
func decodeInfo(b []byte) (*blobInfo, error) {
	if len(b) > 0 && b[0] > infoForm {
		return nil, fault.New("store.blobinfo", fault.Newer, nil)
	}
	if len(b) < infoHead+8 || b[0] < infoForm2 {
		return nil, structural("blob")
	}
	u, err := decodeUnsent(b[2 : 2+unsentSize])
	if err != nil {
		return nil, err
	}
	i := &blobInfo{unsent: u, state: b[1], acked: timeOf(binary.BigEndian.Uint64(b[infoHead-8:]))}
	rest := b[infoHead:]
	if b[0] == infoForm {
		if i.place = binary.BigEndian.Uint64(rest); i.place == 0 || len(rest) < 16 {
			return nil, structural("blob")
		}
		rest = rest[8:]
	}
	word, rest := binary.BigEndian.Uint64(rest), rest[8:]
	switch {
	case i.state == blobKept && len(rest) == wrappedSize && word != 0:
		i.number, i.wrapped = word, rest
	case i.state == blobErased && len(rest) > 0 && len(rest) <= 32:
		i.erased, i.rule = timeOf(word), string(rest)
	default:
		return nil, structural("blob")
	}
	return i, nil
}

// blobInfo reads what is known of a blob; fault.Missing when nothing is.
func (s *Store) blobInfo(tx *bbolt.Tx, name []byte) (*blobInfo, error) {
	b, err := s.get(tx, bBlobInfo, name)
	if err != nil {
		return nil, err
	}
	return decodeInfo(b)
}

func (s *Store) putInfo(tx *bbolt.Tx, name []byte, i *blobInfo) error {
	return s.put(tx, bBlobInfo, name, i.encode())
}

// imagesKey is where the image state stands in the bucket meta.
const imagesKey = "images"

// imageState is which wrapping keys are in force, kept sealed in the database:
// so that it changes with what is sealed under them.
type imageState struct {
	now  uint64 // 0 before the first blob
	next uint64 // where blobs are being moved to, else 0
	owed byte   // what an erasing has left to do
}

const (
	owedSweep   = 1 // content of erased blobs is to be taken out of the file
	owedCompact = 2 // bodies were erased: the file is to be written anew
	owedAside   = 4 // and so are files set aside to be deleted
)

// target is the number new blobs are sealed under.
func (i imageState) target() uint64 {
	if i.next != 0 {
		return i.next
	}
	return i.now
}

func (i imageState) encode() []byte {
	b := binary.BigEndian.AppendUint64(nil, i.now)
	return append(binary.BigEndian.AppendUint64(b, i.next), i.owed)
}

func (s *Store) readImageState(tx *bbolt.Tx) (imageState, error) {
	b, err := s.get(tx, bMeta, []byte(imagesKey))
	if fault.KindOf(err) == fault.Missing {
		return imageState{}, nil
	}
	if err != nil {
		return imageState{}, err
	}
	return decodeImageState(b)
}

func decodeImageState(b []byte) (imageState, error) {
	if len(b) != 17 {
		return imageState{}, structural("images")
	}
	return imageState{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:]), b[16]}, nil
}

func (s *Store) putImageState(tx *bbolt.Tx, i imageState) error {
	return s.put(tx, bMeta, []byte(imagesKey), i.encode())
}

// settle takes over an image state that has become durable.
func (s *Store) settle(i imageState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.images = i
}
