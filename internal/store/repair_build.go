package store

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// build fills the new database with what was found, and what follows from it.
func (m *mender) build() error {
	m.choice = map[string]map[string]piece{}
	for _, bucket := range sealedBuckets() {
		m.choice[bucket] = m.from.chosen(bucket)
		for _, p := range m.choice[bucket] {
			m.into.ledger.generation = max(m.into.ledger.generation, p.generation)
		}
	}
	m.old = m.from.old()
	if m.old {
		if err := m.into.firstKey(); err != nil {
			return err
		}
	}
	for _, part := range []func() error{m.identity, m.inForce, m.readInfos, m.readErased} {
		if err := part(); err != nil {
			return err
		}
	}
	images, err := m.imageState()
	if err != nil {
		return err
	}
	err = m.into.build(func(tx *bbolt.Tx) error {
		if err := makeBuckets(tx, m.keys); err != nil {
			return err
		}
		if err := m.into.putKeys(tx, m.keys.Marshal()); err != nil || images == (imageState{}) {
			return err
		}
		return m.into.putImageState(tx, images)
	})
	if err != nil {
		return err
	}
	for _, part := range []func() error{m.copyMeta, m.copyChanges, m.copyPlain, m.copyBlobs, m.copyUnsent, m.books} {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}

// identity takes the profile, without which no chain can be led on.
func (m *mender) identity() error {
	const lost = "the record of who this laptop is was lost"
	p, ok := m.choice[bMeta]["profile"]
	if !ok {
		return beyond(lost)
	}
	b, err := m.from.plain(bMeta, []byte("profile"), p)
	if err != nil {
		return beyond(lost)
	}
	defer seal.Wipe(b)
	m.into.profile, err = decodeProfile(b)
	return err
}

// inOrderOf gives a choice's keys in order, so that pages are filled well.
func inOrderOf(choice map[string]piece) []string {
	keys := make([]string, 0, len(choice))
	for k := range choice {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// take reads a chosen value and puts it into the new database.
func (m *mender) take(out *batches, bucket, key string) ([]byte, error) {
	p := m.choice[bucket][key]
	if err := ended("store.repair", m.ctx); err != nil {
		return nil, err
	}
	m.progress(p.size)
	plain, err := m.from.plain(bucket, []byte(key), p)
	if err != nil {
		return nil, err
	}
	return plain, out.put(bucket, []byte(key), plain)
}

func (m *mender) copyMeta() error {
	out := &batches{into: m.into}
	for _, key := range inOrderOf(m.choice[bMeta]) {
		if key == ledgerKey || key == imagesKey || key == "keys" {
			continue
		}
		if _, err := m.take(out, bMeta, key); err != nil {
			return err
		}
	}
	return out.flush()
}

// copyPlain takes the accounts, the settings and the receipts.
func (m *mender) copyPlain() error {
	out := &batches{into: m.into}
	for _, bucket := range []string{bOperators, bSettings, bReceipts} {
		for _, key := range inOrderOf(m.choice[bucket]) {
			if _, err := m.take(out, bucket, key); err != nil {
				return err
			}
		}
	}
	for _, id := range m.keys.Operators() {
		if _, ok := m.choice[bOperators][id]; ok {
			continue
		}
		m.report.Operators = append(m.report.Operators, id)
		b, err := json.Marshal(asClerk(m.keys, id))
		if err != nil {
			return err
		}
		if err := out.put(bOperators, []byte(id), b); err != nil {
			return err
		}
	}
	return out.flush()
}

// change reads a chosen change. Of a case that was erased no body comes back
// from an earlier time.
func (m *mender) change(key string) (*loan.Change, error) {
	const op = "store.repair change"
	if err := ended(op, m.ctx); err != nil {
		return nil, err
	}
	p := m.choice[bChanges][key]
	m.progress(p.size)
	b, err := m.from.plain(bChanges, []byte(key), p)
	if err != nil {
		return nil, err
	}
	ch, err := loan.DecodeChange(b)
	if err != nil || key != string(refKey(ch.Device, ch.Counter)) {
		return nil, fault.New(op, fault.Damaged, errors.New("another change"))
	}
	if _, gone := m.erased[ch.Case]; gone {
		ch.Body = nil
	}
	return ch, nil
}

// readErased takes from the summaries which cases were erased.
func (m *mender) readErased() error {
	m.rows, m.erased = map[uuid.UUID]*row{}, map[uuid.UUID]loan.Status{}
	for key, p := range m.choice[bSummaries] {
		b, err := m.from.plain(bSummaries, []byte(key), p)
		if err != nil {
			return err
		}
		r, err := decodeSummary(b)
		if err != nil || string(r.ID[:]) != key {
			return fault.New("store.repair", fault.Damaged, errors.New("summary"))
		}
		if m.rows[r.ID] = r; r.erased {
			m.erased[r.ID] = r.Status
		}
	}
	return nil
}

// copyChanges takes the changes, lists them under their cases, and works out
// what is lacking.
func (m *mender) copyChanges() error {
	out := &batches{into: m.into}
	got := newFound()
	for _, key := range inOrderOf(m.choice[bChanges]) {
		ch, err := m.change(key)
		if err != nil {
			return err
		}
		got.add(ch, m.into)
		if err := out.put(bChanges, []byte(key), ch.Encode()); err != nil {
			return err
		}
		if ch.Case == uuid.Nil {
			continue
		}
		if err := out.put(bCases, append(slices.Clone(ch.Case[:]), key...), nil); err != nil {
			return err
		}
	}
	if err := out.flush(); err != nil {
		return err
	}
	return m.lack(got)
}
