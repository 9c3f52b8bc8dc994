package guard

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"doorstep/internal/loan"
)

// TestEveryDetailThatIsWrittenStandsInChinese walks all code that puts a detail into a
// chain, of the laptop and of the centre, and follows what it is made of to the texts
// that are written there. A detail that is new, and of which Words knows nothing, fails
// it, and so does one that begins with what cannot be followed.
func TestEveryDetailThatIsWrittenStandsInChinese(t *testing.T) {
	s := parsed(t, "../guard", "../desk", "../store", "../loan", "../rulebook", "../fault", "../../sync", "../../sync/central", "../../sync/courier", "../../sync/neighbour")
	found := s.details()
	if len(found) < 150 {
		t.Errorf("%d details were found", len(found))
	}
	for _, d := range found {
		file, _, _ := strings.Cut(filepath.Base(d.at), ":")
		if d.text == "" || slices.Contains(carriedOn()[file], d.text) {
			continue
		}
		if !d.inChinese() {
			t.Errorf("%s: %q is shown as %q", d.at, d.text, Line{Kind: loan.ChangeView, Detail: d.filled("…", "…")}.Words(named))
		}
	}
}

func TestEveryPaperThatIsPrintedHasAName(t *testing.T) {
	s := parsed(t, "../desk", "../rulebook")
	n := 0
	for _, f := range s.files["desk"] {
		ast.Inspect(f, func(node ast.Node) bool {
			v, ok := node.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 {
				return true
			}
			if of, ok := v.Type.(*ast.Ident); !ok || of.Name != "Paper" {
				return true
			}
			for _, id := range s.texts(v.Values[0], spot{pkg: "desk"}, nil) {
				if n++; PaperLabel(id) == id {
					t.Errorf("%q has none", id)
				}
			}
			return true
		})
	}
	if n < 6 {
		t.Errorf("%d papers were found", n)
	}
}

func TestADetailThatIsNotKnownIsFound(t *testing.T) {
	s := sourceCode{set: token.NewFileSet(), files: map[string][]*ast.File{}}
	f, err := parser.ParseFile(token.NewFileSet(), "x.go", `package desk
const begins = "a new sort "
func wrote(n int) string { w := begins; if n > 1 { w = "another sort" }; return w + "of detail" }
func note(detail string) { _ = loan.ViewBody{Detail: detail} }
func one(a arg) { b := loan.ViewBody{}; b.Detail = wrote(1); b.Detail += a.more; note("a third"); note(a.word) }`, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.files["desk"] = []*ast.File{f}
	var got []string
	for _, d := range s.details() {
		got = append(got, d.text)
		if d.inChinese() {
			t.Errorf("%q counts as Chinese", d.text)
		}
	}
	slices.Sort(got)
	if want := []string{hole, "a new sort of detail", "a third", "another sortof detail"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// carriedOn are, by files, details that are made of another, which is looked at where it
// is written, and texts of things that are no lines.
func carriedOn() map[string][]string {
	const unasked = "before the first officer, by who administers the machine: "
	return map[string][]string{
		"look.go":    {hole, noteDetail + hole}, // a line of a look at an erased case is made that of the look
		"record.go":  {hole},                    // of a change of a case: see Subject
		"said.go":    {hole},
		"refused.go": {hole + "; 7" + timesMore},
		"acts.go":    {hole},
		"officer.go": {"act: " + hole, "unproven act: " + hole, "failed act: " + hole, unasked + hole, unasked + hole + " of case " + hole},
		// Papers: see TestEveryPaperThatIsPrintedHasAName.
		"paper.go": {hole}, "phone.go": {hole + " to phone", hole + " on phone"},
		// Of what the county sent down.
		"county_words.go": {hole + " 起签订适用；本专科 7 元，研究生 7 元", hole + "-7，" + hole + " 起签订适用"},
	}
}

func named(string) string { return "文本" }

// fillings are what may be put in where something is: one of them must do, and another
// for what follows.
func fillings() []string {
	return []string{"0190a000-0000-7000-8000-0000000000a1", "7", "student", "camera", "sealed", "loan-contract", "p-1", ""}
}

func (d detail) filled(first, others string) string {
	return strings.ReplaceAll(strings.Replace(d.text, hole, first, 1), hole, others)
}

// inChinese says whether Words has Chinese for a detail, in which no English word is left.
// One that begins with what is put in tells nothing, and counts as none.
func (d detail) inChinese() bool {
	if strings.HasPrefix(d.text, hole) {
		return false
	}
	for _, first := range fillings() {
		for _, others := range fillings() {
			for _, kind := range []loan.ChangeKind{loan.ChangeView, loan.ChangeSearch, loan.ChangeRecover, loan.ChangeConsent, loan.ChangeAttach, loan.ChangeSignIn} {
				words := Line{Kind: kind, Detail: d.filled(first, others)}.Words(named)
				if strings.ContainsFunc(words, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && !english(words, first, others) {
					return true
				}
			}
		}
	}
	return false
}

// english says whether four letters stand in a row that are not of what was put in.
func english(words string, put ...string) bool {
	for _, p := range put {
		if p != "" {
			words = strings.ReplaceAll(words, p, "")
		}
	}
	n := 0
	for _, r := range words {
		if n++; r < 'a' || r > 'z' {
			n = 0
		}
		if n == 4 {
			return true
		}
	}
	return false
}
