package seal

import (
	"crypto/x509"
	"errors"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"doorstep/internal/fault"
)

// ParseCertificate reads a certificate in DER, also one of an SM2 key, which
// crypto/x509 cannot; of that the fields are filled that tell whose it is, for
// what and for how long, and its PublicKey is for ParsePublicKey of its
// RawSubjectPublicKeyInfo. Its signature is for NationalChain. fault.Input for
// anything else.
func ParseCertificate(der []byte) (*x509.Certificate, error) {
	const op = "seal.ParseCertificate"
	c, err := x509.ParseCertificate(der)
	if err == nil {
		return c, nil
	}
	n, err := smx509.ParseCertificate(der)
	if err != nil {
		return nil, fault.New(op, fault.Input, errors.New("not a certificate"))
	}
	if k, err := PublicKeyOf(n.PublicKey); err != nil || k.Suite() != National {
		return nil, fault.New(op, fault.Input, errors.New("a key of another sort"))
	}
	out := &x509.Certificate{Raw: n.Raw, RawTBSCertificate: n.RawTBSCertificate, RawSubjectPublicKeyInfo: n.RawSubjectPublicKeyInfo,
		RawSubject: n.RawSubject, RawIssuer: n.RawIssuer, Signature: n.Signature, PublicKey: n.PublicKey, Version: n.Version,
		SerialNumber: n.SerialNumber, Issuer: n.Issuer, Subject: n.Subject, NotBefore: n.NotBefore, NotAfter: n.NotAfter,
		KeyUsage: x509.KeyUsage(n.KeyUsage), Extensions: n.Extensions, UnhandledCriticalExtensions: n.UnhandledCriticalExtensions,
		UnknownExtKeyUsage: n.UnknownExtKeyUsage, BasicConstraintsValid: n.BasicConstraintsValid, IsCA: n.IsCA,
		SubjectKeyId: n.SubjectKeyId, AuthorityKeyId: n.AuthorityKeyId}
	for _, u := range n.ExtKeyUsage {
		out.ExtKeyUsage = append(out.ExtKeyUsage, x509.ExtKeyUsage(u)) // the same numbers
	}
	return out, nil
}

// NationalChain finds the way from a certificate for time stamping, by others that
// are at hand, to one of the roots, as it stood at a time; any of them may be
// signed by SM2 with SM3. It gives the way with the root at its end.
// fault.Untrusted when there is none.
func NationalChain(leaf *x509.Certificate, others, roots []*x509.Certificate, at time.Time) ([]*x509.Certificate, error) {
	const op = "seal.NationalChain"
	o := smx509.VerifyOptions{Roots: smx509.NewCertPool(), Intermediates: smx509.NewCertPool(), CurrentTime: at,
		KeyUsages: []smx509.ExtKeyUsage{smx509.ExtKeyUsageTimeStamping}}
	for pool, certs := range map[*smx509.CertPool][]*x509.Certificate{o.Roots: roots, o.Intermediates: others} {
		for _, c := range certs {
			n, err := smx509.ParseCertificate(c.Raw)
			if err != nil {
				return nil, fault.New(op, fault.Input, errors.New("not a certificate"))
			}
			pool.AddCert(n)
		}
	}
	n, err := smx509.ParseCertificate(leaf.Raw)
	if err != nil {
		return nil, fault.New(op, fault.Input, errors.New("not a certificate"))
	}
	found, err := n.Verify(o)
	if err != nil {
		return nil, fault.New(op, fault.Untrusted, errors.New("no way to a root"))
	}
	var out []*x509.Certificate
	for _, c := range found[0] {
		all := slices.Concat([]*x509.Certificate{leaf}, others, roots)
		out = append(out, all[slices.IndexFunc(all, func(x *x509.Certificate) bool { return slices.Equal(x.Raw, c.Raw) })])
	}
	return out, nil
}
