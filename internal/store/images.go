package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// The file of wrapping keys: two slots, each in two copies, every copy in a
// block of its own, so that a write torn in one block leaves the others.
const (
	imagesFile  = "images.key"
	slotBlock   = 4096
	slotCount   = 2
	slotCopies  = 2
	imagesSize  = slotCount * slotCopies * slotBlock
	slotMagic   = "DSIK"
	slotVersion = 1
	wrappedSize = seal.KeyBytes + seal.Overhead
	slotHead    = len(slotMagic) + 1 + 1 + 8
)

// imageKeys are the wrapping keys that there are, of the file and in memory.
// The blobs' own keys are sealed under one of them; where that is gone the
// blob cannot be read by anyone again. The file is written in place, for a
// file that is replaced leaves its old content on the disk.
type imageKeys struct {
	dir   string
	id    [16]byte
	under *seal.Key    // seals the slots
	step  func(string) // what a crash test waits for

	mu    sync.RWMutex // held to read while a blob is opened
	keys  map[uint64]*seal.Key
	slots [slotCount]uint64 // the number of the key that each holds, 0 for none
	lame  [slotCount]bool   // one of the slot's copies does not hold what the other does
	whole bool              // the file has its full length
}

func newImageKeys(o Options, id [16]byte, data *seal.Key) *imageKeys {
	return &imageKeys{dir: o.Dir, id: id, under: data.Derive("doorstep images v1"), step: o.step, keys: map[uint64]*seal.Key{}}
}

// wipe forgets the keys; the file stays.
func (k *imageKeys) wipe() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, w := range k.keys {
		w.Wipe()
	}
	clear(k.keys)
	k.under.Wipe()
}

func (k *imageKeys) path() string { return filepath.Join(k.dir, imagesFile) }

// blockAt is where a copy of a slot stands: the copies of one are not
// neighbours.
func blockAt(slot, copied int) int64 { return int64(copied*slotCount+slot) * slotBlock }

func (k *imageKeys) ad(slot int, number uint64) []byte {
	b := append([]byte("doorstep images v1\x00"), k.id[:]...)
	return binary.BigEndian.AppendUint64(append(b, byte(slot)), number)
}

// block is a slot's bytes; doc.go has the form.
func (k *imageKeys) block(slot int, number uint64, w *seal.Key) []byte {
	b := append(make([]byte, 0, slotBlock), slotMagic...)
	b = binary.BigEndian.AppendUint64(append(b, slotVersion, byte(slot)), number)
	secret := w.Bytes()
	defer seal.Wipe(secret)
	return k.under.Seal(b, secret, k.ad(slot, number))[:slotBlock]
}

// parseSlot takes a block apart: number 0 where it is empty, and ok false for
// what is neither a slot nor empty.
func parseSlot(slot int, b []byte) (number uint64, box []byte, ok bool) {
	if len(b) != slotBlock {
		return 0, nil, false
	}
	end := slotHead + wrappedSize
	if len(bytes.Trim(b[end:], "\x00")) > 0 {
		return 0, nil, false
	}
	if len(bytes.Trim(b[:end], "\x00")) == 0 {
		return 0, nil, true
	}
	number = binary.BigEndian.Uint64(b[slotHead-8:])
	if string(b[:len(slotMagic)]) != slotMagic || b[len(slotMagic)] != slotVersion || int(b[len(slotMagic)+1]) != slot || number == 0 {
		return 0, nil, false
	}
	return number, b[slotHead:end], true
}

// read takes the file's keys into memory. A file that is gone or damaged gives
// those that can still be had.
func (k *imageKeys) read() error {
	b, err := readFile(k.path(), imagesSize)
	if err != nil && !errors.Is(err, os.ErrNotExist) && fault.KindOf(err) != fault.Damaged {
		return diskFault("store.images", err)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.whole = len(b) == imagesSize
	b = append(b, make([]byte, imagesSize)...)[:imagesSize]
	for slot := range slotCount {
		k.slots[slot], k.lame[slot] = 0, false
		for c := range slotCopies {
			at := blockAt(slot, c)
			number, w, ok := k.openSlot(slot, b[at:at+slotBlock])
			if c > 0 && number != k.slots[slot] || !ok {
				k.lame[slot] = true
			}
			if w == nil {
				continue
			}
			k.slots[slot] = max(k.slots[slot], number)
			if k.keys[number] != nil {
				w.Wipe()
				continue
			}
			k.keys[number] = w
		}
	}
	return nil
}

func (k *imageKeys) openSlot(slot int, b []byte) (uint64, *seal.Key, bool) {
	number, box, ok := parseSlot(slot, b)
	if !ok || number == 0 {
		return 0, nil, ok
	}
	secret, err := k.under.Open(nil, box, k.ad(slot, number))
	if err != nil {
		return 0, nil, false
	}
	defer seal.Wipe(secret)
	w, err := seal.KeyFromBytes(secret)
	return number, w, err == nil
}

// tidy ends an erasing that was cut short: it destroys every slot of a number
// below the one in force, and rubbish. It mends a slot of which one copy is
// damaged. A number above those named stays: the preparing of it was cut short
// and it is still of no use to anyone, or the database is older than the file,
// as after a repair, and blobs may be under it. Where the key in force cannot
// be had nothing is destroyed.
func (k *imageKeys) tidy(now uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys[now] == nil {
		return nil
	}
	for slot := range slotCount {
		number := k.slots[slot]
		switch {
		case number < now && (number != 0 || k.lame[slot] && k.whole):
			if err := k.destroySlot(slot); err != nil {
				return err
			}
		case number >= now && k.lame[slot]:
			if err := k.mend(slot); err != nil {
				return err
			}
		}
	}
	return nil
}

// mend writes both copies of a slot anew.
func (k *imageKeys) mend(slot int) error {
	number := k.slots[slot]
	err := k.write(slot, k.block(slot, number, k.keys[number]))
	k.lame[slot] = k.lame[slot] && err != nil
	return err
}

// write puts a block into both copies of a slot, in place, the second only
// when the first is safe on the disk.
func (k *imageKeys) write(slot int, block []byte) error {
	const op = "store.images"
	if !k.whole {
		if err := k.create(); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(k.path(), os.O_WRONLY, 0)
	if err != nil {
		return diskFault(op, err)
	}
	for c := range slotCopies {
		if _, err = f.WriteAt(block, blockAt(slot, c)); err == nil {
			err = f.Sync()
		}
		if err != nil {
			break
		}
		k.step("images copy")
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return diskFault(op, err)
}

// create makes the file, with the keys that are in memory.
func (k *imageKeys) create() error {
	b := make([]byte, imagesSize)
	for slot, number := range k.slots {
		for c := range slotCopies {
			if number != 0 {
				copy(b[blockAt(slot, c):], k.block(slot, number, k.keys[number]))
			}
		}
	}
	if err := writeFile(k.dir, imagesFile, b); err != nil {
		return diskFault("store.images", err)
	}
	k.whole, k.lame = true, [slotCount]bool{}
	return nil
}

// prepare makes a new key in a free slot, durably: one that neither number in
// use stands in. Nothing is sealed under it before the database names it.
func (k *imageKeys) prepare(number uint64, inUse ...uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.Index(k.slots[:], number); i >= 0 { // an attempt before this one
		if k.lame[i] {
			return k.mend(i)
		}
		return nil
	}
	for slot, n := range k.slots {
		if n != 0 && slices.Contains(inUse, n) {
			continue
		}
		w := seal.NewKeyOf(k.under.Suite())
		if err := k.write(slot, k.block(slot, number, w)); err != nil {
			return err
		}
		if old := k.keys[n]; old != nil {
			old.Wipe()
			delete(k.keys, n)
		}
		k.slots[slot], k.lame[slot], k.keys[number] = number, false, w
		return nil
	}
	return fault.New("store.images", fault.Busy, errors.New("both slots are in use"))
}

// destroy takes a key away for ever. On an error it is unknown whether a copy
// is left; the next opening takes that away.
func (k *imageKeys) destroy(number uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for slot, n := range k.slots {
		if n == number && number != 0 {
			return k.destroySlot(slot)
		}
	}
	return nil
}

func (k *imageKeys) destroySlot(slot int) error {
	if w := k.keys[k.slots[slot]]; w != nil {
		w.Wipe()
		delete(k.keys, k.slots[slot])
	}
	if err := k.write(slot, make([]byte, slotBlock)); err != nil {
		return err
	}
	k.slots[slot], k.lame[slot] = 0, false
	return nil
}

// errImages says that the key a blob was sealed under is nowhere any more.
func errImages(op string) error {
	return fault.Say(op, fault.Damaged, "影像密钥文件（images.key）丢失或损坏，此前存在本机的影像无法读取；案件内容不受影响，可以继续受理。",
		errors.New("the wrapping key is gone"))
}

// wrap seals a blob's own key under the wrapping key of a number.
func (k *imageKeys) wrap(number uint64, name []byte, own *seal.Key) ([]byte, error) {
	w := k.keys[number]
	if w == nil {
		return nil, errImages("store.wrap")
	}
	secret := own.Bytes()
	defer seal.Wipe(secret)
	return w.Seal(nil, secret, k.wrapAD(name)), nil
}

// unwrap gives a blob's own key. The caller holds mu, to read at least, for as
// long as the number was read in a transaction that lasts.
func (k *imageKeys) unwrap(number uint64, name, wrapped []byte) (*seal.Key, error) {
	const op = "store.unwrap"
	w := k.keys[number]
	if w == nil {
		return nil, errImages(op)
	}
	secret, err := w.Open(nil, wrapped, k.wrapAD(name))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer seal.Wipe(secret)
	own, err := seal.KeyFromBytes(secret)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	return own, nil
}

func (k *imageKeys) wrapAD(name []byte) []byte {
	const label = "doorstep blob v1\x00"
	b := append(make([]byte, 0, len(label)+len(k.id)+len(name)), label...)
	return append(append(b, k.id[:]...), name...)
}
