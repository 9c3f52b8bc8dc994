package ui

import (
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/google/uuid"
)

// requestCard is where a data administrator erases a case because a person asks.
func (s *keptSection) requestCard() fyne.CanvasObject {
	s.asked = kit.NewDanger("删除一件案件…", kit.Icon("trash"), s.askRequest)
	return kit.Card("应本人要求删除", nil,
		kit.NewText("本人要求删除个人信息时：已作废的案件，登记内容、影像和材料全部从本机删除，县资助中心的随后一并删除。办理中和已签署的案件依法不能删除，会说明原因；有错的可以更正，同意可以撤回。", kit.TextBody),
		container.NewHBox(s.asked))
}

// askRequest asks which case, and why.
func (s *keptSection) askRequest() {
	tail, reason := kit.NewField(), kit.NewField()
	tail.MaxLen, reason.MaxLen = 8, 100
	tail.SetPlaceholder("编号末 8 位")
	reason.SetPlaceholder("例如：本人当面要求删除，已核对身份证")
	tailOf, reasonOf := kit.NewLabeled("案件", true, tail), kit.NewLabeled("原因", true, reason)
	var d *kit.Dialog
	d = kit.NewDialog(s.u.win, "应本人要求删除", container.New(&stacked{gap: 10}, tailOf, reasonOf,
		kit.NewText("谁在什么时候、因为什么删除，记入日志。日志只剩记录的指纹，仍能核验。删除后不能恢复。", kit.TextMuted)), "查找案件", "取消", func() bool {
		tailOf.SetError("")
		reasonOf.SetError("")
		why := strings.TrimSpace(reason.Text())
		if why == "" {
			reasonOf.SetError("请写明原因")
			return false
		}
		var row desk.Row
		d.YesButton().SetBusy("正在查找…")
		s.u.act("find case", func(ctx context.Context) (err error) {
			row, err = s.u.desk.RequestedCase(ctx, tail.Text(), why)
			return err
		}, func(err error) {
			d.YesButton().SetBusy("")
			if fault.KindOf(err) == fault.Input {
				reasonOf.SetError(sentence(err))
				return
			}
			if fault.KindOf(err) == fault.Denied && row.ID != uuid.Nil {
				d.Close()
				s.refuseRequest(row, why, sentence(err))
				return
			}
			if err != nil {
				tailOf.SetError(sentence(err))
				return
			}
			d.Close()
			s.confirmRequest(row, why)
		})
		return false
	})
	d.SetWidth(560)
	d.Show()
}

// refuseRequest says why a case is kept, and has that a person asked written down.
func (s *keptSection) refuseRequest(row desk.Row, why, words string) {
	s.u.act("note request", func(ctx context.Context) error {
		_, err := s.u.desk.EraseCase(ctx, row.ID, why, nil)
		if fault.KindOf(err) == fault.Denied {
			return nil // as it was found, and now noted
		}
		return err
	}, func(err error) {
		if err != nil {
			s.u.fail(err)
			return
		}
		kit.Message(s.u.win, "没有删除", words+"本人的要求和答复已记入日志。", nil)
	})
}

func (s *keptSection) confirmRequest(row desk.Row, why string) {
	words := fmt.Sprintf("%s，证件末四位 %s，%s，案件 %s。删除后不能恢复。", row.Name, row.IDTail, row.Status.Label(), loan.ShortID(row.ID))
	kit.ConfirmDanger(s.u.win, "确认删除", words, "删除", "取消", func() { s.eraseRequested(row, why) })
}

func (s *keptSection) eraseRequested(row desk.Row, why string) {
	u := s.u
	var what desk.Erased
	u.begins("erase case", "正在删除", func(ctx context.Context, progress func(done, total int64)) (err error) {
		what, err = u.desk.EraseCase(ctx, row.ID, why, progress)
		return err
	}, func(err error) {
		switch {
		case err == nil:
			u.shell.arrived()
			kit.Message(u.win, "已删除", fmt.Sprintf("已删除 1 件案件：%d 个影像和材料，%d 条登记内容。已记入日志。谁看过本案，以后只能按受理编号 %s 查询，请告诉本人。", what.Blobs, what.Changes, row.ID), nil)
		case fault.KindOf(err) != fault.Cancelled:
			kit.Message(u.win, "没有删除", sentence(err), nil)
		}
		s.refresh()
	})
	s.refresh()
}
