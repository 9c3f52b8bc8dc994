package central

import (
	"context"
	"fmt"
	"mime"
	"os"
	"path/filepath"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Exported says what an export wrote, and what it could not.
type Exported struct {
	Cases, Files int
	Bytes        int64
	Lacking      int // attachments whose blob is not held
	Damaged      int // and those whose blob is not what it was
}

// Export writes every attachment of every case, byte for byte, into a folder:
// to/CASE/SLOT-N.EXT. Each file is compared with its name before it is written;
// contracts have behind them what the centre put there, as Contract gives them,
// and those that corrections voided are written as contract-void-N.pdf. It may run
// beside a server. It is for a county of made-up people; of any other it is
// fault.Denied, and Release is the way. fault.Damaged when any blob is not what it was:
// the rest is written all the same.
func (c *Central) Export(ctx context.Context, to string) (*Exported, error) {
	const op = "central.Export"
	if err := c.madeUp(ctx); err != nil {
		return nil, fault.Wrap(op, err)
	}
	rows, err := c.db.QueryContext(ctx, `SELECT id FROM cases ORDER BY id`)
	if err != nil {
		return nil, diskFault(op, err)
	}
	var ids []uuid.UUID
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			rows.Close()
			return nil, diskFault(op, err)
		}
		if id, ok := parseID(s); ok {
			ids = append(ids, id)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, diskFault(op, err)
	}
	if err := makeDirs(to); err != nil {
		return nil, err
	}
	out := &Exported{}
	for _, id := range ids {
		if err := c.exportCase(ctx, id, filepath.Join(to, id.String()), out); err != nil {
			return out, fault.Wrap(op, err)
		}
	}
	if out.Damaged > 0 {
		return out, fault.New(op, fault.Damaged, fmt.Errorf("%d attachments are not what they were", out.Damaged))
	}
	return out, nil
}

func (c *Central) exportCase(ctx context.Context, id uuid.UUID, dir string, out *Exported) error {
	k, err := c.loadCase(ctx, c.db, id)
	if err != nil || k == nil {
		return err
	}
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return err
	}
	key, err := c.countyKey(code)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return diskFault("central.exportCase", err)
	}
	out.Cases++
	names := map[string]int{}
	for _, a := range attachments(k) {
		b, err := c.whole(ctx, code, a.Blob, key)
		switch fault.KindOf(err) {
		case fault.Missing:
			out.Lacking++
			continue
		case fault.Damaged:
			out.Damaged++
			continue
		}
		if err != nil {
			return err
		}
		if a.Slot == loan.ContractSlot || a.Slot == voidSlot {
			tail, err := c.tail(ctx, id, a.Blob)
			if err != nil {
				return err
			}
			b = append(b, tail...)
		}
		name := strings.NewReplacer("/", "-").Replace(string(a.Slot))
		names[name]++
		page := fmt.Sprintf("%s-%d", name, names[name])
		if a.Part != "" {
			page += "-" + string(a.Part)
		}
		if err := os.WriteFile(filepath.Join(dir, page+extOf(a.Media)), b, 0o600); err != nil {
			return diskFault("central.exportCase", err)
		}
		out.Files++
		out.Bytes += int64(len(b))
	}
	return nil
}

// voidSlot names contracts that corrections voided.
const voidSlot loan.Slot = "contract-void"

// attachments are those of the case, its contract as it is now, and those that
// were voided.
func attachments(k *loan.Case) []loan.Attachment {
	out := append([]loan.Attachment{}, k.Attachments...)
	in := map[string]bool{}
	for _, a := range out {
		in[string(a.Slot)+a.Blob.String()] = true
	}
	for _, a := range k.Manifest() {
		if !in[string(a.Slot)+a.Blob.String()] {
			out = append(out, a)
		}
	}
	for i := range k.Former {
		if s := k.Former[i].Sealed; s != nil {
			out = append(out, loan.Attachment{Slot: voidSlot, Blob: s.Blob, Media: "application/pdf", Size: s.Size})
		}
	}
	return out
}

func extOf(media string) string {
	switch media {
	case "image/jpeg":
		return ".jpg"
	case "application/json":
		return ".json"
	}
	if all, err := mime.ExtensionsByType(media); err == nil && len(all) > 0 {
		return all[0]
	}
	return ".bin"
}
