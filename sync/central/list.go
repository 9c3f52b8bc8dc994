package central

import (
	"context"
	"errors"
	"slices"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Held is a case as the centre holds it. It names nobody.
type Held struct {
	ID         uuid.UUID `json:"id"`
	Device     uuid.UUID `json:"device"` // that it came from first
	Kind       string    `json:"kind"`
	Status     string    `json:"status"`
	Blobs      int       `json:"blobs"`   // that a finished case consists of
	Lacking    int       `json:"lacking"` // of those, not here yet
	Bytes      int64     `json:"bytes"`   // of those, here
	Changes    int       `json:"changes"`
	Conflicts  int       `json:"conflicts"`
	Aside      int       `json:"aside"`
	ReceiptNo  string    `json:"receipt_no,omitempty"`
	ContractNo string    `json:"contract_no,omitempty"`
	Updated    time.Time `json:"updated"`
	// Unreviewed is who a laptop says reviewed the case and never was a reviewer of the
	// roster: it is whole and not received for that.
	Unreviewed string `json:"unreviewed_by,omitempty"`
	// Same are other cases with this student; nobody merges them but a person.
	Same []uuid.UUID `json:"same_student,omitempty"`
}

// Whole says whether the case is finished and nothing of it is lacking.
func (h Held) Whole() bool { return h.ReceiptNo != "" && h.Blobs > 0 && h.Lacking == 0 }

// HeldDevice is a laptop as the centre knows it.
type HeldDevice struct {
	ID       uuid.UUID `json:"id"`
	County   string    `json:"county"`
	Point    string    `json:"point"`
	Enrolled time.Time `json:"enrolled"`
	Revoked  bool      `json:"revoked,omitempty"`
	Missing  bool      `json:"reported_lost,omitempty"` // and so revoked
	Seen     *Seen     `json:"seen,omitempty"`          // none before its first contact
	Clone    *Clone    `json:"clone,omitempty"`         // two machines at work, not settled
	Changes  uint64    `json:"changes"`                 // held of its chain
	Through  uint64    `json:"through"`                 // number of the last of them
	// Lost are numbers that the device declared lost: a backup took the place
	// of its data, or its data was damaged, and the centre had not got them.
	Lost []loan.Range `json:"lost,omitempty"`
}

// Holdings is all the centre holds.
type Holdings struct {
	Centre  uuid.UUID    `json:"centre"`
	Epoch   uuid.UUID    `json:"epoch"`
	Cases   []Held       `json:"cases"`
	Devices []HeldDevice `json:"devices"`
	Blobs   int          `json:"blobs"`
	Bytes   int64        `json:"bytes"` // of blobs
	Refused int          `json:"refused"`
	// Free is how many bytes still go onto the disk with the blobs; nil where that is
	// none of the centre's own.
	Free *int64 `json:"free,omitempty"`
	// Phones are phones that stand in many cases of a school year.
	Phones []Shared `json:"shared_phones,omitempty"`
}

// List tells what the centre holds, oldest case first.
func (c *Central) List(ctx context.Context) (*Holdings, error) {
	const op = "central.List"
	h := &Holdings{Centre: c.ID(), Epoch: c.Epoch(), Cases: []Held{}, Devices: []HeldDevice{}, Free: c.free()}
	if err := c.db.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(size), 0) FROM blobs`).Scan(&h.Blobs, &h.Bytes); err != nil {
		return nil, diskFault(op, err)
	}
	if err := c.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM refused`).Scan(&h.Refused); err != nil {
		return nil, diskFault(op, err)
	}
	if err := c.listCases(ctx, h); err != nil {
		return nil, err
	}
	if err := c.listDevices(ctx, h); err != nil {
		return nil, err
	}
	if err := c.listNoticed(ctx, h); err != nil {
		return nil, err
	}
	return h, nil
}

// listNoticed adds what the centre noticed of cases and devices.
func (c *Central) listNoticed(ctx context.Context, h *Holdings) (err error) {
	for i := range h.Devices {
		d := &h.Devices[i]
		if d.Lost, err = lostOf(ctx, c.db, d.ID); err != nil {
			return err
		}
		if d.Seen, err = seenOf(ctx, c.db, d.ID); err != nil {
			return err
		}
		if d.Clone, err = cloneOf(ctx, c.db, d.ID); err != nil {
			return err
		}
	}
	out, err := shutOut(ctx, c.db)
	if err != nil {
		return err
	}
	for i := range h.Devices {
		h.Devices[i].Missing = slices.ContainsFunc(out, func(s bulletin.ShutOut) bool { return s.Device == h.Devices[i].ID && s.Lost })
	}
	same, err := sameStudents(ctx, c.db)
	if err != nil {
		return err
	}
	aside, err := unreviewed(ctx, c.db)
	if err != nil {
		return err
	}
	for i := range h.Cases {
		h.Cases[i].Same, h.Cases[i].Unreviewed = same[h.Cases[i].ID], aside[h.Cases[i].ID]
	}
	h.Phones, err = sharedPhones(ctx, c.db)
	return err
}

func (c *Central) listCases(ctx context.Context, h *Holdings) error {
	const op = "central.listCases"
	rows, err := c.db.QueryContext(ctx, `SELECT id, device, kind, status, needs, lacking, conflicts, aside, receipt_no, contract_no, updated,
		(SELECT COALESCE(SUM(b.size), 0) FROM needs n JOIN blobs b ON b.county = n.county AND b.hash = n.blob WHERE n.case_id = cases.id),
		(SELECT COUNT(*) FROM changes WHERE changes.case_id = cases.id)
		FROM cases ORDER BY id`)
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var k Held
		var id, device string
		var updated int64
		if err := rows.Scan(&id, &device, &k.Kind, &k.Status, &k.Blobs, &k.Lacking, &k.Conflicts, &k.Aside,
			&k.ReceiptNo, &k.ContractNo, &updated, &k.Bytes, &k.Changes); err != nil {
			return diskFault(op, err)
		}
		var ok1, ok2 bool
		k.ID, ok1 = parseID(id)
		k.Device, ok2 = parseID(device)
		if !ok1 || !ok2 {
			return fault.New(op, fault.Damaged, errors.New("id"))
		}
		k.Updated = time.UnixMilli(updated).UTC()
		h.Cases = append(h.Cases, k)
	}
	return diskFault(op, rows.Err())
}

func (c *Central) listDevices(ctx context.Context, h *Holdings) error {
	const op = "central.listDevices"
	rows, err := c.db.QueryContext(ctx, `SELECT d.id, d.county, d.point, d.enrolled, d.revoked IS NOT NULL, COALESCE(k.through, 0),
		(SELECT COUNT(*) FROM changes c WHERE c.device = d.id)
		FROM devices d LEFT JOIN chains k ON k.device = d.id ORDER BY d.id`)
	if err != nil {
		return diskFault(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		var d HeldDevice
		var id string
		var enrolled, through, held int64
		if err := rows.Scan(&id, &d.County, &d.Point, &enrolled, &d.Revoked, &through, &held); err != nil {
			return diskFault(op, err)
		}
		var ok bool
		if d.ID, ok = parseID(id); !ok {
			return fault.New(op, fault.Damaged, errors.New("id"))
		}
		d.Enrolled, d.Through, d.Changes = time.UnixMilli(enrolled).UTC(), uint64(through), uint64(held)
		h.Devices = append(h.Devices, d)
	}
	return diskFault(op, rows.Err())
}
