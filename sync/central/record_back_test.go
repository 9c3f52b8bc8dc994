package central

import (
	"slices"
	"testing"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// TestALaptopPutBackToOlderDataIsInTheRecordOfAllLaptops has east work on with an older copy
// of its data, of which the centre takes nothing, and west go on from one that a person
// confirmed.
func TestALaptopPutBackToOlderDataIsInTheRecordOfAllLaptops(t *testing.T) {
	k := twoPoints(t)
	now := time.Now().UTC().Truncate(time.Millisecond)
	k.c.now = func() time.Time { return now }
	n := len(k.east.changes)
	twin := *k.east
	twin.changes = slices.Clone(k.east.changes[:n-3])
	k.reveals(&twin, k.his, 1)
	for range 2 { // it tries again
		if status, _, _ := twin.do("POST", "/v1/parcel", parcel.TypeParcel, twin.pack(twin.changes[n-3:])); status != 409 {
			t.Fatalf("a change under a number that is taken: %d", status)
		}
	}
	back := k.west.change(uuid.Nil, loan.ChangeRestore, loan.RestoreBody{Last: 3, Made: time.Date(2026, 8, 1, 4, 0, 0, 0, time.UTC)})
	back.At = time.Date(2026, 8, 3, 20, 0, 0, 0, time.UTC) // the fourth in Beijing
	k.west.rechain()
	k.west.send([]*loan.Change{back})
	east, west := k.east.enrol.Device, k.west.enrol.Device

	odd := func(who string, q RecordQuery) (out []Odd) {
		t.Helper()
		q.Reason = "年度检查"
		all, err := k.c.RecordOdd(t.Context(), k.auditors[who], q)
		if err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(all, func(o Odd) bool { return o.Kind != guard.OddBack && o.Kind != guard.OddCopied })
	}
	is := func(o Odd, kind guard.OddKind, day loan.Date, times int, device uuid.UUID, point string) bool {
		return o.Kind == kind && o.Day == day && o.Count == times && slices.Equal(o.Devices, []uuid.UUID{device}) && slices.Equal(o.Points, []string{point})
	}
	t.Run("odd, with the laptop and the day", func(t *testing.T) {
		got := odd("aud-county", RecordQuery{})
		if len(got) != 2 || !is(got[0], guard.OddCopied, guard.RecordDay(now), 2, east, "东乡受理点") || !is(got[1], guard.OddBack, "2026-08-04", 1, west, "西乡受理点") || got[1].Operator != back.Operator {
			t.Errorf("got %+v", got)
		}
	})
	for name, x := range map[string]struct {
		who  string
		q    RecordQuery
		want int
	}{
		"of a point alone":           {"aud-east", RecordQuery{}, 1},
		"of one laptop":              {"aud-county", RecordQuery{Device: west}, 1},
		"of who confirmed it":        {"aud-county", RecordQuery{Sought: guard.Sought{Operator: "practice-clerk"}}, 1},
		"of days before both":        {"aud-county", RecordQuery{Sought: guard.Sought{To: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}}, 0},
		"of another county's laptop": {"aud-elsewhere", RecordQuery{}, 0},
	} {
		if got := odd(x.who, x.q); len(got) != x.want {
			t.Errorf("%s: got %+v, want %d", name, got, x.want)
		}
	}
	t.Run("and what the chains prove says so, also once a person dealt with it", func(t *testing.T) {
		if err := k.c.SettleClone(t.Context(), east); err != nil {
			t.Fatal(err)
		}
		err := k.c.RecordProof(t.Context(), k.auditors["aud-county"], RecordQuery{Sought: guard.Sought{Reason: "年度检查"}}, func(p ChainProof) error {
			if copied := p.Copied != nil; copied != (p.Device == east) || copied && (*p.Copied != Clone{2, uint64(n - 2), uint64(n - 2), now, now}) {
				t.Errorf("%s: copied %+v", p.Point, p.Copied)
			}
			if set := len(p.Back) > 0; set != (p.Device == west) || set && (p.Back[0] != ChainBack{back.Counter, back.At, back.Operator}) {
				t.Errorf("%s: put back %+v", p.Point, p.Back)
			}
			if len(p.Wrong) > 0 {
				t.Errorf("%s: %+v", p.Point, p.Wrong)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
