package central

// Why else a wish is not granted.
const (
	whyElsewhere = "the laptop does not work on the case"
	whyBy        = "the operator may not, or is not on the roster"
)

// Said is in Chinese why a wish to erase a case was not granted; empty where it was.
func (t Tombstone) Said() string {
	switch t.Refused {
	case "":
		return ""
	case whyNotVoid:
		return "还没有作废：受理点先在电脑上“作废本案”，联网送到中心以后会自动清除"
	case whySealed:
		return "签过合同，须按规定保存"
	case whyUnknown:
		return "县里没有这件案件"
	case whyMet:
		return "后来送到的内容不在要求之内，须由人决定"
	case whyElsewhere:
		return "这台电脑没有办理过这件案件"
	case whyBy:
		return "提出的人没有这项权限，或不在名册上"
	}
	return t.Refused
}
