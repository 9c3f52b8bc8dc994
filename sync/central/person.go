package central

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// peopleSchema holds, for each case, the keyed hashes of its student's ID
// number and phone: of all values that stand, where two desks set different
// ones. They tell that two cases are of one student, and not who. The key is
// the county's, so nothing is known across counties.
func peopleSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS marks (case_id TEXT NOT NULL, sort TEXT NOT NULL, mark BYTEA NOT NULL, year INTEGER NOT NULL,
			supplement INTEGER NOT NULL, PRIMARY KEY (case_id, sort, mark))`,
		`CREATE INDEX IF NOT EXISTS marks_mark ON marks (mark, sort)`,
	}
}

// The sorts of marks.
const (
	markID      = "id"
	markPhone   = "phone"
	markCoPhone = "cophone" // the co-borrower's; its hash is that of a student's phone
	markVoid    = "void"    // the ID number of a void case, which has no other mark
)

// MarksLabel is the label under which the county's key makes the key of marks.
const MarksLabel = "doorstep person v1"

// noted is a case whose marks are to be others than they are.
type noted struct {
	id          uuid.UUID
	before, now []mark
	told        bool // a notice names other cases
}

// marked puts a case, which is locked, behind those whose marks change.
func (c *Central) marked(ctx context.Context, tx *sql.Tx, k *loan.Case, notes []noted) ([]noted, error) {
	const op = "central.marked"
	if k == nil {
		return notes, nil
	}
	before, err := marksOf(ctx, tx, k.ID)
	if err != nil {
		return nil, err
	}
	var county string
	if err := tx.QueryRowContext(ctx, `SELECT county FROM cases WHERE id = ?`, k.ID.String()).Scan(&county); err != nil {
		return nil, diskFault(op, err)
	}
	now, err := c.marks(county, k)
	if err != nil || sameMarks(before, now) {
		return notes, err
	}
	return append(notes, noted{k.ID, before, now, len(k.Same) > 0}), nil
}

// putMarks locks all marks that cases leave or come to until the transaction
// ends, so that of two servers the later sees the other's cases, and writes them
// down.
func (c *Central) putMarks(ctx context.Context, tx *sql.Tx, notes []noted) error {
	const op = "central.putMarks"
	var names []string
	for _, n := range notes {
		for _, m := range slices.Concat(n.before, n.now) {
			if m.sort == markID {
				names = append(names, lockMark(m.mark.String()))
			}
		}
	}
	if err := c.lock(ctx, tx, names...); err != nil {
		return err
	}
	for _, n := range notes {
		if _, err := tx.ExecContext(ctx, `DELETE FROM marks WHERE case_id = ?`, n.id.String()); err != nil {
			return diskFault(op, err)
		}
		for _, m := range n.now {
			if _, err := tx.ExecContext(ctx, `INSERT INTO marks (case_id, sort, mark, year, supplement) VALUES (?, ?, ?, ?, ?)`,
				n.id.String(), m.sort, m.mark[:], m.year, boolean(m.supplement)); err != nil {
				return diskFault(op, err)
			}
		}
	}
	return nil
}

// noticeAll tells the laptops of cases whose student is the same, or no longer
// is. It never merges. The marks are locked.
func (c *Central) noticeAll(ctx context.Context, tx *sql.Tx, notes []noted) error {
	touched := map[uuid.UUID]bool{}
	for _, n := range notes {
		if n.told {
			touched[n.id] = true
		}
		for _, m := range slices.Concat(n.before, n.now) {
			if m.sort != markID {
				continue
			}
			ids, err := casesOf(ctx, tx, m.mark)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if id != n.id {
					touched[id], touched[n.id] = true, true
				}
			}
		}
	}
	if len(touched) == 0 {
		return nil
	}
	// What is so now, and what the cases say of it, is read under the lock of
	// the centre's word: the other cases are not locked.
	if err := c.lock(ctx, tx, lockAuthor); err != nil {
		return err
	}
	for _, id := range sortedIDs(touched) {
		if err := c.notice(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}

func sortedIDs(set map[uuid.UUID]bool) []uuid.UUID {
	out := make([]uuid.UUID, 0, len(set))
	for id := range set {
		out = append(out, id)
	}
	slices.SortFunc(out, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return out
}

// mark is one keyed hash of a case.
type mark struct {
	sort       string
	mark       loan.Hash
	year       int
	supplement bool
}

// marks makes the marks of a case as it stands; of one that is void whose it was.
func (c *Central) marks(county string, k *loan.Case) ([]mark, error) {
	key, err := c.countyKey(county)
	if err != nil {
		return nil, err
	}
	own := key.Derive(MarksLabel)
	defer own.Wipe()
	var out []mark
	void := k.Status == loan.Void
	add := func(sort, of, value string) {
		m := mark{sort, own.Name([]byte(of + " " + value)), k.App.AcademicYear, k.App.Loan.Supplementary}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	for _, v := range standing(k, "student.id_no", k.App.Student.IDNo) {
		if id, _ := loan.IDNumber(strings.TrimSpace(v)).Canonical(); id.WellFormed() {
			add(map[bool]string{true: markVoid, false: markID}[void], markID, string(id))
		}
	}
	if p := strings.TrimSpace(k.App.Student.Phone); len(p) == 11 && !void {
		add(markPhone, markPhone, p)
	}
	for _, co := range k.App.Coborrowers {
		if p := strings.TrimSpace(co.Phone); len(p) == 11 && !void {
			add(markCoPhone, markPhone, p)
		}
	}
	slices.SortFunc(out, func(a, b mark) int { return cmp.Or(bytes.Compare(a.mark[:], b.mark[:]), cmp.Compare(a.sort, b.sort)) })
	return out, nil
}

// standing is every value that a field has: more than one where two desks set
// it apart from each other and nobody has chosen yet.
func standing(k *loan.Case, path, value string) []string {
	out := []string{value}
	for _, f := range k.Conflicts {
		if f.Field != path {
			continue
		}
		for _, v := range f.Values {
			var s string
			if json.Unmarshal([]byte(v.Value), &s) == nil {
				out = append(out, s)
			}
		}
	}
	return out
}

func sameMarks(a, b []mark) bool {
	return len(a) == len(b) && !slices.ContainsFunc(a, func(m mark) bool { return !slices.Contains(b, m) })
}

func marksOf(ctx context.Context, q querier, id uuid.UUID) ([]mark, error) {
	const op = "central.marksOf"
	rows, err := q.QueryContext(ctx, `SELECT sort, mark, year, supplement <> 0 FROM marks WHERE case_id = ?`, id.String())
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []mark
	for rows.Next() {
		var m mark
		var b []byte
		if err := rows.Scan(&m.sort, &b, &m.year, &m.supplement); err != nil {
			return nil, diskFault(op, err)
		}
		copy(m.mark[:], b)
		out = append(out, m)
	}
	return out, diskFault(op, rows.Err())
}

func casesOf(ctx context.Context, q querier, m loan.Hash) ([]uuid.UUID, error) {
	return idsOf(ctx, q, `SELECT case_id FROM marks WHERE mark = ? AND sort = 'id'`, m[:])
}

// ofOneStudent joins cases m and o of one student in one school year. A loan
// and its supplement are not two: only one of the two being a supplement is as
// it should be.
const ofOneStudent = `FROM marks m JOIN marks o ON o.mark = m.mark AND o.sort = m.sort AND o.year = m.year
	AND o.supplement = m.supplement AND o.case_id <> m.case_id WHERE m.sort = 'id'`

// sameStudent lists the other cases of a case's student.
func sameStudent(ctx context.Context, q querier, id uuid.UUID) ([]uuid.UUID, error) {
	return idsOf(ctx, q, `SELECT DISTINCT o.case_id `+ofOneStudent+` AND m.case_id = ? ORDER BY o.case_id`, id.String())
}

// sameStudents is sameStudent of every case that has others.
func sameStudents(ctx context.Context, q querier) (map[uuid.UUID][]uuid.UUID, error) {
	const op = "central.sameStudents"
	rows, err := q.QueryContext(ctx, `SELECT DISTINCT m.case_id, o.case_id `+ofOneStudent+` ORDER BY m.case_id, o.case_id`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[uuid.UUID][]uuid.UUID{}
	for rows.Next() {
		var a, b string
		if err := rows.Scan(&a, &b); err != nil {
			return nil, diskFault(op, err)
		}
		one, ok1 := parseID(a)
		other, ok2 := parseID(b)
		if !ok1 || !ok2 {
			return nil, fault.New(op, fault.Damaged, errors.New("case id"))
		}
		out[one] = append(out[one], other)
	}
	return out, diskFault(op, rows.Err())
}

// idsOf reads the ids that a query gives.
func idsOf(ctx context.Context, q querier, query string, args ...any) ([]uuid.UUID, error) {
	const op = "central.idsOf"
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []uuid.UUID
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, diskFault(op, err)
		}
		id, ok := parseID(s)
		if !ok {
			return nil, fault.New(op, fault.Damaged, errors.New("case id"))
		}
		out = append(out, id)
	}
	return out, diskFault(op, rows.Err())
}

// maxSame bounds how many other cases a notice names.
const maxSame = 20

// notice writes what is so now into the centre's chain, where it differs from
// what the case says.
func (c *Central) notice(ctx context.Context, tx *sql.Tx, id uuid.UUID) error {
	const op = "central.notice"
	k, err := c.loadCase(ctx, tx, id)
	if fault.KindOf(err) == fault.TooLarge || err == nil && k == nil {
		return nil
	}
	if err != nil {
		return err
	}
	others, err := sameStudent(ctx, tx, id)
	if err != nil {
		return err
	}
	var body loan.NoticeBody
	for _, o := range others[:min(maxSame, len(others))] {
		s := loan.SameStudent{Case: o}
		if err := tx.QueryRowContext(ctx, `SELECT d.point FROM cases c JOIN devices d ON d.id = c.device WHERE c.id = ?`, o.String()).Scan(&s.Point); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return diskFault(op, err)
		}
		body.Same = append(body.Same, s)
	}
	if slices.Equal(body.Same, k.Same) {
		return nil
	}
	_, err = c.author(ctx, tx, k, loan.ChangeNotice, body)
	return err
}

// markAll makes the marks of cases that came to an earlier program, once.
func (c *Central) markAll(ctx context.Context) error {
	const op = "central.markAll"
	var n int
	if err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM meta WHERE name = 'marks-2'`).Scan(&n); err != nil || n > 0 {
		return diskFault(op, err)
	}
	rows, err := idsOf(ctx, c.db, `SELECT id FROM cases WHERE id > ? ORDER BY id`, "")
	if err != nil {
		return err
	}
	for part := range slices.Chunk(rows, 100) {
		if err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.markPart(ctx, tx, part) }); err != nil {
			return fault.Wrap(op, err)
		}
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := c.lock(ctx, tx, lockStart); err != nil {
			return err
		}
		_, err := meta(ctx, tx, "marks-2", func() string { return c.now().UTC().Format(time.DateOnly) })
		return err
	})
}

func (c *Central) markPart(ctx context.Context, tx *sql.Tx, ids []uuid.UUID) error {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = lockCase(id.String())
	}
	if err := c.lock(ctx, tx, names...); err != nil {
		return err
	}
	var notes []noted
	for _, id := range ids {
		k, err := c.loadCase(ctx, tx, id)
		if fault.KindOf(err) == fault.TooLarge {
			continue
		}
		if err == nil {
			notes, err = c.marked(ctx, tx, k, notes)
		}
		if err != nil {
			return err
		}
	}
	if err := c.putMarks(ctx, tx, notes); err != nil {
		return err
	}
	return c.noticeAll(ctx, tx, notes)
}

// Shared is a phone that stands in many cases of one school year.
type Shared struct {
	Year  int         `json:"year"`
	Cases []uuid.UUID `json:"cases"`
}

// manyCases is from how many cases on a shared phone is worth a look: siblings
// share one now and then.
const manyCases = 4

// sharedPhones lists the cases that name one phone as the student's, four and
// more of a school year.
func sharedPhones(ctx context.Context, q querier) ([]Shared, error) {
	const op = "central.sharedPhones"
	rows, err := q.QueryContext(ctx, `SELECT year, mark, case_id FROM marks m WHERE sort = 'phone' AND
		(SELECT COUNT(*) FROM marks o WHERE o.mark = m.mark AND o.sort = m.sort AND o.year = m.year) >= ? ORDER BY year, mark, case_id`, manyCases)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []Shared
	var last []byte
	for rows.Next() {
		var year int
		var m []byte
		var s string
		if err := rows.Scan(&year, &m, &s); err != nil {
			return nil, diskFault(op, err)
		}
		id, _ := parseID(s)
		if n := len(out); n == 0 || out[n-1].Year != year || !bytes.Equal(last, m) {
			out = append(out, Shared{Year: year})
		}
		last = bytes.Clone(m)
		out[len(out)-1].Cases = append(out[len(out)-1].Cases, id)
	}
	return out, diskFault(op, rows.Err())
}
