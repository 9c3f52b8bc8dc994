package central

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestAReceivedContractIsSealedAndStamped(t *testing.T) {
	svc := stampingService(t)
	c, ahead := movable(t)
	l, id, sealed := contracted(t, c)
	file := func() []byte {
		t.Helper()
		b, err := c.Contract(t.Context(), id, ContractOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if closed, err := c.Contract(t.Context(), id, ContractOptions{Closed: true}); err != nil || !bytes.Equal(closed, sealed) || !bytes.HasPrefix(b, sealed) {
			t.Fatalf("what the laptop closed is not at the front: %v", err)
		}
		return b
	}
	if got := file(); !bytes.Equal(got, sealed) {
		t.Error("there is something behind it before anything was done")
	}
	keep(t, c)
	r, err := c.VerifyContract(t.Context(), file(), nil)
	if err != nil || !r.OK || len(r.Signatures) != 3 || r.Signatures[2].Received == nil || !r.National || !r.Compared {
		t.Fatalf("received: %v, %q", err, r.Lines())
	}
	if got, want := r.Signatures[2].Received.ReceiptNo, l.held(c, id).ReceiptNo; got != want {
		t.Errorf("the seal says receipt %s, the case has %s", got, want)
	}

	svc.away.Store(true)
	if err := c.SetStamping(t.Context(), svc.URL, svc.roots); err != nil {
		t.Fatal(err)
	}
	for tries := 1; tries <= 3; tries++ {
		keep(t, c)
		if k := keptState(t, c, id); k.State != contractReceived || k.Tries != tries || svc.asked.Load() != int64(tries) {
			t.Fatalf("with the service away: %+v, asked %d times, want %d", k, svc.asked.Load(), tries)
		}
		keep(t, c) // not at once again
		ahead.Add(int64(time.Minute << tries))
	}
	second, more := l.finished()
	l.arrive(more)
	keep(t, c)
	if !l.held(c, second).Whole() || keptState(t, c, second).State != contractReceived {
		t.Errorf("a case waits for the service: %+v", keptState(t, c, second))
	}

	svc.away.Store(false)
	ahead.Add(int64(7 * time.Hour))
	keep(t, c)
	if r, err = c.VerifyContract(t.Context(), file(), nil); err != nil || !r.OK || !r.Stamped || len(r.Signatures) != 4 {
		t.Fatalf("stamped: %v, %q", err, r.Lines())
	}
	if k := keptState(t, c, second); k.State != contractStamped || k.Why != "" {
		t.Errorf("the other: %+v", k)
	}
	// Without the service its stamps still count.
	if err := c.SetStamping(t.Context(), "", svc.roots); err != nil {
		t.Fatal(err)
	}
	if r, err = c.VerifyContract(t.Context(), file(), nil); err != nil || !r.Stamped {
		t.Errorf("without the service: %v, %q", err, r.Lines())
	}
}

func TestListsOfRevokedCertificatesAreFetchedAndCount(t *testing.T) {
	svc := stampingService(t)
	c, ahead := movable(t)
	_, id, _ := contracted(t, c)
	var list atomic.Pointer[[]byte]
	var asked atomic.Int64
	lists := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		if b := list.Load(); b != nil {
			_, _ = w.Write(*b)
			return
		}
		http.Error(w, "not now", http.StatusServiceUnavailable)
	}))
	defer lists.Close()
	if err := c.SetStamping(t.Context(), svc.URL, svc.roots); err != nil {
		t.Fatal(err)
	}
	if err := c.SetRevocation(t.Context(), []string{lists.URL}, nil, "1.2.3.4.1"); err != nil {
		t.Fatal(err)
	}
	keep(t, c)
	if k := keptState(t, c, id); k.State != contractStamped {
		t.Fatalf("with the lists away: %+v", k)
	}
	b, err := c.Contract(t.Context(), id, ContractOptions{})
	if err != nil {
		t.Fatal(err)
	}
	says := func(ok bool, want string) {
		t.Helper()
		r, err := c.VerifyContract(t.Context(), b, nil)
		if err != nil || r.OK != ok || !strings.Contains(strings.Join(r.Lines(), "\n"), want) {
			t.Errorf("want %v and %q, got %v, %q", ok, want, err, r.Lines())
		}
	}
	says(true, "没有时间戳机构的吊销列表")
	n := asked.Load()
	keep(t, c)
	if asked.Load() != n {
		t.Error("the list is asked for again at once")
	}
	good := svc.list(t)
	list.Store(&good)
	ahead.Add(int64(listsRetry + time.Minute))
	keep(t, c)
	says(true, "经吊销列表核对，未吊销")
	bad := svc.list(t, 9)
	list.Store(&bad)
	keep(t, c)
	says(true, "未吊销") // not due yet
	ahead.Add(int64(listsEvery + time.Minute))
	keep(t, c)
	says(false, "时间戳不可信")
	list.Store(&[]byte{'x'})
	ahead.Add(int64(listsEvery + time.Minute))
	keep(t, c)
	says(false, "时间戳不可信") // what is no list takes nothing away

	for _, k := range []struct {
		urls   []string
		lists  []byte
		policy string
	}{{[]string{"ftp://x/"}, nil, ""}, {nil, []byte("x"), ""}, {nil, nil, "1..2"}, {nil, nil, "9.9"}} {
		if err := c.SetRevocation(t.Context(), k.urls, k.lists, k.policy); fault.KindOf(err) != fault.Input {
			t.Errorf("%+v: got %v, want input", k, err)
		}
	}
	if err := c.SetRevocation(t.Context(), nil, good, ""); err != nil {
		t.Fatal(err)
	}
	says(true, "未吊销")
}

func TestAListThatEndsInABlankIsRead(t *testing.T) {
	svc := stampingService(t)
	for range 10_000 {
		b := svc.list(t)
		if len(bytes.TrimSpace(b)) == len(b) {
			continue
		}
		if got, err := parseLists(b); err != nil || len(got) != 1 {
			t.Errorf("got %d lists, %v", len(got), err)
		}
		return
	}
	t.Fatal("no list ended in a blank")
}

func TestAServiceOfAnotherPolicyIsNotBelieved(t *testing.T) {
	svc := stampingService(t)
	c, _ := movable(t)
	_, id, _ := contracted(t, c)
	if err := errors.Join(c.SetStamping(t.Context(), svc.URL, svc.roots), c.SetRevocation(t.Context(), nil, nil, "1.2.3.9")); err != nil {
		t.Fatal(err)
	}
	svc.refuses.Store(true) // openssl says no to a policy it does not have
	keep(t, c)
	if k := keptState(t, c, id); k.State != contractReceived || k.Tries != 1 {
		t.Errorf("got %+v", k)
	}
}

func TestAServiceThatLiesIsNotBelieved(t *testing.T) {
	svc, other := stampingService(t), stampingService(t)
	c, _ := movable(t)
	_, id, _ := contracted(t, c)
	if err := c.SetStamping(t.Context(), svc.URL, other.roots); err != nil {
		t.Fatal(err)
	}
	keep(t, c)
	if k := keptState(t, c, id); k.State != contractReceived || k.Why != fault.Untrusted.String() {
		t.Errorf("got %+v", k)
	}
	for _, bad := range []struct{ url, roots string }{{"ftp://x/", string(svc.roots)}, {"http://", string(svc.roots)}, {svc.URL, ""}, {svc.URL, "x"}} {
		if err := c.SetStamping(t.Context(), bad.url, []byte(bad.roots)); fault.KindOf(err) != fault.Input {
			t.Errorf("%q with roots of %d bytes: %v", bad.url, len(bad.roots), err)
		}
	}
}

func TestAContractThatDoesNotHoldIsSetAside(t *testing.T) {
	c, _ := movable(t)
	url := serve(t, c)
	l, other := enrol(t, c, url), enrol(t, c, url)
	for _, k := range []struct {
		sub    string
		closes func(uuid.UUID) ([]byte, *loan.NationalSeal)
		want   string
	}{
		{"made-up bytes", nil, "not-pdf"},
		{"another case's", func(uuid.UUID) ([]byte, *loan.NationalSeal) { return closing(t, l, 1)(uuid.Must(uuid.NewV7())) }, "another case's"},
		{"sealed by another laptop", closing(t, other, 1), "does not say so"},
		{"with a bit flipped", func(id uuid.UUID) ([]byte, *loan.NationalSeal) {
			b, n := closing(t, l, 1)(id)
			b[2000] ^= 1
			return b, n
		}, string(contract.ContentChanged)},
		{"with another's second signature", func(id uuid.UUID) ([]byte, *loan.NationalSeal) {
			b, _ := closing(t, l, 1)(id)
			_, n := closing(t, l, 1)(id)
			return b, n
		}, string(contract.NationalWrong)},
	} {
		t.Run(k.sub, func(t *testing.T) {
			l.closes = k.closes
			id, blobs := l.finished()
			l.arrive(blobs)
			keep(t, c)
			if got := keptState(t, c, id); got.State != contractRefused || !strings.Contains(got.Why, k.want) {
				t.Errorf("got %+v, want %s", got, k.want)
			}
			if h := l.held(c, id); !h.Whole() {
				t.Errorf("the case itself is %s", h.Status)
			}
		})
	}
}

func TestContractsOfBeforeAreNotedLater(t *testing.T) {
	c, _ := movable(t)
	_, id, _ := contracted(t, c)
	if _, err := c.db.ExecContext(t.Context(), `DELETE FROM contracts`); err != nil {
		t.Fatal(err)
	}
	keep(t, c)
	if k := keptState(t, c, id); k.State != contractReceived {
		t.Errorf("got %+v", k)
	}
}

func TestAVoidedContractSaysSo(t *testing.T) {
	c, _ := movable(t)
	l, id, _ := contracted(t, c)
	keep(t, c)
	old, err := c.Contract(t.Context(), id, ContractOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sent := len(l.changes)
	l.change(id, loan.ChangeCorrect, loan.CorrectBody{Fields: map[string]json.RawMessage{"loan.amount": json.RawMessage("9000")}, Reason: "金额录错"})
	l.send(l.changes[sent:])
	r, err := c.VerifyContract(t.Context(), old, nil)
	if err != nil || r.OK || len(r.Findings) != 1 || r.Findings[0].Code != contract.Superseded || !r.National {
		t.Errorf("got %v, %q", err, r.Lines())
	}
	if again, err := c.Contract(t.Context(), id, ContractOptions{Former: 1}); err != nil || !bytes.Equal(again, old) {
		t.Errorf("the voided contract is not readable: %v", err)
	}
	if _, err := c.Contract(t.Context(), id, ContractOptions{}); fault.KindOf(err) != fault.Missing {
		t.Errorf("one in force: %v", err)
	}
}

func TestAnExportHasContractsAsTheBankGetsThem(t *testing.T) {
	svc := stampingService(t)
	c, _ := movable(t)
	l, id, _ := contracted(t, c)
	if err := c.SetStamping(t.Context(), svc.URL, svc.roots); err != nil {
		t.Fatal(err)
	}
	keep(t, c)
	exported := func(name string, o ContractOptions) []byte {
		t.Helper()
		to := t.TempDir()
		if _, err := c.Export(t.Context(), to); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(to, id.String(), name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.Contract(t.Context(), id, o)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s has %d bytes, the bank gets %d, %v", name, len(got), len(want), err)
		}
		return got
	}
	b := exported("contract-1.pdf", ContractOptions{})
	if r, err := c.VerifyContract(t.Context(), b, nil); err != nil || !r.OK || !r.Stamped {
		t.Errorf("exported: %v, %q", err, r.Lines())
	}
	sent := len(l.changes)
	l.change(id, loan.ChangeCorrect, loan.CorrectBody{Fields: map[string]json.RawMessage{"loan.amount": json.RawMessage("9000")}, Reason: "金额录错"})
	l.send(l.changes[sent:])
	if again := exported("contract-void-1.pdf", ContractOptions{Former: 1}); !bytes.Equal(again, b) {
		t.Error("the voided contract is another than it was")
	}
}

func TestAContractOfAFormThatWasNotKnownIsJudgedAnew(t *testing.T) {
	c, _ := movable(t)
	_, id, _ := contracted(t, c)
	refused := func(why string) KeptContract {
		t.Helper()
		if _, err := c.db.ExecContext(t.Context(), `UPDATE contracts SET state = ?, why = ?, tail = NULL`, contractRefused, why); err != nil {
			t.Fatal(err)
		}
		if err := c.judgeAnew(t.Context()); err != nil {
			t.Fatal(err)
		}
		keep(t, c)
		return keptState(t, c, id)
	}
	if k := refused("stranger"); k.State != contractRefused {
		t.Errorf("refused for another reason: %+v", k)
	}
	if k := refused("catalog-differs field-missing"); k.State != contractReceived || k.Why != "" {
		t.Errorf("of a form that was not known: %+v", k)
	}
}

func TestAContractOfTheFirstFormIsKeptAsItIs(t *testing.T) {
	svc := stampingService(t)
	c, _ := movable(t)
	if err := c.SetStamping(t.Context(), svc.URL, svc.roots); err != nil {
		t.Fatal(err)
	}
	l := enrol(t, c, serve(t, c))
	l.closes = func(id uuid.UUID) ([]byte, *loan.NationalSeal) { return firstForm(t, l, id), nil }
	id, blobs := l.finished()
	l.arrive(blobs)
	keep(t, c)
	if k := keptState(t, c, id); k.State != contractPlain || k.Why != "first form" {
		t.Errorf("got %+v", k)
	}
	if h := l.held(c, id); !h.Whole() {
		t.Errorf("the case is %s", h.Status)
	}
	b, err := c.Contract(t.Context(), id, ContractOptions{})
	if err != nil || !bytes.Equal(b, blobs[len(blobs)-1]) {
		t.Fatalf("not as the laptop closed it: %v", err)
	}
	r, err := c.VerifyContract(t.Context(), b, nil)
	if err != nil || !r.OK || !r.First || !r.Compared || len(r.Signatures) != 1 {
		t.Errorf("got %v, %q", err, r.Lines())
	}
	if svc.asked.Load() != 0 {
		t.Error("a stamp was asked for where there is no field for it")
	}
	to := t.TempDir()
	if _, err := c.Export(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(to, id.String(), "contract-1.pdf")); err != nil || !bytes.Equal(got, b) {
		t.Errorf("exported %d bytes, %v; want it as it is", len(got), err)
	}
}

func TestADeviceShutOutAfterwards(t *testing.T) {
	c, ahead := movable(t)
	l, _, sealed := contracted(t, c)
	keep(t, c)
	ids, err := idsOf(t.Context(), c.db, `SELECT id FROM cases`)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := c.Contract(t.Context(), ids[0], ContractOptions{})
	if err != nil {
		t.Fatal(err)
	}
	ahead.Add(int64(time.Hour))
	if err := c.Revoke(t.Context(), l.changes[0].Device); err != nil {
		t.Fatal(err)
	}
	if r, err := c.VerifyContract(t.Context(), whole, nil); err != nil || !r.OK || !strings.Contains(strings.Join(r.Lines(), "\n"), "证明封存在此之前") {
		t.Errorf("with the centre's seal of before: %v, %q", err, r.Lines())
	}
	if r, err := c.VerifyContract(t.Context(), sealed, nil); err != nil || r.OK || r.Findings[0].Code != contract.Revoked {
		t.Errorf("without: %v, %q", err, r.Lines())
	}
}

func TestSharedContracts(t *testing.T) {
	cs, urls, _ := servers(t, 2)
	svc := stampingService(t)
	if err := cs[0].SetStamping(t.Context(), svc.URL, svc.roots); err != nil {
		t.Fatal(err)
	}
	l := enrol(t, cs[0], urls[0])
	l.closes = closing(t, l, 8000)
	const n = 4
	var ids []uuid.UUID
	for range n {
		id, blobs := l.finished()
		ids = append(ids, id)
		l.arrive(blobs)
	}
	var both sync.WaitGroup
	for _, c := range cs {
		both.Go(func() {
			for {
				took, err := c.KeepDueContracts(t.Context())
				if err != nil {
					t.Error(err)
				}
				if took == 0 || err != nil {
					return
				}
			}
		})
	}
	both.Wait()
	for range 2 { // what one was at work on while the other looked
		keep(t, cs[1])
	}
	for _, id := range ids {
		b, err := cs[1].Contract(t.Context(), id, ContractOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r, err := cs[0].VerifyContract(t.Context(), b, nil); err != nil || !r.OK || !r.Stamped {
			t.Errorf("%s: %v, %q", id, err, r.Lines())
		}
	}
	// Each server asks once more, to learn what room an answer takes.
	if got := int(svc.asked.Load()); got < n || got > n+len(cs) {
		t.Errorf("the service was asked %d times, want %d and at most once more by each server", got, n)
	}
}
