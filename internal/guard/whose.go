package guard

import (
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Whose is of which student a case is, as far as what is odd asks.
type Whose struct {
	Case    uuid.UUID
	Student string // the number, or a name that stands for it; empty where there is none yet
	Void    bool
}

// Students counts the students of cases: one's cases, as those of several years, count
// once, and of one that is not known each.
func Students(cases []Whose) int {
	seen := map[string]bool{}
	for _, c := range cases {
		if c.Student == "" {
			c.Student = c.Case.String()
		}
		seen[c.Student] = true
	}
	return len(seen)
}

// BegunAnew says whether a case is void and another of the same student stands.
func BegunAnew(void, other Whose) bool {
	return void.Case != other.Case && void.Void && !other.Void && void.Student != "" && void.Student == other.Student
}

// WithoutAnew leaves out of cases that share a portrait those that were begun anew.
func WithoutAnew(cases []uuid.UUID, whose func(uuid.UUID) Whose) []uuid.UUID {
	return slices.DeleteFunc(slices.Clone(cases), func(id uuid.UUID) bool {
		return slices.ContainsFunc(cases, func(other uuid.UUID) bool { return BegunAnew(whose(id), whose(other)) })
	})
}

// AgainAnew says whether a line tells of a portrait that came again where a student's
// case was void and begun anew: the record tells of it, and it is not odd.
func AgainAnew(a Act, whose func(uuid.UUID) Whose) bool {
	if !strings.HasPrefix(a.Detail, PortraitAgain) {
		return false
	}
	one, other := whose(a.Case), whose(AgainIn(a.Detail))
	return BegunAnew(one, other) || BegunAnew(other, one)
}
