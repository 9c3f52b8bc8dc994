package guard

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
)

func TestWhatWasOverDoesNotLiveAgainByAClockSetBackWithinTheSlack(t *testing.T) {
	word := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		of    time.Duration // how long it is good for
		say   string
		renew func(*Tenure) // keeps the other alive
	}{
		"the lease":          {LeaseFor, "14 天", func(t *Tenure) { t.Account = word.Add(LeaseFor) }},
		"the account's time": {AccountFor, "7 天", func(t *Tenure) { t.Lease = word.Add(LeaseFor) }},
	} {
		t.Run(name, func(t *testing.T) {
			k := Tenure{Centre: word}
			c.renew(&k)
			before := word.Add(c.of - time.Hour)
			if k.Latest = before; k.Check(before) != nil {
				t.Fatalf("an hour before its end: got %v, want open", k.Check(before))
			}
			k.Latest = word.Add(c.of + time.Hour) // it was over an hour ago
			err := k.Check(before)
			if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), c.say) {
				t.Errorf("the clock set back by two hours: got %v, %q, want over", err, fault.Sentence(err))
			}
		})
	}
}

func TestWhatIsOverNamesTheDateOfTheClock(t *testing.T) {
	word := time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		k     Tenure
		ahead time.Duration
		day   string
	}{
		"the lease":          {Tenure{Centre: word, Latest: word}, LeaseFor + time.Hour, "2026-07-15"},
		"the account's time": {Tenure{Centre: word, Latest: word, Lease: word.Add(LeaseFor)}, AccountFor + 8*time.Hour, "2026-07-09"}, // by Beijing time
	} {
		t.Run(name, func(t *testing.T) {
			err := c.k.Check(word.Add(c.ahead))
			if got := fault.Sentence(err); fault.KindOf(err) != fault.Denied || !strings.HasPrefix(got, "电脑日期是 "+c.day+"，") || !strings.Contains(got, "不对的") {
				t.Errorf("got %v: %s", err, got)
			}
		})
	}
}
