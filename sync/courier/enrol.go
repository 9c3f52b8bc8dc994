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
	code, err := seal.ParseEnrolCode(r.Code)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	road, err := newRoad(r.Server, seal.EnrolTLS(code.Fingerprint))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer road.close()
	signer, err := seal.NewSigner()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	body, err := json.Marshal(parcel.EnrolRequest{Code: code.String(), PublicKey: signer.Public().Marshal(),
		Proof: signer.Sign(parcel.EnrolContext, []byte(code.String()))})
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	var raw []byte
	for try := 1; ; try++ {
		actx, cancel := context.WithTimeoutCause(ctx, stall, errStalled)
		_, raw, err = road.ask(actx, request{method: "POST", path: "/v1/enrol", typ: parcel.TypeJSON, body: body,
			want: parcel.TypeJSON, limit: parcel.MaxJSON})
		cancel()
		if err == nil {
			break
		}
		if fault.KindOf(err) != fault.Offline || try == enrolTries {
			return nil, fault.Wrap(op, err)
		}
		select {
		case <-ctx.Done():
			return nil, fault.New(op, fault.Cancelled, ctx.Err())
		case <-time.After(backoff(try - 1)):
		}
	}
	defer seal.Wipe(raw)
	out, err := welcome(raw, code, signer)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	out.Profile.Server = road.base
	return out, nil
}

// welcome checks the centre's answer against the code and the key.
func welcome(raw []byte, code seal.EnrolCode, signer *seal.Signer) (*EnrolResult, error) {
	const op = "courier.welcome"
	var a parcel.EnrolResponse
	if err := parcel.DecodeJSON(bytes.NewReader(raw), parcel.MaxJSON, &a); err != nil {
		return nil, fault.New(op, fault.Untrusted, err)
	}
	defer seal.Wipe(a.CountyKey)
	bad := func(what string) error { return fault.New(op, fault.Untrusted, errors.New(what)) }
	ca, err := x509.ParseCertificate(a.CA)
	if err != nil || !ca.IsCA || seal.FingerprintOf(ca) != code.Fingerprint {
		return nil, bad("authority's certificate")
	}
	cert, err := x509.ParseCertificate(a.Cert)
	if err != nil || cert.CheckSignatureFrom(ca) != nil || cert.Subject.CommonName != a.Device.String() {
		return nil, bad("device's certificate")
	}
	if pub, err := seal.PublicKeyOf(cert.PublicKey); err != nil || !pub.Equal(signer.Public()) {
		return nil, bad("certificate of another key")
	}
	centre, err := seal.ParsePublicKey(a.CentreKey)
	if err != nil {
		return nil, bad("centre's key")
	}
	county, err := seal.KeyFromBytes(a.CountyKey)
	if err != nil {
		return nil, bad("county's key")
	}
	return &EnrolResult{Operators: a.Operators, Profile: store.Profile{Device: a.Device, Signer: signer, CertDER: a.Cert, CADER: a.CA,
		County: a.County, CountyName: a.CountyName, Point: a.Point, PointType: a.PointType,
		CountyKey: county, Centre: centre, Practice: a.Practice}}, nil
}
