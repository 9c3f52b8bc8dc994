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
	"github.com/google/uuid"
)

// EnrolRequest says where to enrol, and with what code.
type EnrolRequest struct {
	Server string // address of the centre
	Code   string // as on paper
	// Device and Signer are of a laptop that worked for practice before it knew
	// a centre, and stay what they are; zero: they are made.
	Device uuid.UUID
	Signer *seal.Signer
	// Door opens, meanwhile, a connection for the courier that follows at once and
	// is given the result (Config.Enrolled).
	Door bool
}

// EnrolResult is what a new store is made of.
type EnrolResult struct {
	Profile   store.Profile
	Operators []parcel.EnrolOperator // who may work at this point
	Standing  []byte                 // the bulletin with their levels; none from an earlier centre

	door *door
}

// Close ends the connection that Door asked for, where no courier took it. It is
// for after the courier's run.
func (r *EnrolResult) Close() { r.takeDoor().close() }

// takeDoor is the door, which is the caller's to close then; nil: there is none.
func (r *EnrolResult) takeDoor() *door {
	if r == nil {
		return nil
	}
	d := r.door
	r.door = nil
	return d
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
	out, suite, err := enrol(ctx, r, uuid.Nil)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if suite == seal.National {
		if err = giveChainKey(ctx, &out.Profile); err != nil {
			out.Close()
		}
	}
	return out, fault.Wrap(op, err)
}

// Reenrol makes this laptop, which the centre does not know any more or has
// shut out, the same device again, with a new key and a code that is for it:
// what waits on it can then go. Where r names no server it is the one of
// before. The faults are those of Enrol; fault.Refused too for a code that is
// for another laptop, and fault.Untrusted for an answer that makes another
// device, or one of another county, of it. Nothing is kept here: the store does.
func Reenrol(ctx context.Context, was store.Profile, r EnrolRequest) (store.Profile, error) {
	const op = "courier.Reenrol"
	if r.Server == "" {
		r.Server = was.Server
	}
	r.Door = false // the store's courier runs already
	out, _, err := enrol(ctx, r, was.Device)
	if err != nil {
		return store.Profile{}, fault.Wrap(op, err)
	}
	p := out.Profile
	probe := []byte("the same key gives the same name")
	if p.Device != was.Device || p.County != was.County || p.CountyKey.Name(probe) != was.CountyKey.Name(probe) {
		return store.Profile{}, fault.New(op, fault.Untrusted, errors.New("another device or county"))
	}
	p.Chain = was.Chain
	return p, nil
}

// enrol shows a code to the server; again is the device that enrols again.
func enrol(ctx context.Context, r EnrolRequest, again uuid.UUID) (out *EnrolResult, suite seal.Suite, err error) {
	code, err := seal.ParseEnrolCode(r.Code)
	if err != nil {
		return nil, 0, err
	}
	road, err := newRoad(r.Server, seal.EnrolTLS(code.Fingerprint))
	if err != nil {
		return nil, 0, err
	}
	defer road.close()
	if r.Door {
		d := road.openDoor(ctx)
		defer func() {
			if err != nil {
				d.close()
				return
			}
			d.cert <- deviceCert(out.Profile)
			out.door = d
		}()
	}
	signer := r.Signer
	if signer == nil {
		if signer, err = seal.NewSigner(); err != nil {
			return nil, 0, err
		}
	}
	q := parcel.EnrolRequest{Code: code.String(), PublicKey: signer.Public().Marshal(),
		Proof: signer.Sign(parcel.EnrolContext, []byte(code.String())), Again: again}
	if r.Device != uuid.Nil {
		q.Device = &r.Device
	}
	body, err := json.Marshal(q)
	if err != nil {
		return nil, 0, fault.New("courier.enrol", fault.Other, err)
	}
	raw, err := askAgain(ctx, road, request{method: "POST", path: "/v1/enrol?" + parcel.WithRecovery, typ: parcel.TypeJSON, body: body,
		with: parcel.WithStanding, want: parcel.TypeJSON, limit: parcel.MaxCounty})
	if err != nil {
		return nil, 0, err
	}
	defer seal.Wipe(raw)
	if out, suite, err = welcome(raw, code, signer); err != nil {
		return nil, 0, err
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
	if err := parcel.DecodeJSON(bytes.NewReader(raw), parcel.MaxCounty, &a); err != nil {
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
	return &EnrolResult{Operators: a.Operators, Standing: a.Standing, Profile: store.Profile{Device: a.Device, Signer: signer, CertDER: a.Cert, CADER: a.CA,
		County: a.County, CountyName: a.CountyName, Point: a.Point, PointType: a.PointType,
		CountyKey: county, Centre: centre, Recovery: recovery, Practice: a.Practice}}, a.Suite, nil
}
