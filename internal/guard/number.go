package guard

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// numberDigits is from how many digits on a number in a text is taken for a
// person's: a date has eight, a mobile phone eleven.
const numberDigits = 11

// MaskNumbers masks the numbers in a text by which a person is known, in digits of
// any kind and in Chinese numerals, also where signs, spaces or line ends stand
// between them, and phones and ID numbers in which letters stand for digits that they
// look like, as 154OOOO0001, or that are written as if a time or a date were in them. A
// date as 2026-09-01, also with its time, school years, sums of a loan and a list of pages
// or days that goes up are no such numbers. What is told in other words is not found.
func MaskNumbers(s string) string {
	r := []rune(s)
	for from := 0; from < len(r); from++ {
		if valueOf(r[from]) == 0 {
			continue
		}
		digits := timedAt(r, from)
		if n := max(dateAt(r[from:]), hourAt(r[from:]), listAt(r[from:]), yearsAt(r[from:]), sumsAt(r[from:])); digits == nil && n > 0 && (from == 0 || !isDigit(r[from-1])) {
			from += n - 1
			continue
		}
		if digits == nil {
			digits = disguisedAt(r, from)
		}
		if digits == nil {
			digits = plainAt(r, from)
		}
		if digits == nil {
			continue
		}
		for _, i := range digits[3 : len(digits)-4] {
			r[i] = '*'
		}
		from = digits[len(digits)-1]
	}
	return string(r)
}

// plainAt is where the digits are of a number that begins at a place and is as long as
// a person's; nil of any other.
func plainAt(r []rune, from int) []int {
	var digits []int
	for i := from; i < len(r) && (isDigit(r[i]) || len(digits) > 0 && between(r[i]) && !wholePhone(digits, i)); i++ {
		if len(digits) > 0 && !isDigit(r[i-1]) && hourAt(r[i:]) > 0 {
			break
		}
		if isDigit(r[i]) || len(digits) == 17 && isX(r[i]) {
			digits = append(digits, i)
		}
	}
	if len(digits) < numberDigits {
		return nil
	}
	return digits
}

var (
	phoneForm = regexp.MustCompile(`^(?:(?:00)?86)?([1?][3-9?][\d?]{9})`)
	idForm    = regexp.MustCompile(`^([1-9?][\d?]{5}(1[89]|20|\?[\d?]|[12]\?)[\d?]{2}(0[1-9]|1[0-2]|\?[\d?]|[01]\?)[0-3?][\d?]{4}[\dX?])$`)
)

// disguisedAt is where the digits of a phone or an ID number are that begins at a place
// and has letters or signs in it that look like digits; nil of any other. Words are
// made of such letters too: so it has to have the form of the one or the other.
func disguisedAt(r []rune, from int) []int {
	var places []int
	var values []byte
	for i := from; i < len(r) && len(places) < 18; i++ {
		v := valueOf(r[i])
		if v == 0 && len(places) == 17 && isX(r[i]) {
			v = 'X'
		}
		if v == 0 && !between(r[i]) || i > from && valueOf(r[i-1]) == 0 && apartAt(r[i:]) {
			break
		}
		if v != 0 {
			places, values = append(places, i), append(values, v)
		}
	}
	for _, f := range []*regexp.Regexp{idForm, phoneForm} {
		at := f.FindSubmatchIndex(values)
		if at == nil {
			continue
		}
		found := places[at[2]:at[3]]
		if from > 0 && isDigit(r[from-1]) && found[len(found)-1]-from >= at[3] {
			continue // the rest of another number, and what stands behind it
		}
		if slices.ContainsFunc(found, func(i int) bool { return !isDigit(r[i]) && !isX(r[i]) }) {
			return found
		}
	}
	return nil
}

// timedAt is where the digits are of a phone or an ID number that begins at a place and
// is written with one time of the day in it, as 154 00:00 0001, or of an ID number with
// 年, 月 or 日 in it, or of a phone with such where no date has them; nil of any other.
func timedAt(r []rune, from int) []int {
	if from > 0 && isDigit(r[from-1]) {
		return nil
	}
	var places []int
	var values []byte
	times, dated, misdated := 0, false, false
	for i := from; i < len(r) && len(places) < 18; i++ {
		v := valueOf(r[i])
		if v == 0 && len(places) == 17 && isX(r[i]) {
			v = 'X'
		}
		day := strings.ContainsRune("年月日", r[i])
		if v == 0 && !between(r[i]) && !day {
			break
		}
		if i == from || valueOf(r[i-1]) == 0 {
			if dateAt(r[i:]) > 0 {
				break
			}
			if hourAt(r[i:]) > 0 {
				times++
			}
		}
		if v != 0 {
			places, values = append(places, i), append(values, v)
			continue
		}
		dated, misdated = dated || day, misdated || day && !unitFits(r, i)
	}
	for _, f := range []struct {
		form *regexp.Regexp
		ok   bool
	}{{idForm, dated || times == 1}, {phoneForm, !dated && times == 1 || misdated}} {
		if at := f.form.FindSubmatchIndex(values); f.ok && at != nil {
			return places[at[2]:at[3]]
		}
	}
	return nil
}

// unitFits says whether what stands before a 年, 月 or 日 can be a year, a month or a day.
func unitFits(r []rune, at int) bool {
	to := at
	for to > 0 && unicode.IsSpace(r[to-1]) {
		to--
	}
	var before []byte
	for from := to - 1; from >= 0 && valueOf(r[from]) != 0 && len(before) < 18; from-- {
		before = append([]byte{valueOf(r[from])}, before...)
	}
	n, err := strconv.Atoi(string(before))
	switch {
	case err != nil: // of digits that are not known, or of none
		return true
	case r[at] == '年':
		return len(before) <= 2 || n >= 1900 && n < 2100
	case r[at] == '月':
		return n >= 1 && n <= 12
	}
	return n >= 1 && n <= 31
}

var (
	hourForm   = regexp.MustCompile(`^([01]?\d|2[0-3])[:：][0-5]\d([:：][0-5]\d)?\b`)
	dateForm   = regexp.MustCompile(`^20\d\d[-/.][01]?\d[-/.][0-3]?\d([ T][0-2]?\d:[0-5]\d(:[0-5]\d)?)?\b|^20\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])\b`)
	ticketForm = regexp.MustCompile(`^[A-Z]\d{3}-[0-9A-Z]{2}\b`)
)

// hourAt is how many characters a time of the day has at the beginning of r.
func hourAt(r []rune) int {
	if !begins(r, '0', '9') || !colon(r, 1) && !colon(r, 2) {
		return 0
	}
	return lengthOf(hourForm, r, len("10:30:00 "))
}

// dateAt is how many characters a date, or a date with its time, has at the beginning of r.
func dateAt(r []rune) int {
	if !begins(r, '2', '2') {
		return 0
	}
	return lengthOf(dateForm, r, len("2026-09-01 10:30:00"))
}

// begins and colon tell most places at which no form can begin, before one is tried: a
// text that another laptop sent may be long, and is looked at from each of its letters on.
func begins(r []rune, from, to rune) bool { return len(r) > 0 && r[0] >= from && r[0] <= to }

func colon(r []rune, at int) bool { return len(r) > at && (r[at] == ':' || r[at] == '：') }

// apartAt says whether a time, a date or the number of a queue begins r: no number goes
// on with one.
func apartAt(r []rune) bool {
	return hourAt(r) > 0 || dateAt(r) > 0 || begins(r, 'A', 'Z') && begins(r[1:], '0', '9') && lengthOf(ticketForm, r, len("A001-BT ")) > 0
}

func lengthOf(f *regexp.Regexp, r []rune, most int) int {
	return len([]rune(f.FindString(string(r[:min(len(r), most)]))))
}

// wholePhone says whether the digits are those of a phone that ends before end, with
// nothing between them.
func wholePhone(digits []int, end int) bool {
	return len(digits) == 11 && end-digits[0] == 11
}

const chineseDigits = "〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖幺"

// isDigit takes the digits of all scripts, circled and in brackets, and Chinese ones.
func isDigit(r rune) bool {
	return unicode.IsDigit(r) || unicode.Is(unicode.No, r) || strings.ContainsRune(chineseDigits, r)
}

// valueOf is '0' to '9' for a digit, and for a letter or sign that looks or is said
// like one; '?' for a digit of which it is not known, and 0 for anything else.
func valueOf(r rune) byte {
	if r >= '0' && r <= '9' {
		return byte(r)
	}
	if r < 0x80 && !strings.ContainsRune("OoIil", r) {
		return 0
	}
	for v, like := range []string{"〇零OoＯｏОоΟοØø○◯洞", "一壹幺IilＩｉｌІіΙιıⅠ丨", "二贰貳两兩", "三叁參", "四肆", "五伍", "六陆陸", "七柒拐", "八捌", "九玖勾"} {
		if strings.ContainsRune(like, r) {
			return '0' + byte(v)
		}
	}
	if r >= '０' && r <= '９' {
		return byte(r - '０' + '0')
	}
	if isDigit(r) {
		return '?'
	}
	return 0
}

// between says whether a character may stand between the digits of one number.
func between(r rune) bool { return !unicode.IsLetter(r) || isX(r) }

func isX(r rune) bool { return r == 'X' || r == 'x' }
