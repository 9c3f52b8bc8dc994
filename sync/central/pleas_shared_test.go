package central

import (
	"encoding/hex"
	"testing"
	"time"

	"doorstep/internal/guard"
	"github.com/google/uuid"
)

// laptopNo is one of many laptops.
func laptopNo(n int) uuid.UUID { return uuid.UUID{15: byte(n), 14: byte(n >> 8)} }

// asksOf are so many requests of an operator from a laptop, each a second after the one
// before it.
func asksOf(t *testing.T, n int, device uuid.UUID, operator string, at time.Time) (out []guard.Waiting) {
	t.Helper()
	for i := range n {
		some := uuid.New()
		raw, err := guard.Ask{Nonce: [4]byte(some[:]), Fields: []string{guard.ImagesField}, Hours: 2, Count: 1}.Encode()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, guard.Waiting{Device: device, Operator: operator, Ask: hex.EncodeToString(raw), Reason: "r", At: at.Add(time.Duration(i) * time.Second)})
	}
	return out
}

func TestNobodysRequestsPushOthersOffTheList(t *testing.T) {
	noon := time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)
	later := noon.Add(time.Hour)
	of := func(list []guard.Waiting, device uuid.UUID, operator string) (n int) {
		for _, w := range list {
			if w.Device == device && w.Operator == operator {
				n++
			}
		}
		return n
	}
	t.Run("of one operator's many the ten oldest go down", func(t *testing.T) {
		all := append(asksOf(t, 201, laptopNo(1), "clerk-9", noon), asksOf(t, 1, laptopNo(1), "rev-9", later)...)
		list, behind := shared(all)
		if len(list) != 11 || len(behind) != 191 || of(list, laptopNo(1), "rev-9") != 1 {
			t.Errorf("%d go down, %d wait behind, of the other %d", len(list), len(behind), of(list, laptopNo(1), "rev-9"))
		}
		for _, w := range list[:10] {
			if w.At.After(noon.Add(9 * time.Second)) {
				t.Errorf("one of %v is on it", w.At)
			}
		}
	})
	t.Run("also from many laptops", func(t *testing.T) {
		var all []guard.Waiting
		for n := range 30 {
			all = append(all, asksOf(t, 10, laptopNo(n), "clerk-9", noon)...)
		}
		if list, _ := shared(all); len(list) != guard.MaxOwn {
			t.Errorf("%d go down", len(list))
		}
	})
	t.Run("a laptop that tells of many in another's name takes not his place", func(t *testing.T) {
		all := append(asksOf(t, 500, laptopNo(1), "rev-9", noon), asksOf(t, 2, laptopNo(2), "rev-9", later)...)
		list, _ := shared(all)
		if of(list, laptopNo(2), "rev-9") != 2 || len(list) != guard.MaxOwn {
			t.Errorf("%d of %d are of his own laptop", of(list, laptopNo(2), "rev-9"), len(list))
		}
	})
	t.Run("a laptop that tells of many in many names takes not the others' places", func(t *testing.T) {
		var all []guard.Waiting
		for n := range 400 {
			all = append(all, asksOf(t, 1, laptopNo(1), "x-"+laptopNo(n).String(), noon)...)
		}
		for n := range 60 {
			all = append(all, asksOf(t, 3, laptopNo(2+n), "y-"+laptopNo(n).String(), later)...)
		}
		list, _ := shared(all)
		for n := range 60 {
			if got := of(list, laptopNo(2+n), "y-"+laptopNo(n).String()); got != 3 {
				t.Fatalf("%d of laptop %d go down, want 3", got, n)
			}
		}
		if len(list) != guard.MaxWaiting {
			t.Errorf("%d go down", len(list))
		}
	})
	t.Run("what was declined takes no place of what waits", func(t *testing.T) {
		all := asksOf(t, guard.MaxOwn, laptopNo(1), "clerk-9", noon)
		for i := range all {
			all[i].Declined, all[i].By = true, "admin-9"
		}
		all = append(all, asksOf(t, guard.MaxOwn, laptopNo(1), "clerk-9", later)...)
		if list, behind := shared(all); len(list) != 2*guard.MaxOwn || len(behind) != 0 {
			t.Errorf("%d go down, %d wait behind, want all on the list", len(list), len(behind))
		}
	})
	t.Run("what was declined is told, the newest of it first", func(t *testing.T) {
		all := asksOf(t, 201, laptopNo(1), "clerk-9", noon)
		for i := range all {
			all[i].Declined, all[i].By = true, "admin-9"
		}
		all = append(all, asksOf(t, 2, laptopNo(1), "clerk-9", later)...)
		list, behind := shared(all)
		if len(list) != guard.MaxWaiting || list[len(list)-1].Declined || list[len(list)-2].Declined || behind[0].At != noon {
			t.Errorf("%d go down, behind is one of %v first", len(list), behind[0].At)
		}
	})
}
