package central

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/sync/parcel"
)

// downSchema holds what goes down to laptops. Of a bulletin only the newest
// version is kept: it takes the former one's personal data with it.
func downSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS bulletins (county TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, version BIGINT NOT NULL,
			issued BIGINT NOT NULL, expires BIGINT, withdrawn INTEGER NOT NULL, hash BYTEA NOT NULL, size BIGINT NOT NULL,
			people BIGINT NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (county, kind, name))`,
	}
}

// IssuedBulletin is a bulletin the centre has in force.
type IssuedBulletin struct {
	Kind      bulletin.Kind `json:"kind"`
	Name      string        `json:"name"`
	Version   uint64        `json:"version"`
	Issued    time.Time     `json:"issued"`
	Expires   time.Time     `json:"expires,omitzero"`
	Withdrawn bool          `json:"withdrawn,omitempty"`
	Hash      bulletin.Hash `json:"hash"`
	Size      int64         `json:"size"`
	Entries   int           `json:"entries"` // students, schools or devices in it
}

// Label is how people name the version to one another.
func (b IssuedBulletin) Label() string { return bulletin.Label(b.Issued, b.Hash) }

// issuance is a bulletin to be signed.
type issuance struct {
	kind    bulletin.Kind
	name    string
	content []byte // none withdraws
	entries int
	expires time.Time // laptops need not fetch it afterwards; zero is never
}

// issue signs a bulletin and puts it in force: laptops fetch it at their next
// sync. The version is above every former one of the name. It runs at the desk.
func (c *Central) issue(ctx context.Context, tx *sql.Tx, i issuance) (IssuedBulletin, error) {
	const op = "central.issue"
	var out IssuedBulletin
	county, _, _, err := county(ctx, tx)
	if err != nil {
		return out, err
	}
	var last int64
	var until sql.NullInt64
	err = tx.QueryRowContext(ctx, `SELECT version, expires FROM bulletins WHERE county = ? AND kind = ? AND name = ?`,
		county, string(i.kind), i.name).Scan(&last, &until)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return out, diskFault(op, err)
	}
	if errors.Is(err, sql.ErrNoRows) && len(i.content) == 0 {
		var spoken bool
		if i.expires, spoken = c.byTelephone(i); !spoken {
			return out, fault.Tell(op, fault.Missing, "没有这个名称的内容在生效：用 sync bulletin list 核对。", errors.New("nothing of this name is in force"))
		}
	}
	if len(i.content) == 0 && until.Valid { // what is withdrawn need not be known longer than what it was
		i.expires = time.UnixMilli(until.Int64).UTC()
	}
	issued := c.now().UTC().Truncate(time.Millisecond)
	b := bulletin.Bulletin{County: county, Kind: i.kind, Name: i.name, Version: uint64(max(last+1, issued.UnixMilli())), Issued: issued,
		Content: i.content, Withdrawn: len(i.content) == 0}
	raw, err := b.Sign(c.authority.Signer())
	if err != nil {
		return out, fault.Wrap(op, err)
	}
	out = IssuedBulletin{Kind: i.kind, Name: i.name, Version: b.Version, Issued: issued, Expires: i.expires, Withdrawn: b.Withdrawn,
		Hash: bulletin.HashOf(raw), Size: int64(len(raw)), Entries: i.entries}
	expires := sql.NullInt64{Int64: i.expires.UnixMilli(), Valid: !i.expires.IsZero()}
	_, err = tx.ExecContext(ctx, `INSERT INTO bulletins (county, kind, name, version, issued, expires, withdrawn, hash, size, people, bytes)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (county, kind, name) DO UPDATE SET version = excluded.version, issued = excluded.issued,
		expires = excluded.expires, withdrawn = excluded.withdrawn, hash = excluded.hash, size = excluded.size, people = excluded.people, bytes = excluded.bytes`,
		county, string(i.kind), i.name, int64(b.Version), issued.UnixMilli(), expires, boolean(b.Withdrawn), out.Hash[:], out.Size, i.entries, raw)
	return out, diskFault(op, err)
}

// publish is issue in a transaction of its own.
func (c *Central) publish(ctx context.Context, i issuance) (out IssuedBulletin, err error) {
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		out, err = c.issue(ctx, tx, i)
		return err
	})
	return out, err
}

// Bulletins lists what is in force and what was withdrawn, in the order of
// kinds and names.
func (c *Central) Bulletins(ctx context.Context) ([]IssuedBulletin, error) {
	const op = "central.Bulletins"
	rows, err := c.db.QueryContext(ctx, `SELECT kind, name, version, issued, expires, withdrawn, hash, size, people FROM bulletins ORDER BY kind, name`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := []IssuedBulletin{}
	for rows.Next() {
		var b IssuedBulletin
		var version, issued int64
		var expires sql.NullInt64
		var gone int
		var hash []byte
		if err := rows.Scan(&b.Kind, &b.Name, &version, &issued, &expires, &gone, &hash, &b.Size, &b.Entries); err != nil {
			return nil, diskFault(op, err)
		}
		b.Version, b.Issued, b.Withdrawn = uint64(version), time.UnixMilli(issued).UTC(), gone != 0
		if expires.Valid {
			b.Expires = time.UnixMilli(expires.Int64).UTC()
		}
		copy(b.Hash[:], hash)
		out = append(out, b)
	}
	return out, diskFault(op, rows.Err())
}

// listed is what a laptop is told of; what has expired it need not fetch.
func (c *Central) listed(ctx context.Context) ([]parcel.ListedBulletin, error) {
	all, err := c.Bulletins(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(b IssuedBulletin) bool { return !b.Expires.IsZero() && !c.now().Before(b.Expires) })
	if len(all) > maxListed {
		// Grants alone are so many; the oldest are the first to end. What was taken back is
		// told of before all that may still be used.
		slices.SortStableFunc(all, func(a, b IssuedBulletin) int {
			return cmp.Or(boolean(a.Kind == bulletin.Grant)-boolean(b.Kind == bulletin.Grant), boolean(b.Withdrawn)-boolean(a.Withdrawn), cmp.Compare(b.Version, a.Version))
		})
		c.log.Warn("more bulletins than a laptop is told of", "left_out", len(all)-maxListed)
		all = all[:maxListed]
	}
	out := make([]parcel.ListedBulletin, len(all))
	for i, b := range all {
		out[i] = parcel.ListedBulletin{Kind: b.Kind, Name: b.Name, Version: b.Version, Hash: b.Hash, Size: b.Size}
	}
	return out, nil
}

// maxBulletin is beyond the end of any bulletin.
const maxBulletin = 1 << 30

// maxListed bounds the list so that beside the people of most counties it fits
// parcel.MaxJSON, which is all that earlier laptops read of it.
const maxListed = 1000

func boolean(b bool) int {
	if b {
		return 1
	}
	return 0
}

// getBulletin gives a laptop a piece of a bulletin.
func (c *Central) getBulletin(d *device, w http.ResponseWriter, r *http.Request) error {
	const op = "central.getBulletin"
	offset, oerr := strconv.ParseInt(r.PathValue("offset"), 10, 64)
	version, verr := strconv.ParseInt(r.URL.Query().Get("version"), 10, 64)
	if oerr != nil || verr != nil || offset < 0 || offset > maxBulletin {
		return fault.New(op, fault.Input, errors.New("offset or version"))
	}
	var b []byte
	err := c.db.QueryRowContext(r.Context(), `SELECT substr(bytes, ?, ?) FROM bulletins WHERE county = ? AND kind = ? AND name = ? AND version = ?`,
		offset+1, parcel.BulletinPiece, d.county, r.PathValue("kind"), r.PathValue("name"), version).Scan(&b)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return fault.New(op, fault.Missing, errors.New("no such version in force"))
	case err != nil:
		return diskFault(op, err)
	case len(b) == 0:
		return fault.New(op, fault.Input, errors.New("offset behind the end"))
	}
	sum := sha256.Sum256(b)
	w.Header().Set(parcel.SumHeader, hex.EncodeToString(sum[:]))
	send(w, http.StatusOK, parcel.TypeBulletin, b)
	return nil
}

// BulletinFile gives the bytes of a bulletin in force, to be carried by hand.
// fault.Missing when there is none.
func (c *Central) BulletinFile(ctx context.Context, kind bulletin.Kind, name string) ([]byte, error) {
	return bulletinBytes(ctx, c.db, kind, name)
}

func bulletinBytes(ctx context.Context, q querier, kind bulletin.Kind, name string) ([]byte, error) {
	const op = "central.BulletinFile"
	var b []byte
	err := q.QueryRowContext(ctx, `SELECT bytes FROM bulletins WHERE kind = ? AND name = ?`, string(kind), name).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fault.Tell(op, fault.Missing, "没有这个名称的内容在生效：用 sync bulletin list 核对。", errors.New("nothing of this name is in force"))
	}
	return b, diskFault(op, err)
}

// ImportRoster takes a high school's file of pre-applied students and sends it
// to the county's laptops, in the place of the former one of its group code.
// Errors are those of loan.ImportRoster: the line, the reason, and nobody.
func (c *Central) ImportRoster(ctx context.Context, src io.Reader, group string, year int, school string) (IssuedBulletin, error) {
	const op = "central.ImportRoster"
	r, err := loan.ImportRoster(src, group, year, school)
	if err != nil {
		return IssuedBulletin{}, fault.Wrap(op, err)
	}
	b, err := c.publish(ctx, issuance{kind: bulletin.Roster, name: group, content: r.Encode(), entries: len(r.People)})
	return b, fault.Wrap(op, err)
}

// ImportSchools takes the Ministry's list as the county's school register.
// Errors are those of loan.ParseRegister: the line and the reason.
func (c *Central) ImportSchools(ctx context.Context, src io.Reader) (IssuedBulletin, error) {
	const op = "central.ImportSchools"
	b, err := io.ReadAll(io.LimitReader(src, loan.MaxRegister+1))
	if err != nil {
		return IssuedBulletin{}, fault.New(op, fault.Disk, errors.New("the file cannot be read"))
	}
	g, err := loan.ParseRegister(bytes.NewReader(b))
	if err != nil {
		return IssuedBulletin{}, fault.Wrap(op, err)
	}
	out, err := c.publish(ctx, issuance{kind: bulletin.Schools, name: bulletin.RegisterName, content: b, entries: len(g.Schools)})
	return out, fault.Wrap(op, err)
}

// AddPolicy takes a policy pack. One that begins in the past would judge anew
// contracts that were signed since: it is fault.Denied unless late says that
// this is meant.
func (c *Central) AddPolicy(ctx context.Context, b []byte, late bool) (loan.Policy, IssuedBulletin, error) {
	const op = "central.AddPolicy"
	p, err := loan.ParsePolicy(b)
	if err != nil {
		return p, IssuedBulletin{}, fault.Wrap(op, err)
	}
	if why := implausible(p); why != "" {
		return p, IssuedBulletin{}, fault.New(op, fault.Input, errors.New(why))
	}
	if p.SignedFrom < loan.DateOf(c.now()) && !late {
		return p, IssuedBulletin{}, fault.New(op, fault.Denied,
			errors.New("signed_from "+string(p.SignedFrom)+" is in the past: contracts signed since would be judged anew; --late says that this is meant"))
	}
	out, err := c.publish(ctx, issuance{kind: bulletin.Policy, name: p.ID, content: b, entries: 1})
	return p, out, fault.Wrap(op, err)
}

// AddTemplate takes a template of a contract or form; late is as in AddPolicy. A
// name stands for one text for ever: another one under a name that is or was in
// force, or that the program carries, is fault.Exists.
func (c *Central) AddTemplate(ctx context.Context, b []byte, late bool) (loan.Template, IssuedBulletin, error) {
	const op = "central.AddTemplate"
	t, err := rulebook.ReadTemplate(b)
	if err != nil {
		return t.Template, IssuedBulletin{}, fault.Wrap(op, err)
	}
	if !bulletin.ValidName(t.Ref) {
		return t.Template, IssuedBulletin{}, fault.New(op, fault.Input, errors.New("id: letters, digits, - or _, with the version at most 64"))
	}
	if t.SignedFrom < loan.DateOf(c.now()) && !late {
		return t.Template, IssuedBulletin{}, fault.New(op, fault.Denied,
			errors.New("signed_from "+string(t.SignedFrom)+" is in the past; --late says that this is meant"))
	}
	if err := c.printable(t); err != nil {
		return t.Template, IssuedBulletin{}, fault.Wrap(op, err)
	}
	if err := c.unaltered(ctx, t); err != nil {
		return t.Template, IssuedBulletin{}, fault.Wrap(op, err)
	}
	out, err := c.publish(ctx, issuance{kind: bulletin.Template, name: t.Ref, content: b, entries: 1})
	return t.Template, out, fault.Wrap(op, err)
}

// printable is nil when a laptop can make a paper of the template.
func (c *Central) printable(t rulebook.Template) error {
	ref, err := rulebook.Load()
	if err != nil {
		return err
	}
	press, err := contract.NewPress()
	if err != nil {
		return err
	}
	return press.CheckTemplate(t.File, ref.Packs[len(ref.Packs)-1])
}

// unaltered is nil when no other text had the template's name.
func (c *Central) unaltered(ctx context.Context, t rulebook.Template) error {
	const op = "central.unaltered"
	other, err := rulebook.Altered(t)
	if err != nil {
		return err
	}
	raw, err := c.BulletinFile(ctx, bulletin.Template, t.Ref)
	if err != nil && fault.KindOf(err) != fault.Missing {
		return err
	}
	if err == nil && !other {
		county, _, _, err := county(ctx, c.db)
		if err != nil {
			return err
		}
		had, err := bulletin.Open(raw, c.authority.Signer().Public(), county)
		if err != nil {
			return err
		}
		other = had.Withdrawn || !bytes.Equal(had.Content, t.File)
	}
	if other {
		return fault.New(op, fault.Exists, errors.New("another text has or had this name: give it a higher version"))
	}
	return nil
}

// implausible names the member of a pack that cannot be meant so.
func implausible(p loan.Policy) string {
	switch {
	case !bulletin.ValidName(p.ID):
		return "id: 1 to 64 letters, digits, - or _"
	case p.Minimum <= 0 || p.Minimum > p.UndergraduateMax:
		return "minimum: above 0 and not above undergraduate_max"
	case p.GraduateMax < p.UndergraduateMax || p.GraduateMax > 1_000_000:
		return "graduate_max: not below undergraduate_max, at most 1000000"
	case p.Multiple > p.Minimum:
		return "multiple: not above minimum"
	case p.MaturityBase > 50 || p.MaturityCap > 60 || p.GraceYears < 0 || p.GraceYears > 20:
		return "maturity_base, maturity_cap or grace_years: too many years"
	case len(p.Purposes) == 0:
		return "purposes: none"
	case p.Rate.Text == "":
		return "rate.text: nothing to be printed"
	case !monthDay(p.MaturityDay) || !monthDay(p.SubsidyUntil):
		return "maturity_day or subsidy_until: not MM-DD"
	}
	return ""
}

func monthDay(s string) bool {
	_, err := time.Parse("2006-01-02", "2024-"+s)
	return err == nil
}

// Withdraw takes a roster, pack or grant out of force: laptops let go of it at
// their next sync. fault.Missing when there is none; a grant that was given by
// telephone is withdrawn by its id all the same, and a request that would become it
// waits no more.
func (c *Central) Withdraw(ctx context.Context, kind bulletin.Kind, name string) (out IssuedBulletin, err error) {
	err = c.desk(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if out, err = c.issue(ctx, tx, issuance{kind: kind, name: name}); err != nil || kind != bulletin.Grant {
			return err
		}
		waited, err := declineOf(ctx, tx, name, operatorCentre, "")
		if err != nil || !waited {
			return err
		}
		return c.issuePleas(ctx, tx)
	})
	return out, fault.Wrap("central.Withdraw", err)
}
