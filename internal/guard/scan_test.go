package guard

import (
	"strings"
	"testing"
)

func TestWhatIsScannedIsTakenApart(t *testing.T) {
	r := Request{"0b3065ab", "clerk-1", "ABCD EFGH 2345"}
	want := Request{"0b3065ab", "clerk-1", "ABCDEFGH2345"}
	for name, text := range map[string]string{"a request for a grant": r.AskScan(), "to be renewed": r.RenewScan(), "to let an account in": r.EnableScan(), "with a line's end": r.AskScan() + "\r\n"} {
		if got, ok := ParseRequest(text); !ok || got != want {
			t.Errorf("%s: %+v, %v", name, got, ok)
		}
	}
	for _, text := range []string{"", "ABCDEFGH2345", "doorstep:ask:", "doorstep:ask:0b3065ab:clerk-1", "doorstep:ask:0b3065ab:clerk-1:A:B", "doorstep:ask:1:clerk-1:A",
		"doorstep:ask:0b3065ab:韦测甲:A", "doorstep:answer:ABC", "doorstep:ask:0b3065ab:clerk-1:" + strings.Repeat("A", 61)} {
		if got, ok := ParseRequest(text); ok {
			t.Errorf("%q passes for %+v", text, got)
		}
	}
	for _, typed := range []string{"AB CD", " AB CD ", AnswerScan("ABCD"), AnswerScan("AB CD") + "\n"} {
		if got := strings.ReplaceAll(AnswerOf(typed), " ", ""); got != "ABCD" {
			t.Errorf("%q: %q", typed, got)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	f.Add(Request{"0b3065ab", "clerk-1", "ABCD"}.AskScan())
	f.Fuzz(func(t *testing.T, s string) {
		if r, ok := ParseRequest(s); ok {
			if again, ok := ParseRequest(r.AskScan()); !ok || strings.ReplaceAll(r.Code, " ", "") != again.Code || r.Device != again.Device || r.Operator != again.Operator {
				t.Errorf("%+v came back as %+v", r, again)
			}
		}
	})
}
