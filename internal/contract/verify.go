package contract

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// VerifyOptions is what a file is held against.
type VerifyOptions struct {
	CA         *x509.Certificate      // the centre's authority; without it no seal is trusted
	ExpectHash loan.Hash              // the stored hash of what the terminal closed; zero: not compared
	Hash       func([]byte) loan.Hash // how ExpectHash was made; nil is SHA-256
	// Former are the hashes of contracts of the case that a correction voided.
	Former []loan.Hash
	// Stampers are the roots of the services whose time stamps count; with
	// none, a time stamp proves no time.
	Stampers []*x509.Certificate
	// StampLists are lists of revoked certificates of those services and of the
	// authorities above them; with none, their revocation is not judged.
	StampLists []*x509.RevocationList
	// Revoked says when a device was shut out, where it was; nil: not known.
	Revoked func(device string) (at time.Time, is bool)
	// National is the detached SM2 signature of what the terminal closed.
	National []byte
	Now      time.Time // for what has ended since; zero: not said
}

// Against gives the options with what a case says of its contracts: the one in
// force, those that corrections voided, and the second signature of the one whose
// closed part has the name.
func (o VerifyOptions) Against(c *loan.Case, name loan.Hash) VerifyOptions {
	of := func(s *loan.SealBody) {
		if len(o.National) == 0 && s.National != nil && s.Blob == name {
			o.National = s.National.Signature
		}
	}
	if k := c.Contract; k != nil && k.Sealed != nil {
		o.ExpectHash = k.Sealed.Blob
		of(k.Sealed)
	}
	for i := range c.Former {
		if s := c.Former[i].Sealed; s != nil {
			o.Former = append(o.Former, s.Blob)
			of(s)
		}
	}
	return o
}

// verifier gathers what is found.
type verifier struct {
	b      []byte
	opts   VerifyOptions
	rep    Report
	form   int               // that the file declares
	fields []field           // of the form
	date   string            // of the information dictionary
	last   int               // where the last signature's revision ends
	seen   map[string]bool   // certificates that were judged
	done   map[string]bool   // fields that were filled
	key    seal.PublicKey    // that the point's seal names
	cert   *x509.Certificate // the terminal's
}

// Verify says whether pdf is a contract of Fill, closed by Seal with a
// certificate of the given authority, with no more behind it than the centre's
// seal and a time stamp, and not one byte different. It never fails: whatever
// pdf holds, the report says what was found. Every problem found is listed, the
// gravest first.
func Verify(pdf []byte, opts VerifyOptions) Report {
	v := &verifier{b: pdf, opts: opts, seen: map[string]bool{}, done: map[string]bool{}}
	v.rep.SHA256 = sha256.Sum256(pdf)
	v.rep.Size = len(pdf)
	if d, end := v.open(); d != nil {
		v.base(d.revisions[0])
		v.seals(d, end)
		v.standing()
	}
	v.compare()
	v.rep.finish()
	return v.rep
}

func (v *verifier) found(c Code, args ...any) {
	f := Finding{c, fmt.Sprintf(c.words(), args...)}
	if !slices.Contains(v.rep.Findings, f) {
		v.rep.Findings = append(v.rep.Findings, f)
	}
}

// compare holds what the terminal closed against the stored hashes.
func (v *verifier) compare() {
	if v.opts.ExpectHash.Zero() && len(v.opts.Former) == 0 {
		return
	}
	v.rep.Compared = true
	closed := Closed(v.b)
	sum := loan.Hash(sha256.Sum256(closed))
	if v.opts.Hash != nil {
		sum = v.opts.Hash(closed)
	}
	switch {
	case sum == v.opts.ExpectHash:
	case slices.Contains(v.opts.Former, sum):
		v.found(Superseded)
	default:
		v.found(HashDiffers)
	}
}

// open parses the longest part of the file, from its start, that has the form
// this program writes, and says what is wrong with the rest.
func (v *verifier) open() (d *document, end int) {
	switch {
	case len(v.b) > maxFile:
		v.found(TooLarge, maxFile>>20)
		return nil, 0
	case !bytes.HasPrefix(v.b, []byte("%PDF-")):
		v.found(NotPDF)
		return nil, 0
	}
	mark := []byte("%%EOF\n")
	to := len(v.b)
	var wrong error
	for range 2 * maxRevisions {
		d, err := parseDocument(v.b[:to])
		if err == nil {
			if to < len(v.b) {
				v.rest(d, to, wrong)
			}
			return d, to
		}
		if wrong == nil {
			wrong = err
		}
		at := bytes.LastIndex(v.b[:to-1], mark)
		if at < 0 {
			break
		}
		to = at + len(mark)
	}
	if bytes.HasSuffix(v.b, mark) {
		v.found(Malformed, partOf(wrong))
	} else {
		v.found(CutOff, v.cutWords(nil, v.b))
	}
	return nil, 0
}

// rest judges the bytes behind the part that could be parsed; wrong is why the
// whole could not.
func (v *verifier) rest(d *document, to int, wrong error) {
	rest := v.b[to:]
	sealed := len(d.revisions) > 1
	_, fields := formOf(d.revisions[0].objects[catalogObj])
	next := slices.ContainsFunc(fields, func(f field) bool {
		return bytes.HasPrefix(rest, fmt.Appendf(nil, "%d 0 obj\n", f.obj))
	})
	switch {
	case next && !bytes.HasSuffix(rest, []byte("%%EOF\n")):
		v.found(CutOff, v.cutWords(d, rest))
	case next:
		v.found(Malformed, partOf(wrong))
	case bytes.Contains(rest, []byte("startxref")) && sealed:
		v.found(Appended, len(rest), appendedWords(rest))
	case bytes.Contains(rest, []byte("startxref")):
		v.found(Malformed, partOf(wrong))
	default:
		v.found(Trailing, len(rest), restWords(rest))
	}
}

// base judges the first part: what the family read and signed.
func (v *verifier) base(r *revision) {
	if v.form, v.fields = formOf(r.objects[catalogObj]); v.form == 0 {
		v.found(CatalogDiffers, catalogWords(r.objects[catalogObj]))
	}
	var parts []string
	if v.form >= thirdForm || v.form == 0 && r.listed() {
		parts = r.changedParts()
	}
	if r.ids[0] != documentID(v.b[:r.trailer]) || r.ids[1] != r.ids[0] {
		switch {
		case len(parts) > 0:
		case r.ids[1] != r.ids[0]:
			parts = []string{"文件标识"}
		default:
			parts = []string{"不能确定是哪一部分"}
		}
	}
	if len(parts) > 8 {
		parts = append(parts[:8], "等")
	}
	if len(parts) > 0 {
		v.found(ContentChanged, strings.Join(parts, "、"))
	}
	v.rep.First = v.form == firstForm
	if !v.rep.First && !slices.ContainsFunc(v.fields, func(f field) bool { _, hand := partyOf(f.name); return hand }) {
		v.found(FieldMissing, StudentField)
	}
	for _, f := range v.fields {
		if !strings.HasPrefix(string(r.objects[f.obj]), f.head()) {
			v.found(FieldMissing, f.name)
		}
	}
	v.rep.Pages = pageCount(r)
	if date, ok := creationDate(r.objects[pdfInfoObj]); ok {
		v.date = date
		v.rep.Clock = dateOf(date)
	}
	v.rep.Title = infoText(r.objects[pdfInfoObj], "Title")
	v.rep.Case = infoText(r.objects[pdfInfoObj], "Subject")
}

// seals judges what was appended: one revision for each field, in their order,
// that fills it in and adds its signature, and nothing else.
func (v *verifier) seals(d *document, end int) {
	v.rep.Revisions = len(d.revisions)
	left := v.fields
	for i, rev := range d.revisions[1:] {
		at := slices.IndexFunc(left, func(f field) bool {
			return slices.Equal(rev.numbers, []int{f.obj, d.revisions[i].size}) && rev.size == d.revisions[i].size+1
		})
		if at < 0 {
			what := v.orderWords(rev, d.revisions[i].size)
			if what == "" {
				what = v.changes(d, i+1)
			}
			if v.last > 0 && !slices.ContainsFunc(left, func(f field) bool { return !f.later }) {
				v.found(RevisionAdded, i+2, what)
			} else {
				v.found(ObjectChanged, i+2, what)
			}
			continue
		}
		v.unfilled(left[:at], true)
		v.before(d, i+1, left[at])
		v.field(d, i+1, left[at])
		v.done[left[at].name] = true
		left, v.last = left[at+1:], rev.to
	}
	v.unfilled(left, false)
	if v.last > 0 && (v.last != end || end != len(v.b)) {
		v.found(NotWholeFile, len(v.b)-v.last)
	}
}

// unfilled names the fields that should have been filled; of those that are
// the centre's, where one behind it was.
func (v *verifier) unfilled(fields []field, behind bool) {
	for _, f := range fields {
		switch {
		case behind:
			v.found(Unsealed, f.name, "，它后面的签名域却已封存")
		case !f.later && len(v.done) == 0:
			v.found(Unsealed, f.name, "，一处封存也没有")
		case !f.later:
			v.found(Unsealed, f.name, "")
		}
	}
}

// before compares what stands before a revision with what its trailer says stood
// there when it was written.
func (v *verifier) before(d *document, i int, f field) {
	if d.revisions[i].ids[1] == documentID(v.b[:d.revisions[i-1].to]) {
		return
	}
	what := "合同正文"
	if i > 1 {
		what = "前一次封存"
	}
	v.found(SwappedBefore, f.name, what)
}
