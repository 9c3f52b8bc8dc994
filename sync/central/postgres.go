package central

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// Limits of a server's connections to PostgreSQL. Writers are fewer than
// connections, so that reading never waits for a place that writing holds.
const (
	poolDefault = 16
	poolLeast   = 4
	poolMost    = 200
)

// settings are what a session has unless the URL says otherwise: nothing waits
// for ever, and the locks of a server whose machine went away are let go within
// half a minute.
func settings() map[string]string {
	return map[string]string{
		"application_name":                    "doorstep",
		"statement_timeout":                   "20s",
		"lock_timeout":                        "10s",
		"idle_in_transaction_session_timeout": "20s",
		"tcp_keepalives_idle":                 "10",
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
	}
}

// openPostgres opens a database by its URL; what the URL leaves out comes from
// the environment (PGPASSWORD, PGPASSFILE, PGHOST and so on) and a password also
// from a file. opened counts its connections.
func openPostgres(ctx context.Context, url, passwordFile string, connections int, opened *atomic.Int64) (*sql.DB, error) {
	const op = "central.openPostgres"
	if !strings.HasPrefix(url, "postgres://") && !strings.HasPrefix(url, "postgresql://") {
		return nil, fault.New(op, fault.Input, errors.New("the database is not named by postgres://…"))
	}
	if connections == 0 {
		connections = poolDefault
	}
	if connections < poolLeast || connections > poolMost {
		return nil, fault.New(op, fault.Input, errors.New("connections to the database: 4 to 200"))
	}
	conf, err := pgx.ParseConfig(url)
	if err != nil {
		// The error may hold the URL.
		return nil, fault.New(op, fault.Input, errors.New("the database's URL cannot be read"))
	}
	if passwordFile != "" {
		b, err := os.ReadFile(passwordFile)
		if err != nil {
			return nil, fault.New(op, fault.Missing, errors.New("the file of the database's password cannot be read"))
		}
		conf.Password = strings.TrimRight(string(b), "\r\n")
	}
	if conf.ConnectTimeout == 0 {
		conf.ConnectTimeout = 5 * time.Second
	}
	for name, value := range settings() {
		if _, given := conf.RuntimeParams[name]; !given {
			conf.RuntimeParams[name] = value
		}
	}
	db := sql.OpenDB(&numbering{Connector: stdlib.GetConnector(*conf), texts: &sync.Map{}, opened: opened})
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	db.SetConnMaxLifetime(time.Hour)
	err = acknowledgesDurably(ctx, db)
	if err == nil {
		err = migrateShared(ctx, db)
	}
	if err != nil {
		db.Close()
		return nil, fault.Wrap(op, err)
	}
	return db, nil
}

// acknowledgesDurably refuses a database that calls committed what a power cut
// takes back: so would the centre, to laptops that let go of it.
func acknowledgesDurably(ctx context.Context, db *sql.DB) error {
	const op = "central.acknowledgesDurably"
	for _, name := range []string{"synchronous_commit", "fsync"} {
		var is sql.NullString // what only speaks the protocol need not know it
		if err := db.QueryRowContext(ctx, `SELECT current_setting('`+name+`', true)`).Scan(&is); err != nil {
			return diskFault(op, err)
		}
		if is.String == "off" {
			return fault.Say(op, fault.Unsupported, "数据库的 "+name+" 是关闭的，断电会丢失已回执的数据。请在 PostgreSQL 中打开后再启动。", errors.New(name+" is off"))
		}
	}
	return nil
}

// migrateShared brings the schema up to date, one server at a time and only
// where it is not: an index that is there already would still stop all writers.
func migrateShared(ctx context.Context, db *sql.DB) error {
	const op = "central.migrateShared"
	want := schemaText()
	var have string
	err := db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'schema-text'`).Scan(&have)
	if err == nil && have == want {
		return schemaFits(ctx, db)
	}
	if code := sqlState(err); err != nil && !errors.Is(err, sql.ErrNoRows) && code != "42P01" {
		return diskFault(op, err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return diskFault(op, err)
	}
	defer tx.Rollback()
	if err := lockNames(ctx, tx, "schema"); err != nil {
		return err
	}
	// Building an index takes the time it takes.
	if _, err := tx.ExecContext(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
		return diskFault(op, err)
	}
	if err := applySchema(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES ('schema-text', ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, want); err != nil {
		return diskFault(op, err)
	}
	return diskFault(op, tx.Commit())
}

// schemaFits is fault.Newer for a database that a later program made.
func schemaFits(ctx context.Context, q querier) error {
	const op = "central.schemaFits"
	var have string
	if err := q.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = 'schema'`).Scan(&have); err != nil {
		return diskFault(op, err)
	}
	if have != strconv.Itoa(schemaVersion) {
		return fault.New(op, fault.Newer, errors.New("schema "+have))
	}
	return nil
}

// numbering makes connections that take the question marks of the common SQL
// text as PostgreSQL's numbered parameters.
type numbering struct {
	driver.Connector
	texts  *sync.Map // common text → numbered; the program's texts are few
	opened *atomic.Int64
}

func (n *numbering) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := n.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	n.opened.Add(1)
	return &numbered{Conn: c.(*stdlib.Conn), texts: n.texts}, nil
}

type numbered struct {
	*stdlib.Conn
	texts *sync.Map
}

func (n *numbered) text(query string) string {
	if t, ok := n.texts.Load(query); ok {
		return t.(string)
	}
	t := numberParameters(query)
	n.texts.Store(query, t)
	return t
}

func (n *numbered) Prepare(query string) (driver.Stmt, error) { return n.Conn.Prepare(n.text(query)) }

func (n *numbered) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return n.Conn.PrepareContext(ctx, n.text(query))
}

func (n *numbered) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return n.Conn.QueryContext(ctx, n.text(query), args)
}

func (n *numbered) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	return n.Conn.ExecContext(ctx, n.text(query), args)
}

// numberParameters writes $1, $2 … for the question marks outside of quotes.
func numberParameters(query string) string {
	var out strings.Builder
	n := 0
	var quote rune
	for _, r := range query {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '\'' || r == '"':
			quote = r
		case r == '?':
			n++
			out.WriteByte('$')
			out.WriteString(strconv.Itoa(n))
			continue
		}
		out.WriteRune(r)
	}
	return out.String()
}

// Where several servers write at once, names are locked until the transaction
// ends, in this order: a device's chain, cases, blobs, marks of students, and
// last the centre's own word and all news. Whoever waits for one of a later sort never holds what an earlier
// waits for. The embedded database has one writer and needs no locks.
const (
	lockStart  = "start"  // keys and county of the first start
	lockScrub  = "scrub"  // how far the blobs were read again
	lockMeet   = "meet"   // signals and relays between laptops
	lockDesk   = "desk"   // codes, operators, recoveries, devices, bulletins
	lockAuthor = "author" // the centre's chain, numbers, news, identity
)

func lockChain(device string) string { return "chain " + device }
func lockCase(id string) string      { return "case " + id }
func lockMark(mark string) string    { return "mark " + mark }
func lockBlob(county, h string) string {
	return "blob " + county + " " + h
}

// lock waits for names and holds them until the transaction ends. Names of one
// call are taken in one order, whoever asks.
func (c *Central) lock(ctx context.Context, tx *sql.Tx, names ...string) error {
	if !c.shared || len(names) == 0 {
		return nil
	}
	return lockNames(ctx, tx, names...)
}

func lockNames(ctx context.Context, tx *sql.Tx, names ...string) error {
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(? AS bigint[])) WITH ORDINALITY AS l (k, n) ORDER BY n`, lockKeys(names))
	return diskFault("central.lock", err)
}

// tryLock locks those of some names that nobody holds, and says which; it does
// not wait.
func (c *Central) tryLock(ctx context.Context, tx *sql.Tx, names []string) (map[string]bool, error) {
	const op = "central.lock"
	got := make(map[string]bool, len(names))
	if !c.shared {
		for _, name := range names {
			got[name] = true
		}
		return got, nil
	}
	of := make(map[int64]string, len(names))
	for _, name := range names {
		of[lockKeys([]string{name})[0]] = name
	}
	rows, err := tx.QueryContext(ctx, `SELECT k, pg_try_advisory_xact_lock(k) FROM unnest(CAST(? AS bigint[])) AS l (k)`, lockKeys(names))
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var k int64
		var locked bool
		if err := rows.Scan(&k, &locked); err != nil {
			return nil, diskFault(op, err)
		}
		got[of[k]] = locked
	}
	return got, diskFault(op, rows.Err())
}

// lockBeside holds names together with others who only look, against those
// who change.
func (c *Central) lockBeside(ctx context.Context, tx *sql.Tx, names ...string) error {
	if !c.shared || len(names) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared(k) FROM unnest(CAST(? AS bigint[])) WITH ORDINALITY AS l (k, n) ORDER BY n`, lockKeys(names))
	return diskFault("central.lock", err)
}

// lockKeys gives the numbers of names: sorts in their order, within a sort by
// number, each once.
func lockKeys(names []string) []int64 {
	type key struct {
		sort int
		n    int64
	}
	keys := make([]key, 0, len(names))
	for _, name := range names {
		h := sha256.Sum256([]byte("doorstep lock " + name))
		sort, _, _ := strings.Cut(name, " ")
		keys = append(keys, key{slices.Index([]string{"chain", "case", "blob", "mark", lockAuthor}, sort), int64(binary.BigEndian.Uint64(h[:8]))})
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Or(a.sort-b.sort, cmp.Compare(a.n, b.n)) })
	keys = slices.Compact(keys)
	out := make([]int64, len(keys))
	for i, k := range keys {
		out[i] = k.n
	}
	return out
}

// sqlState is PostgreSQL's code of an error, or "".
func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// postgresKind names an error of PostgreSQL or of the way to it; Other is none
// of these.
func postgresKind(err error) fault.Kind {
	if code := sqlState(err); code != "" {
		switch {
		case code == "53100":
			return fault.Full
		case strings.HasPrefix(code, "XX"), strings.HasPrefix(code, "F0"):
			return fault.Damaged
		case code == "22021", code == "22P05": // text that is no UTF-8, or holds a zero
			return fault.Input
		case strings.HasPrefix(code, "28"), strings.HasPrefix(code, "3D"), code == "42501":
			return fault.Disk // password, database or rights are wrong: someone must see it
		}
		for _, class := range []string{"08", "25", "40", "53", "55", "57"} {
			if strings.HasPrefix(code, class) {
				return fault.Busy // connection, standby, deadlock, resources, locks, shutdown: all pass
			}
		}
		return fault.Other
	}
	var connect *pgconn.ConnectError
	var network *net.OpError
	if errors.As(err, &connect) || errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) ||
		strings.Contains(err.Error(), "conn closed") {
		return fault.Busy
	}
	return fault.Other
}

// desk runs a write about codes, operators, recoveries or devices: rare, and
// one at a time.
func (c *Central) desk(ctx context.Context, do func(context.Context, *sql.Tx) error) error {
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := c.lock(ctx, tx, lockDesk); err != nil {
			return err
		}
		return do(ctx, tx)
	})
}
