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
	f := flags("case erase", "应本人要求删除一件已作废的案件：录入的内容、照片和材料。只留下谁、何时、为什么的记载；\n"+
		"有这件案件的电脑下次同步时也删除，不会再由任何途径回来。通常由系统数据管理员在电脑上办：\n"+
		"“管理”的“保存与清除”。以前做的备份里仍有。", errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("case", "", idOfCase)
	by := f.String("by", "", "办理的系统数据管理员的账号")
	reason := f.String("reason", "", "原因；不写个人信息")
	who := actorFlags(f, by)
	if err := parse(f, args, out, "data", "case", "by", "reason"); err != nil {
		return err
	}
	return who.ofCase(ctx, *data, *id, func(kase uuid.UUID) central.Act {
		return central.Act{Verb: guard.EraseSeason, Name: "case erase", Case: kase, Reason: *reason}
	}, func(c *central.Central, kase uuid.UUID) error { return c.EraseCase(ctx, kase, *by, *reason) })
}

func caseErased(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("case erased", "列出应本人要求删除的案件，和电脑要求删除而这里没有办的及其原因。因案件在这里还没有作废而\n"+
		"等待的，一作废就删除。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
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
