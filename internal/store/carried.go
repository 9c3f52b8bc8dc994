package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/uuid"

	"doorstep/internal/fault"
)

// Carried is a parcel of another laptop, sealed to the centre, that this one
// carries there for it.
type Carried struct {
	Device      uuid.UUID
	First, Last uint64
}

const (
	carriedDir = "carried"
	// maxCarried bounds what is carried for others, in parcels.
	maxCarried = 4096
	// MaxCarriedBytes bounds one sealed parcel.
	MaxCarriedBytes = 3 << 20
)

func (c Carried) name() string { return fmt.Sprintf("%s-%020d-%020d", c.Device, c.First, c.Last) }

func parseCarried(name string) (Carried, bool) {
	var c Carried
	if len(name) != 36+1+20+1+20 {
		return c, false
	}
	id, err := uuid.Parse(name[:36])
	if err != nil {
		return c, false
	}
	c.Device = id
	n, err := fmt.Sscanf(name[36:], "-%020d-%020d", &c.First, &c.Last)
	return c, err == nil && n == 2 && c.name() == name
}

// KeepCarried keeps a sealed parcel for another laptop, in place of those that
// lie within it. fault.Full when too
// much is carried already; fault.Input for what is none.
func (s *Store) KeepCarried(ctx context.Context, c Carried, sealed []byte) error {
	const op = "store.KeepCarried"
	if c.Device == uuid.Nil || c.Device == s.profile.Device || c.First == 0 || c.Last < c.First || len(sealed) == 0 || len(sealed) > MaxCarriedBytes {
		return fault.New(op, fault.Input, errors.New("not a parcel to be carried"))
	}
	all, err := s.Carried(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(all) >= maxCarried {
		return fault.New(op, fault.Full, errors.New("too many parcels of others"))
	}
	dir := filepath.Join(s.o.Dir, carriedDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return diskFault(op, err)
	}
	if err := writeFile(dir, c.name(), sealed); err != nil {
		return diskFault(op, err)
	}
	for _, o := range all {
		if o != c && o.Device == c.Device && o.First >= c.First && o.Last <= c.Last {
			if err := s.DropCarried(ctx, o); err != nil {
				return fault.Wrap(op, err)
			}
		}
	}
	return nil
}

// Carried lists what is carried for others, of each device in the order of its
// chain.
func (s *Store) Carried(ctx context.Context) ([]Carried, error) {
	const op = "store.Carried"
	if err := ended(op, ctx); err != nil {
		return nil, err
	}
	files, err := os.ReadDir(filepath.Join(s.o.Dir, carriedDir))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	var out []Carried
	for _, f := range files {
		if c, ok := parseCarried(f.Name()); ok {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b Carried) int {
		return cmp.Or(slices.Compare(a.Device[:], b.Device[:]), cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last))
	})
	return out, nil
}

// ReadCarried reads one; fault.Missing when it is gone.
func (s *Store) ReadCarried(ctx context.Context, c Carried) ([]byte, error) {
	const op = "store.ReadCarried"
	if err := ended(op, ctx); err != nil {
		return nil, err
	}
	b, err := readFile(filepath.Join(s.o.Dir, carriedDir, c.name()), MaxCarriedBytes)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fault.New(op, fault.Missing, nil)
	}
	return b, diskFault(op, err)
}

// DropCarried forgets one: it has arrived, or will never be taken.
func (s *Store) DropCarried(ctx context.Context, c Carried) error {
	const op = "store.DropCarried"
	if err := ended(op, ctx); err != nil {
		return err
	}
	err := os.Remove(filepath.Join(s.o.Dir, carriedDir, c.name()))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return diskFault(op, err)
}
