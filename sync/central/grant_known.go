package central

import (
	"context"
	"encoding/hex"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
)

// KnowsGrant says whether anything here tells of a grant of an id: that it was sent down,
// answered by telephone, or asked for with the chains. One that laptops gave each other by
// a code, of whose request nothing came, is not known.
func (c *Central) KnowsGrant(ctx context.Context, id string) (bool, error) {
	const op = "central.KnowsGrant"
	var n int
	if err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM bulletins WHERE kind = ? AND name = ?`, string(bulletin.Grant), id).Scan(&n); err != nil || n > 0 {
		return n > 0, diskFault(op, err)
	}
	rows, err := c.db.QueryContext(ctx, `SELECT device, request, '' FROM answered WHERE kind IN ('grant', 'export') UNION ALL SELECT device, NULL, ask FROM pleas`)
	if err != nil {
		return false, diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var device, ask string
		var request []byte
		if err := rows.Scan(&device, &request, &ask); err != nil {
			return false, diskFault(op, err)
		}
		if len(request) >= guard.AskSize {
			ask = hex.EncodeToString(request[:guard.AskSize])
		}
		of, _ := parseID(device)
		if name, err := grantOf(of, ask); err == nil && name == id {
			return true, nil
		}
	}
	return false, diskFault(op, rows.Err())
}
