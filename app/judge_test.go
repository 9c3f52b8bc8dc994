package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"doorstep/internal/rulebook"
)

func aJudge(t testing.TB, dir string) *judge {
	t.Helper()
	j, err := newJudge(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func judged(t testing.TB, in string) (out, errs string, bad bool) {
	t.Helper()
	var o, e bytes.Buffer
	bad, err := judgeLines(aJudge(t, t.TempDir()), strings.NewReader(in), &o, &e)
	if err != nil {
		t.Fatal(err)
	}
	return o.String(), e.String(), bad
}

// expectation is what a case says of itself, and what check prints.
type expectation struct {
	ID      string
	Verdict string
	Codes   []struct{ Code, Severity, Message string }
	Derived map[string]any
}

func (e expectation) codes() []string {
	set := map[string]bool{}
	for _, c := range e.Codes {
		set[c.Code] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// agree judges the lines and compares each with what it expects.
func agree(t *testing.T, j *judge, lines []byte) {
	t.Helper()
	var out, errs bytes.Buffer
	if bad, err := judgeLines(j, bytes.NewReader(lines), &out, &errs); bad || err != nil {
		t.Fatalf("got %v, %v: %s", bad, err, errs.String())
	}
	got := json.NewDecoder(&out)
	for text := range bytes.Lines(lines) {
		var want struct {
			ID       string
			Expected expectation
		}
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		var g expectation
		if err := got.Decode(&g); err != nil {
			t.Fatalf("%s: %v", want.ID, err)
		}
		w := want.Expected
		if g.ID != want.ID || g.Verdict != w.Verdict || !slices.Equal(g.codes(), w.codes()) || !maps.Equal(g.Derived, w.Derived) {
			t.Errorf("%s: got %s %v %v, want %s %v %v", want.ID, g.Verdict, g.codes(), g.Derived, w.Verdict, w.codes(), w.Derived)
		}
		if len(g.Codes) != len(g.codes()) {
			t.Errorf("%s: a code stands twice", want.ID)
		}
		for _, c := range g.Codes {
			if c.Severity != c.Code[:1] || !strings.ContainsFunc(c.Message, func(r rune) bool { return r >= 0x4E00 }) {
				t.Errorf("%s: code without its words: %v", want.ID, c)
			}
		}
	}
	if got.More() {
		t.Error("more verdicts than cases")
	}
}

func TestCheckAgrees(t *testing.T) {
	own, err := os.ReadFile("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("with the sample cases", func(t *testing.T) { agree(t, aJudge(t, t.TempDir()), own) })

	const shared = "../../shared"
	accept, err := os.ReadFile(filepath.Join(shared, "cases", "acceptance.jsonl"))
	if err != nil {
		t.Skip("the acceptance cases are not beside the checkout")
	}
	if got := bytes.Count(accept, []byte("\n")); got != 40 {
		t.Errorf("acceptance cases: got %d, want 40", got)
	}
	t.Run("with the acceptance cases and the starter list", func(t *testing.T) { agree(t, aJudge(t, t.TempDir()), accept) })
	t.Run("with the acceptance cases and a register taken in", func(t *testing.T) {
		f, err := os.Open(filepath.Join(shared, "data", "schools.tsv"))
		if err != nil {
			t.Skip("the test register is not beside the checkout")
		}
		defer f.Close()
		dir := t.TempDir()
		if _, err := rulebook.ImportRegister(dir, f); err != nil {
			t.Fatal(err)
		}
		agree(t, aJudge(t, dir), accept)
	})
}

const (
	good   = `{"id":"G","as_of":"2025-08-06","kind":"首贷","channel":"现场"}`
	secret = "秘密510623200705120913"
)

func TestCheckNamesBadLinesAndJudgesTheRest(t *testing.T) {
	at := func(s string) string { return strings.Replace(good, `"id":"G"`, s, 1) }
	tests := []struct{ name, line, want string }{
		{"what is no JSON", `{"id":` + secret, "not JSON from byte 7 on"},
		{"half an object", `{"id":"G"`, "not JSON: it ends too early"},
		{"two objects", good + good, "not JSON from byte"},
		{"an array", `[]`, "not a JSON object"},
		{"null", `null`, "not a JSON object"},
		{"NUL", "\x00", "not JSON from byte 1 on"},
		{"text of another encoding", "{\"id\":\"\xce\xf2\"}", "not UTF-8"},
		{"a number as id", at(`"id":510623200705120913`), "id is of the wrong type: number where a string is wanted"},
		{"text as amount", at(`"loan":{"amount":"` + secret + `"}`), "loan.amount is of the wrong type: string where a whole number is wanted"},
		{"half a yuan", at(`"loan":{"amount":5800.5}`), "loan.amount is not a whole number"},
		{"an amount past every number", at(`"loan":{"amount":1e99}`), "loan.amount is not a whole number, or out of range"},
		{"an amount that overflows a sum", at(`"study":{"tuition":9223372036854775807}`), "study.tuition is out of range"},
		{"an earlier amount that overflows", at(`"loan":{"same_year_prior":[{"amount":-9223372036854775808}]}`), "same_year_prior.amount is out of range"},
		{"text as consent", at(`"student":{"consent":"yes"}`), "student.consent is of the wrong type: string where true or false is wanted"},
		{"a name that is a number, in a co-borrower", at(`"coborrowers":[{"name":7}]`), "coborrowers.name is of the wrong type"},
		{"an object as papers", at(`"docs":{}`), "docs is of the wrong type: object where an array is wanted"},
		{"an array as student", at(`"student":[]`), "student is of the wrong type: array where an object is wanted"},
		{"eleven co-borrowers", at(`"coborrowers":[{},{},{},{},{},{},{},{},{},{},{}]`), "more than 10 co-borrowers"},
		{"a day that does not exist", strings.Replace(good, "08-06", "02-30", 1), "as_of is not a date"},
		{"no signing date", `{"kind":"首贷","channel":"现场"}`, "as_of is not a date"},
		{"another kind", strings.Replace(good, "首贷", secret, 1), "kind is neither 首贷 nor 续贷"},
		{"another channel", strings.Replace(good, "现场", secret, 1), "channel is neither 现场 nor 远程"},
		{"a line of more than 8 MiB", `{"id":"` + strings.Repeat("x", maxLine) + `"}`, "longer than 8 MiB"},
		{"nesting without end", `{"x":` + strings.Repeat("[", 1<<20), "more than 1000 values"},
		{"nesting past the decoder's depth", `{"x":` + strings.Repeat("[", 20000), "not JSON"},
		{"a million co-borrowers", at(`"coborrowers":[` + strings.Repeat("{},", 1<<20) + `{}]`), "more than 1000 values"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, bad := judged(t, good+"\r\n\n"+tt.line+"\n"+good)
			if !bad || !strings.HasPrefix(errs, "line 3: ") || !strings.Contains(errs, tt.want) || strings.Count(errs, "\n") != 1 {
				t.Errorf("got %q, want line 3: %s", errs, tt.want)
			}
			if strings.Contains(errs, "秘密") || strings.Contains(errs, "510623") {
				t.Errorf("the message repeats what the line holds: %q", errs)
			}
			if got := strings.Count(out, `{"id":"G","verdict"`); got != 2 || strings.Count(out, "\n") != 2 {
				t.Errorf("verdicts on the rest: got %d in %q, want 2", got, out)
			}
		})
	}
}

func TestCheckTakes(t *testing.T) {
	tests := []struct {
		name, in string
		want     int // objects
	}{
		{"nothing", "", 0},
		{"blank lines alone", "\n \t\r\n\n", 0},
		{"a byte order mark and CR LF", "\xef\xbb\xbf" + good + "\r\n" + good + "\r\n", 2},
		{"a last line without its end", good + "\n" + good, 2},
		{"one id twice", good + "\n" + good + "\n", 2},
		{"fields it does not know", `{"new":{"a":[1]},` + good[1:], 1},
		{"a long line", `{"note":"` + strings.Repeat("x", maxLine-len(good)-20) + `",` + good[1:], 1},
		{"many lines", strings.Repeat(good+"\n", 20000), 20000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out, errs, bad := judged(t, tt.in)
			if bad || errs != "" {
				t.Errorf("got %q", errs[:min(len(errs), 200)])
			}
			if got := strings.Count(out, "\n"); got != tt.want {
				t.Errorf("objects: got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestCheckKeepsTheOrder(t *testing.T) {
	var in, want strings.Builder
	for i := range 5000 {
		pad := strings.Repeat(" ", i%977)
		in.WriteString(strings.Replace(good, `"G"`, pad+`"`+strconv.Itoa(i)+`"`, 1) + "\n")
		want.WriteString(strconv.Itoa(i) + "\n")
	}
	out, _, _ := judged(t, in.String())
	var got strings.Builder
	for l := range strings.Lines(out) {
		id, _, _ := strings.Cut(strings.TrimPrefix(l, `{"id":"`), `"`)
		got.WriteString(id + "\n")
	}
	if got.String() != want.String() {
		t.Error("verdicts are not in the order of the lines")
	}
}

func TestCheckAnswersALineBeforeTheNextCame(t *testing.T) {
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	j := aJudge(t, t.TempDir())
	go func() {
		_, err := judgeLines(j, inR, outW, io.Discard)
		outW.Close()
		done <- err
	}()
	answers := bufio.NewScanner(outR)
	for range 3 {
		if _, err := io.WriteString(inW, good+"\n"+good[:20]); err != nil {
			t.Fatal(err)
		}
		if !answers.Scan() || !strings.HasPrefix(answers.Text(), `{"id":"G"`) {
			t.Fatalf("got %q, %v", answers.Text(), answers.Err())
		}
		if _, err := io.WriteString(inW, good[20:]+"\n"); err != nil {
			t.Fatal(err)
		}
		if !answers.Scan() {
			t.Fatal(answers.Err())
		}
	}
	inW.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestCheckSaysWhenVerdictsCannotBeWritten(t *testing.T) {
	_, err := judgeLines(aJudge(t, t.TempDir()), strings.NewReader(strings.Repeat(good+"\n", 50000)), failing{}, io.Discard)
	if got := exitCode(err); got != exitDisk {
		t.Errorf("got %v, exit code %d, want %d", err, got, exitDisk)
	}
}

func FuzzCheck(f *testing.F) {
	own, err := os.ReadFile("testdata/cases.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for l := range bytes.Lines(own) {
		f.Add(l)
	}
	f.Add([]byte(good))
	f.Add([]byte("\xef\xbb\xbf[]\r\n\n{}"))
	j := aJudge(f, f.TempDir())
	f.Fuzz(func(t *testing.T, in []byte) {
		var out, errs bytes.Buffer
		bad, err := judgeLines(j, bytes.NewReader(in), &out, &errs)
		if err != nil || bad != (errs.Len() > 0) {
			t.Fatalf("got %v, %v", bad, err)
		}
		want := 0
		for l := range bytes.Lines(bytes.TrimPrefix(in, []byte("\xef\xbb\xbf"))) {
			if len(bytes.TrimSpace(l)) > 0 {
				want++
			}
		}
		if got := bytes.Count(out.Bytes(), []byte("\n")) + bytes.Count(errs.Bytes(), []byte("\n")); got != want {
			t.Errorf("answers: got %d, want %d", got, want)
		}
		for l := range bytes.Lines(out.Bytes()) {
			if !json.Valid(l) || !utf8.Valid(l) {
				t.Errorf("not JSON: %q", l)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	in, err := os.ReadFile("testdata/cases.jsonl")
	if err != nil {
		b.Fatal(err)
	}
	j, n := aJudge(b, b.TempDir()), 0
	in = bytes.Repeat(in, 100)
	for b.Loop() {
		n++
		if bad, err := judgeLines(j, bytes.NewReader(in), io.Discard, io.Discard); bad || err != nil {
			b.Fatal(bad, err)
		}
	}
	b.ReportMetric(float64(n*bytes.Count(in, []byte("\n")))/b.Elapsed().Seconds(), "cases/s")
}
