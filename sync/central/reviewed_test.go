package central

import (
	"testing"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// reviewedBy is a laptop of a county of real people whose case somebody reviewed, as it
// says.
func reviewedBy(t *testing.T, c *Central, who string) (*laptop, uuid.UUID) {
	t.Helper()
	l := enrol(t, c, serve(t, c))
	ofRealPeople(t, c)
	id, blobs := l.finished(content("a paper", 100))
	for _, ch := range l.changes {
		if ch.Kind == loan.ChangeReview {
			ch.Operator = who
		}
	}
	l.send(l.since(0))
	for _, b := range blobs {
		l.blob(b)
	}
	return l, id
}

func TestACaseThatNoReviewerOfTheRosterReviewedIsNotReceived(t *testing.T) {
	for name, who := range map[string]string{"by a data administrator": "admin-9", "by nobody of the roster": "made-up"} {
		t.Run(name, func(t *testing.T) {
			c := open(t, t.TempDir())
			l, id := reviewedBy(t, c, who)
			if k := l.held(c, id); k.Status != loan.Queued.String() || k.ReceiptNo != "" || k.Unreviewed != who || k.Lacking != 0 {
				t.Fatalf("%+v, want it set aside", k)
			}
			if told := l.news(0); len(told.Changes) != 0 {
				t.Errorf("the laptop hears %d changes", len(told.Changes))
			}
			if err := c.AddOperator(t.Context(), Operator{ID: who, Name: "某", Roles: []string{"clerk"}}); err != nil {
				t.Fatal(err)
			}
			if k := l.held(c, id); k.ReceiptNo != "" || k.Unreviewed != who {
				t.Errorf("%+v, once he is a clerk", k)
			}
			if err := c.AddOperator(t.Context(), Operator{ID: who, Name: "某", Roles: []string{"reviewer"}}); err != nil {
				t.Fatal(err)
			}
			if k := l.held(c, id); k.Status != loan.Received.String() || k.ReceiptNo == "" || k.Unreviewed != "" {
				t.Errorf("%+v, want it received once the roster says that he is a reviewer", k)
			}
		})
	}
}

func TestWhatAReviewerReviewedIsReceivedAlsoOnceHeIsNoneAnyMore(t *testing.T) {
	for name, ends := range map[string]func(c *Central) error{
		"he is a clerk now": func(c *Central) error {
			return c.AddOperator(t.Context(), Operator{ID: "rev-9", Name: "某", Roles: []string{"clerk"}})
		},
		"he was taken off": func(c *Central) error { return c.SwitchOff(t.Context(), "rev-9") },
		"and was put back a clerk": func(c *Central) error {
			if err := c.SwitchOff(t.Context(), "rev-9"); err != nil {
				return err
			}
			return c.AddOperator(t.Context(), Operator{ID: "rev-9", Name: "某", Roles: []string{"clerk"}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t, t.TempDir())
			if err := c.AddOperator(t.Context(), Operator{ID: "rev-9", Name: "某", Roles: []string{"reviewer"}}); err != nil {
				t.Fatal(err)
			}
			if err := ends(c); err != nil {
				t.Fatal(err)
			}
			l, id := reviewedBy(t, c, "rev-9")
			if k := l.held(c, id); k.Status != loan.Received.String() || k.Unreviewed != "" {
				t.Errorf("%+v, want it received", k)
			}
		})
	}
}

func TestACentreForPracticeTakesEveryReview(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("a paper", 100))
	for _, ch := range l.changes {
		if ch.Kind == loan.ChangeReview {
			ch.Operator = "made-up"
		}
	}
	l.send(l.since(0))
	for _, b := range blobs {
		l.blob(b)
	}
	if k := l.held(c, id); k.Status != loan.Received.String() {
		t.Errorf("%+v, want it received", k)
	}
}
