package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"doorstep/internal/ui"
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

// leftVar tells a run that takes the place of another who was at the desk, and, where
// the window locked by itself, that it did.
const leftVar = "DOORSTEP_LEFT"

const leftAlone = "alone:"

// whyVar tells it why who was there may go on no more.
const whyVar = "DOORSTEP_LEFT_WHY"

// lookVar tells it the window's look.
const lookVar = "DOORSTEP_LOOK"

// takeLeft reads how the run before was left, and takes that out of the environment.
func takeLeft() ui.Left {
	who, alone := strings.CutPrefix(os.Getenv(leftVar), leftAlone)
	why := os.Getenv(whyVar)
	look := parseLook(os.Getenv(lookVar))
	_, _, _ = os.Unsetenv(leftVar), os.Unsetenv(whyVar), os.Unsetenv(lookVar)
	return ui.Left{Who: who, Alone: alone, Why: why, Look: look}
}

// parseLook reads a look as withLeft writes it; the zero look where it is none.
func parseLook(s string) ui.Look {
	var variant, percent int
	if n, err := fmt.Sscanf(s, "%d %d", &variant, &percent); n != 2 || err != nil || percent < 50 || percent > 200 || variant < int(kit.Auto) || variant > int(kit.Dark) {
		return ui.Look{}
	}
	return ui.Look{Variant: kit.Variant(variant), Scale: float32(percent) / 100}
}

// withLeft is an environment that tells the next run how this one was left.
func withLeft(env []string, l ui.Left) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool {
		return strings.HasPrefix(kv, leftVar+"=") || strings.HasPrefix(kv, whyVar+"=") || strings.HasPrefix(kv, lookVar+"=")
	})
	if l.Alone {
		l.Who = leftAlone + l.Who
	}
	return append(env, leftVar+"="+l.Who, whyVar+"="+l.Why, fmt.Sprintf("%s=%d %.0f", lookVar, l.Look.Variant, 100*l.Look.Scale))
}

// withPlace is an environment that tells the next run the window's place.
func withPlace(env []string, p kit.Place) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(kv string) bool { return strings.HasPrefix(kv, placeVar+"=") })
	return append(env, placeVar+"="+p.String())
}
