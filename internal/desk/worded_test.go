package desk_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// answering is a laptop of a real county, at which a data administrator who reviews too
// is signed in and a case waits for its review, and what another laptop asks of that case.
type answering struct {
	*field
	c     *loan.Case
	ask   guard.Ask
	other uuid.UUID
}

func newAnswering(t *testing.T) *answering {
	t.Helper()
	a := &answering{field: newField(t), other: uuid.Must(uuid.NewV7())}
	both := guard.Operator{ID: "both-1", Name: "两种角色", Roles: []guard.Role{guard.DataAdmin, guard.Reviewer}, Enabled: true}
	if err := a.d.Store().EnableOperator(t.Context(), both, []byte(clerkPassword)); err != nil {
		t.Fatal(err)
	}
	a.in("clerk-1", clerkPassword, clock())
	a.c = step(t)(a.d.Submit(t.Context(), entered(t, a.d).ID))
	a.in("both-1", clerkPassword, clock())
	a.ask = guard.Ask{Nonce: [4]byte{1, 2}, Fields: []string{guard.ImagesField}, Hours: 2, Case: guard.TagOf(a.c.ID)}
	return a
}

func (a *answering) end() string { return a.other.String()[28:] }

// look answers the request to look by a code.
func (a *answering) look(by guard.Ask, reason string) error {
	_, err := a.d.AnswerAsk(a.t.Context(), a.end(), "clerk-2", seal.Spoken(must(a.t, by)), reason)
	return err
}

// export answers it as one to export.
func (a *answering) export() error {
	_, to := recipient(a.t)
	e, err := guard.NewExportAsk(a.ask, *to, "市中心抽查合同")
	if err != nil {
		a.t.Fatal(err)
	}
	b, err := e.Encode()
	if err != nil {
		a.t.Fatal(err)
	}
	_, err = a.d.AnswerExport(a.t.Context(), a.end(), "clerk-2", seal.Spoken(b), desk.ExportTo{To: to.To, Purpose: "市中心抽查合同"}, "核对是本人")
	return err
}

// plea answers it where the centre sent it down.
func (a *answering) plea(approve bool) error {
	list, err := guard.EncodeWaiting([]guard.Waiting{{Device: a.other, Operator: "clerk-2", Ask: hex.EncodeToString(must(a.t, a.ask)), Case: a.c.ID, Reason: "核对家长投诉", At: clock().UTC()}})
	if err != nil {
		a.t.Fatal(err)
	}
	a.send(bulletin.Bulletin{Kind: bulletin.Asks, Name: bulletin.AsksName, Issued: clock(), Content: list})
	all, err := a.d.Pleas(a.t.Context())
	if err != nil || len(all) != 1 {
		a.t.Fatalf("%d requests, %v", len(all), err)
	}
	return a.d.AnswerPlea(a.t.Context(), all[0], approve, "核对属实，同意")
}

// reviews is the review of the case by who may have answered.
func (a *answering) reviews() error {
	_, err := a.d.Review(a.t.Context(), a.c.ID, "both-1", []byte(clerkPassword), true, "")
	return err
}

// barred wants that he has no part in the case here any more.
func (a *answering) barred() {
	a.t.Helper()
	if err := a.reviews(); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "请由另一位复核员办理") {
		a.t.Errorf("his review: got %v: %s", err, fault.Sentence(err))
	}
	people, err := a.d.Reviewers(a.t.Context(), a.c)
	if err != nil || slices.ContainsFunc(people, func(p desk.Person) bool { return p.ID == "both-1" }) {
		a.t.Errorf("who may review it: %v, %v", people, err)
	}
}

// TestWhoAnsweredAnotherLaptopHasNoPartInTheCaseHere is of answers that stand under no
// case, none of which is ever used.
func TestWhoAnsweredAnotherLaptopHasNoPartInTheCaseHere(t *testing.T) {
	for name, do := range map[string]func(*answering) error{
		"a request to look, by a code":        func(a *answering) error { return a.look(a.ask, "核对家长投诉") },
		"a request to export, by a code":      (*answering).export,
		"a request that the centre sent down": func(a *answering) error { return a.plea(true) },
		"a request to look, after a counted one": func(a *answering) error {
			if err := a.look(guard.Ask{Fields: []string{guard.ImagesField}, Hours: 2, Count: 3}, "核对家长投诉"); err != nil {
				return err
			}
			return a.look(a.ask, "核对家长投诉")
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAnswering(t)
			if err := do(a); err != nil {
				t.Fatal(err)
			}
			a.barred()
			a.in("both-1", clerkPassword, clock().AddDate(0, 0, 1))
			a.barred()
		})
	}
	t.Run("nor does who works as a clerk too take it over", func(t *testing.T) {
		a := newAnswering(t)
		two := guard.Operator{ID: "two-1", Name: "管理兼操作", Roles: []guard.Role{guard.DataAdmin, guard.Clerk}, Enabled: true}
		if err := a.d.Store().EnableOperator(t.Context(), two, []byte(clerkPassword)); err != nil {
			t.Fatal(err)
		}
		a.in("two-1", clerkPassword, clock())
		if err := a.export(); err != nil {
			t.Fatal(err)
		}
		if _, err := a.d.TakeOver(t.Context(), a.c.ID, loan.EntryStation, "经办人临时离开"); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "另一位") {
			t.Errorf("got %v: %s", err, fault.Sentence(err))
		}
	})
}

func TestWhatIsNoWordOnTheCaseDoesNotBar(t *testing.T) {
	for name, do := range map[string]func(*answering){
		"a request that he declined": func(a *answering) {
			if err := a.plea(false); err != nil {
				a.t.Fatal(err)
			}
		},
		"an answer that was refused": func(a *answering) {
			if err := a.look(a.ask, "1"); fault.KindOf(err) != fault.Input {
				a.t.Fatalf("got %v", err)
			}
		},
		"an answer about any cases": func(a *answering) {
			if err := a.look(guard.Ask{Fields: []string{guard.ImagesField}, Hours: 2, Count: 3}, "核对家长投诉"); err != nil {
				a.t.Fatal(err)
			}
		},
		"an answer about another case": func(a *answering) {
			a.ask.Case = [4]byte{9, 9, 9, 9}
			if err := a.look(a.ask, "核对家长投诉"); err != nil {
				a.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAnswering(t)
			do(a)
			if err := a.reviews(); err != nil {
				t.Errorf("his review: %v", err)
			}
		})
	}
}

func TestWhoHadAWordOnTheCaseIsNotOfferedAsItsSecondOperator(t *testing.T) {
	a := newAnswering(t)
	if err := a.look(a.ask, "核对家长投诉"); err != nil {
		t.Fatal(err)
	}
	a.in("clerk-1", clerkPassword, clock())
	c := step(t)(a.d.Review(t.Context(), a.c.ID, "reviewer-1", []byte(reviewPassword), true, ""))
	people, err := a.d.Witnesses(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range people {
		got = append(got, p.ID)
	}
	if want := []string{"clerk-2", "reviewer-1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestAWordThatAPutBackFileForgotIsFoundInTheChain: the chain came home whole, the
// settings did not.
func TestAWordThatAPutBackFileForgotIsFoundInTheChain(t *testing.T) {
	for name, do := range map[string]func(*answering) error{
		"a request to look, by a code":        func(a *answering) error { return a.look(a.ask, "核对家长投诉") },
		"a request to export, by a code":      (*answering).export,
		"a request that the centre sent down": func(a *answering) error { return a.plea(true) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAnswering(t)
			if err := do(a); err != nil {
				t.Fatal(err)
			}
			n, _ := a.d.Store().Head()
			a.now = a.now.Add(time.Minute)
			if err := a.d.Store().LeadOn(t.Context(), "both-1", n); err != nil {
				t.Fatal(err)
			}
			if err := a.d.Store().SetSetting(t.Context(), "desk.words", map[string]any{}); err != nil {
				t.Fatal(err)
			}
			a.barred()
		})
	}
}

// TestAReviewOfTheCentreOfAnotherLaptopsEmergencyIsAWord is of a case that was passed on.
func TestAReviewOfTheCentreOfAnotherLaptopsEmergencyIsAWord(t *testing.T) {
	a := newAnswering(t)
	seen, err := guard.EncodeReviewed([]guard.Reviewed{{Device: a.other, ID: "e-0123456789abcdef01234567", Operator: "clerk-2", Case: a.c.ID, By: "both-1", Right: true, Word: "情况属实", At: clock().UTC()}})
	if err != nil {
		t.Fatal(err)
	}
	a.send(bulletin.Bulletin{Kind: bulletin.Reviews, Name: bulletin.ReviewsName, Issued: clock(), Content: seen})
	a.barred()
}

// TestACaseIsNotOfferedToAReviewerWhoHadAWordOnIt: it is in nobody's list but of who may
// review it, and masked for the others.
func TestACaseIsNotOfferedToAReviewerWhoHadAWordOnIt(t *testing.T) {
	a := newAnswering(t)
	ctx := t.Context()
	sees := func(want bool) {
		t.Helper()
		if got := len(a.d.Find("", 0)) == 1; got != want {
			t.Errorf("in his list: got %t, want %t", got, want)
		}
		if got := a.d.Matches("") == 1; got != want {
			t.Errorf("counted: got %t, want %t", got, want)
		}
		c, err := a.d.OpenBeyond(ctx, a.c.ID, "家长来电核对")
		if err != nil {
			t.Fatal(err)
		}
		if got := a.d.SeesFull(c); got != want || c.Veiled == want {
			t.Errorf("in full: got %t, veiled %t, want %t", got, c.Veiled, want)
		}
	}
	sees(true)
	if err := a.look(a.ask, "核对家长投诉"); err != nil {
		t.Fatal(err)
	}
	sees(false)
	a.in("reviewer-1", reviewPassword, clock())
	sees(true)
}
