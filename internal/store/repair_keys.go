package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// signIn is open with the count of wrong passwords, which is that of Unlock;
// counted says that this one stands in it.
func (m *mender) signIn(password []byte, counted bool) error {
	a, now := newAttempts(m.o.Dir), m.o.now()()
	who := a.held(m.operator, now)
	if err := who.MaySignIn(now); err != nil {
		a.miss(m.operator, now)
		return err
	}
	err := m.open(password)
	switch {
	case err == nil:
		a.set(who.Cleared())
	case fault.KindOf(err) == fault.Password && !counted:
		if m.known {
			a.set(who.Failed(now))
		}
		a.missOf(m.operator, m.known, now)
	}
	return err
}

// open finds a key file that the password opens: the file itself, or any copy
// that is left in the database.
func (m *mender) open(password []byte) error {
	const op = "store.repair keys"
	var err error
	if m.f, err = os.Open(filepath.Join(m.o.Dir, dataFile)); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return beyond("the data file is gone")
		}
		return diskFault(op, err)
	}
	if info, err := m.f.Stat(); err != nil || !info.Mode().IsRegular() {
		return beyond("the data file is no file")
	}
	try := func(b []byte) bool {
		keys, err := seal.ParseKeyfile(b)
		if err != nil || !keys.Has(m.operator) {
			return false
		}
		m.known = true
		data, err := keys.Unlock(m.operator, password)
		if err != nil {
			return false
		}
		m.keys, m.data = keys, data
		return true
	}
	if b, err := readFile(filepath.Join(m.o.Dir, keysFile), maxKeysFile); err == nil && try(b) {
		return nil
	}
	found, err := findKeys(m.ctx, m.f)
	if err != nil {
		return fault.Wrap(op, err)
	}
	for _, b := range found {
		if try(b) {
			return nil
		}
	}
	return fault.New(op, fault.Password, nil)
}

// findKeys gives every copy of a key file that lies in a data file, each once,
// those further behind first.
func findKeys(ctx context.Context, f io.ReaderAt) ([][]byte, error) {
	begin := []byte(`{"format":"doorstep keyfile"`)
	var out [][]byte
	buf := make([]byte, 1<<20)
	for off := int64(0); ; off += int64(len(buf)) - int64(len(begin)) {
		if err := ended("store.findKeys", ctx); err != nil {
			return nil, err
		}
		n, err := f.ReadAt(buf, off)
		for at := 0; ; at++ {
			i := bytes.Index(buf[at:n], begin)
			if i < 0 {
				break
			}
			at += i
			d := json.NewDecoder(io.NewSectionReader(f, off+int64(at), maxKeysFile))
			var one json.RawMessage
			if d.Decode(&one) == nil && !slices.ContainsFunc(out, func(b []byte) bool { return bytes.Equal(b, one) }) {
				out = append(out, one)
			}
		}
		if err != nil || n < len(buf) {
			slices.Reverse(out)
			return out, nil
		}
	}
}

// inForce refuses a former key file that was put back, as Unlock does.
func (m *mender) inForce() error {
	p, ok := m.choice[bMeta]["keys"]
	if !ok {
		return nil
	}
	want, err := m.from.plain(bMeta, []byte("keys"), p)
	if err != nil {
		return err
	}
	if sum := keysSum(m.keys.Marshal()); bytes.Equal(want, sum[:]) {
		return nil
	}
	found, err := findKeys(m.ctx, m.f)
	if b, e := readFile(filepath.Join(m.o.Dir, keysFile), maxKeysFile); e == nil {
		found = append(found, b)
	}
	for _, b := range found {
		keys, bad := seal.ParseKeyfile(b)
		if bad != nil {
			continue
		}
		if sum := keysSum(keys.Marshal()); !bytes.Equal(want, sum[:]) {
			continue
		}
		data, bad := keys.Unlock(m.operator, m.password)
		if bad != nil {
			return bad
		}
		data.Wipe()
		m.keys, m.into.keys = keys, keys
		return nil
	}
	return err
}

// People lists who can unlock the store in dir, also one that does not open;
// by its key file, or the copies of it in the data file.
func People(ctx context.Context, dir string) ([]OperatorName, error) {
	if !Exists(dir) {
		return nil, fault.New("store.People", fault.Missing, nil)
	}
	b, err := readFile(filepath.Join(dir, keysFile), maxKeysFile)
	keys, bad := seal.ParseKeyfile(b)
	if err != nil || bad != nil {
		f, err := os.Open(filepath.Join(dir, dataFile))
		if err != nil {
			return nil, diskFault("store.People", err)
		}
		defer f.Close()
		found, err := findKeys(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, b := range found {
			if keys, bad = seal.ParseKeyfile(b); bad == nil {
				break
			}
		}
	}
	if bad != nil {
		return nil, fault.Wrap("store.People", bad)
	}
	var out []OperatorName
	for _, id := range keys.Operators() {
		out = append(out, OperatorName{ID: id, Name: keys.Name(id)})
	}
	return out, nil
}

// asClerk is the account of a person whose record was lost and whose password
// opens the store: the least that lets them work.
func asClerk(keys *seal.Keyfile, id string) guard.Operator {
	name := keys.Name(id)
	if name == "" {
		name = id
	}
	return guard.Operator{ID: id, Name: name, Roles: []guard.Role{guard.Clerk}, Enabled: true}
}
