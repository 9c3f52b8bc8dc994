package courier

import (
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

func TestBackoff(t *testing.T) {
	for fails, want := range map[int]time.Duration{0: time.Second, 1: 2 * time.Second, 5: 32 * time.Second, 6: time.Minute, 1000: time.Minute} {
		seen := map[time.Duration]bool{}
		for range 100 {
			d := backoff(fails)
			if d < want/2 || d > want {
				t.Errorf("after %d failures %v, want between %v and %v", fails, d, want/2, want)
			}
			seen[d] = true
		}
		if len(seen) < 10 {
			t.Errorf("after %d failures only %d different times: laptops would come back together", fails, len(seen))
		}
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{
		"127.0.0.1:8443":               "https://127.0.0.1:8443",
		" https://centre.example:1/ ":  "https://centre.example:1",
		"https://centre.example":       "https://centre.example",
		"http://centre.example":        "",
		"https://user@centre.example":  "",
		"https://centre.example/path":  "",
		"https://centre.example?x=1":   "",
		"":                             "",
		"https://":                     "",
		"file:///etc/passwd":           "",
		"https://centre.example:1#top": "",
		"https://[::1]:5":              "https://[::1]:5",
	} {
		got, err := address(in)
		if got != want || (err == nil) != (want != "") || err != nil && fault.KindOf(err) != fault.Input {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestCut(t *testing.T) {
	const k = parcel.ChunkSize
	for name, c := range map[string]struct {
		ranges [][2]int64
		size   int64
		want   []int64
	}{
		"all":                {[][2]int64{{0, 2*k + 5}}, 2*k + 5, []int64{0, k, 2 * k}},
		"the rest":           {[][2]int64{{k, k + 1}}, k + 1, []int64{k}},
		"two holes":          {[][2]int64{{0, k}, {2 * k, 3 * k}}, 4 * k, []int64{0, 2 * k}},
		"none":               {nil, k, nil},
		"behind the end":     {[][2]int64{{0, k + 1}}, k, nil},
		"backwards":          {[][2]int64{{k, 0}}, k, nil},
		"before the start":   {[][2]int64{{-k, k}}, k, nil},
		"off the grid":       {[][2]int64{{1, k + 1}, {k + 5, k + 6}, {3*k - 1, 3 * k}}, 4 * k, []int64{0, k, 2 * k}},
		"one over the other": {[][2]int64{{0, 2 * k}, {k, 3 * k}}, 4 * k, nil},
	} {
		got, err := cut(c.ranges, c.size)
		if len(got) != len(c.want) || (err == nil) != (c.want != nil) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, c.want)
			continue
		}
		for i := range got {
			if got[i] != c.want[i] {
				t.Errorf("%s: got %v, want %v", name, got, c.want)
			}
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add(int64(0), int64(70_000), int64(0), int64(0), int64(70_000))
	f.Fuzz(func(t *testing.T, a, b, c, d, size int64) {
		if size < 1 || size > parcel.MaxBlob {
			return
		}
		got, err := cut([][2]int64{{a, b}, {c, d}}, size)
		if err != nil {
			return
		}
		last := int64(-1)
		for _, at := range got {
			if at <= last || at >= size || at%parcel.ChunkSize != 0 {
				t.Fatalf("offset %d of %v in %d bytes", at, got, size)
			}
			last = at
		}
	})
}

func TestTrim(t *testing.T) {
	changes := make([]*loan.Change, 10)
	for i := range changes {
		changes[i] = &loan.Change{Counter: uint64(i + 1)}
	}
	one := len(changes[0].Encode())
	for most, want := range map[int]int{1: 1, 4 * one: 4, 8 * one: 10, 9*one - 1: 10, 100 * one: 10} {
		if got := len(trim(changes, most)); got != want {
			t.Errorf("of ten of %d bytes %d fit into %d, want %d", one, got, most, want)
		}
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		status     int
		kind, code string
		want       fault.Kind
	}{
		"a busy centre is waited for":            {503, "busy", "busy", fault.Offline},
		"a full centre is waited for":            {507, "full", "", fault.Offline},
		"a broken centre is waited for":          {500, "disk", "", fault.Offline},
		"a centre that was set back is asked":    {409, "conflict", "gap", fault.Offline},
		"a revoked device is told":               {403, "denied", "revoked", fault.Denied},
		"a clone is told":                        {409, "refused", "clone", fault.Refused},
		"a kind nobody knows counts as refusal":  {400, "new kind", "", fault.Refused},
		"a kind of a later version with no text": {418, "", "", fault.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			err := refused("t", &refusal{status: c.status, Problem: parcel.Problem{Kind: c.kind, Code: c.code}})
			if fault.KindOf(err) != c.want || codeOf(err) != c.code || fault.Sentence(err) == "" {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSpeed(t *testing.T) {
	c := &Courier{watch: map[int]func(State){}}
	now := time.Now()
	c.pace.seconds[0] = second{at: now.Unix() - 1, n: 1000}
	c.pace.seconds[1] = second{at: now.Unix() - 2, n: 500}
	c.pace.seconds[2] = second{at: now.Unix() - 100, n: 9999}
	if got := c.pace.speed(now); got != 300 {
		t.Errorf("got %v bytes a second, want 300", got)
	}
}

func TestWatchersHearOfChangesAlone(t *testing.T) {
	c := &Courier{watch: map[int]func(State){}}
	n := 0
	stop := c.Watch(func(State) { n++ })
	c.update(func(s *State) { s.Changes = 1 })
	c.update(func(s *State) { s.Changes = 1 })
	c.update(func(s *State) { s.Err = errors.New("x") })
	stop()
	c.update(func(s *State) { s.Changes = 3 })
	if n != 2 {
		t.Errorf("told %d times, want 2", n)
	}
}

func TestWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at atomic.Value
		at.Store("here")
		c := &Courier{wake: make(chan struct{}, 1), network: func() string { return at.Load().(string) }}
		shown := 0
		wait := func() (bool, time.Duration) {
			start := time.Now()
			woken := c.wait(t.Context(), time.Minute, func() { shown++ })
			return woken, time.Since(start)
		}
		if woken, d := wait(); woken || d != time.Minute || shown < 25 {
			t.Errorf("undisturbed: woken %v after %v, shown %d times", woken, d, shown)
		}
		time.AfterFunc(11*time.Second, func() { at.Store("there") })
		if woken, d := wait(); !woken || d > 11*time.Second+lookEvery {
			t.Errorf("another network: woken %v after %v", woken, d)
		}
		time.AfterFunc(7*time.Second, c.Wake)
		if woken, d := wait(); !woken || d != 7*time.Second {
			t.Errorf("Wake: woken %v after %v", woken, d)
		}
	})
}

func TestReceiptsOfOthers(t *testing.T) {
	centre, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	me := uuid.New()
	c := &Courier{profile: store.Profile{Device: me, Centre: centre.Public()}}
	mine := parcel.Receipt{Centre: uuid.New(), Epoch: uuid.New(), Device: me, At: time.Now()}
	if _, err := c.open(mine.Sign(centre)); err != nil {
		t.Errorf("mine: %v", err)
	}
	if _, err := c.open(mine.Sign(other)); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("signed by another: got %v, want untrusted", err)
	}
	theirs := mine
	theirs.Device = uuid.New()
	if _, err := c.open(theirs.Sign(centre)); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("for another device: got %v, want untrusted", err)
	}
	if _, err := c.open([]byte("<html>")); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("a page: got %v, want untrusted", err)
	}
}

func TestWelcome(t *testing.T) {
	now := time.Now()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ca, err := seal.NewAuthority("centre", time.Hour, now)
	must(err)
	false1, err := seal.NewAuthority("another", time.Hour, now)
	must(err)
	signer, err := seal.NewSigner()
	must(err)
	other, err := seal.NewSigner()
	must(err)
	id := uuid.New()
	code := seal.NewEnrolCode(ca.Fingerprint())
	good := func() parcel.EnrolResponse {
		cert, err := ca.Issue(signer.Public(), seal.Device, id.String(), nil, time.Hour, now)
		must(err)
		return parcel.EnrolResponse{Device: id, Cert: cert, CA: ca.Cert().Raw, CentreKey: ca.Signer().Public().Marshal(),
			CountyKey: seal.NewKey().Bytes(), County: "522727"}
	}
	for name, change := range map[string]func(*parcel.EnrolResponse){
		"":                  func(*parcel.EnrolResponse) {},
		"another authority": func(r *parcel.EnrolResponse) { r.CA = false1.Cert().Raw },
		"another authority with its own certificate": func(r *parcel.EnrolResponse) {
			r.CA = false1.Cert().Raw
			r.Cert, _ = false1.Issue(signer.Public(), seal.Device, id.String(), nil, time.Hour, now)
		},
		"no authority": func(r *parcel.EnrolResponse) { r.CA = nil },
		"a certificate of another authority": func(r *parcel.EnrolResponse) {
			r.Cert, _ = false1.Issue(signer.Public(), seal.Device, id.String(), nil, time.Hour, now)
		},
		"a certificate of another key": func(r *parcel.EnrolResponse) {
			r.Cert, _ = ca.Issue(other.Public(), seal.Device, id.String(), nil, time.Hour, now)
		},
		"a certificate of another device": func(r *parcel.EnrolResponse) { r.Device = uuid.New() },
		"a centre without a key":          func(r *parcel.EnrolResponse) { r.CentreKey = nil },
		"a county without a key":          func(r *parcel.EnrolResponse) { r.CountyKey = nil },
	} {
		r := good()
		change(&r)
		b, err := json.Marshal(r)
		must(err)
		_, _, err = welcome(b, code, signer)
		if (err == nil) != (name == "") || err != nil && fault.KindOf(err) != fault.Untrusted {
			t.Errorf("with %q: got %v", name, err)
		}
	}
	if _, _, err := welcome([]byte("<html>"), code, signer); fault.KindOf(err) != fault.Untrusted {
		t.Errorf("a page: got %v", err)
	}
}
