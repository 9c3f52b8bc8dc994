package guard

import "regexp"

// No phone and no ID number begins with a year of this time. yearForm is one that
// another, a month or a list goes on behind, as the school years 2025-2026、2026-2027.
// sumForm is two or more sums of a loan, up to 25,900 in hundreds, as 8000、8000、4000.
var (
	yearForm = regexp.MustCompile(`^20[1-3]\d(?:\s?[-—–~～/、，,；;\s至到和]\s?20[1-3]\d\b|[-./](?:0?[1-9]|1[0-2])\b|(?:0[1-9]|1[0-2])\b|\s?[、，,；;]|年)`)
	sumForm  = regexp.MustCompile(`^` + sum + `(?:\s?[-—~～/+＋=＝→、，,；;\s]\s?` + sum + `)+\b`)
)

const sum = `(?:[1-9]00|[1-9],?\d00|(?:1\d|2[0-5]),?\d00)(?:\.00)?`

// yearsAt is how many characters a year that more stands behind has at the beginning
// of r.
func yearsAt(r []rune) int {
	if !begins(r, '2', '2') {
		return 0
	}
	return lengthOf(yearForm, r, len("2025 - 2026 "))
}

// sumsAt is how many characters two or more sums have at the beginning of r.
func sumsAt(r []rune) int {
	if !begins(r, '1', '9') {
		return 0
	}
	return lengthOf(sumForm, r, 80)
}
