package central

import (
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"doorstep/internal/fault"
)

// Bounds of the page on which anybody may check a contract.
const (
	maxChecked   = 4 << 20 // of a file that is given in
	checksAtOnce = 4       // at once
)

// The page, but for what it says.
const (
	checkTop = `<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>核验电子合同</title>
<style>
:root{color-scheme:light dark;--back:#f3f5f8;--card:#fff;--line:#d9dfe7;--text:#1d2733;--soft:#55606e;--act:#1f5fbf;--good:#1a7f4b;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--back:#12171d;--card:#1b222b;--line:#333d49;--text:#e4e9ef;--soft:#9aa7b5;--act:#3b7ddd;--good:#4cc38a;--bad:#ff8a80}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--text);font:16px/1.7 "Noto Sans CJK SC","Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
main{max-width:56rem;margin:0 auto;padding:1.5rem 1rem 2rem}
h1{font-size:1.5rem;line-height:1.3;margin:0 0 .5rem}
form,section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:1rem 1.25rem;margin:1rem 0}
label{display:block;margin:.25rem 0 .75rem}
input[type=file]{display:block;width:100%;min-height:2.75rem;padding:.4rem 0;font:inherit}
button{font:inherit;font-weight:700;color:#fff;background:var(--act);border:0;border-radius:.35rem;min-height:2.75rem;padding:.4rem 2rem}
button:focus-visible,input:focus-visible{outline:3px solid var(--act);outline-offset:2px}
.good{border-left:.4rem solid var(--good)}.bad{border-left:.4rem solid var(--bad)}
h2{font-size:1.15rem;line-height:1.4;margin:.25rem 0}.good h2{color:var(--good)}.bad h2{color:var(--bad)}
p{margin:.35rem 0}
dl{margin:.75rem 0 0;border-top:1px solid var(--line)}
dl div{display:grid;grid-template-columns:6.5rem 1fr;gap:.25rem 1rem;padding:.45rem 0;border-bottom:1px solid var(--line)}
dl div:last-child{border-bottom:0}
dt{color:var(--soft)}dd{margin:0;min-width:0;overflow-wrap:anywhere}
.wrong dt,.wrong dd{color:var(--bad)}
small{color:var(--soft);font-size:.875rem}
@media (max-width:34rem){dl div{grid-template-columns:1fr}button{width:100%}form,section{padding:.875rem 1rem}}
</style></head><body><main>
<h1>核验电子合同</h1>
<p>`
	checkAbout = `学生资助管理中心签收的生源地信用助学贷款合同，可在此核验：由谁签署、何时签署、以何时钟为据、封存以来是否改动过一个字节，以及是否仍是现行合同。</p>
`
	checkForm = `<form method="post" enctype="multipart/form-data">
<label>合同文件（PDF）<input type="file" name="contract" accept="application/pdf,.pdf" required></label>
<label>国密签名文件（可不选）<input type="file" name="sm2"></label>
<button>核验</button>
</form>
<p><small>文件只在内存中核验，不保存，不记录内容。不信任本页面的，可用 openssl、pdfsig 等工具自行核验。</small></p>
</main></body></html>
`
)

// checked is what the page shows.
type checked struct {
	County, Words, Class string
	Says                 string   // the conclusion
	More                 []string // what belongs to it
	Rows                 []checkedRow
}

// checkedRow is a line of a report: what it is about, and what it says.
type checkedRow struct {
	Label, Text string
	Wrong       bool
}

// report lays a report's lines out.
func (p *checked) report(lines []string) {
	for i, line := range lines {
		label, text, has := strings.Cut(line, "：")
		switch {
		case i == 0:
			p.Says = text
		case !has || len(p.Rows) == 0 && strings.ContainsAny(label, "，；。"):
			p.More = append(p.More, line)
		default:
			p.Rows = append(p.Rows, checkedRow{label, text, label == "问题"})
		}
	}
}

// page is the page with what is checked, written without a template: a program with
// one keeps every exported method of every type, for a template may name it.
func (p *checked) page() string {
	var b strings.Builder
	say := func(parts ...string) { // every second one is text
		for i, s := range parts {
			if i%2 == 1 {
				s = html.EscapeString(s)
			}
			b.WriteString(s)
		}
	}
	say(checkTop, p.County, checkAbout)
	if p.Words != "" {
		say(`<section class="bad" role="alert"><h2>`, p.Words, "</h2></section>")
	}
	b.WriteByte('\n')
	if len(p.Rows) > 0 {
		say(`<section class="`, p.Class, `" role="status"><h2>`, p.Says, "</h2>")
		for _, more := range p.More {
			say("<p>", more, "</p>")
		}
		b.WriteString("\n<dl>")
		for _, row := range p.Rows {
			class := ""
			if row.Wrong {
				class = ` class="wrong"`
			}
			say("<div"+class+"><dt>", row.Label, "</dt><dd>", row.Text, "</dd></div>")
		}
		b.WriteString("</dl></section>")
	}
	b.WriteByte('\n')
	b.WriteString(checkForm)
	return b.String()
}

// Checks answers the page on which anybody who has a contract's file may have it
// checked. It keeps nothing, tells nothing of a case but what the file itself
// says and whether it is the one that is held, and is for an address of its own.
func (c *Central) Checks() http.Handler {
	places := make(chan struct{}, checksAtOnce)
	show := func(w http.ResponseWriter, r *http.Request, status int, p checked) {
		_, p.County, _, _ = county(r.Context(), c.db)
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, p.page())
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
	return mux
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
	p := checked{Class: "bad"}
	p.report(rep.Lines())
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
	conf, err := c.TLSConfig(hosts)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	conf.ClientAuth, conf.ClientCAs = 0, nil
	conf.VerifyConnection, conf.VerifyPeerCertificate = nil, nil
	return &http.Server{Handler: c.Checks(), TLSConfig: conf, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 3 * time.Minute,
		IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(c.log.Handler(), slog.LevelDebug)}, nil
}
