package central

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// problemIn reads the Problem of an answer and fails when it is none.
func problemIn(t testing.TB, typ string, b []byte) parcel.Problem {
	t.Helper()
	var p parcel.Problem
	if err := parcel.DecodeJSON(bytes.NewReader(b), parcel.MaxJSON, &p); err != nil || typ != parcel.TypeJSON {
		t.Errorf("%s %q is no problem: %v", typ, b, err)
	}
	return p
}

func TestBadRequests(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	l.finished(content("x", 10))
	good := l.pack(l.changes)
	h := loan.Hash{1}.String()
	chunk := content("c", 100)
	s := sha256.Sum256(chunk)
	sumOf := hex.EncodeToString(s[:])
	flip := func(i int) []byte {
		b := bytes.Clone(good)
		b[i] ^= 1
		return b
	}
	put := func(path string, head ...string) func() (int, string, []byte) {
		return func() (int, string, []byte) { return l.do("PUT", path, parcel.TypeChunk, chunk, head...) }
	}
	post := func(path, typ string, b []byte) func() (int, string, []byte) {
		return func() (int, string, []byte) { return l.do("POST", path, typ, b) }
	}
	lots := strings.Repeat(`{"hash":"`+h+`","size":1},`, parcel.MaxAsk+1)
	for name, x := range map[string]struct {
		do     func() (int, string, []byte)
		status int
		kind   fault.Kind
	}{
		"a parcel of another type":      {post("/v1/parcel", parcel.TypeJSON, good), 400, fault.Input},
		"an empty parcel":               {post("/v1/parcel", parcel.TypeParcel, nil), 400, fault.Damaged},
		"a page":                        {post("/v1/parcel", parcel.TypeParcel, []byte("<html>")), 400, fault.Damaged},
		"a parcel with a false device":  {post("/v1/parcel", parcel.TypeParcel, flip(10)), 400, fault.Untrusted},
		"a parcel with a false counter": {post("/v1/parcel", parcel.TypeParcel, flip(36)), 400, fault.Untrusted},
		"a parcel with a false chain":   {post("/v1/parcel", parcel.TypeParcel, flip(80)), 400, fault.Untrusted},
		"a parcel with a flipped table": {post("/v1/parcel", parcel.TypeParcel, flip(len(good)-9)), 400, fault.Damaged},
		"a parcel cut short":            {post("/v1/parcel", parcel.TypeParcel, good[:len(good)-1]), 400, fault.Damaged},
		"a parcel that is far too long": {post("/v1/parcel", parcel.TypeParcel, make([]byte, parcel.MaxBytes+1)), 413, fault.TooLarge},
		"JSON that is none":             {post("/v1/lack", parcel.TypeJSON, []byte("{")), 400, fault.Input},
		"JSON with a field too many":    {post("/v1/lack", parcel.TypeJSON, []byte(`{"x":1}`)), 400, fault.Input},
		"JSON that is far too long":     {post("/v1/lack", parcel.TypeJSON, make([]byte, parcel.MaxJSON+1)), 413, fault.TooLarge},
		"a hash that is none":           {post("/v1/receipt", parcel.TypeJSON, []byte(`{"blobs":["x"]}`)), 400, fault.Input},
		"a question about too many":     {post("/v1/lack", parcel.TypeJSON, []byte(`{"blobs":[`+strings.TrimSuffix(lots, ",")+`]}`)), 413, fault.TooLarge},
		"a blob of no size":             {post("/v1/lack", parcel.TypeJSON, []byte(`{"blobs":[{"hash":"`+h+`","size":0}]}`)), 413, fault.TooLarge},
		"a blob of endless size":        {put("/v1/blob/"+h+"/0?size=99999999999", parcel.SumHeader, sumOf), 413, fault.TooLarge},
		"a chunk without its sum":       {put("/v1/blob/" + h + "/0?size=100"), 400, fault.Input},
		"a chunk with another's sum":    {put("/v1/blob/"+h+"/0?size=100", parcel.SumHeader, h), 400, fault.Input},
		"a chunk off the grid":          {put("/v1/blob/"+h+"/7?size=107", parcel.SumHeader, sumOf), 400, fault.Input},
		"a chunk behind the end":        {put("/v1/blob/"+h+"/32768?size=100", parcel.SumHeader, sumOf), 400, fault.Input},
		"a chunk before the start":      {put("/v1/blob/"+h+"/-32768?size=100", parcel.SumHeader, sumOf), 400, fault.Input},
		"a chunk that is too short":     {put("/v1/blob/"+h+"/0?size=101", parcel.SumHeader, sumOf), 400, fault.Input},
		"a blob with a path for a name": {put("/v1/blob/..%2f..%2fx/0?size=100", parcel.SumHeader, sumOf), 400, fault.Input},
		"news behind what is no number": {func() (int, string, []byte) { return l.do("GET", "/v1/news?after=x", "", nil) }, 400, fault.Input},
		"an address that is not there":  {post("/v2/parcel", parcel.TypeParcel, good), 404, fault.Missing},
		"a method that is not there":    {func() (int, string, []byte) { return l.do("DELETE", "/v1/parcel", "", nil) }, 404, fault.Missing},
		"a code that is none":           {post("/v1/enrol", parcel.TypeJSON, []byte(`{"code":"x"}`)), 400, fault.Input},
	} {
		t.Run(name+" is refused with its kind", func(t *testing.T) {
			status, typ, b := x.do()
			if p := problemIn(t, typ, b); status != x.status || p.Kind != x.kind.String() {
				t.Errorf("got %d %s, want %d %s", status, b, x.status, x.kind)
			}
		})
	}
	t.Run("and nothing of it was taken", func(t *testing.T) {
		if all, _ := c.List(context.Background()); len(all.Cases) != 0 || all.Devices[0].Changes != 0 || all.Blobs != 0 {
			t.Errorf("%+v", all)
		}
		l.send(l.changes)
	})
}

func TestWhoMayAsk(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	l, other := enrol(t, c, url), enrol(t, c, url)
	l.finished(content("x", 10))

	t.Run("without a certificate nobody", func(t *testing.T) {
		bare := *l
		bare.http = &http.Client{Transport: &http.Transport{TLSClientConfig: seal.EnrolTLS(c.Authority().Fingerprint())}}
		status, typ, b := bare.do("GET", "/v1/news", "", nil)
		if p := problemIn(t, typ, b); status != 403 || p.Code != parcel.CodeNoCert {
			t.Errorf("got %d %s", status, b)
		}
	})
	t.Run("with another authority's certificate nobody", func(t *testing.T) {
		ca, err := seal.NewAuthority("x", time.Hour, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		der, err := ca.Issue(l.signer.Public(), seal.Device, l.enrol.Device.String(), nil, time.Hour, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		conf := seal.DeviceTLS(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: l.signer.Crypto()}, c.Authority().Cert(), time.Now)
		resp, err := (&http.Client{Transport: &http.Transport{TLSClientConfig: conf}}).Get(url + "/v1/news")
		if err == nil {
			// A client may hold back a certificate that the server would not take.
			resp.Body.Close()
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("answered with %d", resp.StatusCode)
			}
		}
	})
	t.Run("a device nobody knows", func(t *testing.T) {
		der, err := c.Authority().Issue(l.signer.Public(), seal.Device, uuid.NewString(), nil, time.Hour, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		odd := *l
		odd.http = &http.Client{Transport: &http.Transport{TLSClientConfig: seal.DeviceTLS(
			tls.Certificate{Certificate: [][]byte{der}, PrivateKey: l.signer.Crypto()}, c.Authority().Cert(), time.Now)}}
		status, typ, b := odd.do("GET", "/v1/news", "", nil)
		if p := problemIn(t, typ, b); status != 403 || p.Code != parcel.CodeUnknown {
			t.Errorf("got %d %s", status, b)
		}
	})
	t.Run("one device with the parcel of another", func(t *testing.T) {
		status, typ, b := other.do("POST", "/v1/parcel", parcel.TypeParcel, l.pack(l.changes))
		if p := problemIn(t, typ, b); status != 400 || p.Kind != fault.Untrusted.String() {
			t.Errorf("got %d %s", status, b)
		}
	})
	t.Run("a revoked device, and what it sent stays", func(t *testing.T) {
		l.send(l.changes)
		if err := c.Revoke(context.Background(), l.enrol.Device); err != nil {
			t.Fatal(err)
		}
		status, typ, b := l.do("POST", "/v1/parcel", parcel.TypeParcel, l.pack(l.changes))
		if p := problemIn(t, typ, b); status != 403 || p.Code != parcel.CodeRevoked || p.Kind != fault.Denied.String() {
			t.Errorf("got %d %s", status, b)
		}
		if err := c.Revoke(context.Background(), l.enrol.Device); fault.KindOf(err) != fault.Missing {
			t.Errorf("revoked twice: %v", err)
		}
		if all, _ := c.List(context.Background()); len(all.Cases) != 1 {
			t.Errorf("%d cases", len(all.Cases))
		}
	})
}

func TestEnrolment(t *testing.T) {
	now := time.Now()
	c, err := Open(context.Background(), Options{Dir: t.TempDir(), Practice: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	url := serve(t, c)
	code, err := c.NewCode(context.Background(), NewCodeOptions{Point: "大塘镇受理点"})
	if err != nil {
		t.Fatal(err)
	}
	newLaptop := func() *laptop {
		s, err := seal.NewSigner()
		if err != nil {
			t.Fatal(err)
		}
		return &laptop{t: t, url: url, signer: s}
	}
	l := newLaptop()
	first, status := l.tryEnrol(code)
	if status != 200 || first.Point != "大塘镇受理点" || !first.Practice || len(first.Operators) != 2 || first.County != "522727" {
		t.Fatalf("status %d, %+v", status, first)
	}
	t.Run("the same code with the same key gives the same device", func(t *testing.T) {
		again, status := l.tryEnrol(code)
		if status != 200 || again.Device != first.Device || !bytes.Equal(again.Cert, first.Cert) {
			t.Errorf("status %d, device %s, want %s", status, again.Device, first.Device)
		}
	})
	t.Run("with another key it gives none", func(t *testing.T) {
		if _, status := newLaptop().tryEnrol(code); status != 403 {
			t.Errorf("status %d, want 403", status)
		}
	})
	t.Run("an old code gives none", func(t *testing.T) {
		old, err := c.NewCode(context.Background(), NewCodeOptions{ValidFor: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Hour)
		if _, status := newLaptop().tryEnrol(old); status != 403 {
			t.Errorf("status %d, want 403", status)
		}
	})
	t.Run("a key that its sender does not hold gives none", func(t *testing.T) {
		fresh, err := c.NewCode(context.Background(), NewCodeOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := json.Marshal(parcel.EnrolRequest{Code: fresh, PublicKey: l.signer.Public().Marshal(), Proof: newLaptop().signer.Sign(parcel.EnrolContext, []byte(fresh))})
		l.accept(first)
		if status, _, b := l.do("POST", "/v1/enrol", parcel.TypeJSON, b); status != 400 {
			t.Errorf("got %d %s, want 400", status, b)
		}
	})
	t.Run("the code is not in the database", func(t *testing.T) {
		parsed, err := seal.ParseEnrolCode(code)
		if err != nil {
			t.Fatal(err)
		}
		var n int
		if err := c.db.QueryRow(`SELECT COUNT(*) FROM codes WHERE INSTR(hash, ?) > 0`, parsed.Code).Scan(&n); err != nil || n != 0 {
			t.Errorf("found %d times, %v", n, err)
		}
	})
}

func TestFirstStart(t *testing.T) {
	for name, o := range map[string]Options{
		"with a county's name alone":   {CountyName: "某县", County: "x"},
		"with half a county":           {County: "522727"},
		"with a county of no digits":   {County: "52272x", CountyName: "某县"},
		"practice in another county":   {County: "520000", CountyName: "某县", Practice: true},
		"without a folder being there": {Beside: true},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			o.Dir = t.TempDir()
			c, err := Open(context.Background(), o)
			if k := fault.KindOf(err); k != fault.Input && k != fault.Missing {
				t.Errorf("got %v, want input or missing", err)
			}
			if err == nil {
				c.Close()
			}
		})
	}
	t.Run("without a county it is one for practice", func(t *testing.T) {
		c, err := Open(context.Background(), Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if code, _, practice, err := county(context.Background(), c.db); code != practiceCounty || !practice || err != nil {
			t.Errorf("got county %s, practice %v, %v", code, practice, err)
		}
	})
	t.Run("practice is never mixed with earnest", func(t *testing.T) {
		dir := t.TempDir()
		c, err := Open(context.Background(), Options{Dir: dir, County: "522727", CountyName: "平塘县"})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if _, err := Open(context.Background(), Options{Dir: dir, Practice: true}); fault.KindOf(err) != fault.Input {
			t.Errorf("got %v, want input", err)
		}
	})
}

func TestFilesThatAreGone(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"the authority": func(dir string) error { return os.Remove(filepath.Join(dir, "keys", "authority.pem")) },
		"the database": func(dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "centre.db")), os.RemoveAll(filepath.Join(dir, "centre.db-wal")), os.RemoveAll(filepath.Join(dir, "centre.db-shm")))
		},
		"the content of the database": func(dir string) error { return os.Truncate(filepath.Join(dir, "centre.db"), 0) },
		"the county's key":            func(dir string) error { return os.Remove(filepath.Join(dir, "keys", "county-"+practiceCounty+".key")) },
		"the content of the county's key": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "keys", "county-"+practiceCounty+".key"), nil, 0o600)
		},
	} {
		t.Run(name+" is missed, and nothing is made in its place", func(t *testing.T) {
			dir := t.TempDir()
			c, err := Open(context.Background(), Options{Dir: dir, Practice: true})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(c.Close(), spoil(dir)); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				c, err := Open(context.Background(), Options{Dir: dir, Practice: true})
				if fault.KindOf(err) != fault.Damaged {
					t.Errorf("got %v, want damaged", err)
				}
				if err == nil {
					c.Close()
				}
			}
		})
	}
}

func TestNoFileIsForOtherUsers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such permissions")
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	l.finished(content("x", 10))
	l.send(l.changes)
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		if st, err := e.Info(); err != nil || st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", e.Name(), st.Mode(), err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestASenderThatStallsIsCutOff(t *testing.T) {
	// The pace is the server's, in real time; here only that a deadline is set
	// again and again while bytes come, and not for ever by a trickle.
	d := &deadlines{}
	p := &paced{ReadCloser: io.NopCloser(bytes.NewReader(make([]byte, 3*paceBytes))), control: http.NewResponseController(d)}
	buf := make([]byte, 100)
	for {
		if _, err := p.Read(buf); err != nil {
			break
		}
	}
	if d.n < 3 || d.n > 5 {
		t.Errorf("deadline set %d times for three portions, want once a portion", d.n)
	}
	if !d.last.IsZero() {
		t.Error("the deadline stands after the end of the body")
	}
}

type deadlines struct {
	http.ResponseWriter
	n    int
	last time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error { d.n, d.last = d.n+1, at; return nil }

func TestTooManyAtOnce(t *testing.T) {
	c := open(t, t.TempDir())
	for range cap(c.requests) {
		c.requests <- struct{}{}
	}
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/healthz", nil))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("status %d, want 503 with Retry-After", w.Code)
	}
}

func TestStrangersWhoDawdle(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	l := enrol(t, c, url)
	var pipes []*io.PipeWriter
	conf := seal.EnrolTLS(c.Authority().Fingerprint())
	stranger := &http.Client{Transport: &http.Transport{TLSClientConfig: conf}}
	answers := make(chan int, 2*maxStrangers)
	for range cap(answers) {
		body, w := io.Pipe()
		pipes = append(pipes, w)
		go func() {
			resp, err := stranger.Post(url+"/v1/enrol", parcel.TypeJSON, body)
			if err != nil {
				answers <- 0
				return
			}
			resp.Body.Close()
			answers <- resp.StatusCode
		}()
	}
	// Those too many are answered while the others still hold their places.
	for range cap(answers) - maxStrangers {
		if status := <-answers; status != http.StatusServiceUnavailable {
			t.Errorf("a stranger too many got %d, want 503", status)
		}
	}
	if n := len(c.strangers); n != maxStrangers {
		t.Errorf("%d strangers hold a place, want %d", n, maxStrangers)
	}
	if status, _, b := l.do("GET", "/v1/news", "", nil); status != http.StatusOK {
		t.Errorf("a laptop got %d %s", status, b)
	}
	for _, w := range pipes {
		w.CloseWithError(io.ErrUnexpectedEOF)
	}
	for range maxStrangers {
		<-answers
	}
	d := &deadlines{}
	p := &paced{ReadCloser: io.NopCloser(bytes.NewReader(make([]byte, 3*paceBytes))), control: http.NewResponseController(d)}
	p.whole(strangerTime)
	if _, err := io.ReadAll(p); err != nil || d.n != 2 || !d.last.IsZero() {
		t.Errorf("%d deadlines for a stranger's body, %v; want one for the whole, and its end", d.n, err)
	}
}

func TestAPanicIsAnAnswer(t *testing.T) {
	c := open(t, t.TempDir())
	w := httptest.NewRecorder()
	c.answer(func(http.ResponseWriter, *http.Request) error { panic("x") })(w, httptest.NewRequest("GET", "/", nil))
	if p := problemIn(t, w.Header().Get("Content-Type"), w.Body.Bytes()); w.Code != 500 || p.Kind != "other" {
		t.Errorf("got %d %+v", w.Code, p)
	}
}

func TestPlainConnections(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /v1/news HTTP/1.1\r\nHost: x\r\n\r\n")
	b, _ := io.ReadAll(conn)
	if bytes.Contains(b, []byte("200")) {
		t.Errorf("answered %q without TLS", b)
	}
}

// FuzzBodies throws any bytes at every address, as an enrolled device would.
func FuzzBodies(f *testing.F) {
	c := open(f, f.TempDir())
	l := enrol(f, c, serve(f, c))
	state := func() *tls.ConnectionState {
		cert, err := x509.ParseCertificate(l.enrol.Cert)
		if err != nil {
			f.Fatal(err)
		}
		return &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{cert}}}
	}()
	l.finished(content("x", 10))
	h := loan.Hash{1}.String()
	paths := []string{"POST /v1/parcel", "POST /v1/lack", "POST /v1/receipt", "POST /v1/enrol", "PUT /v1/blob/" + h + "/0?size=100", "GET /v1/news?after=1"}
	types := []string{parcel.TypeParcel, parcel.TypeJSON, parcel.TypeJSON, parcel.TypeJSON, parcel.TypeChunk, ""}
	f.Add(uint8(0), l.pack(l.changes), h)
	f.Add(uint8(1), []byte(`{"blobs":[{"hash":"`+h+`","size":5}]}`), "")
	f.Add(uint8(2), []byte(`{"blobs":["`+h+`"]}`), "")
	f.Add(uint8(3), []byte(`{"code":"DS1-1","public_key":"AA==","proof":"AA=="}`), "")
	f.Add(uint8(4), content("c", 100), h)
	handler := c.Handler()
	f.Fuzz(func(t *testing.T, which uint8, body []byte, sum string) {
		i := int(which) % len(paths)
		method, path, _ := strings.Cut(paths[i], " ")
		r := httptest.NewRequest(method, path, bytes.NewReader(body))
		r.Header.Set("Content-Type", types[i])
		r.Header.Set(parcel.SumHeader, sum)
		r.TLS = state
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s: status %d", paths[i], w.Code)
		}
		if w.Code >= 400 {
			problemIn(t, w.Header().Get("Content-Type"), w.Body.Bytes())
		}
	})
}
