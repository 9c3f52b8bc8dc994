package central

import (
	"context"
	"errors"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// DeviceOf is the laptop of an id, or of the end of one as screens show it: of eight
// characters or more. A whole id stands as it is, also of none that is here. fault.Input
// for what is neither, and for the end of several; fault.Missing for the end of none.
func (c *Central) DeviceOf(ctx context.Context, typed string) (uuid.UUID, error) {
	return deviceOf(ctx, c.db, typed)
}

func deviceOf(ctx context.Context, q querier, typed string) (uuid.UUID, error) {
	return ending{"central.DeviceOf", `SELECT id FROM devices WHERE id LIKE ? LIMIT 2`, "device", "电脑"}.of(ctx, q, typed)
}

// CaseOf is DeviceOf for a case.
func (c *Central) CaseOf(ctx context.Context, typed string) (uuid.UUID, error) {
	return ending{"central.CaseOf", `SELECT id FROM cases WHERE id LIKE ? LIMIT 2`, "case", "案件"}.of(ctx, c.db, typed)
}

// ending finds an id by its end.
type ending struct{ op, query, what, said string }

func (e ending) of(ctx context.Context, q querier, typed string) (uuid.UUID, error) {
	typed = strings.ToLower(strings.TrimSpace(typed))
	if id, err := uuid.Parse(typed); err == nil {
		return id, nil
	}
	if len(typed) < loan.ShortLen || strings.Trim(typed, "0123456789abcdef-") != "" {
		return uuid.Nil, fault.Tell(e.op, fault.Input, e.said+"编号不对：请写屏幕上的末 8 位，或完整的编号。", errors.New(e.what+": an id, or at least the last eight characters of one"))
	}
	found, err := idsOf(ctx, q, e.query, "%"+typed)
	switch {
	case err != nil:
		return uuid.Nil, err
	case len(found) == 0:
		return uuid.Nil, fault.Tell(e.op, fault.Missing, "县里没有编号末尾是 "+typed+" 的"+e.said+"，请核对。", errors.New(e.what+": none of this end is here"))
	case len(found) > 1:
		return uuid.Nil, fault.Tell(e.op, fault.Input, "不止一个"+e.said+"的编号末尾是 "+typed+"，请写完整的编号。", errors.New(e.what+": several have this end"))
	}
	return found[0], nil
}
