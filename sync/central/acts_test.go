package central

import (
	"fmt"
	"testing"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"filippo.io/age"
	"github.com/google/uuid"
)

// exported is a centre from which two copies left.
func exported(t *testing.T) *Central {
	t.Helper()
	c, cases, _ := guarded(t)
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	now := c.now().UTC().Truncate(time.Second)
	g, _, err := c.NewGrant(t.Context(), guard.Grant{Operator: "clerk-9", By: "admin-9", Fields: []string{"student.name"}, Cases: cases, Reason: "送交银行",
		From: now.Add(-time.Minute), Until: now.Add(time.Hour), Release: &guard.Release{To: "某分行", Key: key.Recipient().String(), Centre: true}})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range cases {
		if _, err := c.Release(t.Context(), g.ID, "clerk-9", []uuid.UUID{id}, t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestTheRecordOfExportsIsInTheCentresChain(t *testing.T) {
	exec := func(q string, args ...any) func(*testing.T, *Central) {
		return func(t *testing.T, c *Central) {
			t.Helper()
			r, err := c.db.ExecContext(t.Context(), q, args...)
			if err != nil {
				t.Fatal(err)
			}
			if n, err := r.RowsAffected(); err != nil || n == 0 {
				t.Fatalf("%d rows, %v: the test alters nothing", n, err)
			}
		}
	}
	c := exported(t)
	const last = `(SELECT MAX(counter) FROM changes WHERE kind = 'export')`
	for name, tamper := range map[string]func(*testing.T, *Central){
		"as it was written":                nil,
		"a row taken out":                  exec(`DELETE FROM released WHERE n = 1`),
		"a row to another recipient":       exec(`UPDATE released SET recipient = 'elsewhere' WHERE n = 2`),
		"a row of another operator":        exec(`UPDATE released SET operator = 'admin-9' WHERE n = 2`),
		"a row more":                       exec(`INSERT INTO released SELECT grant_id, 3, case_id, operator, recipient, fingerprint, at FROM released WHERE n = 1`),
		"a change taken out of the chain":  exec(`DELETE FROM changes WHERE kind = 'export' AND counter < ` + last),
		"a change taken off its end":       exec(`DELETE FROM changes WHERE kind = 'export' AND counter = ` + last),
		"a signature that is none":         exec(`UPDATE checkpoints SET bytes = ? WHERE last = `+last, []byte("DSN1")),
		"the last of row, chain and head":  cutOff,
		"another body under the same head": rewritten,
	} {
		t.Run(name, func(t *testing.T) {
			if tamper != nil {
				defer keepRecord(t, c)()
				tamper(t, c)
			}
			read, wrong, err := c.VerifyRecord(t.Context())
			if err != nil || read == 0 || (len(wrong) > 0) != (tamper != nil) {
				t.Errorf("%d read, %+v, %v", read, wrong, err)
			}
		})
	}
}

// keepRecord has the tables of the record put back as they are now.
func keepRecord(t *testing.T, c *Central) (back func()) {
	t.Helper()
	each := func(queries ...string) {
		t.Helper()
		for _, table := range []string{"released", "changes", "checkpoints", "chains"} {
			for _, q := range queries {
				if _, err := c.db.ExecContext(t.Context(), fmt.Sprintf(q, table)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	each(`CREATE TABLE kept_%[1]s AS SELECT * FROM %[1]s`)
	return func() {
		each(`DELETE FROM %s`, `INSERT INTO %[1]s SELECT * FROM kept_%[1]s`, `DROP TABLE kept_%s`)
	}
}

// lastExport is the newest change of the centre's that tells of an export.
func lastExport(t *testing.T, c *Central) *loan.Change {
	t.Helper()
	var b []byte
	if err := c.db.QueryRowContext(t.Context(), `SELECT bytes FROM changes WHERE kind = 'export' ORDER BY counter DESC LIMIT 1`).Scan(&b); err != nil {
		t.Fatal(err)
	}
	ch, err := loan.DecodeChange(b)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

// cutOff takes the last export out of the table and the chain, and has the chain
// end before it.
func cutOff(t *testing.T, c *Central) {
	ch := lastExport(t, c)
	for _, q := range []string{`DELETE FROM released WHERE n = 2`, `DELETE FROM changes WHERE kind = 'export' AND counter = (SELECT MAX(counter) FROM changes WHERE kind = 'export')`} {
		if _, err := c.db.ExecContext(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.db.ExecContext(t.Context(), `UPDATE chains SET through = ?, chain = ? WHERE device = ?`, int64(ch.Counter-1), ch.Prev[:], ch.Device.String()); err != nil {
		t.Fatal(err)
	}
}

// rewritten has the last export say another thing, in the table and in the chain,
// with all hashes made good but what is signed.
func rewritten(t *testing.T, c *Central) {
	ch := lastExport(t, c)
	body, err := loan.Body[loan.ViewBody](ch)
	if err != nil {
		t.Fatal(err)
	}
	ch.Operator = "admin-9"
	ch.BodyHash = loan.BodyHashOf(sum, ch.Salt, ch.Body)
	h := ch.HeaderHash(sum)
	if body.Detail == "" {
		t.Fatal("no detail")
	}
	if _, err := c.db.ExecContext(t.Context(), `UPDATE changes SET bytes = ?, header = ? WHERE device = ? AND counter = ?`, ch.Encode(), h[:], ch.Device.String(), int64(ch.Counter)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.db.ExecContext(t.Context(), `UPDATE chains SET chain = ? WHERE device = ?`, h[:], ch.Device.String()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.db.ExecContext(t.Context(), `UPDATE released SET operator = 'admin-9' WHERE n = 2`); err != nil {
		t.Fatal(err)
	}
}

func TestExportsOfBeforeComeIntoTheChainOnce(t *testing.T) {
	c := exported(t)
	if _, err := c.db.ExecContext(t.Context(), `INSERT INTO released SELECT grant_id, 3, case_id, operator, recipient, fingerprint, at FROM released WHERE n = 1`); err != nil {
		t.Fatal(err)
	}
	if _, err := c.db.ExecContext(t.Context(), `DELETE FROM meta WHERE name = 'released-chained'`); err != nil {
		t.Fatal(err)
	}
	var read [2]int
	for i := range read {
		if err := c.chainReleased(t.Context()); err != nil {
			t.Fatal(err)
		}
		n, wrong, err := c.VerifyRecord(t.Context())
		if err != nil || len(wrong) > 0 {
			t.Fatalf("%+v, %v", wrong, err)
		}
		read[i] = n
	}
	if read[0] != read[1] {
		t.Errorf("%d entries, then %d: written down twice", read[0], read[1])
	}
}
