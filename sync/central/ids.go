package central

import "github.com/google/uuid"

// parseID reads an id as this program writes it.
func parseID(s string) (uuid.UUID, bool) {
	id, err := uuid.Parse(s)
	return id, err == nil && id.String() == s
}
