package central

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// ChainProof is what one chain proves as the centre holds it, and where it does not.
type ChainProof struct {
	Device  uuid.UUID    `json:"device"`
	Point   string       `json:"point,omitempty"`
	Centre  bool         `json:"centre,omitempty"` // the centre's own
	Changes int          `json:"changes"`
	Last    uint64       `json:"last"`
	LastAt  time.Time    `json:"last_at,omitzero"` // when the last was written, by its machine's clock; none where it cannot be read
	Signed  int          `json:"signed"`           // places of which its device, or the authority, signed all before
	Lost    []loan.Range `json:"lost,omitempty"`   // declared by the laptop
	Erased  int          `json:"erased,omitempty"`
	Back    []ChainBack  `json:"back,omitempty"`   // where its laptop went on from older data; the newest 100
	Copied  *Clone       `json:"copied,omitempty"` // what was not taken of another record of its laptop, ever
	Wrong   []ChainWrong `json:"wrong,omitempty"`  // at most 100
	More    int          `json:"more_wrong,omitempty"`
}

// ChainWrong is a place of a chain that is not as it was written.
type ChainWrong struct {
	Number uint64 `json:"number,omitempty"`
	Why    string `json:"why"`
}

// RecordProof reads every chain of the auditor's organisation from its beginning:
// that each change leads on from the one before, and gaps are those that the laptop
// declared; that each body is the one its head names, or was erased by a rule that
// is told; that the columns by which changes are found say what the changes say;
// and that the chain is at each place what its device signed with one of its keys,
// its end among them. Where the laptop went on from older data, and that another record of
// it came and was not taken, is told besides, and is nothing wrong with the chain. Access and failures are those of Record. One chain is read in
// one view of the database, and no change is kept.
func (c *Central) RecordProof(ctx context.Context, p Person, q RecordQuery, each func(ChainProof) error) error {
	err := c.auditing(ctx, p, "record verify", &q, func(r *reading) error {
		all, err := r.copies(ctx, c.db)
		if err != nil {
			return err
		}
		for _, d := range r.chains {
			k := r.check(d)
			k.proof.Copied = copied(all, d)
			if err := c.inOneMoment(ctx, func(tx *sql.Tx) error { return c.checkChain(ctx, tx, k) }); err != nil {
				return err
			}
			if err := each(k.proof); err != nil {
				return err
			}
		}
		return nil
	})
	return fault.Wrap("central.RecordProof", err)
}

// check begins to read a chain.
func (r *reading) check(d uuid.UUID) *chainCheck {
	return &chainCheck{proof: ChainProof{Device: d, Point: r.sites[d].Point, Centre: r.centres[d]}}
}

// inOneMoment reads what is of one moment: a centre that runs writes between two reads.
func (c *Central) inOneMoment(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := c.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: c.oneMoment()})
	if err != nil {
		return diskFault("central.inOneMoment", err)
	}
	defer tx.Rollback()
	return do(tx)
}

// chainCheck is a chain being read, in order.
type chainCheck struct {
	proof   ChainProof
	exports map[string]int // of the centre's own: what it tells of exports; may be nil
	signed  map[uint64]loan.Hash
	last    *loan.Change // nil in front of the first, and behind one that cannot be read
	ends    bool         // the last place is signed
	bare    map[uuid.UUID]bareOf
	told    map[uuid.UUID]bool // cases of which a change of this chain says that they were erased
}

// bareOf counts the changes of a case whose bodies are gone.
type bareOf struct {
	first uint64
	n     int
	tomb  bool
}

func (k *chainCheck) bad(n uint64, why string) {
	if len(k.proof.Wrong) == 100 {
		k.proof.More++
		return
	}
	k.proof.Wrong = append(k.proof.Wrong, ChainWrong{n, why})
}

// checkChain reads a chain to its end.
func (c *Central) checkChain(ctx context.Context, q querier, k *chainCheck) error {
	const op = "central.checkChain"
	id := k.proof.Device
	k.bare, k.told = map[uuid.UUID]bareOf{}, map[uuid.UUID]bool{}
	var err error
	if k.proof.Lost, err = lostOf(ctx, q, id); err != nil {
		return err
	}
	if err := c.signedPlaces(ctx, q, k); err != nil {
		return err
	}
	rows, err := q.QueryContext(ctx, `SELECT c.counter, c.kind, c.case_id, c.bytes, CASE WHEN e.case_id IS NULL THEN 0 ELSE 1 END FROM changes c
		LEFT JOIN erased e ON e.case_id = c.case_id WHERE c.device = ? ORDER BY c.counter`, id.String())
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var kind, of string
		var b []byte
		var tomb int
		if err := rows.Scan(&n, &kind, &of, &b, &tomb); err != nil {
			return diskFault(op, err)
		}
		k.proof.Changes++
		ch, err := loan.DecodeChange(b)
		if err != nil || ch.Device != id || ch.Counter != uint64(n) || string(ch.Kind) != kind || ch.Case.String() != of {
			k.bad(uint64(n), "altered: no change of this number, or it is put down as another")
			k.last, k.ends, k.proof.Last, k.proof.LastAt = nil, true, uint64(n), time.Time{}
			delete(k.signed, uint64(n))
			continue
		}
		k.next(ch, tomb != 0)
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	return c.checkEnd(ctx, q, k)
}

// next takes the next change of the chain.
func (k *chainCheck) next(ch *loan.Change, tomb bool) {
	n, last := ch.Counter, k.proof.Last
	if n != last+1 {
		k.gap(last+1, n-1)
	}
	begins := last == 0 && (n == 1 || k.proof.Centre)
	if k.last != nil && !follows(ch, k.last) || begins && !ch.Prev.Zero() {
		k.bad(n, "does not lead on from the change before it: one is gone, or was altered")
	}
	switch {
	case ch.Body == nil && !bodyHolds(ch):
		b := k.bare[ch.Case]
		if b.n == 0 {
			b = bareOf{n, 0, tomb}
		}
		b.n++
		k.bare[ch.Case] = b
	case !bodyHolds(ch):
		k.bad(n, "its content was altered")
	}
	k.last, k.proof.Last, k.proof.LastAt = ch, n, ch.At
	want, signed := k.signed[n]
	if k.ends = signed; signed && !isHeader(ch, want) {
		k.bad(n, "is not what was signed")
	}
	delete(k.signed, n)
	switch ch.Kind {
	case loan.ChangeRestore:
		k.proof.Back = append(k.proof.Back[max(0, len(k.proof.Back)-99):], ChainBack{n, ch.At, ch.Operator})
	case loan.ChangeErase:
		if b, err := loan.Body[loan.EraseBody](ch); err == nil {
			for _, id := range b.Cases {
				k.told[id] = true
			}
		}
	case loan.ChangeExport:
		if b, err := loan.Body[loan.ViewBody](ch); err == nil && k.exports != nil && releasedDetail(b.Detail) {
			k.exports[ch.Operator+" "+b.Detail]++
		}
	}
}

// gap judges numbers that are not here. The centre's own chain has one at each
// start, and each era leads on from the one before.
func (k *chainCheck) gap(from, to uint64) {
	if k.proof.Centre {
		if (to+1)>>loan.EraShift <= (from-1)>>loan.EraShift {
			k.bad(to+1, "does not lead on from the change before it: one is gone, or was altered")
		}
		return
	}
	k.last = nil
	if !slices.ContainsFunc(k.proof.Lost, func(r loan.Range) bool { return r.From <= from && to <= r.To }) {
		k.bad(from, fmt.Sprintf("numbers %d to %d are gone, and no loss was declared", from, to))
	} else if from > 1 && !k.ends {
		k.bad(from-1, "the piece before a gap does not end where it was signed")
	}
}

// checkEnd judges what could not be before everything was read.
func (c *Central) checkEnd(ctx context.Context, q querier, k *chainCheck) error {
	for id, b := range k.bare {
		if k.proof.Erased += b.n; !b.tomb && !k.told[id] {
			k.bad(b.first, "its content is gone without a tombstone")
		}
	}
	for n := range k.signed {
		k.bad(n, "was signed, and is gone")
	}
	through, chain, err := chainOf(ctx, q, k.proof.Device)
	if err != nil {
		return err
	}
	if through != k.proof.Last || k.last != nil && !isHeader(k.last, chain) {
		k.bad(k.proof.Last, "the chain ends elsewhere than it should")
	} else if !k.proof.Centre && k.proof.Changes > 0 && !k.ends {
		k.bad(k.proof.Last, "its end is not signed")
	}
	slices.SortStableFunc(k.proof.Wrong, func(a, b ChainWrong) int { return cmp.Compare(a.Number, b.Number) })
	return nil
}

// signedPlaces reads what the chain's device, or the authority, signed of it.
func (c *Central) signedPlaces(ctx context.Context, q querier, k *chainCheck) error {
	const op = "central.signedPlaces"
	id := k.proof.Device
	keys := []seal.PublicKey{c.authority.Signer().Public()}
	if !k.proof.Centre {
		var err error
		if keys, err = keysOf(ctx, q, id); err != nil {
			return err
		}
	}
	rows, err := q.QueryContext(ctx, `SELECT last, bytes FROM checkpoints WHERE device = ? ORDER BY last`, id.String())
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	k.signed = map[uint64]loan.Hash{}
	for rows.Next() {
		var last int64
		var b []byte
		if err := rows.Scan(&last, &b); err != nil {
			return diskFault(op, err)
		}
		n, chain, ok := openSigned(b, id, keys, k.proof.Centre)
		if !ok || n != uint64(last) {
			k.bad(uint64(last), "the signature does not hold")
			continue
		}
		k.signed[n] = chain
		k.proof.Signed++
	}
	return diskFault(op, rows.Err())
}

// openSigned reads a signed place of a chain, under one of some keys.
func openSigned(b []byte, id uuid.UUID, keys []seal.PublicKey, centre bool) (uint64, loan.Hash, bool) {
	for _, key := range keys {
		lookup := func(uuid.UUID) (seal.PublicKey, error) { return key, nil }
		if centre {
			if p, err := parcel.OpenProof(b, lookup); err == nil && p.Device == id {
				return p.Last, p.Chain, true
			}
			continue
		}
		if p, err := parcel.OpenCheckpoint(b, lookup); err == nil && p.Device == id {
			return p.Last, p.Chain, true
		}
	}
	return 0, loan.Hash{}, false
}

// keysOf are the keys that a device has and had.
func keysOf(ctx context.Context, q querier, id uuid.UUID) ([]seal.PublicKey, error) {
	const op = "central.keysOf"
	rows, err := q.QueryContext(ctx, `SELECT public_key FROM devices WHERE id = ? UNION ALL SELECT public_key FROM former_keys WHERE device = ?`, id.String(), id.String())
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []seal.PublicKey
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, diskFault(op, err)
		}
		key, err := seal.ParsePublicKey(b)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		out = append(out, key)
	}
	return out, diskFault(op, rows.Err())
}

// anySuite says whether something holds by the hash of a suite: a laptop that
// enrolled again may have gone over to another.
func anySuite(holds func(sum func([]byte) loan.Hash) bool) bool {
	return slices.ContainsFunc(seal.Suites(), func(s seal.Suite) bool {
		return holds(func(b []byte) loan.Hash { return s.Sum(b) })
	})
}

func follows(ch, prev *loan.Change) bool { return isHeader(prev, ch.Prev) }

func isHeader(ch *loan.Change, h loan.Hash) bool {
	return anySuite(func(sum func([]byte) loan.Hash) bool { return ch.HeaderHash(sum) == h })
}

func bodyHolds(ch *loan.Change) bool {
	return anySuite(func(sum func([]byte) loan.Hash) bool { return loan.BodyHashOf(sum, ch.Salt, ch.Body) == ch.BodyHash })
}
