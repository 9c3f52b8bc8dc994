package seal

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"doorstep/internal/fault"
)

func testKeyfile(t testing.TB, s Suite) (*Keyfile, *Key) {
	f, k := NewKeyfileOf(s, CheapCost())
	for _, o := range []string{"op1", "op2"} {
		if err := f.Add(k, o, []byte("pass of "+o)); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.SetName(k, "op1", "韦操作"); err != nil {
		t.Fatal(err)
	}
	return f, k
}

func TestKeyfile(t *testing.T) {
	for _, s := range suites() {
		t.Run("each operator opens the same key after a round trip, "+s.String(), func(t *testing.T) {
			f, k := testKeyfile(t, s)
			f = must(ParseKeyfile(f.Marshal()))
			for _, o := range f.Operators() {
				got := must(f.Unlock(o, []byte("pass of "+o)))
				if *got != *k {
					t.Fatalf("%s opens another key", o)
				}
			}
			if got := f.Name("op1") + "|" + f.Name("op2"); got != "韦操作|" {
				t.Fatalf("names %q", got)
			}
		})
		t.Run("the county recovers the key and no one else, "+s.String(), func(t *testing.T) {
			f, k := testKeyfile(t, s)
			county := must(NewSignerOf(s))
			if err := f.SetRecovery(k, county.Public(), [16]byte{7}); err != nil {
				t.Fatal(err)
			}
			f = must(ParseKeyfile(f.Marshal()))
			if got := must(f.Recover(county, [16]byte{7})); *got != *k {
				t.Fatal("recovers another key")
			}
			_, err := f.Recover(must(NewSignerOf(s)), [16]byte{7})
			wantKind(t, err, fault.Missing)
			_, err = f.Recover(county, [16]byte{8})
			wantKind(t, err, fault.Damaged)
			next := must(NewSignerOf(s))
			if err := f.SetRecovery(k, next.Public(), [16]byte{7}); err != nil {
				t.Fatal(err)
			}
			if f.Recoverable(county.Public()) || !f.Recoverable(next.Public()) {
				t.Fatal("a wrap to the former key is left")
			}
		})
	}
	t.Run("wrong operator and wrong password look the same", func(t *testing.T) {
		f, _ := testKeyfile(t, International)
		_, err := f.Unlock("op1", []byte("pass of op2"))
		wantKind(t, err, fault.Password)
		_, err = f.Unlock("op9", []byte("pass of op1"))
		wantKind(t, err, fault.Password)
		work := func(operator string) uint64 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := f.Unlock(operator, []byte("wrong"))
			wantKind(t, err, fault.Password)
			runtime.ReadMemStats(&after)
			return after.TotalAlloc - before.TotalAlloc
		}
		want := uint64(f.slots[0].Memory) << 10
		if known, unknown := work("op1"), work("op9"); known < want || unknown < want {
			t.Errorf("memory worked on: got %d and %d bytes, want %d", known, unknown, want)
		}
	})
	t.Run("a changed password replaces the old one", func(t *testing.T) {
		f, k := testKeyfile(t, International)
		wantKind(t, f.Change("op1", []byte("wrong"), []byte("new")), fault.Password)
		if err := f.Change("op1", []byte("pass of op1"), []byte("new")); err != nil {
			t.Fatal(err)
		}
		_, err := f.Unlock("op1", []byte("pass of op1"))
		wantKind(t, err, fault.Password)
		if *must(f.Unlock("op1", []byte("new"))) != *k || f.Name("op1") != "韦操作" {
			t.Fatal("new password opens another key, or the name is gone")
		}
		must(f.Unlock("op2", []byte("pass of op2")))
	})
	t.Run("an operator removed cannot come in, the last one stays", func(t *testing.T) {
		f, k := testKeyfile(t, International)
		if err := f.Remove(k, "op1"); err != nil {
			t.Fatal(err)
		}
		_, err := f.Unlock("op1", []byte("pass of op1"))
		wantKind(t, err, fault.Password)
		wantKind(t, f.Remove(k, "op1"), fault.Missing)
		wantKind(t, f.Remove(k, "op2"), fault.Denied)
	})
	t.Run("refuses doubles, empties and foreign keys", func(t *testing.T) {
		f, k := testKeyfile(t, International)
		wantKind(t, f.Add(k, "op1", []byte("x")), fault.Exists)
		wantKind(t, f.Add(k, "", []byte("x")), fault.Input)
		wantKind(t, f.Add(k, "op3", nil), fault.Input)
		wantKind(t, f.Add(NewKey(), "op3", []byte("x")), fault.Damaged)
		wantKind(t, f.SetRecovery(k, PublicKey{}, [16]byte{}), fault.Input)
	})
	t.Run("tampering is damage even with the right password", func(t *testing.T) {
		f, _ := testKeyfile(t, International)
		for what, change := range map[string]func(b []byte) []byte{
			"an operator renamed": func(b []byte) []byte { return bytes.Replace(b, []byte("韦操作"), []byte("韦换人"), 1) },
			"a slot taken from another": func(b []byte) []byte {
				return bytes.Replace(b, []byte(`"operator":"op2"`), []byte(`"operator":"op3"`), 1)
			},
		} {
			bad := must(ParseKeyfile(change(f.Marshal())))
			_, err := bad.Unlock("op1", []byte("pass of op1"))
			if got := fault.KindOf(err); got != fault.Damaged {
				t.Errorf("%s: got %v", what, err)
			}
		}
	})
	t.Run("holds neither password nor key in the open", func(t *testing.T) {
		f, k := testKeyfile(t, International)
		b := f.Marshal()
		if bytes.Contains(b, []byte("pass of op1")) || bytes.Contains(b, k.secret[:]) {
			t.Fatal("a secret in the key file")
		}
	})
}

func TestParseKeyfileSaysWhatIsWrong(t *testing.T) {
	f, _ := testKeyfile(t, International)
	good := string(f.Marshal())
	sub := func(old, new string) string {
		s := bytes.Replace([]byte(good), []byte(old), []byte(new), 1)
		if string(s) == good {
			t.Fatalf("nothing to replace: %s", old)
		}
		return string(s)
	}
	for name, c := range map[string]struct {
		in   string
		want fault.Kind
	}{
		"empty":                {"", fault.Damaged},
		"cut short":            {good[:len(good)/2], fault.Damaged},
		"something behind":     {good + "{}", fault.Damaged},
		"a later version":      {sub(`"version":1`, `"version":2`), fault.Newer},
		"a later suite":        {sub(`"suite":1`, `"suite":3`), fault.Newer},
		"suite nought":         {sub(`"suite":1`, `"suite":0`), fault.Damaged},
		"an unknown member":    {sub(`"version":1`, `"version":1,"x":1`), fault.Damaged},
		"a ruinous cost":       {sub(`"memory_kib":64`, `"memory_kib":4294967295`), fault.Damaged},
		"one operator twice":   {sub(`"operator":"op2"`, `"operator":"op1"`), fault.Damaged},
		"an id that is not":    {sub(`"id":"`, `"id":"zz`), fault.Damaged},
		"longer than any file": {good + string(make([]byte, maxKeyfile)), fault.Damaged},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseKeyfile([]byte(c.in))
			wantKind(t, err, c.want)
		})
	}
}

func TestCalibrateNeverGoesBelowTheFloor(t *testing.T) {
	if got := Calibrate(time.Nanosecond); got != FloorCost() {
		t.Fatalf("got %+v", got)
	}
	if got := Calibrate(time.Hour); got.Time != maxTime || got.valid() != nil {
		t.Fatalf("got %+v", got)
	}
}

func FuzzParseKeyfile(f *testing.F) {
	kf, k := testKeyfile(f, International)
	f.Add(kf.Marshal())
	_ = kf.SetRecovery(k, must(NewSigner()).Public(), [16]byte{})
	f.Add(kf.Marshal())
	f.Add([]byte(`{"format":"doorstep keyfile","version":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		kf, err := ParseKeyfile(b)
		if err != nil {
			return
		}
		if again := must(ParseKeyfile(kf.Marshal())); !bytes.Equal(again.Marshal(), kf.Marshal()) {
			t.Fatal("not stable")
		}
	})
}

func BenchmarkUnlockAtTheFloor(b *testing.B) {
	f, k := NewKeyfile(FloorCost())
	_ = f.Add(k, "op", []byte("pw"))
	for b.Loop() {
		must(f.Unlock("op", []byte("pw")))
	}
}
