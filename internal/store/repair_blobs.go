package store

import (
	"slices"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// readInfos reads the records of the attachments, and drops those of which a
// piece is lacking.
func (m *mender) readInfos() error {
	m.infos = map[string]*blobInfo{}
	for name, p := range m.choice[bBlobInfo] {
		b, err := m.from.plain(bBlobInfo, []byte(name), p)
		if err != nil {
			return err
		}
		info, err := m.infoOf(b)
		if err != nil || len(name) != 32 {
			return fault.New("store.repair", fault.Damaged, err)
		}
		if info.state == blobErased || m.inPieces(name, info) {
			m.infos[name] = info
			continue
		}
		delete(m.choice[bBlobInfo], name)
		m.broken = append(m.broken, loan.Hash([]byte(name)))
	}
	return nil
}

func (m *mender) infoOf(b []byte) (*blobInfo, error) {
	if !m.old {
		return decodeInfo(b)
	}
	u, err := decodeUnsent(b)
	return &blobInfo{unsent: u, state: blobKept}, err
}

func (m *mender) inPieces(name string, info *blobInfo) bool {
	for i := range info.pieces() {
		if !m.has(bBlobs, string(chunkKey(info.place, []byte(name), i))) {
			return false
		}
	}
	return true
}

// imageState is which wrapping keys are in force: what the file says, if that
// names the keys of all the attachments; else what they themselves say. A key
// that is not named is destroyed.
func (m *mender) imageState() (imageState, error) {
	var st imageState
	if m.old {
		return m.into.images, nil
	}
	if p, ok := m.choice[bMeta][imagesKey]; ok {
		b, err := m.from.plain(bMeta, []byte(imagesKey), p)
		if err != nil {
			return st, err
		}
		if st, err = decodeImageState(b); err != nil {
			return st, err
		}
		if st.owed&owedCompact != 0 { // the file that is kept has erased bodies too
			st.owed |= owedAside
		}
	}
	var numbers []uint64
	for _, info := range m.infos {
		if info.state == blobKept && !slices.Contains(numbers, info.number) {
			numbers = append(numbers, info.number)
		}
	}
	slices.Sort(numbers)
	if !slices.ContainsFunc(numbers, func(n uint64) bool { return n != st.now && n != st.next }) {
		return st, nil
	}
	switch last := len(numbers) - 1; {
	case last == 0:
		return imageState{now: numbers[0], owed: st.owed}, nil
	default:
		return imageState{now: numbers[last-1], next: numbers[last], owed: st.owed}, nil
	}
}

// copyBlobs takes the attachments of which every piece is there.
func (m *mender) copyBlobs() error {
	out := &batches{into: m.into}
	for _, name := range inOrderOf(m.choice[bBlobInfo]) {
		info := m.infos[name]
		if m.old {
			if err := m.renew(out, name, info); err != nil {
				return err
			}
			continue
		}
		if _, err := m.take(out, bBlobInfo, name); err != nil {
			return err
		}
		for i := range info.pieces() {
			if info.state == blobErased {
				break
			}
			if _, err := m.take(out, bBlobs, string(chunkKey(info.place, []byte(name), i))); err != nil {
				return err
			}
		}
	}
	for _, h := range m.broken {
		if !slices.Contains(m.report.Blobs, h) {
			m.report.Blobs = append(m.report.Blobs, h)
		}
	}
	for _, h := range m.report.Blobs {
		if !slices.Contains(m.wanted.Blobs, h) {
			m.wanted.Blobs = append(m.wanted.Blobs, h)
		}
	}
	if err := out.add(0, func(tx *bbolt.Tx) error { return m.into.putWanted(tx, m.wanted) }); err != nil {
		return err
	}
	return out.flush()
}

// renew writes an attachment of format 1 as one of today.
func (m *mender) renew(out *batches, name string, info *blobInfo) error {
	if err := ended("store.repair", m.ctx); err != nil {
		return err
	}
	var content []byte
	for i := range info.pieces() {
		key := string(chunkKey(info.place, []byte(name), i))
		part, err := m.from.plain(bBlobs, []byte(key), m.choice[bBlobs][key])
		if err != nil {
			return err
		}
		m.progress(len(part))
		content = append(content, part...)
	}
	h := loan.Hash([]byte(name))
	return out.add(len(content), func(tx *bbolt.Tx) error { return m.into.putBlob(tx, h, content, info) })
}

// copyUnsent takes the outbox, and where a part of it was lost puts into it
// whatever may have stood there: to send once more does no harm.
func (m *mender) copyUnsent() error {
	out := &batches{into: m.into}
	for _, name := range inOrderOf(m.choice[bBlobInfo]) {
		key, info := []byte(name), m.infos[name]
		if info.state == blobErased {
			continue
		}
		if m.has(bUnsent, name) {
			if _, err := m.take(out, bUnsent, name); err != nil {
				return err
			}
			continue
		}
		in := slices.ContainsFunc(m.from.holes[bUnsent], func(h hole) bool { return h.holds(key) })
		if !in || !info.acked.IsZero() {
			continue
		}
		if err := out.put(bUnsent, key, info.unsent.encode()); err != nil {
			return err
		}
	}
	return out.flush()
}
