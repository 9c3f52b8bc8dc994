package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/sync/central"
)

func emergencyList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("emergency list", "列出自己机构各台电脑上的紧急查看：谁没有授权看了哪件案件的全部内容，为什么，事后在这里或在\n"+
		"电脑上复查的结果（两处都复查的，以先的为准）；还没有复查的在前。由系统数据管理员或审计员\n"+
		"登录办理，记入中心的日志。", errs)
	data := f.String("data", "", "中心的文件夹")
	reason := f.String("reason", "", "查看的原因；不写个人信息")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "reason"); err != nil {
		return err
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		p, err := who.person(ctx, c)
		defer seal.Wipe(p.Password)
		if err != nil {
			return err
		}
		list, err := c.Emergencies(ctx, p, *reason)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, append([]central.Emergency{}, list...))
		}
		for _, e := range list {
			showEmergency(out, e)
		}
		ended(out, len(list), "次", "紧急查看")
		return nil
	})
}

func showEmergency(out io.Writer, e central.Emergency) {
	fmt.Fprintf(out, "%s  %s  电脑 %s  紧急查看 %s  人员 %s  案件 %s  原因：%s\n", guard.RecordTime(e.At), e.Point, e.Device, e.ID, guard.AccountLabel(e.Operator), e.Case, e.Reason)
	if len(e.Reviews) == 0 {
		fmt.Fprintln(out, "  还没有人复查")
	}
	for _, r := range e.Reviews {
		found, where := "不应使用", "在电脑上"
		if r.Right {
			found = "属实，使用得当"
		}
		if r.Centre {
			where = "在县里"
		}
		fmt.Fprintf(out, "  %s  %s，由 %s %s复查：%s\n", guard.RecordTime(r.At), found, guard.AccountLabel(r.By), where, r.Word)
	}
}

func emergencyReview(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("emergency review", "复查一次紧急查看（见 sync emergency list）：是否应当使用，为什么。由使用人上一级的系统数据\n"+
		"管理员或审计员办理，不能由本人办理。记入中心的日志，电脑下次同步后显示。", errs)
	data := f.String("data", "", "中心的文件夹")
	device := f.String("device", "", idOfLaptop)
	id := f.String("id", "", "紧急查看的编号")
	right := f.Bool("right", false, "属实，使用得当")
	wrong := f.Bool("not-right", false, "不应使用")
	reason := f.String("reason", "", "复查的情况；不写个人信息")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "device", "id", "reason"); err != nil {
		return err
	}
	if *right == *wrong {
		return fault.Tell("sync.emergency", fault.Input, "--right 和 --not-right 须写一个。", errors.New("one of --right and --not-right is needed"))
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		p, err := who.person(ctx, c)
		defer seal.Wipe(p.Password)
		if err != nil {
			return err
		}
		of, err := c.DeviceOf(ctx, *device)
		if err != nil {
			return err
		}
		return c.ReviewEmergency(ctx, p, of, *id, *right, *reason)
	})
}
