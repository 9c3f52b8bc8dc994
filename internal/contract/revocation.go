package contract

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"time"
)

// stamperMay says whether a certificate is for time stamping and nothing else, as
// RFC 3161 wants it: that one extended use alone, marked critical.
func stamperMay(c *x509.Certificate) bool {
	at := slices.IndexFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 37}) })
	return at >= 0 && c.Extensions[at].Critical && len(c.UnknownExtKeyUsage) == 0 &&
		slices.Equal(c.ExtKeyUsage, []x509.ExtKeyUsage{x509.ExtKeyUsageTimeStamping})
}

// revocation is what lists of revoked certificates say of a stamp's chain.
type revocation struct {
	revoked time.Time // when one of the chain was, so that the stamp counts for nothing; zero: none was
	later   time.Time // when one was that does no harm to a stamp of before; zero: none was
	lists   []*x509.RevocationList
	missing bool // of a certificate of the chain there is no list
}

// revocationOf looks the chain of a stamp up: the service's certificate and those
// above it, but for the root. A list counts where the certificate's issuer signed
// it.
func revocationOf(chain []*x509.Certificate, roots []*x509.Certificate, lists []*x509.RevocationList, at time.Time) (r revocation) {
	above := slices.Concat(chain[1:], roots)
	for i, c := range chain {
		if slices.ContainsFunc(roots, c.Equal) {
			continue // trusted by itself: nobody revokes it
		}
		list := listOf(c, above[min(i, len(above)):], lists)
		if list == nil {
			r.missing = true
			continue
		}
		r.lists = append(r.lists, list)
		for _, e := range list.RevokedCertificateEntries {
			if e.SerialNumber.Cmp(c.SerialNumber) != 0 {
				continue
			}
			if e.RevocationTime.After(at) && harmless(e) {
				r.later = e.RevocationTime
			} else {
				r.revoked = e.RevocationTime
			}
		}
	}
	return r
}

// listOf is the newest list that the certificate's issuer signed; nil: none.
func listOf(c *x509.Certificate, above []*x509.Certificate, lists []*x509.RevocationList) (found *x509.RevocationList) {
	for _, l := range lists {
		if !bytes.Equal(l.RawIssuer, c.RawIssuer) || found != nil && !l.ThisUpdate.After(found.ThisUpdate) {
			continue
		}
		if slices.ContainsFunc(above, func(issuer *x509.Certificate) bool {
			return c.CheckSignatureFrom(issuer) == nil && l.CheckSignatureFrom(issuer) == nil
		}) {
			found = l
		}
	}
	return found
}

// harmless says whether an entry leaves stamps of before standing. RFC 3161,
// section 4: only where a reason is given, and it is none of a lost key.
func harmless(e x509.RevocationListEntry) bool {
	given := slices.ContainsFunc(e.Extensions, func(x pkix.Extension) bool { return x.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 21}) })
	return given && slices.Contains([]int{0, 3, 4, 5}, e.ReasonCode)
}

// revocation judges the chain of a stamp by the lists that are at hand, and says
// what they say.
func (v *verifier) revocation(chain []*x509.Certificate, at time.Time) {
	if len(v.opts.StampLists) == 0 {
		v.note("没有时间戳机构的吊销列表，其证书是否已吊销未核对。")
		return
	}
	r := revocationOf(chain, v.opts.Stampers, v.opts.StampLists, at)
	switch {
	case !r.revoked.IsZero():
		v.found(StampRevoked, stampText(r.revoked))
	case r.missing:
		v.note("时间戳机构的证书没有相应的吊销列表，是否已吊销未核对。")
	case !r.later.IsZero():
		v.note("时间戳机构的证书已于 " + stampText(r.later) + " 吊销，吊销原因不影响此前盖的时间戳。")
	case len(r.lists) > 0:
		words := "时间戳机构的证书经吊销列表核对，未吊销；列表发布于 " + stampText(r.lists[0].ThisUpdate)
		switch next := r.lists[0].NextUpdate; {
		case r.lists[0].ThisUpdate.Before(at):
			words += "，早于时间戳"
		case !v.opts.Now.IsZero() && !next.IsZero() && v.opts.Now.After(next):
			words += "，已过了应更新的时间"
		}
		v.note(words + "。")
	}
}
