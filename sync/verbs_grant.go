package main

import (
	"context"
	"fmt"
	"io"

	"doorstep/internal/bulletin"
	"doorstep/sync/central"
)

// grantWithdraw takes a grant out of force. The record says whose it was and of which cases:
// it is sought by them.
func grantWithdraw(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("grant withdraw", "take it out of force: laptops let go of it at their next sync.", errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("id", "", "which")
	reason := f.String("reason", "", "why; for the record")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "id"); err != nil {
		return err
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		known, err := c.GrantOf(ctx, *id)
		if err != nil {
			return err
		}
		return who.act(ctx, c, grants("grant withdraw "+*id+known.Words(), *reason), func() error {
			b, err := c.Withdraw(ctx, bulletin.Grant, *id)
			if err != nil {
				return err
			}
			inForce(out, b, "已收回")
			if !known.Known {
				fmt.Fprintln(errs, "县里没有编号是 "+*id+" 的授权，请核对编号。电脑之间用批准码给出、还没有同步到县里的，已按这个编号撤销。")
			}
			return nil
		})
	})
}
