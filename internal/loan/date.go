package loan

import (
	"errors"
	"time"
)

// Date is a day written YYYY-MM-DD; empty is unknown.
type Date string

var errDate = errors.New("not a date of the form YYYY-MM-DD")

// Time is midnight UTC of the day; it fails when the day does not exist or is
// not written YYYY-MM-DD.
func (d Date) Time() (time.Time, error) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}, errDate
	}
	return t, nil
}

// Valid says whether the day exists.
func (d Date) Valid() bool { _, err := d.Time(); return err == nil }

// DateOf is the day of t in its own location.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Age is whole years from birth to day; it is negative before the birth.
// A person born on 29 February turns a year older on 1 March of other years.
func Age(birth, day time.Time) int {
	years := day.Year() - birth.Year()
	if day.Month() < birth.Month() || day.Month() == birth.Month() && day.Day() < birth.Day() {
		years--
	}
	return years
}
