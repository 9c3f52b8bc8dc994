package capture

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// savedName is the file under which a phone keeps the page.
const savedName = "saved.html"

// serveSaved lets a phone save the page as a file: opened there it is a secure
// context, and finds the camera.
func (p *Phone) serveSaved(mux *http.ServeMux) {
	page := savedPage()
	mux.HandleFunc("GET /"+savedName, func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Disposition", `attachment; filename="`+savedName+`"`) // it is nothing where it is not saved
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
		_, _ = w.Write(page)
	})
	mux.HandleFunc("OPTIONS /saved/{proof}/{what}", p.fromFile(p.preflight))
	mux.HandleFunc("GET /saved/{proof}/about", p.fromFile(p.about))
	mux.HandleFunc("POST /saved/{proof}/pair", p.fromFile(p.pair))
}

// fromFile answers a page that was opened from a file, to which a browser gives
// no address of its own, and that shows in the path that it knows the token. Who
// does not finds nothing here, whatever page it is.
func (p *Phone) fromFile(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.o.Local || !hmac.Equal([]byte(r.PathValue("proof")), []byte(phoneMAC(p.token, "saved"))) {
			http.NotFound(w, r)
			return
		}
		origin := r.Header.Get("Origin")
		if origin != "null" && !strings.HasPrefix(origin, "file://") && !strings.HasPrefix(origin, "content://") {
			p.refuse(w, http.StatusForbidden, "请求不对，请重新扫码。", nil)
			return
		}
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Vary", "Origin")
		next(w, r)
	}
}

// preflight says what a page from a file may ask for, over a network of the room.
func (p *Phone) preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	for _, ask := range []string{"Private-Network", "Local-Network"} {
		if r.Header.Get("Access-Control-Request-"+ask) == "true" {
			h.Set("Access-Control-Allow-"+ask, "true")
		}
	}
	w.WriteHeader(http.StatusNoContent)
}

// savedPage is the page with all its parts inside. It is the same for everybody:
// the page that saves it puts the way to the laptop in.
func savedPage() []byte {
	part := func(name string) string {
		b, err := webFiles.ReadFile("web/" + name)
		if err != nil {
			panic(err) // it was built without its page
		}
		return string(b)
	}
	text := part("phone.html")
	put := func(old, open, body, end string) string {
		if !strings.Contains(text, old) {
			panic("the page has no " + old)
		}
		text = strings.Replace(text, old, open+body+end, 1)
		sum := sha256.Sum256([]byte(body))
		return " 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	styles := put(`<link rel="stylesheet" href="phone.css">`, "<style>", part("phone.css"), "</style>")
	scripts := put(`<script src="link.js"></script>`, "<script>", part("link.js"), "</script>") +
		put(`<script src="phone.js"></script>`, "<script>", part("phone.js"), "</script>")
	policy := "default-src 'none'; connect-src http:; img-src blob: data:; media-src blob:; base-uri 'none'; form-action 'none'; style-src" + styles + "; script-src" + scripts
	put(`<meta name="way">`, `<meta http-equiv="Content-Security-Policy" content="`, policy, `"><meta name="way">`)
	return []byte(text)
}
