package central

import (
	"context"
	"encoding/hex"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

// KnownGrant is what is known here of a grant.
type KnownGrant struct {
	Known    bool // that it was sent down, answered by telephone, or asked for with the chains
	Operator string
	Cases    [][4]byte // the ends of the ids of the cases that it names
}

// Words say whose it is and which cases it names, as the record has such words behind the
// grant's id; nothing of one that is not known.
func (k KnownGrant) Words() (words string) {
	if k.Operator != "" {
		words = " for " + k.Operator
	}
	for _, end := range k.Cases {
		words += " case=" + hex.EncodeToString(end[:])
	}
	return words
}

// GrantOf is what is known here of a grant of an id. One that laptops gave each other by
// a code, of whose request nothing came, is not known; of one that was withdrawn or cannot
// be read, and was not asked for, nothing more is.
func (c *Central) GrantOf(ctx context.Context, id string) (KnownGrant, error) {
	const op = "central.GrantOf"
	var k KnownGrant
	g, _, err := c.grantHere(ctx, c.db, id)
	switch {
	case err == nil || spoilt(err):
		k.Known, k.Operator = true, g.Operator
		for _, of := range g.Cases {
			k.Cases = append(k.Cases, guard.TagOf(of))
		}
		if g.Operator != "" {
			return k, nil
		}
	case fault.KindOf(err) != fault.Missing:
		return k, fault.Wrap(op, err)
	}
	rows, err := c.db.QueryContext(ctx, `SELECT device, request, '', operator FROM answered WHERE kind IN ('grant', 'export') UNION ALL SELECT device, NULL, ask, operator FROM pleas`)
	if err != nil {
		return k, diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var device, ask, operator string
		var request []byte
		if err := rows.Scan(&device, &request, &ask, &operator); err != nil {
			return k, diskFault(op, err)
		}
		if len(request) >= guard.AskSize {
			ask = hex.EncodeToString(request[:guard.AskSize])
		}
		of, _ := parseID(device)
		if name, err := grantOf(of, ask); err != nil || name != id {
			continue
		}
		k.Known, k.Operator = true, operator
		if raw, err := hex.DecodeString(ask); err == nil {
			if a, err := guard.ParseAsk(raw); err == nil && a.Case != ([4]byte{}) {
				k.Cases = [][4]byte{a.Case}
			}
		}
		return k, nil
	}
	return k, diskFault(op, rows.Err())
}

// GrantID is the id of a grant that is to be signed.
func GrantID() string { return "g-" + strings.ReplaceAll(uuid.Must(uuid.NewV7()).String(), "-", "") }
