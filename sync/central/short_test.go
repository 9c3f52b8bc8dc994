package central

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

func TestTheEndOfSeveralIDsNamesNone(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	one := l.enrol.Device
	two := uuid.MustParse("0190a000-0000-7000-8000-0000" + one.String()[28:])
	if _, err := c.db.ExecContext(t.Context(), `INSERT INTO devices (id, county, point, point_type, public_key, cert, enrolled, news) SELECT ?, county, point, point_type, public_key, cert, enrolled, news FROM devices WHERE id = ?`, two.String(), one.String()); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]struct {
		id   uuid.UUID
		kind fault.Kind
	}{
		one.String()[28:]:             {uuid.Nil, fault.Input},
		one.String()[23:]:             {one, fault.Other},
		" " + two.String()[20:] + " ": {two, fault.Other},
		one.String():                  {one, fault.Other},
		one.String()[29:]:             {uuid.Nil, fault.Input},
		"________":                    {uuid.Nil, fault.Input},
		"ffffffff":                    {uuid.Nil, fault.Missing},
	} {
		if id, err := c.DeviceOf(t.Context(), typed); id != want.id || fault.KindOf(err) != want.kind {
			t.Errorf("%q: got %s, %v", typed, id, err)
		}
	}
	err := c.desk(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		_, err := c.caller(ctx, tx, Caller{Device: one.String()[28:], Operator: "practice-clerk"}, "admin-9")
		return err
	})
	if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), "several have this end") {
		t.Errorf("by telephone: %v", err)
	}
}
