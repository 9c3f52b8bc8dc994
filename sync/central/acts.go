package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// note writes into the centre's chain what was done at the centre, under a
// signature of the chain's end. It is of no case, and no laptop gets it.
func (c *Central) note(ctx context.Context, tx *sql.Tx, by string, kind loan.ChangeKind, body loan.ViewBody) error {
	const op = "central.note"
	if err := c.lock(ctx, tx, lockAuthor); err != nil {
		return err
	}
	ch, err := c.authorAs(ctx, tx, &loan.Case{}, by, kind, body)
	if err != nil {
		return err
	}
	proof, err := parcel.Prove([]*loan.Change{ch}, c.authority.Signer())
	if err != nil {
		return fault.Wrap(op, err)
	}
	return keepCheckpoint(ctx, tx, ch.Device, ch.Counter, proof)
}

// detail is how the chain says of a copy what the table of releases says of it.
func (r *Released) detail() string {
	return fmt.Sprintf("export %s copy %d of case %s to %s %s", r.Grant, r.N, r.Case, r.Fingerprint, r.Recipient)
}

// Tampered is a place of the centre's own record that is not as it was written.
type Tampered struct {
	Centre uuid.UUID `json:"centre"`
	Number uint64    `json:"number,omitempty"` // in its chain
	Why    string    `json:"why"`
}

// VerifyRecord reads the centre's own chain from its beginning, under every id
// that it had: that each change leads on from the one before, that its body is the
// one it names, that the chain ends where it is said to and what the authority
// signed of it; and that the table of exports has what the chain has, no more and
// no less. It gives how many changes it read, and where something is wrong.
func (c *Central) VerifyRecord(ctx context.Context) (read int, wrong []Tampered, err error) {
	const op = "central.VerifyRecord"
	// Of one moment: a centre that runs adds to its record between two reads.
	tx, err := c.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: c.oneMoment()})
	if err != nil {
		return 0, nil, diskFault(op, err)
	}
	defer tx.Rollback()
	all, err := idsOf(ctx, tx, `SELECT id FROM centres ORDER BY id`)
	if err != nil {
		return 0, nil, fault.Wrap(op, err)
	}
	told := map[string]int{}
	for _, id := range all {
		n, bad, err := c.verifyChain(ctx, tx, id, told)
		if err != nil {
			return read, wrong, fault.Wrap(op, err)
		}
		read, wrong = read+n, append(wrong, bad...)
	}
	rows, err := releases(ctx, tx)
	if err != nil {
		return read, wrong, fault.Wrap(op, err)
	}
	for i := range rows {
		k := rows[i].Operator + " " + rows[i].detail()
		if told[k]--; told[k] < 0 {
			wrong = append(wrong, Tampered{c.ID(), 0, "the list of exports has what the chain has not: " + rows[i].detail()})
		}
	}
	for k, n := range told {
		if n > 0 {
			wrong = append(wrong, Tampered{c.ID(), 0, "the chain has what the list of exports has not: " + k})
		}
	}
	return read, wrong, nil
}

// oneMoment is the isolation by which all reads of a transaction see one state;
// the embedded database knows no other.
func (c *Central) oneMoment() sql.IsolationLevel {
	if c.shared {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// verifyChain reads one chain of the centre's, and counts in told the exports that
// it tells of.
func (c *Central) verifyChain(ctx context.Context, q querier, id uuid.UUID, told map[string]int) (read int, wrong []Tampered, err error) {
	const op = "central.verifyChain"
	bad := func(n uint64, why string) { wrong = append(wrong, Tampered{id, n, why}) }
	signed, err := c.signedEnds(ctx, q, id, bad)
	if err != nil {
		return 0, nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT c.counter, c.bytes, CASE WHEN e.case_id IS NULL THEN 0 ELSE 1 END FROM changes c
		LEFT JOIN erased e ON e.case_id = c.case_id WHERE c.device = ? ORDER BY c.counter`, id.String())
	if err != nil {
		return 0, nil, diskFault(op, err)
	}
	defer rows.Close()
	var last uint64
	var prev loan.Hash
	for ; rows.Next(); read++ {
		var counter int64
		var b []byte
		var erased int
		if err := rows.Scan(&counter, &b, &erased); err != nil {
			return read, wrong, diskFault(op, err)
		}
		n := uint64(counter)
		ch, err := loan.DecodeChange(b)
		if err != nil || ch.Device != id || ch.Counter != n {
			bad(n, "altered: no change of this number")
			prev = loan.Hash{}
			last = n
			continue
		}
		if n != last+1 && n>>loan.EraShift <= last>>loan.EraShift || ch.Prev != prev {
			bad(n, "does not lead on from the change before it: one is gone, or was altered")
		}
		switch {
		case ch.Body == nil && erased == 0:
			bad(n, "its content is gone without a tombstone")
		case ch.Body != nil && loan.BodyHashOf(sum, ch.Salt, ch.Body) != ch.BodyHash:
			bad(n, "its content was altered")
		}
		prev, last = ch.HeaderHash(sum), n
		if want, ok := signed[n]; ok && want != prev {
			bad(n, "is not what the authority signed")
		}
		delete(signed, n)
		if body, err := loan.Body[loan.ViewBody](ch); err == nil && ch.Kind == loan.ChangeExport {
			told[ch.Operator+" "+body.Detail]++
		}
	}
	if err := rows.Err(); err != nil {
		return read, wrong, diskFault(op, err)
	}
	for n := range signed {
		bad(n, "was signed, and is gone")
	}
	through, chain, err := chainOf(ctx, q, id)
	if err == nil && (through != last || chain != prev) {
		bad(last, "the chain ends elsewhere than it should")
	}
	return read, wrong, err
}

// signedEnds are the ends of a chain that the authority signed.
func (c *Central) signedEnds(ctx context.Context, q querier, id uuid.UUID, bad func(uint64, string)) (map[uint64]loan.Hash, error) {
	const op = "central.signedEnds"
	rows, err := q.QueryContext(ctx, `SELECT last, bytes FROM checkpoints WHERE device = ?`, id.String())
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[uint64]loan.Hash{}
	for rows.Next() {
		var last int64
		var b []byte
		if err := rows.Scan(&last, &b); err != nil {
			return nil, diskFault(op, err)
		}
		p, err := parcel.OpenProof(b, c.ownKey)
		if err != nil || p.Device != id || p.Last != uint64(last) {
			bad(uint64(last), "the authority's signature does not hold")
			continue
		}
		out[p.Last] = p.Chain
	}
	return out, diskFault(op, rows.Err())
}

// chainReleased writes exports into the chain that an earlier program wrote into
// the table alone, once.
func (c *Central) chainReleased(ctx context.Context) error {
	return c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		done, err := known(ctx, tx, "released-chained")
		if err != nil || done {
			return err
		}
		rows, err := releases(ctx, tx)
		if err != nil {
			return err
		}
		in, err := exportsIn(ctx, tx)
		if err != nil {
			return err
		}
		for i := len(rows) - 1; i >= 0; i-- {
			r := rows[i]
			if in[r.Operator+" "+r.detail()] {
				continue
			}
			body := loan.ViewBody{Detail: r.detail(), Reason: "written down at " + r.At.Format("2006-01-02 15:04:05") + ", before the chain had exports"}
			if err := c.note(ctx, tx, r.Operator, loan.ChangeExport, body); err != nil {
				return err
			}
		}
		_, err = meta(ctx, tx, "released-chained", func() string { return "1" })
		return err
	})
}

// exportsIn are the exports that the centre's chains tell of.
func exportsIn(ctx context.Context, q querier) (map[string]bool, error) {
	const op = "central.exportsIn"
	rows, err := q.QueryContext(ctx, `SELECT bytes FROM changes WHERE kind = ? AND device IN (SELECT id FROM centres)`, string(loan.ChangeExport))
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, diskFault(op, err)
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			return nil, fault.New(op, fault.Damaged, errors.New("a change of the centre's"))
		}
		if body, err := loan.Body[loan.ViewBody](ch); err == nil {
			out[ch.Operator+" "+body.Detail] = true
		}
	}
	return out, diskFault(op, rows.Err())
}

// ownKey is the key under which the centre's own chains are signed.
func (c *Central) ownKey(uuid.UUID) (seal.PublicKey, error) {
	return c.authority.Signer().Public(), nil
}
