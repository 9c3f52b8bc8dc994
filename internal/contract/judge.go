package contract

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// field judges the revision that fills a field in: its widget, its dictionary
// and the signature in it.
func (v *verifier) field(d *document, i int, f field) {
	base, rev := d.revisions[0], d.revisions[i]
	n := rev.size - 1
	if string(rev.objects[f.obj]) != filled(base.objects[f.obj], n) {
		v.found(FieldChanged, f.name)
	}
	size := 2 * f.reserve
	head, rest, ok := strings.Cut(string(rev.objects[n]), contentsKey)
	if !ok || len(rest) != size+len(sigDictClose) || rest[size:] != sigDictClose {
		v.found(SealMalformed, f.name)
		return
	}
	at := rev.at[n] + len(head) + len(contentsKey) - 1
	want := [4]int{0, at, at + size + 2, rev.to - at - size - 2}
	said, ranges, _ := strings.Cut(head, rangeKey)
	if ranges != byteRangeText(want) {
		v.found(RangeWrong, f.name)
	}
	der, err := hex.DecodeString(rest[:size])
	if err != nil || strings.ToLower(rest[:size]) != rest[:size] {
		v.found(SealMalformed, f.name)
		return
	}
	cms, padding := splitDER(der)
	if len(bytes.Trim(padding, "\x00")) > 0 {
		v.found(SealMalformed, f.name)
		return
	}
	digest := rangeDigest(v.b[:rev.to], at, f.reserve)
	sig := Signature{Field: f.name, Covers: rev.to}
	if f.name == StampField {
		v.stamp(sig, cms, digest, said)
		return
	}
	v.signature(sig, cms, digest, said)
}

// splitDER cuts a DER element off its padding.
func splitDER(b []byte) (element, padding []byte) {
	if len(b) < 4 || b[0] != 0x30 || b[1] != 0x82 {
		return nil, b
	}
	n := 4 + int(b[2])<<8 + int(b[3])
	if n > len(b) {
		return nil, b
	}
	return b[:n], b[n:]
}

// signature judges certificate, attributes, digest and signature of a seal.
func (v *verifier) signature(s Signature, cms []byte, digest [32]byte, said string) {
	p, err := parseCMS(cms)
	if err != nil {
		v.found(SealMalformed, s.Field)
		return
	}
	cert, err := x509.ParseCertificate(p.certs[0])
	if err != nil {
		v.found(SealMalformed, s.Field)
		return
	}
	before := len(v.rep.Findings)
	s.Signer, s.From, s.Until = cert.Subject.CommonName, cert.NotBefore, cert.NotAfter
	e, ok := parseEntries(said)
	if !ok || e.name != s.Signer || !v.says(&s, e) {
		v.found(SealEntry, s.Field)
	}
	attrs, err := p.signedAttrs()
	sum := sha256.Sum256(attrs)
	key, is := cert.PublicKey.(*ecdsa.PublicKey)
	if err != nil || !is || !ecdsa.VerifyASN1(key, sum[:], p.signature) {
		v.found(SignatureWrong, s.Field)
	}
	if hash := sha256.Sum256(cert.Raw); !bytes.Equal(hash[:], p.certHash) {
		v.found(CertSwapped, s.Field)
	}
	if !bytes.Equal(digest[:], p.digest) {
		if len(v.rep.Findings) == 0 {
			v.found(Replayed, s.Field)
		} else {
			v.found(DigestWrong, s.Field)
		}
	}
	if s.Received != nil {
		v.centre(p.certs)
	} else {
		v.device(cert, p.certs, s.Field)
	}
	s.Holds = len(v.rep.Findings) == before
	v.rep.Signatures = append(v.rep.Signatures, s)
}

// says reads what a seal states into s, and whether a seal of that field may
// state it.
func (v *verifier) says(s *Signature, e entries) bool {
	s.Clock = dateOf(e.date)
	if s.Field == ReceiptField {
		r, ok := parseReceived(e.reason)
		r.At = s.Clock
		s.Received = &r
		return ok && e.national == "" && !s.Clock.IsZero()
	}
	ok := e.date == v.date && !s.Clock.IsZero()
	if p, is := partyOf(s.Field); is {
		event, good := parseEvent(p, e.reason)
		s.Event = &event
		return ok && good && e.national == ""
	}
	v.rep.Sealed = true
	var good bool
	v.key, good = e.nationalOf()
	return ok && good && e.reason == sealReason
}

// centre judges the certificate of the centre's own seal.
func (v *verifier) centre(certs [][]byte) {
	switch ca := v.opts.CA; {
	case ca == nil:
		v.found(NoAuthority)
	case len(certs) != 1 || !bytes.Equal(certs[0], ca.Raw):
		v.found(Stranger, ReceiptField)
	}
}

// device judges the certificate of a terminal's seal.
func (v *verifier) device(cert *x509.Certificate, certs [][]byte, name string) {
	if v.cert != nil && !v.cert.Equal(cert) {
		v.found(OtherDevice, name)
	}
	if v.cert == nil {
		v.cert = cert
		v.rep.Device, v.rep.Issuer = cert.Subject.CommonName, cert.Issuer.CommonName
	}
	if v.seen[string(bytes.Join(certs, nil))] {
		return
	}
	v.seen[string(bytes.Join(certs, nil))] = true
	ca := v.opts.CA
	switch {
	case ca == nil:
		v.found(NoAuthority)
		return
	case len(certs) != 2 || !bytes.Equal(certs[1], ca.Raw) || cert.CheckSignatureFrom(ca) != nil:
		v.found(Stranger, name)
		return
	}
	if cert.IsCA || cert.KeyUsage&x509.KeyUsageContentCommitment == 0 ||
		!slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageClientAuth) {
		v.found(NotDevice)
	}
	if v.rep.Clock.Before(cert.NotBefore) || v.rep.Clock.After(cert.NotAfter) {
		v.found(CertExpired)
	}
}

// stamp judges the time stamp.
func (v *verifier) stamp(s Signature, der []byte, digest [32]byte, said string) {
	if said != stampHead {
		v.found(SealEntry, s.Field)
	}
	t, err := parseToken(der)
	if err != nil || !bytes.Equal(t.marshal(), der) {
		v.found(StampMalformed)
		return
	}
	before := len(v.rep.Findings)
	s.Signer, s.From, s.Until, s.Clock = t.certs[0].Subject.CommonName, t.certs[0].NotBefore, t.certs[0].NotAfter, t.at
	if !t.signed() {
		v.found(StampWrong)
	}
	if !bytes.Equal(t.imprint, digest[:]) {
		v.found(StampOther)
	}
	if len(v.opts.Stampers) > 0 {
		used, err := t.chain(v.opts.Stampers)
		switch {
		case err != nil:
			v.found(StampStranger)
		case len(used) != len(t.certs):
			v.found(StampMalformed) // more in it than its chain
		default:
			v.rep.Stamped = len(v.rep.Findings) == before
		}
	}
	s.Holds = len(v.rep.Findings) == before
	v.rep.Signatures = append(v.rep.Signatures, s)
}

// standing judges what does not follow from the file alone: the second
// signature, whether the terminal had been shut out, and what the clocks say of
// one another.
func (v *verifier) standing() {
	if len(v.opts.National) > 0 {
		v.national()
	} else if !v.key.Zero() {
		v.note("封存声明了国密 SM2 公钥；未给出国密签名文件，未核对。")
	}
	proven, by := v.proven()
	v.rep.Proven = proven
	v.clocks(proven, by)
	if v.opts.Revoked != nil && v.rep.Device != "" {
		if at, is := v.opts.Revoked(v.rep.Device); is {
			if !proven.IsZero() && proven.Before(at) {
				v.note("受理终端已于 " + stampText(at) + " 注销；" + by + "证明封存在此之前，不受影响。")
			} else {
				v.found(Revoked, stampText(at))
			}
		}
	}
}

func (v *verifier) national() {
	v.rep.National = true
	switch {
	case v.key.Zero():
		v.found(NationalNone)
	case v.key.VerifyDocument(Closed(v.b), v.opts.National) != nil:
		v.found(NationalWrong)
	}
}

// proven is a time before which the contract was closed, and whose word that
// is; zero where nobody but the terminal says when.
func (v *verifier) proven() (at time.Time, by string) {
	if v.opts.CA == nil {
		return at, ""
	}
	for _, s := range v.rep.Signatures {
		if s.Received != nil && s.Holds {
			at, by = s.Clock, "资助中心的时钟"
		}
		if s.Field == StampField && v.rep.Stamped {
			return s.Clock, "时间戳"
		}
	}
	return at, by
}

// slack is how far two clocks may differ without a word.
const slack = 2 * time.Minute

func (v *verifier) clocks(proven time.Time, by string) {
	clock := v.rep.Clock
	switch {
	case v.rep.Device == "":
	case proven.IsZero():
		v.note("签署时间只有受理终端时钟可据，未经第三方证明。")
	case clock.Sub(proven) > slack:
		v.note("受理终端时钟有误：所记封存时间晚于" + by + "，至少快 " + spanText(clock.Sub(proven)) + "；封存实际不晚于 " + stampText(proven) + "。")
	default:
		v.note("封存不晚于 " + stampText(proven) + "（" + by + "）；此前何时签署，只有受理终端时钟可据。")
	}
	for _, s := range v.rep.Signatures {
		if s.Event != nil && s.Event.At.Sub(clock) > slack {
			v.note("受理终端时钟在签署当中被拨回：" + partyWords(s.Event.Party) + "签名的时间晚于封存的时间。")
		}
		if s.Field == StampField && len(v.opts.Stampers) == 0 {
			v.note("文件带有时间戳，但未给出时间戳机构的根证书：时间戳及其证书未核对，不作为时间证明。")
		}
	}
	if v.cert == nil || v.opts.Now.IsZero() || !v.opts.Now.After(v.cert.NotAfter) {
		return
	}
	words := "终端证书已于 " + stampText(v.cert.NotAfter) + " 到期，按终端时钟封存时尚在有效期内"
	if !proven.IsZero() && !proven.After(v.cert.NotAfter) {
		words += "，" + by + "证明确在到期之前"
	} else {
		words += "；没有到期之前的第三方时间可证"
	}
	v.note(words + "。")
}

func (v *verifier) note(words string) { v.rep.Notes = append(v.rep.Notes, words) }
