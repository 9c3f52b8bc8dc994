package central

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/release"
	"github.com/google/uuid"
)

func releaseSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS released (grant_id TEXT NOT NULL, n BIGINT NOT NULL, case_id TEXT NOT NULL, operator TEXT NOT NULL,
			recipient TEXT NOT NULL, fingerprint TEXT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (grant_id, n))`,
	}
}

// Released is a copy of a case that left the centre.
type Released struct {
	Grant       string    `json:"grant"`
	N           int       `json:"n"` // which of the grant's copies
	Case        uuid.UUID `json:"case"`
	Operator    string    `json:"operator"`
	Recipient   string    `json:"recipient"`
	Fingerprint string    `json:"fingerprint"` // of the recipient's key
	At          time.Time `json:"at"`
}

// Handed says what a release wrote.
type Handed struct {
	Path               string
	Cases, Files, Left int
}

// checkRelease is fault.Input for a recipient to whom nothing can be encrypted,
// and for a grant that does not say where it is counted.
func (c *Central) checkRelease(ctx context.Context, tx *sql.Tx, g guard.Grant) error {
	const op = "central.checkRelease"
	if g.Release != nil {
		if err := release.CheckKey(g.Release.Key); err != nil {
			return fault.Tell(op, fault.Input, "接收人的公钥不对，应以 age1 开头。", errors.New("recipient key: no age1 key"))
		}
	}
	centre := g.Release != nil && g.Release.Centre
	switch {
	case centre && g.Device != uuid.Nil:
		return fault.Tell(op, fault.Input, "县里自己的导出不写 --device。", errors.New("device: the centre's own export is of no laptop"))
	case centre:
		return nil
	case g.Device == uuid.Nil && (g.Count > 0 || g.Release != nil):
		return fault.Tell(op, fault.Input, "按件数的授权和导出授权须写明是哪台电脑：--device。", errors.New("device: a number of cases, and an export, is counted at one laptop"))
	case g.Device == uuid.Nil:
		return nil
	}
	var n int
	err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM devices WHERE id = ? AND revoked IS NULL`, g.Device.String()).Scan(&n)
	if err != nil {
		return diskFault(op, err)
	}
	if n == 0 {
		return fault.Tell(op, fault.Input, "这台电脑没有在县里注册，或已停用。", errors.New("device: not enrolled here, or shut out"))
	}
	return nil
}

// Release writes copies of cases into a new file of a folder, encrypted to the
// recipient whom a grant of this centre names; operator is whom the grant is
// for. Each copy is counted and written down before it is written, and stays so
// where the writing fails. Without cases all are meant that the grant names.
// fault.Denied says what is wrong with the grant.
func (c *Central) Release(ctx context.Context, grant, operator string, cases []uuid.UUID, to string) (Handed, error) {
	press, err := contract.NewPress()
	if err != nil {
		return Handed{}, fault.Wrap("central.Release", err)
	}
	return c.hand(ctx, grant, operator, cases, to, "", func(p *release.Package, g guard.Grant, n int, id uuid.UUID) error {
		return c.releaseCase(ctx, p, press, g, n, operator, id)
	})
}

// ReleaseContract is Release of one case's sealed contract alone, with its second
// signature, as Contract and NationalSeal give them: whoever is to rely on the
// signatures needs every byte, so that no watermark lies over it.
func (c *Central) ReleaseContract(ctx context.Context, grant, operator string, id uuid.UUID, o ContractOptions, to string) (Handed, error) {
	return c.hand(ctx, grant, operator, []uuid.UUID{id}, to, guard.ImagesField, func(p *release.Package, _ guard.Grant, n int, id uuid.UUID) error {
		b, err := c.contract(ctx, id, o)
		if err != nil {
			return err
		}
		p.Begin(n, id.String(), nil)
		if err := p.Add("contract.pdf", b); err != nil {
			return err
		}
		sig, key, err := c.NationalSeal(ctx, id, o.Former)
		if fault.KindOf(err) == fault.Missing {
			return nil
		}
		if err != nil {
			return err
		}
		return errors.Join(p.Add("contract.sm2", sig), p.Add("contract.sm2.pem", key))
	})
}

// hand counts and writes down copies of cases, and has each put into a package.
// field is one that the grant must name, where there is one.
func (c *Central) hand(ctx context.Context, grant, operator string, cases []uuid.UUID, to, field string,
	fill func(p *release.Package, g guard.Grant, n int, id uuid.UUID) error) (Handed, error) {
	const op = "central.Release"
	var err error
	var g guard.Grant
	var p *release.Package
	first := 0
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if p != nil { // the transaction is tried again
			p.Drop()
		}
		if g, first, err = c.releasing(ctx, tx, grant, operator, &cases); err != nil {
			return err
		}
		if field != "" && !slices.Contains(g.Fields, field) {
			return fault.New(op, fault.Denied, errors.New("the grant does not name "+field))
		}
		if p, err = release.Create(to, release.Manifest{Recipient: g.Release.To, Key: g.Release.Key, Purpose: g.Reason, Grant: g.ID,
			Operator: operator, By: g.By, At: c.now()}); err != nil {
			return err
		}
		for i, id := range cases {
			_, err := tx.ExecContext(ctx, `INSERT INTO released (grant_id, n, case_id, operator, recipient, fingerprint, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
				g.ID, first+i, id.String(), operator, g.Release.To, g.Release.Fingerprint(), c.now().UnixMilli())
			if err != nil {
				return diskFault(op, err)
			}
			one := Released{Grant: g.ID, N: first + i, Case: id, Recipient: g.Release.To, Fingerprint: g.Release.Fingerprint()}
			if err := c.note(ctx, tx, operator, loan.ChangeExport, loan.ViewBody{Fields: g.Fields, Reason: g.Reason, Detail: one.detail()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		if p != nil {
			p.Drop()
		}
		return Handed{}, fault.Wrap(op, err)
	}
	c.log.Warn("cases are exported", "grant", g.ID, "operator", operator, "cases", len(cases), "recipient", g.Release.Fingerprint())
	for i, id := range cases {
		if err := fill(p, g, first+i, id); err != nil {
			p.Drop()
			return Handed{}, fault.Wrap(op, err)
		}
	}
	out := Handed{}
	for _, k := range p.Cases() {
		out.Cases, out.Files, out.Left = out.Cases+1, out.Files+len(k.Files), out.Left+len(k.Left)
	}
	out.Path, err = p.Close()
	return out, fault.Wrap(op, err)
}

// releasing finds the grant and decides; first is the number of the next copy.
func (c *Central) releasing(ctx context.Context, tx *sql.Tx, grant, operator string, cases *[]uuid.UUID) (g guard.Grant, first int, err error) {
	const op = "central.releasing"
	deny := func(why string) error { return fault.New(op, fault.Denied, errors.New(why)) }
	if g, err = c.grantInForce(ctx, tx, grant); err != nil {
		return g, 0, err
	}
	if len(*cases) == 0 {
		*cases = g.Cases
	}
	rows, err := tx.QueryContext(ctx, `SELECT case_id FROM released WHERE grant_id = ? ORDER BY n`, g.ID)
	if err != nil {
		return g, 0, diskFault(op, err)
	}
	defer rows.Close()
	used := map[string]bool{}
	for first = 1; rows.Next(); first++ {
		var id string
		if err := rows.Scan(&id); err != nil {
			return g, 0, diskFault(op, err)
		}
		used[id] = true
	}
	if err := rows.Err(); err != nil {
		return g, 0, diskFault(op, err)
	}
	for i, id := range *cases {
		switch {
		case slices.Contains((*cases)[:i], id):
			return g, 0, deny("case " + id.String() + ": twice")
		case len(g.Cases) > 0 && !slices.Contains(g.Cases, id):
			return g, 0, deny("case " + id.String() + ": the grant does not name it")
		case len(g.Cases) > 0 && used[id.String()]:
			return g, 0, deny("case " + id.String() + ": exported by this grant already")
		}
		k, err := c.loadCase(ctx, tx, id)
		if err != nil {
			return g, 0, err
		}
		if k == nil {
			return g, 0, fault.Tell(op, fault.Missing, "县里没有案件 "+id.String()+"，请核对。", errors.New("case "+id.String()+": not held here"))
		}
		if !k.MayShare() {
			return g, 0, deny("case " + id.String() + ": a person's consent to hand it on was not given, or is taken back")
		}
		if k.Status == loan.Void {
			return g, 0, deny("case " + id.String() + ": it is void")
		}
	}
	switch {
	case g.Operator != operator:
		return g, 0, deny("the grant is for another operator")
	case len(*cases) == 0:
		return g, 0, deny("no case is named")
	case first-1+len(*cases) > g.Total():
		return g, 0, deny(fmt.Sprintf("the grant is of %d cases, %d are used", g.Total(), first-1))
	}
	return g, first, onRoster(ctx, tx, operator, "")
}

// grantInForce is a grant for the centre's own exports that this centre signed
// and did not take back, and whose approver still is a data administrator.
func (c *Central) grantInForce(ctx context.Context, tx *sql.Tx, id string) (guard.Grant, error) {
	const op = "central.grantInForce"
	deny := func(why string) error { return fault.New(op, fault.Denied, errors.New(why)) }
	code, _, _, err := county(ctx, tx)
	if err != nil {
		return guard.Grant{}, err
	}
	var raw []byte
	err = tx.QueryRowContext(ctx, `SELECT bytes FROM bulletins WHERE county = ? AND kind = ? AND name = ?`, code, string(bulletin.Grant), id).Scan(&raw)
	if errors.Is(err, sql.ErrNoRows) {
		return guard.Grant{}, deny("there is no such grant; a data administrator makes one: sync grant new --centre")
	}
	if err != nil {
		return guard.Grant{}, diskFault(op, err)
	}
	b, err := bulletin.Open(raw, c.authority.Signer().Public(), code)
	if err != nil {
		return guard.Grant{}, fault.Wrap(op, err)
	}
	if b.Withdrawn {
		return guard.Grant{}, deny("the grant was taken back")
	}
	g, err := guard.ParseGrant(b.Content)
	if err != nil {
		return g, fault.Wrap(op, err)
	}
	now := c.now()
	switch {
	case g.ID != id || g.Release == nil || !g.Release.Centre:
		return g, deny("the grant is not for an export of the centre's own")
	case now.Before(g.From) || !now.Before(g.Until):
		return g, deny("the grant's time is over")
	}
	if err := onRoster(ctx, tx, g.By, string(guard.DataAdmin)); err != nil {
		return g, deny("who approved it is no data administrator any more")
	}
	return g, nil
}

// releaseCase puts what a grant names of a case into the package.
func (c *Central) releaseCase(ctx context.Context, p *release.Package, press *contract.Press, g guard.Grant, n int, operator string, id uuid.UUID) error {
	k, err := c.loadCase(ctx, c.db, id)
	if err != nil {
		return err
	}
	if k == nil {
		return fault.New("central.releaseCase", fault.Missing, nil)
	}
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return err
	}
	key, err := c.countyKey(code)
	if err != nil {
		return err
	}
	var papers []release.Attachment
	if slices.Contains(g.Fields, guard.ImagesField) {
		for _, a := range attachments(k) {
			papers = append(papers, release.Attachment{Slot: string(a.Slot), Media: a.Media, Read: func() ([]byte, error) { return c.whole(ctx, code, a.Blob, key) }})
		}
	}
	words := g.Mark(operator, c.now(), n)
	return p.Fill(n, k.ID.String(), guard.Released(&k.App, g.Fields), papers, func(media string, content []byte) ([]byte, error) {
		return press.Mark(media, content, words)
	})
}

// Releases lists the copies of cases that left the centre, the newest first.
func (c *Central) Releases(ctx context.Context) ([]Released, error) { return releases(ctx, c.db) }

func releases(ctx context.Context, q querier) ([]Released, error) {
	const op = "central.Releases"
	rows, err := q.QueryContext(ctx, `SELECT grant_id, n, case_id, operator, recipient, fingerprint, at FROM released ORDER BY at DESC, grant_id, n DESC`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := []Released{}
	for rows.Next() {
		var r Released
		var id string
		var at int64
		if err := rows.Scan(&r.Grant, &r.N, &id, &r.Operator, &r.Recipient, &r.Fingerprint, &at); err != nil {
			return nil, diskFault(op, err)
		}
		r.Case, _ = parseID(id)
		r.At = time.UnixMilli(at).UTC()
		out = append(out, r)
	}
	return out, diskFault(op, rows.Err())
}
