package guard

import (
	"encoding/binary"
	"errors"
	"strings"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// Enabling is one request that the county let an account in at a laptop, named
// by its ten digits.
type Enabling struct {
	Device   uuid.UUID
	Operator string
	Digits   string
}

// EnablingDigits is how many digits name a request.
const EnablingDigits = 10

// ParseDigits takes the digits of a request as they were said; fault.Input for
// anything else.
func ParseDigits(said string) (string, error) {
	said = strings.NewReplacer(" ", "", "-", "").Replace(said)
	if len(said) != EnablingDigits || strings.Trim(said, "0123456789") != "" {
		return "", fault.Tell("guard.ParseDigits", fault.Input, "核对码是 10 位数字，请再核对一次。", errors.New("code: ten digits"))
	}
	return said, nil
}

// Message is what the county's answer on a day proves: it is good for this
// laptop, this account and this request. Format, big endian:
// "doorstep enable 1" | device 16 | len u8, operator | digits 10 | day u32.
func (e Enabling) Message(day int) []byte {
	b := append([]byte("doorstep enable 1"), e.Device[:]...)
	b = append(append(b, byte(len(e.Operator))), e.Operator...)
	b = append(b, e.Digits...)
	return binary.BigEndian.AppendUint32(b, uint32(day))
}

// MustChange is fault.Denied for whoever signed in with a password that another
// person chose: nothing is done by it before it is changed.
func MustChange(v Verb) error {
	return deny(v, "这个密码是由他人代设的临时密码。请先换成只有自己知道的新密码，再办理业务。", "temporary password")
}
