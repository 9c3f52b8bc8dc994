package central

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// seenSchema holds what laptops last told of themselves, and who was reported
// lost.
func seenSchema() []string {
	return []string{
		`CREATE TABLE IF NOT EXISTS device_seen (device TEXT PRIMARY KEY, at BIGINT NOT NULL, told BIGINT, version TEXT NOT NULL,
			changes BIGINT NOT NULL, blobs BIGINT NOT NULL, bytes BIGINT NOT NULL, clock BIGINT)`,
		`CREATE TABLE IF NOT EXISTS devices_lost (device TEXT PRIMARY KEY, at BIGINT NOT NULL)`,
		`CREATE TABLE IF NOT EXISTS clones_settled (device TEXT PRIMARY KEY, at BIGINT NOT NULL)`,
	}
}

// Queue is what waited on a laptop when it last told.
type Queue struct {
	Changes int64 `json:"changes"`
	Blobs   int64 `json:"blobs"`
	Bytes   int64 `json:"bytes"`
}

// Seen is what is known of a laptop by its last contact.
type Seen struct {
	At      time.Time `json:"at"`               // of any contact, let in or not
	Told    time.Time `json:"told,omitzero"`    // when it last told what follows
	Version string    `json:"version,omitzero"` // of its program
	Queue   Queue     `json:"queue"`
	// Clock is how far its clock ran ahead of the centre's, in milliseconds, the
	// time on the way among it.
	Clock int64 `json:"clock_ms"`
}

// sightings bounds how often a contact is written down.
type sightings struct {
	mu   sync.Mutex
	last map[string]sighting
}

type sighting struct {
	at    time.Time
	empty bool // nothing waited
}

// seenEvery is how often a laptop's contact is written down, at most; that its
// queue became empty, or is no longer, is written down at once.
const seenEvery = 30 * time.Second

// due says whether a contact is to be written down now.
func (s *sightings) due(device string, empty bool, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		s.last = map[string]sighting{}
	}
	if was, ok := s.last[device]; ok && was.empty == empty && now.Sub(was.at).Abs() < seenEvery {
		return false
	}
	s.last[device] = sighting{now, empty}
	return true
}

// sight writes down that a device was here, and what it told; one the centre
// does not know leaves no trace. It never keeps the device from its answer.
func (c *Central) sight(device string, r *http.Request) {
	q := r.URL.Query()
	told := q.Has("changes") && q.Has("at")
	key := device
	if told {
		key += " told"
	}
	if !c.sightings.due(key, q.Get("changes") == "0" && q.Get("blobs") == "0", c.now()) {
		return
	}
	err := c.commits.do(r.Context(), func(ctx context.Context, tx *sql.Tx) error { return c.putSeen(ctx, tx, device, told, q) })
	if err != nil {
		c.log.Warn("contact not written down", "device", device, "error", err.Error())
	}
}

func (c *Central) putSeen(ctx context.Context, tx *sql.Tx, device string, told bool, q url.Values) error {
	const op = "central.putSeen"
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM devices WHERE id = ?`, device).Scan(&n); err != nil || n == 0 {
		return diskFault(op, err)
	}
	now := c.now().UnixMilli()
	if _, err := tx.ExecContext(ctx, `INSERT INTO device_seen (device, at, version, changes, blobs, bytes) VALUES (?, ?, '', 0, 0, 0)
		ON CONFLICT (device) DO UPDATE SET at = excluded.at`, device, now); err != nil {
		return diskFault(op, err)
	}
	if !told {
		return nil
	}
	version := q.Get("version")
	if len(version) > 40 || !printable(version) {
		version = ""
	}
	_, err := tx.ExecContext(ctx, `UPDATE device_seen SET told = ?, version = ?, changes = ?, blobs = ?, bytes = ?, clock = ? WHERE device = ?`,
		now, version, number(q, "changes"), number(q, "blobs"), number(q, "bytes"), number(q, "at")-now, device)
	return diskFault(op, err)
}

func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// number reads a count that a laptop told; what is none is 0.
func number(q url.Values, name string) int64 {
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil || n < 0 || n > 1<<53 {
		return 0
	}
	return n
}

func seenOf(ctx context.Context, q querier, device uuid.UUID) (*Seen, error) {
	const op = "central.seenOf"
	var s Seen
	var at int64
	var told, clock sql.NullInt64
	err := q.QueryRowContext(ctx, `SELECT at, told, version, changes, blobs, bytes, clock FROM device_seen WHERE device = ?`, device.String()).
		Scan(&at, &told, &s.Version, &s.Queue.Changes, &s.Queue.Blobs, &s.Queue.Bytes, &clock)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, diskFault(op, err)
	}
	s.At, s.Clock = time.UnixMilli(at).UTC(), clock.Int64
	if told.Valid {
		s.Told = time.UnixMilli(told.Int64).UTC()
	}
	return &s, nil
}

// admitted is fault.Missing unless there is such a device.
func admitted(ctx context.Context, q querier, id uuid.UUID) error {
	const op = "central.admitted"
	var n int
	if err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM devices WHERE id = ?`, id.String()).Scan(&n); err != nil {
		return diskFault(op, err)
	}
	if n == 0 {
		return fault.Tell(op, fault.Missing, "没有这台电脑：用 sync device list 核对编号。", errors.New("no such device"))
	}
	return nil
}
