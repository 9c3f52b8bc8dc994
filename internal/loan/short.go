package loan

import "github.com/google/uuid"

// ShortLen is how many characters of an id screens show and people read out.
const ShortLen = 8

// ShortID is what screens and papers show of a case's or a laptop's id: its end, for its
// beginning is the time, and the same for all of one hour.
func ShortID(id uuid.UUID) string {
	s := id.String()
	return s[len(s)-ShortLen:]
}
