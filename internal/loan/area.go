package loan

import (
	"errors"
	"strings"

	"doorstep/internal/fault"
)

// Area is a county.
type Area struct{ Code, Name, City, Province string }

// Areas is the book of area codes.
type Areas struct {
	Counties []Area
	known    map[string]bool // current and former six-digit codes
	byCode   map[string]int
	renamed  map[string]string
}

// ParseAreas reads the three tables: counties (code, name, city, province),
// former codes (code first) and renamed codes (old, new), each a line, its
// columns parted by tabs; a first line that begins with a letter is a head.
func ParseAreas(counties, former, renamed []byte) (*Areas, error) {
	a := &Areas{known: map[string]bool{}, byCode: map[string]int{}, renamed: map[string]string{}}
	for cols := range rows(counties) {
		if len(cols) < 2 || len(cols[0]) != 6 {
			return nil, fault.New("read areas", fault.Input, errors.New("counties"))
		}
		c := Area{Code: cols[0], Name: cols[1]}
		if len(cols) > 3 {
			c.City, c.Province = cols[2], cols[3]
		}
		a.known[c.Code] = true
		a.byCode[c.Code] = len(a.Counties)
		a.Counties = append(a.Counties, c)
	}
	for cols := range rows(former) {
		a.known[cols[0]] = true
	}
	for cols := range rows(renamed) {
		if len(cols) < 2 {
			return nil, fault.New("read areas", fault.Input, errors.New("renamed"))
		}
		a.renamed[cols[0]] = cols[1]
	}
	return a, nil
}

func rows(b []byte) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		for line := range strings.Lines(string(b)) {
			line = strings.TrimRight(line, "\r\n")
			if line == "" || line[0] == '#' || line[0] >= 'a' && line[0] <= 'z' {
				continue
			}
			if !yield(strings.Split(line, "\t")) {
				return
			}
		}
	}
}

// Current is the code now in force, and whether it differs from the given.
func (a *Areas) Current(code string) (string, bool) {
	if n, ok := a.renamed[code]; ok {
		return n, true
	}
	return code, false
}

// Known says whether a code is or was a county's.
func (a *Areas) Known(code string) bool { return a.known[code] }

// County finds a county by its code now in force.
func (a *Areas) County(code string) (Area, bool) {
	i, ok := a.byCode[code]
	if !ok {
		return Area{}, false
	}
	return a.Counties[i], true
}

// provinceCode says whether two digits are a province of GB/T 2260 whose
// residents hold resident cards.
func provinceCode(two string) bool {
	const all = " 11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 "
	return len(two) == 2 && strings.Contains(all, " "+two+" ")
}
