package ui

import (
	"context"
	"image"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// portraitCard takes one person's portrait and the clerk's attestation.
type portraitCard struct {
	s       *imagesStep
	party   loan.Party
	slot    loan.Slot
	content fyne.CanvasObject
	frame   *kit.PhotoFrame
	chip    *kit.PhotoFrame // what the card's chip shows, where it can be decoded
	alike   *kit.Text
	shoot   *kit.Button
	choose  *kit.Button
	attest  *kit.Check
	words   *kit.Text
	note    *kit.Text
	right   *fyne.Container
}

func newPortraitCard(s *imagesStep, party loan.Party, slot loan.Slot) *portraitCard {
	p := &portraitCard{s: s, party: party, slot: slot, words: kit.NewText("", kit.TextMuted), note: kit.NewText("", kit.TextBad)}
	p.note.Hide()
	p.chip, p.alike = kit.NewPhotoFrame("", 132, 441.0/358), kit.NewText("", kit.TextCaption)
	p.chip.SetCaption(kit.Info, "证件芯片照片")
	p.chip.Hide()
	p.alike.Hide()
	p.frame = kit.NewPhotoFrame("还没有照片", 132, 441.0/358)
	p.shoot = kit.NewSecondary("拍照", kit.Icon("camera"), p.takeByCamera)
	p.choose = kit.NewSecondary("选文件", kit.Icon("folder"), p.takeFromFile)
	p.shoot.SetAbout(partyLabel(party))
	p.choose.SetAbout(partyLabel(party))
	p.attest = kit.NewCheck("人证一致：本人、证件、照片是同一人", true)
	p.attest.OnChanged = p.confirm
	p.attest.OnEnter = func() { s.goOn(slot) }
	p.right = container.New(&stacked{gap: 8}, container.New(&flow{gap: 4}, p.shoot, p.choose), p.words, p.alike, p.attest, p.note)
	p.content = kit.Card(partyLabel(party)+"现场照片", nil, container.NewBorder(nil, nil, container.NewHBox(p.frame, p.chip, gap(8)), nil, p.right))
	s.v.form.add(&bound{paths: []string{string(slot)}, object: p.content,
		load: func(*loan.Application) {}, lock: func(bool) {}, mark: func(string) {}})
	return p
}

func (p *portraitCard) held() (loan.Attachment, bool) {
	list := p.s.v.c.Slot(p.slot)
	if len(list) == 0 {
		return loan.Attachment{}, false
	}
	return list[len(list)-1], true
}

func (p *portraitCard) refresh() {
	v := p.s.v
	a, have := p.held()
	locked := v.locked() || p.s.busy[p.slot] != ""
	p.shoot.SetEnabled(!locked)
	p.choose.SetEnabled(!locked)
	p.shoot.SetText("拍照")
	p.frame.SetCaption(kit.Info, "")
	p.words.SetText("正对镜头、露出眉耳，浅色背景。")
	switch {
	case !v.full():
		p.frame.SetCaption(kit.Info, "影像仅经办人员可见")
		p.frame.SetImage(nil)
	case have:
		p.shoot.SetText("重拍")
		if words := p.s.gone[a.Blob]; words != "" {
			p.frame.SetEmpty(words)
		}
		p.frame.SetImage(p.s.picture(a.Blob))
		p.frame.SetWatermark(v.u.desk.Watermark())
		if words := p.s.problems[a.Blob]; words != "" {
			p.words.SetText(words)
		}
	default:
		p.frame.SetImage(nil)
	}
	if words := p.s.busy[p.slot]; words != "" {
		p.words.SetText(words)
	}
	p.showChip(a, have)
	done := v.c.Attested[p.party]
	p.attest.SetChecked(done)
	setDisabled(p.attest, locked || !have || done)
	p.showNote(have, done)
}

// showChip puts the picture on the chip beside the portrait, where both are to be
// looked at for the attestation.
func (p *portraitCard) showChip(portrait loan.Attachment, have bool) {
	chip, on := p.s.chips.chipOf(p.party)
	words := ""
	if on {
		img, why := p.s.chips.picture(p.party, chip)
		p.chip.SetEmpty(why)
		p.chip.SetImage(img)
		p.chip.SetWatermark(p.s.v.u.desk.Watermark())
		p.frame.SetCaption(kit.Info, "现场照片")
		if have {
			words = p.s.chips.likeness(p.party, portrait.Blob, chip)
		}
	}
	setVisible(p.chip, on)
	setNote(p.right, p.alike, words)
}

func (p *portraitCard) showNote(have, done bool) {
	v := p.s.v
	fail := ""
	if v.tried || v.left[stepImages] {
		switch {
		case !have:
			fail = v.u.deps.Words.Message("E-PT-001") + "　E-PT-001"
		case !done:
			fail = "请当面核对后勾选“人证一致”"
		}
	}
	p.attest.SetInvalid(fail != "" && have)
	if fail == "" && done {
		p.note.SetKind(kit.TextOK)
		fail = "已当面核对"
		if a, ok := v.c.Attests[p.party]; ok {
			fail = v.person(a.By) + " 于 " + a.At.In(v.u.deps.Now().Location()).Format("01-02 15:04") + " 当面核对"
		}
	} else {
		p.note.SetKind(kit.TextBad)
	}
	setNote(p.right, p.note, fail)
}

// confirm notes the clerk's word; a mark once made stays, as the change does.
func (p *portraitCard) confirm(on bool) {
	v := p.s.v
	if !on {
		p.attest.SetChecked(true)
		return
	}
	v.do("attest", func(ctx context.Context) (*loan.Case, error) {
		return v.u.desk.Attest(ctx, v.id, p.party)
	}, func(err error) {
		if err != nil {
			v.u.fail(err)
		}
	})
}

func (p *portraitCard) takeByCamera() {
	if p.s.v.inContract(p.party) {
		p.s.v.resignFor(p.party)
		return
	}
	if !p.s.mayTake(p.slot) {
		return
	}
	title := "为" + partyLabel(p.party) + "拍照"
	phone := func(local bool) {
		source := "phone"
		if local {
			source = "camera"
		}
		p.s.openPhone(p.slot, title, local, func(img image.Image) { p.crop(img, source) }, p.takeByCamera, p.takeFromFile)
	}
	if p.s.byPhone {
		phone(false)
		return
	}
	p.s.openCamera(title, func(img image.Image) { p.crop(img, "camera") }, p.takeFromFile)
	p.s.camera.person = true
	p.s.camera.offer(phone)
}

func (p *portraitCard) takeFromFile() {
	if p.s.v.inContract(p.party) {
		p.s.v.resignFor(p.party)
		return
	}
	if !p.s.mayTake(p.slot) {
		return
	}
	p.s.chooseFile("选择"+partyLabel(p.party)+"的照片", scanSuffixes(), p.addFile)
}

func (p *portraitCard) addFile(path string) {
	if p.s.v.inContract(p.party) { // of one that is dropped here
		p.s.v.resignFor(p.party)
		return
	}
	if !p.s.mayTake(p.slot) {
		return
	}
	p.s.setBusy(p.slot, "正在读取照片…")
	var img image.Image
	var shots [][]byte
	var small []image.Image
	p.s.v.u.grind("read portrait", func(ctx context.Context) (err error) {
		if shots, err = p.s.shotsOf(ctx, path); err != nil {
			return err
		}
		if len(shots) > 1 {
			small, err = thumbsOf(ctx, shots)
			return err
		}
		img, err = desk.DecodeImage(shots[0])
		return err
	}, func(err error) {
		p.s.setBusy(p.slot, "")
		switch {
		case p.s.v.closed:
			p.s.notAdded()
		case err != nil:
			p.s.v.u.fail(err)
		case len(shots) > 1:
			p.choosePage(shots, small)
		default:
			p.crop(img, "file")
		}
	})
}

// crop lets the clerk set the part that is the portrait, and keeps it. One that
// is in use elsewhere is kept on the clerk's word alone.
func (p *portraitCard) crop(img image.Image, source string) {
	v := p.s.v
	p.s.asks(p.slot, showCrop(v.u, partyLabel(p.party)+"照片", img, func(pic desk.Picture) {
		keep := func() { p.s.keep(p.slot, []desk.Picture{pic}, source, nil) }
		used := ""
		p.s.setBusy(p.slot, "正在核对照片…")
		v.u.grind("look for portrait", func(ctx context.Context) (err error) {
			used, err = v.u.desk.PortraitUsed(ctx, v.id, p.slot, pic.JPEG)
			return err
		}, func(err error) {
			p.s.setBusy(p.slot, "")
			switch {
			case v.closed:
				p.s.notAdded()
			case err != nil:
				v.u.fail(err)
			case used != "":
				p.s.asks(p.slot, kit.ConfirmDanger(v.u.win, "照片重复", used+"请当面重新拍摄；确认无误仍然使用的，记入日志，审计员能看到。", "仍然使用", "不用", keep))
			default:
				keep()
			}
		})
	}))
}
