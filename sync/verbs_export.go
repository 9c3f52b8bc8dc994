package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"doorstep/internal/guard"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

func export(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("export", `write cases out.

With --grant: copies of the cases that a data administrator's grant names, as one
file encrypted to the recipient whom it names, with a watermark over every contract
and picture, counted and written down (sync export list).

Without: every attachment of every case, byte for byte and readable, into a folder:
CASE/SLOT-N.EXT. Each is compared with its name first. A contract has the centre's
receipt and time stamp behind it; those that corrections voided are
contract-void-N.pdf. Only a centre for practice does that, which holds made-up
people. Both may run beside the server.`, errs)
	data := f.String("data", "", "folder of the centre")
	to := f.String("to", "", "folder to write to")
	grant := f.String("grant", "", "id of the grant; see sync grant new --centre")
	operator := f.String("operator", "", "id of the person whom the grant is for")
	cases := f.String("case", "", "ids of the cases, or the last eight characters of each, joined by commas; without it those that the grant names")
	who := actorFlags(f, operator)
	if err := parse(f, args, out, "data", "to"); err != nil {
		return err
	}
	c, err := beside(ctx, *data, errs)
	if err != nil {
		return err
	}
	defer c.Close()
	if *grant == "" {
		e, err := c.Export(ctx, *to)
		if e != nil {
			fmt.Fprintf(out, "已导出 %d 件案件，%d 个文件共 %d 字节；缺 %d 个，损坏 %d 个\n", e.Cases, e.Files, e.Bytes, e.Lacking, e.Damaged)
		}
		return err
	}
	ids, err := casesOf(ctx, c, *cases)
	if err != nil {
		return err
	}
	return who.act(ctx, c, exports("export under "+*grant, uuid.Nil), func() error {
		h, err := c.Release(ctx, *grant, *operator, ids, *to)
		if err == nil {
			fmt.Fprintf(out, "已导出 %d 件案件，%d 个文件，略去 %d 个：%s\n", h.Cases, h.Files, h.Left, h.Path)
		}
		return err
	})
}

func exportList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("export list", "show which copies of cases left the centre: under which grant, by whom, to whom.", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON array")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("export list"), func(c *central.Central) error {
		list, err := c.Releases(ctx)
		if err != nil || *asJSON {
			return errors.Join(err, printJSON(out, list))
		}
		for _, r := range list {
			fmt.Fprintf(out, "%s  授权 %s  第 %d 份  案件 %s  人员 %s  接收方：%s %s\n", guard.RecordTime(r.At), r.Grant, r.N, r.Case, guard.AccountLabel(r.Operator), r.Recipient, r.Fingerprint)
		}
		ended(out, len(list), "份", "导出")
		return nil
	})
}
