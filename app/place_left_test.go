package main

import (
	"slices"
	"testing"

	"doorstep/internal/ui"
	"doorstep/internal/ui/kit"
)

func TestTheNextRunIsToldHowTheDeskWasLeft(t *testing.T) {
	for _, left := range []ui.Left{{}, {Who: "clerk-1"}, {Who: "clerk-1", Alone: true}, {Alone: true}, {Who: "clerk-1", Why: "您的账号已停用。"},
		{Who: "clerk-1", Look: ui.Look{Variant: kit.Dark, Scale: 1.3}}, {Look: ui.Look{Variant: kit.Auto, Scale: 0.9}}} {
		env := withLeft([]string{"A=b", leftVar + "=former", whyVar + "=former", lookVar + "=2 130"}, left)
		if len(env) != 4 || !slices.Contains(env, "A=b") {
			t.Errorf("the environment is %v", env)
		}
		t.Setenv(leftVar, env[1][len(leftVar)+1:])
		t.Setenv(whyVar, env[2][len(whyVar)+1:])
		t.Setenv(lookVar, env[3][len(lookVar)+1:])
		if got := takeLeft(); got != left {
			t.Errorf("got %+v, want %+v", got, left)
		}
		if got := takeLeft(); got != (ui.Left{}) {
			t.Errorf("a second time: %+v", got)
		}
	}
}

func TestALookThatIsNoneIsTheFirst(t *testing.T) {
	for _, s := range []string{"", "2", "x 100", "7 100", "-1 100", "2 0", "2 9999", "2 NaN"} {
		if got := (ui.Left{Look: parseLook(s)}).Worn(); got != ui.FirstLook() {
			t.Errorf("%q: got %+v", s, got)
		}
	}
}
