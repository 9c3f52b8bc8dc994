package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// Store is the laptop's store, unlocked. Its methods may be called from many
// goroutines at once.
type Store struct {
	o        Options
	attempts *attempts
	vault    *vault
	wraps    *imageKeys
	data     *seal.Key
	profile  Profile
	commitTx func(*bbolt.Tx) error // tests put a failing disk here
	pieces   sync.Pool             // *[]byte: where pieces of blobs are opened that are still sealed under the blob's key

	keeping keeping
	write   sync.Mutex   // one writer after another
	dbMu    sync.RWMutex // held to read while db is used, to write while it is exchanged
	db      *bbolt.DB
	lock    *os.File
	keys    *seal.Keyfile // guarded by write
	rooms   rooms
	rest    rest // of the pages, not looked at when the file was opened
	settled bool // the disk holds the meta pages that are read; guarded by write

	ledger  *ledger // of the last transaction; guarded by write
	book    *book   // of the transaction under way; guarded by write
	watches watches
	lacking map[uuid.UUID][]lack // guarded by dbMu

	mu         sync.RWMutex // guards all below: what the file says, in memory
	tip        tip
	acked      uint64
	epoch      uuid.UUID
	index      *index
	outbox     *outbox
	ackedBytes int64     // bytes of blobs acknowledged since none waited
	refused    []Refused // by the centre
	home       homecome
	gaps       []loan.Range // of the own chain
	clockErr   time.Duration
	once       map[uuid.UUID]once // who ever held a case, as it was last asked
	kept       *kept              // nil when no case is kept
	images     imageState
	enrolled   *Profile // by SetProfile; the same device, county and suite as profile

	bulletins    map[string]BulletinHead // by kind/name, those withdrawn among them
	bulletinMark uint64
	shutList     *shutOuts  // nil until it was asked for
	standList    *standings // nil until it was asked for
}

// tip is the end of a device's chain.
type tip struct {
	counter uint64
	hash    loan.Hash
}

// newStore makes a store over an open database; it takes over db, keys and
// data when it succeeds, and leaves them alone when it fails.
func newStore(o Options, db *bbolt.DB, keys *seal.Keyfile, data *seal.Key, a *attempts) (*Store, error) {
	s := &Store{o: o, attempts: a, vault: newVault(keys.ID(), data), wraps: newImageKeys(o, keys.ID(), data), data: data,
		db: db, keys: keys, ledger: newLedger(), commitTx: (*bbolt.Tx).Commit, clockErr: -time.Millisecond}
	var outside []string // accounts without a password here
	err := shield("store.load", func() error {
		return db.View(func(tx *bbolt.Tx) error {
			b, err := s.get(tx, bMeta, []byte("profile"))
			if err != nil {
				return err
			}
			defer seal.Wipe(b)
			if s.profile, err = decodeProfile(b); err != nil {
				return err
			}
			outside = without(tx, keys)
			return s.load(tx)
		})
	})
	if err == nil {
		err = s.wraps.read()
	}
	if err != nil {
		s.forget()
		return nil, diskFault("store.load", err)
	}
	if o.file == "" { // a file that is being mended may yet come to nothing
		// What cannot be taken away now is at the next opening; work goes on.
		_ = s.wraps.tidy(s.images.now)
		s.attempts.shutAll(outside)
	}
	return s, nil
}

func (s *Store) dataPath() string { return filepath.Join(s.o.Dir, cmp.Or(s.o.file, dataFile)) }

// Dir is the data folder.
func (s *Store) Dir() string { return s.o.Dir }

// Profile is who this laptop is. Its keys are the store's own: they are wiped
// by Close.
func (s *Store) Profile() Profile {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.enrolled != nil {
		return *s.enrolled
	}
	return s.profile
}

// SetClockError keeps how wrong this machine's clock was last found to be; it
// stands in every change from now on. Negative is unknown.
func (s *Store) SetClockError(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clockErr = d
}

// ClockError is what SetClockError kept; negative where nobody knows.
func (s *Store) ClockError() time.Duration {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.clockErr
}

// NationalSigner is the SM2 key that signs this laptop's documents besides:
// the chain's where that is one, else one derived from the data key, and so
// always the same. fault.Busy once the store is closed.
func (s *Store) NationalSigner() (*seal.Signer, error) {
	const op = "store.NationalSigner"
	p := s.Profile()
	if k := p.ChainKey(); k.Suite() == seal.National {
		return k, nil
	}
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		return nil, fault.New(op, fault.Busy, errors.New("closed"))
	}
	k, err := s.data.NationalSigner("doorstep documents sm2 v1")
	return k, fault.Wrap(op, err)
}

// Sum is the hash of the chain: that of the suite of the key that signs it.
func (s *Store) Sum(b []byte) loan.Hash { return s.profile.ChainKey().Suite().Sum(b) }

// Close wipes the keys and lets go of the folder. It waits for what is under
// way; what comes later is fault.Busy.
func (s *Store) Close() error {
	s.keeping.end()
	s.rest.end()
	s.write.Lock()
	defer s.write.Unlock()
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	if s.db == nil && s.lock == nil {
		return nil
	}
	closing := closeInPeace
	if s.rest.fault() != nil {
		closing = closeDamaged
	} else if s.settleHead() != nil {
		closing = (*bbolt.DB).Close
	}
	err := release("store.Close", &s.db, &s.lock, closing)
	s.wipe()
	s.profile.CountyKey.Wipe()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index, s.outbox, s.kept = newIndex(), newOutbox(), nil
	return err
}

// wipe forgets the data key and what was derived from it.
func (s *Store) wipe() {
	s.forget()
	s.data.Wipe()
}

// forget wipes what was derived from the data key.
func (s *Store) forget() {
	s.vault.wipe()
	s.wraps.wipe()
}

// load reads into memory what must be at hand, and checks that it agrees with
// itself and with the ledger.
func (s *Store) load(tx *bbolt.Tx) error {
	l, err := s.readLedger(tx)
	if err != nil {
		return err
	}
	for _, bucket := range []string{bMeta, bChains, bOperators} {
		if err := s.count(tx, l, bucket, nil); err != nil {
			return err
		}
	}
	found := foundBulletins{heads: map[string]BulletinHead{}, sizes: map[string]int64{}}
	if err := s.count(tx, l, bSettings, found.visit); err != nil {
		return err
	}
	t, err := s.readTip(tx, s.profile.Device)
	if err != nil {
		return err
	}
	if err := s.checkTip(tx, t); err != nil {
		return err
	}
	acked, epoch, err := s.readAcked(tx)
	if err != nil {
		return err
	}
	ix, err := s.loadIndex(tx, l)
	if err != nil {
		return err
	}
	un, err := s.loadUnsent(tx, l)
	if err != nil {
		return err
	}
	gaps, err := s.readGaps(tx)
	if err != nil {
		return err
	}
	home, err := s.readHomecome(tx)
	if err != nil {
		return err
	}
	images, err := s.readImageState(tx)
	if err != nil {
		return err
	}
	lacking, err := s.readLacking(tx)
	if err != nil {
		return err
	}
	refused, sent, err := s.readCarriage(tx)
	if err != nil {
		return err
	}
	s.ledger, s.lacking = l, lacking
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tip, s.acked, s.epoch, s.index, s.outbox, s.gaps, s.images = t, acked, epoch, ix, un, gaps, images
	s.refused, s.ackedBytes, s.home = refused, sent, home
	s.bulletins = found.whole()
	s.bulletinMark++
	return nil
}

// readAcked is how far the centre of an epoch has acknowledged the chain.
func (s *Store) readAcked(tx *bbolt.Tx) (acked uint64, epoch uuid.UUID, err error) {
	b, err := s.get(tx, bMeta, []byte("acked"))
	switch {
	case err == nil && len(b) == 24:
		return binary.BigEndian.Uint64(b), uuid.UUID(b[8:]), nil
	case fault.KindOf(err) != fault.Missing:
		return 0, epoch, structural("acknowledged")
	}
	return 0, epoch, nil
}

// checkTip compares the chain's end with the last change there is.
func (s *Store) checkTip(tx *bbolt.Tx, t tip) error {
	end := refKey(s.profile.Device, ^uint64(0))
	c := tx.Bucket([]byte(bChanges)).Cursor()
	k, _ := c.Seek(end)
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	if k == nil || !bytes.HasPrefix(k, s.profile.Device[:]) {
		if t.counter != 0 {
			return structural("the chain's last change is gone")
		}
		return nil
	}
	if !bytes.Equal(k, refKey(s.profile.Device, t.counter)) {
		return structural("the chain's end")
	}
	ch, err := s.change(tx, k)
	if err != nil {
		return err
	}
	if ch.HeaderHash(s.Sum) != t.hash {
		return structural("the chain's end")
	}
	return nil
}

func (s *Store) readTip(tx *bbolt.Tx, device uuid.UUID) (tip, error) {
	b, err := s.get(tx, bChains, device[:])
	if err != nil {
		return tip{}, err
	}
	if len(b) != 40 {
		return tip{}, structural("chain")
	}
	return tip{binary.BigEndian.Uint64(b), loan.Hash(b[8:])}, nil
}

func (s *Store) putTip(tx *bbolt.Tx, device uuid.UUID, t tip) error {
	b := binary.BigEndian.AppendUint64(nil, t.counter)
	return s.put(tx, bChains, device[:], append(b, t.hash[:]...))
}

// refKey is where a change stands.
func refKey(device uuid.UUID, counter uint64) []byte {
	return binary.BigEndian.AppendUint64(append(make([]byte, 0, 24), device[:]...), counter)
}

// change reads one change and checks that it is the one that belongs there.
func (s *Store) change(tx *bbolt.Tx, ref []byte) (*loan.Change, error) {
	b, err := s.get(tx, bChanges, ref)
	if err != nil {
		if fault.KindOf(err) == fault.Missing {
			return nil, structural("a change is gone")
		}
		return nil, err
	}
	ch, err := loan.DecodeChange(b)
	if err != nil {
		return nil, fault.New("store.change", fault.Damaged, err)
	}
	if !bytes.Equal(ref, refKey(ch.Device, ch.Counter)) {
		return nil, fault.New("store.change", fault.Damaged, errors.New("another change"))
	}
	return ch, nil
}

// caseChanges reads all changes of a case and checks that they are all there;
// none is fault.Missing, and a case whose season is over fault.Erased.
func (s *Store) caseChanges(tx *bbolt.Tx, id uuid.UUID) ([]*loan.Change, error) {
	const op = "store.case"
	out, err := s.listChanges(tx, id)
	if err == nil {
		err = s.checkCount(tx, id, out)
	}
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if len(out) == 0 {
		return nil, fault.New(op, fault.Missing, nil)
	}
	return out, nil
}

func (s *Store) listChanges(tx *bbolt.Tx, id uuid.UUID) ([]*loan.Change, error) {
	const op = "store.list"
	var out []*loan.Change
	c := tx.Bucket([]byte(bCases)).Cursor()
	for k, v := c.Seek(id[:]); k != nil && bytes.HasPrefix(k, id[:]); k, v = c.Next() {
		if _, err := s.vault.open(bCases, k, v); err != nil {
			return nil, fault.Wrap(op, err)
		}
		ch, err := s.change(tx, k[16:])
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if ch.Case != id {
			return nil, fault.New(op, fault.Damaged, errors.New("a change of another case"))
		}
		out = append(out, ch)
	}
	return out, nil
}

// Changes reads all changes of a case, those that looked at it among them, in
// no particular order. fault.Missing when there are none.
func (s *Store) Changes(ctx context.Context, id uuid.UUID) ([]*loan.Change, error) {
	const op = "store.Changes"
	var out []*loan.Change
	err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
		out, err = s.caseChanges(tx, id)
		return err
	})
	return out, err
}

// checkCount compares the changes found with the summary's number: a damaged
// key would hide one without any box failing to open.
func (s *Store) checkCount(tx *bbolt.Tx, id uuid.UUID, found []*loan.Change) error {
	r, err := s.readRow(tx, id)
	if fault.KindOf(err) == fault.Missing {
		if slices.ContainsFunc(found, func(ch *loan.Change) bool { return ch.Kind == loan.ChangeOpen }) {
			return structural("a case's summary is gone")
		}
		return nil
	}
	if err != nil {
		return err
	}
	if int(r.changes) != len(found) {
		return structural("number of a case's changes")
	}
	if r.erased {
		return fault.New("store.case", fault.Erased, nil)
	}
	return nil
}

// readRow reads a case's summary; fault.Missing when there is none.
func (s *Store) readRow(tx *bbolt.Tx, id uuid.UUID) (*row, error) {
	b, err := s.get(tx, bSummaries, id[:])
	if err != nil {
		return nil, err
	}
	return decodeSummary(b)
}

// Case is the fold of a case's changes, the caller's own. fault.Missing when
// there is no such case, or no change has opened it yet.
func (s *Store) Case(ctx context.Context, id uuid.UUID) (*loan.Case, error) {
	const op = "store.Case"
	if err := ended(op, ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	k := s.kept
	s.mu.RUnlock()
	if k != nil && k.c.ID == id {
		return s.shown(ctx, k.c.Clone())
	}
	changes, err := s.Changes(ctx, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	c := loan.Fold(changes)
	if c == nil {
		return nil, fault.New(op, fault.Missing, nil)
	}
	return s.shown(ctx, c)
}
