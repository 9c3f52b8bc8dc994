package central

import (
	"context"

	"doorstep/internal/guard"
)

// named gives accounts the names of the rosters; one that two people of several counties
// go by is nobody's here.
func (c *Central) named(ctx context.Context) (func(account string) string, error) {
	const op = "central.named"
	rows, err := c.db.QueryContext(ctx, `SELECT id, name FROM operators`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	defer rows.Close()
	names := map[string]string{}
	for rows.Next() {
		var id, name string
		if err := rows.Scan(&id, &name); err != nil {
			return nil, diskFault(op, err)
		}
		if was, ok := names[id]; ok && was != name {
			name = ""
		}
		names[id] = name
	}
	return guard.NamedLabel(names), diskFault(op, rows.Err())
}
