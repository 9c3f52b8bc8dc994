package desk

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"github.com/google/uuid"
)

// What the record has and what can be odd in it, under this package's names.
type (
	Oddity  = guard.Oddity
	OddKind = guard.OddKind
	Sought  = guard.Sought
	Line    = guard.Line
)

// The sorts of what is odd.
const (
	OddLooks    = guard.OddLooks
	OddNight    = guard.OddNight
	OddSearches = guard.OddSearches
	OddTakes    = guard.OddTakes
	OddRefused  = guard.OddRefused
	OddPassword = guard.OddPassword
	OddGlass    = guard.OddGlass
	OddAsks     = guard.OddAsks
	OddLent     = guard.OddLent
	OddPassed   = guard.OddPassed
	OddIdle     = guard.OddIdle
	OddSignIns  = guard.OddSignIns
	OddPhone    = guard.OddPhone
	OddPortrait = guard.OddPortrait
)

// PortraitAgain and SameShot are guard's words of the record.
const (
	PortraitAgain = guard.PortraitAgain
	SameShot      = guard.SameShot
)

// Unknown is guard's word of whoever tried to sign in as no account that is known here.
const Unknown = guard.Unknown

// OwnShown is guard's word of own data that was shown to the person.
const OwnShown = guard.OwnShown

// VerbLabel is a verb's name on screen, as the record has the verb.
func VerbLabel(verb string) string { return guard.Label(guard.Verb(verb)) }

// AccountLabel is guard's word for an account of which no name is known.
func AccountLabel(account string) string { return guard.AccountLabel(account) }

// FieldNames are fields as the screen names them.
func FieldNames(fields []string) []string { return guard.FieldNames(fields) }

// Record is what was found in the record of this laptop.
type Record struct {
	Lines  []Line // the newest first
	Total  int    // also those over the limit
	Unread int    // values that cannot be read: the audit says where
	Erased int    // where a person's lines are sought: erased cases in which somebody looked; nothing here tells whose they were
	Nobody bool   // where a person's lines are sought: the number stands in no case here
	Odd    []guard.Oddity
}

// Record reads the record: every look, search, reveal, print, export, approval
// and change of this laptop and of the cases it has, and what is odd in it. In the
// reasons the cases' people are masked. Lines of Person are those of the cases in which
// the number ever stood; of a case that was erased nothing here tells whose it was, and its
// looks are found by its id. The look is noted, of a person in that person's record before
// anything of it is given. fault.Input is for a reason that is none, or of a person for
// none at all, for what is the end of no id, and for a number that stands nowhere here and
// cannot be one; fault.Missing for a case of which nothing is here. Only an auditor or a data administrator may.
func (d *Desk) Record(ctx context.Context, q Sought) (Record, error) {
	const op = "read record"
	if err := d.permit(ctx, guard.ReadAudit, nil); err != nil {
		return Record{}, fault.Wrap(op, err)
	}
	person, err := seeking(q)
	if err != nil {
		return Record{}, fault.Wrap(op, err)
	}
	if person == "" {
		if err := d.note(ctx, op, loan.ChangeView, loan.ViewBody{Reason: q.Reason, Detail: "record"}); err != nil {
			return Record{}, err
		}
	}
	var out Record
	his, erased := map[uuid.UUID]bool{}, map[uuid.UUID]bool{}
	var acts []guard.Act
	under := map[string][]uuid.UUID{}
	faces := map[loan.Hash][]uuid.UUID{}
	known := q.Case == ""
	judged, err := d.judgedAbove(ctx)
	if err != nil {
		return Record{}, fault.Wrap(op, err)
	}
	unread, err := d.store.EachChange(ctx, func(ch *loan.Change) {
		l := guard.LineOf(ch)
		known = known || guard.Sought{Case: q.Case}.Wants(l)
		acts = append(acts, l.Act())
		judged.see(l)
		if g := l.Grant(); g != "" {
			seenUnder(under, g, l)
		}
		guard.FaceOf(ch, faces)
		if person != "" && guard.Names(ch, person) {
			his[ch.Case] = true
		}
		if ch.Kind == loan.ChangeOpen && ch.Body == nil {
			erased[ch.Case] = true
		}
		if q.Wants(l) {
			out.Lines = append(out.Lines, l)
		}
	})
	if err != nil {
		return Record{}, fault.Wrap(op, err)
	}
	if !known {
		return Record{}, fault.Tell(op, fault.Missing, "本机没有这个编号的案件，请核对。", errors.New("no line of such a case"))
	}
	if person != "" {
		if err := d.noteOfPerson(ctx, op, q.Reason, his); err != nil {
			return Record{}, err
		}
		if out.Nobody = len(his) == 0; out.Nobody && person.CheckCharacter() != person[17] {
			return Record{}, fault.Tell(op, fault.Input, "身份证号有误，请核对后再查。", errors.New("the check character is another"))
		}
		out.Erased = lookedAt(out.Lines, erased)
		cases := slices.Collect(maps.Keys(his))
		out.Lines = slices.DeleteFunc(out.Lines, func(l Line) bool { return !l.About(cases) })
	}
	slices.SortFunc(out.Lines, func(a, b Line) int {
		return cmp.Or(b.At.Compare(a.At), bytes.Compare(a.Device[:], b.Device[:]), cmp.Compare(b.Counter, a.Counter))
	})
	out.Total, out.Unread = len(out.Lines), unread
	if q.Limit > 0 {
		out.Lines = out.Lines[:min(len(out.Lines), q.Limit)]
	}
	people := d.unnaming()
	for i := range out.Lines {
		if out.Lines[i], err = people.line(ctx, out.Lines[i], under); err != nil {
			return Record{}, fault.Wrap(op, err)
		}
	}
	out.Odd = append(d.oddPeople(faces), guard.Odd(d.withoutAnew(acts))...)
	for i := range out.Odd {
		out.Odd[i].Judge(judged.found)
	}
	return out, nil
}

// seeking looks whether what is sought of the record can be, and gives the number of the
// person of whom it is, "" for no person's.
func seeking(q Sought) (loan.IDNumber, error) {
	const op = "desk.seeking"
	if q.Case != "" && len(q.Case) < 4 {
		return "", fault.Tell(op, fault.Input, "请写出案件编号的末 4 位以上。", nil)
	}
	if strings.Trim(q.Case, "0123456789abcdefABCDEF-") != "" {
		return "", fault.Tell(op, fault.Input, "请写出案件编号末 8 位，或 18 位身份证号。", errors.New("what is sought is the end of no id"))
	}
	if q.Reason != "" || q.Person != "" {
		if err := guard.CheckReason(q.Reason); err != nil {
			return "", err
		}
	}
	person, _ := loan.IDNumber(strings.TrimSpace(q.Person)).Canonical()
	if q.Person != "" && !person.WellFormed() {
		return "", fault.Tell(op, fault.Input, "请写出完整的身份证号。", nil)
	}
	return person, nil
}

// noteOfPerson notes that the record of a person was read, whose cases these are. In the
// reason their people are masked: the line is of no case, and stays when they are gone.
func (d *Desk) noteOfPerson(ctx context.Context, op, reason string, his map[uuid.UUID]bool) error {
	cases := slices.SortedFunc(maps.Keys(his), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	reason, err := d.unnaming().text(ctx, reason, cases...)
	if err != nil {
		return fault.Wrap(op, err)
	}
	return d.note(ctx, op, loan.ChangeView, loan.ViewBody{Reason: reason, Detail: guard.PersonWords(cases)})
}

// lookedAt counts the cases of a set of which a line tells that somebody looked.
func lookedAt(lines []Line, of map[uuid.UUID]bool) int {
	found := map[uuid.UUID]bool{}
	for _, l := range lines {
		for _, id := range append([]uuid.UUID{l.Case}, l.Shown...) {
			if of[id] && l.Kind.View() {
				found[id] = true
			}
		}
	}
	return len(found)
}

// oddPeople are phones and portraits that stand in too many cases.
func (d *Desk) oddPeople(faces map[loan.Hash][]uuid.UUID) []guard.Oddity {
	var out []guard.Oddity
	for _, p := range d.store.SharedPhones(guard.ManyPhones) {
		o := guard.Oddity{Kind: guard.OddPhone, Count: p.Students}
		for _, s := range p.Cases[:min(len(p.Cases), 20)] {
			o.Cases = append(o.Cases, s.ID)
		}
		out = append(out, o)
	}
	for _, cases := range faces {
		cases = guard.WithoutAnew(cases, d.whose)
		if len(cases) >= guard.ManyPortraits {
			out = append(out, guard.Oddity{Kind: guard.OddPortrait, Count: len(cases), Cases: cases[:min(len(cases), 20)]})
		}
	}
	slices.SortStableFunc(out, func(a, b guard.Oddity) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(b.Count, a.Count), bytes.Compare(a.Cases[0][:], b.Cases[0][:]))
	})
	return out
}

// withoutAnew leaves out portraits that came again where a student's case was void
// and begun anew: the record tells of it, and it is not odd.
func (d *Desk) withoutAnew(acts []guard.Act) []guard.Act {
	return slices.DeleteFunc(acts, func(a guard.Act) bool { return guard.AgainAnew(a, d.whose) })
}

// whose is of which student a case of this laptop is.
func (d *Desk) whose(id uuid.UUID) guard.Whose {
	s, _ := d.store.Summary(id)
	return guard.Whose{Case: id, Student: string(s.IDNo), Void: s.Status == loan.Void}
}

// ReportContext is the context of a report's signature.
const ReportContext = "doorstep record report 1"

// Report is lines of the record as a file for others: UTF-8, comma-separated,
// with a line for each, the proof of the chain above and this laptop's signature
// over all bytes before it at the end. Reasons stand as people wrote them, with
// numbers and what they say of the case's people masked; what a line tells, of which
// fields, and what it says besides stand in the words of the screen, and in the last columns as the chain has them. That it was made, and how many lines it has, is noted.
// progress is as that of Audit.
func (d *Desk) Report(ctx context.Context, q Sought, progress func(done, total int64)) (report []byte, lines int, err error) {
	const op = "report record"
	audit, err := d.Audit(ctx, progress)
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	r, err := d.Record(ctx, q)
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	named, err := d.named(ctx)
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	n, hash := d.store.Head()
	sound := "核验通过"
	if !audit.Sound() {
		sound = "核验发现问题"
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll([][]string{
		{"\ufeff日志报告", "设备", d.device().String(), "生成人", named(d.operator.ID), "时间（北京时间）", guard.RecordTime(d.now())},
		{"日志", sound, "末项", strconv.FormatUint(n, 10), hash.String(), "条数", strconv.Itoa(len(r.Lines))},
		guard.LineColumns(),
	})
	for _, l := range r.Lines {
		_ = w.Write(l.Row(rulebook.TextWords, named))
	}
	w.Flush()
	if err := w.Error(); err != nil {
		return nil, 0, fault.New(op, fault.Other, err)
	}
	p := d.store.Profile()
	fmt.Fprintf(&b, "签名,%s\n", hex.EncodeToString(p.ChainKey().Sign(ReportContext, b.Bytes())))
	if err := d.note(ctx, op, loan.ChangeExport, loan.ViewBody{Detail: fmt.Sprintf("record report, %d lines", len(r.Lines))}); err != nil {
		return nil, 0, err
	}
	return b.Bytes(), len(r.Lines), nil
}
