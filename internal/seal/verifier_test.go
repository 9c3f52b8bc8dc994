package seal

import (
	"testing"

	"doorstep/internal/fault"
)

func TestAVerifierTellsAPassword(t *testing.T) {
	v, err := NewVerifier([]byte("eine richtige"), CheapCost())
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseVerifier(v.String())
	if err != nil {
		t.Fatal(err)
	}
	for password, want := range map[string]bool{"eine richtige": true, "eine richtigE": false, "": false} {
		if got := again.Right([]byte(password)); got != want {
			t.Errorf("%q: %v", password, got)
		}
	}
	if (Verifier{}).Right(nil) {
		t.Error("none is right")
	}
	other, err := NewVerifier([]byte("eine richtige"), CheapCost())
	if err != nil || other.String() == v.String() {
		t.Errorf("the same password gives the same words: %v", err)
	}
	if _, err := NewVerifier(nil, CheapCost()); fault.KindOf(err) != fault.Input {
		t.Errorf("an empty one: %v", err)
	}
}

func FuzzVerifier(f *testing.F) {
	v, err := NewVerifier([]byte("a password"), CheapCost())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(v.String())
	f.Add("$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA")
	f.Add("$argon2id$v=19$m=64,t=1,p=1$$")
	f.Fuzz(func(t *testing.T, s string) {
		v, err := ParseVerifier(s)
		if err != nil {
			if fault.KindOf(err) != fault.Damaged {
				t.Errorf("%v", err)
			}
			return
		}
		if v.String() != s {
			t.Errorf("%q reads as %q", s, v)
		}
	})
}
