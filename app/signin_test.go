package main

import (
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
)

func TestWhomAnOperatorFlagNames(t *testing.T) {
	people := []desk.Person{{ID: "clerk-1", Name: "韦测"}, {ID: "clerk-2", Name: "韦测"}, {ID: "clerk-3", Name: "clerk-1"}, {ID: "clerk-4", Name: "石测"}}
	for named, want := range map[string]string{"clerk-1": "clerk-1", "clerk-2": "clerk-2", "石测": "clerk-4", "clerk-9": "clerk-9", "石": "石"} {
		if got, err := accountOf(people, named); err != nil || got != want {
			t.Errorf("%q: got %q, %v, want %q", named, got, err, want)
		}
	}
	if got, err := accountOf(people, "韦测"); fault.KindOf(err) != fault.Input {
		t.Errorf("a name of two: got %q, %v", got, err)
	}
}
