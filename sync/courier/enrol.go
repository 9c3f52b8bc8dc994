package courier

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
)

// EnrolRequest says where to enrol, and with what code.
type EnrolRequest struct {
	Server string // address of the centre
	Code   string // as on paper
}

// EnrolResult is what a new store is made of.
type EnrolResult struct {
	Profile   store.Profile
	Operators []parcel.EnrolOperator // who may work at this point
}

// enrolTries is how often an answer that got lost is asked for again: the
// same code with the same key gives the same device.
const enrolTries = 4

// Enrol makes this laptop a device of the centre: it makes a key, which never
// leaves it, and gets an id and a certificate for it. fault.Input for a code or
// an address that is none, fault.Untrusted when the server is not the one of
// the code, fault.Refused when the centre does not take the code, with its
// reason, fault.Offline when it cannot be reached.
func Enrol(ctx context.Context, r EnrolRequest) (*EnrolResult, error) {
	const op = "courier.Enrol"
	signer, err := seal.NewSigner()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	out, suite, err := present(ctx, r, signer)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if suite == seal.National {
		err = giveChainKey(ctx, &out.Profile)
	}
	return out, fault.Wrap(op, err)
}

// EnrolAgain lets an enrolled laptop in anew, which was revoked or whose
// certificate ran out, by a fresh code of its own centre: it stays the same
// device with the same key, and what waits on it flows afterwards. Failures are
// those of Enrol; a code of another centre is fault.Untrusted, and one with which
// the centre makes this laptop another device fault.Refused.
func EnrolAgain(ctx context.Context, s *store.Store, r EnrolRequest) error {
	const op = "courier.EnrolAgain"
	p := s.Profile()
	ca, err := x509.ParseCertificate(p.CADER)
	if err != nil {
		return fault.New(op, fault.Damaged, errors.New("authority's certificate"))
	}
	if code, err := seal.ParseEnrolCode(r.Code); err != nil {
		return fault.Wrap(op, err)
	} else if code.Fingerprint != seal.FingerprintOf(ca) {
		return fault.Say(op, fault.Untrusted, "这个注册码是另一个中心的。本机的材料只能交给原来的中心，请向原来的县资助中心索取注册码。", errors.New("code of another centre"))
	}
	if r.Server == "" {
		r.Server = p.Server
	}
	out, _, err := present(ctx, r, p.Signer)
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer out.Profile.CountyKey.Wipe()
	if out.Profile.Device != p.Device {
		return fault.Say(op, fault.Refused, "中心不认识本机，没有继续。材料保留在本机，请联系县资助中心。", errors.New("another device"))
	}
	return fault.Wrap(op, s.SetCertificate(ctx, out.Profile.CertDER, out.Profile.Server))
}

// present shows a code and a key to the centre, and gives what it answers.
func present(ctx context.Context, r EnrolRequest, signer *seal.Signer) (*EnrolResult, seal.Suite, error) {
	const op = "courier.present"
	code, err := seal.ParseEnrolCode(r.Code)
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	road, err := newRoad(r.Server, seal.EnrolTLS(code.Fingerprint))
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	defer road.close()
	body, err := json.Marshal(parcel.EnrolRequest{Code: code.String(), PublicKey: signer.Public().Marshal(),
		Proof: signer.Sign(parcel.EnrolContext, []byte(code.String()))})
	if err != nil {
		return nil, 0, fault.New(op, fault.Other, err)
	}
	raw, err := askAgain(ctx, road, request{method: "POST", path: "/v1/enrol?" + parcel.WithRecovery, typ: parcel.TypeJSON, body: body,
		want: parcel.TypeJSON, limit: parcel.MaxJSON})
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	defer seal.Wipe(raw)
	out, suite, err := welcome(raw, code, signer)
	if err != nil {
		return nil, 0, fault.Wrap(op, err)
	}
	out.Profile.Server = road.base
	return out, suite, nil
}

// askAgain asks until there is an answer, or the tries are used up.
func askAgain(ctx context.Context, road *road, q request) (raw []byte, err error) {
	const op = "courier.askAgain"
	for try := 1; ; try++ {
		actx, cancel := context.WithTimeoutCause(ctx, stall, errStalled)
		_, raw, err = road.ask(actx, q)
		cancel()
		if err == nil || fault.KindOf(err) != fault.Offline || try == enrolTries {
			return raw, err
		}
		select {
		case <-ctx.Done():
			return nil, fault.New(op, fault.Cancelled, ctx.Err())
		case <-time.After(backoff(try - 1)):
		}
	}
}

// giveChainKey makes the key of the National suite that signs the chain, and
// gives its public half to the centre: TLS cannot use it.
func giveChainKey(ctx context.Context, p *store.Profile) error {
	const op = "courier.giveChainKey"
	key, err := seal.NewSignerOf(seal.National)
	if err != nil {
		return fault.Wrap(op, err)
	}
	road, err := deviceRoad(p.Server, *p, time.Now)
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer road.close()
	body, err := json.Marshal(parcel.KeyRequest{PublicKey: key.Public().Marshal(), Proof: key.Sign(parcel.KeyContext, p.Device[:])})
	if err != nil {
		return fault.New(op, fault.Other, err)
	}
	if _, err := askAgain(ctx, road, request{method: "POST", path: "/v1/key", typ: parcel.TypeJSON, body: body}); err != nil {
		return fault.Wrap(op, err)
	}
	p.Chain = key
	return nil
}

// welcome checks the centre's answer against the code and the key.
func welcome(raw []byte, code seal.EnrolCode, signer *seal.Signer) (*EnrolResult, seal.Suite, error) {
	const op = "courier.welcome"
	var a parcel.EnrolResponse
	if err := parcel.DecodeJSON(bytes.NewReader(raw), parcel.MaxJSON, &a); err != nil {
		return nil, 0, fault.New(op, fault.Untrusted, err)
	}
	defer seal.Wipe(a.CountyKey)
	bad := func(what string) error { return fault.New(op, fault.Untrusted, errors.New(what)) }
	ca, err := x509.ParseCertificate(a.CA)
	if err != nil || !ca.IsCA || seal.FingerprintOf(ca) != code.Fingerprint {
		return nil, 0, bad("authority's certificate")
	}
	cert, err := x509.ParseCertificate(a.Cert)
	if err != nil || cert.CheckSignatureFrom(ca) != nil || cert.Subject.CommonName != a.Device.String() {
		return nil, 0, bad("device's certificate")
	}
	if pub, err := seal.PublicKeyOf(cert.PublicKey); err != nil || !pub.Equal(signer.Public()) {
		return nil, 0, bad("certificate of another key")
	}
	centre, err := seal.ParsePublicKey(a.CentreKey)
	if err != nil {
		return nil, 0, bad("centre's key")
	}
	county, err := seal.KeyFromBytes(a.CountyKey)
	if err != nil {
		return nil, 0, bad("county's key")
	}
	var recovery seal.PublicKey // an earlier centre has none
	if len(a.Recovery) > 0 {
		if recovery, err = seal.ParsePublicKey(a.Recovery); err != nil {
			return nil, 0, bad("county's recovery key")
		}
	}
	if a.Suite != 0 && !a.Suite.Known() {
		return nil, 0, fault.New(op, fault.Newer, errors.New("suite"))
	}
	return &EnrolResult{Operators: a.Operators, Profile: store.Profile{Device: a.Device, Signer: signer, CertDER: a.Cert, CADER: a.CA,
		County: a.County, CountyName: a.CountyName, Point: a.Point, PointType: a.PointType,
		CountyKey: county, Centre: centre, Recovery: recovery, Practice: a.Practice}}, a.Suite, nil
}
