package main

import (
	"os"
	"slices"
	"strings"

	"doorstep/internal/ui/kit"
)

// placeVar tells a run that takes the place of another where that one's window
// stood.
const placeVar = "DOORSTEP_WINDOW"

// takePlace reads where the window of the run before stood, and takes that out
// of the environment.
func takePlace() (kit.Place, bool) {
	s, told := os.LookupEnv(placeVar)
	if !told {
		return kit.Place{}, false
	}
	_ = os.Unsetenv(placeVar)
	return kit.ParsePlace(s)
}

// withPlace is an environment that tells the next run the window's place.
func withPlace(env []string, p kit.Place) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.HasPrefix(kv, placeVar+"=") })
	return append(env, placeVar+"="+p.String())
}
