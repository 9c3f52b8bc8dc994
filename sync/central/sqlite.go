package central

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"runtime"

	"modernc.org/sqlite"
)

// remembering makes connections to the embedded database that keep what was
// made of the SQL texts they ran: the program's texts are few, and to read one
// costs as much as to run it.
type remembering struct {
	name   string
	driver *sqlite.Driver
}

// openSQLite gives the database under a data source's name.
func openSQLite(name string) *sql.DB {
	return sql.OpenDB(&remembering{name: name, driver: &sqlite.Driver{}})
}

func (r *remembering) Driver() driver.Driver { return r.driver }

func (r *remembering) Connect(context.Context) (driver.Conn, error) {
	c, err := r.driver.Open(r.name)
	if err != nil {
		return nil, err
	}
	embedded, ok := c.(embeddedConn)
	if !ok {
		return nil, errors.Join(errors.New("a connection of another make"), c.Close())
	}
	return &remembered{embeddedConn: embedded, idle: map[string]driver.Stmt{}}, nil
}

// embeddedConn is what the driver's connections can do.
type embeddedConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// embeddedStmt is what the driver's statements can do.
type embeddedStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// Bounds of what a connection keeps: texts with lists of any length are among
// those it runs, and seldom come again.
const (
	mostTexts   = 128
	longestText = 512 // bytes
)

// remembered is one connection. database/sql lets one caller at a time use it.
type remembered struct {
	embeddedConn
	idle map[string]driver.Stmt // by text, those that do not run
	asks int                    // queries so far
}

// asksInARow is after how many queries others have the processor for a moment.
// database/sql leaves a goroutine behind each query of a transaction, which has only
// to be let run to end; a transaction of thousands that never waits left as many
// stacks.
const asksInARow = 256

func (r *remembered) ask() {
	if r.asks++; r.asks%asksInARow == 0 {
		runtime.Gosched()
	}
}

// take gives the statement of a text, which nobody else runs until it is back.
func (r *remembered) take(ctx context.Context, query string) (driver.Stmt, error) {
	if s, ok := r.idle[query]; ok {
		delete(r.idle, query)
		return s, nil
	}
	return r.embeddedConn.PrepareContext(ctx, query)
}

// PrepareContext gives a statement that is kept when it is closed.
func (r *remembered) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := r.take(ctx, query)
	if err != nil {
		return nil, err
	}
	kept, ok := s.(embeddedStmt)
	if !ok {
		return nil, errors.Join(errors.New("a statement of another make"), s.Close())
	}
	return &rememberedStmt{embeddedStmt: kept, conn: r, query: query}, nil
}

func (r *remembered) giveBack(query string, s driver.Stmt) error {
	if _, ok := r.idle[query]; ok || len(r.idle) >= mostTexts || len(query) > longestText {
		return s.Close()
	}
	r.idle[query] = s
	return nil
}

func (r *remembered) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := r.take(ctx, query)
	if err != nil {
		return nil, err
	}
	res, err := s.(driver.StmtExecContext).ExecContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return res, r.giveBack(query, s)
}

func (r *remembered) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r.ask()
	s, err := r.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &rememberedRows{Rows: rows, conn: r, query: query, stmt: s}, nil
}

// Close closes what is kept, and the connection.
func (r *remembered) Close() error {
	var errs []error
	for _, s := range r.idle {
		errs = append(errs, s.Close())
	}
	clear(r.idle)
	return errors.Join(append(errs, r.embeddedConn.Close())...)
}

// rememberedStmt gives the statement back when it is closed, if it never failed.
// database/sql closes it when nobody reads its rows any more.
type rememberedStmt struct {
	embeddedStmt
	conn   *remembered
	query  string
	failed bool
}

func (s *rememberedStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	res, err := s.embeddedStmt.ExecContext(ctx, args)
	s.failed = s.failed || err != nil
	return res, err
}

func (s *rememberedStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.conn.ask()
	rows, err := s.embeddedStmt.QueryContext(ctx, args)
	s.failed = s.failed || err != nil
	return rows, err
}

func (s *rememberedStmt) Close() error {
	if s.failed {
		return s.embeddedStmt.Close()
	}
	return s.conn.giveBack(s.query, s.embeddedStmt)
}

// rememberedRows gives the statement back with its last row.
type rememberedRows struct {
	driver.Rows
	conn  *remembered
	query string
	stmt  driver.Stmt // nil once it is given back
}

func (r *rememberedRows) Close() error {
	s := r.stmt
	if s == nil {
		return nil
	}
	r.stmt = nil
	return errors.Join(r.Rows.Close(), r.conn.giveBack(r.query, s))
}
