package central

import (
	"context"
	"database/sql"
	"path/filepath"
	"runtime"
	"testing"
)

// TestTextsThatAreRemembered runs texts again in the ways in which what was
// made of them could be in somebody's way.
func TestTextsThatAreRemembered(t *testing.T) {
	ctx := context.Background()
	db := openSQLite("file:" + filepath.Join(t.TempDir(), "x.db"))
	defer db.Close()
	db.SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.ExecContext(ctx, query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE a (n INTEGER PRIMARY KEY, word TEXT NOT NULL)`)
	for n, word := range []string{"one", "two", "three"} {
		exec(`INSERT INTO a (n, word) VALUES (?, ?)`, n+1, word)
	}
	const list = `SELECT n, word FROM a WHERE n >= ? ORDER BY n`
	words := func(q querier, from int) (out string) {
		t.Helper()
		rows, err := q.QueryContext(ctx, list, from)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var n int
			var word string
			if err := rows.Scan(&n, &word); err != nil {
				t.Fatal(err)
			}
			out += word + " "
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		return out
	}
	t.Run("with other values", func(t *testing.T) {
		for range 2 {
			if got := words(db, 1) + words(db, 3); got != "one two three three " {
				t.Errorf("got %q", got)
			}
		}
	})
	t.Run("while it runs already", func(t *testing.T) { testTextWithinItself(t, db, list, words) })
	t.Run("when it was made beforehand, and closed", func(t *testing.T) { testTextMadeBeforehand(t, db, list) })
	t.Run("after it was refused", func(t *testing.T) {
		for range 2 {
			if _, err := db.ExecContext(ctx, `INSERT INTO a (n, word) VALUES (?, ?)`, 1, "again"); err == nil {
				t.Error("a second of one number is taken")
			}
		}
		exec(`INSERT INTO a (n, word) VALUES (?, ?)`, 4, "four")
		if got := words(db, 4); got != "four " {
			t.Errorf("got %q", got)
		}
	})
	t.Run("when it was left half read", func(t *testing.T) {
		var n int
		var word string
		for range 2 {
			if err := db.QueryRowContext(ctx, list, 1).Scan(&n, &word); err != nil || word != "one" {
				t.Errorf("got %q, %v", word, err)
			}
		}
		exec(`DROP TABLE a`) // nobody reads of it any more
	})
	t.Run("of a table that was made anew", func(t *testing.T) {
		exec(`CREATE TABLE a (other INTEGER, word TEXT NOT NULL, n INTEGER)`)
		exec(`INSERT INTO a (n, word) VALUES (?, ?)`, 1, "new")
		if got := words(db, 1); got != "new " {
			t.Errorf("got %q", got)
		}
	})
	t.Run("more than are kept", func(t *testing.T) {
		text := `SELECT 1`
		for range mostTexts + 10 {
			text += ` `
			var n int
			if err := db.QueryRowContext(ctx, text).Scan(&n); err != nil || n != 1 {
				t.Fatalf("got %d, %v", n, err)
			}
		}
	})
}

// TestQueriesLeaveFewGoroutinesBehind asks in a transaction that never waits, on one
// processor.
func TestQueriesLeaveFewGoroutinesBehind(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	db := openSQLite("file:" + filepath.Join(t.TempDir(), "x.db"))
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	before, most := runtime.NumGoroutine(), 0
	for _, prepared := range []bool{false, true} {
		stmt, err := tx.PrepareContext(t.Context(), `SELECT 2`)
		if err != nil {
			t.Fatal(err)
		}
		for range 20_000 {
			var n int
			if prepared {
				err = stmt.QueryRow().Scan(&n)
			} else {
				err = tx.QueryRow(`SELECT 1`).Scan(&n)
			}
			if err != nil {
				t.Fatal(err)
			}
			most = max(most, runtime.NumGoroutine())
		}
		if most > before+5*asksInARow {
			t.Errorf("prepared %t: %d goroutines, %d before", prepared, most, before)
		}
	}
}

// testTextWithinItself asks the same of the same connection between two rows.
func testTextWithinItself(t *testing.T, db *sql.DB, list string, words func(querier, int) string) {
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := tx.QueryContext(t.Context(), list, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got string
	for rows.Next() {
		var n int
		var word string
		if err := rows.Scan(&n, &word); err != nil {
			t.Fatal(err)
		}
		got += word + " (" + words(tx, n) + ") "
	}
	if want := "two (two three ) three (three ) "; got != want || rows.Err() != nil {
		t.Errorf("got %q, %v; want %q", got, rows.Err(), want)
	}
}

// testTextMadeBeforehand prepares a text in many ways and runs it once more.
func testTextMadeBeforehand(t *testing.T, db *sql.DB, list string) {
	ctx := t.Context()
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	word := func(s *sql.Stmt, from int) (word string) {
		t.Helper()
		var n int
		if err := s.QueryRowContext(ctx, from).Scan(&n, &word); err != nil {
			t.Fatal(err)
		}
		return word
	}
	prepare := func(query string) *sql.Stmt {
		t.Helper()
		s, err := tx.PrepareContext(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for range 3 {
		a, b := prepare(list), prepare(list)
		if got := word(a, 1) + word(b, 2) + word(a, 3); got != "onetwothree" {
			t.Errorf("got %q", got)
		}
		a.Close()
		b.Close()
	}
	insert := prepare(`INSERT INTO a (n, word) VALUES (?, ?)`)
	if _, err := insert.ExecContext(ctx, 1, "again"); err == nil {
		t.Error("a second of one number is taken")
	}
	insert.Close()
	if _, err := prepare(`INSERT INTO a (n, word) VALUES (?, ?)`).ExecContext(ctx, 9, "nine"); err != nil {
		t.Error(err)
	}
}
