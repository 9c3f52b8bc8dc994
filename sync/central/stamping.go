package central

import (
	"bytes"
	"context"
	"crypto/x509"
	"database/sql"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// Stamping is the time stamping service that the centre asks, by RFC 3161 over
// HTTP, and the roots that its stamps must lead to.
type Stamping struct {
	URL   string // none: no service
	Roots []*x509.Certificate
	// Policy is the one by which it is to stamp; none: as it likes.
	Policy asn1.ObjectIdentifier
	// Lists are of revoked certificates, as they were last had from ListsAt.
	Lists   []*x509.RevocationList
	ListsAt []string

	listsDue time.Time
}

const (
	stampingURL   = "tsa-url"
	stampingRoots = "tsa-roots"
	stampTime     = 2 * time.Minute
	maxAnswer     = 64 << 10
	maxRoots      = 64 << 10
)

// SetStamping names the service from now on, for all servers and verbs; without
// a URL there is none, but stamps that lead to the roots still count. roots is
// PEM. fault.Input when the URL or the roots are none.
func (c *Central) SetStamping(ctx context.Context, address string, roots []byte) error {
	const op = "central.SetStamping"
	parsed, err := parseRoots(roots)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if address != "" {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(address) > 1024 {
			return fault.New(op, fault.Input, errors.New("not an address of a time stamping service"))
		}
		if len(parsed) == 0 {
			return fault.New(op, fault.Input, errors.New("a service without roots proves nothing"))
		}
	}
	return fault.Wrap(op, c.setStampingMeta(ctx, map[string]string{stampingURL: address, stampingRoots: string(roots)}))
}

// Stamping gives the service in force.
func (c *Central) Stamping(ctx context.Context) (*Stamping, error) {
	const op = "central.Stamping"
	s := &Stamping{}
	var roots, policy, lists, at, due string
	for name, value := range map[string]*string{stampingURL: &s.URL, stampingRoots: &roots, stampingPolicy: &policy,
		stampingLists: &lists, stampingListsAt: &at, stampingDue: &due} {
		err := c.db.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = ?`, name).Scan(value)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, diskFault(op, err)
		}
	}
	s.ListsAt = strings.Fields(at)
	if unix, err := strconv.ParseInt(due, 10, 64); err == nil {
		s.listsDue = time.Unix(unix, 0)
	}
	var err error
	if s.Roots, err = parseRoots([]byte(roots)); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if s.Policy, err = parsePolicy(policy); err != nil {
		return nil, fault.Wrap(op, err)
	}
	s.Lists, err = parseLists([]byte(lists))
	return s, fault.Wrap(op, err)
}

func parseRoots(b []byte) ([]*x509.Certificate, error) {
	const op = "central.parseRoots"
	if len(b) > maxRoots {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	var out []*x509.Certificate
	for len(bytes.TrimSpace(b)) > 0 {
		p, rest := pem.Decode(b)
		if p == nil {
			return nil, fault.New(op, fault.Input, errors.New("not PEM"))
		}
		cert, err := seal.ParseCertificate(p.Bytes)
		if err != nil {
			return nil, fault.New(op, fault.Input, errors.New("not a certificate"))
		}
		out, b = append(out, cert), rest
	}
	return out, nil
}

// stamp asks the service, and gives the file with its stamp. The service gets a
// hash alone. How much room its answers take is only known once there was one: it
// is asked a second time where the first left much of it empty, or had too little.
func (c *Central) stamp(ctx context.Context, s *Stamping, pdf []byte) ([]byte, error) {
	const op = "central.stamp"
	out, room, err := s.stamp(ctx, pdf, int(c.stampRoom.Load()))
	if room > 0 {
		c.stampRoom.Store(int64(room))
		if again, _, err := s.stamp(ctx, pdf, room); err == nil {
			return again, nil
		}
	}
	return out, fault.Wrap(op, err)
}

// stamp asks once; room is what the service's answers need, where that is
// another than there was.
func (s *Stamping) stamp(ctx context.Context, pdf []byte, has int) (out []byte, room int, err error) {
	const op = "central.stamp"
	q, err := contract.BeginStamp(pdf, has)
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	q.Policy = s.Policy
	answer, err := s.ask(ctx, q.Request())
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	out, _, err = q.End(answer, s.Roots, s.Lists...)
	if need, fits := q.Fitting(); !fits {
		room = need
	}
	return out, room, fault.Wrap(op, err)
}

func (s *Stamping) ask(ctx context.Context, request []byte) ([]byte, error) {
	const op = "central.askStamp"
	ctx, cancel := context.WithTimeout(ctx, stampTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(request))
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	r.Header.Set("Content-Type", "application/timestamp-query")
	r.Header.Set("Accept", "application/timestamp-reply")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return nil, fault.New(op, fault.Offline, errors.New("the time stamping service cannot be reached"))
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fault.New(op, fault.Offline, errors.New("the time stamping service broke off"))
	case resp.StatusCode != http.StatusOK:
		return nil, fault.New(op, fault.Offline, errors.New("the time stamping service answers "+resp.Status[:min(3, len(resp.Status))]))
	case len(b) > maxAnswer:
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	return b, nil
}
