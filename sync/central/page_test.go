package central

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAnybodyMayCheckAContract(t *testing.T) {
	c, _ := movable(t)
	_, _, sealed := contracted(t, c)
	h := c.Checks()
	flipped := bytes.Clone(sealed)
	flipped[4000] ^= 1
	for _, k := range []struct {
		sub    string
		pdf    []byte
		status int
		want   string
	}{
		{"untouched", sealed, http.StatusOK, "<h2>通过验证"},
		{"a bit flipped", flipped, http.StatusOK, "<h2>未通过验证"},
		{"not a PDF", []byte("<script>alert(1)</script>"), http.StatusOK, "这不是 PDF 文件"},
		{"nothing", nil, http.StatusBadRequest, "没有收到合同文件"},
		{"past all size", make([]byte, maxChecked+1<<17), http.StatusRequestEntityTooLarge, "文件太大"},
	} {
		t.Run(k.sub, func(t *testing.T) {
			var body bytes.Buffer
			m := multipart.NewWriter(&body)
			part, err := m.CreateFormFile("contract", "c.pdf")
			if err == nil {
				_, err = part.Write(k.pdf)
			}
			if err != nil || m.Close() != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest("POST", "/", &body)
			r.Header.Set("Content-Type", m.FormDataContentType())
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != k.status || !strings.Contains(w.Body.String(), k.want) || strings.Contains(w.Body.String(), "<script") {
				t.Errorf("status %d, want %d and %s:\n%s", w.Code, k.status, k.want, w.Body)
			}
			if w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
	for _, k := range []struct {
		method, path, typ string
		status            int
	}{{"GET", "/", "", 200}, {"GET", "/v1/news", "", 404}, {"POST", "/", "text/plain", 400}, {"DELETE", "/", "", 405}} {
		r := httptest.NewRequest(k.method, k.path, strings.NewReader("x"))
		r.Header.Set("Content-Type", k.typ)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != k.status {
			t.Errorf("%s %s: status %d, want %d", k.method, k.path, w.Code, k.status)
		}
	}
}

func TestThePageShowsMarkupAsText(t *testing.T) {
	hostile := `<script a="b" c='d'>&`
	p := checked{County: hostile, Words: hostile, Class: "bad", Says: hostile, More: []string{hostile},
		Rows: []checkedRow{{"label" + hostile, hostile, false}, {"label", "wrong", true}}}
	got := p.page()
	if want := "&lt;script a=&#34;b&#34; c=&#39;d&#39;&gt;&amp;"; strings.Contains(got, "<script") || strings.Count(got, want) != 6 {
		t.Errorf("%d times as text, want 6:\n%s", strings.Count(got, want), got)
	}
	if want := `<dl><div><dt>label&lt;`; !strings.Contains(got, want) {
		t.Errorf("no %s in\n%s", want, got)
	}
	if want := `<div class="wrong"><dt>label</dt><dd>wrong</dd></div></dl>`; !strings.Contains(got, want) {
		t.Errorf("no %s in\n%s", want, got)
	}
	if n := strings.Count((&checked{}).page(), "<section"); n != 0 {
		t.Errorf("%d sections where nothing was checked, want none", n)
	}
}

func TestThePageAsksForNoCertificate(t *testing.T) {
	c, _ := movable(t)
	s, err := c.CheckServer([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	url := serveOn(t, s)
	pool := x509.NewCertPool()
	pool.AddCert(c.Authority().Cert())
	h := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}}
	defer h.CloseIdleConnections()
	for path, want := range map[string]int{"/": 200, "/v1/enrol": 404, "/healthz": 404} {
		r, err := h.Get(url + path)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != want {
			t.Errorf("%s: status %d, want %d", path, r.StatusCode, want)
		}
	}
}
