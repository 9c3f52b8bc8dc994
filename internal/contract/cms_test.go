package contract

import (
	"bytes"
	"testing"

	"doorstep/internal/seal"
)

func TestParseCMSTakesOnlyTheFormItWrites(t *testing.T) {
	id := newIdentity(t, seal.Device)
	der := lastDER(t, id.seal(t, smallFile()))
	if _, err := parseCMS(der); err != nil {
		t.Fatalf("the good form: %v", err)
	}
	p, err := parseCMS(der)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(f func(q *cmsParts)) []byte {
		q := *p
		f(&q)
		b, err := q.marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, b := range map[string][]byte{
		"nothing":              nil,
		"another version":      bytes.Replace(der, []byte{2, 1, 1}, []byte{2, 1, 3}, 1),
		"another digest":       bytes.Replace(der, []byte{3, 4, 2, 1}, []byte{3, 4, 2, 2}, 1),
		"bytes behind the end": append(bytes.Clone(der), 0),
		"cut off":              der[:len(der)-1],
		"no certificate":       bytes.Replace(der, []byte{0xA0, 0x82}, []byte{0xA1, 0x82}, 2),
		"three certificates":   edit(func(q *cmsParts) { q.certs = [][]byte{q.certs[0], q.certs[1], q.certs[1]} }),
	} {
		if _, err := parseCMS(b); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
