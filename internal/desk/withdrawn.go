package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// withdrawnSetting keeps which requests were taken back, as long as an answer to one may
// still come.
const withdrawnSetting = "desk.withdrawn"

type withdrawn struct {
	Code  string    `json:"code"`
	Grant string    `json:"grant"` // the id of what it would have become
	At    time.Time `json:"at"`
	By    string    `json:"by,omitempty"` // operator's id
}

// backMost is how many requests of one operator may be taken back here within a day
// before he asks for no more: each leaves two lines in the chain.
const backMost = 2 * guard.MaxOwn

// WithdrawAsk takes a request back that the operator made and nobody has approved: it does
// not wait any more, here and, once the chain went up, at the centre, and an answer to it
// counts nothing. The chain says so first. fault.Missing for one that does not wait,
// fault.Denied for another's.
func (d *Desk) WithdrawAsk(ctx context.Context, code string) error {
	const op = "withdraw request"
	if err := d.permit(ctx, guard.AskGrant, nil); err != nil {
		return fault.Wrap(op, err)
	}
	d.uses.Lock()
	defer d.uses.Unlock()
	a, _, err := d.taken(ctx, code)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if a.Operator != d.operator.ID {
		d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "request not withdrawn: another operator's"})
		return fault.Tell(op, fault.Denied, "这份申请是另一个账号的，请由本人登录后撤回。", errors.New("another operator's request"))
	}
	left, err := d.answeredAbove(ctx, []Asked{a})
	if err != nil {
		return fault.Wrap(op, err)
	}
	if len(left) == 0 {
		return fault.Tell(op, fault.Missing, "这份申请已经批准，不能再撤回；不需要时不使用即可，到期自动失效。", errors.New("it was granted meanwhile"))
	}
	raw, err := seal.ParseSpoken(a.Code, guard.AskSize)
	if err != nil {
		return fault.Wrap(op, err)
	}
	detail := guard.WithdrawnDetail(raw)
	if a.Export {
		detail = guard.ExportWithdrawn
	}
	of := a.Case
	if _, err := d.store.Case(ctx, of); fault.KindOf(err) == fault.Erased || fault.KindOf(err) == fault.Missing {
		of = uuid.Nil // nothing is written to it any more
	}
	if err := d.noteOf(ctx, op, d.operator.ID, of, loan.ViewBody{Fields: a.Fields, Detail: detail}); err != nil {
		return err
	}
	return fault.Wrap(op, d.dropAsk(ctx, a))
}

// dropAsk takes a request that was taken back off those that wait. uses is held.
func (d *Desk) dropAsk(ctx context.Context, a Asked) error {
	gone, err := d.withdrawn(ctx)
	if err != nil {
		return err
	}
	now := d.moment().UTC()
	gone = slices.DeleteFunc(gone, func(w withdrawn) bool { return now.Sub(w.At) > 2*askFor })
	if err := d.store.SetSetting(ctx, withdrawnSetting, append(gone, withdrawn{a.Code, a.Grant, now, a.Operator})); err != nil {
		return err
	}
	all, err := d.asks(ctx)
	if err != nil {
		return err
	}
	return d.store.SetSetting(ctx, asksSetting, slices.DeleteFunc(all, func(o Asked) bool { return o.Code == a.Code }))
}

// withdrawn lists what was taken back of late.
func (d *Desk) withdrawn(ctx context.Context) (gone []withdrawn, err error) {
	_, err = d.setting(ctx, withdrawnSetting, &gone)
	return gone, err
}

// mayAskAgain is fault.Denied, and noted, for an operator who took so many requests back
// of late that another could be one more of a loop.
func (d *Desk) mayAskAgain(ctx context.Context) error {
	gone, err := d.withdrawn(ctx)
	if err != nil {
		return err
	}
	now, back := d.moment().UTC(), 0
	for _, w := range gone {
		if w.By == d.operator.ID && now.Sub(w.At) < 24*time.Hour {
			back++
		}
	}
	if back < backMost {
		return nil
	}
	d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "refused " + string(guard.AskGrant) + ": as many were taken back as may"})
	return fault.Tell("count requests taken back", fault.Denied, fmt.Sprintf("您一天之内已撤回 %d 份申请，暂时不能再申请。急用的请打电话给系统数据管理员，请对方直接授权。", back), errors.New("as many were taken back as may"))
}

// noSuchRequest is why a code stands for no request that waits here.
func (d *Desk) noSuchRequest(ctx context.Context, code string) error {
	const op = "find request"
	gone, err := d.withdrawn(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(gone, func(w withdrawn) bool { return w.Code == code }) {
		return fault.Tell(op, fault.Missing, "这份申请已由本人撤回，批准不作数。需要时请重新申请。", errors.New("the request was withdrawn"))
	}
	return fault.Tell(op, fault.Missing, "本机没有这份申请，或已经批准过、超过了 72 小时。请重新申请。", errors.New("no such request"))
}

// takenBack says whether a grant that came down is the answer to a request that was taken
// back: it counts nothing, which is noted.
func (d *Desk) takenBack(ctx context.Context, grant string) (bool, error) {
	gone, err := d.withdrawn(ctx)
	if err != nil || !slices.ContainsFunc(gone, func(w withdrawn) bool { return w.Grant == grant }) {
		return false, err
	}
	d.noteRefusal(ctx, loan.ChangeView, d.operator.ID, uuid.Nil, loan.ViewBody{Detail: "grant refused: the request was withdrawn"})
	return true, nil
}
