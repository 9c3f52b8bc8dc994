package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"github.com/pion/webrtc/v4"
)

// against pairs a Conn of ours with a raw connection of pion's, which does
// what it likes.
func against(t *testing.T, ready func(*webrtc.PeerConnection, *webrtc.DataChannel)) *Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var s webrtc.SettingEngine
	s.SetIncludeLoopbackCandidate(true)
	pc, err := webrtc.NewAPI(webrtc.WithSettingEngine(s)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pc.Close() })
	yes, number := true, uint16(0)
	d, err := pc.CreateDataChannel("", &webrtc.DataChannelInit{Negotiated: &yes, ID: &number})
	if err != nil {
		t.Fatal(err)
	}
	d.OnOpen(func() { ready(pc, d) })
	c, err := Dial(ctx, Options{Loopback: true}, func(ctx context.Context, offer []byte) ([]byte, error) {
		var m message
		if err := json.Unmarshal(offer, &m); err != nil {
			return nil, err
		}
		// It does not heed how long a message may be.
		sdp := strings.Replace(m.SDP, fmt.Sprintf("max-message-size:%d", pieceSize), "max-message-size:8388608", 1)
		if err := pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: sdp}); err != nil {
			return nil, err
		}
		a, err := pc.CreateAnswer(nil)
		if err != nil {
			return nil, err
		}
		gathered := webrtc.GatheringCompletePromise(pc)
		if err := pc.SetLocalDescription(a); err != nil {
			return nil, err
		}
		<-gathered
		return json.Marshal(pc.LocalDescription()) // the form of a browser
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestWhoDoesNotKeepToTheFormIsCutOff(t *testing.T) {
	for name, do := range map[string]func(*webrtc.PeerConnection, *webrtc.DataChannel){
		"a message longer than may be": func(_ *webrtc.PeerConnection, d *webrtc.DataChannel) { d.Send(make([]byte, pieceSize+1)) },
		"a text that is not the end":   func(_ *webrtc.PeerConnection, d *webrtc.DataChannel) { d.SendText("end of all") },
		"an empty message":             func(_ *webrtc.PeerConnection, d *webrtc.DataChannel) { d.Send(nil) },
		"a hundred channels more": func(pc *webrtc.PeerConnection, _ *webrtc.DataChannel) {
			for i := range 100 {
				pc.CreateDataChannel(fmt.Sprint(i), nil)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := against(t, do)
			if _, err := io.ReadAll(c); fault.KindOf(err) != fault.Untrusted {
				t.Errorf("got %v, want untrusted", err)
			}
			if _, err := c.Write([]byte("x")); fault.KindOf(err) != fault.Untrusted {
				t.Errorf("a write: got %v, want untrusted", err)
			}
		})
	}
	t.Run("a message longer than is ever held brings nothing", func(t *testing.T) {
		c := against(t, func(_ *webrtc.PeerConnection, d *webrtc.DataChannel) { d.Send(make([]byte, 8<<20)) })
		c.SetReadDeadline(time.Now().Add(time.Second))
		if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("got %d bytes, %v", n, err)
		}
		c.Close()
	})
	t.Run("bytes behind the end", func(t *testing.T) {
		c := against(t, func(_ *webrtc.PeerConnection, d *webrtc.DataChannel) { d.SendText(endText); d.Send([]byte("more")) })
		if b, err := io.ReadAll(c); len(b) != 0 || err != nil {
			t.Errorf("got %q, %v; the end is the end", b, err)
		}
		<-c.dead
		if fault.KindOf(c.cause()) != fault.Untrusted {
			t.Errorf("got %v, want untrusted", c.cause())
		}
	})
	t.Run("an end without a word is no end", func(t *testing.T) {
		c := against(t, func(pc *webrtc.PeerConnection, d *webrtc.DataChannel) {
			d.Send([]byte("half"))
			time.Sleep(100 * time.Millisecond)
			go pc.Close()
		})
		if b, err := io.ReadAll(c); string(b) != "half" || fault.KindOf(err) != fault.Offline {
			t.Errorf("got %q, %v; want what came, and offline", b, err)
		}
	})
}

func TestAFloodIsHeldBack(t *testing.T) {
	if testing.Short() {
		t.Skip()
	}
	c := against(t, func(_ *webrtc.PeerConnection, d *webrtc.DataChannel) {
		for range 64 {
			d.Send(make([]byte, pieceSize)) // all at once, whatever is taken
		}
		d.SendText(endText)
	})
	time.Sleep(500 * time.Millisecond)
	n, err := io.Copy(io.Discard, c)
	if n != 64*pieceSize || err != nil {
		t.Errorf("got %d bytes, %v", n, err)
	}
}

func TestADeadSideIsNoticed(t *testing.T) {
	opened := make(chan *webrtc.PeerConnection, 1)
	c := against(t, func(pc *webrtc.PeerConnection, _ *webrtc.DataChannel) { opened <- pc })
	far := <-opened
	// Its answers stop without a word, as when a cable is pulled.
	far.SCTP().Transport().ICETransport().Stop()
	start := time.Now()
	if _, err := c.Read(make([]byte, 1)); fault.KindOf(err) != fault.Offline {
		t.Errorf("got %v, want offline", err)
	}
	if took := time.Since(start); took > 4*quiet {
		t.Errorf("noticed after %v", took)
	}
}

func TestNothingRunsAfterwards(t *testing.T) {
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	for name, exchange := range map[string]func(context.Context, []byte) ([]byte, error){
		"nobody answers":       func(context.Context, []byte) ([]byte, error) { return nil, errors.New("nobody") },
		"nonsense is answered": func(context.Context, []byte) ([]byte, error) { return []byte("{}"), nil },
		"given up meanwhile":   func(ctx context.Context, _ []byte) ([]byte, error) { cancel(); <-ctx.Done(); return nil, ctx.Err() },
		"its own offer is back": func(_ context.Context, b []byte) ([]byte, error) {
			return []byte(strings.Replace(string(b), "offer", "answer", 1)), nil
		},
	} {
		c, err := Dial(ctx, Options{Loopback: true}, exchange)
		if err == nil {
			t.Errorf("%s: got a connection", name)
			c.Close()
		}
	}
	c := against(t, func(*webrtc.PeerConnection, *webrtc.DataChannel) {})
	c.Close()
	if c.Close() != nil {
		t.Error("a second Close fails")
	}
	if _, err := c.Read(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	stacks := make([]byte, 1<<20)
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(20 * time.Millisecond)
		stacks = stacks[:runtime.Stack(stacks[:cap(stacks)], true)]
		if !strings.Contains(string(stacks), "internal/peer.newConn") {
			return // what is left is the other side's, which is not under trial
		}
	}
	t.Errorf("still running:\n%s", stacks)
}

func TestMessages(t *testing.T) {
	c, err := newConn(Options{Loopback: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.abandon()
	d, err := c.pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	good, err := c.describe(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	of := func(sdp string) []byte {
		b, _ := json.Marshal(message{"offer", sdp})
		return b
	}
	var m message
	if err := json.Unmarshal(good, &m); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]struct {
		b    []byte
		want fault.Kind
	}{
		"nothing":                {nil, fault.Input},
		"an answer for an offer": {[]byte(strings.Replace(string(good), "offer", "answer", 1)), fault.Input},
		"more behind it":         {append(good[:len(good):len(good)], "{}"...), fault.Input},
		"a field too many":       {[]byte(`{"type":"offer","sdp":"v=0","x":1}`), fault.Input},
		"no session":             {of("x"), fault.Input},
		"no section":             {of("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"), fault.Input},
		"pictures":               {of(m.SDP + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"), fault.Input},
		"too long":               {make([]byte, MaxMessage+1), fault.TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := decode(k.b, webrtc.SDPTypeOffer); fault.KindOf(err) != k.want {
				t.Errorf("got %v, want %v", err, k.want)
			}
		})
	}
	t.Run("of candidates few are used, and no names", func(t *testing.T) {
		var sdp strings.Builder
		sdp.WriteString(m.SDP)
		for i := range 40 {
			fmt.Fprintf(&sdp, "a=candidate:%d 1 udp 1 192.0.2.%d 9 typ host\r\n", i, i+1)
		}
		sdp.WriteString("a=candidate:1 1 udp 1 a.example.invalid 9 typ host\r\na=candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype active\r\n" +
			"a=candidate:1 1 udp 1 224.0.0.1 9 typ host\r\na=candidate:1\r\n")
		got, err := decode(of(sdp.String()), webrtc.SDPTypeOffer)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(got.SDP, "a=candidate:"); n != maxCandidates || strings.Contains(got.SDP, "invalid") || strings.Contains(got.SDP, "tcptype") || strings.Contains(got.SDP, "224.") {
			t.Errorf("%d candidates:\n%s", n, got.SDP)
		}
	})
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte(`{"type":"offer","sdp":"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := decode(b, webrtc.SDPTypeOffer)
		if err == nil && strings.Count(d.SDP, "\na=candidate:") > maxCandidates {
			t.Errorf("%d candidates", strings.Count(d.SDP, "\na=candidate:"))
		}
		if k := fault.KindOf(err); err != nil && k != fault.Input && k != fault.TooLarge {
			t.Errorf("kind %v", k)
		}
	})
}

// What decode lets through is read by pion, and answered: no panic may come of
// it. The fuzzer's engine cannot do this, for pion's goroutines make every run
// look new to it.
func TestBrokenOffersDoNoHarm(t *testing.T) {
	c, err := newConn(Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := c.pc.CreateOffer(nil)
	c.abandon()
	if err != nil {
		t.Fatal(err)
	}
	sdp := d.SDP + "a=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=candidate:2 1 udp 1 2001:db8::1 9 typ relay raddr 192.0.2.1 rport 1\r\n"
	words := strings.FieldsFunc(sdp, func(r rune) bool { return strings.ContainsRune(" :=\r\n", r) })
	r := rand.New(rand.NewPCG(1, 2))
	answered := 0
	for range 800 {
		b := []byte(sdp)
		for range 1 + r.IntN(3) {
			at := r.IntN(len(b))
			switch r.IntN(4) {
			case 0:
				b[at] = byte(r.IntN(256))
			case 1:
				b = append(b[:at], b[min(len(b), at+r.IntN(40)):]...)
			case 2:
				b = slices.Insert(b, at, []byte(words[r.IntN(len(words))])...)
			case 3:
				b = []byte(strings.Replace(string(b), words[r.IntN(len(words))], words[r.IntN(len(words))], 1))
			}
			b = append(b, ' ')
		}
		m, err := json.Marshal(message{"offer", string(b)})
		if err != nil {
			t.Fatal(err)
		}
		c, err := newConn(Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.heed(m, webrtc.SDPTypeOffer); err == nil {
			_, _ = c.pc.CreateAnswer(nil) // what it says is its own
			answered++
		}
		c.abandon()
	}
	if answered < 40 {
		t.Errorf("%d offers reached pion: too few to say anything", answered)
	}
}
