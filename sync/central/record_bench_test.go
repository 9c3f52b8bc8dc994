package central

import (
	"context"
	"database/sql"
	"encoding/json"
	"testing"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// BenchmarkTheRecord looks for the reveals among many changes, and for one person's,
// and compares it with reading the same rows and doing nothing.
func BenchmarkTheRecord(b *testing.B) {
	c := open(b, b.TempDir())
	l := enrol(b, c, serve(b, c))
	const n = 40_000
	err := c.commits.do(b.Context(), func(ctx context.Context, tx *sql.Tx) error {
		var id uuid.UUID
		for i := range n {
			ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: l.enrol.Device, Counter: uint64(i + 1), Operator: "practice-clerk", At: time.Now(), Kind: loan.ChangeEdit}
			body := any(map[string]any{"fields": map[string]any{"student.id_no": hers, "student.address": "贵州省黔南州平塘县平舟镇新华村十二组三号"}})
			switch i % 4 {
			case 0:
				id = uuid.New()
			case 3:
				ch.Kind, body = loan.ChangeReveal, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对"}
			}
			ch.Case = id
			ch.Body, _ = json.Marshal(body)
			if err := insertChange(ctx, tx, ch, ch.HeaderHash(sum)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	took := map[string]time.Duration{}
	timed := func(name string, do func() error) {
		began := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		took[name] += time.Since(began)
	}
	ask := func(q guard.Sought) func() error {
		return func() error {
			q.Limit = 200
			_, err := c.Record(b.Context(), Person{}, RecordQuery{Sought: q})
			return err
		}
	}
	for b.Loop() {
		timed("floor", func() error {
			_, err := c.eachChange(b.Context(), `device = ?`, []any{l.enrol.Device.String()}, func(*loan.Change) error { return nil })
			return err
		})
		timed("all", ask(guard.Sought{}))
		timed("reveals", ask(guard.Sought{Kinds: []loan.ChangeKind{loan.ChangeReveal}}))
		timed("person", ask(guard.Sought{Person: "52272720050314102X"}))
	}
	for _, name := range []string{"all", "reveals", "person"} {
		b.ReportMetric(float64(took[name])/float64(took["floor"]), name+"/floor")
	}
	b.ReportMetric(float64(took["floor"].Microseconds())/float64(b.N)/n, "floor-µs/change")
}
