package seal

import (
	"bytes"
	"strings"
	"testing"

	"doorstep/internal/fault"
)

func TestTwoAgreeAndNobodyElse(t *testing.T) {
	for _, suite := range Suites() {
		t.Run(suite.String(), func(t *testing.T) {
			var s [3]*Signer
			for i := range s {
				var err error
				if s[i], err = NewSignerOf(suite); err != nil {
					t.Fatal(err)
				}
			}
			key := func(a, b *Signer, label string) *Key {
				k, err := a.Agree(b.Public(), label)
				if err != nil {
					t.Fatal(err)
				}
				return k
			}
			message := []byte("a message")
			answer := key(s[0], s[1], "x").Answer(message)
			if len(answer) != AnswerSize || !key(s[1], s[0], "x").Answers(message, answer) {
				t.Error("the other does not know the answer")
			}
			for name, k := range map[string]*Key{"a third": key(s[2], s[0], "x"), "another third": key(s[2], s[1], "x"), "another label": key(s[1], s[0], "y")} {
				if k.Answers(message, answer) {
					t.Error(name + " knows it too")
				}
			}
			if key(s[1], s[0], "x").Answers([]byte("another message"), answer) {
				t.Error("it answers another message")
			}
		})
	}
	a, _ := NewSignerOf(International)
	b, _ := NewSignerOf(National)
	if _, err := a.Agree(b.Public(), "x"); fault.KindOf(err) != fault.Input {
		t.Errorf("across suites: got %v", err)
	}
	if _, err := a.Agree(PublicKey{}, "x"); fault.KindOf(err) != fault.Input {
		t.Errorf("without a key: got %v", err)
	}
}

func TestASpokenCodeIsReadAsPeopleTypeIt(t *testing.T) {
	for _, b := range [][]byte{{0}, {1, 2, 3, 4, 5}, bytes.Repeat([]byte{255}, AnswerSize), make([]byte, 13)} {
		text := Spoken(b)
		for _, typed := range []string{text, strings.ToLower(text), strings.ReplaceAll(text, "-", " "), strings.ReplaceAll(strings.ReplaceAll(text, "0", "o"), "1", "l")} {
			if got, err := ParseSpoken(typed, len(b)); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%q: got %x, %v", typed, got, err)
			}
		}
	}
	good := Spoken([]byte{1, 2, 3, 4, 5})
	for name, typed := range map[string]string{"nothing": "", "too short": good[1:], "too long": good + "0", "no symbol": "U" + good[1:], "endless": strings.Repeat("0", 2000)} {
		if _, err := ParseSpoken(typed, 5); fault.KindOf(err) != fault.Input || fault.Sentence(err) == fault.Input.Sentence() {
			t.Errorf("%s: got %v", name, err)
		}
	}
	wrong := 0
	for i := range good {
		if good[i] == '-' {
			continue
		}
		for _, c := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
			typed := good[:i] + string(c) + good[i+1:]
			if b, err := ParseSpoken(typed, 5); err == nil && !bytes.Equal(b, []byte{1, 2, 3, 4, 5}) {
				wrong++
			}
		}
	}
	if wrong > 3 {
		t.Errorf("%d slips of one symbol are taken for another code", wrong)
	}
}

func FuzzParseSpoken(f *testing.F) {
	f.Add(Spoken([]byte{1, 2, 3, 4, 5}), 5)
	f.Add("", 0)
	f.Fuzz(func(t *testing.T, text string, size int) {
		size = min(max(size, 0), 64)
		b, err := ParseSpoken(text, size)
		if err != nil {
			return
		}
		if len(b) != size {
			t.Fatalf("got %d bytes, want %d", len(b), size)
		}
		if again, err := ParseSpoken(Spoken(b), size); err != nil || !bytes.Equal(b, again) {
			t.Fatalf("%x came back as %x, %v", b, again, err)
		}
	})
}
