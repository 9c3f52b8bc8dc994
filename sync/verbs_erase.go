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

func caseErase(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("case erase", "erase a void case because a person of it asks for that: what was entered, pictures and\n"+
		"papers. A tombstone stays, with who, when and why; the laptops that have the case erase\n"+
		"theirs at their next sync, and it does not come back by any road. Usually a data\n"+
		"administrator does it at a laptop: 管理, 保存与清除. Backups that were made before have it still.", errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("case", "", idOfCase)
	by := f.String("by", "", "id of the data administrator who does it")
	reason := f.String("reason", "", "why; no personal data")
	who := actorFlags(f, by)
	if err := parse(f, args, out, "data", "case", "by", "reason"); err != nil {
		return err
	}
	return who.ofCase(ctx, *data, *id, func(kase uuid.UUID) central.Act {
		return central.Act{Verb: guard.EraseSeason, Name: "case erase", Case: kase, Reason: *reason}
	}, func(c *central.Central, kase uuid.UUID) error { return c.EraseCase(ctx, kase, *by, *reason) })
}

func caseErased(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("case erased", "show the cases that were erased at a person's wish, and the wishes of laptops that were\n"+
		"refused here, with the reason. Where one waits because the case is not void here, it is\n"+
		"erased as soon as it is.", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON array")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("case erased"), func(c *central.Central) error {
		list, err := c.Tombstones(ctx)
		if err != nil || *asJSON {
			return errors.Join(err, printJSON(out, list))
		}
		for _, t := range list {
			showErased(out, t)
		}
		ended(out, len(list), "件", "按本人要求删除的案件和没有照办的要求")
		return nil
	})
}

func showErased(out io.Writer, t central.Tombstone) {
	state, code := "已清除", "erased"
	if t.Refused != "" {
		state, code = "没有清除："+t.Said(), "refused: "+t.Refused
	}
	fmt.Fprintf(out, "%s  案件 %s  人员 %s  电脑 %s  %s  %s%s\n", guard.RecordTime(t.At), t.Case, guard.AccountLabel(t.Operator), t.Device, state, said("原因：", t.Reason)+"  ", code)
}
