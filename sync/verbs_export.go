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
	f := flags("export", `导出案件。

写 --grant 的：系统数据管理员的授权里写明的案件，合成一个文件，加密给写明的收件人，
合同和图片都有水印；计数并记入日志（sync export list）。

不写的：把全部案件的全部附件原样写到文件夹，可直接打开：案件/项目-序号.扩展名，写前先与
名称核对。合同带县里的章和时间戳，更正作废的是 contract-void-N.pdf。只有练习用的中心
可以这样做，那里都是虚构的人。两种都可以在服务运行时办。`, errs)
	data := f.String("data", "", "中心的文件夹")
	to := f.String("to", "", "要写到的文件夹")
	grant := f.String("grant", "", "授权的编号，见 sync grant new --centre")
	operator := f.String("operator", "", "得到授权的人的账号")
	cases := f.String("case", "", "受理编号或末八位，几件用逗号隔开；不写就是授权里写明的全部")
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
	f := flags("export list", "列出从中心导出过的案件：按哪份授权、由谁、给谁。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 数组")
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
