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

	"doorstep/internal/fault"
)

// The names in meta of the lists of revoked certificates: the addresses, a line
// each, the lists in PEM, and when they are fetched again.
const (
	stampingPolicy  = "tsa-policy"
	stampingListsAt = "tsa-crl-urls"
	stampingLists   = "tsa-crls"
	stampingDue     = "tsa-crl-due"
	listsEvery      = 6 * time.Hour
	listsRetry      = 10 * time.Minute
	maxLists        = 1 << 20
	maxListsAt      = 8
)

// SetRevocation names where the lists of revoked certificates of the stamping
// service and of the authorities above it are fetched, over HTTP, from now on;
// lists are what is at hand already, in DER or PEM. Both may be none. policy is the
// one by which the service is to stamp, in dots; none: as it likes. fault.Input
// when any of them is none.
func (c *Central) SetRevocation(ctx context.Context, addresses []string, lists []byte, policy string) error {
	const op = "central.SetRevocation"
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(a) > 1024 || strings.ContainsAny(a, "\n ") {
			return fault.New(op, fault.Input, errors.New("not an address of a list of revoked certificates"))
		}
	}
	parsed, err := parseLists(lists)
	if err != nil || len(addresses) > maxListsAt {
		return fault.New(op, fault.Input, errors.New("not lists of revoked certificates"))
	}
	if _, err := parsePolicy(policy); err != nil {
		return fault.Wrap(op, err)
	}
	return c.setStampingMeta(ctx, map[string]string{stampingListsAt: strings.Join(addresses, "\n"), stampingLists: pemLists(parsed),
		stampingPolicy: policy, stampingDue: "0"})
}

func (c *Central) setStampingMeta(ctx context.Context, values map[string]string) error {
	return c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error {
		for name, value := range values {
			if _, err := tx.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value); err != nil {
				return diskFault("central.setStamping", err)
			}
		}
		return nil
	})
}

func parsePolicy(s string) (asn1.ObjectIdentifier, error) {
	if s == "" {
		return nil, nil
	}
	var out asn1.ObjectIdentifier
	for arc := range strings.SplitSeq(s, ".") {
		n, err := strconv.ParseUint(arc, 10, 31)
		if err != nil {
			return nil, fault.New("central.parsePolicy", fault.Input, errors.New("not a policy"))
		}
		out = append(out, int(n))
	}
	if _, err := asn1.Marshal(out); err != nil {
		return nil, fault.New("central.parsePolicy", fault.Input, errors.New("not a policy"))
	}
	return out, nil
}

// parseLists reads lists of revoked certificates: one in DER, or any number in
// PEM.
func parseLists(b []byte) ([]*x509.RevocationList, error) {
	const op = "central.parseLists"
	if len(b) > maxLists {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	text := bytes.TrimSpace(b)
	if len(text) == 0 {
		return nil, nil
	}
	if !bytes.HasPrefix(text, []byte("-----BEGIN")) { // DER, whose last byte may be anything
		l, err := x509.ParseRevocationList(b)
		if err != nil {
			return nil, fault.New(op, fault.Input, errors.New("not a list of revoked certificates"))
		}
		return []*x509.RevocationList{l}, nil
	}
	var out []*x509.RevocationList
	for len(bytes.TrimSpace(b)) > 0 {
		p, rest := pem.Decode(b)
		if p == nil {
			return nil, fault.New(op, fault.Input, errors.New("not PEM"))
		}
		l, err := x509.ParseRevocationList(p.Bytes)
		if err != nil {
			return nil, fault.New(op, fault.Input, errors.New("not a list of revoked certificates"))
		}
		out, b = append(out, l), rest
	}
	return out, nil
}

func pemLists(lists []*x509.RevocationList) string {
	var out strings.Builder
	for _, l := range lists {
		_ = pem.Encode(&out, &pem.Block{Type: "X509 CRL", Bytes: l.Raw}) // a builder never fails
	}
	return out.String()
}

// fetchDueLists fetches the lists that are due. What cannot be had is tried again;
// the lists of before are kept until there is a newer one, and no stamp waits.
func (c *Central) fetchDueLists(ctx context.Context) (int, error) {
	const op = "central.fetchDueLists"
	s, err := c.Stamping(ctx)
	if err != nil || len(s.ListsAt) == 0 || c.now().Before(s.listsDue) {
		return 0, fault.Wrap(op, err)
	}
	lists, due := s.Lists, c.now().Add(listsEvery)
	for _, address := range s.ListsAt {
		b, err := fetchList(ctx, address)
		var got []*x509.RevocationList
		if err == nil {
			got, err = parseLists(b)
		}
		if err != nil {
			c.log.Warn("a list of revoked certificates could not be fetched", "error", err.Error())
			due = c.now().Add(listsRetry)
			continue
		}
		for _, l := range got {
			lists = withList(lists, l)
		}
	}
	if ctx.Err() != nil {
		return 0, fault.New(op, fault.Cancelled, ctx.Err())
	}
	return 0, fault.Wrap(op, c.setStampingMeta(ctx, map[string]string{stampingLists: pemLists(lists), stampingDue: strconv.FormatInt(due.Unix(), 10)}))
}

// withList puts a list in the place of an older one of the same issuer. A list
// that another signed in its name stays beside it: which one counts is seen when
// a certificate is judged.
func withList(lists []*x509.RevocationList, l *x509.RevocationList) []*x509.RevocationList {
	out := []*x509.RevocationList{l}
	for _, old := range lists {
		same := bytes.Equal(old.RawIssuer, l.RawIssuer) && bytes.Equal(old.AuthorityKeyId, l.AuthorityKeyId)
		switch {
		case !same:
			out = append(out, old)
		case old.ThisUpdate.After(l.ThisUpdate):
			out[0] = old
		}
	}
	return out[:min(len(out), 2*maxListsAt)]
}

func fetchList(ctx context.Context, address string) ([]byte, error) {
	const op = "central.fetchList"
	ctx, cancel := context.WithTimeout(ctx, stampTime)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return nil, fault.New(op, fault.Offline, errors.New("the list of revoked certificates cannot be reached"))
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxLists+1))
	switch {
	case err != nil:
		return nil, fault.New(op, fault.Offline, errors.New("the list of revoked certificates broke off"))
	case resp.StatusCode != http.StatusOK:
		return nil, fault.New(op, fault.Offline, errors.New("the list of revoked certificates answers "+strconv.Itoa(resp.StatusCode)))
	case len(b) > maxLists:
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	return b, nil
}
