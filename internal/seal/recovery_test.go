package seal

import (
	"bytes"
	"testing"
	"time"

	"doorstep/internal/fault"
)

// asked is a key file wrapped to a county, and a request for op1 on device 7.
func asked(t testing.TB, s Suite) (data *Key, county *Signer, a *RecoveryAsk) {
	f, k := testKeyfile(t, s)
	county = must(NewSignerOf(s))
	if err := f.SetRecovery(k, county.Public(), [16]byte{7}); err != nil {
		t.Fatal(err)
	}
	return k, county, must(f.AskRecovery([16]byte{7}, "op1", time.UnixMilli(1_700_000_000_000)))
}

func TestRecovery(t *testing.T) {
	at := time.UnixMilli(1_700_000_100_000).UTC()
	centre := must(NewSigner())
	approve := func(a *RecoveryAsk, county, centre *Signer) []byte {
		r := must(OpenRecoveryRequest(a.Request(), county))
		return must(r.Approve(a.Request(), county, centre, [16]byte{9}, at, at.Add(time.Hour)))
	}
	for _, s := range suites() {
		t.Run("the county's approval opens the data key, "+s.String(), func(t *testing.T) {
			data, county, a := asked(t, s)
			r := must(OpenRecoveryRequest(a.Request(), county))
			if r.Operator != "op1" || r.Device != [16]byte{7} || !r.At.Equal(time.UnixMilli(1_700_000_000_000)) {
				t.Fatalf("got %+v", r)
			}
			g := must(a.Open(approve(a, county, centre), centre.Public()))
			if *g.Data != *data || g.ID != [16]byte{9} || g.Operator != "op1" || !g.Issued.Equal(at) || !g.Expires.Equal(at.Add(time.Hour)) {
				t.Fatalf("got %+v", g)
			}
		})
	}
	t.Run("a request says what it is for and who asks; one of before says neither, and opens", func(t *testing.T) {
		f, k := testKeyfile(t, International)
		county := must(NewSigner())
		if err := f.SetRecovery(k, county.Public(), [16]byte{7}); err != nil {
			t.Fatal(err)
		}
		forgot := must(f.AskRecovery([16]byte{7}, "op1", at))
		let := must(f.AskEnabling([16]byte{7}, "op1", "clerk-2", at))
		former := &RecoveryAsk{body: let.body, reply: let.reply}
		former.body.Sort, former.body.By = RecoveryUnsaid, ""
		former.request = must(former.body.seal(county.Public()))
		for _, x := range []struct {
			a     *RecoveryAsk
			magic string
			sort  RecoverySort
			by    string
		}{{forgot, "DSF2", RecoveryForgotten, ""}, {let, "DSF2", RecoveryEnabling, "clerk-2"}, {former, "DSF1", RecoveryUnsaid, ""}} {
			r := must(OpenRecoveryRequest(x.a.Request(), county))
			if string(x.a.Request()[:4]) != x.magic || r.Sort != x.sort || r.By != x.by || r.Operator != "op1" || x.a.Sort() != x.sort {
				t.Errorf("%s: got %+v", x.sort, r)
			}
			if g := must(x.a.Open(approve(x.a, county, centre), centre.Public())); *g.Data != *k {
				t.Errorf("%s: another key", x.sort)
			}
			b := x.a.Request()
			b[3] ^= 3 // the other form
			if _, err := OpenRecoveryRequest(b, county); fault.KindOf(err) != fault.Damaged {
				t.Errorf("%s: passed off as the other form: %v", x.sort, err)
			}
		}
		_, err := f.AskEnabling([16]byte{7}, "op1", "", at)
		wantKind(t, err, fault.Input)
	})
	data, county, a := asked(t, International)
	good := approve(a, county, centre)
	t.Run("another county cannot open the request, and no other centre sign", func(t *testing.T) {
		_, err := OpenRecoveryRequest(a.Request(), must(NewSigner()))
		wantKind(t, err, fault.Damaged)
		_, err = a.Open(approve(a, county, must(NewSigner())), centre.Public())
		wantKind(t, err, fault.Untrusted)
	})
	t.Run("an approval is of one request alone", func(t *testing.T) {
		_, county2, other := asked(t, International)
		_, err := a.Open(approve(other, county2, centre), centre.Public())
		wantKind(t, err, fault.Refused)
	})
	t.Run("a box of one laptop is not opened for another", func(t *testing.T) {
		r := must(OpenRecoveryRequest(a.Request(), county))
		r.Device = [16]byte{8}
		_, err := r.Approve(a.Request(), county, centre, [16]byte{9}, at, at.Add(time.Hour))
		wantKind(t, err, fault.Damaged)
	})
	t.Run("an approval for another operator is refused", func(t *testing.T) {
		r := must(OpenRecoveryRequest(a.Request(), county))
		r.Operator = "op2"
		_, err := a.Open(must(r.Approve(a.Request(), county, centre, [16]byte{9}, at, at.Add(time.Hour))), centre.Public())
		wantKind(t, err, fault.Refused)
	})
	t.Run("no bit of an approval can be turned", func(t *testing.T) {
		for i := range good {
			b := bytes.Clone(good)
			b[i] ^= 1
			if _, err := a.Open(b, centre.Public()); err == nil {
				t.Fatalf("byte %d", i)
			}
		}
		if _, err := a.Open(append(bytes.Clone(good), 0), centre.Public()); err == nil {
			t.Fatal("something behind")
		}
	})
	t.Run("neither tells a finder anything", func(t *testing.T) {
		for _, b := range [][]byte{a.Request(), good} {
			if len(b) > MaxRecovery/2 {
				t.Errorf("%d bytes", len(b))
			}
			for _, secret := range [][]byte{data.secret[:], []byte("op1"), bytes.Repeat([]byte{0}, 15)} {
				if bytes.Contains(b, secret) {
					t.Errorf("%x in the open", secret)
				}
			}
		}
	})
	t.Run("the code is ten digits, the same each time, another for each request", func(t *testing.T) {
		_, _, other := asked(t, International)
		code := RecoveryCode(a.Request())
		if len(code) != 10 || code != RecoveryCode(a.Request()) || code == RecoveryCode(other.Request()) {
			t.Fatalf("got %q", code)
		}
	})
	t.Run("after Forget nothing opens", func(t *testing.T) {
		a.Forget()
		_, err := a.Open(good, centre.Public())
		wantKind(t, err, fault.Refused)
	})
	t.Run("a file without a wrap cannot ask", func(t *testing.T) {
		f, _ := testKeyfile(t, International)
		_, err := f.AskRecovery([16]byte{7}, "op1", at)
		wantKind(t, err, fault.Missing)
	})
}

func TestCostGrowsAndNeverShrinks(t *testing.T) {
	f, k := testKeyfile(t, International)
	if err := f.RaiseCost(k, Cost{Time: 2, MemoryKiB: 32, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	if got, want := f.Cost(), (Cost{Time: 2, MemoryKiB: 64, Threads: 1}); got != want {
		t.Fatalf("got %+v, want %+v", got, want)
	}
	if err := f.Change("op1", []byte("pass of op1"), []byte("the new one")); err != nil {
		t.Fatal(err)
	}
	f = must(ParseKeyfile(f.Marshal()))
	if got := f.slot("op1").Time; got != 2 {
		t.Errorf("a password set now costs %d passes, want 2", got)
	}
	if got := f.slot("op2").Time; got != 1 {
		t.Errorf("a password set before costs %d passes, want 1", got)
	}
	for o, p := range map[string]string{"op1": "the new one", "op2": "pass of op2"} {
		if _, err := f.Unlock(o, []byte(p)); err != nil {
			t.Errorf("%s: %v", o, err)
		}
	}
	wantKind(t, f.RaiseCost(k, Cost{Time: maxTime + 1, MemoryKiB: 64, Threads: 1}), fault.Input)
}

func TestACheaperCostInATamperedFileIsRefused(t *testing.T) {
	f, k := NewKeyfile(Cost{Time: 2, MemoryKiB: 128, Threads: 1})
	if err := f.Add(k, "op1", []byte("pass of op1")); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		change func(*Keyfile)
		want   fault.Kind
	}{
		"of new passwords": {func(f *Keyfile) { f.cost.Time = 1 }, fault.Damaged},
		"of a slot":        {func(f *Keyfile) { f.slots[0].Time = 1 }, fault.Password},
	} {
		bad := must(ParseKeyfile(f.Marshal()))
		c.change(bad)
		_, err := must(ParseKeyfile(bad.Marshal())).Unlock("op1", []byte("pass of op1"))
		if got := fault.KindOf(err); got != c.want {
			t.Errorf("%s: got %v, want %v", what, err, c.want)
		}
	}
}

func FuzzRecoveryRequest(f *testing.F) {
	_, _, a := asked(f, International)
	f.Add(a.body.plain())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRequest(b, true)
		if err != nil {
			return
		}
		if again := must(parseRequest(r.plain(), true)); again.Operator != r.Operator || !bytes.Equal(again.Box, r.Box) {
			t.Fatal("not stable")
		}
	})
}

func FuzzRecoveryApproval(f *testing.F) {
	_, county, a := asked(f, International)
	centre := must(NewSigner())
	r := must(OpenRecoveryRequest(a.Request(), county))
	good := must(r.Approve(a.Request(), county, centre, [16]byte{9}, time.UnixMilli(1), time.UnixMilli(2)))
	f.Add(good)
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := a.Open(b, centre.Public()); err == nil && !bytes.Equal(b, good) {
			t.Fatal("another approval opens")
		}
	})
}

func FuzzOpenRecoveryRequest(f *testing.F) {
	_, county, a := asked(f, International)
	f.Add(a.Request())
	f.Add([]byte(requestMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := OpenRecoveryRequest(b, county); err == nil && !bytes.Equal(b, a.Request()) {
			t.Fatal("another request opens")
		}
	})
}
