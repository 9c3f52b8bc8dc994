package store

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// foundChanges is what the changes that were saved say.
type foundChanges struct {
	cases map[uuid.UUID]int // changes of each
	ids   map[uuid.UUID]bool
	seen  map[uuid.UUID]uuid.UUID // change that another had seen → its case
	blobs map[loan.Hash]bool
	last  tip
	own   []loan.Range
}

func newFound() *foundChanges {
	return &foundChanges{cases: map[uuid.UUID]int{}, ids: map[uuid.UUID]bool{}, seen: map[uuid.UUID]uuid.UUID{}, blobs: map[loan.Hash]bool{}}
}

func (f *foundChanges) add(ch *loan.Change, s *Store) {
	f.ids[ch.ID] = true
	for _, id := range ch.Seen {
		f.seen[id] = ch.Case
	}
	if ch.Case != uuid.Nil {
		f.cases[ch.Case]++
	}
	if ch.Device != s.profile.Device {
		return
	}
	f.own = addRange(f.own, loan.Range{From: ch.Counter, To: ch.Counter})
	f.last = tip{ch.Counter, ch.HeaderHash(s.Sum)}
	if ch.Kind == loan.ChangeContract {
		return // the paper that was shown is made anew, never kept
	}
	for _, b := range brought(ch) {
		f.blobs[b.Hash] = true
	}
}

// lack compares the changes with every trace of a change, and keeps what is
// lacking: as gaps, as what is wanted, and as cases that are not complete.
func (m *mender) lack(got *foundChanges) error {
	device := m.into.profile.Device
	touched := map[uuid.UUID]bool{}
	m.used = got.last.counter
	for key := range m.choice[bCases] {
		if len(key) != 40 || m.has(bChanges, key[16:]) {
			continue
		}
		l := lack{Case: uuid.UUID([]byte(key[:16])), Device: uuid.UUID([]byte(key[16:32])), Counter: binary.BigEndian.Uint64([]byte(key[32:]))}
		if l.Device == device {
			m.used = max(m.used, l.Counter)
		} else {
			m.report.Others++
		}
		m.lacking, touched[l.Case] = append(m.lacking, l), true
	}
	for _, r := range m.rows {
		m.used = max(m.used, r.last)
		if int(r.changes) > got.cases[r.ID] && !touched[r.ID] {
			m.lacking, touched[r.ID] = append(m.lacking, lack{Case: r.ID}), true
		}
	}
	for id, of := range got.seen {
		if !got.ids[id] && !touched[of] {
			m.lacking, touched[of] = append(m.lacking, lack{Case: of}), true
		}
	}
	for id := range touched {
		m.wanted.Cases = append(m.wanted.Cases, id)
	}
	slices.SortFunc(m.wanted.Cases, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	slices.SortFunc(m.lacking, func(a, b lack) int { return bytes.Compare(a.key(), b.key()) })
	if err := m.ownTip(got); err != nil {
		return err
	}
	// What is left of one whose record is lost.
	for key := range m.choice[bBlobs] {
		if h, ok := chunkOf(key); ok {
			got.blobs[h] = true
		}
	}
	for key := range m.choice[bUnsent] {
		if len(key) == 32 {
			got.blobs[loan.Hash([]byte(key))] = true
		}
	}
	for h := range got.blobs {
		if _, ok := m.choice[bBlobInfo][string(h[:])]; !ok {
			m.report.Blobs = append(m.report.Blobs, h)
		}
	}
	return m.summaries(got, touched)
}

func (m *mender) has(bucket, key string) bool {
	_, ok := m.choice[bucket][key]
	return ok
}

// ownTip ends the chain at its last change that is here. What is known to have
// been behind it, and what is not, lies below the era that leadOn begins.
func (m *mender) ownTip(got *foundChanges) error {
	device := m.into.profile.Device
	if p, ok := m.choice[bChains][string(device[:])]; ok {
		b, err := m.from.plain(bChains, device[:], p)
		if err == nil && len(b) == 40 {
			m.used = max(m.used, binary.BigEndian.Uint64(b))
		}
	}
	return m.into.build(func(tx *bbolt.Tx) error {
		acked, _, err := m.into.readAcked(tx)
		if err != nil {
			return err
		}
		m.used = max(m.used, acked)
		gaps, err := m.into.readGaps(tx)
		if err != nil {
			return err
		}
		lost := []loan.Range{{From: 1, To: m.used}}
		if m.used == 0 {
			lost = nil
		}
		for _, r := range append(slices.Clone(got.own), gaps...) {
			lost = cutRange(lost, r)
		}
		m.report.Own = lost
		m.report.Astray = m.astray(lost)
		want, err := m.into.readWanted(tx)
		if err != nil {
			return err
		}
		for _, r := range lost {
			want.Own = addRange(want.Own, r)
			for _, in := range cutRange([]loan.Range{r}, loan.Range{From: got.last.counter + 1, To: ^uint64(0)}) {
				gaps = addRange(gaps, in)
			}
		}
		for _, r := range got.own { // an earlier state of the gaps may name what has come home since
			gaps, want.Own = cutRange(gaps, r), cutRange(want.Own, r)
		}
		gaps = cutRange(gaps, loan.Range{From: got.last.counter + 1, To: ^uint64(0)})
		for _, id := range m.wanted.Cases {
			if !slices.Contains(want.Cases, id) {
				want.Cases = append(want.Cases, id)
			}
		}
		m.wanted = want
		if err := m.into.putWanted(tx, want); err != nil {
			return err
		}
		if len(gaps) > 0 {
			if err := m.into.putGaps(tx, gaps); err != nil {
				return err
			}
		}
		if err := m.into.putLacking(tx, m.lacking); err != nil {
			return err
		}
		if err := m.home(tx, got.own); err != nil {
			return err
		}
		return m.into.putTip(tx, device, got.last)
	})
}

// home has the centre asked for the whole chain, once, where it is not known any
// more what of it came home from others.
func (m *mender) home(tx *bbolt.Tx, own []loan.Range) error {
	if m.from.whole[bMeta] {
		return nil
	}
	h, err := m.into.readHomecome(tx)
	if err != nil {
		return err
	}
	h.Doubt = own
	return m.into.putHomecome(tx, h)
}

// astray counts the own changes that are lost and in no case's list.
func (m *mender) astray(lost []loan.Range) int {
	for _, l := range m.lacking {
		if l.Device == m.into.profile.Device {
			lost = cutRange(lost, loan.Range{From: l.Counter, To: l.Counter})
		}
	}
	n := 0
	for _, r := range lost {
		n += int(min(r.To-r.From, 1<<30)) + 1
	}
	return n
}

// summaries folds every case anew.
func (m *mender) summaries(got *foundChanges, touched map[uuid.UUID]bool) error {
	ids := make([]uuid.UUID, 0, len(got.cases))
	for id := range got.cases {
		ids = append(ids, id)
	}
	for id := range touched {
		if got.cases[id] == 0 {
			m.report.Unopened = append(m.report.Unopened, id)
		}
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	m.into.lacking = lackOf(m.lacking)
	for part := range slices.Chunk(ids, 100) {
		if err := ended("store.repair", m.ctx); err != nil {
			return err
		}
		err := m.into.build(func(tx *bbolt.Tx) error {
			for _, id := range part {
				if err := m.summarize(tx, id, touched[id]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	slices.SortFunc(m.report.Unopened, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return nil
}

// summarize writes a case's summary. Of one whose opening has no body nothing
// is to be shown: it was erased.
func (m *mender) summarize(tx *bbolt.Tx, id uuid.UUID, touched bool) error {
	changes, err := m.into.listChanges(tx, id)
	if err != nil {
		return err
	}
	st, gone := m.erased[id]
	for _, ch := range changes {
		if ch.Kind == loan.ChangeOpen && ch.Body == nil && !gone {
			st, gone = loan.Received, true
		}
	}
	if gone {
		return m.into.putBareRow(tx, id, st, changes)
	}
	r, err := m.into.resummarize(tx, id)
	m.reckon(id, r != nil, touched)
	return err
}

func (m *mender) reckon(id uuid.UUID, opens, touched bool) {
	switch {
	case !opens && (touched || m.has(bSummaries, string(id[:]))):
		m.report.Unopened = append(m.report.Unopened, id)
	case touched:
		m.report.Incomplete = append(m.report.Incomplete, id)
	case opens:
		m.report.Cases++
	}
}

// books counts what the ledger knew and what was saved of it.
func (m *mender) books() error {
	l, err := m.from.newestBooks()
	if err != nil {
		return nil // the report does without
	}
	known := 0
	for _, l := range m.lacking {
		if l.Counter != 0 {
			known++
		}
	}
	short := func(bucket string) int { return max(int(l.sums[bucket].n)-len(m.choice[bucket]), 0) }
	m.report.Settings, m.report.Receipts = short(bSettings), short(bReceipts)
	m.report.Astray = max(m.report.Astray, short(bChanges)-known)
	for _, bucket := range sealedBuckets() {
		if slices.Contains([]string{bMeta, bCases, bSummaries, bChains, bUnsent}, bucket) {
			continue // they follow from the others
		}
		m.report.Values += int(l.sums[bucket].n)
		m.report.Saved += min(len(m.choice[bucket]), int(l.sums[bucket].n))
	}
	return nil
}
