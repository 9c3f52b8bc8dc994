package seal

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"time"

	"doorstep/internal/fault"
)

// ServerTLS is the centre's side: TLS 1.3, and a client certificate, where one
// is shown, must be a device's of this authority. Who shows none may only
// enrol: ask PeerDevice.
func ServerTLS(cert tls.Certificate, ca *x509.Certificate) *tls.Config {
	return &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{cert},
		ClientAuth:   tls.VerifyClientCertIfGiven,
		ClientCAs:    poolOf(ca),
	}
}

// PeerDevice is the id of the device at the other end of a connection made
// with ServerTLS, and whether it showed a verified certificate.
func PeerDevice(s *tls.ConnectionState) (string, bool) {
	if s == nil || len(s.VerifiedChains) == 0 || len(s.VerifiedChains[0]) == 0 {
		return "", false
	}
	return s.VerifiedChains[0][0].Subject.CommonName, true
}

// DeviceTLS is a laptop's side: TLS 1.3, the device's certificate, and a server
// certificate issued by ca and no other. The server is known by that, not by
// its host name, because a centre's address changes from room to room. The
// handshake fails with fault.Untrusted; a laptop clock outside the time of ca
// is told apart by its sentence, and by ClockWrong.
func DeviceTLS(cert tls.Certificate, ca *x509.Certificate, now func() time.Time) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		Certificates:       []tls.Certificate{cert},
		InsecureSkipVerify: true, // verified below, against one authority and this clock
		VerifyConnection: func(s tls.ConnectionState) error {
			return verifyServer("seal.DeviceTLS", s.PeerCertificates, ca, now())
		},
	}
}

// EnrolTLS is the side of a laptop that has no certificate yet: it trusts the
// server if its authority, which it must send along, has this fingerprint.
// Failures are those of DeviceTLS.
func EnrolTLS(fingerprint string) *tls.Config {
	const op = "seal.EnrolTLS"
	return &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, // verified below, against the fingerprint
		VerifyConnection: func(s tls.ConnectionState) error {
			for _, c := range s.PeerCertificates {
				if c.IsCA && FingerprintOf(c) == fingerprint {
					return verifyServer(op, s.PeerCertificates, c, time.Now())
				}
			}
			return fault.Say(op, fault.Untrusted, "连到的服务器与注册码不符，没有继续。", errors.New("no authority of this fingerprint"))
		},
	}
}

var errClock = errors.New("the clock of this machine is wrong")

// ClockWrong says whether err is a handshake that failed because this
// machine's clock is outside the time of the centre's authority.
func ClockWrong(err error) bool { return errors.Is(err, errClock) }

func verifyServer(op string, chain []*x509.Certificate, ca *x509.Certificate, now time.Time) error {
	if err := clockWithin(op, ca, now); err != nil {
		return err
	}
	if len(chain) == 0 {
		return fault.New(op, fault.Untrusted, errors.New("no certificate"))
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: poolOf(ca), CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fault.Say(op, fault.Untrusted, "中心的证书在本机时间 "+now.Format("2006年1月2日")+" 不在有效期内，请核对本机时间，或联系县资助中心更换证书。", errors.New("server certificate out of its time"))
	}
	return fault.Say(op, fault.Untrusted, "连到的服务器不是本机注册的中心，没有继续。", errors.New("server certificate of another authority"))
}

// clockWithin is an error where this machine's clock is outside the authority's
// time.
func clockWithin(op string, ca *x509.Certificate, now time.Time) error {
	if now.Before(ca.NotBefore) || now.After(ca.NotAfter) {
		return fault.Say(op, fault.Untrusted,
			"本机时间是 "+now.Format("2006年1月2日 15:04")+"，不在中心证书的有效期内，请先校准本机的日期和时间。", errClock)
	}
	return nil
}

func poolOf(ca *x509.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(ca)
	return p
}
