package loan

import (
	"testing"
	"time"

	"github.com/google/uuid"
)

// consented folds a draft with consents of the student: purpose and text in turn;
// a purpose with "-" in front is withdrawn.
func consented(t *testing.T, given ...string) *Case {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	var all []*Change
	add := func(kind ChangeKind, body string) {
		ch := &Change{ID: uuid.Must(uuid.NewV7()), Device: uuid.UUID{1}, Counter: uint64(len(all) + 1), Operator: "clerk-1", Case: id, Kind: kind, At: time.Unix(1_700_000_000, 0), Body: []byte(body)}
		if k := Fold(all); k != nil {
			ch.Seen = k.Heads
		}
		all = append(all, ch)
	}
	add(ChangeOpen, `{"application":{}}`)
	for i := 0; i < len(given); i += 2 {
		purpose, on := given[i], "true"
		if purpose[0] == '-' {
			purpose, on = purpose[1:], "false"
		}
		add(ChangeConsent, `{"party":"student","purpose":"`+purpose+`","text":"`+given[i+1]+`","given":`+on+`}`)
	}
	return Fold(all)
}

func TestWhichConsentsATextAsksFor(t *testing.T) {
	const before, since = "consent-sensitive-2026-01", "consent-sensitive-2026-12+share"
	for name, c := range map[string]struct {
		given []string
		whole bool
	}{
		"a text of before covers sharing": {[]string{"sensitive", before, "credit", "c/1"}, true},
		"a text of now leaves it out":     {[]string{"sensitive", since, "credit", "c/1"}, false},
		"which is given apart":            {[]string{"sensitive", since, "credit", "c/1", "share", "s/1"}, true},
		"and taken back":                  {[]string{"sensitive", since, "credit", "c/1", "share", "s/1", "-share", "s/1"}, false},
		"sharing alone is not enough":     {[]string{"share", "s/1"}, false},
	} {
		k := consented(t, c.given...)
		for purpose := range k.Consents[StudentParty] {
			if k.ConsentedAt[StudentParty][purpose].IsZero() {
				t.Errorf("%s: no time of %s", name, purpose)
			}
		}
		if len(k.ConsentedAt[StudentParty]) != len(k.Consents[StudentParty]) {
			t.Errorf("%s: times of %v", name, k.ConsentedAt)
		}
		if len(k.Aside) != 0 || k.App.Student.Consent != c.whole {
			t.Errorf("%s: whole %v with %d aside, want %v", name, k.App.Student.Consent, len(k.Aside), c.whole)
		}
	}
	if k := consented(t, "marketing", "m/1"); len(k.Aside) != 1 {
		t.Error("a purpose that is none was taken")
	}
}
