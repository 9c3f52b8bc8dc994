package guard

import "time"

// Centre stands in the record as the operator of what the centre does by itself, or by
// whoever administers its machine: it is nobody's account.
const Centre = "centre"

// RecordTime is a moment of the record on screen and in a report: by the clock of
// Beijing, whichever a machine is set to.
func RecordTime(t time.Time) string { return t.In(beijing()).Format("2006-01-02 15:04:05") }

// NamedLabel gives accounts the names that people go by: "name（account）" of those that
// names has, and AccountLabel of others.
func NamedLabel(names map[string]string) func(account string) string {
	return func(account string) string {
		if n := names[account]; n != "" {
			return n + "（" + account + "）"
		}
		return AccountLabel(account)
	}
}

// AccountLabel is an account on screen and in a report, where no name is known: the
// account itself, and words for those of the program's own that are nobody's.
func AccountLabel(account string) string {
	switch account {
	case Centre:
		return "县资助中心"
	case Unknown:
		return "不在本机的账号"
	}
	return account
}
