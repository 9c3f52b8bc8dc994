package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// Profile is who this laptop is, as enrolment made it. It is kept sealed.
type Profile struct {
	Device     uuid.UUID
	Signer     *seal.Signer // the device's key, of its certificate
	Chain      *seal.Signer // signs the chain, and its suite is the store's; nil: Signer
	CertDER    []byte       // the device's certificate
	CADER      []byte       // the centre's authority
	Server     string       // URL of the centre
	County     string       // code
	CountyName string
	Point      string // of intake
	PointType  string
	CountyKey  *seal.Key      // names blobs, the same for all laptops of the county
	Centre     seal.PublicKey // signs the receipts
	Recovery   seal.PublicKey // the county's recovery key; may be zero
	Practice   bool           // made-up data alone
}

type profileJSON struct {
	Device     uuid.UUID `json:"device"`
	Signer     []byte    `json:"signer"`
	Chain      []byte    `json:"chain,omitempty"`
	CertDER    []byte    `json:"cert"`
	CADER      []byte    `json:"ca"`
	Server     string    `json:"server"`
	County     string    `json:"county"`
	CountyName string    `json:"county_name"`
	Point      string    `json:"point"`
	PointType  string    `json:"point_type"`
	CountyKey  []byte    `json:"county_key"`
	Centre     []byte    `json:"centre"`
	Recovery   []byte    `json:"recovery,omitempty"`
	Practice   bool      `json:"practice,omitempty"`
}

// ChainKey is the key that signs the device's chain. TLS and the signature in
// a contract's PDF need a key on P-256, which is then the Signer, while the
// chain, the parcels and all that is stored may be of the National suite.
func (p *Profile) ChainKey() *seal.Signer {
	if p.Chain != nil {
		return p.Chain
	}
	return p.Signer
}

func (p *Profile) encode() ([]byte, error) {
	if p.Device == uuid.Nil || p.Signer == nil || p.CountyKey == nil {
		return nil, fault.New("store.Profile", fault.Input, errors.New("no device, signer or county key"))
	}
	key, err := p.Signer.Marshal()
	if err != nil {
		return nil, err
	}
	defer seal.Wipe(key)
	var chain []byte
	if p.Chain != nil {
		if chain, err = p.Chain.Marshal(); err != nil {
			return nil, err
		}
		defer seal.Wipe(chain)
	}
	county := p.CountyKey.Bytes()
	defer seal.Wipe(county)
	b, err := json.Marshal(profileJSON{p.Device, key, chain, p.CertDER, p.CADER, p.Server, p.County, p.CountyName,
		p.Point, p.PointType, county, p.Centre.Marshal(), p.Recovery.Marshal(), p.Practice})
	if err != nil {
		return nil, fault.New("store.Profile", fault.Other, err)
	}
	return b, nil
}

func decodeProfile(b []byte) (Profile, error) {
	const op = "store.Profile"
	var j profileJSON
	if err := strictJSON(b, &j); err != nil {
		return Profile{}, fault.New(op, fault.Damaged, err)
	}
	defer seal.Wipe(j.Signer)
	defer seal.Wipe(j.Chain)
	defer seal.Wipe(j.CountyKey)
	p := Profile{Device: j.Device, CertDER: j.CertDER, CADER: j.CADER, Server: j.Server, County: j.County,
		CountyName: j.CountyName, Point: j.Point, PointType: j.PointType, Practice: j.Practice}
	var err error
	if p.Signer, err = seal.ParseSigner(j.Signer); err != nil {
		return Profile{}, fault.New(op, fault.Damaged, err)
	}
	if len(j.Chain) > 0 {
		if p.Chain, err = seal.ParseSigner(j.Chain); err != nil {
			return Profile{}, fault.New(op, fault.Damaged, err)
		}
	}
	if p.CountyKey, err = seal.KeyFromBytes(j.CountyKey); err != nil {
		return Profile{}, fault.New(op, fault.Damaged, err)
	}
	for _, k := range []struct {
		der []byte
		to  *seal.PublicKey
	}{{j.Centre, &p.Centre}, {j.Recovery, &p.Recovery}} {
		if len(k.der) == 0 {
			continue
		}
		if *k.to, err = seal.ParsePublicKey(k.der); err != nil {
			return Profile{}, fault.New(op, fault.Damaged, err)
		}
	}
	return p, nil
}

// strictJSON decodes exactly one value without unknown members.
func strictJSON(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return errors.New("not the JSON that belongs here")
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more behind the JSON")
	}
	return nil
}
