package seal

import (
	"bytes"
	"errors"

	"doorstep/internal/fault"
)

// SetRecovery lets the holder of recipient's private key recover the data key,
// and nobody else: wraps to other keys go. The wrap is bound to the file and
// to the device, so that it cannot be shown for another laptop's. On failure
// nothing changes.
func (f *Keyfile) SetRecovery(data *Key, recipient PublicKey, device [16]byte) error {
	const op = "seal.Keyfile.SetRecovery"
	if err := f.check(data); err != nil {
		return fault.Wrap(op, err)
	}
	if recipient.Zero() {
		return fault.New(op, fault.Input, errors.New("no key"))
	}
	b := data.Bytes()
	defer Wipe(b)
	box, err := recipient.Encrypt(b, recoveryAD(f.id, device))
	if err != nil {
		return fault.Wrap(op, err)
	}
	f.recovery = []recovery{{Key: recipient.Marshal(), Box: box}}
	f.authenticate(data)
	return nil
}

// Recoverable says whether the file is wrapped to recipient and to no other.
func (f *Keyfile) Recoverable(recipient PublicKey) bool {
	return len(f.recovery) == 1 && bytes.Equal(f.recovery[0].Key, recipient.Marshal())
}

// HasRecovery says whether the file is wrapped to any recovery key.
func (f *Keyfile) HasRecovery() bool { return len(f.recovery) > 0 }

// Recover gives the data key to the holder of a recovery key; fault.Missing
// when the file was never wrapped to it, fault.Damaged for another device.
func (f *Keyfile) Recover(s *Signer, device [16]byte) (*Key, error) {
	const op = "seal.Keyfile.Recover"
	der := s.Public().Marshal()
	for _, r := range f.recovery {
		if !bytes.Equal(r.Key, der) {
			continue
		}
		b, err := s.Decrypt(r.Box, recoveryAD(f.id, device))
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		defer Wipe(b)
		k, err := f.accept(b)
		return k, fault.Wrap(op, err)
	}
	return nil, fault.New(op, fault.Missing, nil)
}

// Holds is nil when data is this file's own data key and the file is as it was
// written, else fault.Damaged.
func (f *Keyfile) Holds(data *Key) error { return fault.Wrap("seal.Keyfile.Holds", f.check(data)) }

// Suite is the suite of the data key and of the slots.
func (f *Keyfile) Suite() Suite { return f.suite }

// Cost is what a password set from now on costs to guess.
func (f *Keyfile) Cost() Cost { return f.cost }

// RaiseCost makes passwords set from now on cost at least as much as cost, in
// each of its parameters; it never lowers one.
func (f *Keyfile) RaiseCost(data *Key, cost Cost) error {
	const op = "seal.Keyfile.RaiseCost"
	if err := f.check(data); err != nil {
		return fault.Wrap(op, err)
	}
	next := Cost{Time: max(f.cost.Time, cost.Time), MemoryKiB: max(f.cost.MemoryKiB, cost.MemoryKiB),
		Threads: max(f.cost.Threads, cost.Threads)}
	if err := next.valid(); err != nil {
		return fault.New(op, fault.Input, err)
	}
	if next != f.cost {
		f.cost = next
		f.authenticate(data)
	}
	return nil
}

func recoveryAD(keyfile, device [16]byte) []byte {
	b := append([]byte("doorstep recovery v2\x00"), keyfile[:]...)
	return append(b, device[:]...)
}
