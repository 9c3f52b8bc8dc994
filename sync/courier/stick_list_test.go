package courier

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/sync/parcel"
	"doorstep/sync/stick"
	"github.com/google/uuid"
)

// TestAListOnAStickThatDoesNotHoldKeepsNothingElseFromBeingRead has the centre put one
// that is damaged at it in front of another.
func TestAListOnAStickThatDoesNotHoldKeepsNothingElseFromBeingRead(t *testing.T) {
	w, dir := newCountyRoad(t), t.TempDir()
	ctx := t.Context()
	other := uuid.Must(uuid.NewV7())
	good := w.issues(bulletin.Devices, bulletin.ShutOutName, time.Now(), bulletin.EncodeDevices([]bulletin.ShutOut{{Device: other, At: time.Now()}}))
	f, err := stick.Open(dir, w.profile.Device, true)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out, err := f.Begin(stick.Home, w.profile.County, w.profile.ChainKey().Public(), w.signer.Suite())
	if err != nil {
		t.Fatal(err)
	}
	receipt := (&parcel.Receipt{Centre: uuid.Must(uuid.NewV7()), Epoch: uuid.Must(uuid.NewV7()), Device: w.profile.Device, At: time.Now()}).Sign(w.signer)
	for _, item := range []struct {
		kind stick.Kind
		body []byte
	}{{stick.Answers, nil}, {stick.Receipt, receipt}, {stick.Bulletin, []byte("DSB1 and no more")}, {stick.Bulletin, good}} {
		if err := out.Add(item.kind, item.body); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := out.End(w.signer, nil); err != nil {
		t.Fatal(err)
	}
	r, err := ReadStick(ctx, w.store, dir)
	if err != nil || r.Answers != 1 || r.Problem == nil || !strings.Contains(fault.Sentence(r.Problem), "其余已读取") {
		t.Errorf("read: %+v, %v", r, err)
	}
	if is, err := w.store.ShutOut(ctx, other); err != nil || !is {
		t.Errorf("the list behind it was taken: %v, %v", is, err)
	}
}
