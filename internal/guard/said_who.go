package guard

// Centre stands in the record as the operator of what the centre does by itself, or by
// whoever administers its machine: it is nobody's account.
const Centre = "centre"

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
