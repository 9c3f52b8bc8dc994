package central

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// RecordQuery is which lines of the record of all laptops an auditor looks at.
type RecordQuery struct {
	guard.Sought
	Device uuid.UUID // of one chain
}

// RecordFound is what was found in the record of all laptops, as far as they lie
// in the auditor's organisation.
type RecordFound struct {
	Lines  []guard.Line      `json:"lines"`            // the newest first
	Total  int               `json:"total"`            // also those over the limit
	Unread int               `json:"unread,omitempty"` // values that cannot be read: RecordProof says where
	Erased int               `json:"erased,omitempty"` // where a person's lines are sought: erased cases in which somebody looked; nothing here tells whose they were
	Names  map[string]string `json:"names"`            // of operators, masked
}

// MaxRecord is how many lines one look gives at most; a report has all.
const MaxRecord = 10_000

// recordPage is how many changes are read at once: no reader holds up the writer.
const recordPage = 1000

// Record reads the record that laptops sent with their chains, and the centre's
// own: every look, search, reveal, print, export, approval and change. The centre's
// chain says first who looks, by which ids and why. Failures are those of Acting,
// fault.Input for a query that names nothing, and fault.Missing for a case or
// laptop that is not here. Lines of Person are those of the cases in which the
// number ever stood, and exports of them at the centre; of a case that was erased
// nothing tells any more whose it was, and those in which somebody looked are counted.
// A number that stands nowhere here and cannot be one is fault.Input. Memory grows with Limit, not with the record.
func (c *Central) Record(ctx context.Context, p Person, q RecordQuery) (RecordFound, error) {
	const op = "central.Record"
	var out RecordFound
	if q.Limit <= 0 || q.Limit > MaxRecord {
		q.Limit = MaxRecord
	}
	newest := func() {
		slices.SortFunc(out.Lines, newerLine)
		out.Lines = out.Lines[:min(len(out.Lines), q.Limit)]
	}
	err := c.auditing(ctx, p, "record list", &q, func(r *reading) (err error) {
		out.Unread, err = r.lines(ctx, func(l guard.Line) error {
			out.Total++
			if out.Lines = append(out.Lines, l); len(out.Lines) >= 2*q.Limit {
				newest()
			}
			return nil
		})
		if err != nil {
			return err
		}
		newest()
		out.Erased = len(r.seen)
		nameless := r.nameless()
		for i := range out.Lines {
			if out.Lines[i], err = nameless(ctx, out.Lines[i]); err != nil {
				return err
			}
		}
		out.Names, err = c.maskedNames(ctx)
		return err
	})
	return out, fault.Wrap(op, err)
}

func newerLine(a, b guard.Line) int {
	return cmp.Or(b.At.Compare(a.At), bytes.Compare(a.Device[:], b.Device[:]), cmp.Compare(b.Counter, a.Counter))
}

// reading is a look at the record that was allowed.
type reading struct {
	c       *Central
	who     string
	q       *RecordQuery
	chains  []uuid.UUID              // that lie in the auditor's organisation
	sites   map[uuid.UUID]guard.Site // of those that are laptops
	centres map[uuid.UUID]bool       // of those that are the centre's own
	erased  []uuid.UUID              // where a person's lines are sought: cases erased at a wish
	seen    map[uuid.UUID]bool       // those of them in which somebody looked
}

// auditing lets an auditor look at the record, and says so first. What the chain
// says of the query are ids that are known here, and never a person's.
func (c *Central) auditing(ctx context.Context, p Person, name string, q *RecordQuery, do func(*reading) error) error {
	if err := guard.CheckReason(q.Reason); err != nil {
		return err
	}
	if err := c.settleQuery(ctx, q); err != nil {
		return err
	}
	_, err := c.Acting(ctx, p, Act{Verb: guard.AuditAll, Name: name + q.words(), Reason: q.Reason, Own: true}, func() error {
		r, err := c.readingOf(ctx, p.ID, q)
		if err != nil {
			return err
		}
		return do(r)
	})
	return err
}

// settleQuery makes the query's ids whole, and refuses what is none: it is written
// down, and nobody's number may be among it.
func (c *Central) settleQuery(ctx context.Context, q *RecordQuery) error {
	const op = "central.settleQuery"
	if q.Operator != "" && q.Operator != operatorCentre && q.Operator != guard.Unknown {
		ever, err := onRosterEver(ctx, c.db, q.Operator)
		if err != nil {
			return err
		}
		if !ever {
			return fault.Tell(op, fault.Input, "--of 的账号不对：名册上从来没有这个人。", errors.New("operator: nobody who ever stood on the roster"))
		}
	}
	if q.Person != "" {
		n, _ := loan.IDNumber(strings.TrimSpace(q.Person)).Canonical()
		if !n.WellFormed() {
			return fault.Tell(op, fault.Input, "身份证号是 18 位，请写完整。", errors.New("person: an ID number has 18 characters"))
		}
		q.Person = string(n)
	}
	for _, k := range q.Kinds {
		if !recordKind(k) {
			return fault.Tell(op, fault.Input, "--kind 的事项代码不对，--help 里有全部代码。", errors.New("kind: see the help for those there are"))
		}
	}
	if q.Case == "" {
		return nil
	}
	q.Case = strings.ToLower(q.Case)
	if _, ok := parseID(q.Case); ok {
		return nil
	}
	if len(q.Case) < 4 || strings.Trim(q.Case, "0123456789abcdef-") != "" {
		return fault.Tell(op, fault.Input, "请写案件编号，或编号的末 4 位以上。", errors.New("case: an id, or at least four characters of its end"))
	}
	found, err := idsOf(ctx, c.db, `SELECT id FROM cases WHERE id LIKE ? LIMIT 2`, "%"+q.Case)
	switch {
	case err != nil:
		return err
	case len(found) == 0:
		return fault.Tell(op, fault.Missing, "县里没有这个编号的案件，请核对。", errors.New("case: none of this end is here"))
	case len(found) > 1:
		return fault.Tell(op, fault.Input, "有几件案件的编号末尾都是这样，请写完整的编号。", errors.New("case: several have this end"))
	}
	q.Case = found[0].String()
	return nil
}

// words is what the chain says of the query.
func (q *RecordQuery) words() string {
	var b strings.Builder
	say := func(name, value string) {
		if value != "" {
			b.WriteString(" " + name + "=" + value)
		}
	}
	say("operator", q.Operator)
	if q.Device != uuid.Nil {
		say("device", q.Device.String())
	}
	say("case", q.Case)
	if len(q.Kinds) > 0 {
		say("kind", strings.Trim(fmt.Sprint(q.Kinds), "[]"))
	}
	for i, t := range []time.Time{q.From, q.To} {
		if !t.IsZero() {
			say([]string{"from", "to"}[i], t.UTC().Format(time.RFC3339))
		}
	}
	if q.Seen {
		b.WriteString(" of who saw")
	}
	if q.Person != "" {
		b.WriteString(" of one person")
	}
	return b.String()
}

// readingOf finds the chains that lie in an auditor's organisation. At a centre
// for practice, where nobody is asked, they are all.
func (c *Central) readingOf(ctx context.Context, id string, q *RecordQuery) (*reading, error) {
	const op = "central.readingOf"
	who := guard.Operator{}
	code, practice, err := c.County(ctx)
	if err != nil {
		return nil, err
	}
	if !practice {
		if who, err = person(ctx, c.db, id); err != nil {
			return nil, err
		}
	}
	r := &reading{c: c, who: id, q: q, sites: map[uuid.UUID]guard.Site{}, centres: map[uuid.UUID]bool{}}
	rows, err := c.db.QueryContext(ctx, `SELECT id, county, point FROM devices ORDER BY id`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		var at guard.Site
		if err := rows.Scan(&s, &at.County, &at.Point); err != nil {
			return nil, diskFault(op, err)
		}
		if d, ok := parseID(s); ok && who.Within(at) {
			r.sites[d] = at
			r.chains = append(r.chains, d)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, diskFault(op, err)
	}
	if who.Within(guard.Site{County: code}) {
		own, err := idsOf(ctx, c.db, `SELECT id FROM centres ORDER BY id`)
		if err != nil {
			return nil, err
		}
		for _, d := range own {
			r.centres[d] = true
			r.chains = append(r.chains, d)
		}
	}
	if q.Device != uuid.Nil {
		if !slices.Contains(r.chains, q.Device) {
			return nil, fault.Tell(op, fault.Missing, "本机构没有这个编号的电脑，请核对。", errors.New("device: none of this id in your organisation"))
		}
		r.chains = []uuid.UUID{q.Device}
	}
	return r, nil
}

// lines gives the lines that the query wants, chain by chain, and how many values
// could not be read.
func (r *reading) lines(ctx context.Context, each func(guard.Line) error) (unread int, err error) {
	cases, err := r.cases(ctx)
	if err != nil {
		return 0, err
	}
	take := func(ch *loan.Change) error {
		l := r.lineOf(ch)
		r.sawErased(ch.Device, l)
		if !r.q.Wants(l) || r.q.Person != "" && !l.About(cases) {
			return nil
		}
		return each(l)
	}
	// These stand under no case, and may have shown or erased one; all others are found by
	// their case.
	showing := []loan.ChangeKind{loan.ChangeSearch, loan.ChangeView, loan.ChangeErase}
	for _, d := range r.chains {
		wanted := r.q.Kinds
		where, args := `device = ?`, []any{d.String()}
		if cases != nil && !r.centres[d] {
			if len(wanted) > 0 && !slices.ContainsFunc(wanted, func(k loan.ChangeKind) bool { return slices.Contains(showing, k) }) {
				continue
			}
			wanted = nil
			where, args = where+` AND (kind = ? OR kind IN (?, ?) AND case_id = ?)`, append(args, string(loan.ChangeSearch), string(loan.ChangeView), string(loan.ChangeErase), uuid.Nil.String())
		}
		if len(wanted) > 0 {
			marks, kinds := inList(stringsOf(wanted))
			where, args = where+` AND kind IN (`+marks+`)`, append(args, kinds...)
		}
		n, err := r.c.eachChange(ctx, where, args, take)
		if unread += n; err != nil {
			return unread, err
		}
	}
	for _, id := range r.erased {
		n, err := r.c.eachChange(ctx, `case_id = ?`, []any{id.String()}, func(ch *loan.Change) error {
			if slices.Contains(r.chains, ch.Device) {
				r.sawErased(ch.Device, r.lineOf(ch))
			}
			return nil
		})
		if unread += n; err != nil {
			return unread, err
		}
	}
	for _, id := range cases {
		n, err := r.c.eachChange(ctx, `case_id = ?`, []any{id.String()}, func(ch *loan.Change) error {
			if r.centres[ch.Device] || ch.Kind == loan.ChangeSearch || !slices.Contains(r.chains, ch.Device) {
				return nil
			}
			return take(ch)
		})
		if unread += n; err != nil {
			return unread, err
		}
	}
	return unread, nil
}

// cases are those that the query is about; nil is all. A person's are noted in the
// chain too, by their ids.
func (r *reading) cases(ctx context.Context) ([]uuid.UUID, error) {
	if r.q.Person == "" {
		if id, ok := parseID(r.q.Case); ok {
			return []uuid.UUID{id}, nil
		}
		return nil, nil
	}
	his := []uuid.UUID{}
	marks, kinds := inList(stringsOf(guard.Naming()))
	_, err := r.c.eachChange(ctx, `kind IN (`+marks+`)`, kinds, func(ch *loan.Change) error {
		if !slices.Contains(his, ch.Case) && guard.Names(ch, loan.IDNumber(r.q.Person)) {
			his = append(his, ch.Case)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	words := fmt.Sprintf(guard.OnePerson+": %d cases", len(his))
	for _, id := range his[:min(len(his), 20)] {
		words += " " + id.String()
	}
	if err := r.c.noteAct(ctx, r.who, Act{Name: words, Reason: r.q.Reason}, "act: "); err != nil {
		return nil, err
	}
	if id := loan.IDNumber(r.q.Person); len(his) == 0 && id.CheckCharacter() != id[17] {
		return nil, fault.Tell("central.cases", fault.Input, "身份证号有误，请核对后再查。", errors.New("person: a wrong number, its last character does not fit the others, and no case here ever had it; look at the card again"))
	}
	r.seen = map[uuid.UUID]bool{}
	r.erased, err = idsOf(ctx, r.c.db, `SELECT case_id FROM erased ORDER BY case_id`)
	return his, err
}

// sawErased notes the erased cases at which a line tells that somebody looked. Of the
// centre's own those are exports: its other acts on such a case are of the erasing.
func (r *reading) sawErased(device uuid.UUID, l guard.Line) {
	if len(r.erased) == 0 || !l.Looked() || !r.q.Wants(l) || r.centres[device] && l.Kind != loan.ChangeExport {
		return
	}
	for _, id := range append([]uuid.UUID{l.Case}, l.Shown...) {
		if _, ok := slices.BinarySearchFunc(r.erased, id, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) }); ok {
			r.seen[id] = true
		}
	}
}

func stringsOf(kinds []loan.ChangeKind) []any {
	out := make([]any, len(kinds))
	for i, k := range kinds {
		out[i] = string(k)
	}
	return out
}

// eachChange reads the changes of a condition, in the order of their chains.
func (c *Central) eachChange(ctx context.Context, where string, args []any, each func(*loan.Change) error) (unread int, err error) {
	const op = "central.eachChange"
	device, counter := "", int64(0)
	for {
		page, err := c.changesBehind(ctx, where, args, device, counter)
		if err != nil {
			return unread, err
		}
		for _, k := range page {
			ch, err := loan.DecodeChange(k.bytes)
			if err != nil {
				unread++
				continue
			}
			if err := each(ch); err != nil {
				return unread, fault.Wrap(op, err)
			}
		}
		if len(page) < recordPage {
			return unread, nil
		}
		device, counter = page[len(page)-1].device, page[len(page)-1].counter
	}
}

type keptChange struct {
	device  string
	counter int64
	bytes   []byte
}

func (c *Central) changesBehind(ctx context.Context, where string, args []any, device string, counter int64) ([]keptChange, error) {
	const op = "central.changesBehind"
	rows, err := c.db.QueryContext(ctx, `SELECT device, counter, bytes FROM changes WHERE `+where+` AND (device, counter) > (?, ?) ORDER BY device, counter LIMIT ?`,
		slices.Concat(args, []any{device, counter, recordPage})...)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	var out []keptChange
	for rows.Next() {
		var k keptChange
		if err := rows.Scan(&k.device, &k.counter, &k.bytes); err != nil {
			return nil, diskFault(op, err)
		}
		out = append(out, k)
	}
	return out, diskFault(op, rows.Err())
}

// lineOf is the line of a change. The centre's own acts are of no case, so that
// they go down to nobody, and name it in their words.
func (r *reading) lineOf(ch *loan.Change) guard.Line {
	l := guard.LineOf(ch)
	if r.centres[ch.Device] && l.Case == uuid.Nil {
		l.Case = ofCase(l.Detail)
	}
	return l
}

// maskedNames are the names of all who ever stood on the roster.
func (c *Central) maskedNames(ctx context.Context) (map[string]string, error) {
	const op = "central.maskedNames"
	rows, err := c.db.QueryContext(ctx, `SELECT id, name FROM operators`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, diskFault(op, err)
		}
		out[id] = guard.MaskName(name)
	}
	return out, diskFault(op, rows.Err())
}

// RecordKinds are the sorts of acts by which the record may be sought.
func RecordKinds() []loan.ChangeKind {
	return []loan.ChangeKind{loan.ChangeView, loan.ChangeSearch, loan.ChangeReveal, loan.ChangePrint, loan.ChangeExport, loan.ChangeSignIn, loan.ChangeErase,
		loan.ChangeRepair, loan.ChangeRestore, loan.ChangeBackup, loan.ChangeRecover, loan.ChangeSetting, loan.ChangeOpen, loan.ChangeEdit, loan.ChangeResolve,
		loan.ChangeAttach, loan.ChangeDetach, loan.ChangeArrange, loan.ChangeReplace, loan.ChangeCard, loan.ChangeAttest, loan.ChangeConsent, loan.ChangeSubmit, loan.ChangeReview,
		loan.ChangeContract, loan.ChangeRead, loan.ChangeSign, loan.ChangeWitness, loan.ChangeSeal, loan.ChangeFinish, loan.ChangeCorrect, loan.ChangeVoid,
		loan.ChangeReceive, loan.ChangeAccept, loan.ChangeReturn, loan.ChangeTicket, loan.ChangePass, loan.ChangeTake, loan.ChangeUrgent, loan.ChangeNotice}
}

func recordKind(k loan.ChangeKind) bool { return slices.Contains(RecordKinds(), k) }
