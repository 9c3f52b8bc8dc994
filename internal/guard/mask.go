package guard

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"doorstep/internal/loan"
)

// MaskName shows a name as lists and call screens may: 韦测 as 韦*, 韦测甲 as
// 韦*甲, and of a name in segments the first character of each: 阿***·测**.
func MaskName(s string) string {
	parts := strings.Split(s, "·")
	if len(parts) == 1 {
		r := []rune(s)
		switch {
		case len(r) < 2:
			return stars(len(r))
		case len(r) == 2:
			return string(r[0]) + "*"
		}
		return string(r[0]) + stars(len(r)-2) + string(r[len(r)-1])
	}
	for i, p := range parts {
		r := []rune(p)
		if len(r) < 2 {
			parts[i] = stars(len(r))
		} else {
			parts[i] = string(r[0]) + stars(len(r)-1)
		}
	}
	return strings.Join(parts, "·")
}

// MaskIDNo shows the first three and the last four characters of a whole ID
// number, 522***********9914, and nothing of a shorter one.
func MaskIDNo(s string) string { return ends(s, 15) }

// MaskPhone shows the first three and the last four digits of a whole number,
// 154****0001, and nothing of a shorter one.
func MaskPhone(s string) string { return ends(s, 11) }

func ends(s string, whole int) string {
	r := []rune(s)
	if len(r) < whole {
		return stars(len(r))
	}
	return string(r[:3]) + stars(len(r)-7) + string(r[len(r)-4:])
}

func stars(n int) string { return strings.Repeat("*", n) }

const hidden = "***"

// MaskAddress shows an address down to its township (乡, 镇, 街道, 苏木), or,
// where it names none, down to its county; where it names neither, nothing.
func MaskAddress(s string) string {
	if s == "" {
		return ""
	}
	cut := township(s)
	if cut == 0 {
		cut = county(s)
	}
	if cut == len(s) {
		return s
	}
	return s[:cut] + hidden
}

// township is the end of the first township in s, or 0.
func township(s string) int {
	for i := range s {
		for _, unit := range []string{"街道", "苏木", "镇", "乡"} {
			end := i + len(unit)
			if strings.HasPrefix(s[i:], unit) && isTownship(s[:i], s[end:]) {
				return end
			}
		}
	}
	return 0
}

// isTownship tells 大塘镇 and 通州镇 from 景德镇市, 镇宁县, 新乡县 and 城乡路:
// something must stand before it within its unit, no other unit may follow at
// once, and no road or house may stand between it and the county.
func isTownship(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	if before == "" || strings.ContainsRune("省县区旗盟", last) {
		return false
	}
	next := []rune(after)
	next = next[:min(len(next), 10)]
	if strings.ContainsRune("州市", last) && slices.ContainsFunc(next, func(r rune) bool { return strings.ContainsRune("县市区旗", r) }) {
		return false
	}
	if len(next) > 0 && strings.ContainsRune("市县区乡镇路街巷村道大", next[0]) {
		return false
	}
	own := []rune(before[countyEnd(before):])
	return len(own) <= 12 && !slices.ContainsFunc(own, func(r rune) bool {
		return strings.ContainsRune("路号村组巷栋幢室", r) || r >= '0' && r <= '9'
	})
}

// countyEnd is the end of the last province, city or county named in s.
func countyEnd(s string) int {
	end := 0
	for i, r := range s {
		if strings.ContainsRune("省市县区州旗盟", r) {
			end = i + utf8.RuneLen(r)
		}
	}
	return end
}

// county is the end of the first county in s, or of the first city, or 0.
func county(s string) int {
	rest := s
	for _, province := range []string{"自治区", "省"} {
		if i := strings.Index(s, province); i >= 0 {
			rest = s[i+len(province):]
			break
		}
	}
	skipped := len(s) - len(rest)
	for _, set := range []string{"县区旗", "市州盟"} {
		for i, r := range rest {
			end := i + utf8.RuneLen(r)
			if i > 0 && strings.ContainsRune(set, r) && (r != '区' || !isEstate(rest[:i])) && (r != '州' || !strings.HasPrefix(rest[end:], "市")) {
				return skipped + end
			}
		}
	}
	return 0
}

// isEstate says whether a 区 that follows is that of 小区, 社区, 校区 or another place
// within a township, and not a district.
func isEstate(before string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	return strings.ContainsRune("小社校园厂院片库景墅住宅", last)
}

// PeopleNames are the names of a case's people, as they were entered, as their cards
// have them, as contracts had them that a correction voided, and as two desks set them
// apart from each other.
func PeopleNames(c *loan.Case) []string {
	if c == nil {
		return nil
	}
	out := namesIn(&c.App)
	for _, k := range c.Cards {
		out = append(out, k.Card.Name)
	}
	for _, k := range c.Former {
		if k.Voided != nil {
			out = append(out, namesIn(&k.Voided.Was)...)
		}
	}
	for _, k := range c.Conflicts {
		if !strings.HasSuffix(k.Field, ".name") {
			continue
		}
		for _, v := range k.Values {
			var name string
			if json.Unmarshal([]byte(v.Value), &name) == nil {
				out = append(out, name)
			}
		}
	}
	return out
}

func namesIn(a *loan.Application) []string {
	out := []string{a.Student.Name, a.Student.IDOCRName}
	for _, k := range a.Coborrowers {
		out = append(out, k.Name, k.IDOCRName)
	}
	return out
}

// MaskNames masks names in a text, also where spaces or dots stand between their
// characters. A name of one character alone, or a part of one, is not found. The text
// does not get longer.
func MaskNames(text string, names []string) string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return len(nameRunes(n)) < 2 })
	slices.SortStableFunc(names, func(a, b string) int { return len(b) - len(a) })
	for _, n := range names {
		text = maskSpaced(text, n, MaskName(strings.TrimSpace(n)))
	}
	return text
}

// maskSpaced puts masked in the place of a name in a text, also where spaces or dots
// stand between its characters.
func maskSpaced(text, name, masked string) string {
	want := nameRunes(name)
	r := []rune(text)
	var out strings.Builder
	for from := 0; from < len(r); from++ {
		n, at := 0, from
		for ; at < len(r) && n < len(want); at++ {
			if r[at] == want[n] {
				n++
			} else if n == 0 || !betweenNames(r[at]) {
				break
			}
		}
		if n < len(want) {
			out.WriteRune(r[from])
			continue
		}
		if said := string(r[from:at]); len(masked) > len(said) {
			out.WriteString(stars(at - from)) // what is masked is no longer than it was: it is bounded
		} else {
			out.WriteString(masked)
		}
		from = at - 1
	}
	return out.String()
}

// nameRunes are the characters of a name.
func nameRunes(name string) []rune {
	return slices.DeleteFunc([]rune(name), betweenNames)
}

// betweenNames says whether a character may stand between those of a name.
func betweenNames(r rune) bool { return strings.ContainsRune(" \u3000\t·•．.・‧-", r) }
