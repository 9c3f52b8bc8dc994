package main

import (
	"slices"
	"testing"

	"doorstep/internal/ui"
)

func TestTheNextRunIsToldHowTheDeskWasLeft(t *testing.T) {
	for _, left := range []ui.Left{{}, {Who: "clerk-1"}, {Who: "clerk-1", Alone: true}, {Alone: true}} {
		env := withLeft([]string{"A=b", leftVar + "=former"}, left)
		if len(env) != 2 || !slices.Contains(env, "A=b") {
			t.Errorf("the environment is %v", env)
		}
		t.Setenv(leftVar, env[1][len(leftVar)+1:])
		if got := takeLeft(); got != left {
			t.Errorf("got %+v, want %+v", got, left)
		}
		if got := takeLeft(); got != (ui.Left{}) {
			t.Errorf("a second time: %+v", got)
		}
	}
}
