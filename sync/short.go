package main

import (
	"context"
	"strings"

	"doorstep/sync/central"
	"github.com/google/uuid"
)

// What flags take for a laptop and for a case.
const (
	idOfLaptop = "电脑的编号，或它显示的末八位"
	idOfCase   = "受理编号，或画面上显示的末八位"
)

// ofDevice is at for an act on one laptop, by its id or the end of it; the act is named
// by the whole id.
func (p *actor) ofDevice(ctx context.Context, dir, typed string, a func(uuid.UUID) central.Act, do func(*central.Central, uuid.UUID) error) error {
	return p.ofOne(ctx, dir, typed, (*central.Central).DeviceOf, a, do)
}

// ofCase is ofDevice for a case.
func (p *actor) ofCase(ctx context.Context, dir, typed string, a func(uuid.UUID) central.Act, do func(*central.Central, uuid.UUID) error) error {
	return p.ofOne(ctx, dir, typed, (*central.Central).CaseOf, a, do)
}

func (p *actor) ofOne(ctx context.Context, dir, typed string, find func(*central.Central, context.Context, string) (uuid.UUID, error),
	a func(uuid.UUID) central.Act, do func(*central.Central, uuid.UUID) error) error {
	return at(ctx, dir, p.errs, func(c *central.Central) error {
		id, err := find(c, ctx, typed)
		if err != nil {
			return err
		}
		return p.act(ctx, c, a(id), func() error { return do(c, id) })
	})
}

// casesOf are the cases of a list joined by commas; none for an empty one.
func casesOf(ctx context.Context, c *central.Central, list string) (ids []uuid.UUID, err error) {
	for s := range strings.SplitSeq(list, ",") {
		if s == "" {
			continue
		}
		id, err := c.CaseOf(ctx, s)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}
