package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

// judge gives verdicts on lines of JSON.
type judge struct {
	ref   *loan.Reference
	words *rulebook.Words
}

// caseLine is an application with its name in the file.
type caseLine struct {
	ID string `json:"id"`
	loan.Application
}

type verdictLine struct {
	ID      string       `json:"id"`
	Verdict loan.Verdict `json:"verdict"`
	Codes   []codeLine   `json:"codes"`
	Derived loan.Derived `json:"derived"`
}

type codeLine struct {
	Code     loan.Code     `json:"code"`
	Severity loan.Severity `json:"severity"`
	Message  string        `json:"message"`
}

// judge answers every line of the batch: an object in its out, or a line in
// its err that says what is wrong and holds nothing of the line itself.
func (j *judge) judge(b *batch) {
	enc := json.NewEncoder(&b.out)
	enc.SetEscapeHTML(false)
	for _, l := range b.lines {
		c, err := readCase(l)
		if err != nil {
			fmt.Fprintf(&b.err, "line %d: %v\n", l.number, err)
			continue
		}
		r := j.ref.Check(&c.Application)
		v := verdictLine{ID: c.ID, Verdict: r.Verdict, Codes: codeLines(r, j.words), Derived: r.Derived}
		_ = enc.Encode(v) // into memory: strings and numbers alone
	}
}

// codeLines are the report's codes, each once, in the order raised, with words.
func codeLines(r loan.Report, words *rulebook.Words) []codeLine {
	out := []codeLine{}
	for _, code := range r.Codes() {
		out = append(out, codeLine{code, code.Severity(), words.Message(code)})
	}
	return out
}

// readCase reads a line. Its errors are plain words for standard error and
// repeat no value of the line.
func readCase(l line) (*caseLine, error) {
	text := bytes.TrimSpace(l.text)
	switch {
	case l.tooLong:
		return nil, errors.New("the line is longer than 8 MiB")
	case !utf8.Valid(text):
		return nil, errors.New("the text is not UTF-8")
	case text[0] != '{' && json.Valid(text):
		return nil, errors.New("the line is not a JSON object")
	case len(text) > 64<<10 && elements(text) > 1000:
		return nil, errors.New("the line holds more than 1000 values")
	}
	c := &caseLine{}
	if err := json.Unmarshal(text, c); err != nil {
		return nil, inWords(err)
	}
	return c, c.judgeable()
}

// elements counts the commas, objects and arrays of a JSON text: every value
// costs far more memory decoded than the two bytes it may take in the text.
func elements(text []byte) int {
	n := 0
	inText := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && inText:
			i++
		case c == '"':
			inText = !inText
		case !inText && (c == ',' || c == '{' || c == '['):
			n++
		}
	}
	return n
}

func inWords(err error) error {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType):
		got, _, _ := strings.Cut(wrongType.Value, " ") // the number itself may follow
		if got == "number" && wrongType.Type.Kind() == reflect.Int {
			return fmt.Errorf("%s is not a whole number, or out of range", plainPath(wrongType.Field))
		}
		return fmt.Errorf("%s is of the wrong type: %s where %s is wanted", plainPath(wrongType.Field), got, plainType(wrongType))
	case errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input":
		return errors.New("not JSON: it ends too early")
	case errors.As(err, &syntax):
		return fmt.Errorf("not JSON from byte %d on", syntax.Offset)
	}
	return errors.New("not JSON")
}

// plainPath leaves out the names of Go's embedded structs, which alone begin
// with a capital letter.
func plainPath(field string) string {
	var out []string
	for part := range strings.SplitSeq(field, ".") {
		if part != "" && (part[0] < 'A' || part[0] > 'Z') {
			out = append(out, part)
		}
	}
	if len(out) == 0 {
		return "the line"
	}
	return strings.Join(out, ".")
}

func plainType(e *json.UnmarshalTypeError) string {
	switch e.Type.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	case reflect.Slice:
		return "an array"
	}
	return "an object"
}

// judgeable says why the rules cannot judge what the line says, or nil.
func (c *caseLine) judgeable() error {
	switch {
	case !c.AsOf.Valid():
		return errors.New("as_of is not a date of the form YYYY-MM-DD")
	case c.Kind != loan.First && c.Kind != loan.Renewal:
		return fmt.Errorf("kind is neither %s nor %s", loan.First, loan.Renewal)
	case c.Channel != loan.OnSite && c.Channel != loan.Remote:
		return fmt.Errorf("channel is neither %s nor %s", loan.OnSite, loan.Remote)
	case len(c.Coborrowers) > 10:
		return errors.New("more than 10 co-borrowers")
	case len(c.Loan.SameYearPrior) > 100:
		return errors.New("loan.same_year_prior holds more than 100 loans")
	}
	return c.inRange()
}

// inRange keeps sums of yuan and of years far from overflow.
func (c *caseLine) inRange() error {
	numbers := []struct {
		path string
		n    int
	}{
		{"academic_year", c.AcademicYear},
		{"study.years", c.Study.Years},
		{"study.entry_year", c.Study.EntryYear},
		{"study.tuition", c.Study.Tuition},
		{"study.dorm", c.Study.Dorm},
		{"loan.amount", c.Loan.Amount},
		{"loan.maturity_year", c.Loan.MaturityYear},
	}
	for _, x := range numbers {
		if outOfRange(x.n) {
			return fmt.Errorf("%s is out of range", x.path)
		}
	}
	for _, p := range c.Loan.SameYearPrior {
		if outOfRange(p.Amount) {
			return errors.New("loan.same_year_prior.amount is out of range")
		}
	}
	return nil
}

func outOfRange(n int) bool { return n > 1e9 || n < -1e9 }
