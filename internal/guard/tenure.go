package guard

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// How long a laptop and an account are good without a word of the county.
const (
	LeaseFor   = 14 * 24 * time.Hour
	AccountFor = 7 * 24 * time.Hour
	// ClockSlack is how far a clock may stand behind what this laptop has seen:
	// time zones and a battery that was changed stay within it. What was over stays
	// so; only time that this laptop never saw go by is gained by a clock set back, each
	// morning anew by one put to where it stood: OddSignIns alone tells of that.
	ClockSlack = 24 * time.Hour
)

// Tenure is what the right to open a laptop rests on.
type Tenure struct {
	Centre  time.Time // when the centre last spoke with this laptop: its certificate, a receipt
	Lease   time.Time // when the laptop was last renewed by a code, or by the county's list of laptops shut out
	Account time.Time // when this account was last renewed by a code, or by the county's roster that names it
	Since   time.Time // the county gave the last code after this, and after every shut-out up to it
	Latest  time.Time // the latest moment that was seen here: by the chain, or in a word of the centre
	Was     time.Time // what the clock would show, where it was set forward by more than the slack while somebody was signed in; zero: it was not
	ShutOut time.Time // when the county shut the laptop out; zero: it did not
	Free    bool      // nothing ends, as on a laptop for practice
}

// Check is nil while the laptop may be opened by the account at now; otherwise
// fault.Denied with a sentence that says what ended and what to do. What is
// stored is not touched by it.
func (t Tenure) Check(now time.Time) error {
	const op = "guard.Tenure"
	no := func(say, why string) error { return fault.Tell(op, fault.Denied, say, errors.New(why)) }
	ways := func(list string) string {
		return "请连接网络，由本机自动续期；没有网络时，请打电话向县资助中心要续期码，或读入县里新发的“" + list + "”文件。资料都在本机，不会丢失。"
	}
	// Where the clock stands ahead, no list of today helps.
	clock := fmt.Sprintf("电脑日期是 %s，不对的先校正再登录。", day(now))
	at := later(now, t.Latest) // a clock set back gives nothing back that was over
	switch {
	case t.Free:
		return nil
	case t.ShutOut.After(t.Since):
		return fault.Tell(op, fault.Denied, "县资助中心已停用本机，不能办理业务。请联系县资助中心；未送达的资料都在本机。", errShutOut{})
	case now.Before(t.Latest.Add(-ClockSlack)):
		return no(fmt.Sprintf("电脑日期（%s）比本机的最后记录（%s）早，不能打开。请先校正电脑的日期和时间；日期没有错的，请向县资助中心要续期码。",
			day(now), day(t.Latest)), "the clock runs behind the chain")
	case !t.Was.IsZero():
		return no(fmt.Sprintf("登录期间，电脑日期从 %s 变成了 %s，已停止办理。请核对日期：不对的，先校正电脑的日期和时间，再登录一次；正确的，直接返回，再登录一次。资料都在本机，不会丢失。",
			day(t.Was), day(now)), "the clock was set forward")
	case !at.Before(later(t.Centre, t.Lease).Add(LeaseFor)):
		return no(clock+"本机已超过 14 天没有与县资助中心联系，不能打开。"+ways("停用设备名单"), "the lease is over")
	case !at.Before(later(t.Centre, t.Account).Add(AccountFor)):
		return no(clock+"该账号在本机已超过 7 天没有得到县资助中心确认，不能登录办理业务。"+ways("人员名册"), "the account's time is over")
	}
	return nil
}

// errShutOut is beneath the refusal of a laptop that the county shut out.
type errShutOut struct{}

func (errShutOut) Error() string { return "shut out" }

// IsShutOut says whether an error of Check is that the county shut the laptop out.
func IsShutOut(err error) bool { return errors.As(err, &errShutOut{}) }

// Until is when the tenure ends, if nothing renews it.
func (t Tenure) Until() (laptop, account time.Time) {
	return later(t.Centre, t.Lease).Add(LeaseFor), later(t.Centre, t.Account).Add(AccountFor)
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func beijing() *time.Location { return time.FixedZone("", 8*3600) }

func day(t time.Time) string { return t.In(beijing()).Format("2006-01-02") }

// DayOf numbers the day of a moment by Beijing time, as codes name it.
func DayOf(t time.Time) int { return int((t.Unix() + 8*3600) / 86400) }

// DayBegin is the first moment of a numbered day, by Beijing time.
func DayBegin(n int) time.Time { return time.Unix(int64(n)*86400-8*3600, 0).UTC() }

// DayName is the date of a numbered day.
func DayName(n int) string { return time.Unix(int64(n)*86400, 0).UTC().Format("2006-01-02") }

// The labels of the keys that a laptop and the centre agree on, for answers that
// are read out by telephone.
const (
	RenewalLabel = "renewal"
	EnableLabel  = "enable"
	GrantLabel   = "grant"
)

// RenewalSize is how many bytes the nonce of a renewal has.
const RenewalSize = 5

// Renewal is one request to renew a laptop and an account by telephone.
type Renewal struct {
	Device   uuid.UUID
	Operator string
	Nonce    [RenewalSize]byte // random, for this request alone
}

// Message is what the county's answer on a day proves: it is good for this
// laptop, this account and this request. Format, big endian:
// "doorstep renewal 1" | device 16 | len u8, operator | nonce 5 | day u32.
func (r Renewal) Message(day int) []byte {
	b := append([]byte("doorstep renewal 1"), r.Device[:]...)
	b = append(append(b, byte(len(r.Operator))), r.Operator...)
	b = append(b, r.Nonce[:]...)
	return binary.BigEndian.AppendUint32(b, uint32(day))
}
