package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestEveryStatusHasWords(t *testing.T) {
	for s := range 256 {
		err := statusFault("test", byte(s))
		if done := s == statusDone || s == statusFound; done != (err == nil) {
			t.Errorf("status %02X: got %v", s, err)
		}
		var f *fault.Error
		if err != nil && (!errors.As(err, &f) || !f.Whole || !strings.Contains(f.Say, "请")) {
			t.Errorf("status %02X does not say what to do: %v", s, err)
		}
	}
	for _, s := range []byte{0x10, 0x23, 0x32, 0x40, 0x41, 0x60, 0x66, 0x80, 0x91} {
		_, words := statusWords(s)
		if _, other := statusWords(0xee); words == other {
			t.Errorf("status %02X has no words of its own", s)
		}
	}
}

func TestRequestsAreThoseOfTheProtocol(t *testing.T) {
	for command, want := range map[uint16]string{
		askReader: "AAAAAA9669000311FFED", findCard: "AAAAAA96690003200122", selectCard: "AAAAAA96690003200221", readCard: "AAAAAA96690003300132",
	} {
		if got := commandBytes(command); strings.ToUpper(hexOf(got)) != want {
			t.Errorf("%04x: got %x, want %s", command, got, want)
		}
	}
	status, _, _, more, err := answer([]byte{0xaa, 0xaa, 0xaa, 0x96, 0x69, 0, 8, 0, 0, 0x9f, 0, 0, 0, 0, 0x97})
	if status != statusFound || more || err != nil {
		t.Errorf("got %02x, %v, %v, want a card found", status, more, err)
	}
}

func hexOf(b []byte) string {
	const digits = "0123456789abcdef"
	var s strings.Builder
	for _, v := range b {
		s.WriteByte(digits[v>>4])
		s.WriteByte(digits[v&15])
	}
	return s.String()
}

func TestACardSaysOnlyWhatCanBe(t *testing.T) {
	text := func(change func([]byte)) []byte {
		b := textOf(Card{Name: "韦测甲", Sex: loan.Male, Nation: 1, Birth: "2007-03-15", Number: "450000200703150010", To: "2030-02-28"})
		change(b)
		return b
	}
	put := func(at int, s string) func([]byte) {
		return func(b []byte) {
			for i, r := range []rune(s) {
				binary.LittleEndian.PutUint16(b[at+2*i:], uint16(r))
			}
		}
	}
	t.Run("a day that does not exist is left out", func(t *testing.T) {
		if c, err := parseCard(text(put(204, "20300230"))); err != nil || c.To != "" {
			t.Errorf("got %q, %v, want nothing", c.To, err)
		}
	})
	t.Run("a character of no standard is not guessed at", func(t *testing.T) {
		if c, err := parseCard(text(put(2, "\ue863"))); err != nil || c.Name != "" || !c.Unsure {
			t.Errorf("got %q, unsure %v, %v", c.Name, c.Unsure, err)
		}
	})
	t.Run("a name that fills its place may go on", func(t *testing.T) {
		c, err := parseCard(text(put(0, strings.Repeat("测", 15))))
		if err != nil || !c.NameFull {
			t.Errorf("got full %v, %v", c.NameFull, err)
		}
	})
	t.Run("a nation that is none is left out", func(t *testing.T) {
		for _, s := range []string{"97", "0A", "  "} {
			if c, err := parseCard(text(put(32, s))); err != nil || c.Nation != 0 {
				t.Errorf("%s: got %d, %v", s, c.Nation, err)
			}
		}
	})
	t.Run("a kind nobody knows is refused in words", func(t *testing.T) {
		if _, err := parseCard(text(put(cardMark, "Q"))); fault.KindOf(err) != fault.Unsupported {
			t.Errorf("got %v, want unsupported", err)
		}
	})
	t.Run("noise is no card", func(t *testing.T) {
		if _, err := parseCard(bytes.Repeat([]byte{0x5a}, cardText)); err == nil {
			t.Error("taken for a card")
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(answered(statusDone, nil))
	c := chip{cards: []Card{{Number: "450000200703150010", Photo: make([]byte, cardPhoto)}}, found: true, selected: true}
	f.Add(c.answer(readCard))
	f.Add([]byte{0xaa, 0xaa, 0xaa, 0x96, 0x69, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		_, data, done, more, err := answer(b)
		if done < 0 || done > len(b) || !more && done == 0 || len(data) > maxAnswer {
			t.Fatalf("used %d of %d bytes, more %v", done, len(b), more)
		}
		if err == nil && !more {
			if c, err := cardOf(data); err == nil && len(c.Photo) > cardPhoto {
				t.Fatalf("a picture of %d bytes", len(c.Photo))
			}
		}
	})
}

func FuzzCard(f *testing.F) {
	for k := range ForeignCard2 + 1 {
		f.Add(textOf(Card{Kind: k, Name: "阿测·甲", Sex: loan.Female, Nation: 5, Birth: "2007-03-15", Number: "450000200703150010", From: "2020-01-01", To: loan.LongTerm}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parseCard(b)
		if err != nil {
			return
		}
		if c.Birth != "" && !c.Birth.Valid() || c.Nation < 0 || c.Nation > 56 || c.Name != "" && c.Unsure {
			t.Fatalf("got what cannot be: %+v", c)
		}
		if again, err := parseCard(textOf(c)); err != nil || !c.Unsure && !reflect.DeepEqual(again, c) {
			t.Fatalf("got %+v, then %+v, %v", c, again, err)
		}
	})
}
