package guard

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Sought is which lines of the record are wanted; what is empty is no bound.
type Sought struct {
	Operator string
	Case     string // the end of a case's id, at least four characters
	Person   string // an ID number: lines of the cases in which it ever stood, as student's or co-borrower's
	Kinds    []loan.ChangeKind
	Seen     bool      // lines alone that tell that somebody saw data of a case (Line.Saw)
	Leave    bool      // lines alone of grants and emergencies (Line.Leave)
	From, To time.Time // To is not included
	Limit    int       // the newest; 0 is no limit
	Reason   string    // why it is looked at
}

// Line is one line of the record: who did what, when and why. It holds no
// person's data.
type Line struct {
	At       time.Time       `json:"at"`
	Device   uuid.UUID       `json:"device"`
	Counter  uint64          `json:"number"`
	Operator string          `json:"operator"`
	Case     uuid.UUID       `json:"case,omitzero"`
	Kind     loan.ChangeKind `json:"kind"`
	Fields   []string        `json:"fields,omitempty"`
	Reason   string          `json:"reason,omitempty"`
	Detail   string          `json:"detail,omitempty"`
	Shown    []uuid.UUID     `json:"shown,omitempty"` // cases of which a search beyond the own queue, or one to erase a case, showed a row, and those of the person whose record was read
	Gone     []uuid.UUID     `json:"gone,omitempty"`  // cases that it says are erased, at a person's wish or at the end of a season
}

// Of says whether the line tells of a look at one of the cases, of an act on it, or that it
// is erased.
func (l Line) Of(is func(uuid.UUID) bool) bool {
	return is(l.Case) || slices.ContainsFunc(l.Shown, is) || slices.ContainsFunc(l.Gone, is)
}

// ends are the ends of the ids of the cases that a look which stands under none names by
// those alone: about which it asked, answered a request, was to erase it or, at the centre,
// granted something; none of any other line.
func (l Line) ends() [][4]byte {
	if l.Case != uuid.Nil || l.Kind != loan.ChangeView {
		return nil
	}
	if tag, ok := answeredTag(l.Detail); ok {
		return [][4]byte{tag}
	}
	if tag, ok := backTag(l.Detail); ok {
		return [][4]byte{tag}
	}
	if tag, ok := erasingTag(l.Detail); ok {
		return [][4]byte{tag}
	}
	if tag, ok := WordOf(l.Detail).Tag(); ok {
		return [][4]byte{tag}
	}
	return grantedEnds(l.Detail)
}

// grantedEnds are those of the cases of which an act of the centre says that something was
// granted: "act: grant new for OPERATOR case=END".
func grantedEnds(detail string) (out [][4]byte) {
	for _, how := range actHow() {
		act, ok := strings.CutPrefix(detail, how[0]+"grant ")
		if !ok {
			continue
		}
		out = append(out, CaseEnds(act)...)
	}
	return out
}

// CaseEnds are the ends of the ids of the cases that words of an act at the centre name, as
// "case=END".
func CaseEnds(words string) (out [][4]byte) {
	for word := range strings.FieldsSeq(words) {
		end, ok := strings.CutPrefix(word, "case=")
		if b, err := hex.DecodeString(end); ok && err == nil && len(b) == 4 {
			out = append(out, [4]byte(b))
		}
	}
	return out
}

// About says whether the line tells of a look at one of the cases, of an act on it, or of
// what was asked for, answered or granted about it.
func (l Line) About(cases []uuid.UUID) bool {
	return l.Of(func(id uuid.UUID) bool { return slices.Contains(cases, id) }) ||
		slices.ContainsFunc(l.ends(), func(end [4]byte) bool {
			return slices.ContainsFunc(cases, func(id uuid.UUID) bool { return TagOf(id) == end })
		})
}

// Grant is the id of the grant that the line tells of: which was asked for or given, or
// by which something was seen or taken. Empty of any other line.
func (l Line) Grant() string {
	if !strings.Contains(l.Detail, "grant ") {
		return ""
	}
	switch w := WordOf(l.Detail); w.Kind {
	case Asked, Withdrawn:
		return asksGrant(l.Device, w.Ask)
	case Approved, Declined:
		return asksGrant(w.Device, w.Ask)
	case TakenBack:
		return w.Grant
	}
	_, id, ok := strings.Cut(", "+l.Detail, ", grant ")
	id, _, _ = strings.Cut(id, " ")
	if id = strings.TrimSuffix(id, ","); !ok || !grantID(id) {
		return ""
	}
	return id
}

// asksGrant is the id of the grant that a request of a laptop becomes; empty where it is
// no request.
func asksGrant(device uuid.UUID, ask string) string {
	b, err := hex.DecodeString(ask)
	if err != nil {
		return ""
	}
	a, err := ParseAsk(b)
	if err != nil {
		return ""
	}
	id, _ := Plea{Device: TagOf(device), Ask: a}.ID()
	return id
}

// Act is the line as a pattern is looked for in it.
func (l Line) Act() Act {
	return Act{At: l.At, Device: l.Device, Operator: l.Operator, Case: l.Case, Kind: l.Kind, Detail: l.Detail}
}

// LineOf tells of a change without a value of it.
func LineOf(ch *loan.Change) Line {
	l := Line{At: ch.At, Device: ch.Device, Counter: ch.Counter, Operator: ch.Operator, Case: ch.Case, Kind: ch.Kind}
	switch {
	case ch.Kind == loan.ChangeErase:
		l.erasing(ch)
	case ch.Kind.View():
		if b, err := loan.Body[loan.ViewBody](ch); err == nil {
			l.Fields, l.Reason, l.Detail = b.Fields, b.Reason, b.Detail
			l.noted()
			switch ch.Kind {
			case loan.ChangeSearch:
				l.Shown = beyondShown(b.Detail)
			case loan.ChangeView:
				l.Shown = append(erasureShown(b.Detail), personShown(b.Detail)...)
			}
		}
	case ch.Kind == loan.ChangeEdit || ch.Kind == loan.ChangeResolve || ch.Kind == loan.ChangeCorrect:
		var b struct {
			Fields map[string]json.RawMessage `json:"fields"`
			Reason string                     `json:"reason"`
		}
		if json.Unmarshal(ch.Body, &b) == nil {
			for f := range b.Fields {
				l.Fields = append(l.Fields, f)
			}
			slices.Sort(l.Fields)
			l.Reason = b.Reason
		}
	case ch.Kind == loan.ChangeCard:
		if b, err := loan.Body[loan.CardBody](ch); err == nil {
			l.Detail = "card read: " + string(b.Party)
			if len(b.Kept) > 0 {
				l.Detail = "card not followed: " + string(b.Party)
			}
			for _, f := range b.Kept {
				l.Fields = append(l.Fields, b.Party.Field(f))
			}
		}
	case ch.Kind == loan.ChangeVoid || ch.Kind == loan.ChangeTake || ch.Kind == loan.ChangeSubmit:
		var b struct {
			Reason string `json:"reason"`
		}
		if json.Unmarshal(ch.Body, &b) == nil {
			l.Reason = b.Reason
		}
	case ch.Kind == loan.ChangeConsent:
		if b, err := loan.Body[loan.ConsentBody](ch); err == nil {
			l.Detail = map[bool]string{true: "given ", false: "withdrawn "}[b.Given] + string(b.Party) + " " + b.Purpose + " " + b.Text
		}
	case ch.Kind == loan.ChangeReview:
		if b, err := loan.Body[loan.ReviewBody](ch); err == nil {
			l.Detail, l.Reason = map[bool]string{true: "passed", false: "sent back"}[b.Pass], b.Note
		}
	case ch.Kind == loan.ChangeReturn:
		if b, err := loan.Body[loan.ReturnBody](ch); err == nil {
			l.Detail, l.Reason = returnedWords(b.Codes), b.Note
			if b.Fits() {
				l.Fields = slices.Compact(slices.Sorted(maps.Values(b.Fields)))
			}
		}
	default:
		l.Detail = subjectOf(ch)
	}
	l.Reason = MaskNumbers(l.Reason) // people wrote it in their own words
	return l
}

// returnedWords are the codes with which the centre returned a case, those alone that have
// the form of one.
func returnedWords(codes []loan.Code) string {
	words := ""
	for _, c := range codes[:min(len(codes), 20)] {
		if s := string(c); s != "" && len(s) <= 16 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == "" {
			words += " " + s
		}
	}
	if words == "" {
		return ""
	}
	return returnedMark + strings.TrimPrefix(words, " ")
}

const returnedMark = "returned for "

// ErasureWords is the detail of the look at a case's row of whoever is to erase the case,
// and the grant that it rested on, "" for none: the line stands under no case, for it is
// no change of it.
func ErasureWords(id uuid.UUID, grant string) string {
	if grant != "" {
		grant = grantMark + grant
	}
	return erasureMark + id.String() + grant
}

const (
	erasureMark = "case to erase found: "
	grantMark   = ", grant "
)

// erasureShown is the case that ErasureWords names.
func erasureShown(detail string) []uuid.UUID {
	s, ok := strings.CutPrefix(detail, erasureMark)
	s, _, _ = strings.Cut(s, grantMark)
	id, err := uuid.Parse(s)
	if !ok || err != nil || id.String() != s {
		return nil
	}
	return []uuid.UUID{id}
}

// PersonWords is the detail of a look at the record of one person, whose cases these
// are: the look is in that record too.
func PersonWords(cases []uuid.UUID) string {
	words := PersonRecord
	for i, id := range cases {
		if i == 0 {
			words += shownMark
		}
		words += " " + id.String()
	}
	return words
}

// OnePerson begins what the centre's record says of a look at the record of one person;
// the number of the person's cases and their ids follow: ": 2 cases ID ID".
const OnePerson = "record of one person"

// onePersonAct is how a line of the centre's with it begins.
const onePersonAct = "act: " + OnePerson + ": "

// personShown are the cases that PersonWords names, or the centre's record of such a look.
func personShown(detail string) []uuid.UUID {
	list, ok := strings.CutPrefix(detail, PersonRecord+shownMark+" ")
	if of, centre := strings.CutPrefix(detail, onePersonAct); centre {
		_, list, ok = strings.Cut(of, " cases ")
	}
	if !ok {
		return nil
	}
	var out []uuid.UUID
	for _, s := range strings.Fields(list) {
		if id, err := uuid.Parse(s); err == nil {
			out = append(out, id)
		}
	}
	return out
}

// BeyondWords is the detail of a search beyond the own queue: how many it found, the
// grant that it rested on, and of which cases it showed a row. What of them is not
// there is left out, as by lines of before.
func BeyondWords(found int, grant string, shown []uuid.UUID) string {
	words := "beyond " + strconv.Itoa(found)
	if grant != "" {
		words += grantMark + grant
	}
	for i, id := range shown[:min(len(shown), MaxBeyond)] {
		if i == 0 {
			words += shownMark
		}
		words += " " + id.String()
	}
	return words
}

const shownMark = ", cases"

// beyondShown are the cases that BeyondWords names.
func beyondShown(detail string) []uuid.UUID {
	_, list, ok := strings.Cut(detail, shownMark+" ")
	if !ok || !strings.HasPrefix(detail, "beyond ") {
		return nil
	}
	var out []uuid.UUID
	for _, s := range strings.Fields(list) {
		if id, err := uuid.Parse(s); err == nil && len(out) < MaxBeyond {
			out = append(out, id)
		}
	}
	return out
}

// about says whether a line is of the case: a look or an act, or a request that names it
// by its end, or the answer to one.
func (q Sought) about(l Line) bool {
	end := strings.ToLower(q.Case)
	if ends := l.ends(); len(ends) > 0 {
		return slices.ContainsFunc(ends, func(tag [4]byte) bool {
			of := hex.EncodeToString(tag[:])
			return strings.HasSuffix(of, end) || strings.HasSuffix(end, of)
		})
	}
	return l.Of(func(id uuid.UUID) bool { return id != uuid.Nil && strings.HasSuffix(id.String(), end) })
}

// Wants says whether a line is one of those; of Person it knows nothing.
func (q Sought) Wants(l Line) bool {
	switch {
	case q.Operator != "" && l.Operator != q.Operator && l.approver() != q.Operator,
		q.Case != "" && !q.about(l),
		q.Seen && !l.Saw(), q.Leave && !l.Leave(), len(q.Kinds) > 0 && !slices.Contains(q.Kinds, l.Kind),
		!q.From.IsZero() && l.At.Before(q.From), !q.To.IsZero() && !l.At.Before(q.To):
		return false
	}
	return true
}

// Naming are the kinds of change that may set an ID number: those Names looks into.
func Naming() []loan.ChangeKind {
	return []loan.ChangeKind{loan.ChangeOpen, loan.ChangeCard, loan.ChangeEdit, loan.ChangeResolve, loan.ChangeCorrect}
}

// Names says whether a change sets an ID number for somebody of its case.
func Names(ch *loan.Change, id loan.IDNumber) bool {
	is := func(s string) bool { n, _ := loan.IDNumber(strings.TrimSpace(s)).Canonical(); return n == id }
	switch ch.Kind {
	case loan.ChangeOpen:
		b, err := loan.Body[loan.OpenBody](ch)
		return err == nil && (is(b.Application.Student.IDNo) || slices.ContainsFunc(b.Application.Coborrowers, func(c loan.Coborrower) bool { return is(c.IDNo) }))
	case loan.ChangeCard:
		b, err := loan.Body[loan.CardBody](ch)
		return err == nil && is(b.Card.Number)
	case loan.ChangeEdit, loan.ChangeResolve, loan.ChangeCorrect:
		var b struct {
			Fields map[string]json.RawMessage `json:"fields"`
		}
		if json.Unmarshal(ch.Body, &b) != nil {
			return false
		}
		for field, v := range b.Fields {
			var value any
			if json.Unmarshal(v, &value) != nil {
				continue
			}
			if _, text := value.(string); (!text || strings.HasSuffix(field, ".id_no")) && within(value, is) {
				return true
			}
		}
	}
	return false
}

// within says whether a text of a value is one: also of a whole person, which no
// program sets at once.
func within(value any, is func(string) bool) bool {
	switch v := value.(type) {
	case string:
		return is(v)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return within(e, is) })
	case map[string]any:
		for _, e := range v {
			if within(e, is) {
				return true
			}
		}
	}
	return false
}

// FaceOf notes in which cases a portrait stands, by the name of its picture.
func FaceOf(ch *loan.Change, faces map[loan.Hash][]uuid.UUID) {
	if ch.Kind != loan.ChangeAttach {
		return
	}
	b, err := loan.Body[loan.AttachBody](ch)
	if err != nil || b.Slot != loan.PortraitStudent && b.Slot != loan.PortraitCoborrower {
		return
	}
	if !slices.Contains(faces[b.Blob], ch.Case) {
		faces[b.Blob] = append(faces[b.Blob], ch.Case)
	}
}

// LineColumns heads the columns of a report.
func LineColumns() []string {
	return []string{"时间（北京时间）", "设备", "操作员", "案件", "事项", "栏目", "备注", "原因", "时间代码", "序号", "事项代码", "栏目代码", "备注代码", "操作员代码"}
}

// Row is the line in a report. When and who it was, what it tells, of which fields, and
// what it says besides stand in the words of the screen (Who, and Words, of which text is;
// who names accounts, as NamedLabel), and at the end as the chain has them, for programs; a
// case under which the line does not stand, by the end of its id; the
// reason stands as people wrote it, with the numbers in it masked. None begins anything
// that a spreadsheet would reckon, and its number in the chain, of up to twenty digits,
// is none that a spreadsheet rounds.
func (l Line) Row(text, who func(id string) string) []string {
	id := l.CaseEnd()
	switch {
	case l.Case != uuid.Nil:
		id = l.Case.String()
	case id != "":
		id = "…" + id // which no spreadsheet takes for a number
	}
	return []string{RecordTime(l.At), l.Device.String(), inert(l.Who(who)), id, inert(l.Label()),
		inert(strings.Join(l.FieldNames(), "、")), inert(l.Named(l.Words(text), who)), inert(l.Reason),
		l.At.UTC().Format(time.RFC3339), "#" + strconv.FormatUint(l.Counter, 10), inert(string(l.Kind)), inert(strings.Join(l.Fields, " ")), inert(l.Detail), inert(l.Operator)}
}

// inert is a text that a spreadsheet takes for words.
func inert(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r\n", rune(s[0])) {
		return "'" + s
	}
	return s
}
