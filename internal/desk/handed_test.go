package desk_test

import (
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// TestAChangeIsHandedOutWhileARefusalIsNoted is of a reviewer whose case is handed out
// after a change, as the desk finds that a grant came down for a request taken back: it
// must not wait for itself.
func TestAChangeIsHandedOutWhileARefusalIsNoted(t *testing.T) {
	for name, change := range map[string]func(*field, *loan.Case, func()) error{
		"that came down just now": func(f *field, c *loan.Case, comes func()) error {
			comes()
			_, err := f.d.PassOn(f.t.Context(), c.ID, uuid.New(), "B", loan.ReviewStation)
			return err
		},
		"that was noted an hour ago": func(f *field, c *loan.Case, comes func()) error {
			comes()
			step(f.t)(f.d.Open(f.t.Context(), c.ID))
			f.now = f.now.Add(time.Hour + time.Minute)
			_, err := f.d.Open(f.t.Context(), c.ID)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newField(t)
			f.t = t
			c := step(t)(f.d.Submit(t.Context(), entered(t, f.d).ID))
			f.in("reviewer-1", reviewPassword, clock())
			a, err := f.d.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.SearchField}, Count: 3, Hours: 2, Reason: "核对家长投诉"})
			if err != nil {
				t.Fatal(err)
			}
			if err := f.d.WithdrawAsk(t.Context(), a.Code); err != nil {
				t.Fatal(err)
			}
			step(t)(f.d.Open(t.Context(), c.ID))
			from, _ := f.d.Store().Head()
			if err := change(f, c, func() { f.grants(a, "reviewer-1") }); err != nil {
				t.Fatal(err)
			}
			if got := refusalsIn(t, f.d, from); len(got) == 0 {
				t.Error("the grant is not noted as refused")
			}
		})
	}
}
