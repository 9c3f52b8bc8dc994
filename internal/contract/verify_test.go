package contract

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// revised appends a revision in this program's own style.
func revised(t *testing.T, b []byte, objects map[int]string) []byte {
	t.Helper()
	d, err := parseDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	last := d.revisions[len(d.revisions)-1]
	out := slices.Clone(b)
	var table []byte
	size := last.size
	for _, n := range slices.Sorted(maps.Keys(objects)) {
		table = fmt.Appendf(table, "%d 1\n%010d 00000 n \n", n, len(out))
		out = fmt.Appendf(out, "%d 0 obj\n%s\nendobj\n", n, objects[n])
		size = max(size, n+1)
	}
	xref := len(out)
	out = append(append(out, "xref\n"...), table...)
	out = append(out, trailerText(size, [2]string{last.ids[0], documentID(b)}, last.xref)...)
	return fmt.Appendf(out, "startxref\n%d\n%%%%EOF\n", xref)
}

// rebuilt writes the base anew with some objects changed: table, list of parts
// and ID fit.
func rebuilt(t *testing.T, base []byte, edit func(objs [][]byte)) []byte {
	t.Helper()
	d, err := parseDocument(base)
	if err != nil {
		t.Fatal(err)
	}
	p := &pdf{}
	r := d.revisions[0]
	for _, n := range r.numbers {
		p.add(slices.Clone(r.objects[n]))
	}
	edit(p.objs)
	if bytes.Contains(p.objs[partsObj-1], []byte("/DSTP_Parts")) {
		p.listParts()
	}
	return p.bytes()
}

// sealAnyhow seals what Seal would refuse, with the CMS parts of the last seal
// changed by edit.
func sealAnyhow(t *testing.T, pdf []byte, id identity, edit func(*cmsParts)) []byte {
	t.Helper()
	cert := parseCert(t, id.cert)
	chain := []*x509.Certificate{cert, parseCert(t, id.ca)}
	date := pdfDate(beijing(Clock(pdf)))
	fields := mustParse(t, pdf).mostFields()
	for i, f := range fields {
		e := entries{name: cert.Subject.CommonName, reason: sealReason, date: date}
		if p, is := partyOf(f.name); is {
			e.reason = Event{Party: p, At: Clock(pdf)}.reason()
		}
		with := chain[:chainLength(thirdForm, f)]
		room, err := cmsRoom(with)
		if err != nil {
			t.Fatal(err)
		}
		f.reserve = room + 16 // another's certificate may be longer
		if pdf, err = signField(pdf, f, e, id.signer, with); err != nil {
			t.Fatal(err)
		}
		if i == len(fields)-1 && edit != nil {
			editSeal(t, pdf, f, edit)
		}
	}
	return pdf
}

// mostFields are the terminal's fields that a file should have.
func (r *revision) mostFields() []field {
	_, fields := formOf(r.objects[catalogObj])
	if fields == nil {
		fields = fieldsOf(thirdForm, loan.StudentParty, loan.CoborrowerParty)
	}
	return slices.DeleteFunc(fields, func(f field) bool { return f.later })
}

// editSeal changes the parts of the last seal in place.
func editSeal(t *testing.T, out []byte, f field, edit func(*cmsParts)) {
	t.Helper()
	parts, err := parseCMS(lastDER(t, out))
	if err != nil {
		t.Fatal(err)
	}
	edit(parts)
	der, err := parts.marshal()
	if err != nil {
		t.Fatal(err)
	}
	from, to := lastContents(t, out)
	copy(out[from:to], bytes.Repeat([]byte{'0'}, to-from))
	hex.Encode(out[from:], der)
}

// lastContents is where the digits of the last signature stand.
func lastContents(t testing.TB, b []byte) (from, to int) {
	t.Helper()
	from = bytes.LastIndex(b, []byte(contentsKey)) + len(contentsKey)
	return from, from + bytes.IndexByte(b[from:], '>')
}

func swap(b []byte, old, new string) []byte {
	at := bytes.LastIndex(b, []byte(old))
	if at < 0 || len(old) != len(new) {
		panic("no such bytes to swap: " + old)
	}
	out := slices.Clone(b)
	copy(out[at:], new)
	return out
}

func flip(b []byte, at int) []byte {
	out := slices.Clone(b)
	out[at] ^= 1
	return out
}

type tampered struct {
	sub  string
	want Code
	make func() []byte
	opts func(*VerifyOptions)
}

// tamperedFiles are files as a terminal closes them, tampered with, and what they
// are held against.
func tamperedFiles(t *testing.T) ([]tampered, VerifyOptions) {
	id := newIdentity(t, seal.Device)
	base := mustFill(t, testInput(t))
	sealed := id.seal(t, base)
	other := testInput(t)
	other.App.Loan.Amount = 16000
	otherBase := mustFill(t, other)
	otherSealed := id.seal(t, otherBase)
	stranger := newIdentity(t, seal.Device)
	page := fixedObjs + 3 // behind two portraits

	inBase := func(mark string, behind int) func() []byte {
		return func() []byte { return flip(sealed, bytes.Index(sealed, []byte(mark))+len(mark)+behind) }
	}
	transplant := func(from, to []byte) []byte {
		f0, f1 := lastContents(t, from)
		t0, _ := lastContents(t, to)
		out := slices.Clone(to)
		copy(out[t0:], from[f0:f1])
		return out
	}
	hexAt := func(b []byte, at int) []byte { // changes one digit of the signature
		out := slices.Clone(b)
		if out[at] == '0' {
			out[at] = '1'
		} else {
			out[at] = '0'
		}
		return out
	}
	cmsEnd := func() int {
		from, _ := lastContents(t, sealed)
		der, _ := hex.DecodeString(string(sealed[from : from+8]))
		return from + 2*(4+int(der[2])<<8+int(der[3]))
	}

	return []tampered{
		{"a bit of a page flipped", ContentChanged, inBase("/Filter /FlateDecode /Length ", 400), nil},
		{"a bit of a portrait flipped", ContentChanged, inBase("/Filter /DCTDecode", 900), nil},
		{"a digit of the title changed", ContentChanged, inBase("/Title <FEFF", 3), nil},
		{"the metadata changed", ContentChanged, inBase("<pdfaid:conformance>", 0), nil},
		{"the identifier changed", Malformed, func() []byte {
			return flip(base, bytes.LastIndex(base, []byte("/ID"))+1)
		}, nil},
		{"the last byte cut off", CutOff, func() []byte { return sealed[:len(sealed)-1] }, nil},
		{"cut in the middle of the seal", CutOff, func() []byte { return sealed[:len(base)+4000] }, nil},
		{"cut in the middle of a page", CutOff, func() []byte { return sealed[:len(base)/2] }, nil},
		{"the whole seal cut off", Unsealed, func() []byte { return base }, nil},
		{"a line end behind the end", Trailing, func() []byte { return append(slices.Clone(sealed), '\n') }, nil},
		{"zeros behind the end", Trailing, func() []byte { return append(slices.Clone(sealed), make([]byte, 512)...) }, nil},
		{"a program behind the end", Trailing, func() []byte { return append(slices.Clone(sealed), "MZ\x90\x00 program"...) }, nil},
		{"a revision that replaces a page", RevisionAdded, func() []byte {
			return revised(t, sealed, map[int]string{page: "<< /Type /Page /Parent 3 0 R >>"})
		}, nil},
		{"a revision that replaces a page leaves bytes unsigned", NotWholeFile, func() []byte {
			return revised(t, sealed, map[int]string{page: "<< /Type /Page /Parent 3 0 R >>"})
		}, nil},
		{"a revision that adds a widget", RevisionAdded, func() []byte {
			return revised(t, sealed, map[int]string{900: "<< /Type /Annot /Subtype /Widget >>"})
		}, nil},
		{"a revision that replaces the catalog", RevisionAdded, func() []byte {
			return revised(t, sealed, map[int]string{catalogObj: "<< /Type /Catalog /Pages 3 0 R >>"})
		}, nil},
		{"a revision of another program", Appended, func() []byte {
			return append(slices.Clone(sealed), "\n11 0 obj <</Type/Page>> endobj\nxref\n11 1\n0000000000 00000 n\ntrailer <</Size 40/Prev 1>>\nstartxref\n9\n%%EOF\n"...)
		}, nil},
		{"written anew by another program", Malformed, func() []byte {
			return append([]byte("%PDF-1.7\n%\xbf\xf7\xa2\xfe\n"), sealed[len(fileHead):]...)
		}, nil},
		{"a seal that also replaces a page", ObjectChanged, func() []byte {
			return revised(t, base, map[int]string{fieldObj: "x", page: "<< /Type /Page >>", 900: "y"})
		}, nil},
		{"a seal in its place that also replaces a page", ObjectChanged, func() []byte {
			d, err := parseDocument(sealed)
			if err != nil {
				t.Fatal(err)
			}
			n, rev := d.revisions[0].size, d.revisions[1]
			return revised(t, base, map[int]string{fieldObj: string(rev.objects[fieldObj]), page: "<< /Type /Page >>", n: string(rev.objects[n])})
		}, nil},
		{"a revision without the seal's field", ObjectChanged, func() []byte {
			return revised(t, base, map[int]string{page: "<< /Type /Page >>"})
		}, nil},
		{"the seal's field moved", FieldChanged, func() []byte { return swap(sealed, "/Rect [", "/Rect  ") }, nil},
		{"another catalog under a good seal", CatalogDiffers, func() []byte {
			return sealAnyhow(t, rebuilt(t, base, func(o [][]byte) { o[0] = []byte(plainCatalogText()) }), id, nil)
		}, nil},
		{"no field under a good seal", FieldMissing, func() []byte {
			return sealAnyhow(t, rebuilt(t, base, func(o [][]byte) { o[fieldObj-1] = []byte("<< /FT /Tx >>") }), id, nil)
		}, nil},
		{"sealed anew by a stranger", Stranger, func() []byte { return stranger.seal(t, base) }, nil},
		{"sealed by a stranger who shows the right authority", Stranger, func() []byte {
			return sealAnyhow(t, base, stranger, func(p *cmsParts) { p.certs[1] = id.ca })
		}, nil},
		{"a good seal of another contract", Replayed, func() []byte { return transplant(otherSealed, sealed) }, nil},
		{"the contract swapped under its seal", Replayed, func() []byte { return transplant(sealed, otherSealed) }, nil},
		{"a page changed and the file made to fit", Replayed, func() []byte {
			forged := rebuilt(t, base, func(o [][]byte) { o[page-1] = bytes.Replace(o[page-1], []byte("841.89"), []byte("800.00"), 1) })
			return transplant(sealed, sealAnyhow(t, forged, id, nil))
		}, nil},
		{"the range begins later", RangeWrong, func() []byte { return swap(sealed, "/ByteRange [0", "/ByteRange [9") }, nil},
		{"the range ends earlier", RangeWrong, func() []byte {
			at := bytes.LastIndex(sealed, []byte("/Contents <"))
			out := slices.Clone(sealed)
			copy(out[at-11:], "100      ]")
			return out
		}, nil},
		{"the date of the seal changed", SealEntry, func() []byte { return swap(sealed, "/M (D:2024", "/M (D:2023") }, nil},
		{"the name of the terminal changed", SealEntry, func() []byte { return swap(sealed, "/Name <FEFF0030", "/Name <FEFF0031") }, nil},
		{"a digit of the signature changed", SignatureWrong, func() []byte { return hexAt(sealed, cmsEnd()-3) }, nil},
		{"the signature in capitals", SealMalformed, func() []byte {
			from, to := lastContents(t, sealed)
			out := slices.Clone(sealed)
			copy(out[from:], bytes.ToUpper(sealed[from:to]))
			return out
		}, nil},
		{"something hidden in the signature's room", SealMalformed, func() []byte {
			old := id.seal(t, rebuilt(t, base, func(o [][]byte) {
				o[catalogObj-1] = []byte(catalogText(secondForm, fieldsOf(secondForm, loan.StudentParty, loan.CoborrowerParty)))
			}))
			_, to := lastContents(t, old)
			return hexAt(old, to-100)
		}, nil},
		{"the signature blanked", SealMalformed, func() []byte {
			from, to := lastContents(t, sealed)
			out := slices.Clone(sealed)
			copy(out[from:to], bytes.Repeat([]byte{'0'}, to-from))
			return out
		}, nil},
		{"the digest in the signature made to fit", SignatureWrong, func() []byte {
			return sealAnyhow(t, otherBase, id, func(p *cmsParts) {
				old, err := parseCMS(lastDER(t, sealed))
				if err != nil {
					t.Fatal(err)
				}
				p.signature = old.signature
			})
		}, nil},
		{"the certificate swapped for one of the same key", CertSwapped, func() []byte {
			return sealAnyhow(t, base, id, func(p *cmsParts) {
				again, err := id.authority.Issue(id.signer.Public(), seal.Device, "01920000-aaaa-7bbb-8ccc-ddddeeeeffff", nil, time.Hour*24*365, certDay)
				if err != nil {
					t.Fatal(err)
				}
				p.certs[0] = again
			})
		}, nil},
		{"sealed with a server's certificate", NotDevice, func() []byte {
			return issued(t, id.authority, seal.Server, certDay).seal(t, base)
		}, nil},
		{"sealed with a certificate that has ended", CertExpired, func() []byte {
			return issued(t, id.authority, seal.Device, certDay.AddDate(-3, 0, 0)).seal(t, base)
		}, nil},
		{"no authority to hold it against", NoAuthority, func() []byte { return sealed }, func(o *VerifyOptions) { o.CA = nil }},
		{"another authority to hold it against", Stranger, func() []byte { return sealed },
			func(o *VerifyOptions) { o.CA = stranger.authority.Cert() }},
		{"not the file that was stored", HashDiffers, func() []byte { return sealed },
			func(o *VerifyOptions) { o.ExpectHash = loan.Hash{1} }},
		{"an older good contract of the case in its place", HashDiffers, func() []byte { return sealed },
			func(o *VerifyOptions) { o.ExpectHash = loan.Hash(sha256.Sum256(otherSealed)) }},
		{"not a PDF", NotPDF, func() []byte { return []byte("hello") }, nil},
		{"nothing at all", NotPDF, func() []byte { return nil }, nil},
		{"too large", TooLarge, func() []byte { return append([]byte(fileHead), make([]byte, maxFile)...) }, nil},
	}, id.trust()
}

func lastDER(t testing.TB, b []byte) []byte {
	t.Helper()
	from, to := lastContents(t, b)
	der, err := hex.DecodeString(string(b[from:to]))
	if err != nil {
		t.Fatal(err)
	}
	cms, _ := splitDER(der)
	return cms
}

// Every byte of the file is covered: changing any one is found.
func TestEveryByteCounts(t *testing.T) {
	id := newIdentity(t, seal.Device)
	sealed := id.seal(t, mustFill(t, testInput(t)))
	step := 997
	if testing.Short() {
		step = 9973
	}
	for at := 0; at < len(sealed); at += step {
		if r := Verify(flip(sealed, at), id.trust()); r.OK {
			t.Errorf("a bit flipped at %d is not found", at)
		}
	}
	for at := len(sealed) - 1400; at < len(sealed); at += 7 {
		if r := Verify(flip(sealed, at), id.trust()); r.OK {
			t.Errorf("a bit flipped at %d is not found", at)
		}
	}
}

func TestUntouchedFilesPass(t *testing.T) {
	id := newIdentity(t, seal.Device)
	for i, edit := range []func(*Input){
		func(*Input) {},
		func(in *Input) { in.Evidence = nil },
		func(in *Input) { delete(in.Strokes, loan.CoborrowerParty) },
		func(in *Input) { in.Portraits = [2][]byte{} },
		func(in *Input) { in.App.Coborrowers = nil },
		func(in *Input) { in.ContractNo = "522727-2024-000123" },
		func(in *Input) { in.App.Student.Name = "江䶮㛃𫖮𠅤𬎆" },
		func(in *Input) { in.At = in.At.In(time.FixedZone("elsewhere", -5*3600)) },
	} {
		in := testInput(t)
		edit(&in)
		sealed := id.seal(t, mustFill(t, in))
		opts := id.trust()
		opts.ExpectHash = loan.Hash(sha256.Sum256(sealed))
		r := Verify(sealed, opts)
		if !r.OK || !r.Sealed || r.Revisions != 2+len(in.Strokes) || len(r.Signatures) != 1+len(in.Strokes) || r.Case != in.CaseID.String() || r.Pages < 2 ||
			!r.Clock.Equal(in.At) || r.Device != "01920000-aaaa-7bbb-8ccc-ddddeeeeffff" {
			t.Errorf("file %d: %q", i, r.Lines())
		}
	}
}

func TestReportSaysWhatHolds(t *testing.T) {
	id := newIdentity(t, seal.Device)
	lines := strings.Join(func() []string { r := Verify(id.seal(t, mustFill(t, testInput(t))), id.trust()); return r.Lines() }(), "\n")
	for _, want := range []string{"通过验证", "PointSeal", "未经第三方证明", "国家助学贷款借款合同", "2024-11-05 10:30:00 +08:00"} {
		if !strings.Contains(lines, want) {
			t.Errorf("the report does not say %s:\n%s", want, lines)
		}
	}
}

func TestEveryCodeHasWords(t *testing.T) {
	seen := map[Code]bool{}
	for _, w := range codeTable() {
		if w.words == "" || seen[w.code] {
			t.Errorf("%s: no words, or twice", w.code)
		}
		seen[w.code] = true
	}
}

// smallFile is a file of the form without any page to speak of: what the
// verifier looks at is all there, and little else.
func smallFile() []byte {
	p := &pdf{}
	for range fixedObjs {
		p.add([]byte("null"))
	}
	m := metadata{title: "t", subject: "s", at: beijing(certDay)}
	fields := fieldsOf(thirdForm, loan.StudentParty, loan.CoborrowerParty)
	p.set(catalogObj, []byte(catalogText(thirdForm, fields)))
	p.set(pdfInfoObj, []byte(m.info()))
	p.set(pagesObj, []byte("<< /Type /Pages /Count 1 /Kids [7 0 R] >>"))
	for _, f := range fields {
		p.set(f.obj, []byte(f.head()+"/Rect [0 0 0 0] >>"))
	}
	p.listParts()
	return p.bytes()
}

func FuzzVerify(f *testing.F) {
	base := smallFile()
	id := newIdentity(f, seal.Device)
	sealed := id.seal(f, base)
	if r := Verify(sealed, id.trust()); !r.OK {
		f.Fatal(r.Lines())
	}
	f.Add(sealed)
	f.Add(base)
	f.Add(sealed[len(base):])
	f.Add(append(slices.Clone(sealed), sealed[len(base):]...))
	f.Add([]byte(fileHead + "xref\n0 1\n0000000000 65535 f \ntrailer\n<< /Size 1 >>\nstartxref\n15\n%%EOF\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := Verify(b, id.trust())
		if r.OK && !bytes.Equal(b, sealed) {
			t.Error("a file that nobody sealed passes")
		}
		if _, err := Seal(b, id.closing(b)); err == nil {
			if _, err := Pages(b); err != nil && pageCount(mustParse(t, b)) > 0 {
				t.Error("a file that can be sealed has no pages")
			}
		}
	})
}

func FuzzParseCMS(f *testing.F) {
	id := newIdentity(f, seal.Device)
	der := lastDER(f, id.seal(f, smallFile()))
	f.Add(der)
	f.Fuzz(func(t *testing.T, b []byte) {
		if p, err := parseCMS(b); err == nil {
			if again, err := p.marshal(); err != nil || !bytes.Equal(again, b) {
				t.Error("a signature that was taken does not come back the same")
			}
		}
	})
}

func mustParse(t *testing.T, b []byte) *revision {
	t.Helper()
	d, err := parseDocument(b)
	if err != nil {
		t.Fatal(err)
	}
	return d.revisions[0]
}
