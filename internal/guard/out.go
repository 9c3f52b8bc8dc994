package guard

import (
	"errors"
	"slices"

	"doorstep/internal/fault"
)

// Lost is why who began to work at a site as one account may not go on as what the
// roster says it is by now: fault.Denied, with a sentence that tells the next step. nil
// where nothing was taken away.
func Lost(was, is Operator, at Site) error {
	lost := func(say, why string) error {
		return fault.Tell("guard.Lost", fault.Denied, say, errors.New(why))
	}
	const other = "其他人员可以在这里登录。"
	gone := slices.DeleteFunc(slices.Clone(was.Roles), is.Has)
	switch {
	case was.Enabled && !is.Enabled:
		return lost("您的账号已停用，不能再办理。有疑问请联系系统数据管理员；"+other, "account switched off")
	case was.Within(at) && !is.Within(at):
		return lost("您的账号现在属于"+is.Where()+"，这里是"+at.Point+"，不在您的范围内。请由本受理点的人员办理；"+other, "another organisation")
	case len(gone) > 0:
		return lost("您的账号不再是"+labels(gone)+"。请重新登录，按现在的角色办理；有疑问请联系系统数据管理员。", "role")
	}
	for _, v := range []Verb{Search, ApproveGrant, ReviewGlass} {
		if May(was, v, nil) == nil && May(is, v, nil) != nil {
			return lost("您的账号现在是"+is.Level.Label()+"账号，可以办的事项变了。请重新登录，按现在的级别办理；有疑问请联系系统数据管理员。", "level")
		}
	}
	return nil
}
