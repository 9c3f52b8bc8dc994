package courier

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// httpLanes is over how many connections chunks go where there is no stream:
// one lost packet then holds up only a part of them.
const httpLanes = 3

// road is the HTTPS connection to the centre.
type road struct {
	base  string
	lanes []*http.Client
	next  atomic.Uint32
	// alone is set while all requests take one lane. Behind a balancer the lanes
	// may end at several servers, each of which knows the chunks that it got
	// alone; over one lane whoever says what is lacking also gets it.
	alone atomic.Bool
	// apart is set once a receipt did not name what arrived by stream.
	apart atomic.Bool
	// moved is when a byte last moved, in nanoseconds.
	moved atomic.Int64

	stream   *tls.Config // of streams
	proxy    func(*http.Request) (*url.URL, error)
	dial     func(ctx context.Context, addr string) (net.Conn, error) // nil: the system's
	cap      limiter
	count    func(b store.PendingBlob, bytes int) // hears of what arrived by stream
	session  atomic.Pointer[session]              // over which everything goes while there is one
	broke    int                                  // how many streams broke off at their beginning
	noStream time.Time                            // until when no stream is tried; of the run alone
	holes    holes
	enrolled *EnrolResult // whose door is for the first lane
}

func newRoad(server string, conf *tls.Config) (*road, error) {
	base, err := address(server)
	if err != nil {
		return nil, err
	}
	r := &road{base: base, stream: conf.Clone(), proxy: http.ProxyFromEnvironment, count: func(store.PendingBlob, int) {},
		holes: holes{network: network, until: map[string]time.Time{}}}
	u, _ := url.Parse(base) // address did
	r.stream.ServerName, r.stream.NextProtos, r.stream.DynamicRecordSizingDisabled = u.Hostname(), []string{"http/1.1"}, true
	for range httpLanes {
		d := net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}
		conf := conf.Clone()
		conf.NextProtos = []string{"h2", "http/1.1"}
		r.lanes = append(r.lanes, &http.Client{
			// A road does not turn: a redirect is not the centre's answer.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			Transport: &http.Transport{
				Proxy: r.proxyBeside, DialContext: d.DialContext, DialTLSContext: r.secured(d, conf), TLSClientConfig: conf,
				ForceAttemptHTTP2: true, TLSHandshakeTimeout: 20 * time.Second, IdleConnTimeout: 2 * time.Minute,
				DisableCompression: true, MaxResponseHeaderBytes: 32 << 10,
				// A ping goes behind all that is under way, which a slow road takes its time for.
				HTTP2: &http.HTTP2Config{SendPingTimeout: 5 * time.Second, PingTimeout: stall},
			},
		})
	}
	return r, nil
}

func (r *road) lane() uint32 {
	if r.alone.Load() {
		return 0
	}
	return r.next.Add(1) % httpLanes
}

// address reads host:port or an https URL; anything else is fault.Input.
func address(server string) (string, error) {
	const op = "courier.address"
	s := strings.TrimSpace(server)
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", fault.Say(op, fault.Input, "中心地址应为 https://主机:端口。", errors.New("not an https address"))
	}
	return "https://" + u.Host, nil
}

// deviceRoad is the road of an enrolled laptop.
func deviceRoad(server string, p store.Profile, now func() time.Time) (*road, error) {
	const op = "courier.road"
	ca, err := x509.ParseCertificate(p.CADER)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("authority's certificate"))
	}
	if p.Centre.Zero() {
		return nil, fault.New(op, fault.Damaged, errors.New("no key of the centre"))
	}
	return newRoad(server, seal.DeviceTLS(deviceCert(p), ca, now))
}

func deviceCert(p store.Profile) tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{p.CertDER}, PrivateKey: p.Signer.Crypto()}
}

// noStreamTime is how long a centre that knew no streams is spared the question.
const (
	noStreamTime = 10 * time.Minute
	brokeTime    = time.Minute
)

// connect opens a stream, over which everything then goes until close. Where
// there is none to be had, requests go over HTTP as they did before.
func (r *road) connect(ctx context.Context) error {
	if s := r.session.Load(); s != nil && s.err() == nil || time.Now().Before(r.noStream) {
		return nil
	}
	r.endStream()
	s, err := newSession(ctx, r)
	if r.without(err) {
		return nil
	}
	if err != nil {
		return roadFault(ctx, "courier.connect", err)
	}
	r.session.Store(s)
	return nil
}

// without says whether there is no stream to be had for a while, by the error of
// one.
func (r *road) without(err error) bool {
	switch {
	case errors.Is(err, errNoStream):
		r.noStream = time.Now().Add(noStreamTime)
		return true
	case errors.Is(err, errBroke):
		// Something on the way may not let through what it does not know.
		if r.broke++; r.broke%2 == 0 {
			r.noStream = time.Now().Add(brokeTime)
			return true
		}
	}
	return false
}

// gaveUp says whether a stream ended because there is none to be had: the same
// goes another way then.
func (r *road) gaveUp() bool {
	s := r.session.Load()
	if s == nil || !r.without(s.err()) {
		return false
	}
	r.endStream()
	return true
}

// endStream ends the stream, where there is one.
func (r *road) endStream() {
	if s := r.session.Swap(nil); s != nil {
		s.end()
	}
}

// close gives up the connections; the next request dials anew.
func (r *road) close() {
	r.endStream()
	for _, l := range r.lanes {
		l.CloseIdleConnections()
	}
}

func (r *road) move() { r.moved.Store(time.Now().UnixNano()) }

// moving notes that bytes of a body move.
type moving struct {
	*bytes.Reader
	road *road
}

func (m moving) Read(b []byte) (int, error) {
	m.road.move()
	return m.Reader.Read(b)
}

// refusal is an answer of the centre that is no success.
type refusal struct {
	status int
	after  time.Duration // for which a busy centre asked; 0: it said nothing
	parcel.Problem
}

// asksFor notes in a refusal how long the centre asked to be left alone.
func asksFor(err error, h http.Header) error {
	var r *refusal
	if s, serr := strconv.Atoi(h.Get("Retry-After")); serr == nil && s > 0 && s < 3600 && errors.As(err, &r) {
		r.after = time.Duration(s) * time.Second
	}
	return err
}

func (r *refusal) Error() string { return fmt.Sprintf("status %d %s %s", r.status, r.Kind, r.Code) }

// codeOf is the code of the centre's refusal, or nothing.
func codeOf(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return ""
}

type request struct {
	method, path string
	typ          string // of the body
	body         []byte
	sum          string                  // of a chunk
	with         string                  // what is read in the answer that an earlier laptop does not
	want         string                  // content type of the answer; nothing: an answer without a body
	limit        int64                   // bytes of the answer
	said         func(map[string]string) // hears the parameters of the answer's content type; nil: nobody does
	server       string                  // that is to answer, where a lane of the stream ends there
	queued       func()                  // hears that it stands in a lane, before all that is asked later; nil: nobody does
}

// ask sends a request and reads the answer. Only the status 200 with the type
// wanted, or 201 and 204 without a body, count as one. What the centre refuses
// is a refusal of the kind it names; what somebody else answers is
// fault.Untrusted; silence is fault.Offline.
func (r *road) ask(ctx context.Context, q request) (int, []byte, error) {
	const op = "courier.ask"
	if s := r.session.Load(); s != nil {
		return r.askStream(ctx, s, q)
	}
	req, err := http.NewRequestWithContext(ctx, q.method, r.base+q.path, nil)
	if err != nil {
		return 0, nil, fault.New(op, fault.Input, err)
	}
	if q.body != nil {
		req.ContentLength = int64(len(q.body))
		req.GetBody = func() (io.ReadCloser, error) {
			return io.NopCloser(moving{bytes.NewReader(q.body), r}), nil
		}
		req.Body, _ = req.GetBody() // does not fail
		req.Header.Set("Content-Type", q.typ)
	}
	if q.with != "" {
		req.Header.Set(parcel.WithHeader, q.with)
	}
	if q.sum != "" {
		req.Header.Set(parcel.SumHeader, q.sum)
	}
	if q.sum == "" { // a chunk waited for its turn
		r.cap.spend(len(q.body))
	}
	r.move()
	resp, err := r.lanes[r.lane()].Do(req)
	if err != nil {
		return 0, nil, roadFault(ctx, op, err)
	}
	defer resp.Body.Close()
	r.move()
	status, b, err := r.judge(ctx, q, resp.StatusCode, resp.Header.Get("Content-Type"), resp.Body)
	return status, b, asksFor(err, resp.Header)
}

// askStream is ask over a stream.
func (r *road) askStream(ctx context.Context, s *session, q request) (int, []byte, error) {
	const op = "courier.ask"
	a, _, err := s.roundTrip(ctx, q.server, func(id uint32) ([]byte, error) {
		if q.queued != nil {
			defer q.queued()
		}
		return (&parcel.Ask{ID: id, Method: q.method, Path: q.path, Type: q.typ, Body: q.body}).Append(nil)
	})
	if err != nil {
		return 0, nil, roadFault(ctx, op, err)
	}
	return r.judge(ctx, q, a.Status, a.Type, bytes.NewReader(a.Body))
}

// judge says what an answer is.
func (r *road) judge(ctx context.Context, q request, status int, header string, body io.Reader) (int, []byte, error) {
	const op = "courier.ask"
	typ, parameters, _ := mime.ParseMediaType(header)
	switch {
	case status == http.StatusOK && q.want != "" && typ == q.want:
		b, err := r.read(body, q.limit)
		if err != nil {
			return 0, nil, roadFault(ctx, op, err)
		}
		if q.said != nil {
			q.said(parameters)
		}
		return status, b, nil
	case q.want == "" && (status == http.StatusCreated || status == http.StatusNoContent):
		return status, nil, nil
	case status >= 400 && typ == parcel.TypeJSON:
		p := &refusal{status: status}
		if err := parcel.DecodeJSON(body, parcel.MaxJSON, &p.Problem); err == nil {
			return status, nil, refused(op, p)
		}
	case status == http.StatusRequestEntityTooLarge: // whoever bounds bodies: a smaller one may pass
		return status, nil, refused(op, &refusal{status: status, Problem: parcel.Problem{Kind: fault.TooLarge.String()}})
	}
	return 0, nil, fault.Say(op, fault.Untrusted, "回答不是中心发出的（可能是上网登录页面或代理），没有当作成功。",
		fmt.Errorf("status %d of type %q", status, typ))
}

func (r *road) read(body io.Reader, limit int64) ([]byte, error) {
	var out bytes.Buffer
	buf := make([]byte, 32<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			r.move()
		}
		if out.Write(buf[:n]); int64(out.Len()) > limit {
			return nil, fault.New("courier.read", fault.TooLarge, errors.New("answer"))
		}
		if err == io.EOF {
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// refused gives the centre's refusal its kind and the clerk's words.
func refused(op string, p *refusal) error {
	kind := fault.Refused
	for _, k := range fault.Kinds() {
		if k.String() == p.Kind && k != fault.Other {
			kind = k
		}
	}
	switch {
	case kind == fault.Full:
		return fault.Tell(op, fault.Offline, "网络正常，中心的磁盘已满，暂时收不下材料。材料已留在本机，可以继续受理；请告诉县资助中心，有空间后自动上传。", p)
	case kind == fault.Disk:
		return fault.Tell(op, fault.Offline, "网络正常，中心的存储出了故障，暂时收不下材料。材料已留在本机，可以继续受理；请告诉县资助中心，修好后自动上传。", p)
	case kind == fault.Busy || p.status >= 500:
		return fault.Tell(op, fault.Offline, "中心繁忙，暂时不能接收。材料已留在本机，可以继续受理，会自动重试。", p)
	}
	switch p.Code {
	case parcel.CodeGap:
		// The centre was set back since its last word; the next attempt asks first.
		return fault.New(op, fault.Offline, p)
	case parcel.CodeRevoked, parcel.CodeUnknown, parcel.CodeNoCert:
		return fault.Say(op, fault.Denied, "中心已停用本机，材料保留在本机。请联系县资助中心重新注册。", p)
	case parcel.CodeClone:
		return fault.Say(op, fault.Refused, "中心已有本机编号相同而内容不同的记录：本机数据可能被复制或恢复过旧备份。材料保留在本机，请联系县资助中心。", p)
	case parcel.CodeUsed:
		return fault.Say(op, fault.Refused, "该注册码已经用过，请索取新的注册码。", p)
	case parcel.CodeExpired:
		return fault.Say(op, fault.Refused, "该注册码已过期，请索取新的注册码。", p)
	case parcel.CodeDevice:
		return fault.Say(op, fault.Refused, "该注册码不是给这台电脑的。请向县资助中心报本机编号，索取本机的重新注册码。", p)
	case parcel.CodeBadCode:
		return fault.Say(op, fault.Refused, "中心不认识该注册码，请核对或索取新的注册码。", p)
	}
	return fault.New(op, kind, p)
}

// roadFault names what went wrong on the way.
func roadFault(ctx context.Context, op string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		if fault.KindOf(cause) == fault.Offline {
			return fault.Wrap(op, cause)
		}
		return fault.New(op, fault.Cancelled, cause)
	}
	if k := fault.KindOf(err); k != fault.Other && k != fault.Cancelled {
		return fault.Wrap(op, err)
	}
	if noTLS(err) {
		return fault.Say(op, fault.Untrusted, "回答的不是中心（可能是上网登录页面或代理），材料留在本机。请先在浏览器中完成上网登录。", errors.New("an answer without TLS"))
	}
	if refusedTLS(err) {
		return fault.Say(op, fault.Denied, "中心不接受本机的证书，材料保留在本机。请核对本机时间，或联系县资助中心重新注册。", errors.New("certificate refused"))
	}
	// The error's text may name the host and port, and nothing of a person.
	return fault.New(op, fault.Offline, err)
}
