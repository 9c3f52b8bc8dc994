package capture

import (
	"embed"
	"encoding/json"
	"io"
	"net/http"

	"doorstep/internal/fault"
)

//go:embed web
var webFiles embed.FS

// serve answers with the page, and takes what it posts.
func (p *Phone) serve(mux *http.ServeMux) {
	first := "phone"
	switch {
	case p.o.Sign != nil:
		first = "sign"
	case p.o.Gift != nil:
		first = "gift"
	}
	mux.HandleFunc("GET /{$}", p.file("text/html; charset=utf-8", first+".html"))
	for _, name := range []string{"link", first} {
		mux.HandleFunc("GET /"+name+".js", p.file("text/javascript; charset=utf-8", name+".js"))
	}
	mux.HandleFunc("GET /phone.css", p.file("text/css; charset=utf-8", "phone.css"))
	mux.HandleFunc("GET /about", p.about)
	mux.HandleFunc("POST /pair", p.pair)
	if first == "phone" && !p.o.Local {
		p.serveSaved(mux)
	}
	mux.HandleFunc("POST /shot", p.shot)
	mux.HandleFunc("POST /look", p.look)
	mux.HandleFunc("POST /words", p.lastWords)
}

// file serves a part of the page, which may load and call nothing else.
func (p *Phone) file(kind, name string) http.HandlerFunc {
	b, err := webFiles.ReadFile("web/" + name)
	if err != nil {
		panic(err) // it was built without its page
	}
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob: data:; media-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_, _ = w.Write(b)
	}
}

// about says what the page is for.
func (p *Phone) about(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(map[string]any{"title": p.o.Title, "portrait": p.o.Portrait, "hints": p.o.Look != nil}) // who left needs none
}

// refuse answers in words for whoever holds the phone, and tells the clerk
// where a person should know.
func (p *Phone) refuse(w http.ResponseWriter, status int, words string, err error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, words)
	if err != nil {
		p.alarm(PhoneEvent{Refused: err})
	}
}

// shot takes a picture that a browser on this laptop sends: over the loopback
// address alone, so nothing of it is on a network.
func (p *Phone) shot(w http.ResponseWriter, r *http.Request) {
	const op = "capture.Phone.shot"
	if !p.o.Local || phoneMAC(p.token, "shot") != r.Header.Get("X-Shot") {
		p.refuse(w, http.StatusForbidden, "口令不对：请从办贷程序重新打开本页。", nil)
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxFileBytes))
	if err != nil {
		p.refuse(w, http.StatusRequestEntityTooLarge, "图片过大或没有传完，请重拍。", fault.New(op, fault.TooLarge, nil))
		return
	}
	s, err := shotOf(b)
	if err != nil {
		p.refuse(w, http.StatusUnsupportedMediaType, "不是能用的图片，请重拍。", fault.Wrap(op, err))
		return
	}
	s.Source = "camera"
	p.mu.Lock()
	p.words = phoneWords{} // those about the picture before
	p.mu.Unlock()
	p.tell(PhoneEvent{Shot: &s})
	_, _ = io.WriteString(w, "已收到，请看办贷程序的窗口。")
}

// look judges a frame of the preview in a browser on this laptop.
func (p *Phone) look(w http.ResponseWriter, r *http.Request) {
	if !p.o.Local || p.o.Look == nil || phoneMAC(p.token, "look") != r.Header.Get("X-Look") {
		p.refuse(w, http.StatusForbidden, "口令不对：请从办贷程序重新打开本页。", nil)
		return
	}
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxLook))
	if err != nil {
		p.refuse(w, http.StatusRequestEntityTooLarge, "预览画面过大。", nil)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(p.hint(b)) // who left needs none
}

// hint is what is said of a frame. One is judged at a time: the others wait.
func (p *Phone) hint(frame []byte) phoneWords {
	p.looking.Lock()
	defer p.looking.Unlock()
	good, words := p.o.Look(p.ctx, frame)
	if good {
		return phoneWords{"good", words}
	}
	return phoneWords{"bad", words}
}

// lastWords tells the page in this laptop's browser, which has no channel, what
// was said of its last picture; empty words are none yet.
func (p *Phone) lastWords(w http.ResponseWriter, r *http.Request) {
	if !p.o.Local || phoneMAC(p.token, "words") != r.Header.Get("X-Words") {
		p.refuse(w, http.StatusForbidden, "口令不对：请从办贷程序重新打开本页。", nil)
		return
	}
	p.mu.Lock()
	words := p.words
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(words) // who left needs none
}
