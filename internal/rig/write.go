package rig

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// controls make the writer break a promise, so that whoever cuts it off can
// see that a broken one would be found.
type controls struct {
	noSync bool // the store does not wait for the disk
	early  bool // an operation is acknowledged before it is done
	split  bool // the changes of an operation go into transactions of their own
}

// writer does operations on a store.
type writer struct {
	s     *store.Store
	m     *model
	names *names
	clock *clock
	c     controls
}

// clock stands at the operation under way.
type clock struct{ n int64 }

func (c *clock) now() time.Time { return at(c.n) }

const ownPassword = "made up for the rig"

// openStore opens the store in dir, or makes it when there is none.
func openStore(ctx context.Context, dir string, seed int64, c *clock) (*store.Store, error) {
	o := store.Options{Dir: dir, Cost: seal.CheapCost(), Now: c.now}
	if !store.Exists(dir) {
		signer, err := seal.NewSigner()
		if err != nil {
			return nil, err
		}
		p := store.Profile{Device: deviceID(seed), Signer: signer, Server: "https://rig.invalid", County: "522727",
			Point: "rig", CountyKey: countyKey(seed), Centre: signer.Public(), Practice: true}
		return store.Create(ctx, o, p, account(clerk, "rig", true), []byte(ownPassword))
	}
	l, err := store.Open(ctx, o)
	if err != nil {
		return nil, err
	}
	s, _, err := l.Unlock(ctx, clerk, []byte(ownPassword))
	if err != nil {
		_ = l.Close()
		return nil, err
	}
	return s, nil
}

func account(id, name string, on bool) guard.Operator {
	return guard.Operator{ID: id, Name: name, Roles: []guard.Role{guard.Clerk}, Enabled: on}
}

// applied is the number of the last operation in the store.
func applied(ctx context.Context, s *store.Store) (int64, error) {
	var last int64
	head, _ := s.Head()
	if head > 0 {
		own, err := s.Pending(ctx, head-1, 1)
		if err != nil {
			return 0, err
		}
		for _, ch := range own {
			if b, err := loan.Body[loan.RestoreBody](ch); ch.Kind == loan.ChangeRestore && err == nil && b.Last > 0 {
				if own, err = s.Pending(ctx, b.Last-1, 1); err != nil || len(own) == 0 {
					return 0, fmt.Errorf("the change before the restore: %w", err)
				}
				ch = own[0]
			}
			last = numberOf(ch.At)
		}
	}
	for _, row := range s.Search("", 0) {
		last = max(last, numberOf(row.Updated))
	}
	r, err := s.LastReceipt(ctx)
	if err == nil {
		last = max(last, numberOf(r.At))
	} else if fault.KindOf(err) != fault.Missing {
		return 0, err
	}
	for _, key := range append(settingNames(), mark) {
		v, err := readSetting(ctx, s, key)
		if err != nil {
			return 0, err
		}
		last = max(last, v.Op)
	}
	ops, err := s.Operators(ctx)
	if err != nil {
		return 0, err
	}
	for _, o := range ops {
		last = max(last, rosterNumber(o.Name))
	}
	return last, nil
}

// kept is a setting's value.
type kept struct {
	Op   int64  `json:"op"`
	Text string `json:"text"`
}

func settingNames() []string { return []string{"rig/a", "rig/b", "rig/c", "rig/d", "rig/e", "rig/f"} }

// readSetting is zero for a setting that was never set.
func readSetting(ctx context.Context, s *store.Store, key string) (v kept, err error) {
	if err = s.Setting(ctx, key, &v); fault.KindOf(err) == fault.Missing {
		err = nil
	}
	return v, err
}

const rosterName = "rig op "

func rosterNumber(name string) int64 {
	digits, _ := strings.CutPrefix(name, rosterName)
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n
}

// run does operations until max of them are done, and says so in ack.
func (w *writer) run(ctx context.Context, ack io.Writer, most int64, tries int) error {
	for done := int64(0); done < most; done++ {
		n := w.m.applied + 1
		fmt.Fprintf(ack, "I %d\n", n)
		if w.c.early {
			fmt.Fprintf(ack, "A %d\n", n)
		}
		o := w.m.next(n)
		sure, err := w.persist(ctx, o, tries)
		if err != nil {
			return fmt.Errorf("op %d: %w", n, err)
		}
		w.m.take(o)
		if sure && !w.c.early {
			fmt.Fprintf(ack, "A %d\n", n)
		}
	}
	return nil
}

// persist does an operation, again and again where that was asked for. It is
// not sure when a failure was reported and yet the store shows the operation:
// then only the next one's success makes it durable.
func (w *writer) persist(ctx context.Context, o *op, tries int) (sure bool, err error) {
	for try := 0; ; try++ {
		if err = w.do(ctx, o); err == nil {
			return true, nil
		}
		if try >= tries {
			return false, err
		}
		time.Sleep(10 * time.Millisecond)
		if n, e := applied(ctx, w.s); e == nil && n >= o.n {
			return false, nil
		}
	}
}

// do does one operation.
func (w *writer) do(ctx context.Context, o *op) error {
	w.clock.n = o.n
	switch o.verb {
	case commit:
		return w.commit(ctx, o)
	case receive:
		return w.receive(ctx, o)
	case receipt:
		return w.acknowledge(ctx, o)
	case setting:
		return w.s.SetSetting(ctx, o.key, kept{o.n, text(w.m.seed, o.n)})
	case roster:
		return w.s.AddOperator(ctx, account(o.key, rosterName+strconv.FormatInt(o.n, 10), o.on))
	case password:
		if err := w.s.EnableOperator(ctx, account(o.key, o.key, true), passwordOf(w.m.seed, o)); err != nil {
			return err
		}
	case retain, season:
		if err := w.retain(ctx, o); err != nil || !o.marked() {
			return err
		}
	case compact:
		// With no room for a second file it is put off, and nothing has changed.
		if err := w.s.Compact(ctx, nil); err != nil && fault.KindOf(err) != fault.Full {
			return err
		}
		if w.c.noSync {
			w.s.ForgoSync() // it is another file
		}
	case backup:
		if err := w.backup(ctx, o); err != nil {
			return err
		}
	}
	return w.s.SetSetting(ctx, mark, kept{o.n, text(w.m.seed, o.n)})
}

// stickOf is where the backups of the store in dir go: into the same folder, so
// that a cut takes the power of both.
func stickOf(dir string) string { return filepath.Join(dir, "stick") }

// noRoom is the setting that names a backup for which there was no room.
const noRoom = "rig/no-room"

func (w *writer) backup(ctx context.Context, o *op) error {
	stick := stickOf(w.s.Dir())
	if err := os.MkdirAll(stick, 0o700); err != nil {
		return err
	}
	if d, err := os.Open(w.s.Dir()); err == nil { // a stick is there before a backup
		_ = d.Sync()
		_ = d.Close()
	}
	_, err := w.s.Backup(ctx, stick, nil)
	if fault.KindOf(err) == fault.Full {
		return w.s.SetSetting(ctx, noRoom, kept{Op: o.n}) // the one before is what there is
	}
	return err
}

func passwordOf(seed int64, o *op) []byte { return []byte(text(seed, o.n)) }

func (w *writer) commit(ctx context.Context, o *op) error {
	var entries []store.Entry
	for _, e := range o.entries {
		x := store.Entry{Kind: e.kind, Operator: e.who, Body: w.names.body(e, "")}
		if e.on != nil {
			x.Case = e.on.id
		}
		entries = append(entries, x)
	}
	var blobs []store.Blob
	for _, r := range o.blobs {
		blobs = append(blobs, store.Blob{Hash: w.names.of(r), Content: w.names.bytes(r)})
	}
	if w.c.split && len(entries) > 1 && entries[0].Kind != loan.ChangeSeal {
		if _, err := w.s.Commit(ctx, entries[:1], nil); err != nil {
			return err
		}
		entries = entries[1:]
	}
	_, err := w.s.Commit(ctx, entries, blobs)
	return err
}

// receive brings home a change of the centre's chain.
func (w *writer) receive(ctx context.Context, o *op) error {
	e := o.entries[0]
	c, err := w.s.Case(ctx, e.on.id)
	if err != nil {
		return err
	}
	finished := ""
	if c.Finish != nil {
		finished = c.Finish.ID.String()
	}
	seed := w.m.seed
	// Every other number of the chain is here, so that none has a neighbour.
	ch := &loan.Change{ID: uuidOf(seed, o.n), Device: centreID(seed), Counter: 2 * uint64(o.n), Prev: loan.Hash(bytesOf(seed, o.n, 7, 32)),
		Seen: c.Heads, Operator: e.who, Case: e.on.id, Kind: e.kind, At: at(o.n), Body: marshal(w.names.body(e, finished))}
	ch.BodyHash = loan.BodyHashOf(w.s.Sum, ch.Salt, ch.Body)
	return w.s.Receive(ctx, []*loan.Change{ch})
}

func (w *writer) acknowledge(ctx context.Context, o *op) error {
	r := store.Receipt{Centre: centreID(w.m.seed), Epoch: epochID(w.m.seed, o.epoch), Device: deviceID(w.m.seed),
		Through: o.through, At: at(o.n), Raw: bytesOf(w.m.seed, o.n, 8, 200)}
	if o.through > 0 {
		own, err := w.s.Pending(ctx, o.through-1, 1)
		if err != nil || len(own) == 0 {
			return fmt.Errorf("the change %d is not there: %w", o.through, err)
		}
		r.Chain = own[0].HeaderHash(w.s.Sum)
	}
	for _, b := range o.held {
		r.Blobs = append(r.Blobs, w.names.of(b))
	}
	return w.s.Acknowledge(ctx, r)
}
