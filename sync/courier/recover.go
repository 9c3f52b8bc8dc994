package courier

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// RecoverRequest is a forgotten password's request on its way to the centre.
type RecoverRequest struct {
	Server  string
	CA      []byte // certificate of the centre's authority, DER
	Request []byte
	// Told is called with each news of the way: whether the centre has the
	// request. It is called from Recover's own goroutine.
	Told func(there bool)
}

// recoverEvery is how often a request that waits is asked about.
const recoverEvery = 4 * time.Second

// Recover brings a request to the centre and asks about it until a person has
// decided there, however long that takes and whatever the network does
// meanwhile, and gives the approval's bytes. fault.Refused with a sentence when
// it was refused or its time is over, fault.Cancelled when ctx ends.
func Recover(ctx context.Context, r RecoverRequest) ([]byte, error) {
	const op = "courier.Recover"
	ca, err := x509.ParseCertificate(r.CA)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("authority's certificate"))
	}
	road, err := newRoad(r.Server, seal.EnrolTLS(seal.FingerprintOf(ca)))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer road.close()
	for fails := 0; ; {
		a, err := askRecovery(ctx, road, r.Request)
		wait := recoverEvery
		switch {
		case ctx.Err() != nil:
			return nil, fault.New(op, fault.Cancelled, ctx.Err())
		case err == nil && a.State != parcel.RecoveryWaiting:
			return decided(a)
		case err == nil:
			fails = 0
		case fault.KindOf(err) == fault.Offline:
			wait = min(backoff(fails), 4*recoverEvery)
			fails++
		default:
			return nil, fault.Wrap(op, err)
		}
		r.Told(err == nil)
		select {
		case <-ctx.Done():
			return nil, fault.New(op, fault.Cancelled, ctx.Err())
		case <-time.After(wait):
		}
	}
}

func askRecovery(ctx context.Context, road *road, b []byte) (*parcel.RecoveryAnswer, error) {
	const op = "courier.askRecovery"
	ctx, cancel := context.WithTimeoutCause(ctx, stall, errStalled)
	defer cancel()
	_, raw, err := road.ask(ctx, request{method: "POST", path: "/v1/recover", typ: parcel.TypeRecovery, body: b,
		want: parcel.TypeJSON, limit: parcel.MaxJSON})
	if fault.KindOf(err) == fault.Missing {
		return nil, fault.Say(op, fault.Refused, "县资助中心的程序版本较旧，还不能在线找回密码。请联系县资助中心。", err)
	}
	if err != nil {
		return nil, err
	}
	a := &parcel.RecoveryAnswer{}
	if err := parcel.DecodeJSON(bytes.NewReader(raw), parcel.MaxJSON, a); err != nil {
		return nil, fault.New(op, fault.Untrusted, err)
	}
	return a, nil
}

func decided(a *parcel.RecoveryAnswer) ([]byte, error) {
	const op = "courier.decided"
	switch a.State {
	case parcel.RecoveryApproved:
		return a.Approval, nil
	case parcel.RecoveryRefused:
		return nil, fault.Say(op, fault.Refused, "县资助中心没有批准本次申请，或它已被更新的申请取代。", nil)
	case parcel.RecoveryExpired:
		return nil, fault.Say(op, fault.Refused, "本次申请已过期，请重新申请。", nil)
	}
	return nil, fault.New(op, fault.Newer, errors.New("unknown state"))
}
