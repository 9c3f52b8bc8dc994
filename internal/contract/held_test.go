package contract

import (
	"bytes"
	"slices"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

func TestAPortraitIsHadBackFromItsContract(t *testing.T) {
	portrait := testPortrait(t, 200)
	filled := mustFill(t, testInputWith(t, portrait))
	sealed := newIdentity(t, seal.Device).seal(t, filled)
	for name, file := range map[string][]byte{"filled": filled, "sealed": sealed} {
		got, err := Pictures(file)
		if err != nil || !slices.ContainsFunc(got, func(b []byte) bool { return bytes.Equal(b, portrait) }) {
			t.Errorf("%s: %d pictures, %v, want the portrait among them byte for byte", name, len(got), err)
		}
	}
	if _, err := Pictures(flip(sealed, 3)); fault.KindOf(err) != fault.Damaged {
		t.Errorf("a damaged file: got %v, want damaged", err)
	}
	if _, err := Pictures(nil); fault.KindOf(err) != fault.Damaged {
		t.Errorf("no file: got %v, want damaged", err)
	}
}
