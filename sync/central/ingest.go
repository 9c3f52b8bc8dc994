package central

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// sum is the hash of the centre's own chain.
func sum(b []byte) loan.Hash { return seal.International.Sum(b) }

// takeParcel verifies a parcel and makes its changes durable. What is there
// already is passed over; another change under a number that is taken is
// recorded as refused, and nothing of the parcel is taken.
func (c *Central) takeParcel(ctx context.Context, d *device, b []byte) error {
	const op = "central.takeParcel"
	p, err := parcel.Open(b, func(id uuid.UUID) (seal.PublicKey, error) {
		if id != d.id {
			return seal.PublicKey{}, fault.New(op, fault.Untrusted, errors.New("a parcel of another device"))
		}
		return d.key, nil
	})
	if err != nil {
		return fault.Wrap(op, err)
	}
	return c.keepParcel(ctx, d, p, b)
}

// keepParcel makes an opened parcel's changes durable.
func (c *Central) keepParcel(ctx context.Context, d *device, p *parcel.Parcel, b []byte) error {
	const op = "central.keepParcel"
	n, due := 0, false
	err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		n = 0
		due, err = c.ingest(ctx, tx, d, p, &n)
		return err
	})
	if err == nil {
		c.metrics.changes.Add(int64(n))
		if due {
			if err := c.clearErased(ctx); err != nil {
				c.log.Warn("blobs of erased cases wait to go", "error", err.Error())
				c.dueErased()
			}
		}
		if words(p) {
			if err := c.settlePleas(ctx); err != nil { // the next word tries again
				c.log.Warn("requests for grants wait", "error", err.Error())
			}
		}
	}
	var pr *problem
	if errors.As(err, &pr) && pr.code == parcel.CodeClone {
		if rerr := c.recordRefused(ctx, p, pr.code, b); rerr != nil {
			return fault.Wrap(op, errors.Join(rerr, err))
		}
	}
	return err
}

// ingest keeps what is new of a parcel, and says in fresh how many changes are;
// due is that blobs of erased cases are to go.
func (c *Central) ingest(ctx context.Context, tx *sql.Tx, d *device, p *parcel.Parcel, fresh *int) (due bool, err error) {
	const op = "central.ingest"
	if err := c.lock(ctx, tx, lockChain(d.id.String())); err != nil {
		return false, err
	}
	through, chain, err := chainOf(ctx, tx, d.id)
	if err != nil {
		return false, err
	}
	switch {
	case p.First > through+1 && p.Lost == 0:
		return false, &problem{code: parcel.CodeGap, through: through, err: fault.New(op, fault.Conflict, nil)}
	case p.First > through+1:
		if err := c.declareLost(ctx, tx, p, through); err != nil {
			return false, err
		}
	case p.First == through+1 && p.Prev != chain:
		return false, problemOf(op, fault.Refused, parcel.CodeClone)
	}
	filled, err := lacked(ctx, tx, p, through)
	if err != nil {
		return false, err
	}
	in, err := insertFresh(ctx, tx, d, p, through, filled)
	if err != nil {
		return false, err
	}
	*fresh = in.fresh
	if err := keepHead(ctx, tx, p, through, len(filled) > 0); err != nil {
		return false, err
	}
	if err := keepWords(ctx, tx, in.looks); err != nil {
		return false, err
	}
	if err := keepAnswered(ctx, tx, in.looks); err != nil {
		return false, err
	}
	if err := c.keepGlass(ctx, tx, in.looks); err != nil {
		return false, err
	}
	if err := c.lock(ctx, tx, in.names()...); err != nil {
		return false, err
	}
	return c.fold(ctx, tx, d, in)
}

// income is what is new of a parcel.
type income struct {
	fresh   int
	news    []*loan.Change // of cases
	looks   []*loan.Change
	cases   []uuid.UUID // of news
	others  []uuid.UUID // of looks alone
	voided  []uuid.UUID
	wishes  []wish
	brought map[uuid.UUID]*came
}

// names are the locks of the cases, also of those that are to be erased.
func (in *income) names() []string {
	var out []string
	for _, id := range in.cases {
		out = append(out, lockCase(id.String()))
	}
	for _, w := range in.wishes {
		out = append(out, lockCase(w.id.String()))
	}
	return out
}

// add adds a change of n bytes.
func (in *income) add(d *device, ch *loan.Change, n int) {
	in.fresh++
	of := in.brought[ch.Case]
	if of == nil {
		of = &came{}
		in.brought[ch.Case] = of
	}
	of.changes, of.size = append(of.changes, ch), of.size+n
	in.wishes = append(in.wishes, wishesIn(d, ch)...)
	if ch.Kind == loan.ChangeView {
		in.looks = append(in.looks, ch)
	}
	switch {
	case ch.Case == uuid.Nil:
		return
	case ch.Kind.View():
		if !slices.Contains(in.others, ch.Case) {
			in.others = append(in.others, ch.Case)
		}
		return
	case ch.Kind == loan.ChangeVoid:
		in.voided = append(in.voided, ch.Case)
	}
	in.news = append(in.news, ch)
	if !slices.Contains(in.cases, ch.Case) {
		in.cases = append(in.cases, ch.Case)
	}
}

// insertFresh inserts the changes that are not here yet.
func insertFresh(ctx context.Context, tx *sql.Tx, d *device, p *parcel.Parcel, through uint64, filled []int) (*income, error) {
	known, insert, err := changeStatements(ctx, tx)
	if err != nil {
		return nil, err
	}
	defer known.Close()
	defer insert.Close()
	in := &income{brought: map[uuid.UUID]*came{}}
	for i, ch := range p.Changes {
		lost := slices.Contains(filled, i)
		if ch.Counter <= through && !lost {
			continue
		}
		n, err := insertBy(ctx, known, insert, ch, p.Hashes[i])
		if err != nil {
			return nil, err
		}
		if lost {
			if err := found(ctx, tx, d.id, ch.Counter); err != nil {
				return nil, err
			}
		}
		in.add(d, ch, n)
	}
	return in, nil
}

// fold brings the cases of what came, which are locked, up to date, and erases
// those of which that is wished.
func (c *Central) fold(ctx context.Context, tx *sql.Tx, d *device, in *income) (due bool, err error) {
	asked := slices.Concat(in.cases, in.others)
	for _, w := range in.wishes {
		asked = append(asked, w.id)
	}
	gone, err := tombs(ctx, tx, asked)
	if err != nil {
		return false, err
	}
	met, err := c.met(ctx, tx, in, gone)
	if err != nil {
		return false, err
	}
	for _, id := range sortedIDs(met) {
		if err := c.revive(ctx, tx, id); err != nil {
			return false, err
		}
		delete(gone, id)
	}
	joined := map[uuid.UUID]bool{}
	for _, id := range in.cases {
		if joined[id], err = c.noteAuthor(ctx, tx, id, d); err != nil {
			return false, err
		}
	}
	waited, err := again(ctx, tx, d.county, in.voided)
	if err != nil {
		return false, err
	}
	going, err := c.granted(ctx, tx, slices.Concat(in.wishes, waited), gone)
	if err != nil {
		return false, err
	}
	dead, late := maps.Clone(gone), map[uuid.UUID]bool{}
	for _, w := range going {
		dead[w.id] = true
	}
	for id := range gone {
		if late[id] = joined[id]; joined[id] {
			delete(joined, id)
		}
	}
	alive := slices.DeleteFunc(slices.Clone(in.cases), func(id uuid.UUID) bool { return dead[id] })
	for id := range dead {
		delete(joined, id)
	}
	err = c.refoldAll(ctx, tx, alive, in.brought, func() error { return c.tell(ctx, tx, d, untombed(in.news, dead), joined) })
	if err == nil {
		err = c.eraseAll(ctx, tx, going)
	}
	if err == nil {
		err = c.lateFor(ctx, tx, d, gone, late, in.brought)
	}
	came := slices.ContainsFunc(in.cases, func(id uuid.UUID) bool { return gone[id] })
	return came || len(going) > 0, err
}

// words says whether changes of a parcel may be about requests for grants.
func words(p *parcel.Parcel) bool {
	return slices.ContainsFunc(p.Changes, func(ch *loan.Change) bool {
		if ch.Kind != loan.ChangeView {
			return false
		}
		b, err := loan.Body[loan.ViewBody](ch)
		return err == nil && guard.WordOf(b.Detail).Kind != 0
	})
}

// keepHead moves the chain's end, and keeps the checkpoint of what was new.
func keepHead(ctx context.Context, tx *sql.Tx, p *parcel.Parcel, through uint64, found bool) error {
	if p.Last > through {
		if err := setChain(ctx, tx, p.Device, p.Last, p.Chain); err != nil {
			return err
		}
	} else if !found {
		return nil
	}
	return keepCheckpoint(ctx, tx, p.Device, p.Last, p.Checkpoint)
}

// keepCheckpoint keeps what a device signed of its chain's end at last.
func keepCheckpoint(ctx context.Context, tx *sql.Tx, device uuid.UUID, last uint64, signed []byte) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO checkpoints (device, last, bytes) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, device.String(), int64(last), signed)
	return diskFault("central.keepCheckpoint", err)
}

func insertChange(ctx context.Context, tx *sql.Tx, ch *loan.Change, header loan.Hash) error {
	known, insert, err := changeStatements(ctx, tx)
	if err != nil {
		return err
	}
	defer known.Close()
	defer insert.Close()
	_, err = insertBy(ctx, known, insert, ch, header)
	return err
}

// changeStatements are made once for the many changes of a parcel.
func changeStatements(ctx context.Context, tx *sql.Tx) (known, insert *sql.Stmt, err error) {
	const op = "central.insertChange"
	if known, err = tx.PrepareContext(ctx, `SELECT COUNT(*) FROM changes WHERE id = ?`); err != nil {
		return nil, nil, diskFault(op, err)
	}
	insert, err = tx.PrepareContext(ctx, `INSERT INTO changes (device, counter, id, case_id, kind, header, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		known.Close()
		return nil, nil, diskFault(op, err)
	}
	return known, insert, nil
}

// insertBy writes down a change, and gives how many bytes it has.
func insertBy(ctx context.Context, known, insert *sql.Stmt, ch *loan.Change, header loan.Hash) (int, error) {
	const op = "central.insertChange"
	var n int
	if err := known.QueryRowContext(ctx, ch.ID.String()).Scan(&n); err != nil {
		return 0, diskFault(op, err)
	}
	if n > 0 {
		return 0, problemOf(op, fault.Refused, parcel.CodeClone)
	}
	b := ch.Encode()
	_, err := insert.ExecContext(ctx, ch.Device.String(), int64(ch.Counter), ch.ID.String(), ch.Case.String(), string(ch.Kind), header[:], b)
	return len(b), diskFault(op, err)
}

// chainOf is how far a device's chain is held; zero for none.
func chainOf(ctx context.Context, q querier, id uuid.UUID) (through uint64, chain loan.Hash, err error) {
	var n int64
	var b []byte
	err = q.QueryRowContext(ctx, `SELECT through, chain FROM chains WHERE device = ?`, id.String()).Scan(&n, &b)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, loan.Hash{}, nil
	}
	if err != nil {
		return 0, loan.Hash{}, diskFault("central.chainOf", err)
	}
	copy(chain[:], b)
	return uint64(n), chain, nil
}

func setChain(ctx context.Context, tx *sql.Tx, id uuid.UUID, through uint64, chain loan.Hash) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO chains (device, through, chain) VALUES (?, ?, ?)
		ON CONFLICT (device) DO UPDATE SET through = excluded.through, chain = excluded.chain`, id.String(), int64(through), chain[:])
	return diskFault("central.setChain", err)
}

// recordRefused keeps what was refused, once however often it is sent.
func (c *Central) recordRefused(ctx context.Context, p *parcel.Parcel, reason string, b []byte) error {
	h := sum(b)
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO refused (hash, device, first, last, reason, at, bytes) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, h[:], p.Device.String(), int64(p.First), int64(p.Last), reason, c.now().UnixMilli(), b)
		return diskFault("central.recordRefused", err)
	})
}

// receipt says what is held of a device's chain and of the blobs asked about.
func (c *Central) receipt(ctx context.Context, d *device, ask []loan.Hash) ([]byte, error) {
	const op = "central.receipt"
	if len(ask) > parcel.MaxAsk {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	if err := c.settling(ctx, d.county, ask); err != nil {
		return nil, err
	}
	// The identity first: a centre that learns meanwhile that it was set back
	// must not vouch for less under its new name.
	is, err := c.know(ctx, c.db)
	if err != nil {
		return nil, err
	}
	through, chain, err := chainOf(ctx, c.db, d.id)
	if err != nil {
		return nil, err
	}
	key, err := c.countyKey(d.county)
	if err != nil {
		return nil, err
	}
	r := &parcel.Receipt{Centre: is.centre, Epoch: is.epoch, Device: d.id, Through: through, Chain: chain, At: c.now()}
	held, err := c.heldOf(ctx, d.county, ask, key)
	if err != nil {
		return nil, err
	}
	for _, h := range ask {
		if held[h] {
			r.Blobs = append(r.Blobs, h)
		}
	}
	return r.Sign(c.authority.Signer()), nil
}
