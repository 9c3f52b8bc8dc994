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
	f := flags("grant withdraw", "撤销授权，不再有效：各台电脑下次同步时不再使用。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("id", "", "授权的编号")
	reason := f.String("reason", "", "原因，记入日志")
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
