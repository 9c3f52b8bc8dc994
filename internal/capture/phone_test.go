package capture

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"image"
	"image/color"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
	"doorstep/internal/photo"
)

// phonePage is a phone's page that may lie.
type phonePage struct {
	t     *testing.T
	base  string
	token string
	key   string // that the laptop gave it
}

// servePhone serves a page that a test on this machine can join.
func servePhone(t *testing.T) (*Phone, phonePage) {
	t.Helper()
	return servePhoneFor(t, PhoneOptions{Title: "户口簿"})
}

func servePhoneFor(t *testing.T, o PhoneOptions) (*Phone, phonePage) {
	t.Helper()
	o.Loopback = true
	p, err := ServePhone(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	base, token, ok := strings.Cut(p.address("127.0.0.1"), "#")
	if !ok {
		t.Fatal("an address without a token")
	}
	return p, phonePage{t: t, base: base, token: token}
}

func (g phonePage) post(path string, head http.Header, body []byte) (int, string) {
	g.t.Helper()
	req, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.base+path, bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	for k, v := range head {
		req.Header[k] = v
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, ""
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

var errRefused = errors.New("refused")

// join pairs as the page does.
func (g phonePage) join() (*peer.Conn, error) {
	token := g.token
	if g.key != "" {
		token = g.key
	}
	return peer.Dial(g.t.Context(), peer.Options{Loopback: true}, func(_ context.Context, offer []byte) ([]byte, error) {
		b, err := json.Marshal(pairing{string(offer), offerMAC(token, string(offer))})
		if err != nil {
			return nil, err
		}
		status, text := g.post("pair", nil, b)
		if status != http.StatusOK {
			return nil, errRefused
		}
		var a pairing
		if err := json.Unmarshal([]byte(text), &a); err != nil || a.MAC != answerMAC(token, string(offer), a.Message) {
			return nil, errors.New("an answer that proves nothing")
		}
		return []byte(a.Message), nil
	})
}

// next is the next event that is no progress.
func next(t *testing.T, p *Phone) PhoneEvent {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), 2*time.Minute)
	defer end()
	for {
		e, err := p.Next(ctx)
		if err != nil {
			t.Fatal("nothing happens")
		}
		if e.Received == 0 {
			return e
		}
	}
}

// halfway waits until a part of a picture has come.
func halfway(t *testing.T, p *Phone) {
	t.Helper()
	ctx, end := context.WithTimeout(t.Context(), 2*time.Minute)
	defer end()
	for {
		if e, err := p.Next(ctx); err != nil {
			t.Fatal("no part of the picture comes")
		} else if e.Received > 0 {
			return
		}
	}
}

// joined waits until the page has joined; on a machine under load it may take it
// more than one try.
func joined(t *testing.T, p *Phone) {
	t.Helper()
	for !next(t, p).Joined {
	}
}

// shot is the next picture.
func shot(t *testing.T, p *Phone) *Shot {
	t.Helper()
	for {
		if e := next(t, p); e.Shot != nil {
			return e.Shot
		}
	}
}

// told is the laptop's next record, which must be of a kind.
func told(t *testing.T, conn io.Reader, kind byte) []byte {
	t.Helper()
	var head [5]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil || head[0] != kind {
		t.Fatalf("got %q, %v, want a record %c", head, err, kind)
	}
	b := make([]byte, binary.BigEndian.Uint32(head[1:]))
	if _, err := io.ReadFull(conn, b); err != nil {
		t.Fatal(err)
	}
	return b
}

// hears is told for what is JSON.
func hears[T any](t *testing.T, conn io.Reader, kind byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(told(t, conn, kind), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func goodShot(t *testing.T, w, h int) []byte {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = byte(i*7 + i/977)
	}
	img.Set(0, 0, color.White)
	b, err := photo.JPEG(img)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAPhoneGivesPictures(t *testing.T) {
	p, g := servePhone(t)
	conn, err := g.join()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if !next(t, p).Joined {
		t.Fatal("not told that it joined")
	}
	words := func() phoneWords { return hears[phoneWords](t, conn, recordWords) }
	if w := words(); w.Text != "户口簿" {
		t.Errorf("got %v, want what is to be taken", w)
	}
	for range 2 { // one page after the other
		want := goodShot(t, 1200, 900)
		if err := writeRecord(conn, recordShot, want); err != nil {
			t.Fatal(err)
		}
		e := next(t, p)
		if e.Shot == nil || !bytes.Equal(e.Shot.Data, want) || e.Shot.Source != "phone" || e.Shot.Media != "image/jpeg" {
			t.Fatalf("got %+v, want the picture", e)
		}
		p.Say(false, "画面模糊，请重拍。")
		if w := words(); w.Kind != "bad" || w.Text != "画面模糊，请重拍。" {
			t.Errorf("got %v, want the laptop's words", w)
		}
	}
	t.Run("what is no picture is refused, and the next is taken", func(t *testing.T) {
		for _, lie := range [][]byte{[]byte("%PDF-1.7"), []byte("\xff\xd8\xff no picture"), []byte("<html>")} {
			if err := writeRecord(conn, recordShot, lie); err != nil {
				t.Fatal(err)
			}
			if e := next(t, p); e.Refused == nil || e.Shot != nil {
				t.Errorf("got %+v, want it refused", e)
			}
			if w := words(); w.Kind != "bad" {
				t.Errorf("the phone is told %v", w)
			}
		}
		if err := writeRecord(conn, recordShot, goodShot(t, 80, 60)); err != nil {
			t.Fatal(err)
		}
		if next(t, p).Shot == nil {
			t.Error("the next picture is not taken")
		}
	})
	t.Run("it leaves, and comes back", func(t *testing.T) {
		conn.Close()
		if !next(t, p).Left {
			t.Error("not told that it left")
		}
		again, err := g.join()
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		if !next(t, p).Joined {
			t.Error("not told that it is back")
		}
	})
}

func TestALyingPhoneIsCutOff(t *testing.T) {
	for name, lie := range map[string][]byte{
		"a record of another sort":       {'X', 0, 0, 0, 1, 1},
		"a length past the limit":        {recordShot, 0xff, 0xff, 0xff, 0xff},
		"a length of nothing":            {recordShot, 0, 0, 0, 0},
		"a picture that is cut off":      append([]byte{recordShot, 0, 2, 0, 0}, make([]byte, 64<<10)...),
		"a head that is cut off":         {recordShot, 0},
		"bytes that were never a record": bytes.Repeat([]byte("GET / "), 2000),
	} {
		t.Run(name, func(t *testing.T) {
			p, g := servePhone(t)
			conn, err := g.join()
			if err != nil {
				t.Fatal(err)
			}
			if !next(t, p).Joined {
				t.Fatal("not joined")
			}
			conn.Write(lie)
			if name == "a picture that is cut off" {
				halfway(t, p) // what is under way when a connection closes may be lost
			}
			conn.Close()
			broken := false
			for {
				e := next(t, p)
				broken = broken || errors.Is(e.Refused, errBroken)
				if e.Left && broken != (name == "a picture that is cut off") {
					t.Errorf("called a connection that broke: %v", broken)
				}
				if e.Shot != nil {
					t.Fatal("taken for a picture")
				}
				if e.Left {
					return
				}
			}
		})
	}
}

func TestAStrangerGetsNowhere(t *testing.T) {
	p, g := servePhone(t)
	t.Run("without the token", func(t *testing.T) {
		for range 3 {
			if _, err := (phonePage{t: t, base: g.base, token: "GUESS"}).join(); !errors.Is(err, errRefused) {
				t.Fatalf("got %v, want refused", err)
			}
		}
		if e := next(t, p); fault.KindOf(e.Refused) != fault.Untrusted {
			t.Errorf("the clerk is told %+v", e)
		}
	})
	t.Run("with an offer that was overheard", func(t *testing.T) {
		var heard []byte
		_, err := peer.Dial(t.Context(), peer.Options{Loopback: true}, func(_ context.Context, offer []byte) ([]byte, error) {
			heard, _ = json.Marshal(pairing{string(offer), offerMAC(g.token, string(offer))})
			g.post("pair", nil, heard)
			return nil, errRefused
		})
		if !errors.Is(err, errRefused) {
			t.Fatal(err)
		}
		if status, _ := g.post("pair", nil, heard); status != http.StatusConflict {
			t.Errorf("got %d, want it refused", status)
		}
	})
	t.Run("with what is no pairing", func(t *testing.T) {
		for _, b := range []string{"", "{}", "[1]", strings.Repeat("x", maxPairBody+1)} {
			if status, _ := g.post("pair", nil, []byte(b)); status == http.StatusOK || status == http.StatusConflict {
				t.Errorf("%.10q: got %d", b, status)
			}
		}
	})
	t.Run("past the connection, with a picture", func(t *testing.T) {
		head := http.Header{"X-Shot": {phoneMAC(g.token, "shot")}}
		if status, _ := g.post("shot", head, goodShot(t, 80, 60)); status != http.StatusForbidden {
			t.Errorf("got %d, want forbidden: pictures go unencrypted on the loopback address alone", status)
		}
	})
	t.Run("after it is closed", func(t *testing.T) {
		p.Close()
		if status, _ := g.post("pair", nil, nil); status != 0 {
			t.Errorf("got %d, want nobody there", status)
		}
	})
}

func TestTheBrowserOnTheLaptop(t *testing.T) {
	p, err := ServePhone(t.Context(), PhoneOptions{Title: "照片", Portrait: true, Local: true})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	base, token, _ := strings.Cut(p.Addresses()[0], "#")
	g := phonePage{t: t, base: base, token: token}
	if !strings.HasPrefix(base, "http://127.0.0.1:") || !strings.HasPrefix(p.listener.Addr().String(), "127.0.0.1:") {
		t.Errorf("heard at %s", p.listener.Addr())
	}
	want := goodShot(t, 300, 200)
	if status, _ := g.post("shot", http.Header{"X-Shot": {"guess"}}, want); status != http.StatusForbidden {
		t.Errorf("without the token: got %d", status)
	}
	if status, _ := g.post("shot", http.Header{"X-Shot": {phoneMAC(token, "shot")}}, []byte("no picture")); status != http.StatusUnsupportedMediaType {
		t.Errorf("what is no picture: got %d", status)
	}
	status := make(chan int, 1)
	go func() {
		n, _ := g.post("shot", http.Header{"X-Shot": {phoneMAC(token, "shot")}}, want)
		status <- n
	}()
	got := shot(t, p)
	if n := <-status; n != http.StatusOK || !bytes.Equal(got.Data, want) || got.Source != "camera" {
		t.Errorf("got %d, want the picture", n)
	}
	if status, _ := g.post("pair", nil, nil); status != http.StatusBadRequest {
		t.Errorf("paired with the laptop's own browser: got %d", status)
	}
}

func FuzzRecord(f *testing.F) {
	var b bytes.Buffer
	writeRecord(&b, recordShot, []byte("\xff\xd8\xff\xe0"))
	f.Add(b.Bytes())
	f.Add([]byte{recordShot, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		for r := bytes.NewReader(b); ; {
			kind, got, err := readRecord(r, map[byte]int{recordShot: MaxFileBytes, recordInk: maxInk}, func(_ byte, n, of int) {
				if n > of {
					t.Fatal("more than all")
				}
			})
			if err != nil {
				return
			}
			if len(got) > len(b) || kind != recordShot && kind != recordInk {
				t.Fatal("more than was sent, or another record")
			}
			_, _ = shotOf(got) // whatever it says, it comes back
		}
	})
}

func FuzzPairing(f *testing.F) {
	b, _ := json.Marshal(pairing{"offer", offerMAC("T", "offer")})
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		offer, mac, err := readPairing("T", b)
		if err == nil && offerMAC("T", offer) != mac {
			t.Fatal("paired without the token")
		}
	})
}

func TestWhereNoPhoneCanComeItSaysWhatElseWillDo(t *testing.T) {
	for want, o := range map[string]PhoneOptions{"用摄像头或选文件": {}, "在电脑上签": {Sign: testSigning()}, "改为打印": {Gift: testGift()}} {
		if got := o.ways(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if p, err := ServePhone(t.Context(), o); err == nil {
			p.Close()
		} else if !strings.Contains(fault.Sentence(err), want) {
			t.Errorf("got %s, want %s in it", fault.Sentence(err), want)
		}
	}
}
