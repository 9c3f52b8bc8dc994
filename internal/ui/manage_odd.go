package ui

import "doorstep/internal/desk"

// oddUnit is what is counted.
func oddUnit(o desk.Oddity) string {
	switch {
	case o.Kind == desk.OddPhone:
		return "名学生"
	case o.Kind == desk.OddIdle, o.Kind == desk.OddPortrait && o.Operator == "":
		return "件"
	}
	return "次"
}

func oddLabel(o desk.Oddity) string {
	if o.Kind == desk.OddPassword && o.Operator == desk.Unknown {
		return "登录失败很多次"
	}
	if l, ok := map[desk.OddKind]string{desk.OddLooks: "查看他人案件很多", desk.OddNight: "夜间操作", desk.OddSearches: "超过每日查找上限", desk.OddTakes: "超过每日接手上限", desk.OddRefused: "多次被拒绝", desk.OddPassword: "输错密码",
		desk.OddGlass: "紧急查看", desk.OddAsks: "申请授权很多", desk.OddLent: "临时密码", desk.OddPassed: "转交很多", desk.OddIdle: "打开很多案件未办理", desk.OddSignIns: "一天登录很多次", desk.OddPhone: "同一手机多名学生", desk.OddPortrait: "同一人像多件案件"}[o.Kind]; ok {
		return l
	}
	return string(o.Kind)
}
