package central

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// What is folded of one case at most: folding costs the square of the number
// of changes in memory, and every change a megabyte if it wants.
const (
	maxFold      = 8192
	maxFoldBytes = 8 << 20
)

// operatorCentre stands as the operator of the centre's own changes.
const operatorCentre = guard.Centre

// Statuses of the list that no case on a laptop has.
const (
	statusUnopened = "unopened" // changes came, the one that opens the case did not
	statusTooLong  = "too-long" // more changes than can be folded
)

// noteAuthor remembers which laptops work on a case: they get its news. It says
// whether the laptop is new to the case. The case is locked.
func (c *Central) noteAuthor(ctx context.Context, tx *sql.Tx, id uuid.UUID, d *device) (joined bool, err error) {
	const op = "central.noteAuthor"
	if _, err := tx.ExecContext(ctx, `INSERT INTO cases (id, county, device, kind, status, finish, needs, lacking, conflicts, aside, receipt_no, contract_no, updated)
		VALUES (?, ?, ?, '', ?, '', 0, 0, 0, 0, '', '', ?) ON CONFLICT DO NOTHING`,
		id.String(), d.county, d.id.String(), statusUnopened, c.now().UnixMilli()); err != nil {
		return false, diskFault(op, err)
	}
	r, err := tx.ExecContext(ctx, `INSERT INTO case_devices (case_id, device) VALUES (?, ?) ON CONFLICT DO NOTHING`, id.String(), d.id.String())
	if err != nil {
		return false, diskFault(op, err)
	}
	n, err := r.RowsAffected()
	return n > 0, diskFault(op, err)
}

// loadCase folds a case from its changes; nil when it was never opened.
// fault.TooLarge when there are too many. The centre's word out of a laptop's
// chain does not count.
func (c *Central) loadCase(ctx context.Context, q querier, id uuid.UUID) (*loan.Case, error) {
	const op = "central.loadCase"
	is, err := c.know(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, err := q.QueryContext(ctx, `SELECT kind, device, bytes FROM changes WHERE case_id = ?`, id.String())
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	f, said := folding{is: is}, false
	for rows.Next() {
		var kind, device string
		var b sql.RawBytes
		if err := rows.Scan(&kind, &device, &b); err != nil {
			return nil, diskFault(op, err)
		}
		if loan.ChangeKind(kind).View() {
			said = said || is.erased(kind, device)
			continue
		}
		if !f.room(len(b)) {
			return nil, fault.New(op, fault.TooLarge, errors.New(id.String()))
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		if !f.add(ch) {
			return nil, nil
		}
	}
	if err := rows.Err(); err != nil {
		return nil, diskFault(op, err)
	}
	if said { // one that lives again has that word too
		gone, err := tombs(ctx, q, []uuid.UUID{id})
		if err != nil || gone[id] {
			return nil, err
		}
	}
	return loan.Fold(f.changes), nil
}

// loadNew is loadCase for a case of which a parcel just brought changes: where
// those are all that there are, they are not read again.
func (c *Central) loadNew(ctx context.Context, tx *sql.Tx, id uuid.UUID, came *came) (*loan.Case, error) {
	const op = "central.loadNew"
	if came == nil || came.size > maxFoldBytes || len(came.changes) > maxFold {
		return c.loadCase(ctx, tx, id)
	}
	all := 0
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM changes WHERE case_id = ?`, id.String()).Scan(&all); err != nil {
		return nil, diskFault(op, err)
	}
	if all != len(came.changes) {
		return c.loadCase(ctx, tx, id)
	}
	is, err := c.know(ctx, tx)
	if err != nil {
		return nil, err
	}
	f := folding{is: is}
	for _, ch := range came.changes {
		if is.erased(string(ch.Kind), ch.Device.String()) {
			return nil, nil
		}
		if !ch.Kind.View() && !f.add(ch) {
			return nil, nil
		}
	}
	return loan.Fold(f.changes), nil
}

// came is what a parcel brought of one case and what was not there, views among
// it.
type came struct {
	changes []*loan.Change
	size    int // bytes of them
}

// folding gathers the changes that a case is folded from.
type folding struct {
	is      *identity
	changes []*loan.Change
	size    int
}

// room says whether another change of a length may be added.
func (f *folding) room(n int) bool {
	f.size += n
	return len(f.changes) < maxFold && f.size <= maxFoldBytes
}

// feigned says whether a change is a word that a centre alone may say, and not said by
// one that this one is or was.
func (is *identity) feigned(kind loan.ChangeKind, device uuid.UUID) bool {
	switch kind {
	case loan.ChangeReceive, loan.ChangeAccept, loan.ChangeReturn, loan.ChangeNotice:
		return !is.centres[device]
	}
	return false
}

// add passes over what only a centre may say and none of this one's said. It is
// false of a case that was erased before it was sent.
func (f *folding) add(ch *loan.Change) bool {
	switch ch.Kind {
	case loan.ChangeOpen:
		if ch.Body == nil {
			return false
		}
	default:
		if f.is.feigned(ch.Kind, ch.Device) {
			return true
		}
	}
	f.changes = append(f.changes, ch)
	return true
}

// refoldAll brings the rows of cases, which are locked, up to date with their
// changes, lets tell write the news of what came, receives the cases that are
// whole, and notes students who came to two desks. The centre's own word comes
// last, so that who waits to write it holds all else that is wanted.
func (c *Central) refoldAll(ctx context.Context, tx *sql.Tx, ids []uuid.UUID, came map[uuid.UUID]*came, tell func() error) error {
	var whole []uuid.UUID
	var notes []noted
	for _, id := range ids {
		k, done, err := c.refold(ctx, tx, id, came[id], false)
		if err != nil {
			return err
		}
		if !done {
			whole = append(whole, id)
		}
		if notes, err = c.marked(ctx, tx, k, notes); err != nil {
			return err
		}
	}
	if err := c.putMarks(ctx, tx, notes); err != nil {
		return err
	}
	if tell != nil {
		if err := tell(); err != nil {
			return err
		}
	}
	for _, id := range whole {
		if _, _, err := c.refold(ctx, tx, id, came[id], true); err != nil {
			return err
		}
	}
	return c.noticeAll(ctx, tx, notes)
}

// refold brings the row of a case up to date with its changes, and receives
// the case when it is whole; where that is not to be done yet, it is left as it
// is and done is false. The case is locked. It gives the case; nil where there
// is none, or none that can be folded.
func (c *Central) refold(ctx context.Context, tx *sql.Tx, id uuid.UUID, came *came, receive bool) (k *loan.Case, done bool, err error) {
	const op = "central.refold"
	k, err = c.loadNew(ctx, tx, id, came)
	if fault.KindOf(err) == fault.TooLarge {
		_, err := tx.ExecContext(ctx, `UPDATE cases SET status = ?, updated = ? WHERE id = ?`, statusTooLong, c.now().UnixMilli(), id.String())
		return nil, true, diskFault(op, err)
	}
	if err != nil || k == nil {
		return nil, true, err
	}
	lacking, err := c.setNeeds(ctx, tx, k)
	if err != nil {
		return nil, true, err
	}
	whole := k.Status == loan.Queued && lacking == 0
	if whole {
		if whole, err = c.reviewed(ctx, tx, k); err != nil {
			return nil, true, err
		}
	}
	if whole {
		if !receive {
			return k, false, nil
		}
		if k, err = c.receive(ctx, tx, k); err != nil {
			return nil, true, err
		}
	}
	finish := ""
	if k.Finish != nil {
		finish = k.Finish.ID.String()
	}
	_, err = tx.ExecContext(ctx, `UPDATE cases SET kind = ?, status = ?, finish = ?, lacking = ?, conflicts = ?, aside = ?, updated = ? WHERE id = ?`,
		string(k.App.Kind), k.Status.String(), finish, lacking, len(k.Conflicts), len(k.Aside), c.now().UnixMilli(), id.String())
	return k, true, diskFault(op, err)
}

// setNeeds writes down the blobs a finished case consists of, and counts those
// that are lacking. A case that is not finished needs none yet.
func (c *Central) setNeeds(ctx context.Context, tx *sql.Tx, k *loan.Case) (lacking int, err error) {
	const op = "central.setNeeds"
	if k.Finish == nil {
		if _, err := tx.ExecContext(ctx, `DELETE FROM needs WHERE case_id = ?`, k.ID.String()); err != nil {
			return 0, diskFault(op, err)
		}
		_, err := tx.ExecContext(ctx, `UPDATE cases SET needs = 0 WHERE id = ?`, k.ID.String())
		return 0, diskFault(op, err)
	}
	var finish, county string
	if err := tx.QueryRowContext(ctx, `SELECT finish, county FROM cases WHERE id = ?`, k.ID.String()).Scan(&finish, &county); err != nil {
		return 0, diskFault(op, err)
	}
	// A page that was lost and taken anew changes the manifest behind its finish.
	if finish != k.Finish.ID.String() || len(k.Replaced) > 0 {
		if _, err := tx.ExecContext(ctx, `DELETE FROM needs WHERE case_id = ?`, k.ID.String()); err != nil {
			return 0, diskFault(op, err)
		}
		// A manifest that forgot something does not make the case whole.
		needed := append(k.Manifest(), k.Finish.Blobs...)
		// Of a blob that arrives meanwhile either this sees the blob, or its
		// arrival sees the need.
		var names []string
		for _, a := range needed {
			names = append(names, lockBlob(county, a.Blob.String()))
		}
		if err := c.lockBeside(ctx, tx, names...); err != nil {
			return 0, err
		}
		for _, a := range needed {
			if _, err := tx.ExecContext(ctx, `INSERT INTO needs (case_id, blob, county, size) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
				k.ID.String(), a.Blob[:], county, a.Size); err != nil {
				return 0, diskFault(op, err)
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE cases SET needs = (SELECT COUNT(*) FROM needs WHERE case_id = ?) WHERE id = ?`,
			k.ID.String(), k.ID.String()); err != nil {
			return 0, diskFault(op, err)
		}
	}
	return countLacking(ctx, tx, k.ID)
}

func countLacking(ctx context.Context, tx *sql.Tx, id uuid.UUID) (n int, err error) {
	err = tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM needs n LEFT JOIN blobs b ON b.county = n.county AND b.hash = n.blob
		WHERE n.case_id = ? AND b.hash IS NULL`, id.String()).Scan(&n)
	return n, diskFault("central.countLacking", err)
}

// lockArrival locks the cases that need a blob, and then the blob against
// cases that come to need it; who arrives at once at another server waits here,
// and then sees what this one did. It gives the cases.
func (c *Central) lockArrival(ctx context.Context, tx *sql.Tx, county string, h loan.Hash) ([]uuid.UUID, error) {
	before, err := needing(ctx, tx, county, h)
	if err != nil || !c.shared {
		return before, err
	}
	names := []string{lockBlob(county, h.String())}
	for _, id := range before {
		names = append(names, lockCase(id.String()))
	}
	if err := c.lock(ctx, tx, names...); err != nil {
		return nil, err
	}
	now, err := needing(ctx, tx, county, h)
	if err != nil {
		return nil, err
	}
	for _, id := range now {
		if !slices.Contains(before, id) {
			return nil, errAgain // a case that is not locked
		}
	}
	return now, nil
}

// needing lists the cases that consist of a blob.
func needing(ctx context.Context, tx *sql.Tx, county string, h loan.Hash) ([]uuid.UUID, error) {
	return idsOf(ctx, tx, `SELECT case_id FROM needs WHERE blob = ? AND county = ? ORDER BY case_id`, h[:], county)
}

// completeCases looks at the cases that were waiting for a blob, and are locked.
func (c *Central) completeCases(ctx context.Context, tx *sql.Tx, ids []uuid.UUID) error {
	const op = "central.completeCases"
	var whole []uuid.UUID
	for _, id := range ids {
		lacking, err := countLacking(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE cases SET lacking = ? WHERE id = ?`, lacking, id.String()); err != nil {
			return diskFault(op, err)
		}
		if lacking == 0 {
			whole = append(whole, id)
		}
	}
	return c.refoldAll(ctx, tx, whole, nil, nil)
}

// receive writes into the centre's chain that the whole case is here, and
// gives the case as it is then.
func (c *Central) receive(ctx context.Context, tx *sql.Tx, k *loan.Case) (*loan.Case, error) {
	const op = "central.receive"
	// One chain for the centre, whichever server writes: held to the end of the
	// transaction, as are the numbers, so that neither has doubles.
	if err := c.lock(ctx, tx, lockAuthor); err != nil {
		return nil, err
	}
	var county, contractNo string
	if err := tx.QueryRowContext(ctx, `SELECT county, contract_no FROM cases WHERE id = ?`, k.ID.String()).Scan(&county, &contractNo); err != nil {
		return nil, diskFault(op, err)
	}
	now := c.now()
	year := k.App.AcademicYear
	if year < 2000 || year > now.Year()+1 {
		year = now.Year()
	}
	floor := millisecondsOf(year, now)
	if contractNo == "" {
		n, err := nextNumber(ctx, tx, fmt.Sprintf("contract/%s/%d", county, year), floor)
		if err != nil {
			return nil, err
		}
		contractNo = fmt.Sprintf("%s%d%0*d", county, year, numberDigits, n)
	}
	n, err := nextNumber(ctx, tx, fmt.Sprintf("receipt/%s/%d", county, year), floor)
	if err != nil {
		return nil, err
	}
	code, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	body := loan.ReceiveBody{ReceiptNo: fmt.Sprintf("HZ%s%d%0*d", county, year, numberDigits, n), ContractNo: contractNo,
		CheckCode: fmt.Sprintf("%06d", code), Finish: k.Finish.ID.String()}
	ch, err := c.author(ctx, tx, k, loan.ChangeReceive, body)
	if err != nil {
		return nil, err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE cases SET receipt_no = ?, contract_no = ? WHERE id = ?`, body.ReceiptNo, contractNo, k.ID.String()); err != nil {
		return nil, diskFault(op, err)
	}
	if err := c.wantContract(ctx, tx, k, county, body); err != nil {
		return nil, err
	}
	if err := k.Apply(ch); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return k, nil
}

// author appends a change of the centre's own on top of the case, and puts it
// into the news of every laptop that works on the case.
func (c *Central) author(ctx context.Context, tx *sql.Tx, k *loan.Case, kind loan.ChangeKind, body any) (*loan.Change, error) {
	return c.authorAs(ctx, tx, k, operatorCentre, kind, body)
}

// authorAs is author in the name of a person; of none it is the centre's own.
func (c *Central) authorAs(ctx context.Context, tx *sql.Tx, k *loan.Case, by string, kind loan.ChangeKind, body any) (*loan.Change, error) {
	const op = "central.author"
	b, err := json.Marshal(body)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	is, err := c.know(ctx, tx)
	if err != nil {
		return nil, err
	}
	id := is.centre
	through, chain, err := chainOf(ctx, tx, id)
	if err != nil {
		return nil, err
	}
	counter, err := c.nextCounter(through)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: id, Counter: counter, Prev: chain, Seen: k.Heads,
		Operator: cmp.Or(by, operatorCentre), Case: k.ID, Kind: kind, At: c.now().UTC(), ClockErr: -1e6, Body: b}
	_, _ = rand.Read(ch.Salt[:]) // never fails
	ch.BodyHash = loan.BodyHashOf(sum, ch.Salt, b)
	header := ch.HeaderHash(sum)
	if err := insertChange(ctx, tx, ch, header); err != nil {
		return nil, err
	}
	if err := setChain(ctx, tx, id, ch.Counter, header); err != nil {
		return nil, err
	}
	return ch, c.announce(ctx, tx, ch)
}

// nextCounter is the number behind the end of the centre's chain, in a new era
// for the first that this process writes, for the first behind a new connection
// to a shared database, and where the chain ends before what it has seen: the
// database may be one put back from a backup, and laptops know what stood under
// the numbers behind it. The caller holds the author's lock.
func (c *Central) nextCounter(through uint64) (uint64, error) {
	c.authored.Lock()
	defer c.authored.Unlock()
	seen, opened, now := c.authored.through, c.authored.opened, c.opened.Load()
	// Not the number given: its transaction may yet be undone.
	c.authored.through, c.authored.opened = max(through, 1), now
	if seen == 0 || through < seen || opened != now {
		return loan.NextEra(max(through, seen), c.now())
	}
	return through + 1, nil
}

// numberDigits are those of a receipt or contract number behind county and year:
// milliseconds of three years.
const numberDigits = 11

// millisecondsOf counts from the beginning of the year before one. A centre gives
// a thousand numbers a second at no time, so the number that the clock shows lies
// above all that were given, also by a centre that is put back to an earlier time
// afterwards and hears of it from nobody.
func millisecondsOf(year int, now time.Time) int64 {
	return max(now.Sub(time.Date(year-1, 1, 1, 0, 0, 0, 0, time.UTC)).Milliseconds(), 1)
}

// nextNumber is the number behind the last one of a name, floor at least.
func nextNumber(ctx context.Context, tx *sql.Tx, name string, floor int64) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `INSERT INTO sequences (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = CASE WHEN sequences.value < excluded.value THEN excluded.value ELSE sequences.value + 1 END
		RETURNING value`, name, floor).Scan(&n)
	return n, diskFault("central.nextNumber", err)
}
