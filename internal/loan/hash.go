package loan

import (
	"encoding/hex"
	"errors"

	"doorstep/internal/fault"
)

// String is the hash as 64 hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads what String writes; anything else is fault.Input.
func ParseHash(s string) (Hash, error) {
	var h Hash
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(h) || hex.EncodeToString(b) != s {
		return Hash{}, fault.New("parse hash", fault.Input, errors.New("not 64 lower-case hexadecimal digits"))
	}
	copy(h[:], b)
	return h, nil
}
