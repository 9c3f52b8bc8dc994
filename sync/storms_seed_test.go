package main

import (
	"regexp"
	"strings"
	"testing"
)

// What a failing world prints is a command that lives this world again: by the
// test that found it, and no other world.
func TestAFailingWorldSaysHowToLiveItAgain(t *testing.T) {
	for _, test := range []string{"TestStorms", "TestStormsShared", "TestStormsOfDays"} {
		name := test
		if test == "TestStormsOfDays" {
			name += "/side_2"
		}
		said := failedAt(name, 4711, "a receipt is lost", forecast(4711))
		again := regexp.MustCompile(`again: DOORSTEP_SEED=(\d+) go test -run '(\S+)' \./sync\n`).FindStringSubmatch(said)
		if again == nil || again[2] != "^"+test+"$" || !strings.Contains(said, "seed 4711: a receipt is lost\n") {
			t.Fatalf("of %s it says %q", test, said)
		}
		t.Setenv("DOORSTEP_SEED", again[1])
		t.Setenv("DOORSTEP_STORMS", "")
		if first, worlds := seeds(t, 24, 4); first != 4711 || worlds != 1 {
			t.Errorf("then it lives %d worlds from %d on", worlds, first)
		}
	}
}
