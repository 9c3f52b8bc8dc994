package capture

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"testing"

	"doorstep/internal/fault"
)

func testGift() *PhoneGift {
	return &PhoneGift{Name: "助学贷款合同-0badc0de.pdf", Data: append([]byte("%PDF-1.7\n"), bytes.Repeat([]byte("contract "), 20000)...)}
}

func (g phonePage) get(path string) (int, string) {
	g.t.Helper()
	res, err := http.Get(g.base + path)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func TestAFileIsGivenToTheOnePhone(t *testing.T) {
	gift := testGift()
	p, g := servePhoneFor(t, PhoneOptions{Title: "保存合同", Gift: gift})
	t.Run("who has no token gets nothing", func(t *testing.T) {
		if _, err := (phonePage{t: t, base: g.base, token: "GUESS"}).join(); err == nil {
			t.Error("joined")
		}
		if e := next(t, p); fault.KindOf(e.Refused) != fault.Untrusted {
			t.Errorf("the clerk is told %+v", e)
		}
		for _, path := range []string{"", "about", "gift.js", "link.js", "phone.css", gift.Name, "file"} {
			if _, text := g.get(path); strings.Contains(text, "contract contract") || strings.Contains(text, "0badc0de") {
				t.Errorf("%s gives the file away", path)
			}
		}
	})
	conn := g.joins(t, p)
	e := next(t, p)
	if !e.Joined || e.Digits != digits(g.key) || len(e.Digits) != 4 {
		t.Fatalf("got %+v, want that it joined, with its digits", e)
	}
	hears[phoneWords](t, conn, recordWords)
	p.Give()
	b := told(t, conn, recordFile)
	sum := sha256.Sum256(gift.Data)
	name := string(b[33 : 33+int(b[32])])
	if !bytes.Equal(b[:32], sum[:]) || name != gift.Name || !bytes.Equal(b[33+len(name):], gift.Data) {
		t.Fatal("the phone gets something else")
	}
	writeRecord(conn, recordGot, make([]byte, 32))
	if e := next(t, p); e.Given || fault.KindOf(e.Refused) != fault.Input {
		t.Errorf("another hash: got %+v", e)
	}
	if w := hears[phoneWords](t, conn, recordWords); w.Kind != "bad" {
		t.Errorf("the phone is told %v", w)
	}
	writeRecord(conn, recordGot, sum[:])
	if w := hears[phoneWords](t, conn, recordWords); w.Kind != "good" {
		t.Errorf("the phone is told %v", w)
	}
	if e := next(t, p); !e.Given {
		t.Errorf("got %+v, want that it has the file", e)
	}
	if _, err := (phonePage{t: t, base: g.base, token: g.token}).join(); err == nil {
		t.Error("another phone joined by the same code")
	}
}

func TestAFileThatIsNoneIsNotServed(t *testing.T) {
	for name, k := range map[string]struct {
		g    PhoneGift
		want fault.Kind
	}{
		"nothing":      {PhoneGift{Name: "x.pdf"}, fault.Input},
		"without name": {PhoneGift{Data: []byte("x")}, fault.Input},
		"huge":         {PhoneGift{Name: "x.pdf", Data: make([]byte, maxGift+1)}, fault.TooLarge},
	} {
		if p, err := ServePhone(t.Context(), PhoneOptions{Local: true, Gift: &k.g}); fault.KindOf(err) != k.want {
			t.Errorf("%s: got %v, want %v", name, err, k.want)
			if p != nil {
				p.Close()
			}
		}
	}
}
