package central

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// open opens a practice centre in dir.
func open(t testing.TB, dir string) *Central {
	t.Helper()
	settle(t, dir)
	c, err := Open(context.Background(), Options{Dir: dir, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// serve answers on a port of its own until the test ends.
func serve(t testing.TB, c *Central) string {
	t.Helper()
	s, err := c.Server([]string{"127.0.0.1", "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	return serveOn(t, s)
}

// serveOn has a server answer on a port of its own until the test ends.
func serveOn(t testing.TB, s *http.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); s.ServeTLS(l, "", "") }()
	t.Cleanup(func() { s.Close(); <-done })
	return "https://" + l.Addr().String()
}

// laptop is the other end, without a store: a key, a chain and a client.
type laptop struct {
	t       testing.TB
	url     string
	signer  *seal.Signer
	enrol   *parcel.EnrolResponse
	county  *seal.Key
	centre  seal.PublicKey
	http    *http.Client
	changes []*loan.Change
	closes  func(id uuid.UUID) ([]byte, *loan.NationalSeal) // nil: what is sealed is made-up bytes
}

func enrol(t testing.TB, c *Central, url string) *laptop {
	t.Helper()
	text, err := c.NewCode(context.Background(), NewCodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	l := &laptop{t: t, url: url, signer: signer}
	resp, status := l.tryEnrol(text)
	if status != http.StatusOK {
		t.Fatalf("enrol: status %d", status)
	}
	l.accept(resp)
	return l
}

func (l *laptop) tryEnrol(text string) (*parcel.EnrolResponse, int) {
	l.t.Helper()
	code, err := seal.ParseEnrolCode(text)
	if err != nil {
		l.t.Fatal(err)
	}
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: seal.EnrolTLS(code.Fingerprint)}}
	defer h.CloseIdleConnections()
	b, _ := json.Marshal(parcel.EnrolRequest{Code: text, PublicKey: l.signer.Public().Marshal(),
		Proof: l.signer.Sign(parcel.EnrolContext, []byte(code.String()))})
	r, err := h.Post(l.url+"/v1/enrol", parcel.TypeJSON, bytes.NewReader(b))
	if err != nil {
		l.t.Fatal(err)
	}
	defer r.Body.Close()
	resp := &parcel.EnrolResponse{}
	if r.StatusCode == http.StatusOK {
		if err := parcel.DecodeJSON(r.Body, parcel.MaxJSON, resp); err != nil {
			l.t.Fatal(err)
		}
	}
	return resp, r.StatusCode
}

func (l *laptop) accept(resp *parcel.EnrolResponse) {
	l.t.Helper()
	ca, err := x509.ParseCertificate(resp.CA)
	if err != nil {
		l.t.Fatal(err)
	}
	if l.county, err = seal.KeyFromBytes(resp.CountyKey); err != nil {
		l.t.Fatal(err)
	}
	if l.centre, err = seal.ParsePublicKey(resp.CentreKey); err != nil {
		l.t.Fatal(err)
	}
	l.enrol = resp
	cert := tls.Certificate{Certificate: [][]byte{resp.Cert}, PrivateKey: l.signer.Crypto()}
	l.http = &http.Client{Transport: &http.Transport{TLSClientConfig: seal.DeviceTLS(cert, ca, time.Now), ForceAttemptHTTP2: true}}
	l.t.Cleanup(l.http.CloseIdleConnections)
}

// do sends a request and gives status, content type and body.
func (l *laptop) do(method, path, typ string, body []byte, head ...string) (int, string, []byte) {
	l.t.Helper()
	r, err := http.NewRequest(method, l.url+path, bytes.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	r.Header.Set("Content-Type", typ)
	for i := 0; i < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	resp, err := l.http.Do(r)
	if err != nil {
		l.t.Error(err)
		return 0, "", nil
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Error(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), b
}

// change appends a change to the laptop's chain.
func (l *laptop) change(id uuid.UUID, kind loan.ChangeKind, body any) *loan.Change {
	l.t.Helper()
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: l.enrol.Device, Counter: uint64(len(l.changes) + 1),
		Operator: "practice-clerk", Case: id, Kind: kind, At: time.Now()}
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			l.t.Fatal(err)
		}
		ch.Body = b
	}
	if n := len(l.changes); n > 0 {
		ch.Prev = l.changes[n-1].HeaderHash(sum)
	}
	if k := loan.Fold(l.of(id)); k != nil {
		ch.Seen = k.Heads
	}
	ch.Salt[0] = byte(ch.Counter)
	ch.BodyHash = loan.BodyHashOf(sum, ch.Salt, ch.Body)
	l.changes = append(l.changes, ch)
	return ch
}

func (l *laptop) of(id uuid.UUID) []*loan.Change {
	var out []*loan.Change
	for _, c := range l.changes {
		if c.Case == id {
			out = append(out, c)
		}
	}
	return out
}

func (l *laptop) pack(changes []*loan.Change) []byte {
	l.t.Helper()
	p, err := parcel.New(changes, seal.International)
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := parcel.Pack(p, l.signer)
	if err != nil {
		l.t.Fatal(err)
	}
	return b
}

func (l *laptop) send(changes []*loan.Change) *parcel.Receipt {
	l.t.Helper()
	status, _, b := l.do("POST", "/v1/parcel", parcel.TypeParcel, l.pack(changes))
	if status != http.StatusOK {
		l.t.Fatalf("parcel: status %d %s", status, b)
	}
	return l.receipt(b)
}

func (l *laptop) receipt(b []byte) *parcel.Receipt {
	l.t.Helper()
	r, err := parcel.OpenReceipt(b, l.centre)
	if err != nil {
		l.t.Fatal(err)
	}
	return r
}

func (l *laptop) news(after int) *parcel.News {
	l.t.Helper()
	status, _, b := l.do("GET", fmt.Sprintf("/v1/news?after=%d", after), "", nil)
	if status != http.StatusOK {
		l.t.Fatalf("news: status %d %s", status, b)
	}
	n, err := parcel.OpenNews(b, l.centre)
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

func (l *laptop) ask(path string, in, out any) {
	l.t.Helper()
	b, _ := json.Marshal(in)
	status, _, b := l.do("POST", path, parcel.TypeJSON, b)
	if status != http.StatusOK {
		l.t.Fatalf("%s: status %d %s", path, status, b)
	}
	if err := json.Unmarshal(b, out); err != nil {
		l.t.Fatal(err)
	}
}

func (l *laptop) lack(blobs ...parcel.BlobSize) []parcel.Lack {
	l.t.Helper()
	var out parcel.LackResponse
	l.ask("/v1/lack", parcel.LackRequest{Blobs: blobs}, &out)
	return out.Blobs
}

// chunk puts chunk i of a content under a name.
func (l *laptop) chunk(h loan.Hash, content []byte, i int) int {
	l.t.Helper()
	b := content[i*parcel.ChunkSize : min(len(content), (i+1)*parcel.ChunkSize)]
	s := sha256.Sum256(b)
	status, _, _ := l.do("PUT", fmt.Sprintf("/v1/blob/%s/%d?size=%d", h, i*parcel.ChunkSize, len(content)),
		parcel.TypeChunk, b, parcel.SumHeader, hex.EncodeToString(s[:]))
	return status
}

func (l *laptop) blob(content []byte) loan.Hash {
	l.t.Helper()
	h := loan.Hash(l.county.Name(content))
	last := 0
	for i := range chunks(int64(len(content))) {
		last = l.chunk(h, content, i)
	}
	if last != http.StatusCreated {
		l.t.Fatalf("last chunk: status %d, want 201", last)
	}
	return h
}

// content is n bytes that differ from one name to the next.
func content(name string, n int) []byte {
	var out []byte
	for i := 0; len(out) < n; i++ {
		s := sha256.Sum256(fmt.Appendf(nil, "%s %d", name, i))
		out = append(out, s[:]...)
	}
	return out[:n]
}

// finished brings a case to its finish, with papers of the given contents,
// and gives the blobs it consists of. Nothing is sent.
func (l *laptop) finished(papers ...[]byte) (uuid.UUID, [][]byte) {
	l.t.Helper()
	return l.finishedAfter(func(uuid.UUID) {}, papers...)
}

// finishedAfter is finished with something more before the case is submitted.
func (l *laptop) finishedAfter(more func(id uuid.UUID), papers ...[]byte) (uuid.UUID, [][]byte) {
	l.t.Helper()
	id := uuid.Must(uuid.NewV7())
	blobs := [][]byte{}
	att := func(b []byte, media string) loan.Attachment {
		blobs = append(blobs, b)
		return loan.Attachment{Blob: l.county.Name(b), Size: int64(len(b)), Media: media}
	}
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	for _, p := range papers {
		a := att(p, "image/jpeg")
		a.Slot = loan.DocSlot(loan.HukouBook)
		l.change(id, loan.ChangeAttach, loan.AttachBody{Attachment: a, Source: "file"})
	}
	more(id)
	l.change(id, loan.ChangeSubmit, nil)
	l.change(id, loan.ChangeReview, loan.ReviewBody{Pass: true}).Operator = "practice-reviewer"
	l.rechain()
	pdf, ink, sealed := content(id.String()+"pdf", 40_000), content(id.String()+"ink", 3_000), content(id.String()+"sealed", 50_000)
	var national *loan.NationalSeal
	if l.closes != nil {
		sealed, national = l.closes(id)
	}
	l.change(id, loan.ChangeContract, loan.ContractBody{Template: "t/1", Blob: l.county.Name(pdf), Size: 40_000, Pages: 3, AsOf: "2026-08-01"})
	i, s := att(ink, "application/vnd.doorstep.ink"), att(sealed, "application/pdf")
	l.change(id, loan.ChangeSign, loan.SignBody{Party: loan.StudentParty, By: loan.InPerson, Contract: l.county.Name(pdf), Ink: i.Blob, Size: i.Size})
	l.change(id, loan.ChangeSeal, loan.SealBody{Blob: s.Blob, Size: s.Size, National: national})
	k := loan.Fold(l.of(id))
	l.change(id, loan.ChangeFinish, loan.FinishBody{Blobs: k.Manifest()})
	k = loan.Fold(l.of(id))
	if k.Status != loan.Queued || len(k.Aside) > 0 {
		l.t.Fatalf("case is %s with %d aside, want queued", k.Status, len(k.Aside))
	}
	return id, blobs
}

// rechain makes the last change's hashes good after it was altered.
func (l *laptop) rechain() {
	n := len(l.changes) - 1
	l.changes[n].Prev = l.changes[n-1].HeaderHash(sum)
}

func (l *laptop) held(c *Central, id uuid.UUID) Held {
	l.t.Helper()
	all, err := c.List(context.Background())
	if err != nil {
		l.t.Fatal(err)
	}
	for _, k := range all.Cases {
		if k.ID == id {
			return k
		}
	}
	return Held{}
}
