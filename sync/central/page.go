package central

import (
	"bytes"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"time"

	"doorstep/internal/fault"
)

// Bounds of the page on which anybody may check a contract.
const (
	maxChecked   = 4 << 20 // of a file that is given in
	checksAtOnce = 4       // at once
)

const checkPage = `<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>核验电子合同</title>
<style>
body{margin:0;background:#f3f5f8;color:#1d2733;font:16px/1.7 "Noto Sans CJK SC","Noto Sans SC","Microsoft YaHei",sans-serif}
main{max-width:52rem;margin:0 auto;padding:2rem 1rem}
h1{font-size:1.5rem;margin:0 0 .5rem}
form,section{background:#fff;border:1px solid #d9dfe7;border-radius:.5rem;padding:1.25rem;margin:1rem 0}
label{display:block;margin:.5rem 0}
input[type=file]{display:block;max-width:100%;margin-top:.25rem;font:inherit}
button{font:inherit;color:#fff;background:#1f5fbf;border:0;border-radius:.35rem;padding:.5rem 1.5rem;margin-top:.75rem}
.good{border-left:.4rem solid #1a7f4b}.bad{border-left:.4rem solid #b3261e}
section p{margin:.35rem 0;overflow-wrap:anywhere}section p:first-child{font-weight:700;font-size:1.1rem}
small{color:#55606e}
@media (prefers-color-scheme:dark){body{background:#12171d;color:#e4e9ef}form,section{background:#1b222b;border-color:#333d49}small{color:#9aa7b5}button{background:#3b7ddd}}
</style></head><body><main>
<h1>核验电子合同</h1>
<p>{{.County}}学生资助管理中心签收的生源地信用助学贷款合同，可在此核验：由谁签署、何时签署、以何时钟为据、封存以来是否改动过一个字节，以及是否仍是现行合同。</p>
{{with .Words}}<section class="bad"><p>{{.}}</p></section>{{end}}
{{with .Lines}}<section class="{{$.Class}}">{{range .}}<p>{{.}}</p>{{end}}</section>{{end}}
<form method="post" enctype="multipart/form-data">
<label>合同文件（PDF）<input type="file" name="contract" accept="application/pdf,.pdf" required></label>
<label>国密签名文件（可不选）<input type="file" name="sm2"></label>
<button>核验</button>
</form>
<p><small>文件只在内存中核验，不保存，不记录内容。不信任本页面的，可用 openssl、pdfsig 等工具自行核验。</small></p>
</main></body></html>
`

// checked is what the page shows.
type checked struct {
	County, Words, Class string
	Lines                []string
}

// Checks answers the page on which anybody who has a contract's file may have it
// checked. It keeps nothing, tells nothing of a case but what the file itself
// says and whether it is the one that is held, and is for an address of its own.
func (c *Central) Checks() (http.Handler, error) {
	t, err := template.New("check").Parse(checkPage)
	if err != nil {
		return nil, fault.New("central.Checks", fault.Other, err)
	}
	places := make(chan struct{}, checksAtOnce)
	show := func(w http.ResponseWriter, r *http.Request, status int, p checked) {
		_, p.County, _, _ = county(r.Context(), c.db)
		var b bytes.Buffer
		if err := t.Execute(&b, p); err != nil {
			status = http.StatusInternalServerError
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(b.Bytes())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { show(w, r, http.StatusOK, checked{}) })
	mux.HandleFunc("POST /{$}", func(w http.ResponseWriter, r *http.Request) {
		select {
		case places <- struct{}{}:
			defer func() { <-places }()
		default:
			show(w, r, http.StatusServiceUnavailable, checked{Words: "现在核验的人较多，请稍候再试。"})
			return
		}
		status, p := c.check(r)
		show(w, r, status, p)
	})
	return mux, nil
}

func (c *Central) check(r *http.Request) (int, checked) {
	pdf, national, err := checkedFiles(r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, checked{Words: "文件太大，不是本系统的合同。"}
	case err != nil || len(pdf) == 0:
		return http.StatusBadRequest, checked{Words: "没有收到合同文件，请选择文件后再点“核验”。"}
	}
	rep, err := c.VerifyContract(r.Context(), pdf, national)
	if err != nil {
		c.log.Error("a contract could not be checked", "error", err.Error())
		return http.StatusServiceUnavailable, checked{Words: "暂时不能核验，请稍候再试。"}
	}
	p := checked{Lines: rep.Lines(), Class: "bad"}
	if rep.OK {
		p.Class = "good"
	}
	c.log.Info("a contract was checked", "ok", rep.OK)
	return http.StatusOK, p
}

// checkedFiles reads the two files in memory; nothing is written to the disk.
func checkedFiles(r *http.Request) (pdf, national []byte, err error) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxChecked+1<<16)
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, nil, err
	}
	for range 8 {
		part, err := parts.NextPart()
		if err == io.EOF {
			return pdf, national, nil
		}
		if err != nil {
			return nil, nil, err
		}
		b, err := io.ReadAll(io.LimitReader(part, maxChecked))
		if err != nil {
			return nil, nil, err
		}
		switch part.FormName() {
		case "contract":
			pdf = b
		case "sm2":
			national = b
		}
	}
	return nil, nil, errors.New("too many parts")
}

// CheckServer serves the page on the centre's own certificate, to anybody.
func (c *Central) CheckServer(hosts []string) (*http.Server, error) {
	const op = "central.CheckServer"
	h, err := c.Checks()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	conf, err := c.TLSConfig(hosts)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	conf.ClientAuth, conf.ClientCAs = 0, nil
	conf.VerifyConnection, conf.VerifyPeerCertificate = nil, nil
	return &http.Server{Handler: h, TLSConfig: conf, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 3 * time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug)}, nil
}
