package internal_test

import (
	"flag"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// -update writes docs/formats.md anew.
var update = flag.Bool("update", false, "write docs/formats.md")

// writers are the packages that write bytes others must read, with the files
// whose package comment gives the exact form.
func writers() []string {
	return []string{"internal/loan/change.go", "internal/loan/roster.go", "internal/seal/doc.go", "internal/bulletin/doc.go", "internal/store/doc.go", "internal/contract/doc.go",
		"internal/contract/ink.go", "sync/parcel/doc.go", "sync/neighbour/doc.go", "sync/stick/doc.go", "internal/peer/doc.go", "sync/central/doc.go", "internal/page/doc.go", "internal/capture/doc.go", "internal/release/doc.go"}
}

const formatsHead = `# Formats

Every byte that Doorstep writes and must read again, taken from the comments of
the packages that own them: ` + "`go test ./internal -run Formats -update`" + ` writes this page.
Samples of each format that was ever written are kept in the packages' testdata.
`

func TestFormatsPageSaysWhatThePackagesSay(t *testing.T) {
	var b strings.Builder
	b.WriteString(formatsHead)
	for _, name := range writers() {
		text := formatText(t, filepath.Join("..", name))
		if text == "" {
			t.Errorf("%s: got no text about a format", name)
		}
		b.WriteString("\n## " + filepath.Dir(name) + "\n\n" + text)
	}
	const page = "../docs/formats.md"
	if *update {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("docs/formats.md: got a page that differs from the packages' comments, want it written anew with -update")
	}
}

// formatText is the package comment of doc.go, or of another file the comments
// of the functions that encode.
func formatText(t *testing.T, file string) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var p comment.Parser
	pr := comment.Printer{HeadingLevel: 3, HeadingID: func(*comment.Heading) string { return "" }}
	if filepath.Base(file) == "doc.go" {
		return string(pr.Markdown(p.Parse(f.Doc.Text())))
	}
	var out strings.Builder
	for _, d := range f.Comments {
		if text := d.Text(); strings.Contains(text, "Format") && strings.Contains(text, "|") || strings.HasPrefix(text, "Encode ") {
			out.Write(pr.Markdown(p.Parse(text)))
			out.WriteString("\n")
		}
	}
	return out.String()
}
