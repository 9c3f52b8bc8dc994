package main

import (
	"slices"
	"testing"

	"doorstep/internal/ui"
)

func TestTheNextRunIsToldHowTheDeskWasLeft(t *testing.T) {
	for _, left := range []ui.Left{{}, {Who: "clerk-1"}, {Who: "clerk-1", Alone: true}, {Alone: true}, {Who: "clerk-1", Why: "您的账号已停用。"}} {
		env := withLeft([]string{"A=b", leftVar + "=former", whyVar + "=former"}, left)
		if len(env) != 3 || !slices.Contains(env, "A=b") {
			t.Errorf("the environment is %v", env)
		}
		t.Setenv(leftVar, env[1][len(leftVar)+1:])
		t.Setenv(whyVar, env[2][len(whyVar)+1:])
		if got := takeLeft(); got != left {
			t.Errorf("got %+v, want %+v", got, left)
		}
		if got := takeLeft(); got != (ui.Left{}) {
			t.Errorf("a second time: %+v", got)
		}
	}
}
