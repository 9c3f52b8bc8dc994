package seal

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"doorstep/internal/fault"
)

// Verifier is what is kept of a password to tell it from others: Argon2id over it
// and a random salt, with its cost. It opens nothing.
type Verifier struct {
	cost      Cost
	salt, sum []byte
}

// NewVerifier makes the verifier of a password. One that is empty or too long is
// fault.Input.
func NewVerifier(password []byte, cost Cost) (Verifier, error) {
	const op = "seal.NewVerifier"
	if len(password) == 0 || len(password) > 1024 {
		return Verifier{}, fault.New(op, fault.Input, errors.New("password empty or too long"))
	}
	if err := cost.valid(); err != nil {
		return Verifier{}, err
	}
	v := Verifier{cost: cost, salt: make([]byte, saltSize)}
	_, _ = rand.Read(v.salt)
	v.sum = cost.derive(password, v.salt)
	return v, nil
}

// Right says whether a password is the one.
func (v Verifier) Right(password []byte) bool {
	if len(v.sum) != keySize || len(password) > 1024 {
		return false
	}
	sum := v.cost.derive(password, v.salt)
	defer Wipe(sum)
	return subtle.ConstantTimeCompare(sum, v.sum) == 1
}

// String is the verifier as it is stored: the usual form of Argon2id,
// $argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$SUM, both in base64 without padding.
func (v Verifier) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", v.cost.MemoryKiB, v.cost.Time, v.cost.Threads, b.EncodeToString(v.salt), b.EncodeToString(v.sum))
}

// ParseVerifier is the inverse of String; anything else is fault.Damaged, and so is
// a cost out of bounds.
func ParseVerifier(s string) (Verifier, error) {
	const op = "seal.ParseVerifier"
	var v Verifier
	parts := strings.Split(s, "$")
	if len(parts) != 6 {
		return v, fault.New(op, fault.Damaged, errors.New("verifier"))
	}
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &v.cost.MemoryKiB, &v.cost.Time, &v.cost.Threads)
	if err == nil {
		v.salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	}
	if err == nil {
		v.sum, err = base64.RawStdEncoding.DecodeString(parts[5])
	}
	if err != nil || v.cost.valid() != nil || len(v.salt) != saltSize || len(v.sum) != keySize || v.String() != s {
		return Verifier{}, fault.New(op, fault.Damaged, errors.New("verifier"))
	}
	return v, nil
}
