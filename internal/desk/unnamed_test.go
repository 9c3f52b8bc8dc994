package desk_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// sayer says a student's name in every reason, and looks for it in every list.
type sayer struct {
	*field
	c *loan.Case
}

const (
	saidName   = "韦测𬎆"
	maskedName = "韦*𬎆"
)

// nameless says whether texts of a list name the student, masked.
func (s *sayer) nameless(what string, err error, said ...string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(what, err)
	}
	if len(said) == 0 {
		s.t.Errorf("%s: nothing is listed", what)
	}
	for _, text := range said {
		if strings.Contains(text, saidName) || strings.Contains(text, "韦 测") || !strings.Contains(text, maskedName) {
			s.t.Errorf("%s: %q", what, text)
		}
	}
}

func (s *sayer) record(q desk.Sought) (out []string, err error) {
	r, err := s.d.Record(s.t.Context(), q)
	for _, l := range r.Lines {
		if l.Reason != "" {
			out = append(out, l.Reason)
		}
	}
	return out, err
}

func newSayer(t *testing.T) *sayer {
	f := newField(t)
	return &sayer{f, entered(t, f.d)}
}

func TestListsOfTheLaptopNameNobodyInReasons(t *testing.T) {
	s := newSayer(t)
	ctx, id := t.Context(), s.c.ID
	s.in("reviewer-1", reviewPassword, clock())
	if err := s.d.Reveal(ctx, id, []string{"student.phone"}, saidName+"的家长来电"); err != nil {
		t.Fatal(err)
	}
	w := wanted(id)
	w.Reason = "核对韦 测𬎆的投诉"
	a, err := s.d.AskGrant(ctx, w)
	if err != nil {
		t.Fatal(err)
	}
	asks, err := s.d.Asks(ctx)
	s.nameless("his own requests", err, reasonsOf(asks)...)
	glass, err := s.d.BreakGlass(ctx, id, saidName+"家断网")
	if err != nil {
		t.Fatal(err)
	}
	s.in("admin-1", clerkPassword, clock())
	asks, err = s.d.Asks(ctx)
	s.nameless("requests at this laptop", err, reasonsOf(asks)...)
	glasses, err := s.d.Glasses(ctx)
	s.nameless("emergencies", err, glasses[0].Reason)
	if err := s.d.ReviewGlass(ctx, glass.ID, true, saidName+"家属实"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.d.AnswerAsk(ctx, s.device(), "reviewer-1", a.Code, "同意核对"+saidName); err != nil {
		t.Fatal(err)
	}
	lines, err := s.record(desk.Sought{Case: id.String(), Kinds: []loan.ChangeKind{loan.ChangeReveal, loan.ChangeView}})
	s.nameless("the record of the case", err, lines...)
	lines, err = s.record(desk.Sought{Operator: "admin-1"})
	s.nameless("the record of who answers", err, lines...)
	s.in("reviewer-1", reviewPassword, clock())
	if _, err := s.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
		t.Fatal(err)
	}
	grants, err := s.d.Grants(ctx)
	if len(grants) != 2 {
		t.Fatalf("%d grants, %v", len(grants), err)
	}
	s.nameless("grants", err, grants[0].Reason, grants[1].Reason)
	t.Run("and who handles the case sees what he wrote in it", func(t *testing.T) {
		s.in("clerk-1", clerkPassword, clock())
		c, err := s.d.Void(ctx, id, saidName+"不再申请")
		if err != nil || !s.d.SeesFull(c) {
			t.Fatal(err)
		}
		for _, ch := range chain(t, s.d) {
			if b, err := loan.Body[loan.ReasonBody](ch); err == nil && ch.Kind == loan.ChangeVoid && b.Reason != saidName+"不再申请" {
				t.Errorf("the case has %q", b.Reason)
			}
		}
	})
}

func reasonsOf(asks []desk.Asked) (out []string) {
	for _, a := range asks {
		out = append(out, a.Reason)
	}
	return out
}

// device is the end of the laptop's id, as it is read out.
func (s *sayer) device() string {
	id := s.d.Store().Profile().Device.String()
	return id[len(id)-8:]
}

func TestListsThatComeDownNameNobodyOfACaseThatIsHere(t *testing.T) {
	s := newSayer(t)
	ctx, id := t.Context(), s.c.ID
	s.in("reviewer-1", reviewPassword, clock())
	a, err := s.d.AskGrant(ctx, wanted(id))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
	if err != nil {
		t.Fatal(err)
	}
	ask := hex.EncodeToString(raw)
	own := guard.Waiting{Device: s.p.Device, Operator: "reviewer-1", Ask: ask, Case: id, Reason: "核对家长投诉", At: clock().UTC(), Declined: true, By: "admin-9", Word: saidName + "不需要"}
	other := own
	other.Device, other.Declined, other.By, other.Word, other.Reason = uuid.New(), false, "", "", "核对"+saidName+"的投诉"
	list, err := guard.EncodeWaiting([]guard.Waiting{own, other})
	if err != nil {
		t.Fatal(err)
	}
	s.send(bulletin.Bulletin{Kind: bulletin.Asks, Name: bulletin.AsksName, Issued: clock().UTC(), Content: list})
	reviews, err := guard.EncodeReviewed([]guard.Reviewed{{Device: s.p.Device, ID: "e-0123456789ab", Operator: "reviewer-1", Case: id, By: "auditor-9", Word: saidName + "家属实", At: clock()}})
	if err != nil {
		t.Fatal(err)
	}
	s.send(bulletin.Bulletin{Kind: bulletin.Reviews, Name: bulletin.ReviewsName, Issued: clock().UTC(), Content: reviews})
	asks, err := s.d.Asks(ctx)
	if err != nil || len(asks) != 1 || asks[0].Declined == "" {
		t.Fatalf("%+v, %v", asks, err)
	}
	s.nameless("why it was declined", err, asks[0].Word)
	for _, who := range []string{"reviewer-1", "admin-1"} {
		s.in(who, map[string]string{"reviewer-1": reviewPassword, "admin-1": clerkPassword}[who], clock())
		above, err := s.d.ReviewedAbove(ctx)
		if len(above) != 1 {
			t.Fatalf("%s: %d reviews, %v", who, len(above), err)
		}
		s.nameless("a review for "+who, err, above[0].Word)
	}
	pleas, err := s.d.Pleas(ctx)
	if len(pleas) != 1 {
		t.Fatalf("%d pleas, %v", len(pleas), err)
	}
	s.nameless("a request of another laptop", err, pleas[0].Reason)
	if err := s.d.AnswerPlea(ctx, pleas[0], false, "无须核对"+saidName); err != nil {
		t.Fatal(err)
	}
	lines, err := s.record(desk.Sought{Operator: "admin-1"})
	s.nameless("the answer in the record", err, lines...)
}

func TestAReasonThatIsOfNoOneCaseNamesNobodyOfThoseThatWereShown(t *testing.T) {
	s := newSayer(t)
	ctx := t.Context()
	s.in("reviewer-1", reviewPassword, clock())
	a, err := s.d.AskGrant(ctx, desk.Wanted{Fields: []string{"student.phone"}, Count: 2, Hours: 2, Reason: "逐件核对，先核对" + saidName})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.d.ApproveAsk(ctx, a.Code, "admin-1", []byte(clerkPassword), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := s.d.FindBeyond(ctx, "9914", "查找"+saidName+"的登记"); err != nil || len(got.Rows) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	fields := []string{"student.phone"}
	if err := s.d.Reveal(ctx, s.c.ID, fields, "家长来电核对"); err != nil {
		t.Fatal(err)
	}
	grants, err := s.d.Grants(ctx)
	if len(grants) != 1 {
		t.Fatalf("%d grants, %v", len(grants), err)
	}
	s.nameless("a grant for so many, that was used", err, grants[0].Reason)
	s.in("admin-1", clerkPassword, clock())
	searches, err := s.record(desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeSearch}})
	s.nameless("a search", err, searches...)
	counted, err := s.record(desk.Sought{Kinds: []loan.ChangeKind{loan.ChangeView}, Operator: "reviewer-1"})
	s.nameless("the request for it", err, counted...)
	for _, ch := range chain(t, s.d) {
		if ch.Kind == loan.ChangeSearch && strings.Contains(string(ch.Body), saidName) {
			t.Errorf("the chain has a search that names who was shown, and keeps it: %s", ch.Body)
		}
	}
	report, _, err := s.d.Report(ctx, desk.Sought{}, nil)
	s.nameless("a report", err, string(report))
}
