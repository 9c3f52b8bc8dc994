package ui

import (
	"fmt"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"github.com/google/uuid"
)

func networkWords(s courier.State) (kit.Kind, string) {
	switch {
	case s.Phase == courier.Paused:
		return kit.Warning, "已暂停上传"
	case shutOut(s):
		return kit.Bad, "须重新注册"
	case stands(s):
		return kit.Warning, "等网络，可继续受理"
	case s.NoRoom:
		return kit.Warning, "中心暂时收不下材料"
	case s.Online && s.Hold == courier.HeldMetered, s.Err == nil && s.Hold == courier.HeldMetered && s.Settings.OnMetered == desk.MeteredNothing:
		return kit.Warning, "网络按流量计费"
	case s.Online:
		return kit.Good, "已连接中心"
	case s.Err == nil:
		return kit.Info, "正在连接中心…"
	case away(s):
		return kit.Warning, "离线，可继续受理"
	}
	return kit.Bad, "上传受阻，请看“同步”"
}

// away says whether there is no network to the centre.
func away(s courier.State) bool {
	k := fault.KindOf(s.Err)
	return !s.Online && s.Err != nil && (k == fault.Offline || k == fault.Cancelled) || stands(s)
}

// shutOut says whether the centre takes nothing from this laptop until it has
// enrolled again.
func shutOut(s courier.State) bool { return s.Err != nil && s.Reason == fault.Denied }

func outboxWords(s courier.State) (kit.Kind, string) {
	aside := len(s.Aside) + len(s.Refused)
	switch {
	case s.AllSent:
		return kit.Good, "全部送达"
	case s.Changes == 0 && s.Blobs == 0 && aside == 0:
		return kit.Info, "等待与中心核对"
	case s.Phase == courier.Sending && !s.Stands && !s.NoRoom && s.Blobs > s.HeldBlobs+len(s.Aside):
		return kit.Info, "正在上传，剩 " + size(s.ToGo())
	case aside > 0 && s.Changes <= len(s.Refused) && s.Blobs <= len(s.Aside):
		return kit.Bad, fmt.Sprintf("%d 件中心未收", aside)
	case s.Cases > 0:
		return kit.Warning, fmt.Sprintf("%d 件案件等待送达", s.Cases)
	}
	return kit.Warning, fmt.Sprintf("%d 条记录等待送达", s.Changes)
}

// headline says in one sentence how carriage stands, why, and what comes next.
func headline(s courier.State, now time.Time) (kit.Kind, string) {
	aside := len(s.Aside) + len(s.Refused)
	switch {
	case s.Phase == courier.Paused:
		return kit.Warning, "材料都在本机。点“继续上传”（F6）后接着传，不会从头再来。"
	case shutOut(s):
		return kit.Bad, "中心不再接收这台电脑的材料，材料都在本机，没有丢失。请先给县资助中心打电话：本机已被停用的，不要再受理；索取重新注册码后，再点“重新注册”。"
	case s.Err != nil:
		return kit.Warning, troubled(s, now)
	case s.Phase == courier.Healing:
		return kit.Info, "正在从中心取回本机缺少的数据，可以照常受理。"
	case s.AllSent:
		return kit.Good, "中心的清单与本机一致。"
	case s.Hold == courier.HeldMetered && s.Settings.OnMetered == desk.MeteredNothing:
		return kit.Warning, "当前网络按流量计费，现在什么都不传。换网络后自动上传；也可以在下面改为先传记录。"
	case stands(s):
		return kit.Warning, "网络没有反应，正在重试。材料都在本机，已传的部分不会从头再来。"
	case s.Phase == courier.Sending && s.Changes > len(s.Refused):
		return kit.Info, "正在上传：先传全部案件的记录，再传合同和影像。"
	case s.Phase == courier.Sending && s.Blobs > s.HeldBlobs+len(s.Aside):
		return kit.Info, "正在上传合同和影像。" + capped(s)
	case s.Hold == courier.HeldMetered && s.HeldBlobs > 0:
		return kit.Warning, fmt.Sprintf("当前网络按流量计费：%d 件（%s）留在本机，换网络后自动上传。%s", s.HeldBlobs, size(s.HeldBytes), records(s))
	case s.Fetching:
		return kit.Info, fmt.Sprintf("正在取回中心的消息，已取 %d 条，可以照常受理。", s.Fetched)
	case s.Phase == courier.Connecting || s.Phase == courier.Sending:
		return kit.Info, "正在与中心核对…"
	case aside > 0 && s.Online:
		return kit.Bad, fmt.Sprintf("有 %d 件中心没有收下，见下面“需要处理”；其余的照常上传。", aside)
	}
	return kit.Info, "稍后与中心核对。"
}

// stands says whether nothing moves of what is being sent.
func stands(s courier.State) bool { return s.Phase == courier.Sending && s.Stands }

func capped(s courier.State) string {
	if s.Settings.Cap == 0 {
		return ""
	}
	return "限速每秒 " + size(s.Settings.Cap) + "，可在下面改。"
}

func records(s courier.State) string {
	if s.Changes == 0 {
		return "记录已全部送达。"
	}
	return ""
}

// troubled says what went wrong, and when it is tried again.
func troubled(s courier.State, now time.Time) string {
	text := sentence(s.Err)
	switch left := s.Next.Sub(now); {
	case left > time.Second:
		text += wait(left) + "后自动重试。"
	case !s.Next.IsZero():
		text += "正在重试…"
	}
	return text
}

// progressWords are the words above the bar of all that waits.
func progressWords(s courier.State) (words string, part float32) {
	if s.Total == 0 || s.NoRoom {
		return "", 0
	}
	words = "已传 " + size(s.Done) + " / " + size(s.Total)
	if s.HeldBytes > 0 {
		words += "　其中 " + size(s.HeldBytes) + " 等换网络"
	}
	switch left := s.Left(); {
	case s.Phase == courier.Sending && s.Speed > 0:
		words += "　" + size(int64(s.Speed)) + "/秒"
		if s.Settings.Cap > 0 {
			words += "（限速）"
		}
		if left > 0 {
			words += "　约剩 " + wait(left)
		}
	case stands(s):
		words += "　等网络"
	case s.Phase == courier.Sending:
		words += "　正在测速…"
	}
	return words, float32(s.Done) / float32(s.Total)
}

// rowName is how a row's case is called in a list: the masked name, or the end of the
// id where the name is not for the operator.
func rowName(r desk.Row) string {
	switch {
	case r.Veiled:
		return "编号 " + loan.ShortID(r.ID)
	case r.Name == "":
		return "（未填姓名）"
	}
	return r.Name
}

// waitingCells is a row of the list of what waits.
func (u *Window) waitingCells(r desk.WaitingRow, s courier.State, on way) []kit.Cell {
	name, detail := rowName(r.Row), kindLabel(r.Kind, r.Supplement)
	if r.Veiled {
		detail = "不由我办理"
	}
	if r.IDTail != "" {
		detail += " · 证件尾号 " + r.IDTail
	}
	if l := r.Urgency.Label(); l != "" {
		detail = l + "先传 · " + detail
	}
	color, reason := whyWaits(r, s, on.under)
	left := r.Contract.Left.Bytes + r.Images.Left.Bytes
	all := r.Contract.All.Bytes + r.Images.All.Bytes
	done := min(all, max(0, all-left+on.under))
	part := kit.Cell{Text: partsOf(r), Detail: "没有影像"}
	if all > 0 {
		part.Detail, part.Bar, part.Part = size(done)+" / "+size(all)+on.words(), true, float32(done)/float32(all)
	}
	return []kit.Cell{{Text: name, Detail: detail, Bold: true}, part, {Text: reason, Detail: r.Status.Label(), Color: color}}
}

// partsOf says how many of each sort are at the centre.
func partsOf(r desk.WaitingRow) string {
	words := "记录已送达"
	switch {
	case r.Refused:
		words = "有记录未收"
	case r.Records:
		words = "记录待传"
	}
	for _, p := range []struct {
		name string
		g    desk.Going
	}{{"合同", r.Contract}, {"影像", r.Images}} {
		if p.g.All.Blobs > 0 {
			words += fmt.Sprintf("　%s %d/%d", p.name, p.g.All.Blobs-p.g.Left.Blobs, p.g.All.Blobs)
		}
	}
	return words
}

// whyWaits says why a case is not at the centre yet.
func whyWaits(r desk.WaitingRow, s courier.State, under int64) (fyne.ThemeColorName, string) {
	left := r.Contract.Left.Blobs + r.Images.Left.Blobs
	for _, a := range s.Aside {
		if a.Case == r.ID {
			return kit.ColorBad, asideWord(a.Err)
		}
	}
	switch {
	case r.Refused:
		return kit.ColorBad, "中心未收"
	case s.Phase == courier.Paused:
		return kit.ColorWarn, "已暂停"
	case shutOut(s):
		return kit.ColorBad, "须重新注册"
	case s.Hold == courier.HeldMetered && holds(s.Settings.OnMetered, r):
		return kit.ColorWarn, "按流量计费，等换网络"
	case s.NoRoom && !r.Records && !stands(s):
		return kit.ColorWarn, "中心暂时收不下"
	case s.Err != nil && s.Reason == fault.Offline && !s.NoRoom, stands(s):
		return kit.ColorWarn, "等网络"
	case s.Err != nil:
		return kit.ColorWarn, "上传受阻"
	case s.Phase == courier.Sending && (under > 0 || r.Records):
		if s.Settings.Cap > 0 {
			return kit.ColorAccentText, "正在上传（限速）"
		}
		return kit.ColorAccentText, "正在上传"
	case left == 0 && !r.Records:
		return kit.ColorMuted, "等中心核对"
	}
	return kit.ColorMuted, "排队"
}

// holds says whether nothing that waits of a case may go over a metered network.
func holds(rule desk.OnMetered, r desk.WaitingRow) bool {
	switch rule {
	case desk.MeteredNothing:
		return true
	case desk.MeteredContracts:
		return !r.Records && r.Contract.Left.Blobs == 0 && r.Images.Left.Blobs > 0
	case desk.MeteredRecords:
		return !r.Records && r.Contract.Left.Blobs+r.Images.Left.Blobs > 0
	}
	return false
}

func asideWord(err error) string {
	if damagedHere(err) {
		return "本机材料损坏"
	}
	return "中心未收"
}

// damagedHere says whether what was set aside cannot be read on this laptop.
func damagedHere(err error) bool {
	k := fault.KindOf(err)
	return k == fault.Damaged || k == fault.Missing || k == fault.Erased
}

// mending is something that waits for a person, and what to do about it.
type mending struct {
	id   uuid.UUID
	what string
}

// mendings lists what waits for a person: what was set aside, and cases that
// the centre sent back.
func mendings(s courier.State, back []desk.Row, name func(uuid.UUID) string) (out []mending) {
	for _, r := range s.Refused {
		out = append(out, mending{r.Case, name(r.Case) + "：中心没有收下一条" + kindOfRecord(r.Kind) +
			"。请打开案件核对，改正后自动送出；确认无误的，点“再送一次”。"})
	}
	for _, a := range s.Aside {
		words := "：有一件材料中心没有收下。请点“再送一次”；仍未收的，把案件编号告诉县资助中心。"
		if damagedHere(a.Err) {
			words = "：有一件材料在本机已损坏，中心也没有。请打开案件，按提示补拍或补正，不必作废案件；处理后仍列在这里的，点“再送一次”。"
		}
		out = append(out, mending{a.Case, name(a.Case) + words})
	}
	for _, r := range back {
		out = append(out, mending{r.ID, name(r.ID) + "：中心退回，请打开案件按退回原因补正。"})
	}
	return out
}

// kindOfRecord is what a clerk calls a change.
func kindOfRecord(k loan.ChangeKind) string {
	switch k {
	case loan.ChangeOpen:
		return "新建记录"
	case loan.ChangeEdit, loan.ChangeResolve, loan.ChangeCorrect:
		return "修改记录"
	case loan.ChangeAttach, loan.ChangeDetach, loan.ChangeArrange, loan.ChangeReplace, loan.ChangeCard:
		return "材料记录"
	case loan.ChangeContract, loan.ChangeRead, loan.ChangeSign, loan.ChangeWitness, loan.ChangeSeal:
		return "签署记录"
	case loan.ChangeSubmit, loan.ChangeReview, loan.ChangeFinish:
		return "办理记录"
	}
	return "记录"
}
