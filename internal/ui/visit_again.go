package ui

import (
	"context"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/container"
)

// mayResign says whether the case came back with its sealed contract, so that the
// clerk can have it signed again.
func (v *visit) mayResign() bool {
	k := v.c.Contract
	return k != nil && k.Sealed != nil && (v.c.Status.Editable() || v.c.Unlike()) && !v.readOnly()
}

// forSign says whether the contract is to be signed again: the centre returned the case
// for it, or it holds another portrait than the case.
func (v *visit) forSign() bool {
	if !v.mayResign() {
		return false
	}
	_, sign := v.returnedFor("sign/")
	return sign || v.c.Unlike()
}

// returnedFor is the first field with a prefix that the centre returned the case for.
func (v *visit) returnedFor(prefix string) (string, bool) {
	r := v.c.Return
	if r == nil {
		return "", false
	}
	for _, code := range r.Codes {
		if path := mendPath(v.report, r, code); strings.HasPrefix(path, prefix) {
			return path, true
		}
	}
	return "", false
}

// showReturned is the banner of a case that came back, and is not changed yet.
func (v *visit) showReturned() {
	if v.forSign() {
		v.banner.set(kit.Bad, "中心已退回本案。"+v.returnWords()+"签名须重新办理：现有签名作废，重新复核后由双方重新签署。", "重新签署", v.resign)
		return
	}
	v.banner.set(kit.Bad, "中心已退回本案。"+v.returnWords()+"请按右侧清单改正；改动合同内容后须重新复核、签署。核对后无须改动的，在第 6 步写明原因，重新提交。", "", nil)
}

// showCorrected is the banner of a case that is being mended.
func (v *visit) showCorrected() {
	k := v.c.Contract
	switch {
	case k != nil && k.Sealed != nil && v.forSign():
		v.banner.set(kit.Warning, "正在补正，原合同的签名还没有作废。签名须重新办理的，请按“重新签署”。", "重新签署", v.resign)
	case k != nil && k.Sealed != nil:
		v.banner.set(kit.Warning, "正在补正，合同和签名不变。改好后重新提交复核。", "", nil)
	case len(v.former()) > 0:
		v.banner.set(kit.Warning, "正在补正，原合同已作废。改好后重新提交复核、签署。", "查看原合同", v.showFormer)
	default:
		v.banner.set(kit.Warning, "正在补正。改好后重新提交复核、签署。", "", nil)
	}
}

// showRefused is the banner of a case that its reviewer sent back.
func (v *visit) showRefused(r *loan.ReviewState) {
	words := "复核退回（" + v.person(r.By) + "）：" + r.Note
	if v.mayResign() {
		v.banner.set(kit.Warning, words, "重新签署", v.resign)
		return
	}
	v.banner.set(kit.Warning, words, "", nil)
}

// resign asks for the reason and voids the signatures, for the contract to be signed
// again.
func (v *visit) resign() {
	reason := ""
	if r := v.c.Return; r != nil {
		for _, code := range r.Codes {
			if strings.HasPrefix(mendPath(v.report, r, code), "sign/") {
				reason = "中心退回：" + v.u.deps.Words.Message(code)
				break
			}
		}
	}
	if reason == "" && v.c.Unlike() {
		reason = "人像与已签合同里的不是同一张"
	}
	v.askResign("现有签名作废后，须重新提交复核，再请双方重新签署。内容不用改；原合同仍可查阅。", reason)
}

// resignFor is resign before a party's portrait is taken anew.
func (v *visit) resignFor(p loan.Party) {
	v.askResign(partyLabel(p)+"的照片印在已签的合同里。更换须先作废现有签名，再重拍、当面核对，重新复核后由双方重新签署。原合同仍可查阅。", partyLabel(p)+"的照片须重拍")
}

func (v *visit) askResign(words, reason string) {
	v.askWhy(true, "重新签署", words, "补正原因", "作废签名", reason, "例如：学生漏签，请其本人重签", func(ctx context.Context, text string) (*loan.Case, error) {
		return v.u.desk.SignAgain(ctx, v.id, text)
	}, func() {
		if path, ok := v.returnedFor("portrait/"); ok {
			v.jump(path)
			return
		}
		if v.at >= stepReview {
			v.show(stepReview)
		}
	})
}

// resubmit asks why a returned case is submitted as it is, and does.
func (v *visit) resubmit() {
	v.askWhy(false, "无须改动，重新提交", "中心退回的事项已逐条核对、确实无须改动的，写明原因后按原样重新复核、上传。合同和签名不变。", "原因", "提交复核", "", "例如：户口簿两本都已上传，核对无误",
		func(ctx context.Context, text string) (*loan.Case, error) {
			return v.u.desk.SubmitAgain(ctx, v.id, text)
		}, func() {})
}

// askWhy asks for a reason and does what takes one, which may take something away;
// done runs where it was done.
func (v *visit) askWhy(takes bool, title, words, label, yes, reason, example string, do func(context.Context, string) (*loan.Case, error), done func()) {
	v.u.askWhy(takes, title, words, label, yes, reason, example, func(text string) {
		v.do("ask why", func(ctx context.Context) (*loan.Case, error) { return do(ctx, text) }, func(err error) {
			if err != nil {
				v.u.fail(err)
				return
			}
			done()
		})
	})
}

// askWhy asks for a reason, and goes on with one that the record takes. takes says that
// something is taken away by it.
func (u *Window) askWhy(takes bool, title, words, label, yes, reason, example string, goOn func(string)) *kit.Dialog {
	field := kit.NewField()
	field.MaxLen, field.Placeholder = 100, example
	field.SetText(reason)
	labeled := kit.NewLabeled(label, true, field)
	d := kit.NewDialog(u.win, title, container.NewVBox(kit.NewText(words, kit.TextBody), labeled), yes, "取消", func() bool {
		text := strings.TrimSpace(field.Text())
		if err := desk.CheckReason(text); err != nil {
			labeled.SetError(sentence(err))
			return false
		}
		goOn(text)
		return true
	})
	if takes {
		d.SetDanger()
	}
	d.SetWidth(520)
	d.Open()
	return d
}

// inContract says whether the portrait of a party is the one in the sealed contract, so
// that another one takes new signatures.
func (v *visit) inContract(p loan.Party) bool {
	if !v.mayResign() || v.c.Contract.Portraits[p].Zero() {
		return false
	}
	for _, x := range v.c.Exchanged(v.c.Contract) {
		if x == p {
			return false
		}
	}
	return true
}
