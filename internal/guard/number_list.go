package guard

import (
	"regexp"
	"slices"
	"strconv"
)

// listItem is a page, a number of four digits or a day of a list, with what ends it.
var listItem = regexp.MustCompile(`^(\d{1,4})(?:[/.](\d{1,2}))?(?:\s?[、，,；;]\s?|\b)`)

// mostList bounds a list: a text that another laptop sent may be of any length, and is
// looked at from each of its digits on.
const mostList = MaxReason

// item is one of a list: a page, or a day by its month.
type item struct {
	digits string
	n, day int
}

// listAt is how many characters a list of three or more at the beginning of r has, the
// items of which go up, as the pages 1、2、3, the days 8/5、8/6、8/7 or, close to one
// another, 1001、1002、1003; 0 of any other, and of one that is a person's number cut into
// pieces.
func listAt(r []rune) int {
	if !begins(r, '0', '9') {
		return 0
	}
	rest, last, length := string(r[:min(len(r), mostList)]), -1, 0
	var items []item
	for {
		m := listItem.FindStringSubmatch(rest)
		if m == nil {
			break
		}
		n, _ := strconv.Atoi(m[1])
		d, _ := strconv.Atoi(m[2])
		if n*100+d <= last && len(items) > 0 {
			break
		}
		items, last, length = append(items, item{m[1] + m[2], n, d}), n*100+d, length+len([]rune(m[0]))
		rest = rest[len(m[0]):]
		if end := m[0][len(m[0])-1]; end >= '0' && end <= '9' {
			break
		}
	}
	if len(items) < 3 || rest != "" && isDigit([]rune(rest)[0]) || hidesNumber(items) {
		return 0
	}
	return length
}

const (
	nearBy    = 10 // pages and days of a list stand so close to one another
	manyShort = 6  // so many items of two digits go up in few phones
)

// hidesNumber says whether the digits of a list, from one of its items on, have the form
// of a phone or an ID number, or four together, and the items are neither close to one
// another, nor many and short, nor days of the year.
func hidesNumber(items []item) bool {
	near, short, days, four := true, len(items) >= manyShort, true, false
	for i, k := range items {
		near = near && (i == 0 || k.at()-items[i-1].at() <= nearBy)
		short = short && len(k.digits) <= 2
		four = four || k.n >= 1000
		days = days && k.n >= 1 && k.n <= 12 && k.day >= 1 && k.day <= 31
	}
	if near || short || days {
		return false
	}
	if four {
		return true
	}
	var digits []byte
	for _, k := range slices.Backward(items) {
		digits = append([]byte(k.digits), digits...)
		if phoneForm.Match(digits) || idForm.Match(digits) {
			return true
		}
	}
	return false
}

// at is where an item stands among others: a page by its number, a day by its month.
func (k item) at() int {
	if k.day == 0 {
		return k.n
	}
	return k.n*31 + k.day
}
