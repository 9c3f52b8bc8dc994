package contract

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const reasonsPath = "testdata/reasons.txt"

// tamperedContents are files whose text, or what is laid over it, was forged.
func tamperedContents(t *testing.T) ([]tampered, VerifyOptions) {
	x := newTampering(t)
	first := mustRevisions(t, x.base)[0]
	find := func(mark string) int {
		t.Helper()
		for _, n := range first.numbers {
			if bytes.Contains(first.objects[n], []byte(mark)) {
				return n
			}
		}
		t.Fatalf("no object has %s", mark)
		return 0
	}
	page := find("/Type /Page ")
	flipped := func(mark string) func() []byte { // the last byte of an object's data
		return func() []byte {
			n := find(mark)
			return flip(x.sealed, first.at[n]+len(first.objects[n])-len("\nendstream")-20)
		}
	}
	added := func(objects map[int]string) func() []byte {
		return func() []byte { return revised(t, x.whole, objects) }
	}
	edited := func(n int, old, new string) string {
		return strings.Replace(string(first.objects[n]), old, new, 1)
	}
	behind := func(what string) func() []byte {
		return func() []byte { return append(bytes.Clone(x.whole), what...) }
	}
	return []tampered{
		{"a letter's outline changed", ContentChanged, flipped("/CIDFontType0C"), nil},
		{"the letters of a font read back as others", ContentChanged, func() []byte {
			return bytes.Replace(x.sealed, []byte(" /W ["), []byte(" /V ["), 1)
		}, nil},
		{"the colours changed", ContentChanged, flipped("/N 3"), nil},
		{"the second portrait flipped", ContentChanged, func() []byte {
			n := find("/DCTDecode") + 1
			return flip(x.sealed, first.at[n]+900)
		}, nil},
		{"the list of parts changed", ContentChanged, flipped("/Type /DSTP_Parts"), nil},
		{"a page turned", ContentChanged, func() []byte { return bytes.Replace(x.sealed, []byte("595.28"), []byte("595.82"), 1) }, nil},
		{"the number of pages changed", ContentChanged, func() []byte {
			return bytes.Replace(x.sealed, []byte("/Type /Pages /Count 4"), []byte("/Type /Pages /Count 3"), 1)
		}, nil},
		{"the place of a field in the base changed", ContentChanged, func() []byte { return flip(x.sealed, bytes.Index(x.sealed, []byte("/Rect ["))+8) }, nil},
		{"a shadow page in the place of the first", RevisionAdded, added(map[int]string{
			pagesObj: edited(pagesObj, fmt.Sprintf("%d 0 R", page), "900 0 R"), 900: string(first.objects[page])}), nil},
		{"a text laid over the amount", RevisionAdded, added(map[int]string{
			page: edited(page, " /Contents", " /Annots [901 0 R] /Contents"), 901: "<< /Type /Annot /Subtype /FreeText /Contents (1) >>"}), nil},
		{"a note over a page", RevisionAdded, added(map[int]string{901: "<< /Type /Annot /Subtype /Text >>"}), nil},
		{"a script that runs when it is opened", RevisionAdded, added(map[int]string{
			catalogObj: edited(catalogObj, " /Lang", " /OpenAction 902 0 R /Lang"), 902: "<< /S /JavaScript /JS (app.alert) >>"}), nil},
		{"another portrait by a revision", RevisionAdded, added(map[int]string{find("/DCTDecode"): string(first.objects[find("/DCTDecode")+1])}), nil},
		{"other letters by a revision", RevisionAdded, added(map[int]string{find("/CIDFontType0C"): "<< /Length 0 >>\nstream\n\nendstream"}), nil},
		{"the content of a page by a revision", RevisionAdded, added(map[int]string{page + 4: "<< /Length 0 >>\nstream\n\nendstream"}), nil},
		{"the same page written again", RevisionAdded, added(map[int]string{page: string(first.objects[page])}), nil},
		{"another seal behind the stamp", RevisionAdded, added(map[int]string{903: "<< /Type /Sig >>"}), nil},
		{"another title by a revision", RevisionAdded, added(map[int]string{pdfInfoObj: edited(pdfInfoObj, "/Title <FEFF", "/Title <FEFF0031")}), nil},
		{"other metadata by a revision", RevisionAdded, added(map[int]string{xmpObj: "<< /Length 0 >>\nstream\n\nendstream"}), nil},
		{"other resources by a revision", RevisionAdded, added(map[int]string{resourcesObj: "<< >>"}), nil},
		{"the stamp of the seal by a revision", RevisionAdded, added(map[int]string{stampObj: "<< /Length 0 >>\nstream\n\nendstream"}), nil},
		{"a Linux program behind the end", Trailing, behind("\x7fELF\x02"), nil},
		{"another PDF behind the end", Trailing, behind("%PDF-1.4\n"), nil},
		{"an archive behind the end", Trailing, behind("PK\x03\x04"), nil},
		{"a form of another program", Appended, behind("\n9 0 obj <</Subtype/Widget>> endobj\nstartxref\n9\n%%EOF\n"), nil},
		{"packed objects of another program", Appended, behind("\n9 0 obj <</Type/ObjStm>> endobj\nstartxref\n9\n%%EOF\n"), nil},
		{"an action in the field of a seal", FieldChanged, func() []byte {
			d := mustRevisions(t, x.sealed)
			rev := d[3]
			return revised(t, cut(t, x.sealed, 2), map[int]string{fieldObj: strings.TrimSuffix(string(rev.objects[fieldObj]), ">>") + "/A << /S /URI >> >>",
				d[2].size: string(rev.objects[d[2].size])})
		}, nil},
		{"the last line end cut off", CutOff, func() []byte { return x.whole[:len(x.whole)-1] }, nil},
	}, x.trust()
}

// What was found first, without its numbers, is the reason of a tampering. Those
// that share one are of a kind: what a file shows of them is the same.
func TestEachTamperingHasItsOwnReason(t *testing.T) {
	var lines []string
	reasons := map[string][]string{}
	for _, table := range []func(*testing.T) ([]tampered, VerifyOptions){tamperedFiles, tamperedRevisions, tamperedContents} {
		all, trust := table(t)
		for _, c := range all {
			t.Run(c.sub, func(t *testing.T) {
				opts := trust
				if c.opts != nil {
					c.opts(&opts)
				}
				r := Verify(c.make(), opts)
				if r.OK || !r.has(c.want) {
					t.Fatalf("want %s, got %q", c.want, r.Lines())
				}
				why := regexp.MustCompile(`[0-9]+`).ReplaceAllString(r.Findings[0].Text, "#")
				reasons[why] = append(reasons[why], c.sub)
				lines = append(lines, fmt.Sprintf("%s\t%s\t%s", c.sub, r.Findings[0].Code, why))
			})
		}
	}
	slices.Sort(lines)
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(reasonsPath, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := strings.Split(string(mustRead(t, reasonsPath)), "\n")
	for _, l := range lines {
		if !slices.Contains(want, l) {
			t.Errorf("not in %s: %s", reasonsPath, l)
		}
	}
	if len(want) != len(lines)+1 {
		t.Errorf("%d reasons in %s, want %d", len(want)-1, reasonsPath, len(lines))
	}
	alone := 0
	for why, subs := range reasons {
		if len(subs) == 1 {
			alone++
			continue
		}
		t.Logf("%s: %s", why, strings.Join(subs, "; "))
	}
	t.Logf("%d files, %d reasons, %d of them of one file alone", len(lines), len(reasons), alone)
	if len(reasons) < 60 || alone < 40 {
		t.Errorf("%d files have %d reasons, %d their own; want at least 60 and 40", len(lines), len(reasons), alone)
	}
}
