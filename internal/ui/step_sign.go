package ui

import (
	"context"
	"fmt"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// signStep is ⑦: what both must know, the contract page by page, both
// signatures, and the seal.
type signStep struct {
	v       *visit
	content *fyne.Container
	wait    *kit.Text
	waiting fyne.CanvasObject
	texts   fyne.CanvasObject
	known   [2]*kit.Check // by each party, in the order of parties
	told    [2]string     // ids of those texts
	who     *proxyChoice
	paper   *fyne.Container // the contract and how far it is
	marks   [3]*kit.StatusLine
	view    *docView
	former  fyne.CanvasObject // the way to contracts that corrections voided
	again   fyne.CanvasObject // the way to new signatures
	reader  *reader
	looks   [2]*kit.Check // who is before the screen, in the order of parties
	looking *fyne.Container
	clauses []desk.Clause
	stale   loan.Hash // a contract whose text can no longer be made; it is asked about once
	second  bool      // a second operator must confirm before the seal
	pad     *padDialog
	busy    string
	opened  loan.Hash // the contract or sealed file that is shown
}

func newStepSign(v *visit) *signStep {
	s := &signStep{v: v, wait: kit.NewText("", kit.TextBody), reader: newReader(v.u.deps.Now)}
	s.waiting = cards(kit.Card("签署", nil, s.wait))
	s.texts = s.textCards()
	for i := range s.marks {
		s.marks[i] = kit.NewStatusLine(kit.Info, "")
	}
	s.view = newDocView(v)
	s.view.onPart = s.shows
	bar := container.NewGridWithColumns(3, s.marks[0], s.marks[1], s.marks[2])
	s.former = kit.NewQuiet("本案有已作废的合同，点此查看", nil, v.showFormer)
	s.former.Hide()
	s.again = kit.NewQuiet("签名有误，须重新签署", nil, v.resign)
	s.again.Hide()
	top := container.New(&stacked{gap: 6}, bar, s.lookers(), s.former, s.again)
	s.paper = container.NewStack(inset(16, 10, container.New(&atMost{width: 900}, container.NewBorder(top, nil, nil, nil, s.view.content))))
	s.content = container.NewStack(s.waiting, s.texts, s.paper)
	return s
}

// textCards are the two texts that are read to both before signing.
func (s *signStep) textCards() fyne.CanvasObject {
	var all []fyne.CanvasObject
	for i, purpose := range []string{"integrity", "antifraud"} {
		t := textFor(purpose)
		var lines []fyne.CanvasObject
		for _, p := range t.Paragraphs {
			lines = append(lines, kit.NewText(p, kit.TextBody))
		}
		s.told[i] = t.ID
		all = append(all, kit.Card(t.Title, kit.NewLine("文本版本 "+t.Version, kit.TextCaption), container.New(&stacked{gap: 5}, lines...)))
	}
	for i := range s.known {
		s.known[i] = kit.NewCheck("", true)
		s.known[i].OnChanged = func(bool) { s.v.showFoot() }
	}
	s.who = newProxyChoice(s.v)
	s.who.onChoice = s.nameReaders
	return cards(kit.Columns(nil, all...), kit.Card("逐人宣读", nil, kit.Columns(nil, s.known[0], s.known[1])), s.who.card)
}

// parties are both who sign, in the order in which they do.
func parties() [2]loan.Party { return [2]loan.Party{loan.StudentParty, loan.CoborrowerParty} }

// lookers are the boxes that say before whom the pages are shown: both, as a
// rule.
func (s *signStep) lookers() fyne.CanvasObject {
	for i, p := range parties() {
		s.looks[i] = kit.NewCheck("", false)
		s.looks[i].SetChecked(true)
		s.looks[i].OnChanged = func(on bool) {
			s.reader.look(p, on)
			s.v.showFoot()
			s.showMarks()
		}
	}
	s.nameReaders()
	s.looking = container.NewStack(kit.Columns(nil, s.looks[0], s.looks[1]))
	return s.looking
}

// nameReaders puts the words to the boxes: of a party for whom a proxy signs it
// is the proxy who hears and reads.
func (s *signStep) nameReaders() {
	who := s.who.signers()
	for i, p := range parties() {
		name, all := partyLabel(p), "本人知悉"
		if who.Of(p) == loan.ByProxy {
			name, all = "代签人（代"+name+"）", "其知悉"
		}
		s.known[i].SetText("已把以上两段读给" + name + "听，" + all)
		s.looks[i].SetText(name + "在看")
	}
}

// The stages of signing.
const (
	signWaits = iota
	signTexts
	signReads
	signSigns
	signWitness
	signSeals
	signDone // sealed: to be finished, or finished
)

func (s *signStep) stage() int {
	c := s.v.c
	k := c.Contract
	switch {
	case k != nil && k.Sealed != nil:
		return signDone
	case c.Status != loan.ToSign:
		return signWaits
	case c.SignedInFull() && s.second:
		return signWitness
	case c.SignedInFull():
		return signSeals
	case s.view.hash == (loan.Hash{}) || k == nil || s.view.hash != k.Blob:
		return signTexts
	case !s.read(s.nextParty()):
		return signReads
	}
	return signSigns
}

// read says whether a party, or its proxy, has heard and read all, as was noted or
// as this window has seen.
func (s *signStep) read(p loan.Party) bool { return s.noted(p) || s.reader.all(p) }

func (s *signStep) noted(p loan.Party) bool { return s.v.u.desk.Heard(s.v.c, p) == nil }

func (s *signStep) refresh() {
	s.second = false
	if c := s.v.c; c.SignedInFull() && c.Contract.Sealed == nil {
		needs, err := s.v.u.desk.NeedsWitness(c)
		s.second = needs || err != nil // what cannot be told is asked for; the desk says why
	}
	stage, others := s.stage(), s.others()
	setVisible(s.waiting, stage == signWaits || others)
	setVisible(s.texts, stage == signTexts && !others)
	s.who.refresh(s.begun())
	s.nameReaders()
	setVisible(s.paper, stage > signTexts)
	setVisible(s.looking, stage == signReads || stage == signSigns)
	s.wait.SetText(s.waitWords())
	setVisible(s.former, len(s.v.former()) > 0 && s.v.full())
	setVisible(s.again, stage == signDone && s.v.mayResign() && !s.v.forSign())
	s.showMarks()
	if !s.v.full() {
		s.view.empty(onlyHandler)
	} else if stage == signDone && s.v.at == stepSign {
		s.showSealed()
	} else if (stage == signSeals || stage == signWitness) && s.view.hash == (loan.Hash{}) && s.busy == "" && s.stale != s.v.c.Contract.Blob {
		s.prepare()
	}
	s.content.Refresh()
}

// others says whether the texts are read to both by others than the operator.
func (s *signStep) others() bool { return s.stage() == signTexts && s.v.readOnly() }

func (s *signStep) waitWords() string {
	switch s.v.c.Status {
	case loan.ToSign:
		return "复核已通过，由经办人员请双方签署。"
	case loan.Void:
		return "案件已作废。"
	case loan.ToReview:
		return "复核通过后才能签署。请先完成第 6 步“复核”。"
	case loan.Corrected:
		return "正在补正，原合同的签名已作废。改好后重新提交复核，通过后再签署。"
	case loan.Returned:
		return "中心已退回。请先按右侧清单改正并重新复核。"
	}
	return "请先填完前面各步，并在第 6 步提交复核；复核通过后在这里签署。"
}

func (s *signStep) showMarks() {
	k := s.v.c.Contract
	if k == nil {
		return
	}
	apart := s.apart()
	kind, seen := kit.Warning, fmt.Sprintf("合同 %d 页，双方都看过 %d 页", k.Pages, s.reader.count())
	if apart {
		seen = fmt.Sprintf("合同 %d 页，双方分别看", k.Pages)
	}
	if s.read(loan.StudentParty) && s.read(loan.CoborrowerParty) {
		kind, seen = kit.Good, fmt.Sprintf("合同 %d 页已全部看过", k.Pages)
	}
	if k.Sealed != nil {
		kind, seen = kit.Good, "合同已封存 "+s.v.stamp(k.SealedAt)
	}
	s.marks[0].Set(kind, seen)
	for i, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		sign, ok := k.Signatures[p]
		switch {
		case ok && sign.By == loan.ByProxy:
			s.marks[i+1].Set(kit.Good, partyLabel(p)+"：代签 "+s.v.stamp(sign.At))
		case ok:
			s.marks[i+1].Set(kit.Good, partyLabel(p)+"：已签名 "+s.v.stamp(sign.At))
		case apart:
			s.marks[i+1].Set(kit.Warning, fmt.Sprintf("%s：已看 %d 页，未签名", partyLabel(p), s.seen(p)))
		default:
			s.marks[i+1].Set(kit.Warning, partyLabel(p)+"：未签名")
		}
	}
}

func (s *signStep) action() action {
	v := s.v
	switch s.stage() {
	case signWaits:
		if v.c.Status == loan.Void {
			return action{text: "不能签署"}
		}
		return action{text: "去复核", enabled: true, do: func() { v.show(stepReview) }}
	case signTexts:
		if s.others() {
			return v.next()
		}
		ok := s.known[0].Checked() && s.known[1].Checked() && s.who.told()
		text := "双方已知悉，生成合同"
		if s.begun() {
			text = "继续签署"
		}
		return action{text: text, enabled: ok, do: s.prepare, busy: s.busy}
	case signReads:
		return action{text: s.readWords(), enabled: true, do: s.readOn, busy: s.busy}
	case signSigns:
		p := s.nextParty()
		return action{text: "请" + partyLabel(p) + "签名", enabled: !v.readOnly(), do: func() { s.sign(p) }, busy: s.busy}
	case signWitness:
		return action{text: "请第二经办人确认", enabled: !v.readOnly(), do: func() { askWitness(v) }, busy: s.busy}
	case signSeals:
		return action{text: "封存合同", enabled: !v.readOnly(), do: s.seal, busy: s.busy}
	}
	if v.forSign() {
		return action{text: "重新签署", enabled: true, do: v.resign}
	}
	if v.c.Status == loan.Signed {
		return action{text: "完成受理", enabled: !v.readOnly(), do: s.finish, busy: s.busy}
	}
	return v.next()
}

// readOnly says whether the operator only looks at the case.
func (v *visit) readOnly() bool { return !v.full() || v.u.desk.Handles(v.c) != nil }

func (s *signStep) nextParty() loan.Party {
	if k := s.v.c.Contract; k != nil {
		if _, ok := k.Signatures[loan.StudentParty]; ok {
			return loan.CoborrowerParty
		}
	}
	return loan.StudentParty
}

// prepare fills the contract, or takes up the one that was begun, and shows it.
func (s *signStep) prepare() { s.fill(s.begun()) }

// begun says whether the contract in hand was read or signed by one party.
func (s *signStep) begun() bool {
	k := s.v.c.Contract
	return k != nil && (len(k.Signatures) > 0 || len(k.Readings) > 0)
}

func (s *signStep) fill(goOn bool) {
	v := s.v
	s.setBusy("正在生成合同…")
	var pdf []byte
	var clauses []desk.Clause
	who := s.who.signers()
	v.do("prepare contract", func(ctx context.Context) (c *loan.Case, err error) {
		if goOn {
			pdf, c, err = v.u.desk.PrepareContract(ctx, v.id)
		} else {
			pdf, c, err = v.u.desk.FillContract(ctx, v.id, who)
		}
		if err == nil {
			clauses, err = v.u.desk.Clauses(ctx, c)
		}
		return c, err
	}, func(err error) {
		s.busy = ""
		switch {
		case goOn && fault.KindOf(err) == fault.Conflict:
			s.offerAnew(err)
		case err != nil:
			v.u.fail(err)
		default:
			k := v.c.Contract
			s.clauses = clauses
			s.reader.start(k.Pages)
			for i := range s.looks {
				s.looks[i].SetChecked(true)
			}
			s.view.whole = true
			s.view.open(pdf, k.Blob)
		}
	})
}

// offerAnew asks whether to begin again where the text that one party signed can
// no longer be made.
func (s *signStep) offerAnew(err error) {
	s.stale = s.v.c.Contract.Blob
	kit.ConfirmDanger(s.v.u.win, "合同须重新生成", sentence(err)+"原来的签名作废，记录仍会保留。", "重新生成", "暂不", func() { s.fill(false) })
}

// note keeps what those heard and read who have done so, and of whom it is not
// kept yet.
func (s *signStep) note() func(context.Context) error {
	v, hash, texts := s.v, s.v.c.Contract.Blob, s.told[:]
	millis := map[loan.Party][]int{}
	for _, p := range parties() {
		if !s.noted(p) && s.reader.all(p) {
			millis[p] = s.reader.millis(p)
		}
	}
	return func(ctx context.Context) error {
		for _, p := range parties() {
			if ms, ok := millis[p]; ok {
				if _, err := v.u.desk.Read(ctx, v.id, hash, p, ms, texts...); err != nil {
					return err
				}
			}
		}
		return nil
	}
}

// sign notes that the contract was read and takes a party's signature.
func (s *signStep) sign(p loan.Party) {
	s.pad = askSignature(s.v, p, s.view.pdf, s.clauses, func(g given, told func(error)) {
		v, k := s.v, s.v.c.Contract
		by, proxy := signerOf(k, p)
		note := s.note()
		s.setBusy("正在保存签名…")
		noted := false
		v.do("sign", func(ctx context.Context) (*loan.Case, error) {
			if err := note(ctx); err != nil {
				return nil, err
			}
			noted = true
			sign := v.u.desk.Sign
			if g.onPhone {
				sign = v.u.desk.SignOnPhone
			}
			return sign(ctx, v.id, p, by, proxy, g.strokes, g.clauses...)
		}, func(err error) {
			s.busy = ""
			if noted && fault.KindOf(err) == fault.Conflict { // no signature comes upon this text
				s.pad.dialog.Close()
				s.offerAnew(err)
				return
			}
			told(err)
		})
	})
}

func (s *signStep) seal() {
	v := s.v
	s.setBusy("正在封存合同…")
	v.do("seal contract", func(ctx context.Context) (*loan.Case, error) {
		return v.u.desk.Seal(ctx, v.id)
	}, func(err error) {
		s.busy = ""
		switch {
		case fault.KindOf(err) == fault.Conflict:
			s.offerAnew(err)
			return
		case err != nil:
			v.u.fail(err)
			if fault.KindOf(err) == fault.Conflict { // what was signed is not this text
				s.prepare()
			}
			return
		}
		kit.Notice(v.u.win, kit.Good, "合同已封存，任何改动都会被发现。")
	})
}

// showSealed shows the sealed file, once.
func (s *signStep) showSealed() {
	v := s.v
	hash := v.c.Contract.Sealed.Blob
	if s.opened == hash {
		return
	}
	s.opened = hash
	c := v.c
	var pdf []byte
	v.u.run("sealed contract", func(ctx context.Context) (err error) {
		pdf, err = v.u.desk.SealedContract(ctx, c)
		return err
	}, func(err error) {
		switch {
		case s.opened != hash: // the case was masked meanwhile
		case err != nil:
			s.opened = loan.Hash{}
			v.u.fail(err)
		default:
			s.view.whole = false
			s.view.open(pdf, hash)
		}
	})
}

func (s *signStep) finish() {
	v := s.v
	s.setBusy("正在完成…")
	v.do("finish", func(ctx context.Context) (*loan.Case, error) {
		return v.u.desk.Finish(ctx, v.id)
	}, func(err error) {
		s.busy = ""
		if err != nil {
			v.u.fail(err)
			return
		}
		v.u.wake()
		kit.Notice(v.u.win, kit.Good, "受理完成，已排队上传。")
		v.show(stepReceipt)
	})
}

func (s *signStep) setBusy(words string) {
	s.busy = words
	s.v.showFoot()
}

func (s *signStep) object() fyne.CanvasObject { return s.content }
func (s *signStep) left()                     { s.reader.pause() }

func (s *signStep) shown() {
	s.view.tell()
	s.refresh()
	switch s.stage() {
	case signTexts:
		if s.others() {
			kit.Focus(s.v.main)
			return
		}
		kit.Focus(s.texts)
	case signReads, signSigns, signWitness, signSeals, signDone:
		kit.Focus(s.v.main)
	}
}

func (s *signStep) close() {
	s.view.close()
	if s.pad != nil {
		s.pad.dialog.Close()
	}
}
