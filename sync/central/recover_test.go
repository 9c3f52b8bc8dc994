package central

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// stranger is a client that trusts the centre and shows no certificate.
func stranger(c *Central) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: seal.EnrolTLS(c.Authority().Fingerprint())}}
}

// ask posts a request as a locked laptop does.
func ask(t testing.TB, c *Central, url string, request []byte) parcel.RecoveryAnswer {
	t.Helper()
	resp, err := stranger(c).Post(url+"/v1/recover", parcel.TypeRecovery, bytes.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	var a parcel.RecoveryAnswer
	if resp.StatusCode != http.StatusOK || json.Unmarshal(b, &a) != nil {
		t.Fatalf("status %d %s", resp.StatusCode, b)
	}
	return a
}

// forgetful is a key file of an enrolled device, wrapped to the county.
func forgetful(t testing.TB, c *Central, device [16]byte) (*seal.Keyfile, *seal.Key) {
	t.Helper()
	f, data := seal.NewKeyfile(seal.CheapCost())
	key, err := c.ownRecoveryKey(context.Background())
	if err == nil {
		err = f.SetRecovery(data, key.Public(), device)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f, data
}

func askOf(t testing.TB, f *seal.Keyfile, device [16]byte, operator string) *seal.RecoveryAsk {
	t.Helper()
	a, err := f.AskRecovery(device, operator, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func wantFault(t testing.TB, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); err == nil || got != want {
		t.Fatalf("got %v of kind %v, want %v", err, got, want)
	}
}

func idOf(t testing.TB, c *Central) uuid.UUID {
	t.Helper()
	list, err := c.Recoveries(context.Background())
	if err != nil || len(list) == 0 {
		t.Fatal(len(list), err)
	}
	return list[0].ID
}

func TestRecoveryOverTheNetwork(t *testing.T) {
	ctx := context.Background()
	c := open(t, t.TempDir())
	url := serve(t, c)
	l := enrol(t, c, url)
	device := [16]byte(l.enrol.Device)
	f, _ := forgetful(t, c, device)
	t.Run("waits for a person, then gives the data key, again and again until it is over", func(t *testing.T) {
		now := time.Now()
		c.now = func() time.Time { return now }
		defer func() { c.now = time.Now }()
		a := askOf(t, f, device, "practice-clerk")
		for range 2 {
			if got := ask(t, c, url, a.Request()); got.State != parcel.RecoveryWaiting || got.Approval != nil {
				t.Fatalf("got %+v", got)
			}
		}
		if err := c.ApproveRecovery(ctx, idOf(t, c), seal.RecoveryCode(a.Request())); err != nil {
			t.Fatal(err)
		}
		wantFault(t, c.ApproveRecovery(ctx, idOf(t, c), seal.RecoveryCode(a.Request())), fault.Exists)
		for range 2 {
			got := ask(t, c, url, a.Request())
			g, err := a.Open(got.Approval, l.centre)
			if err != nil || f.Holds(g.Data) != nil || g.Operator != "practice-clerk" || g.Expires.Sub(g.Issued) != approvedOnline {
				t.Fatalf("%+v %v", got, err)
			}
		}
		now = now.Add(approvedOnline + time.Minute)
		if got := ask(t, c, url, a.Request()); got.State != parcel.RecoveryExpired || got.Approval != nil {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("five wrong codes end it", func(t *testing.T) {
		a := askOf(t, f, device, "practice-clerk")
		ask(t, c, url, a.Request())
		for range wrongCodes {
			wantFault(t, c.ApproveRecovery(ctx, idOf(t, c), "0000000000"), fault.Refused)
		}
		wantFault(t, c.ApproveRecovery(ctx, idOf(t, c), seal.RecoveryCode(a.Request())), fault.Exists)
		if got := ask(t, c, url, a.Request()); got.State != parcel.RecoveryRefused {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("a later request takes the place of the earlier, and can be refused", func(t *testing.T) {
		first, second := askOf(t, f, device, "practice-clerk"), askOf(t, f, device, "practice-clerk")
		ask(t, c, url, first.Request())
		ask(t, c, url, second.Request())
		if got := ask(t, c, url, first.Request()); got.State != parcel.RecoveryRefused {
			t.Fatalf("got %+v", got)
		}
		if err := c.RefuseRecovery(ctx, idOf(t, c)); err != nil {
			t.Fatal(err)
		}
		if got := ask(t, c, url, second.Request()); got.State != parcel.RecoveryRefused {
			t.Fatalf("got %+v", got)
		}
	})
	t.Run("an operator who left the roster is not let in", func(t *testing.T) {
		a := askOf(t, f, device, "practice-reviewer")
		ask(t, c, url, a.Request())
		if err := c.SwitchOff(ctx, "practice-reviewer"); err != nil {
			t.Fatal(err)
		}
		wantFault(t, c.ApproveRecovery(ctx, idOf(t, c), seal.RecoveryCode(a.Request())), fault.Denied)
		if err := c.AddOperator(ctx, practiceRoster()[1]); err != nil {
			t.Fatal(err)
		}
		if err := c.ApproveRecovery(ctx, idOf(t, c), seal.RecoveryCode(a.Request())); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("an unknown laptop, and what is no request, hear what a known one hears", func(t *testing.T) {
		before, err := c.Recoveries(ctx)
		if err != nil {
			t.Fatal(err)
		}
		g, _ := forgetful(t, c, [16]byte{1})
		for what, b := range map[string][]byte{"unknown": askOf(t, g, [16]byte{1}, "practice-clerk").Request(), "nonsense": []byte("x"), "empty": nil} {
			if got := ask(t, c, url, b); got.State != parcel.RecoveryWaiting {
				t.Errorf("%s: got %+v", what, got)
			}
		}
		if after, err := c.Recoveries(ctx); err != nil || len(after) != len(before) {
			t.Errorf("kept: %d, %d, %v", len(before), len(after), err)
		}
	})
	t.Run("too many and too long are not taken", func(t *testing.T) {
		for range asksAnHour {
			ask(t, c, url, askOf(t, f, device, "practice-clerk").Request())
		}
		before := idOf(t, c)
		ask(t, c, url, askOf(t, f, device, "practice-clerk").Request())
		if idOf(t, c) != before {
			t.Error("taken beyond the limit")
		}
		resp, err := stranger(c).Post(url+"/v1/recover", parcel.TypeRecovery, strings.NewReader(strings.Repeat("x", seal.MaxRecovery+1)))
		if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Fatal(resp, err)
		}
		resp.Body.Close()
	})
}

func TestALaptopRevokedAfterItAskedIsNotLetIn(t *testing.T) {
	ctx := context.Background()
	c := open(t, t.TempDir())
	url := serve(t, c)
	l := enrol(t, c, url)
	f, _ := forgetful(t, c, l.enrol.Device)
	a := askOf(t, f, l.enrol.Device, "practice-clerk")
	ask(t, c, url, a.Request())
	if err := c.Revoke(ctx, l.enrol.Device); err != nil {
		t.Fatal(err)
	}
	wantFault(t, c.ApproveRecovery(ctx, idOf(t, c), seal.RecoveryCode(a.Request())), fault.Denied)
	if got := ask(t, c, url, a.Request()); got.Approval != nil {
		t.Fatalf("got %+v", got)
	}
}

func TestRecoveryByFile(t *testing.T) {
	ctx := context.Background()
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	device := [16]byte(l.enrol.Device)
	f, _ := forgetful(t, c, device)
	a := askOf(t, f, device, "practice-clerk")
	_, err := c.ApproveRecoveryFile(ctx, a.Request(), "0000000000")
	wantFault(t, err, fault.Refused)
	b, err := c.ApproveRecoveryFile(ctx, a.Request(), seal.RecoveryCode(a.Request()))
	if err != nil {
		t.Fatal(err)
	}
	g, err := a.Open(b, l.centre)
	if err != nil || f.Holds(g.Data) != nil || g.Expires.Sub(g.Issued) != approvedByFile {
		t.Fatal(err)
	}
	_, err = c.ApproveRecoveryFile(ctx, a.Request(), seal.RecoveryCode(a.Request()))
	wantFault(t, err, fault.Exists)
	if err := c.Revoke(ctx, l.enrol.Device); err != nil {
		t.Fatal(err)
	}
	again := askOf(t, f, device, "practice-clerk")
	_, err = c.ApproveRecoveryFile(ctx, again.Request(), seal.RecoveryCode(again.Request()))
	wantFault(t, err, fault.Denied)
}

// TestARequestThatComesByTwoRoadsAtOnceWaits keeps one request twice, as when it
// comes over the network while its file is being approved.
func TestARequestThatComesByTwoRoadsAtOnceWaits(t *testing.T) {
	ctx := context.Background()
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	f, _ := forgetful(t, c, [16]byte(l.enrol.Device))
	a := askOf(t, f, [16]byte(l.enrol.Device), "practice-clerk")
	key, err := c.ownRecoveryKey(ctx)
	if err != nil {
		t.Fatal(err)
	}
	req, err := seal.OpenRecoveryRequest(a.Request(), key)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.desk(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.keepRequest(ctx, tx, a.Request(), req) }); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := c.Recoveries(ctx); err != nil || len(list) != 1 || list[0].State != parcel.RecoveryWaiting {
		t.Fatalf("got %+v, %v", list, err)
	}
}

func TestTheEscrowIsProven(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	for _, s := range []seal.Suite{seal.International, seal.National} {
		c, err := Open(ctx, Options{Dir: t.TempDir(), Practice: true, Suite: s})
		if err != nil {
			t.Fatal(err)
		}
		name, err := c.TestRecovery(ctx)
		if err != nil || len(name) != 16 {
			t.Errorf("%v: %q %v", s, name, err)
		}
		if k, err := c.ownRecoveryKey(ctx); err != nil || k.Suite() != s {
			t.Errorf("%v: %v", s, err)
		}
		c.Close()
	}
	c := open(t, dir)
	path := c.recoveryPath(practiceCounty)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other, _ := seal.NewSigner()
	otherBytes, _ := other.Marshal()
	for what, spoil := range map[string]func() error{
		"gone":     func() error { return os.Remove(path) },
		"another":  func() error { return os.WriteFile(path, otherBytes, 0o600) },
		"nonsense": func() error { return os.WriteFile(path, []byte("x"), 0o600) },
	} {
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if _, err := c.TestRecovery(ctx); fault.KindOf(err) != fault.Damaged {
			t.Errorf("%s: got %v", what, err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err = Open(ctx, Options{Dir: dir, Practice: true})
	wantFault(t, err, fault.Damaged)
}

func TestALaptopOfAnEarlierVersionEnrols(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	for query, want := range map[string]bool{"": false, "?" + parcel.WithRecovery: true} {
		text, err := c.NewCode(t.Context(), NewCodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		signer, _ := seal.NewSigner()
		body, _ := json.Marshal(parcel.EnrolRequest{Code: text, PublicKey: signer.Public().Marshal(), Proof: signer.Sign(parcel.EnrolContext, []byte(text))})
		resp, err := stranger(c).Post(url+"/v1/enrol"+query, parcel.TypeJSON, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		var members map[string]json.RawMessage
		err = json.NewDecoder(resp.Body).Decode(&members)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp.StatusCode, err)
		}
		// An earlier laptop refuses an answer with a member it does not know.
		_, recovery := members["recovery"]
		_, suite := members["suite"]
		if recovery != want || suite != want {
			t.Errorf("with %q: recovery %v, suite %v, want %v", query, recovery, suite, want)
		}
	}
}

func TestAChainKeyIsTakenBeforeTheFirstChangeAlone(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	l := enrol(t, c, url)
	post := func(key *seal.Signer, by *seal.Signer) int {
		body, _ := json.Marshal(parcel.KeyRequest{PublicKey: key.Public().Marshal(), Proof: by.Sign(parcel.KeyContext, l.enrol.Device[:])})
		resp, err := l.http.Post(url+"/v1/key", parcel.TypeJSON, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	national, _ := seal.NewSignerOf(seal.National)
	other, _ := seal.NewSignerOf(seal.National)
	plain, _ := seal.NewSigner()
	for _, step := range []struct {
		what    string
		key, by *seal.Signer
		want    int
	}{
		{"one that the sender does not hold", national, other, http.StatusBadRequest},
		{"another of the same suite as the certificate's", plain, plain, http.StatusForbidden},
		{"one of the National suite", national, national, http.StatusNoContent},
		{"the same again", national, national, http.StatusNoContent},
		{"another", other, other, http.StatusForbidden},
	} {
		if got := post(step.key, step.by); got != step.want {
			t.Errorf("%s: status %d, want %d", step.what, got, step.want)
		}
	}
}
