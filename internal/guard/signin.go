package guard

import (
	"strconv"
	"strings"
	"time"

	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// Unknown stands in the record for whoever tried to sign in as no account that is known
// there; nobody has it as an id. What was typed is kept nowhere.
const Unknown = "unknown"

// FailedWords is what the record says of so many wrong passwords for an account at a
// laptop, or for none that it knows, and when the last was tried.
func FailedWords(operator string, times int, last time.Time) string {
	words := failedMark + strconv.Itoa(times) + " times"
	if operator == Unknown {
		words += noAccount
	}
	return words + lastMark + last.Format(time.RFC3339)
}

const (
	failedMark = "failed "
	noAccount  = " by no account that is known here"
	lastMark   = ", the last at "
)

// failures is how many wrong passwords a line tells of.
func failures(detail string) int {
	rest, _ := strings.CutPrefix(detail, failedMark)
	n, _ := strconv.Atoi(rest[:max(strings.IndexByte(rest, ' '), 0)])
	return max(n, 1)
}

// WrongAtCentre begins what the centre's record says of a wrong password.
const WrongAtCentre = "sign-in at the centre: wrong password"

// CentreRefused begins what the centre's record says of who was not let in there: as no
// account of its roster, or as one that is locked, switched off or has no password.
const CentreRefused = "sign-in at the centre: refused"

// failedSaid is on screen and in a report what a line tells of tries to sign in that
// failed; empty for another line.
func (l Line) failedSaid() string {
	if l.Operator == Unknown && strings.HasPrefix(l.Detail, CentreRefused) {
		return "在中心登录失败 " + strconv.Itoa(timesOf(l.Detail)) + " 次，没有这个账号"
	}
	if !strings.HasPrefix(l.Detail, failedMark) {
		return ""
	}
	words := "输错密码 " + strconv.Itoa(failures(l.Detail)) + " 次"
	if l.Operator == Unknown {
		words = "登录失败 " + strconv.Itoa(failures(l.Detail)) + " 次，账号不在本机"
	}
	_, at, _ := strings.Cut(l.Detail, lastMark)
	if last, err := time.Parse(time.RFC3339, at); err == nil {
		words += "，最后一次 " + last.In(beijing()).Format("01-02 15:04")
	}
	return words
}

// signedIn sees that somebody signed in.
func (w *Watch) signedIn(a Act) {
	before := w.in[a.Device]
	w.Pass(a)
	if before != "" && before != a.Operator {
		key := keyOf(OddSignIns, a)
		if w.swaps[key]++; w.swaps[key] <= fullDay {
			return
		}
	}
	w.add(OddSignIns, a, 1)
}

// Pass sees a line that is not looked at: of a sign-in it tells who was at the laptop
// between others.
func (w *Watch) Pass(a Act) {
	if a.Kind != loan.ChangeSignIn || failed(a) {
		return
	}
	if w.in == nil {
		w.in, w.swaps = map[uuid.UUID]string{}, map[oddKey]int{}
	}
	w.in[a.Device] = a.Operator
}

// failed says whether a line tells of wrong passwords.
func failed(a Act) bool {
	return a.Kind == loan.ChangeSignIn && (strings.HasPrefix(a.Detail, failedMark) || strings.HasPrefix(a.Detail, WrongAtCentre))
}
