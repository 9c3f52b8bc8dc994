package contract

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// cut gives a file without what follows its n-th revision; the base is 0.
func cut(t *testing.T, b []byte, n int) []byte {
	t.Helper()
	d, err := parseDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(b[:d.revisions[n].to])
}

// fieldNamed is the field of that name.
func fieldNamed(name string) field {
	all := fieldsOf(thirdForm, loan.StudentParty, loan.CoborrowerParty)
	return all[slices.IndexFunc(all, func(f field) bool { return f.name == name })]
}

// contentsOf is where the digits of a field's signature stand.
func contentsOf(t *testing.T, b []byte, n int) (from, to int) {
	t.Helper()
	d, err := parseDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	from = d.revisions[n].from + bytes.Index(b[d.revisions[n].from:], []byte(contentsKey)) + len(contentsKey)
	return from, from + bytes.IndexByte(b[from:], '>')
}

// tampering is what the cases of a contract with all five fields are made of.
type tampering struct {
	id, stranger         identity
	tsa                  *testTSA
	base, sealed, whole  []byte
	received, other      []byte // other is another contract's, received
	otherWhole, strangeT []byte // strangeT is stamped by a stranger
}

func newTampering(t *testing.T) *tampering {
	x := &tampering{id: newIdentity(t, seal.Device), stranger: newIdentity(t, seal.Device), tsa: newTSA(t)}
	x.base = mustFill(t, testInput(t))
	x.sealed = x.id.seal(t, x.base)
	x.received = x.id.received(t, x.sealed)
	x.whole = x.tsa.stamped(t, x.received)
	in := testInput(t)
	in.App.Loan.Amount = 16000
	x.other = x.id.received(t, x.id.seal(t, mustFill(t, in)))
	x.otherWhole = x.tsa.stamped(t, x.other)
	x.strangeT = newTSA(t).stamped(t, x.received)
	return x
}

func (x *tampering) trust() VerifyOptions {
	o := x.id.trust()
	o.Stampers = x.tsa.roots()
	return o
}

// moved puts the signature of one file's revision into another's.
func moved(t *testing.T, from, to []byte, n int) []byte {
	f0, f1 := contentsOf(t, from, n)
	t0, _ := contentsOf(t, to, n)
	out := bytes.Clone(to)
	copy(out[t0:], from[f0:f1])
	return out
}

// event signs a field of the hands out of turn.
func (x *tampering) event(t *testing.T, pdf []byte, name string, edit func(*entries)) []byte {
	t.Helper()
	cert, ca := parseCert(t, x.id.cert), parseCert(t, x.id.ca)
	e := entries{name: cert.Subject.CommonName, reason: sealReason, date: pdfDate(beijing(Clock(pdf)))}
	if p, is := partyOf(name); is {
		e.reason = Event{Party: p, At: Clock(pdf)}.reason()
	}
	if edit != nil {
		edit(&e)
	}
	f := fieldNamed(name)
	out, err := signField(pdf, f, e, x.id.signer, []*x509.Certificate{cert, ca}[:chainLength(thirdForm, f)])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// swapped is the base with the portraits in each other's place, made to fit.
func (x *tampering) swapped(t *testing.T) []byte {
	t.Helper()
	out := rebuilt(t, x.base, func(o [][]byte) { o[fixedObjs], o[fixedObjs+1] = o[fixedObjs+1], o[fixedObjs] })
	if len(out) != len(x.base) || bytes.Equal(out, x.base) {
		t.Fatal("nothing was swapped")
	}
	return out
}

// reseal puts the signatures of the sealed file behind another base.
func (x *tampering) reseal(t *testing.T, base []byte) []byte {
	t.Helper()
	out := x.event(t, x.event(t, x.event(t, base, StudentField, nil), CoborrowerField, nil), SealField, nil)
	for n := 1; n <= 3; n++ {
		out = moved(t, x.sealed, out, n)
	}
	return out
}

// hands is a base with the seals of both hands.
func (x *tampering) hands(t *testing.T) []byte { return cut(t, x.sealed, 2) }

// tamperedRevisions are files with all five seals, tampered with.
func tamperedRevisions(t *testing.T) ([]tampered, VerifyOptions) {
	x := newTampering(t)
	if r := Verify(x.whole, x.trust()); !r.OK {
		t.Fatalf("untouched: %q", r.Lines())
	}
	centre := func(t *testing.T, pdf []byte, a *seal.Authority, reason string, chain ...*x509.Certificate) []byte {
		e := entries{name: a.Cert().Subject.CommonName, reason: reason, date: pdfDate(beijing(certDay))}
		out, err := signField(pdf, fieldNamed(ReceiptField), e, a.Signer(), append(chain, a.Cert())[:1])
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	return []tampered{
		{"all seals cut off", Unsealed, func() []byte { return x.base }, nil},
		{"all but the student's cut off", Unsealed, func() []byte { return cut(t, x.sealed, 1) }, nil},
		{"the point's cut off", Unsealed, func() []byte { return x.hands(t) }, nil},
		{"the point's seal without the hands'", Unsealed, func() []byte { return x.event(t, x.base, SealField, nil) }, nil},
		{"the point's seal without the co-borrower's", Unsealed, func() []byte { return x.event(t, cut(t, x.sealed, 1), SealField, nil) }, nil},
		{"the hands the other way round", ObjectChanged, func() []byte {
			return x.event(t, x.event(t, x.event(t, x.base, CoborrowerField, nil), StudentField, nil), SealField, nil)
		}, nil},
		{"the student's sealed twice", ObjectChanged, func() []byte { return x.event(t, cut(t, x.sealed, 1), StudentField, nil) }, nil},
		{"a base in which nobody signed", FieldMissing, func() []byte {
			in := testInput(t)
			in.Strokes = nil
			return x.event(t, mustFill(t, in), SealField, nil)
		}, nil},
		{"the portraits swapped", ContentChanged, func() []byte {
			fits := x.swapped(t)
			old := bytes.LastIndex(x.base, []byte("/ID ["))
			copy(fits[old:], x.base[old:])
			base := mustParse(t, x.base)
			copy(fits[base.at[partsObj]:], base.objects[partsObj])
			return append(fits, x.sealed[len(x.base):]...)
		}, nil},
		{"the portraits swapped and the file made to fit", SwappedBefore, func() []byte {
			return append(x.swapped(t), x.sealed[len(x.base):]...)
		}, nil},
		{"a page more in the tree, under the old seals", Replayed, func() []byte {
			more := rebuilt(t, x.base, func(o [][]byte) {
				o[pagesObj-1] = bytes.Replace(o[pagesObj-1], []byte("/Kids ["), []byte("/Kids [7 0 R "), 1)
			})
			return x.reseal(t, more)
		}, nil},
		{"a page replaced between two seals", ObjectChanged, func() []byte {
			return x.event(t, revised(t, x.hands(t), map[int]string{fixedObjs + 3: "<< /Type /Page >>"}), SealField, nil)
		}, nil},
		{"a page replaced behind the time stamp", RevisionAdded, func() []byte {
			return revised(t, x.whole, map[int]string{fixedObjs + 3: "<< /Type /Page >>"})
		}, nil},
		{"a page replaced between the centre's seal and the stamp", RevisionAdded, func() []byte {
			return revised(t, x.received, map[int]string{fixedObjs + 3: "<< /Type /Page >>"})
		}, nil},
		{"the field of the stamp emptied again", RevisionAdded, func() []byte {
			return revised(t, x.whole, map[int]string{timeObj: string(mustParse(t, x.whole).objects[timeObj])})
		}, nil},
		{"a widget over the amount", RevisionAdded, func() []byte {
			return revised(t, x.whole, map[int]string{4000: "<< /Type /Annot /Subtype /FreeText >>"})
		}, nil},
		{"cut in the centre's seal", CutOff, func() []byte { return x.received[:len(x.received)-900] }, nil},
		{"cut in the time stamp", CutOff, func() []byte { return x.whole[:len(x.whole)-900] }, nil},
		{"the student's seal of another contract", Replayed, func() []byte { return moved(t, x.other, x.sealed, 1) }, nil},
		{"the co-borrower's seal of another contract", Replayed, func() []byte { return moved(t, x.other, x.sealed, 2) }, nil},
		{"the centre's seal of another contract", Replayed, func() []byte { return moved(t, x.other, x.received, 4) }, nil},
		{"the time stamp of another contract", StampOther, func() []byte { return moved(t, x.otherWhole, x.whole, 5) }, nil},
		{"the student's seal put where the co-borrower's was", Replayed, func() []byte {
			f0, f1 := contentsOf(t, x.sealed, 1)
			t0, _ := contentsOf(t, x.sealed, 2)
			out := bytes.Clone(x.sealed)
			copy(out[t0:], x.sealed[f0:f1])
			return out
		}, nil},
		{"another hash of the ink", Replayed, func() []byte {
			return swap(x.sealed, strings.TrimSuffix(textString("笔迹SHA-256 07"), ">")[5:], strings.TrimSuffix(textString("笔迹SHA-256 08"), ">")[5:])
		}, nil},
		{"a hand by proxy said to be the person's own", SealEntry, func() []byte {
			return x.event(t, x.event(t, x.event(t, x.base, StudentField, func(e *entries) {
				e.reason = strings.Replace(Event{Party: loan.StudentParty, At: certDay}.reason(), "本人", "本  人", 1)
			}), CoborrowerField, nil), SealField, nil)
		}, nil},
		{"a hand that states the other party", SealEntry, func() []byte {
			return x.event(t, x.event(t, x.event(t, x.base, StudentField, func(e *entries) {
				e.reason = Event{Party: loan.CoborrowerParty, At: certDay}.reason()
			}), CoborrowerField, nil), SealField, nil)
		}, nil},
		{"a seal with another date than the contract", SealEntry, func() []byte {
			return x.event(t, x.hands(t), SealField, func(e *entries) { e.date = pdfDate(beijing(certDay)) })
		}, nil},
		{"a seal that names a key that is none", SealEntry, func() []byte {
			return x.event(t, x.hands(t), SealField, func(e *entries) { e.national = "3030" })
		}, nil},
		{"a seal by another terminal of the county", OtherDevice, func() []byte {
			y := *x
			y.id = issued(t, x.id.authority, seal.Device, certDay)
			return y.event(t, x.hands(t), SealField, nil)
		}, nil},
		{"the student's by a stranger", Stranger, func() []byte {
			y := *x
			y.id = x.stranger
			return x.event(t, x.event(t, y.event(t, x.base, StudentField, nil), CoborrowerField, nil), SealField, nil)
		}, nil},
		{"the centre's seal by a stranger", Stranger, func() []byte {
			return centre(t, x.sealed, x.stranger.authority, testReceived().reason())
		}, nil},
		{"the centre's seal by the terminal", Stranger, func() []byte {
			return x.event(t, x.sealed, ReceiptField, func(e *entries) { e.reason = testReceived().reason() })
		}, nil},
		{"the centre's seal with a sentence in the number", SealEntry, func() []byte {
			return centre(t, x.sealed, x.id.authority, Received{ReceiptNo: "1 已放款", ContractNo: "2"}.reason())
		}, nil},
		{"the receipt number changed", Replayed, func() []byte {
			hand := strings.TrimSuffix(textString("HZ5227272024000001"), ">")[5:]
			return swap(x.received, hand, strings.TrimSuffix(textString("HZ5227272024000002"), ">")[5:])
		}, nil},
		{"a time stamp by a stranger", StampStranger, func() []byte { return x.strangeT }, nil},
		{"a digit of the time stamp changed", StampWrong, func() []byte {
			der := lastDER(t, x.whole)
			at := bytes.Index(der, []byte("20241106010000Z"))
			from, _ := lastContents(t, x.whole)
			out := bytes.Clone(x.whole)
			hex.Encode(out[from+2*at:], []byte("20231106010000Z"))
			return out
		}, func(o *VerifyOptions) { o.Stampers = nil }},
		{"the time stamp blanked", StampMalformed, func() []byte {
			from, to := lastContents(t, x.whole)
			out := bytes.Clone(x.whole)
			copy(out[from:to], bytes.Repeat([]byte{'0'}, to-from))
			return out
		}, nil},
		{"a root hidden in the time stamp", StampMalformed, func() []byte {
			out, _ := x.tsa.stampedIn(t, x.received, stampReserve)
			tok, err := parseToken(lastDER(t, out))
			if err != nil {
				t.Fatal(err)
			}
			tok.certs = append(tok.certs, x.tsa.root)
			from, _ := lastContents(t, out)
			hex.Encode(out[from:], tok.marshal())
			return out
		}, nil},
		{"a seal of the centre in the place of the stamp", StampMalformed, func() []byte {
			return x.event(t, x.received, StampField, nil)
		}, nil},
		{"the dictionary of the stamp changed", SealEntry, func() []byte {
			return swap(x.whole, "/DocTimeStamp /Filter", "/DocTimeStamq /Filter")
		}, nil},
		{"a terminal that had been shut out", Revoked, func() []byte { return x.sealed }, func(o *VerifyOptions) {
			o.Revoked = func(string) (time.Time, bool) { return certDay, true }
		}},
		{"a terminal shut out before anybody else saw the contract", Revoked, func() []byte { return x.whole }, func(o *VerifyOptions) {
			o.Revoked = func(string) (time.Time, bool) { return x.tsa.at.Add(-time.Hour), true }
		}},
		{"a contract that a correction voided", Superseded, func() []byte { return x.whole }, func(o *VerifyOptions) {
			o.ExpectHash, o.Former = loan.Hash{1}, []loan.Hash{loan.Hash(sha256.Sum256(x.sealed))}
		}},
		{"a national signature that the seal does not name", NationalNone, func() []byte { return x.sealed }, func(o *VerifyOptions) {
			o.National = []byte{1}
		}},
	}, x.trust()
}

// Every byte behind what the terminal closed counts as well.
func TestEveryByteOfTheCentresCounts(t *testing.T) {
	x := newTampering(t)
	from, to := lastContents(t, x.whole)
	der := len(lastDER(t, x.whole))
	for at := len(x.sealed); at < len(x.whole); at += 53 {
		if at > from+2*der && at < to-200 && at%3 != 0 {
			continue // zeros of the reserve
		}
		if r := Verify(flip(x.whole, at), x.trust()); r.OK {
			t.Errorf("a bit flipped at %d is not found", at)
		}
	}
}

func TestTheReportSaysWhoWhenAndByWhichClock(t *testing.T) {
	x := newTampering(t)
	says := func(sub string, b []byte, edit func(*VerifyOptions), want ...string) {
		t.Helper()
		opts := x.trust()
		if edit != nil {
			edit(&opts)
		}
		r := Verify(b, opts)
		lines := strings.Join(r.Lines(), "\n")
		for _, w := range want {
			if !strings.Contains(lines, w) {
				t.Errorf("%s: the report does not say %s:\n%s", sub, w, lines)
			}
		}
		if !r.OK {
			t.Errorf("%s: does not pass", sub)
		}
	}
	says("all five", x.whole, nil,
		"签名 1：借款学生现场手写签名（本人），签于 2024-11-05 10:29:00 +08:00（受理终端时钟）", "签名 2：共同借款人现场手写签名",
		"签名 3：受理终端 01920000-aaaa-7bbb-8ccc-ddddeeeeffff 数字封存", "签名 4：资助中心收讫，回执编号 HZ5227272024000001，合同编号 5227272024000001，2024-11-06 08:59:00 +08:00（资助中心时钟）",
		"签名 5：时间戳，由 测试时间戳服务 签发，2024-11-06 09:00:00 +08:00（时间戳机构时钟），覆盖整个文件，有效（CentreTimeStamp）",
		"封存不晚于 2024-11-06 09:00:00 +08:00（时间戳）")
	says("from the laptop", x.sealed, nil, "签署时间只有受理终端时钟可据，未经第三方证明")
	says("without the service's root", x.whole, func(o *VerifyOptions) { o.Stampers = nil }, "时间戳及其证书未核对", "封存不晚于 2024-11-06 08:59:00 +08:00（资助中心的时钟）")
	says("shut out later", x.whole, func(o *VerifyOptions) {
		o.Revoked = func(string) (time.Time, bool) { return x.tsa.at.Add(time.Hour), true }
	}, "受理终端已于 2024-11-06 10:00:00 +08:00 注销；时间戳证明封存在此之前")
	says("thirty years on", x.whole, func(o *VerifyOptions) { o.Now = certDay.AddDate(30, 0, 0) }, "到期", "时间戳证明确在到期之前")
	says("thirty years on, from the laptop", x.sealed, func(o *VerifyOptions) { o.Now = certDay.AddDate(30, 0, 0) }, "没有到期之前的第三方时间可证")

	fast := testInput(t)
	fast.At = fast.At.AddDate(0, 0, 10)
	says("a fast clock", x.tsa.stamped(t, x.id.received(t, x.id.seal(t, mustFill(t, fast)))), nil,
		"受理终端时钟有误：所记封存时间晚于时间戳，至少快 9 天")
	in := testInput(t)
	set := x.id.closing(mustFill(t, in))
	set.Events[1].At = in.At.Add(time.Hour)
	back, err := Seal(mustFill(t, in), set)
	if err != nil {
		t.Fatal(err)
	}
	says("a clock set back", back, nil, "受理终端时钟在签署当中被拨回：共同借款人签名的时间晚于封存的时间")
}

func TestTheNationalSignature(t *testing.T) {
	id := newIdentity(t, seal.Device)
	sealed, sig, _ := id.sealedTwice(t, mustFill(t, testInput(t)))
	other, err := seal.NewSignerOf(seal.National)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := other.SignDocument(sealed)
	if err != nil {
		t.Fatal(err)
	}
	opts := id.trust()
	for name, k := range map[string]struct {
		pdf, sig []byte
		want     Code
	}{
		"good": {sealed, sig, ""}, "of the centre's file": {id.received(t, sealed), sig, ""},
		"another key": {sealed, foreign, NationalWrong}, "a flipped bit": {sealed, flip(sig, len(sig)-3), NationalWrong},
	} {
		opts.National = k.sig
		if r := Verify(k.pdf, opts); r.OK != (k.want == "") || k.want != "" && !r.has(k.want) || !r.National {
			t.Errorf("%s: %q", name, r.Lines())
		}
	}
}
