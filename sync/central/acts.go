package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// note writes into the centre's chain what was done at the centre, under a
// signature of the chain's end. It is of no case, and no laptop gets it.
func (c *Central) note(ctx context.Context, tx *sql.Tx, by string, kind loan.ChangeKind, body loan.ViewBody) error {
	_, err := c.noted(ctx, tx, by, kind, body)
	return err
}

// noted is note, and gives the change.
func (c *Central) noted(ctx context.Context, tx *sql.Tx, by string, kind loan.ChangeKind, body loan.ViewBody) (*loan.Change, error) {
	const op = "central.note"
	if err := c.lock(ctx, tx, lockAuthor); err != nil {
		return nil, err
	}
	// Of what was typed: it stands for ever.
	about, err := aboutOf(ctx, tx, body.Detail)
	if err != nil {
		return nil, err
	}
	if body.Reason, err = c.unnamed(ctx, tx, body.Reason, about...); err != nil {
		return nil, err
	}
	by, body.Detail, body.Reason = withoutNumbers(by), withoutNumbers(body.Detail), withoutNumbers(body.Reason)
	ch, err := c.authorAs(ctx, tx, &loan.Case{}, by, kind, body)
	if err != nil {
		return nil, err
	}
	proof, err := parcel.Prove([]*loan.Change{ch}, c.authority.Signer())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return ch, keepCheckpoint(ctx, tx, ch.Device, ch.Counter, proof)
}

// withoutNumbers is a text for the chain without ID numbers and phones, which may have
// been typed where an id or a word belongs. It goes by words, for ids have digits too.
func withoutNumbers(s string) string {
	var b strings.Builder
	word := 0 // where the word begins that is being read
	flush := func(end int) {
		if w := strings.ReplaceAll(s[word:end], "-", ""); isPersons(w) {
			b.WriteString("…")
		} else {
			b.WriteString(s[word:end])
		}
	}
	for i, r := range s {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' {
			continue
		}
		flush(i)
		b.WriteRune(r)
		word = i + len(string(r))
	}
	flush(len(s))
	return b.String()
}

// isPersons says whether a word is an ID number or a phone, by its form.
func isPersons(w string) bool {
	digits := strings.Trim(w, "0123456789") == ""
	switch len(w) {
	case 11:
		return digits && w[0] == '1' && w[1] >= '3'
	case 18:
		return strings.Trim(w[:17], "0123456789") == "" && strings.ContainsRune("0123456789xX", rune(w[17]))
	}
	return false
}

// detail is how the chain says of a copy what the table of releases says of it.
func (r *Released) detail() string {
	return withoutNumbers(fmt.Sprintf("export %s copy %d of case %s to %s %s", r.Grant, r.N, r.Case, r.Fingerprint, r.Recipient))
}

// releasedDetail says whether a detail is of a copy of a case; a report of the
// record is an export too.
func releasedDetail(detail string) bool { return strings.HasPrefix(detail, "export ") }

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
	err = c.inOneMoment(ctx, func(tx *sql.Tx) error {
		read, wrong, err = c.verifyRecord(ctx, tx)
		return err
	})
	return read, wrong, fault.Wrap(op, err)
}

func (c *Central) verifyRecord(ctx context.Context, tx *sql.Tx) (read int, wrong []Tampered, err error) {
	all, err := idsOf(ctx, tx, `SELECT id FROM centres ORDER BY id`)
	if err != nil {
		return 0, nil, err
	}
	told := map[string]int{}
	for _, id := range all {
		k := &chainCheck{proof: ChainProof{Device: id, Centre: true}, exports: told}
		if err := c.checkChain(ctx, tx, k); err != nil {
			return read, wrong, err
		}
		read += k.proof.Changes
		for _, w := range k.proof.Wrong {
			wrong = append(wrong, Tampered{id, w.Number, w.Why})
		}
	}
	rows, err := releases(ctx, tx)
	if err != nil {
		return read, wrong, err
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
