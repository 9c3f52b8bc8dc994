package loan

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"doorstep/internal/fault"
)

// School is a row of the register.
type School struct {
	Code, Name string // ten digits; the name now in force
	Kind       string // regular, adult
	Level      string // 本科, 专科, or empty
	Place      string
	Authority  string
}

// The kinds of school.
const (
	RegularSchool = "regular"
	AdultSchool   = "adult"
)

// Register is a school register with former names.
type Register struct {
	Schools []School
	File    string // SHA-256 in hex of the file of a data folder that has it; empty of others
	byCode  map[string]int
	former  map[string][]string // code → former names
}

// MaxRegister is the largest register file taken, in bytes.
const MaxRegister = 16 << 20

// maxSchoolLine is the longest line of a school, in bytes.
const maxSchoolLine = 1000

// ParseRegister reads a school register: UTF-8, a head line
// "code name kind level place authority", then a school a line, columns parted
// by tabs. It fails with fault.Input that names the first bad line, and is all
// or nothing.
func ParseRegister(r io.Reader) (*Register, error) {
	g := &Register{byCode: map[string]int{}, former: map[string][]string{}}
	b, err := io.ReadAll(io.LimitReader(r, MaxRegister+1))
	if err != nil {
		return nil, fault.New("read school register", fault.Disk, err)
	}
	if len(b) > MaxRegister {
		return nil, fault.New("read school register", fault.TooLarge, nil)
	}
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, MaxRegister+1)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimRight(lines.Text(), "\r")
		if line == "" {
			continue
		}
		if n == 1 {
			if line != "code\tname\tkind\tlevel\tplace\tauthority" {
				return nil, badLine(n, "the head must be code name kind level place authority, parted by tabs")
			}
			continue
		}
		if err := g.add(line); err != nil {
			return nil, badLine(n, err.Error())
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fault.New("read school register", fault.Input, err)
	}
	if len(g.Schools) == 0 {
		return nil, fault.New("read school register", fault.Input, errors.New("no school in it"))
	}
	return g, nil
}

func badLine(n int, what string) error {
	return fault.Say("read school register", fault.Input, fmt.Sprintf("院校名册第 %d 行格式不对。", n),
		fmt.Errorf("line %d: %s", n, what))
}

func (g *Register) add(line string) error {
	c := strings.Split(line, "\t")
	switch {
	case len(c) != 6:
		return fmt.Errorf("%d columns, want 6", len(c))
	case !utf8.ValidString(line):
		return errors.New("not UTF-8")
	case len(line) > maxSchoolLine:
		return errors.New("longer than any school's line")
	case strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }):
		return errors.New("a control character in it")
	case !schoolCode(c[0]):
		return errors.New("the code is not ten digits")
	case strings.TrimSpace(c[1]) == "":
		return errors.New("no name")
	case c[2] != RegularSchool && c[2] != AdultSchool:
		return errors.New("kind is neither regular nor adult")
	}
	if _, ok := g.byCode[c[0]]; ok {
		return errors.New("the code stands twice")
	}
	g.byCode[c[0]] = len(g.Schools)
	g.Schools = append(g.Schools, School{c[0], c[1], c[2], c[3], c[4], c[5]})
	return nil
}

func schoolCode(s string) bool {
	if len(s) != 10 {
		return false
	}
	for i := range s {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// AddFormer adds former names: lines of code and name parted by a tab.
func (g *Register) AddFormer(b []byte) {
	for cols := range rows(b) {
		if len(cols) >= 2 {
			g.former[cols[0]] = append(g.former[cols[0]], cols[1])
		}
	}
}

// ByCode finds a school.
func (g *Register) ByCode(code string) (School, bool) {
	i, ok := g.byCode[code]
	if !ok {
		return School{}, false
	}
	return g.Schools[i], true
}

// FormerName says whether the school once had the name.
func (g *Register) FormerName(code, name string) bool {
	for _, f := range g.former[code] {
		if f == name {
			return true
		}
	}
	return false
}

// Find lists schools whose name, a former name or code holds the query, at
// most limit, those that begin with it first.
func (g *Register) Find(query string, limit int) []School {
	var head, rest []School
	for _, s := range g.Schools {
		switch {
		case strings.HasPrefix(s.Name, query) || strings.HasPrefix(s.Code, query):
			head = append(head, s)
		case strings.Contains(s.Name, query) || g.formerHolds(s.Code, query):
			rest = append(rest, s)
		}
		if len(head) >= limit {
			break
		}
	}
	all := append(head, rest...)
	return all[:min(limit, len(all))]
}

func (g *Register) formerHolds(code, query string) bool {
	for _, f := range g.former[code] {
		if strings.Contains(f, query) {
			return true
		}
	}
	return false
}
