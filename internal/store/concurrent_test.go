package store

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// TestManyAtOnce writes, reads, searches and at last closes from many
// goroutines: every save that was acknowledged is there, and none panics.
func TestManyAtOnce(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	const writers, saves = 4, 25
	ids := make([]uuid.UUID, writers)
	for i := range ids {
		ids[i] = newCase(t, s, i)
	}
	saved := make([]int, writers)
	enough := make(chan bool, 2*writers)
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			for n := 1; ; n++ {
				content := []byte(id.String() + strconv.Itoa(n))
				h := s.BlobName(content)
				_, err := s.Commit(ctx, []Entry{editEntry(id, "student.address", strconv.Itoa(n)),
					{Case: id, Kind: loan.ChangeAttach, Operator: "c1", Body: loan.AttachBody{Attachment: loan.Attachment{
						Slot: loan.PortraitStudent, Blob: h, Media: "image/jpeg", Size: int64(len(content))}}}}, []Blob{{h, content}})
				if err != nil {
					if k := fault.KindOf(err); n <= saves || k != fault.Busy && k != fault.Input {
						t.Errorf("save %d: %v", n, err)
					}
					enough <- true
					return
				}
				saved[i] = n
				if n == saves {
					enough <- true
				}
			}
		})
	}
	for range 2 {
		all.Go(func() {
			for n := 0; ; n++ {
				s.Search("wei", 10)
				s.Count()
				box, _ := s.Outbox(ctx)
				if len(box.Blobs) > 0 {
					_ = s.Acknowledge(ctx, Receipt{Device: box.Device, Epoch: uuid.UUID{1}, Blobs: []loan.Hash{box.Blobs[0].Hash}})
				}
				if _, err := s.Case(ctx, ids[n%writers]); err != nil {
					if fault.KindOf(err) != fault.Busy {
						t.Error(err)
					}
					return
				}
			}
		})
	}
	for range writers {
		<-enough
	}
	noErr(t, s.Close())
	all.Wait()
	s = unlocked(t, s.o)
	noErr(t, s.VerifyChain(ctx))
	for i, id := range ids {
		if got := must(s.Case(ctx, id)).App.Student.Address; saved[i] < saves || got != strconv.Itoa(saved[i]) {
			t.Errorf("writer %d: got %s, acknowledged %d", i, got, saved[i])
		}
	}
}
