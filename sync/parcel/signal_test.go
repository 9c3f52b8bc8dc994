package parcel

import (
	"strings"
	"testing"

	"doorstep/internal/fault"
)

func TestICEServers(t *testing.T) {
	good := `[{"url":"stun:stun.county.example:3478"},{"url":"turn:192.0.2.1:3478?transport=udp","username":"u","credential":"c"}]`
	if got, err := ParseICE(good); err != nil || len(got) != 2 || got[1].Credential != "c" {
		t.Errorf("got %v, %v", got, err)
	}
	for name, text := range map[string]string{
		"nothing":            ``,
		"no list":            `{}`,
		"a web address":      `[{"url":"https://x"}]`,
		"no host":            `[{"url":"stun:"}]`,
		"turn for everybody": `[{"url":"turn:x"}]`,
		"an unknown field":   `[{"url":"stun:x","password":"y"}]`,
		"too many":           `[` + strings.Repeat(`{"url":"stun:x"},`, maxICE) + `{"url":"stun:x"}]`,
		"a very long one":    `[{"url":"stun:` + strings.Repeat("x", 300) + `"}]`,
	} {
		if _, err := ParseICE(text); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v, want input", name, err)
		}
	}
}

func FuzzICE(f *testing.F) {
	f.Add(`[{"url":"turn:192.0.2.1:3478","username":"u","credential":"c"}]`)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseICE(text)
		if err == nil && len(got) > maxICE {
			t.Errorf("%d servers", len(got))
		}
	})
}
