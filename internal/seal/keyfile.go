package seal

import (
	"bytes"
	"crypto/hmac"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"unicode/utf8"

	"doorstep/internal/fault"
)

const (
	keyfileFormat  = "doorstep keyfile"
	keyfileVersion = 1
	saltSize       = 16
	idSize         = 16
	maxKeyfile     = 1 << 20
	maxSlots       = 500
	maxLabel       = 100
)

// Keyfile holds the data key, locked once for each operator by a password and
// once for each recovery key. It keeps no secret in the open. It is not safe
// for use from several goroutines at once.
type Keyfile struct {
	id       [idSize]byte
	suite    Suite
	cost     Cost
	slots    []slot
	recovery []recovery
	mac      []byte
}

type slot struct {
	Operator string `json:"operator"`
	Name     string `json:"name,omitempty"`
	Time     uint32 `json:"time"`
	Memory   uint32 `json:"memory_kib"`
	Threads  uint8  `json:"threads"`
	Salt     []byte `json:"salt"`
	Box      []byte `json:"box"`
}

type recovery struct {
	Key []byte `json:"key"`
	Box []byte `json:"box"`
}

type keyfileJSON struct {
	Format   string     `json:"format"`
	Version  int        `json:"version"`
	Suite    Suite      `json:"suite"`
	ID       string     `json:"id"`
	Time     uint32     `json:"time"`
	Memory   uint32     `json:"memory_kib"`
	Threads  uint8      `json:"threads"`
	Slots    []slot     `json:"slots"`
	Recovery []recovery `json:"recovery"`
	MAC      string     `json:"mac,omitempty"`
}

// NewKeyfile makes an empty key file and the data key it will hold; the caller
// adds at least one operator, or the data key is lost.
func NewKeyfile(cost Cost) (*Keyfile, *Key) { return NewKeyfileOf(International, cost) }

// NewKeyfileOf is NewKeyfile with a known suite.
func NewKeyfileOf(s Suite, cost Cost) (*Keyfile, *Key) {
	k := NewKeyOf(s)
	f := &Keyfile{suite: s, cost: cost}
	_, _ = rand.Read(f.id[:])
	f.authenticate(k)
	return f, k
}

// ID is the file's random name; what is sealed under the data key is bound to it.
func (f *Keyfile) ID() [idSize]byte { return f.id }

// Operators lists the ids of the operators who can unlock, in order of adding.
func (f *Keyfile) Operators() []string {
	out := make([]string, len(f.slots))
	for i, s := range f.slots {
		out[i] = s.Operator
	}
	return out
}

// Name is the name an operator signs in by, readable while locked; it is empty
// when none was set.
func (f *Keyfile) Name(operator string) string {
	if s := f.slot(operator); s != nil {
		return s.Name
	}
	return ""
}

// Has says whether an operator can unlock.
func (f *Keyfile) Has(operator string) bool { return f.slot(operator) != nil }

func (f *Keyfile) slot(operator string) *slot {
	i := slices.IndexFunc(f.slots, func(s slot) bool { return s.Operator == operator })
	if i < 0 {
		return nil
	}
	return &f.slots[i]
}

// Add lets an operator unlock data, which must be this file's own data key.
// An operator already there is fault.Exists; an empty id or password, or one
// too long, fault.Input. On failure nothing changes.
func (f *Keyfile) Add(data *Key, operator string, password []byte) error {
	const op = "seal.Keyfile.Add"
	if err := f.check(data); err != nil {
		return fault.Wrap(op, err)
	}
	if f.slot(operator) != nil {
		return fault.New(op, fault.Exists, nil)
	}
	if len(f.slots) >= maxSlots {
		return fault.New(op, fault.TooLarge, errors.New("too many operators"))
	}
	s, err := f.lock(data, operator, password)
	if err != nil {
		return fault.Wrap(op, err)
	}
	f.slots = append(f.slots, s)
	f.authenticate(data)
	return nil
}

// SetName sets the name shown for an operator while locked; fault.Missing for
// an operator not there.
func (f *Keyfile) SetName(data *Key, operator, name string) error {
	const op = "seal.Keyfile.SetName"
	if err := f.check(data); err != nil {
		return fault.Wrap(op, err)
	}
	s := f.slot(operator)
	if s == nil {
		return fault.New(op, fault.Missing, nil)
	}
	if !label(name) {
		return fault.New(op, fault.Input, errors.New("name too long"))
	}
	s.Name = name
	f.authenticate(data)
	return nil
}

// Unlock gives the data key. A wrong operator or password is fault.Password, and takes
// as long; a file that was changed outside is fault.Damaged.
func (f *Keyfile) Unlock(operator string, password []byte) (*Key, error) {
	const op = "seal.Keyfile.Unlock"
	s := f.slot(operator)
	if s == nil {
		if len(f.slots) > 0 {
			Wipe(f.slots[0].cost().derive(password, f.slots[0].Salt))
		}
		return nil, fault.New(op, fault.Password, nil)
	}
	kek := &Key{suite: f.suite}
	secret := s.cost().derive(password, s.Salt)
	copy(kek.secret[:], secret)
	Wipe(secret)
	defer kek.Wipe()
	b, err := kek.Open(nil, s.Box, f.slotAD(s))
	if err != nil {
		return nil, fault.New(op, fault.Password, nil)
	}
	defer Wipe(b)
	k, err := f.accept(b)
	return k, fault.Wrap(op, err)
}

// Change gives an operator a new password, when the old one is right.
// On failure nothing changes.
func (f *Keyfile) Change(operator string, old, new []byte) error {
	const op = "seal.Keyfile.Change"
	data, err := f.Unlock(operator, old)
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer data.Wipe()
	return fault.Wrap(op, f.Reset(data, operator, new))
}

// Reset gives an operator a new password without the old one; fault.Missing
// for an operator not there. On failure nothing changes.
func (f *Keyfile) Reset(data *Key, operator string, password []byte) error {
	const op = "seal.Keyfile.Reset"
	if err := f.check(data); err != nil {
		return fault.Wrap(op, err)
	}
	s := f.slot(operator)
	if s == nil {
		return fault.New(op, fault.Missing, nil)
	}
	made, err := f.lock(data, operator, password)
	if err != nil {
		return fault.Wrap(op, err)
	}
	made.Name = s.Name
	*s = made
	f.authenticate(data)
	return nil
}

// Remove takes an operator's way in away; fault.Missing when there is none.
// The last one stays: fault.Denied.
func (f *Keyfile) Remove(data *Key, operator string) error {
	const op = "seal.Keyfile.Remove"
	if err := f.check(data); err != nil {
		return fault.Wrap(op, err)
	}
	if f.slot(operator) == nil {
		return fault.New(op, fault.Missing, nil)
	}
	if len(f.slots) == 1 {
		return fault.New(op, fault.Denied, errors.New("the last operator"))
	}
	f.slots = slices.DeleteFunc(f.slots, func(s slot) bool { return s.Operator == operator })
	f.authenticate(data)
	return nil
}

// lock makes the slot that opens with password.
func (f *Keyfile) lock(data *Key, operator string, password []byte) (slot, error) {
	if operator == "" || !label(operator) || len(password) == 0 || len(password) > 1024 {
		return slot{}, fault.New("seal.Keyfile", fault.Input, errors.New("operator or password empty or too long"))
	}
	if err := f.cost.valid(); err != nil {
		return slot{}, err
	}
	s := slot{Operator: operator, Time: f.cost.Time, Memory: f.cost.MemoryKiB,
		Threads: f.cost.Threads, Salt: make([]byte, saltSize)}
	_, _ = rand.Read(s.Salt)
	kek := &Key{suite: f.suite}
	secret := f.cost.derive(password, s.Salt)
	copy(kek.secret[:], secret)
	Wipe(secret)
	defer kek.Wipe()
	b := data.Bytes()
	defer Wipe(b)
	s.Box = kek.Seal(nil, b, f.slotAD(&s))
	return s, nil
}

func (s *slot) cost() Cost { return Cost{Time: s.Time, MemoryKiB: s.Memory, Threads: s.Threads} }

func (f *Keyfile) slotAD(s *slot) []byte {
	b := append([]byte("doorstep slot v1\x00"), f.id[:]...)
	return append(b, s.Operator...)
}

// accept takes an opened data key if the whole file is authentic under it.
func (f *Keyfile) accept(b []byte) (*Key, error) {
	k, err := KeyFromBytes(b)
	if err != nil {
		return nil, fault.New("seal.Keyfile", fault.Damaged, err)
	}
	if err := f.check(k); err != nil {
		k.Wipe()
		return nil, err
	}
	return k, nil
}

func (f *Keyfile) check(data *Key) error {
	if data.suite != f.suite || !hmac.Equal(f.mac, f.sum(data)) {
		return fault.New("seal.Keyfile", fault.Damaged, errors.New("not authentic under this key"))
	}
	return nil
}

func (f *Keyfile) authenticate(data *Key) { f.mac = f.sum(data) }

func (f *Keyfile) sum(data *Key) []byte {
	k := data.Derive("doorstep keyfile mac v1")
	defer k.Wipe()
	m := k.mac(f.encode(""))
	return m[:]
}

func (f *Keyfile) encode(mac string) []byte {
	b, err := json.Marshal(keyfileJSON{Format: keyfileFormat, Version: keyfileVersion, Suite: f.suite,
		ID: hex.EncodeToString(f.id[:]), Time: f.cost.Time, Memory: f.cost.MemoryKiB, Threads: f.cost.Threads,
		Slots: f.slots, Recovery: f.recovery, MAC: mac})
	if err != nil {
		panic(err) // strings, numbers and bytes alone
	}
	return b
}

// Marshal gives the file's bytes. To keep them safely on disk is the store's.
func (f *Keyfile) Marshal() []byte { return append(f.encode(hex.EncodeToString(f.mac)), '\n') }

// ParseKeyfile is the inverse of Marshal. Bytes that are not a key file, or
// past a limit, are fault.Damaged; a later version or suite is fault.Newer.
func ParseKeyfile(b []byte) (*Keyfile, error) {
	const op = "seal.ParseKeyfile"
	damaged := func(why string) (*Keyfile, error) {
		return nil, fault.New(op, fault.Damaged, errors.New(why))
	}
	if len(b) > maxKeyfile {
		return damaged("too long")
	}
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
		Suite   Suite  `json:"suite"`
	}
	if json.Unmarshal(b, &head) != nil || head.Format != keyfileFormat || head.Version < 1 {
		return damaged("not a key file")
	}
	if head.Version > keyfileVersion || head.Suite > National {
		return nil, fault.New(op, fault.Newer, nil)
	}
	var j keyfileJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if d.Decode(&j) != nil || !j.Suite.Known() {
		return damaged("fields")
	}
	if _, err := d.Token(); err != io.EOF {
		return damaged("something follows")
	}
	id, err := hex.DecodeString(j.ID)
	mac, err2 := hex.DecodeString(j.MAC)
	if err != nil || err2 != nil || len(id) != idSize || len(mac) != HashSize {
		return damaged("id or mac")
	}
	f := &Keyfile{id: [idSize]byte(id), suite: j.Suite, cost: Cost{j.Time, j.Memory, j.Threads},
		slots: j.Slots, recovery: j.Recovery, mac: mac}
	if !f.plausible() {
		return damaged("slots")
	}
	return f, nil
}

func (f *Keyfile) plausible() bool {
	if f.cost.valid() != nil || len(f.slots) > maxSlots || len(f.recovery) > maxSlots {
		return false
	}
	seen := map[string]bool{}
	for i := range f.slots {
		s := &f.slots[i]
		if s.Operator == "" || !label(s.Operator) || !label(s.Name) || seen[s.Operator] ||
			s.cost().valid() != nil || len(s.Salt) != saltSize || len(s.Box) != KeyBytes+Overhead {
			return false
		}
		seen[s.Operator] = true
	}
	return true
}

func label(s string) bool { return len(s) <= maxLabel && utf8.ValidString(s) }
