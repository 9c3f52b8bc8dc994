package ui

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// glassWords say that an emergency is on, until when, and which of those it is that may
// wait for a review.
func (v *visit) glassWords(on desk.Broken) string {
	return fmt.Sprintf("紧急查看已开启：到 %s 为止，可以查看本案全部内容。复查之前最多使用 %d 次，这是第 %d 次。请选要看的，30 秒后自动遮盖，可以再显示；每次都记入日志。",
		v.local(on.Until).Format("15:04"), desk.MaxGlass, on.Nth)
}

// offerReveal is the banner of a case that is masked.
func (v *visit) offerReveal(words string) {
	v.banner.set(kit.Info, words, "显示…", v.askReveal)
	switch {
	case v.mayTakeOn():
		v.banner.also("接手…", v.takeOver)
	case v.mayForce():
		v.banner.also("强制接手", v.takeOver)
	}
}

// runningGlass gets the operator's emergency that runs in the case, where there is one.
func (v *visit) runningGlass(then func(on desk.Broken, runs bool)) {
	id := v.id
	var on desk.Broken
	runs := false
	v.u.run("running emergency", func(ctx context.Context) (err error) {
		on, runs, err = v.u.desk.RunningGlass(ctx, id)
		return err
	}, func(err error) {
		if !v.closed && v.id == id {
			then(on, runs && err == nil)
		}
	})
}

// tellGlass puts before the banner's words until when an emergency lets the case be seen.
func (v *visit) tellGlass(words string) {
	v.runningGlass(func(on desk.Broken, runs bool) {
		if left, _ := v.u.desk.Revealed(v.id); runs && left <= 0 && v.banner.text.Text() == words {
			v.offerReveal("紧急查看到 " + v.local(on.Until).Format("15:04") + " 为止。" + words)
		}
	})
}

// unlessGlass goes on with the emergency that runs in the case, which counts no further
// one, and asks for one where there is none.
func (v *visit) unlessGlass(given string, ticked []string, ask func()) {
	v.runningGlass(func(on desk.Broken, runs bool) {
		if !runs {
			ask()
			return
		}
		v.askRevealBy(fmt.Sprintf("本案的紧急查看还在有效期内，到 %s 为止，不另计次数。请选要看的，30 秒后自动遮盖，可以再显示；每次都记入日志。",
			v.local(on.Until).Format("15:04")), cmp.Or(given, on.Reason), ticked...)
	})
}

// glassFacts are what whoever reviews an emergency has to know of it; told is called
// when all of it came.
func (s *grantSection) glassFacts(g desk.Glass, told func()) fyne.CanvasObject {
	seen := kit.NewText("正在查询…", kit.TextBody)
	facts := container.New(&stacked{gap: 6}, fact("使用人", s.named(g.Operator)), fact("时间", desk.RecordTime(g.At)), fact("案件", g.Case.String()), fact("原因", g.Reason),
		factOf("看了什么", seen))
	var all []desk.Sight
	s.u.run("what an emergency showed", func(ctx context.Context) (err error) {
		all, err = s.u.desk.GlassSeen(ctx, g.ID)
		return err
	}, func(err error) {
		if err != nil {
			seen.SetText("没有查到：" + sentence(err))
		} else {
			seen.SetText(sightWords(all))
		}
		facts.Refresh()
		told()
	})
	return facts
}

// sightWords say what was seen, when and how often.
func sightWords(all []desk.Sight) string {
	if len(all) == 0 {
		return "没有显示过任何内容。"
	}
	const most = 6
	out := []string{fmt.Sprintf("显示了 %d 次：", len(all))}
	for i, s := range all {
		if i == most {
			out = append(out, fmt.Sprintf("另有 %d 次，见日志。", len(all)-most))
			break
		}
		out = append(out, desk.RecordTime(s.At)[len("2006-"):]+"　"+strings.Join(fieldNames(s.Fields), "、"))
	}
	return strings.Join(out, "\n")
}
