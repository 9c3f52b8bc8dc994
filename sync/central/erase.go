package central

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// statusErased is of a case of which the tombstone and the headers are left.
const statusErased = "erased"

// erasedSchema holds the tombstones of cases that were erased at a person's wish,
// the wishes that could not be granted, and the names of blobs that are to go or
// went: what arrives late under one of them goes too, where no case has it.
func erasedSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS erased (case_id TEXT PRIMARY KEY, county TEXT NOT NULL, device TEXT NOT NULL, operator TEXT NOT NULL,
			reason TEXT NOT NULL, at BIGINT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS erase_refused (case_id TEXT NOT NULL, device TEXT NOT NULL, operator TEXT NOT NULL, reason TEXT NOT NULL,
			why TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (case_id, device))`,
		`CREATE TABLE IF NOT EXISTS erased_blobs (county TEXT NOT NULL, hash BYTEA NOT NULL, waits INTEGER NOT NULL, PRIMARY KEY (county, hash))`,
		`CREATE INDEX IF NOT EXISTS erased_blobs_waits ON erased_blobs (waits)`,
		`CREATE TABLE IF NOT EXISTS wiping (county TEXT NOT NULL, hash BYTEA NOT NULL, pack BIGINT NOT NULL, at BIGINT NOT NULL, size BIGINT NOT NULL,
			PRIMARY KEY (county, hash, pack, at))`,
	}
}

// Tombstone is what is left of a case that was erased at a person's wish, or a
// wish that was not granted. It names no person of the case.
type Tombstone struct {
	Case     uuid.UUID `json:"case"`
	Device   uuid.UUID `json:"device,omitzero"` // that said so; none at the centre itself
	Operator string    `json:"operator"`
	Reason   string    `json:"reason"`
	At       time.Time `json:"at"`
	Refused  string    `json:"refused,omitempty"` // why it was not erased here
}

// wish is that a case be erased, as a device or, without one, the centre says.
type wish struct {
	id               uuid.UUID
	device           uuid.UUID
	county           string // of the device
	operator, reason string
}

// whyNotVoid is of a wish that waits: the word that the case is void may come yet,
// from another laptop.
const whyNotVoid = "the case is not void here"

// Why a wish is not granted, or was taken back.
const (
	whySealed  = "a contract of it was sealed"
	whyUnknown = "the case is not known here"
	whyMet     = "what came afterwards was not the wish's to erase: a person decides"
)

// wishesIn reads the wishes of a change of a device's chain.
func wishesIn(d *device, ch *loan.Change) []wish {
	if ch.Kind != loan.ChangeErase || ch.Case != uuid.Nil {
		return nil
	}
	b, err := loan.Body[loan.EraseBody](ch)
	if err != nil || b.Rule != loan.EraseRequest || len(b.Reason) > guard.MaxReason {
		return nil
	}
	var out []wish
	for _, id := range b.Cases {
		out = append(out, wish{id, d.id, d.county, ch.Operator, b.Reason})
	}
	return out
}

// again gives the wishes that waited for a case to be void.
func again(ctx context.Context, tx *sql.Tx, county string, ids []uuid.UUID) ([]wish, error) {
	const op = "central.again"
	var out []wish
	for _, id := range ids {
		w := wish{id: id, county: county}
		var device string
		err := tx.QueryRowContext(ctx, `SELECT device, operator, reason FROM erase_refused WHERE case_id = ? AND why = ? ORDER BY at`, id.String(), whyNotVoid).
			Scan(&device, &w.operator, &w.reason)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, diskFault(op, err)
		}
		w.device, _ = parseID(device)
		out = append(out, w)
	}
	return out, nil
}

// tombs says which of some cases were erased.
func tombs(ctx context.Context, q querier, ids []uuid.UUID) (map[uuid.UUID]bool, error) {
	out := map[uuid.UUID]bool{}
	for part := range slices.Chunk(ids, mostInList) {
		values := make([]any, len(part))
		for i, id := range part {
			values[i] = id.String()
		}
		marks, values := inList(values)
		found, err := idsOf(ctx, q, `SELECT case_id FROM erased WHERE case_id IN (`+marks+`)`, values...)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			out[id] = true
		}
	}
	return out, nil
}

// granted is those wishes that may be fulfilled; the others are written down with
// the reason. The cases are locked.
func (c *Central) granted(ctx context.Context, tx *sql.Tx, all []wish, gone map[uuid.UUID]bool) ([]wish, error) {
	var out []wish
	for _, w := range all {
		if gone[w.id] || slices.ContainsFunc(out, func(o wish) bool { return o.id == w.id }) {
			continue
		}
		err := c.mayErase(ctx, tx, w)
		switch fault.KindOf(err) {
		case fault.Denied, fault.Input:
			c.log.Warn("an erasing at a person's wish was refused", "case", w.id, "device", w.device, "operator", w.operator, "error", err.Error())
			var pr *problem
			why := whyBy
			if errors.As(err, &pr) {
				why = pr.code
			}
			if w.reason, err = c.unnamed(ctx, tx, w.reason, w.id); err != nil {
				return nil, err
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO erase_refused (case_id, device, operator, reason, why, at) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (case_id, device) DO UPDATE SET operator = excluded.operator, reason = excluded.reason, why = excluded.why, at = excluded.at`,
				w.id.String(), w.device.String(), w.operator, w.reason, why, c.now().UnixMilli())
			if err != nil {
				return nil, diskFault("central.granted", err)
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	return out, nil
}

// mayErase is fault.Denied or fault.Input for a wish that is not granted: by whom
// the table of permissions does not name or who had a part in the case, of a case
// that is not of the device, that is not void, or of which a contract was ever
// sealed. Of a case that a laptop erased before it was sent the heads of its changes
// come before its wish; one of which nothing came is not its to erase.
func (c *Central) mayErase(ctx context.Context, tx *sql.Tx, w wish) error {
	const op = "central.mayErase"
	who, err := person(ctx, tx, w.operator)
	if err != nil {
		return err
	}
	at, err := siteOfCase(ctx, tx, w.id)
	if err != nil {
		return err
	}
	var county string
	err = tx.QueryRowContext(ctx, `SELECT county FROM cases WHERE id = ?`, w.id.String()).Scan(&county)
	if errors.Is(err, sql.ErrNoRows) {
		if w.device == uuid.Nil {
			return fault.Tell(op, fault.Missing, "县里没有这件案件：请核对编号；只在电脑上、还没有送到县里的，在那台电脑上清除。", errors.New("no such case"))
		}
		return problemOf(op, fault.Denied, whyUnknown)
	}
	if err != nil {
		return diskFault(op, err)
	}
	if err := mayBy(who, guard.MayAt(who, guard.EraseSeason, nil, at)); err != nil {
		return err
	}
	n := 1
	if w.device != uuid.Nil {
		err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM case_devices WHERE case_id = ? AND device = ?`, w.id.String(), w.device.String()).Scan(&n)
		if err != nil {
			return diskFault(op, err)
		}
	}
	if n == 0 || w.county != county {
		return problemOf(op, fault.Denied, whyElsewhere)
	}
	if err := c.apart(ctx, tx, who, guard.EraseSeason, w.id); err != nil {
		return err
	}
	if err := byHeads(ctx, tx, who, w.id); err != nil {
		return err
	}
	if sealed, err := everSealed(ctx, tx, w.id); err != nil || sealed {
		return cmp.Or(err, problemOf(op, fault.Denied, whySealed))
	}
	return c.void(ctx, tx, w.id)
}

// void is fault.Denied unless a case is void. A laptop that erased it before it
// was sent says so by the head of that change alone.
func (c *Central) void(ctx context.Context, tx *sql.Tx, id uuid.UUID) error {
	const op = "central.void"
	k, err := c.loadCase(ctx, tx, id)
	if err != nil && fault.KindOf(err) != fault.TooLarge {
		return err
	}
	if k != nil && k.Status == loan.Void {
		return nil
	}
	rows, err := tx.QueryContext(ctx, `SELECT bytes FROM changes WHERE case_id = ? AND kind = ?`, id.String(), string(loan.ChangeVoid))
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return diskFault(op, err)
		}
		if ch, err := loan.DecodeChange(b); err == nil && ch.Body == nil {
			return nil
		}
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	return problemOf(op, fault.Denied, whyNotVoid)
}

// eraseAll fulfils wishes that were granted. The cases are locked.
func (c *Central) eraseAll(ctx context.Context, tx *sql.Tx, all []wish) error {
	if len(all) == 0 {
		return nil
	}
	if err := c.lock(ctx, tx, lockAuthor); err != nil {
		return err
	}
	for _, w := range all {
		if err := c.erase(ctx, tx, w); err != nil {
			return err
		}
	}
	return nil
}

// erase takes a case's content away and writes its tombstone: bodies of changes,
// needs, marks, the centre's seal behind its contract. Its blobs are put down to
// go. Headers stay, so that every chain verifies. The laptops that have the case
// are told by a change of the centre's own.
func (c *Central) erase(ctx context.Context, tx *sql.Tx, w wish) error {
	const op = "central.erase"
	now := c.now().UnixMilli()
	var err error
	if w.reason, err = c.unnamed(ctx, tx, w.reason, w.id); err != nil { // it stays when the case is gone
		return err
	}
	if err := c.unnameCopies(ctx, tx, w.id); err != nil {
		return err
	}
	marks, err := marksOf(ctx, tx, w.id)
	if err != nil {
		return err
	}
	id := w.id.String()
	for _, s := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO erased (case_id, county, device, operator, reason, at) VALUES (?, ?, ?, ?, ?, ?)`, []any{id, w.county, w.device.String(), w.operator, w.reason, now}},
		{`INSERT INTO cases (id, county, device, kind, status, finish, needs, lacking, conflicts, aside, receipt_no, contract_no, updated)
			VALUES (?, ?, ?, '', ?, '', 0, 0, 0, 0, '', '', ?) ON CONFLICT (id) DO UPDATE SET kind = '', status = excluded.status, finish = '', needs = 0,
			lacking = 0, conflicts = 0, aside = 0, receipt_no = '', contract_no = '', updated = excluded.updated`,
			[]any{id, w.county, w.device.String(), statusErased, now}},
		{`INSERT INTO erased_blobs (county, hash, waits) SELECT county, blob, 1 FROM needs WHERE case_id = ? ON CONFLICT (county, hash) DO UPDATE SET waits = 1`, []any{id}},
		{`DELETE FROM needs WHERE case_id = ?`, []any{id}},
		{`DELETE FROM marks WHERE case_id = ?`, []any{id}},
		{`DELETE FROM contracts WHERE case_id = ?`, []any{id}},
		{`INSERT INTO contracts (case_id, hash, county, state, why, receipt_no, contract_no, tries, due, at) VALUES (?, ?, ?, ?, 'erased', '', '', 0, 0, ?)`,
			[]any{id, []byte{}, w.county, contractPlain, now}},
		{`DELETE FROM erase_refused WHERE case_id = ?`, []any{id}},
		{`DELETE FROM news WHERE device IN (SELECT device FROM case_devices WHERE case_id = ?) AND EXISTS (SELECT 1 FROM changes c
			WHERE c.case_id = ? AND c.device = news.of_device AND c.counter = news.counter)`, []any{id, id}},
	} {
		if _, err := tx.ExecContext(ctx, s.text, s.args...); err != nil {
			return diskFault(op, err)
		}
	}
	if err := c.bare(ctx, tx, w, nil); err != nil {
		return err
	}
	seen, err := lastOfChains(ctx, tx, w.id)
	if err != nil {
		return err
	}
	if err := c.sayErased(ctx, tx, w, seen); err != nil {
		return err
	}
	c.log.Warn("a case is erased at a person's wish", "case", w.id, "device", w.device, "operator", w.operator)
	return c.noticeAll(ctx, tx, []noted{{id: w.id, before: marks}})
}

// sayErased tells the laptops that have a case that it is erased. What the word has
// seen is the last change of each chain that is here: work beyond it was not known.
func (c *Central) sayErased(ctx context.Context, tx *sql.Tx, w wish, seen []uuid.UUID) error {
	body := loan.EraseBody{Rule: loan.EraseRequest, Cases: []uuid.UUID{w.id}, Count: 1, Reason: w.reason}
	_, err := c.authorAs(ctx, tx, &loan.Case{ID: w.id, Heads: seen}, w.operator, loan.ChangeErase, body)
	return err
}

// bare takes the bodies of all changes of an erased case but the centre's word
// that it is and looks that outlive it, puts the blobs that they name down to go, and
// remembers the laptops to which they pass the case on. Of what comes late, late is the
// changes that did; nil as the case is erased.
func (c *Central) bare(ctx context.Context, tx *sql.Tx, w wish, late []*loan.Change) error {
	const op = "central.bare"
	is, err := c.know(ctx, tx)
	if err != nil {
		return err
	}
	rows, err := tx.QueryContext(ctx, `SELECT bytes FROM changes WHERE case_id = ?`, w.id.String())
	if err != nil {
		return diskFault(op, err)
	}
	var full []*loan.Change
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			rows.Close()
			return diskFault(op, err)
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			rows.Close()
			return fault.Wrap(op, err)
		}
		if ch.Body != nil && !is.erased(string(ch.Kind), ch.Device.String()) {
			full = append(full, ch)
		}
	}
	if err := rows.Err(); err != nil {
		return diskFault(op, err)
	}
	said := guard.Said(full)
	for _, ch := range full {
		stays, err := c.lookStays(ctx, tx, w, ch, said, late)
		if err != nil {
			return err
		}
		if stays {
			continue
		}
		if err := c.bareOne(ctx, tx, ch, w.county); err != nil {
			return err
		}
	}
	return nil
}

func (c *Central) bareOne(ctx context.Context, tx *sql.Tx, ch *loan.Change, county string) error {
	const op = "central.bare"
	for _, h := range blobsIn(ch) {
		_, err := tx.ExecContext(ctx, `INSERT INTO erased_blobs (county, hash, waits) VALUES (?, ?, 1) ON CONFLICT (county, hash) DO UPDATE SET waits = 1`, county, h[:])
		if err != nil {
			return diskFault(op, err)
		}
	}
	if b, err := loan.Body[loan.PassBody](ch); err == nil && ch.Kind == loan.ChangePass {
		_, err := tx.ExecContext(ctx, `INSERT INTO case_devices (case_id, device) SELECT ?, id FROM devices WHERE id = ? AND county = ? ON CONFLICT DO NOTHING`,
			ch.Case.String(), b.To.String(), county)
		if err != nil {
			return diskFault(op, err)
		}
	}
	ch.Body = nil
	_, err := tx.ExecContext(ctx, `UPDATE changes SET bytes = ? WHERE device = ? AND counter = ?`, ch.Encode(), ch.Device.String(), int64(ch.Counter))
	return diskFault(op, err)
}

// blobsIn lists the blobs that a change's body names.
func blobsIn(ch *loan.Change) []loan.Hash {
	var b struct {
		Blob  loan.Hash         `json:"blob"`
		Ink   loan.Hash         `json:"ink"`
		Blobs []loan.Attachment `json:"blobs"`
	}
	switch ch.Kind {
	case loan.ChangeAttach, loan.ChangeReplace, loan.ChangeContract, loan.ChangeSign, loan.ChangeSeal, loan.ChangeFinish:
	default:
		return nil
	}
	if json.Unmarshal(ch.Body, &b) != nil {
		return nil
	}
	out := []loan.Hash{b.Blob, b.Ink}
	for _, a := range b.Blobs {
		out = append(out, a.Blob)
	}
	return slices.DeleteFunc(out, loan.Hash.Zero)
}

// erased says whether a change of a case is this centre's word that it is erased.
func (is *identity) erased(kind, device string) bool {
	id, ok := parseID(device)
	return loan.ChangeKind(kind) == loan.ChangeErase && ok && is.centres[id]
}

// EraseCase erases a void case because a person of it asks for that at the centre;
// by is a data administrator of the roster. fault.Missing for a case that is not
// here, fault.Denied for one that is not void, fault.Input for whoever may not.
func (c *Central) EraseCase(ctx context.Context, id uuid.UUID, by, reason string) error {
	const op = "central.EraseCase"
	if err := guard.CheckReason(reason); err != nil {
		return fault.Wrap(op, err)
	}
	err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := c.lock(ctx, tx, lockCase(id.String())); err != nil {
			return err
		}
		gone, err := tombs(ctx, tx, []uuid.UUID{id})
		if err != nil || gone[id] {
			return err
		}
		code, _, _, err := county(ctx, tx)
		if err != nil {
			return err
		}
		w := wish{id: id, county: code, operator: by, reason: reason}
		if err := c.mayErase(ctx, tx, w); err != nil {
			return toldWhy(op, err)
		}
		return c.eraseAll(ctx, tx, []wish{w})
	})
	if err != nil {
		return fault.Wrap(op, err)
	}
	if err := c.clearErased(ctx); err != nil { // the case is erased; the rest is tried again
		c.log.Warn("blobs of erased cases wait to go", "error", err.Error())
		c.dueErased()
	}
	return nil
}

// toldWhy gives the refusal to erase a case words for who asked for it at the
// centre; any other error stays as it is.
func toldWhy(op string, err error) error {
	var p *problem
	if !errors.As(err, &p) {
		return err
	}
	switch p.code {
	case whyNotVoid:
		return fault.Tell(op, fault.Denied, "这件案件还没有作废，不能清除。请受理点先在电脑上“作废本案”，联网送到中心以后，再清除。", err)
	case whySealed:
		return fault.Tell(op, fault.Denied, "这件案件签过合同，须按规定保存，不能清除。请把理由答复本人。", err)
	}
	return err
}

// Tombstones lists the cases that were erased at a person's wish, and the wishes
// that were refused, the newest first.
func (c *Central) Tombstones(ctx context.Context) ([]Tombstone, error) {
	const op = "central.Tombstones"
	rows, err := c.db.QueryContext(ctx, `SELECT case_id, device, operator, reason, '' AS why, at FROM erased
		UNION ALL SELECT case_id, device, operator, reason, why, at FROM erase_refused ORDER BY at DESC, case_id`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := []Tombstone{}
	for rows.Next() {
		var t Tombstone
		var id, device string
		var at int64
		if err := rows.Scan(&id, &device, &t.Operator, &t.Reason, &t.Refused, &at); err != nil {
			return nil, diskFault(op, err)
		}
		t.Case, _ = parseID(id)
		t.Device, _ = parseID(device)
		t.At = time.UnixMilli(at).UTC()
		out = append(out, t)
	}
	return out, diskFault(op, rows.Err())
}
