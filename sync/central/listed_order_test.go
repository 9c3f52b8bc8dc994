package central

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/sync/parcel"
)

// TestManyGrantsPushNoWithdrawalOffTheList takes a grant back, and then sends more down
// than a laptop is told of.
func TestManyGrantsPushNoWithdrawalOffTheList(t *testing.T) {
	c := open(t, t.TempDir())
	err := c.desk(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
		if _, err := c.issue(ctx, tx, issuance{kind: bulletin.Grant, name: "p-taken-back"}); err != nil {
			return err
		}
		for i := range maxListed + 5 {
			if _, err := c.issue(ctx, tx, issuance{kind: bulletin.Grant, name: fmt.Sprintf("p-%d", i), content: []byte("{}"), entries: 1, expires: c.now().Add(time.Hour)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.listed(t.Context())
	if err != nil || len(list) != maxListed {
		t.Fatalf("got %d, %v", len(list), err)
	}
	if !slices.ContainsFunc(list, func(l parcel.ListedBulletin) bool { return l.Name == "p-taken-back" }) {
		t.Error("laptops are not told that it was taken back")
	}
}
