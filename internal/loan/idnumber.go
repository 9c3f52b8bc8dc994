package loan

import (
	"strings"
	"time"
)

// IDNumber is a citizen's identity number of GB 11643: eighteen characters,
// six of the area, eight of the birth, three of order (the last odd for men),
// one of check.
type IDNumber string

// Canonical turns a final x into X and says whether it did.
func (n IDNumber) Canonical() (IDNumber, bool) {
	if s, ok := strings.CutSuffix(string(n), "x"); ok {
		return IDNumber(s + "X"), true
	}
	return n, false
}

// WellFormed says whether it is seventeen digits and a digit or X.
func (n IDNumber) WellFormed() bool {
	if len(n) != 18 {
		return false
	}
	for i := range 17 {
		if n[i] < '0' || n[i] > '9' {
			return false
		}
	}
	return n[17] == 'X' || n[17] >= '0' && n[17] <= '9'
}

// Birth is the day in the number; false when no such day exists.
// The number must be well formed.
func (n IDNumber) Birth() (time.Time, bool) {
	t, err := time.Parse("20060102", string(n[6:14]))
	return t, err == nil
}

// Sex is told by the seventeenth digit. The number must be well formed.
func (n IDNumber) Sex() Sex {
	if (n[16]-'0')%2 == 1 {
		return Male
	}
	return Female
}

// CheckCharacter is the one ISO 7064 MOD 11-2 demands in the last place.
// The number must be well formed.
func (n IDNumber) CheckCharacter() byte {
	weights := [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += int(n[i]-'0') * w
	}
	return "10X98765432"[sum%11]
}

// Area is the six digits of the place where the card was first issued.
func (n IDNumber) Area() string { return string(n[:6]) }
