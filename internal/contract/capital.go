package contract

import "strings"

// maxCapital is the largest amount Capital can write.
const maxCapital = 999_999_999_999

// Capital writes a whole amount of yuan in the capitals that banks use:
// 12000 is 人民币壹万贰仟元整. It is empty for amounts below zero or above
// 999,999,999,999.
func Capital(yuan int) string {
	if yuan < 0 || yuan > maxCapital {
		return ""
	}
	if yuan == 0 {
		return "人民币零元整"
	}
	var b strings.Builder
	b.WriteString("人民币")
	wrote, gap := false, false
	for i, unit := range []string{"亿", "万", "元"} {
		part := yuan
		for range 2 - i {
			part /= 10000
		}
		part %= 10000
		if part == 0 {
			gap = wrote
			continue
		}
		if wrote && (gap || part < 1000) {
			b.WriteString("零")
		}
		b.WriteString(capitalThousands(part))
		if unit != "元" {
			b.WriteString(unit)
		}
		wrote, gap = true, false
	}
	b.WriteString("元整")
	return b.String()
}

// capitalThousands writes 1 to 9999.
func capitalThousands(n int) string {
	digits := []string{"零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"}
	out, zero := "", false
	for _, u := range []struct {
		value int
		name  string
	}{{1000, "仟"}, {100, "佰"}, {10, "拾"}, {1, ""}} {
		d := n / u.value % 10
		if d == 0 {
			zero = out != ""
			continue
		}
		if zero {
			out += "零"
			zero = false
		}
		out += digits[d] + u.name
	}
	return out
}
