package assets

import (
	"testing"

	"doorstep/internal/fault"
)

func TestUnpackOfBrokenBytesIsDamaged(t *testing.T) {
	half := townships[:len(townships)/2]
	for name, b := range map[string][]byte{"cut in half": half, "not packed": []byte("code\tname\n")} {
		got, err := unpack("test", b)
		if fault.KindOf(err) != fault.Damaged || got != nil {
			t.Errorf("%s: %d bytes, %v; want damaged", name, len(got), err)
		}
	}
}
