package rulebook

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// PacksPath is where the county's policy packs live in a data folder.
func PacksPath(dir string) string { return filepath.Join(dir, "packs.json") }

const (
	maxPacks   = 64 << 20
	packsWords = "本机保存的政策包已损坏，请登录一次，会自动重写。"
)

// KeepPacks puts the county's policy packs, the texts of loan.ParsePolicy, into
// the data folder in the place of those that are there, whole and durable; with
// none the file goes. On any error the former ones stand.
func KeepPacks(dir string, packs [][]byte) error {
	const op = "keep policy packs"
	path := PacksPath(dir)
	if len(packs) == 0 {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return diskFault(op, err)
		}
		return nil
	}
	raw := make([]json.RawMessage, len(packs))
	for i, p := range packs {
		raw[i] = p
	}
	b, err := json.Marshal(raw)
	if err != nil {
		return fault.New(op, fault.Input, errors.New("a policy pack is no JSON"))
	}
	if have, err := ReadPacks(dir); err == nil && bytes.Equal(have, b) {
		return nil
	}
	return diskFault(op, replaceFile(path, b))
}

// ReadPacks gives the bytes of the file of policy packs in a data folder, of a longer one
// than can be its beginning; nil where there is none. What is no file is fault.Damaged,
// one that cannot be read fault.Disk.
func ReadPacks(dir string) ([]byte, error) { return readFile(PacksPath(dir), maxPacks) }

// OpenInForce is Open with the county's policy packs that were kept in the data
// folder, where there are any. Packs there that cannot be read are fault.Damaged
// or fault.Disk, never passed over in silence.
func OpenInForce(dir string) (*loan.Reference, error) {
	const op = "open policy packs"
	ref, err := Open(dir)
	if err != nil {
		return nil, err
	}
	b, err := ReadPacks(dir)
	if fault.KindOf(err) == fault.Damaged || len(b) > maxPacks {
		return nil, fault.Say(op, fault.Damaged, packsWords, cmp.Or(err, errors.New("the policy packs are too long")))
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if b == nil {
		return ref, nil
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(b, &raw); err != nil {
		return nil, fault.Say(op, fault.Damaged, packsWords, errors.New("not JSON"))
	}
	packs := make([]loan.Policy, len(raw))
	for i, r := range raw {
		if packs[i], err = loan.ParsePolicy(r); err != nil {
			return nil, fault.Say(op, fault.Damaged, packsWords, err)
		}
	}
	return ref.WithPolicies(packs...), nil
}
