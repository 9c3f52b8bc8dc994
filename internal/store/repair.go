package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// RepairReport says what a repair could save and what it could not, by ids and
// counters alone.
type RepairReport struct {
	Whole      bool         // nothing was damaged, and nothing was done
	Kept       string       // name of the damaged file, which stays in the folder
	Cases      int          // cases of which nothing was lost
	Incomplete []uuid.UUID  // cases that open and lack changes
	Unopened   []uuid.UUID  // cases that cannot be shown until what opened them comes back
	Own        []loan.Range // counters of the device's own chain
	Through    uint64       // the last own counter of which there is a trace
	Exact      bool         // nothing followed Through; else that is not known
	Astray     int          // changes of which not even the case is known
	Others     int          // changes of other devices
	Blobs      []loan.Hash  // attachments that were here and are not any more
	Operators  []string     // accounts whose record was lost: they sign in as clerks until the centre's roster comes
	Settings   int
	Receipts   int
	Values     int // of the file, where that is known
	Saved      int // of those
}

// errBeyond marks a damage that no repair mends.
var errBeyond = errors.New("no repair mends it")

// Repairable says whether an error of Open or Unlock is a damage that Repair
// may mend.
func Repairable(err error) bool {
	return fault.KindOf(err) == fault.Damaged && !errors.Is(err, errBeyond)
}

// Repair mends a damaged store, for an operator whose password opens it. It
// makes a whole new database of all that can still be read, keeps the damaged
// one as store.bolt.damaged-N, notes in the chain what is lost, and keeps what
// is to be asked of the centre as Wanted. Cut short at any moment it has
// changed nothing, and can be run again. A store that is whole is left alone.
// Failures are those of Unlock; fault.Damaged when nothing can be saved.
func Repair(ctx context.Context, o Options, operator string, password []byte) (RepairReport, error) {
	const op = "store.Repair"
	err := healthy(ctx, o, operator, password)
	if err == nil {
		return RepairReport{Whole: true}, nil
	}
	wrong := fault.KindOf(err) == fault.Password // or it fits no key file but a copy of one
	if fault.KindOf(err) != fault.Damaged && !wrong {
		return RepairReport{}, fault.Wrap(op, err)
	}
	lock, err := acquire(o.Dir)
	if err != nil {
		return RepairReport{}, fault.Wrap(op, err)
	}
	defer lock.Close()
	m := &mender{ctx: ctx, o: o, operator: operator, password: password}
	defer m.close()
	if err := m.signIn(password, wrong); err != nil {
		return RepairReport{}, fault.Wrap(op, err)
	}
	if err := m.run(); err != nil {
		_ = os.Remove(m.newPath())
		return RepairReport{}, diskFault(op, err)
	}
	return m.report, nil
}

// healthy is nil for a store that opens and is whole.
func healthy(ctx context.Context, o Options, operator string, password []byte) error {
	l, err := Open(ctx, o)
	if err != nil {
		return err
	}
	s, _, err := l.Unlock(ctx, operator, password)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if err = s.VerifyLedger(ctx); err == nil {
		err = s.VerifyChain(ctx)
	}
	if err == nil {
		err = s.verifyWraps(ctx)
	}
	return errors.Join(err, s.Close())
}

// verifyWraps demands that the wrapping key of every attachment is here, but
// for those that are asked for already.
func (s *Store) verifyWraps(ctx context.Context) error {
	w, err := s.Wanted(ctx)
	if err != nil {
		return err
	}
	asked := map[loan.Hash]bool{}
	for _, h := range w.Blobs {
		asked[h] = true
	}
	return s.eachInfo(ctx, func([]named) error { return errImages("store.verifyWraps") }, func(h loan.Hash, i *blobInfo) bool {
		return i.state == blobKept && !s.readable(i) && !asked[h]
	})
}

// mender is one repair under way.
type mender struct {
	ctx      context.Context
	o        Options
	operator string
	known    bool // a key file that was found has the operator
	f        *os.File
	keys     *seal.Keyfile
	data     *seal.Key
	from     *salvage
	into     *Store
	choice   map[string]map[string]piece
	wanted   Wanted
	lacking  []lack
	used     uint64 // the highest own counter that is known to have been used
	report   RepairReport
	done     int64
	password []byte
	old      bool // the file is of format 1
	infos    map[string]*blobInfo
	broken   []loan.Hash        // attachments of which a piece is lost
	rows     map[uuid.UUID]*row // the summaries, as they were
	erased   map[uuid.UUID]loan.Status
}

func (m *mender) close() {
	if m.f != nil {
		_ = m.f.Close()
	}
	if m.data != nil {
		m.data.Wipe()
	}
}

func (m *mender) newPath() string { return filepath.Join(m.o.Dir, dataFile+newSuffix) }

func (m *mender) progress(n int) {
	m.done += int64(n)
	if m.o.Progress != nil && m.from != nil {
		total := 4 * m.from.size // to find, to authenticate, to copy and to read back
		m.o.Progress(min(m.done, total), total)
	}
}

// run reads what there is, builds the new database, leads the chain on, and
// puts it in the damaged one's place.
func (m *mender) run() error {
	from, err := newSalvage(m.ctx, m.f, newVault(m.keys.ID(), m.data), m.progress)
	if err != nil {
		return err
	}
	m.from = from
	defer from.vault.wipe()
	if err := from.climb(); err != nil {
		return err
	}
	if slices.ContainsFunc(sealedBuckets(), func(b string) bool { return !from.whole[b] }) {
		if err := from.scan(); err != nil {
			return err
		}
	}
	if err := os.Remove(m.newPath()); err != nil && !os.IsNotExist(err) {
		return err
	}
	if m.into, err = newBuilder(m.o, m.newPath(), m.keys, m.data); err != nil {
		return err
	}
	err = shield("store.repair", m.build)
	if e := m.into.finishFile(); err == nil {
		err = e
	}
	m.into.forget()
	if err != nil {
		return err
	}
	if err := m.leadOn(); err != nil {
		return err
	}
	return m.takeOver()
}

// leadOn opens the new database as the store it is, reads every attachment, and
// writes the change that says what was lost, under a counter never used.
func (m *mender) leadOn() error {
	path := m.newPath()
	if err := precheck(path); err != nil {
		return err
	}
	db, err := openDB(path)
	if err != nil {
		return err
	}
	o := m.o
	o.file = dataFile + newSuffix
	s, err := newStore(o, db, m.keys, m.data, newAttempts(o.Dir))
	if err != nil {
		return errors.Join(err, db.Close())
	}
	err = m.note(s)
	if err == nil {
		err = s.VerifyLedger(m.ctx)
	}
	if err == nil {
		err = s.VerifyChain(m.ctx)
	}
	s.forget()
	return errors.Join(err, shield("store.repair", s.db.Close))
}

func (m *mender) note(s *Store) error {
	unreadable, err := m.unreadable(s)
	if err != nil {
		return err
	}
	m.report.Blobs = append(m.report.Blobs, unreadable...)
	slices.SortFunc(m.report.Blobs, func(a, b loan.Hash) int { return bytes.Compare(a[:], b[:]) })
	body := loan.RepairBody{Lost: m.report.Own, Blobs: m.report.Blobs[:min(len(m.report.Blobs), 1000)],
		Cases: len(m.report.Incomplete) + len(m.report.Unopened)}
	m.report.Through, m.report.Exact = m.used, m.from.whole[bChains]
	e := Entry{Kind: loan.ChangeRepair, Operator: m.operator, Body: body}
	return s.newEraAbove(m.ctx, "store.Repair", e, m.used, func(tx *bbolt.Tx) error {
		w, err := s.readWanted(tx)
		if err != nil {
			return err
		}
		for _, h := range unreadable {
			if err := s.del(tx, bUnsent, h[:]); err != nil { // it would hold up what can be sent
				return err
			}
			if !slices.Contains(w.Blobs, h) {
				w.Blobs = append(w.Blobs, h)
			}
		}
		return s.putWanted(tx, w)
	})
}

// unreadable lists the attachments whose pieces are all there and that cannot
// be read for another reason.
func (m *mender) unreadable(s *Store) ([]loan.Hash, error) {
	var out []loan.Hash
	for name := range m.choice[bBlobInfo] {
		h := loan.Hash([]byte(name))
		if slices.Contains(m.report.Blobs, h) {
			continue
		}
		content, err := s.Blob(m.ctx, h)
		m.progress(len(content))
		switch fault.KindOf(err) {
		case fault.Damaged:
			out = append(out, h)
		case fault.Cancelled, fault.Disk:
			return nil, err
		}
	}
	return out, nil
}

// takeOver keeps the damaged file under another name and puts the new one in
// its place, which a crash at any moment leaves done or not done.
func (m *mender) takeOver() error {
	path := filepath.Join(m.o.Dir, dataFile)
	kept, err := m.keep(path)
	if err != nil {
		return err
	}
	m.report.Kept = kept
	if err := syncDir(m.o.Dir); err != nil {
		return err
	}
	if b, err := readFile(filepath.Join(m.o.Dir, keysFile), maxKeysFile); err != nil || !bytes.Equal(b, m.keys.Marshal()) {
		if err := writeFile(m.o.Dir, keysFile, m.keys.Marshal()); err != nil {
			return err
		}
	}
	_ = m.f.Close() // not every system renames over an open file
	m.f = nil
	return promote(m.o.Dir, dataFile)
}

// keep gives the damaged file a second name, so that it is there under one of
// them at every moment; where a file can have one name only, a copy.
func (m *mender) keep(path string) (string, error) {
	for n := 1; n < 1000; n++ {
		name := fmt.Sprintf("%s%s%d", dataFile, asideMark, n)
		other := filepath.Join(m.o.Dir, name)
		if a, err := os.Stat(other); err == nil {
			if b, err := os.Stat(path); err == nil && os.SameFile(a, b) {
				return name, nil // of a repair that was cut short
			}
			continue
		}
		if os.Link(path, other) == nil {
			return name, nil
		}
		return name, copyFile(path, other)
	}
	return "", fault.New("store.repair", fault.Full, errors.New("too many damaged files are kept"))
}

func copyFile(from, to string) error {
	src, err := os.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	if err == nil {
		err = dst.Sync()
	}
	if e := dst.Close(); err == nil {
		err = e
	}
	if err != nil {
		_ = os.Remove(to)
	}
	return err
}
