package ui

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2/container"
)

// findLosses asks what of the case is lost, where something may be: the case
// then says so, with the way to mend it.
func (v *visit) findLosses() {
	var found []desk.Loss
	v.u.run("find what is lost", func(ctx context.Context) (err error) {
		found, err = v.u.desk.Losses(ctx, v.id)
		return err
	}, func(err error) {
		if err != nil || v.closed || slices.Equal(found, v.losses) {
			return // the log has it
		}
		v.losses = found
		v.refresh()
	})
}

// lostHere gives the losses of a remedy. Of what the centre is asked for it
// has said that it has none.
func (v *visit) lostHere(of desk.Remedy) (out []desk.Loss) {
	for _, l := range v.losses {
		if l.Remedy == of && (!l.Asked || v.u.absent(l)) {
			out = append(out, l)
		}
	}
	return out
}

// absent says whether the centre told that it has not got what is lost here.
func (u *Window) absent(l desk.Loss) bool {
	return u.carrier != nil && slices.ContainsFunc(u.carrier.state.Aside, func(a courier.Aside) bool { return a.Blob == l.Blob })
}

// lossOf is the loss of a page that can be taken anew.
func (v *visit) lossOf(a loan.Attachment) (desk.Loss, bool) {
	if v.u.desk.Handles(v.c) != nil {
		return desk.Loss{}, false
	}
	all := v.lostHere(desk.Retake)
	if !v.locked() {
		all = append(all, v.lostHere(desk.Amend)...)
	}
	i := slices.IndexFunc(all, func(l desk.Loss) bool { return l.Slot == a.Slot && l.Blob == a.Blob })
	if i < 0 || !a.Slot.Replaceable() {
		return desk.Loss{}, false
	}
	return all[i], true
}

// pageName names a page of the case, as the clerk finds it in ⑤.
func (v *visit) pageName(a loan.Attachment) string {
	switch {
	case a.Slot == loan.CardStudent:
		return "借款学生身份证上的照片"
	case a.Slot == loan.CardCoborrower:
		return "共同借款人身份证上的照片"
	case a.Slot.Replaceable():
		n := slices.IndexFunc(v.c.Slot(a.Slot), func(x loan.Attachment) bool { return x.Blob == a.Blob })
		return fmt.Sprintf("%s第 %d 页", docLabel(docOf(a.Slot)), n+1)
	case a.Slot == loan.PortraitStudent:
		return "借款学生的现场照片"
	case a.Slot == loan.PortraitCoborrower:
		return "共同借款人的现场照片"
	case a.Slot == loan.InkStudent:
		return "借款学生的签名笔迹"
	case a.Slot == loan.InkCoborrower:
		return "共同借款人的签名笔迹"
	}
	return "已签的合同文件"
}

// showLosses says what of the case is lost, and offers the way to mend it.
func (v *visit) showLosses() bool {
	if void := v.lostHere(desk.SignAgain); len(void) > 0 {
		var names []string
		for _, l := range void {
			names = append(names, v.pageName(l.Attachment))
		}
		v.banner.set(kit.Bad, strings.Join(names, "、")+"在本机损坏，中心也没有。它是合同的一部分，须重新复核、由双方重新签署；原合同仍留在记录里。",
			"办理补正", func() { v.signAgain(strings.Join(names, "、")) })
		return true
	}
	lost, after := v.lostHere(desk.Retake), "复核、签名和合同不受影响。"
	if len(lost) == 0 {
		lost, after = v.lostHere(desk.Amend), ""
	}
	switch {
	case len(lost) == 0 || v.locked() && after == "":
		return false
	case !lost[0].Slot.Replaceable():
		v.banner.set(kit.Bad, v.pageName(lost[0].Attachment)+"在本机损坏，中心也没有，请重拍，并当面核对人证一致。", "去重拍", func() { v.jump(string(lost[0].Slot)) })
		return true
	}
	words := v.pageName(lost[0].Attachment) + "在本机损坏，中心也没有，请补拍。"
	if n := len(lost); n > 1 {
		words = fmt.Sprintf("有 %d 页材料在本机损坏，中心也没有，请逐页补拍：先是%s。", n, v.pageName(lost[0].Attachment))
	}
	v.banner.set(kit.Bad, words+after, "补拍这一页", func() { v.retake(lost[0]) })
	return true
}

// signAgain voids the signatures of a case whose contract, or a part of it, is
// lost, with a reason.
func (v *visit) signAgain(what string) {
	reason := kit.NewField()
	reason.MaxLen = 100
	reason.SetText(what + "在本机损坏，未能送达中心")
	labeled := kit.NewLabeled("补正原因", true, reason)
	content := container.NewVBox(kit.NewText("内容都不用改。现有签名作废后，请重新提交复核，再请双方签署；照片损坏的，须先重拍并当面核对。", kit.TextBody), labeled)
	d := kit.NewDialog(v.u.win, "办理补正", content, "作废签名", "取消", func() bool {
		text := strings.TrimSpace(reason.Text())
		if err := desk.CheckReason(text); err != nil {
			labeled.SetError(sentence(err))
			return false
		}
		v.do("sign again", func(ctx context.Context) (*loan.Case, error) { return v.u.desk.VoidForLoss(ctx, v.id, text) }, func(err error) {
			if err != nil {
				v.u.fail(err)
				return
			}
			v.mended()
		})
		return true
	})
	d.SetDanger()
	d.SetWidth(520)
	d.Open()
}

// mended asks anew what is lost, and lets what was set aside for it go.
func (v *visit) mended() {
	v.losses = nil
	v.findLosses()
	if k := v.u.carrier; k != nil {
		k.courier.Retry()
	}
}

// retake takes a lost page anew, by the ways of every paper.
func (v *visit) retake(l desk.Loss) {
	if v.at != stepImages {
		v.show(stepImages)
	}
	s := v.steps[stepImages].(*imagesStep)
	title := "补拍 " + v.pageName(l.Attachment)
	var shoot func()
	choose := func() {
		s.chooseFile(title, scanSuffixes(), func(path string) { s.lostFromFile(l, title, path, v.retake) })
	}
	phone := func(local bool) {
		source := "phone"
		if local {
			source = "camera"
		}
		s.openPhoneDialog(&phoneDialog{s: s, slot: l.Slot, title: title, one: true,
			use: func(img image.Image) { s.checkLost(l, title, img, source, "重拍", func() { v.retake(l) }) }}, local, shoot, choose)
	}
	shoot = func() {
		s.openCamera(title, func(img image.Image) { s.checkLost(l, title, img, "camera", "重拍", shoot) }, choose)
		s.camera.direct = true
		s.camera.offer(phone)
	}
	if s.byPhone {
		phone(false)
		return
	}
	shoot()
}

// checkLost shows a picture as the page that is to stand in the place of a lost one;
// again, named so, leads to another picture.
func (s *imagesStep) checkLost(l desk.Loss, title string, img image.Image, source, named string, again func()) {
	s.checkPage("", title, img, nil, "", func(p desk.Picture, _ loan.Part) { s.replace(l, p, source) }, named, again)
	s.asked = l.Slot
}

// lostFromFile puts the very page that was lost in its place, where a file has it;
// the only page of a file is looked at first.
func (s *imagesStep) lostFromFile(l desk.Loss, title, path string, again func(desk.Loss)) {
	s.setBusy(l.Slot, "正在打开文件…")
	var page desk.Picture
	var img image.Image
	sh := s.v.u.shell
	s.v.u.grind("scan", func(ctx context.Context) error {
		shots, err := s.shotsOf(ctx, path)
		if err != nil {
			return err
		}
		all, err := s.scanAll(ctx, sh, l.Slot, shots)
		if err != nil {
			return err
		}
		same := func(b []byte) bool { return s.v.u.desk.Names(b, l.Blob) }
		if page, err = onePage(all, same); err == nil && !same(page.JPEG) {
			img, err = desk.DecodeImage(shots[0])
		}
		return err
	}, func(err error) {
		s.setBusy(l.Slot, "")
		switch {
		case s.v.closed:
			s.notAdded()
		case err != nil:
			s.v.u.fail(err)
		case img != nil:
			s.checkLost(l, title, img, "file", "另取一张", func() { again(l) })
		default:
			s.replace(l, page, "file")
		}
	})
}

// onePage is the page of a file that is meant: the very one that was lost, or
// the only one.
func onePage(all []desk.Picture, same func([]byte) bool) (desk.Picture, error) {
	if i := slices.IndexFunc(all, func(p desk.Picture) bool { return same(p.JPEG) }); i >= 0 {
		return all[i], nil
	}
	if len(all) != 1 {
		return desk.Picture{}, fault.Say("retake", fault.Input,
			fmt.Sprintf("这个文件有 %d 页，分不清要补哪一页。请选只含这一页的文件，或用摄像头补拍。", len(all)), nil)
	}
	return all[0], nil
}

// replace puts a page in the place of a lost one.
func (s *imagesStep) replace(l desk.Loss, page desk.Picture, source string) {
	s.setBusy(l.Slot, "正在保存…")
	s.v.do("replace page", func(ctx context.Context) (*loan.Case, error) {
		return s.v.u.desk.ReplacePage(ctx, s.v.id, l.Attachment, page.JPEG, "image/jpeg", source)
	}, func(err error) {
		delete(s.gone, l.Blob)
		s.setBusy(l.Slot, "")
		if err != nil {
			s.v.u.fail(err)
			return
		}
		for _, words := range page.Problems {
			kit.Notice(s.v.u.win, kit.Warning, words)
		}
		s.v.mended()
	})
}
