package central

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

const schemaVersion = 1

// schema is plain SQL that PostgreSQL reads as well.
func schema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS centres (id TEXT PRIMARY KEY)`,
		`CREATE TABLE IF NOT EXISTS counties (code TEXT PRIMARY KEY, name TEXT NOT NULL, practice INTEGER NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS operators (county TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, roles TEXT NOT NULL,
			PRIMARY KEY (county, id))`,
		`CREATE TABLE IF NOT EXISTS codes (hash BYTEA PRIMARY KEY, county TEXT NOT NULL, point TEXT NOT NULL, point_type TEXT NOT NULL,
			expires BIGINT NOT NULL, device TEXT, public_key BYTEA)`,
		`CREATE TABLE IF NOT EXISTS codes_again (hash BYTEA PRIMARY KEY, device TEXT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS devices (id TEXT PRIMARY KEY, county TEXT NOT NULL, point TEXT NOT NULL, point_type TEXT NOT NULL,
			public_key BYTEA NOT NULL, cert BYTEA NOT NULL, enrolled BIGINT NOT NULL, revoked BIGINT, news BIGINT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS former_keys (device TEXT NOT NULL, public_key BYTEA NOT NULL, until BIGINT NOT NULL,
			PRIMARY KEY (device, public_key))`,
		`CREATE TABLE IF NOT EXISTS chains (device TEXT PRIMARY KEY, through BIGINT NOT NULL, chain BYTEA NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS changes (device TEXT NOT NULL, counter BIGINT NOT NULL, id TEXT NOT NULL UNIQUE, case_id TEXT NOT NULL,
			kind TEXT NOT NULL, header BYTEA NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (device, counter))`,
		`CREATE INDEX IF NOT EXISTS changes_case ON changes (case_id)`,
		`CREATE TABLE IF NOT EXISTS checkpoints (device TEXT NOT NULL, last BIGINT NOT NULL, bytes BYTEA NOT NULL, PRIMARY KEY (device, last))`,
		`CREATE TABLE IF NOT EXISTS cases (id TEXT PRIMARY KEY, county TEXT NOT NULL, device TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,
			finish TEXT NOT NULL, needs INTEGER NOT NULL, lacking INTEGER NOT NULL, conflicts INTEGER NOT NULL, aside INTEGER NOT NULL,
			receipt_no TEXT NOT NULL, contract_no TEXT NOT NULL, updated BIGINT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS case_devices (case_id TEXT NOT NULL, device TEXT NOT NULL, PRIMARY KEY (case_id, device))`,
		`CREATE TABLE IF NOT EXISTS needs (case_id TEXT NOT NULL, blob BYTEA NOT NULL, county TEXT NOT NULL, size BIGINT NOT NULL, PRIMARY KEY (case_id, blob))`,
		`CREATE INDEX IF NOT EXISTS needs_blob ON needs (blob)`,
		`CREATE TABLE IF NOT EXISTS blobs (county TEXT NOT NULL, hash BYTEA NOT NULL, size BIGINT NOT NULL, held BIGINT NOT NULL, PRIMARY KEY (county, hash))`,
		`CREATE TABLE IF NOT EXISTS packed (county TEXT NOT NULL, hash BYTEA NOT NULL, pack BIGINT NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (county, hash))`,
		`CREATE TABLE IF NOT EXISTS news (device TEXT NOT NULL, seq BIGINT NOT NULL, of_device TEXT NOT NULL, counter BIGINT NOT NULL, PRIMARY KEY (device, seq))`,
		`CREATE TABLE IF NOT EXISTS refused (hash BYTEA PRIMARY KEY, device TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL,
			reason TEXT NOT NULL, at BIGINT NOT NULL, bytes BYTEA NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS recoveries (hash BYTEA PRIMARY KEY, id TEXT NOT NULL UNIQUE, device TEXT NOT NULL, operator TEXT NOT NULL,
			asked BIGINT NOT NULL, state TEXT NOT NULL, wrong INTEGER NOT NULL, decided BIGINT, expires BIGINT, request BYTEA, approval BYTEA)`,
		`CREATE INDEX IF NOT EXISTS recoveries_device ON recoveries (device, asked)`,
		`CREATE TABLE IF NOT EXISTS recoveries_of (hash BYTEA PRIMARY KEY, sort TEXT NOT NULL, by_id TEXT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS operators_off (county TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (county, id))`,
		`CREATE TABLE IF NOT EXISTS operators_level (county TEXT NOT NULL, id TEXT NOT NULL, level TEXT NOT NULL, org TEXT NOT NULL, PRIMARY KEY (county, id))`,
		`CREATE TABLE IF NOT EXISTS lost (device TEXT NOT NULL, first BIGINT NOT NULL, last BIGINT NOT NULL, at BIGINT NOT NULL,
			PRIMARY KEY (device, first))`,
		`CREATE TABLE IF NOT EXISTS sequences (name TEXT PRIMARY KEY, value BIGINT NOT NULL)`,
	}
}

// openDB opens the embedded database: write-ahead log, synced at every commit.
func openDB(ctx context.Context, dir string) (*sql.DB, error) {
	const op = "central.openDB"
	path := filepath.Join(dir, "centre.db")
	// SQLite would let other users read it, and gives its other files the same
	// permissions.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, diskFault(op, err)
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return nil, diskFault(op, err)
	}
	// Each connection keeps few pages: the system has the rest, and one takes up two.
	q := url.Values{"_pragma": {"cache_size(-512)", "busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "secure_delete(1)"}, "_txlock": {"immediate"}}
	db := openSQLite("file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode())
	db.SetMaxOpenConns(4)
	db.SetMaxIdleConns(4)
	if err := migrate(ctx, db); err != nil {
		db.Close()
		return nil, fault.Wrap(op, err)
	}
	return db, nil
}

func migrate(ctx context.Context, db *sql.DB) error {
	const op = "central.migrate"
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return diskFault(op, err)
	}
	defer tx.Rollback()
	if err := applySchema(ctx, tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return diskFault(op, err)
	}
	return nil
}

// allSchema is every table of the centre.
func allSchema() []string {
	return slices.Concat(schema(), downSchema(), peopleSchema(), answeredSchema(), pleaSchema(), overSchema(), releaseSchema(), seenSchema(), signalSchema(), contractSchema(), erasedSchema(), officerSchema(), lentSchema(), reviewedSchema(), glassSchema(), backSchema())
}

// applySchema makes what is not there yet; fault.Newer for a database that a
// later program made.
func applySchema(ctx context.Context, tx *sql.Tx) error {
	const op = "central.applySchema"
	for _, s := range allSchema() {
		if _, err := tx.ExecContext(ctx, s); err != nil {
			return diskFault(op, err)
		}
	}
	have, err := meta(ctx, tx, "schema", func() string { return strconv.Itoa(schemaVersion) })
	if err != nil {
		return err
	}
	if have != strconv.Itoa(schemaVersion) {
		return fault.New(op, fault.Newer, fmt.Errorf("schema %s", have))
	}
	return nil
}

// schemaText names the schema: another text, another name.
func schemaText() string {
	h := sha256.Sum256([]byte(strings.Join(allSchema(), ";")))
	return hex.EncodeToString(h[:])
}

// meta reads a value, and writes first() where there is none yet.
func meta(ctx context.Context, tx *sql.Tx, name string, first func() string) (string, error) {
	const op = "central.meta"
	var v string
	err := tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(&v)
	if err == nil {
		return v, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return "", diskFault(op, err)
	}
	v = first()
	if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?, ?)`, name, v); err != nil {
		return "", diskFault(op, err)
	}
	return v, nil
}

func metaID(ctx context.Context, tx *sql.Tx, name string) (uuid.UUID, error) {
	v, err := meta(ctx, tx, name, func() string { return uuid.Must(uuid.NewV7()).String() })
	if err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.Parse(v)
	if err != nil {
		return uuid.Nil, fault.New("central.meta", fault.Damaged, errors.New(name))
	}
	return id, nil
}

// diskFault names an error of the disk or the database; nil stays nil, and an
// error that has its kind already keeps it.
func diskFault(op string, err error) error {
	switch {
	case err == nil:
		return nil
	case fault.KindOf(err) != fault.Other:
		return fault.Wrap(op, err)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), strings.Contains(err.Error(), "database or disk is full"),
		strings.Contains(err.Error(), "(4874)"): // SQLITE_IOERR_SHMSIZE: no room for the index of its log
		return fault.New(op, fault.Full, err)
	case strings.Contains(err.Error(), "malformed"), strings.Contains(err.Error(), "not a database"):
		return fault.New(op, fault.Damaged, err)
	case strings.Contains(err.Error(), "SQLITE_BUSY"):
		return fault.New(op, fault.Busy, err)
	}
	if k := postgresKind(err); k != fault.Other {
		return fault.New(op, k, err)
	}
	return fault.New(op, fault.Disk, err)
}
