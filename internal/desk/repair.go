package desk

import (
	"context"

	"doorstep/internal/fault"
	"doorstep/internal/store"
)

// RepairReport says what a repair saved and what it could not, by ids and
// counters alone.
type RepairReport = store.RepairReport

// Repairable says whether an error of OpenDoor or SignIn is a damage that
// Repair may mend.
func Repairable(err error) bool { return store.Repairable(err) }

// RepairPeople lists whose passwords open a data folder, also one whose store
// does not open, and whose key file is gone.
func RepairPeople(ctx context.Context, dir string) ([]Person, error) {
	known, err := store.People(ctx, dir)
	if err != nil {
		return nil, fault.Wrap("repair people", err)
	}
	out := make([]Person, len(known))
	for i, o := range known {
		out[i] = Person{ID: o.ID, Name: o.Name}
	}
	return out, nil
}

// Repair mends the data folder's damaged store, for a person whose password
// opens it; nobody may have the folder open. Cut short it has changed nothing
// and can be run again. The damaged file stays beside the new one, what is lost
// is noted in the chain, and the courier asks the centre for it.
// fault.Password and fault.Locked as at signing in; fault.Damaged when nothing
// can be saved.
func Repair(ctx context.Context, o store.Options, operator string, password []byte) (RepairReport, error) {
	r, err := store.Repair(ctx, o, operator, password)
	return r, fault.Wrap("repair", err)
}
