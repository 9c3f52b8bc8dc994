package guard

// Label is on screen and in the lists of the centre what is odd.
func (o Oddity) Label() string {
	if o.Kind == OddPassword && o.Operator == Unknown {
		return "登录失败很多次"
	}
	if l, ok := map[OddKind]string{OddLooks: "查看他人案件很多", OddNight: "夜间操作", OddSearches: "超过每日查找上限", OddTakes: "超过每日接手上限", OddRefused: "多次被拒绝", OddPassword: "输错密码",
		OddGlass: "紧急查看", OddAsks: "申请授权很多", OddLent: "临时密码", OddPassed: "转交很多", OddIdle: "打开很多案件未办理", OddSignIns: "一天登录很多次", OddBack: "恢复了备份或以前的数据", OddCopied: "记录与县里的不同，没有收", OddPhone: "同一手机多名学生", OddPortrait: "同一人像多件案件"}[o.Kind]; ok {
		return l
	}
	return string(o.Kind)
}

// Unit is what is counted.
func (o Oddity) Unit() string {
	switch {
	case o.Kind == OddPhone:
		return "名学生"
	case o.Kind == OddIdle, o.Kind == OddPortrait && o.Operator == "":
		return "件"
	}
	return "次"
}
