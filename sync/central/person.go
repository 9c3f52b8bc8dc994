package central

import (
	"bytes"
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
		`CREATE TABLE IF NOT EXISTS mark_locks (mark BYTEA PRIMARY KEY, at BIGINT NOT NULL)`,
	}
}

// The sorts of marks.
const (
	markID    = "id"
	markPhone = "phone"
)

// MarksLabel is the label under which the county's key makes the key of marks.
const MarksLabel = "doorstep person v1"

// note compares the case with others of the county, and tells the laptops of
// those whose student it shares, or no longer shares. It never merges.
func (c *Central) note(ctx context.Context, tx *sql.Tx, k *loan.Case) error {
	const op = "central.note"
	before, err := marksOf(ctx, tx, k.ID)
	if err != nil {
		return err
	}
	var county string
	if err := tx.QueryRowContext(ctx, `SELECT county FROM cases WHERE id = ?`, k.ID.String()).Scan(&county); err != nil {
		return diskFault(op, err)
	}
	now, err := c.marks(county, k)
	if err != nil {
		return err
	}
	if sameMarks(before, now) {
		return nil
	}
	if err := c.putMarks(ctx, tx, k, now); err != nil {
		return err
	}
	touched := map[uuid.UUID]bool{k.ID: true}
	for _, m := range slices.Concat(before, now) {
		if m.sort != markID {
			continue
		}
		ids, err := casesOf(ctx, tx, m.mark)
		if err != nil {
			return err
		}
		for _, id := range ids {
			touched[id] = true
		}
	}
	for _, id := range sortedIDs(touched) {
		if err := c.notice(ctx, tx, id, k); err != nil {
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

// marks makes the marks of a case as it stands; none of one that is void.
func (c *Central) marks(county string, k *loan.Case) ([]mark, error) {
	if k.Status == loan.Void {
		return nil, nil
	}
	key, err := c.countyKey(county)
	if err != nil {
		return nil, err
	}
	own := key.Derive(MarksLabel)
	defer own.Wipe()
	var out []mark
	add := func(sort, value string) {
		m := mark{sort, own.Name([]byte(sort + " " + value)), k.App.AcademicYear, k.App.Loan.Supplementary}
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	for _, v := range standing(k, "student.id_no", k.App.Student.IDNo) {
		if id, _ := loan.IDNumber(strings.TrimSpace(v)).Canonical(); id.WellFormed() {
			add(markID, string(id))
		}
	}
	if p := strings.TrimSpace(k.App.Student.Phone); len(p) == 11 {
		add(markPhone, p)
	}
	slices.SortFunc(out, func(a, b mark) int { return bytes.Compare(a.mark[:], b.mark[:]) })
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

func (c *Central) putMarks(ctx context.Context, tx *sql.Tx, k *loan.Case, marks []mark) error {
	const op = "central.putMarks"
	if _, err := tx.ExecContext(ctx, `DELETE FROM marks WHERE case_id = ?`, k.ID.String()); err != nil {
		return diskFault(op, err)
	}
	for _, m := range marks {
		// Of two servers that write the same mark at once the later waits for
		// the other's commit, and then sees its case.
		if _, err := tx.ExecContext(ctx, `INSERT INTO mark_locks (mark, at) VALUES (?, ?) ON CONFLICT (mark) DO UPDATE SET at = excluded.at`,
			m.mark[:], c.now().UnixMilli()); err != nil {
			return diskFault(op, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO marks (case_id, sort, mark, year, supplement) VALUES (?, ?, ?, ?, ?)`,
			k.ID.String(), m.sort, m.mark[:], m.year, boolean(m.supplement)); err != nil {
			return diskFault(op, err)
		}
	}
	return nil
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

func idsOf(ctx context.Context, q querier, query string, arg any) ([]uuid.UUID, error) {
	const op = "central.idsOf"
	rows, err := q.QueryContext(ctx, query, arg)
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
// what the case says; k is the case being folded, any other is read.
func (c *Central) notice(ctx context.Context, tx *sql.Tx, id uuid.UUID, k *loan.Case) error {
	const op = "central.notice"
	if id != k.ID {
		var err error
		if k, err = c.loadCase(ctx, tx, id); k == nil || fault.KindOf(err) == fault.TooLarge {
			return nil
		} else if err != nil {
			return err
		}
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
	ch, err := c.author(ctx, tx, k, loan.ChangeNotice, body)
	if err != nil {
		return err
	}
	return fault.Wrap(op, k.Apply(ch))
}

// markAll makes the marks of cases that came to an earlier program, once.
func (c *Central) markAll(ctx context.Context) error {
	const op = "central.markAll"
	var n int
	if err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM meta WHERE name = 'marks'`).Scan(&n); err != nil || n > 0 {
		return diskFault(op, err)
	}
	rows, err := idsOf(ctx, c.db, `SELECT id FROM cases WHERE id > ? ORDER BY id`, "")
	if err != nil {
		return err
	}
	for part := range slices.Chunk(rows, 100) {
		err := c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
			for _, id := range part {
				k, err := c.loadCase(ctx, tx, id)
				if fault.KindOf(err) == fault.TooLarge || err == nil && k == nil {
					continue
				}
				if err != nil {
					return err
				}
				if err := c.note(ctx, tx, k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fault.Wrap(op, err)
		}
	}
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := meta(ctx, tx, "marks", func() string { return c.now().UTC().Format(time.DateOnly) })
		return err
	})
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
