package central

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// The database is put back while its servers run, as one of several keeps doing
// through it. The one that wrote nothing for long sees no number gone, and still
// gives none again.
func TestSharedDatabaseRestoredBeneathItsServers(t *testing.T) {
	d := theShared(t)
	cs, _, p := servers(t, 2)
	busy, idle := cs[0], cs[1]
	name := strings.TrimPrefix(strings.Split(p.Database, "?")[0], "postgres://depot@/")
	given := map[uint64]bool{}
	write := func(c *Central) uint64 {
		t.Helper()
		var ch *loan.Change
		do := func(ctx context.Context, tx *sql.Tx) (err error) {
			if err = c.lock(ctx, tx, lockAuthor); err == nil {
				ch, err = c.author(ctx, tx, &loan.Case{ID: uuid.Must(uuid.NewV7())}, loan.ChangeNotice, struct{}{})
			}
			return err
		}
		var err error
		for range 50 { // the connections of before are found broken one by one
			if err = c.commits.do(t.Context(), do); err == nil {
				break
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		return ch.Counter
	}
	cut := func() {
		t.Helper()
		sqlOK(t, d.SQL, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '`+name+`'`)
	}
	write(idle)
	write(busy)
	sqlOK(t, d.SQL, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`)
	cut()
	sqlOK(t, d.SQL, `CREATE DATABASE `+name+`_earlier TEMPLATE `+name)
	sqlOK(t, d.SQL, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS true`)
	for range 3 {
		given[write(busy)] = true
	}
	sqlOK(t, d.SQL, `ALTER DATABASE `+name+` ALLOW_CONNECTIONS false`)
	cut()
	sqlOK(t, d.SQL, `DROP DATABASE `+name)
	sqlOK(t, d.SQL, `ALTER DATABASE `+name+`_earlier RENAME TO `+name)
	for range 3 {
		if n := write(idle); given[n] {
			t.Errorf("number %d of the centre's chain was given again", n)
		}
	}
}
