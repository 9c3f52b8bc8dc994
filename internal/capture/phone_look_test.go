package capture

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"doorstep/internal/fault"
)

// dim says of every frame that it is too dark, and counts them.
func dim(frames *atomic.Int32) func(context.Context, []byte) (bool, string) {
	return func(context.Context, []byte) (bool, string) {
		frames.Add(1)
		return false, "光线太暗"
	}
}

func TestFramesOfAPhonesPreviewAreAnsweredInWords(t *testing.T) {
	var frames atomic.Int32
	p, g := servePhoneFor(t, PhoneOptions{Title: "照片", Portrait: true, Look: dim(&frames)})
	conn, err := g.join()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	joined(t, p)
	hears[phoneWords](t, conn, recordWords)
	for range 3 {
		if err := writeRecord(conn, recordLook, []byte("a frame")); err != nil {
			t.Fatal(err)
		}
		if w := hears[phoneWords](t, conn, recordHint); w.Kind != "bad" || w.Text != "光线太暗" {
			t.Errorf("the phone is told %v", w)
		}
	}
	if frames.Load() != 3 {
		t.Errorf("judged %d frames, want 3", frames.Load())
	}
	writeRecord(conn, recordShot, goodShot(t, 80, 60)) // and pictures come between
	shot(t, p)
	writeRecord(conn, recordLook, make([]byte, maxLook+1))
	if e := next(t, p); fault.KindOf(e.Refused) != fault.TooLarge {
		t.Errorf("a huge frame: got %+v", e)
	}
	if frames.Load() != 3 {
		t.Error("it was judged")
	}
}

func TestAPageThatWantsNoHintsTakesNoFrames(t *testing.T) {
	p, g := servePhone(t)
	conn, err := g.join()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	joined(t, p)
	writeRecord(conn, recordLook, []byte("a frame"))
	if e := next(t, p); fault.KindOf(e.Refused) != fault.Input {
		t.Errorf("got %+v, want it cut off", e)
	}
}

func TestThePreviewInTheLaptopsBrowserIsJudged(t *testing.T) {
	var frames atomic.Int32
	p, err := ServePhone(t.Context(), PhoneOptions{Title: "照片", Portrait: true, Local: true, Look: dim(&frames)})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	base, token, _ := strings.Cut(p.Addresses()[0], "#")
	g := phonePage{t: t, base: base, token: token}
	mac := func(name string) http.Header {
		return http.Header{"X-" + strings.ToUpper(name[:1]) + name[1:]: {phoneMAC(token, name)}}
	}
	if status, text := g.post("look", mac("look"), []byte("a frame")); status != http.StatusOK || !strings.Contains(text, "光线太暗") {
		t.Errorf("got %d %s", status, text)
	}
	for name, post := range map[string]func() (int, string){
		"another token":                func() (int, string) { return g.post("look", http.Header{"X-Look": {"guess"}}, []byte("a frame")) },
		"the proof of another request": func() (int, string) { return g.post("look", http.Header{"X-Look": {phoneMAC(token, "shot")}}, nil) },
		"a huge frame":                 func() (int, string) { return g.post("look", mac("look"), make([]byte, maxLook+1)) },
		"words without the token":      func() (int, string) { return g.post("words", nil, nil) },
		"words with another's proof":   func() (int, string) { return g.post("words", http.Header{"X-Words": {phoneMAC(token, "look")}}, nil) },
	} {
		if status, text := post(); status == http.StatusOK {
			t.Errorf("%s: got %s", name, text)
		}
	}
	if frames.Load() != 1 {
		t.Errorf("judged %d frames, want 1", frames.Load())
	}
	words := func() (w phoneWords) {
		_, text := g.post("words", mac("words"), nil)
		if err := json.Unmarshal([]byte(text), &w); err != nil {
			t.Fatal(err)
		}
		return w
	}
	p.Say(false, "请重拍。")
	if w := words(); w.Kind != "bad" || w.Text != "请重拍。" {
		t.Errorf("got %v, want what was said", w)
	}
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		g.post("shot", mac("shot"), goodShot(t, 80, 60))
	}()
	shot(t, p)
	<-sent
	if w := words(); w.Text != "" {
		t.Errorf("got %v of the picture before", w)
	}
}
