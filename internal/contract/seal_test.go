package contract

import (
	"bytes"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

func TestSealKeepsTheFileAtItsFront(t *testing.T) {
	id := newIdentity(t, seal.Device)
	base := mustFill(t, testInput(t))
	if sealed := id.seal(t, base); !bytes.HasPrefix(sealed, base) {
		t.Error("sealing changed the file")
	}
}

func TestSealRefuses(t *testing.T) {
	id, other := newIdentity(t, seal.Device), newIdentity(t, seal.Device)
	national, err := seal.NewSignerOf(seal.National)
	if err != nil {
		t.Fatal(err)
	}
	base := mustFill(t, testInput(t))
	receipt, err := testPress(t).Receipt(testReceipt(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		sub      string
		pdf      []byte
		signer   *seal.Signer
		cert, ca []byte
		want     fault.Kind
	}{
		{"what is no file of ours", []byte("%PDF-1.4\n"), id.signer, id.cert, id.ca, fault.Input},
		{"nothing", nil, id.signer, id.cert, id.ca, fault.Input},
		{"a receipt", receipt, id.signer, id.cert, id.ca, fault.Input},
		{"a sealed file", id.seal(t, base), id.signer, id.cert, id.ca, fault.Exists},
		{"a file cut off", base[:len(base)-10], id.signer, id.cert, id.ca, fault.Input},
		{"with another's key", base, other.signer, id.cert, id.ca, fault.Untrusted},
		{"with another's authority", base, id.signer, id.cert, other.ca, fault.Untrusted},
		{"with no certificate", base, id.signer, nil, id.ca, fault.Untrusted},
		{"with no authority", base, id.signer, id.cert, []byte{1}, fault.Untrusted},
		{"with a key of the national suite", base, national, id.cert, id.ca, fault.Unsupported},
	} {
		t.Run(c.sub, func(t *testing.T) {
			if _, err := Seal(c.pdf, Closing{Signer: c.signer, Cert: c.cert, CA: c.ca, Events: id.closing(base).Events}); fault.KindOf(err) != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSealWantsTheEventsOfTheInk(t *testing.T) {
	id := newIdentity(t, seal.Device)
	in := testInput(t)
	both := mustFill(t, in)
	delete(in.Strokes, loan.CoborrowerParty)
	one := mustFill(t, in)
	in.Strokes = nil
	none := mustFill(t, in)
	student, coborrower := Event{Party: loan.StudentParty, At: in.At}, Event{Party: loan.CoborrowerParty, At: in.At}
	for _, c := range []struct {
		sub    string
		pdf    []byte
		events []Event
		ok     bool
	}{
		{"both", both, []Event{student, coborrower}, true},
		{"one hand in a file of two", both, []Event{student}, false},
		{"the other way round", both, []Event{coborrower, student}, false},
		{"one", one, []Event{student}, true},
		{"two events in a file of one hand", one, []Event{student, coborrower}, false},
		{"another's event", one, []Event{coborrower}, false},
		{"a file that nobody signed", none, nil, false},
	} {
		t.Run(c.sub, func(t *testing.T) {
			out, err := Seal(c.pdf, Closing{Signer: id.signer, Cert: id.cert, CA: id.ca, Events: c.events})
			if (err == nil) != c.ok || err != nil && fault.KindOf(err) != fault.Input {
				t.Fatalf("got %v", err)
			}
			if err == nil && !bytes.Equal(Closed(append(bytes.Clone(out), "x"...)), append(bytes.Clone(out), "x"...)) {
				t.Error("a file with something behind it is given cut")
			}
		})
	}
}

func TestPortraitFaults(t *testing.T) {
	good := testPortrait(t, 100)
	for _, c := range []struct {
		sub  string
		jpeg []byte
		want fault.Kind
	}{
		{"not a JPEG", []byte("GIF89a"), fault.Unsupported},
		{"cut off", good[:len(good)/2], fault.Unsupported},
		{"too large", append(bytes.Clone(good), make([]byte, maxPortrait)...), fault.TooLarge},
	} {
		t.Run(c.sub, func(t *testing.T) {
			in := testInput(t)
			in.Portraits[0] = c.jpeg
			if _, err := testPress(t).Fill(in); fault.KindOf(err) != c.want {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestPortraitsLoseWhatTellsOfAPlace(t *testing.T) {
	good := testPortrait(t, 100)
	exif := append([]byte{0xFF, 0xE1, 0, 18}, "Exif\x00\x00GPS-PLACE"...)
	exif = append(exif, 0)
	told := append(append(bytes.Clone(good[:2]), exif...), good[2:]...)
	in := testInput(t)
	in.Portraits[0] = append(told, "hidden behind the end"...)
	b := mustFill(t, in)
	if bytes.Contains(b, []byte("GPS-PLACE")) || bytes.Contains(b, []byte("hidden behind")) {
		t.Error("the place is written into the contract")
	}
	if !bytes.Equal(b, mustFill(t, testInputWith(t, good))) {
		t.Error("the bare portrait differs from one that never told")
	}
}

func testInputWith(t *testing.T, portrait []byte) Input {
	in := testInput(t)
	in.Portraits[0] = portrait
	return in
}
