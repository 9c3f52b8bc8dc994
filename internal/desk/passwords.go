package desk

import (
	"context"
	"errors"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// EnableOperator lets a person of the roster sign in here, with a temporary
// password, as what the roster says of them, and notes it in the chain. Only a data
// administrator may, for people whom he Manages, but at a laptop for practice; Admit is
// for all others. One who can already is fault.Exists: ResetPassword is for that. One
// whom the county did not send is fault.Missing.
func (d *Desk) EnableOperator(ctx context.Context, who guard.Operator, password []byte) error {
	const op = "enable operator"
	v := d.enabling()
	if err := d.permit(ctx, v, nil); err != nil {
		var r *guard.Refusal
		if errors.As(err, &r) && r.Why == guard.WhyRole && v == guard.EnableOperator {
			return fault.Tell(op, fault.Denied, "“在本机启用账号”须由系统数据管理员在本机登录办理，或由县资助中心逐次批准：请在“管理”的“人员与密码”里选“申请启用”。", err)
		}
		return fault.Wrap(op, err)
	}
	if err := guard.CheckPassword(who.ID, password); err != nil {
		return fault.Wrap(op, err)
	}
	who, err := d.newcomer(ctx, op, who.ID)
	if err != nil {
		return err
	}
	if err := d.managesAs(ctx, op, who, "这位人员请选“申请启用”，由县资助中心批准。"); err != nil {
		return err
	}
	what := "enable " + who.ID + " as data administrator"
	if v == guard.AdmitOperator {
		what = "enable " + who.ID + " for practice"
	}
	return d.letIn(ctx, op, who, what, password)
}

// ChangePassword gives the operator signed in a new password, when the old one
// is right, and notes it in the chain. fault.Password with the tries left, and
// fault.Locked, are as at signing in.
func (d *Desk) ChangePassword(ctx context.Context, old, new []byte) error {
	const op = "change password"
	if err := guard.CheckPassword(d.operator.ID, new); err != nil {
		return fault.Wrap(op, err)
	}
	if slices.Equal(old, new) {
		return fault.Say(op, fault.Input, "新密码不能与现在的密码相同。", nil)
	}
	if err := d.store.ChangePassword(ctx, d.operator.ID, old, new); err != nil {
		return fault.Wrap(op, err)
	}
	if err := d.markTemporary(ctx, d.operator.ID, nil); err != nil {
		return fault.Wrap(op, err)
	}
	d.mustChange.Store(false)
	return d.notePassword(ctx, op, "change")
}

// ResetPassword gives another operator of this laptop a temporary password without
// the old one, ends a lock of the account, and notes it in the chain. Only a
// data administrator may, for people whom he Manages; fault.Missing for one who was never enabled here,
// fault.Input for the administrator's own account.
func (d *Desk) ResetPassword(ctx context.Context, who string, password []byte) error {
	const op = "reset password"
	if err := d.permit(ctx, guard.ManageOperators, nil); err != nil {
		return fault.Wrap(op, err)
	}
	if who == d.operator.ID {
		return fault.Say(op, fault.Input, "请用“修改密码”更换自己的密码。", nil)
	}
	if err := guard.CheckPassword(who, password); err != nil {
		return fault.Wrap(op, err)
	}
	ops, err := d.store.Operators(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	i := slices.IndexFunc(ops, func(o guard.Operator) bool { return o.ID == who && o.Enabled })
	if i < 0 || !d.store.CanSignIn(who) {
		return fault.New(op, fault.Missing, nil)
	}
	if err := d.managesAs(ctx, op, ops[i], "本人忘记密码的，请在登录页点“忘记密码”，由县资助中心批准。"); err != nil {
		return err
	}
	return d.letIn(ctx, op, ops[i], "reset "+who, password)
}

// Manages says whether the operator signed in stands at or above another's level and
// organisation, so that he may let the other in here or set the password anew; at a
// laptop for practice he may for everybody.
func (d *Desk) Manages(o Operator) bool {
	return d.store.Profile().Practice || guard.Manages(d.acting(), o, d.site().County) == nil
}

// managesAs is fault.Denied for a person whom the operator signed in does not manage,
// which is noted; way is what to do instead. At a laptop for practice everybody is
// managed.
func (d *Desk) managesAs(ctx context.Context, op string, who guard.Operator, way string) error {
	if d.store.Profile().Practice {
		return nil
	}
	err := guard.Manages(d.acting(), who, d.site().County)
	if err == nil {
		return nil
	}
	d.refuse(ctx, d.operator, nil, err)
	return fault.Tell(op, fault.Denied, fault.Sentence(err)+way, err)
}

// MayResetPasswords says whether the operator signed in may set another's
// password anew.
func (d *Desk) MayResetPasswords() bool {
	return guard.MayAt(d.acting(), guard.ManageOperators, nil, d.site()) == nil
}

// Recoverable says whether the county can help somebody here who forgot a
// password.
func (d *Desk) Recoverable() bool { return !d.store.Profile().Recovery.Zero() }

// notePassword writes that a password was set anew; what is ids and words of
// the program.
func (d *Desk) notePassword(ctx context.Context, op, what string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, err := d.store.Commit(ctx, []store.Entry{{Kind: loan.ChangeRecover, Operator: d.operator.ID, Body: loan.ViewBody{Detail: what}}}, nil)
	return fault.Wrap(op, err)
}
