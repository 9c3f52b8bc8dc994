package contract

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"doorstep/internal/loan"
)

// field judges the revision that fills a field in: its widget, its dictionary
// and the signature in it.
func (v *verifier) field(d *document, i int, f field) {
	base, rev := d.revisions[0], d.revisions[i]
	n := rev.size - 1
	if string(rev.objects[f.obj]) != filled(base.objects[f.obj], n) {
		v.found(FieldChanged, f.name, fieldWords(base.objects[f.obj], rev.objects[f.obj]))
	}
	head, rest, ok := strings.Cut(string(rev.objects[n]), contentsKey)
	size := 2 * f.reserve
	if f.reserve == 0 {
		size = max(0, len(rest)-len(sigDictClose)) &^ 1
	}
	if !ok || len(rest) != size+len(sigDictClose) || rest[size:] != sigDictClose {
		v.found(SealMalformed, f.name, "签名字典的写法不对")
		return
	}
	at := rev.at[n] + len(head) + len(contentsKey) - 1
	want := [4]int{0, at, at + size + 2, rev.to - at - size - 2}
	said, ranges, _ := strings.Cut(head, rangeKey)
	if ranges != byteRangeText(want) {
		v.found(RangeWrong, f.name, rangeWords(ranges, want))
	}
	der, err := hex.DecodeString(rest[:size])
	cms, padding := splitDER(der)
	if wrong := roomWords(f, rest[:size], err, cms, padding); wrong != "" {
		v.unreadable(f.name, wrong)
		return
	}
	digest := rangeDigest(v.b[:rev.to], at, size/2)
	sig := Signature{Field: f.name, Covers: rev.to}
	if f.name == StampField {
		v.stamp(sig, cms, digest, said)
		return
	}
	v.signature(sig, cms, digest, said)
}

// roomWords says what is wrong with the digits of a signature; empty: nothing.
func roomWords(f field, digits string, err error, cms, padding []byte) string {
	blank := strings.Trim(digits, "0") == ""
	switch {
	case err != nil:
		return "不是十六进制"
	case strings.ToLower(digits) != digits:
		return "用了大写的十六进制"
	case blank:
		return "签名被清空"
	case len(cms) == 0:
		return "不是 CMS 签名"
	case len(bytes.Trim(padding, "\x00")) > 0:
		return "签名之后的空处藏有数据"
	case f.reserve == 0 && len(padding) > roomLeft(f):
		return "签名之后留空过多"
	}
	return ""
}

// unreadable finds a signature that is none.
func (v *verifier) unreadable(name, why string) {
	if name == StampField {
		v.found(StampMalformed, why)
		return
	}
	v.found(SealMalformed, name, why)
}

// roomLeft is how much of a field's room may be empty in the third form: what an
// ECDSA signature may be shorter than its longest, and what the answer of a time
// stamping service may be shorter than was thought.
func roomLeft(f field) int {
	if f.name == StampField {
		return stampReserve
	}
	return maxSignature
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
		v.found(SealMalformed, s.Field, "不是本系统写成的 CMS")
		return
	}
	cert, err := x509.ParseCertificate(p.certs[0])
	if err != nil {
		v.found(SealMalformed, s.Field, "证书读不出")
		return
	}
	before := len(v.rep.Findings)
	s.Signer, s.From, s.Until = cert.Subject.CommonName, cert.NotBefore, cert.NotAfter
	e, ok := parseEntries(said)
	wrong := v.says(&s, e)
	switch {
	case !ok:
		wrong = "写法不对"
	case e.name != s.Signer:
		wrong = "签署者的名称与证书不同"
	}
	if wrong != "" {
		v.found(SealEntry, s.Field, wrong)
	}
	attrs, err := p.signedAttrs()
	sum := sha256.Sum256(attrs)
	key, is := cert.PublicKey.(*ecdsa.PublicKey)
	if err != nil || !is || !ecdsa.VerifyASN1(key, sum[:], p.signature) {
		v.found(SignatureWrong, s.Field)
	}
	if low, ok := lowS(p.signature, elliptic.P256()); v.form >= thirdForm && ok && !bytes.Equal(low, p.signature) {
		v.found(SealMalformed, s.Field, "签名值被改写成等值的另一种")
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

// says reads what a seal states into s, and says what a seal of that field may
// not state; empty: all is well.
func (v *verifier) says(s *Signature, e entries) string {
	s.Clock = dateOf(e.date)
	p, hand := partyOf(s.Field)
	switch {
	case s.Field == ReceiptField:
		r, ok := parseReceived(e.reason)
		r.At = s.Clock
		s.Received = &r
		if !ok {
			return "回执或合同编号不是编号"
		}
	case hand:
		event, ok := parseEvent(p, e.reason)
		s.Event = &event
		if _, other := parseEvent(otherParty(p), e.reason); other {
			return "说的是另一方的签名"
		}
		if !ok {
			return "事由不是手写签名的写法"
		}
	default:
		v.rep.Sealed = true
		var ok bool
		if v.key, ok = e.nationalOf(); !ok {
			return "声明的国密公钥读不出"
		}
		if e.reason != sealReason {
			return "事由不是终端封存"
		}
	}
	switch {
	case s.Clock.IsZero():
		return "时间读不出"
	case s.Field != ReceiptField && e.date != v.date:
		return "时间与合同写成的时间不同"
	case s.Field != SealField && e.national != "":
		return "声明了不该有的公钥"
	}
	return ""
}

func otherParty(p loan.Party) loan.Party {
	if p == loan.StudentParty {
		return loan.CoborrowerParty
	}
	return loan.StudentParty
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
	case len(certs) != chainLength(v.form, field{name: name}) || len(certs) == 2 && !bytes.Equal(certs[1], ca.Raw) || cert.CheckSignatureFrom(ca) != nil:
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
		v.found(SealEntry, s.Field, "不是时间戳的字典")
	}
	t, err := parseToken(der)
	switch {
	case errors.Is(err, errAlgorithm):
		v.found(StampMalformed, "用了本系统不核对的算法，未予判断")
		return
	case err != nil:
		v.found(StampMalformed, "不是时间戳令牌")
		return
	case !bytes.Equal(t.marshal(), der), v.form >= thirdForm && !bytes.Equal(t.canonical().marshal(), der):
		v.found(StampMalformed, "令牌里有多余的内容")
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
			v.found(StampMalformed, "夹带了证书链以外的证书")
		default:
			v.revocation(used, t.at)
			v.rep.Stamped = len(v.rep.Findings) == before
			v.note("时间戳按机构的策略 " + t.policy.String() + " 签发。")
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
