package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// The states of a contract at the centre.
const (
	contractWaits    = "waiting"  // for the centre's seal
	contractReceived = "received" // sealed by the centre; a time stamp is wanted where a service is named
	contractStamped  = "stamped"
	contractPlain    = "plain"   // nothing can be put behind it; why says so
	contractRefused  = "refused" // it does not verify: a person has to look
)

const (
	contractLook  = 5 * time.Second
	contractLease = 5 * time.Minute // after which another server takes up what this one left
	contractMost  = 16              // taken up at once
)

// contractSchema holds what the centre put behind the contracts it received.
func contractSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS contracts (case_id TEXT NOT NULL, hash BYTEA NOT NULL, county TEXT NOT NULL, state TEXT NOT NULL, why TEXT NOT NULL,
			receipt_no TEXT NOT NULL, contract_no TEXT NOT NULL, tail BYTEA, tries INTEGER NOT NULL, due BIGINT NOT NULL, at BIGINT NOT NULL,
			PRIMARY KEY (case_id, hash))`,
		`CREATE INDEX IF NOT EXISTS contracts_due ON contracts (state, due)`,
	}
}

// heldContract is a row of a contract.
type heldContract struct {
	id       uuid.UUID
	hash     loan.Hash
	county   string
	state    string
	why      string
	received contract.Received
	tail     []byte
	tries    int
	due      int64
}

// wantContract notes that a contract that was received is to get the centre's
// seal. A case without one is noted too, so that it is not looked at again.
func (c *Central) wantContract(ctx context.Context, tx *sql.Tx, k *loan.Case, county string, body loan.ReceiveBody) error {
	state, why, hash := contractPlain, "no contract", []byte{}
	if k.Contract != nil && k.Contract.Sealed != nil {
		state, why, hash = contractWaits, "", k.Contract.Sealed.Blob[:]
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO contracts (case_id, hash, county, state, why, receipt_no, contract_no, tries, due, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?) ON CONFLICT DO NOTHING`,
		k.ID.String(), hash, county, state, why, body.ReceiptNo, body.ContractNo, c.now().UnixMilli())
	if err != nil {
		return diskFault("central.wantContract", err)
	}
	select {
	case c.contractsDue <- struct{}{}:
	default:
	}
	return nil
}

// KeepContracts verifies the contracts that were received, puts the centre's
// seal behind them and, where a time stamping service is named, its stamp, until
// ctx ends. What fails is tried again, later each time; nothing waits for it, nor
// does a seal wait for a service that does not answer.
func (c *Central) KeepContracts(ctx context.Context) {
	if err := c.judgeAnew(ctx); err != nil && ctx.Err() == nil {
		c.log.Warn("contracts of a form that was not known are not judged anew", "error", err.Error())
	}
	var both sync.WaitGroup // and the lists of revoked certificates
	both.Go(func() { c.keepRunning(ctx, c.sealDueContracts) })
	both.Go(func() { c.keepRunning(ctx, c.stampDueContracts) })
	both.Go(func() { c.keepRunning(ctx, c.fetchDueLists) })
	both.Wait()
}

// judgeAnew takes contracts up again whose form the program did not know: laptops
// may have had a later version than the centre, and now it has that too.
func (c *Central) judgeAnew(ctx context.Context) error {
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE contracts SET state = ?, tries = 0, due = 0 WHERE state = ? AND why LIKE ?`,
			contractWaits, contractRefused, "%"+string(contract.CatalogDiffers)+"%")
		return diskFault("central.judgeAnew", err)
	})
}

func (c *Central) keepRunning(ctx context.Context, do func(context.Context) (int, error)) {
	for ctx.Err() == nil {
		n, err := do(ctx)
		if err != nil && ctx.Err() == nil {
			c.log.Warn("sealing contracts stopped for a while", "error", err.Error())
		}
		if err == nil && n > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-c.contractsDue:
		case <-time.After(contractLook):
		}
	}
}

// KeepDueContracts takes up the contracts that are due, a few at a time, and
// says how many it took up.
func (c *Central) KeepDueContracts(ctx context.Context) (int, error) {
	n, err := c.sealDueContracts(ctx)
	if err != nil || n > 0 {
		return n, err
	}
	if n, err = c.fetchDueLists(ctx); err != nil || n > 0 {
		return n, err
	}
	return c.stampDueContracts(ctx)
}

func (c *Central) sealDueContracts(ctx context.Context) (int, error) {
	n, err := c.keepDue(ctx, contractWaits, nil)
	if err != nil || n > 0 {
		return n, fault.Wrap("central.sealDueContracts", err)
	}
	n, err = c.noteFormerContracts(ctx)
	return n, fault.Wrap("central.sealDueContracts", err)
}

func (c *Central) stampDueContracts(ctx context.Context) (int, error) {
	const op = "central.stampDueContracts"
	s, err := c.Stamping(ctx)
	if err != nil || s.URL == "" {
		return 0, fault.Wrap(op, err)
	}
	n, err := c.keepDue(ctx, contractReceived, s)
	return n, fault.Wrap(op, err)
}

// keepDue takes up the contracts in a state that are due. Once the service does
// not answer, those that are left wait for the end of their lease.
func (c *Central) keepDue(ctx context.Context, state string, s *Stamping) (int, error) {
	var n int
	err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM (SELECT 1 FROM contracts WHERE state = ? AND due <= ? LIMIT 1) AS d`,
		state, c.now().UnixMilli()).Scan(&n)
	if err != nil || n == 0 {
		return 0, diskFault("central.keepDue", err)
	}
	due, err := c.claimContracts(ctx, state)
	if err != nil {
		return 0, err
	}
	for i := range due {
		if err := c.keepContract(ctx, &due[i], s); err != nil {
			return i, err
		}
		if due[i].why == fault.Offline.String() {
			break
		}
	}
	return len(due), nil
}

// claimContracts takes rows that are due for this server.
func (c *Central) claimContracts(ctx context.Context, state string) (out []heldContract, err error) {
	const op = "central.claimContracts"
	err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		out = nil
		now := c.now().UnixMilli()
		rows, err := contractRows(ctx, tx, `WHERE state = ? AND due <= ? ORDER BY due, case_id LIMIT ?`, state, now, contractMost)
		if err != nil {
			return err
		}
		for _, k := range rows {
			r, err := tx.ExecContext(ctx, `UPDATE contracts SET due = ? WHERE case_id = ? AND hash = ? AND state = ? AND due = ?`,
				now+contractLease.Milliseconds(), k.id.String(), k.hash[:], k.state, k.due)
			if err != nil {
				return diskFault(op, err)
			}
			if n, err := r.RowsAffected(); err == nil && n == 1 {
				out = append(out, k)
			}
		}
		return nil
	})
	return out, err
}

func contractRows(ctx context.Context, q querier, where string, args ...any) ([]heldContract, error) {
	const op = "central.contractRows"
	rows, err := q.QueryContext(ctx, `SELECT case_id, hash, county, state, why, receipt_no, contract_no, tail, tries, due FROM contracts `+where, args...)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []heldContract
	for rows.Next() {
		var k heldContract
		var id string
		var hash []byte
		if err := rows.Scan(&id, &hash, &k.county, &k.state, &k.why, &k.received.ReceiptNo, &k.received.ContractNo, &k.tail, &k.tries, &k.due); err != nil {
			return nil, diskFault(op, err)
		}
		var ok bool
		if k.id, ok = parseID(id); !ok {
			return nil, fault.New(op, fault.Damaged, errors.New("case id"))
		}
		copy(k.hash[:], hash)
		out = append(out, k)
	}
	return out, diskFault(op, rows.Err())
}

// keepContract takes one contract a step further. Only what keeps the centre
// from working at all is an error; the rest is written beside the contract.
func (c *Central) keepContract(ctx context.Context, k *heldContract, s *Stamping) error {
	was := k.state
	err := c.nextStep(ctx, k, s)
	if ctx.Err() != nil {
		return fault.New("central.keepContract", fault.Cancelled, ctx.Err())
	}
	if err != nil {
		k.tries++
		k.why = fault.KindOf(err).String()
		k.due = c.now().Add(retryAfter(k.tries)).UnixMilli()
		c.log.Warn("a contract waits", "case", k.id, "for", k.state, "tries", k.tries, "error", err.Error())
	} else {
		k.tries, k.due = 0, 0
	}
	if k.state == contractRefused {
		c.log.Error("a contract does not verify", "case", k.id, "why", k.why)
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `UPDATE contracts SET state = ?, why = ?, tail = ?, tries = ?, due = ?, at = ? WHERE case_id = ? AND hash = ? AND state = ?`,
			k.state, k.why, k.tail, k.tries, k.due, c.now().UnixMilli(), k.id.String(), k.hash[:], was)
		return diskFault("central.keepContract", err)
	})
}

// retryAfter is a minute at first, and at most six hours.
func retryAfter(tries int) time.Duration {
	return min(time.Minute<<min(tries-1, 10), 6*time.Hour)
}

func (c *Central) nextStep(ctx context.Context, k *heldContract, s *Stamping) error {
	key, err := c.countyKey(k.county)
	if err != nil {
		return err
	}
	b, err := c.whole(ctx, k.county, k.hash, key)
	if err != nil {
		return err
	}
	if k.state == contractWaits {
		return c.sealReceived(ctx, k, b)
	}
	stamped, err := c.stamp(ctx, s, append(b, k.tail...))
	if err != nil {
		return err
	}
	k.tail, k.state, k.why = stamped[len(b):], contractStamped, ""
	return nil
}

// sealReceived verifies a contract as the terminal closed it, and puts the
// centre's seal behind it.
func (c *Central) sealReceived(ctx context.Context, k *heldContract, b []byte) error {
	why, err := c.doubts(ctx, k, b)
	if err != nil {
		return err
	}
	if why != "" {
		k.state, k.why = contractRefused, why
		return nil
	}
	k.received.At = c.now()
	out, err := contract.Receive(b, c.authority, k.received)
	switch fault.KindOf(err) {
	case fault.Unsupported:
		k.state, k.why = contractPlain, "first form"
		return nil
	case fault.Exists, fault.Input:
		k.state, k.why = contractRefused, "not as a terminal closes it"
		return nil
	}
	if err != nil {
		return err
	}
	k.tail, k.state, k.why = out[len(b):], contractReceived, ""
	return nil
}

// doubts says what speaks against a contract that a laptop sent: it does not
// verify, it is another case's, or it was sealed by another device than the one
// whose chain says so.
func (c *Central) doubts(ctx context.Context, k *heldContract, b []byte) (string, error) {
	o := contract.VerifyOptions{CA: c.authority.Cert()}
	kase, err := c.loadCase(ctx, c.db, k.id)
	if err != nil {
		return "", err
	}
	if kase != nil {
		o.National = o.Against(kase, k.hash).National
	}
	r := contract.Verify(b, o)
	if !r.OK {
		codes := make([]string, len(r.Findings))
		for i, f := range r.Findings {
			codes[i] = string(f.Code)
		}
		return strings.Join(codes, " "), nil
	}
	if r.Case != k.id.String() {
		return "another case's", nil
	}
	var n int
	err = c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM changes WHERE case_id = ? AND kind = ? AND device = ?`,
		k.id.String(), string(loan.ChangeSeal), r.Device).Scan(&n)
	if err != nil {
		return "", diskFault("central.doubts", err)
	}
	if n == 0 {
		return fmt.Sprintf("sealed by %s, which does not say so", r.Device), nil
	}
	return "", nil
}

// noteFormerContracts notes the contracts of cases that were received before
// contracts were noted, a few at a time.
func (c *Central) noteFormerContracts(ctx context.Context) (int, error) {
	ids, err := idsOf(ctx, c.db, `SELECT id FROM cases WHERE receipt_no <> '' AND lacking = 0
		AND NOT EXISTS (SELECT 1 FROM contracts k WHERE k.case_id = cases.id) ORDER BY id LIMIT ?`, contractMost)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		k, err := c.loadCase(ctx, c.db, id)
		if err != nil && fault.KindOf(err) != fault.TooLarge {
			return 0, err
		}
		if k == nil {
			k = &loan.Case{ID: id}
		}
		err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
			var county string
			var body loan.ReceiveBody
			if err := tx.QueryRowContext(ctx, `SELECT county, receipt_no, contract_no FROM cases WHERE id = ?`, id.String()).
				Scan(&county, &body.ReceiptNo, &body.ContractNo); err != nil {
				return diskFault("central.noteFormerContracts", err)
			}
			return c.wantContract(ctx, tx, k, county, body)
		})
		if err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}
