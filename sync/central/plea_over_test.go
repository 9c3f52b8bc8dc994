package central

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// TestARequestWhoseTimeIsOverIsAnsweredByNobody has a request come up and wait too long,
// while it stands on the centre's list still and once that let it go.
func TestARequestWhoseTimeIsOverIsAnsweredByNobody(t *testing.T) {
	a := newAnswering(t)
	ctx, began := t.Context(), time.Now()
	at := func(d time.Duration) { a.c.now = func() time.Time { return began.Add(d) } }
	who := Caller{a.l.enrol.Device.String(), "practice-other"}
	byCode := func(ask []byte) error {
		_, err := a.c.AnswerGrant(ctx, who, "practice-admin", seal.Spoken(ask), "家长来电核对")
		return err
	}
	byList := func(ask []byte, yes bool) error {
		return a.c.AnswerPlea(ctx, a.l.enrol.Device, hex.EncodeToString(ask), yes, "practice-admin", "家长来电核对")
	}
	refused := func(t *testing.T, ask []byte) {
		t.Helper()
		for name, err := range map[string]error{"by telephone": byCode(ask), "granted from the list": byList(ask, true), "declined from the list": byList(ask, false)} {
			if say := fault.Sentence(err); fault.KindOf(err) != fault.Missing || !strings.Contains(say, "超过 72 小时") || !strings.Contains(say, "重新申请") {
				t.Errorf("%s: got %v, %q", name, err, say)
			}
		}
		grant, err := grantOf(a.l.enrol.Device, hex.EncodeToString(ask))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.c.BulletinFile(ctx, bulletin.Grant, grant); fault.KindOf(err) != fault.Missing {
			t.Errorf("a grant went down: %v", err)
		}
	}
	for n := range 4 {
		a.says("practice-other", guard.AskedDetail(a.asks(n)), began)
	}
	t.Run("up to its end it is answered", func(t *testing.T) {
		at(guard.WaitFor - time.Minute)
		if err := byCode(a.asks(0)); err != nil {
			t.Errorf("by telephone: %v", err)
		}
		if err := byList(a.asks(1), true); err != nil {
			t.Errorf("from the list: %v", err)
		}
	})
	at(guard.WaitFor + time.Minute)
	t.Run("then no more", func(t *testing.T) { refused(t, a.asks(2)) })
	t.Run("also once it left the list", func(t *testing.T) {
		a.says("practice-other", guard.AskedDetail(a.asks(9)), began)
		if all, err := pleas(ctx, a.c.db); err != nil || len(all) != 1 {
			t.Fatalf("%d stand on the list, %v: the trial says nothing", len(all), err)
		}
		refused(t, a.asks(2))
		at(60 * 24 * time.Hour)
		refused(t, a.asks(3))
	})
	t.Run("one that never came up is answered by its code, which does not say when it was made", func(t *testing.T) {
		if err := byCode(a.asks(10)); err != nil {
			t.Error(err)
		}
	})
}
