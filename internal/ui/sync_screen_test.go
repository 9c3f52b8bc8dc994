package ui

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"fyne.io/fyne/v2"
	"github.com/google/uuid"
)

// waitingFolder is a settled folder with cases that have papers to be sent.
func waitingFolder(t *testing.T, cases int) string {
	t.Helper()
	ctx := context.Background()
	dir := settledFolder(t, 0)
	rules, err := rulebook.Load()
	if err != nil {
		t.Fatal(err)
	}
	press, err := contract.NewPress()
	if err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoor(ctx, store.Options{Dir: dir, Cost: seal.CheapCost(), Now: testClock}, desk.Tools{Rules: rules, Press: press, Now: testClock})
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.SignIn(ctx, "clerk-1", []byte(clerkPassword))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"韦测𬎆", "古丽·测试木", "石测䶮", "欧阳测"}
	for i := range cases {
		c, err := d.NewCase(ctx, loan.First, false)
		if err == nil {
			_, err = d.Edit(ctx, c.ID, map[string]any{"student.name": names[i%len(names)],
				"student.id_no": fmt.Sprintf("52272720050314%04d", 9000+i), "study.school_name": "贵州大学", "loan.amount": 5800})
		}
		for n := range i%3 + 1 {
			if err == nil {
				_, err = d.Attach(ctx, c.ID, loan.DocSlot(loan.HukouBook), fmt.Appendf(make([]byte, 200_000), "paper %d %d", i, n), "image/jpeg", "file")
			}
		}
		if i == 2 && err == nil {
			_, err = d.Urge(ctx, c.ID, loan.Disaster)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// standing shows the screen as it is when carriage stands like this.
func (u *Window) standing(change func(s *courier.State, rows []desk.WaitingRow)) {
	fyne.DoAndWait(func() {
		rows := u.desk.Waiting()
		k := u.carrier
		s := k.courier.State() // paused, and so always the same
		s.Phase, s.Hold, s.Settings = courier.Idle, courier.HeldNothing, desk.SyncSettings{}
		change(&s, rows)
		u.carried(k, s)
		sc := u.shell.screen.(*syncScreen)
		sc.listed = time.Time{}
		sc.refresh()
	})
}

func sending(s *courier.State, done int64) {
	s.Phase, s.Online, s.Done, s.Speed, s.Changes = courier.Sending, true, done, 210_000, 0
	s.EverContact, s.EverReceipt = testClock(), testClock().Add(-3*time.Second)
}

// getsOn shows the first case half way, and the second just begun.
func (u *Window) getsOn() {
	fyne.DoAndWait(func() {
		sc := u.shell.screen.(*syncScreen)
		sc.ways = waysOf(sc.rows, u.carrier.state, map[uuid.UUID]int64{sc.rows[0].ID: 320_000, sc.rows[1].ID: 40_000},
			map[uuid.UUID]float64{sc.rows[0].ID: 180_000, sc.rows[1].ID: 30_000})
		sc.list.Refresh()
	})
}

// standings are the ways carriage may stand, as a person meets them.
func standings() map[string]func(s *courier.State, rows []desk.WaitingRow) {
	return map[string]func(s *courier.State, rows []desk.WaitingRow){
		"sending": func(s *courier.State, _ []desk.WaitingRow) { sending(s, 512_000) },
		"records": func(s *courier.State, _ []desk.WaitingRow) { sending(s, 0); s.Changes, s.Speed = 17, 0 },
		"paused": func(s *courier.State, _ []desk.WaitingRow) {
			s.Settings.Paused, s.Phase, s.Hold, s.Done = true, courier.Paused, courier.HeldPaused, 512_000
		},
		"capped": func(s *courier.State, _ []desk.WaitingRow) {
			sending(s, 512_000)
			s.Settings.Cap, s.Speed = 32<<10, 32_100
		},
		"metered": func(s *courier.State, _ []desk.WaitingRow) {
			sending(s, 0)
			s.Phase, s.Hold, s.Metered, s.HeldBlobs, s.HeldBytes = courier.Idle, courier.HeldMetered, true, s.Blobs, s.Bytes
		},
		"offline": func(s *courier.State, _ []desk.WaitingRow) {
			s.Phase, s.Err, s.Reason, s.Next = courier.Waiting, fault.New("t", fault.Offline, nil), fault.Offline, testClock().Add(23*time.Second)
		},
		"refused": func(s *courier.State, rows []desk.WaitingRow) {
			sending(s, 512_000)
			s.Refused = []store.Refused{{Counter: 9, Case: rows[0].ID, Kind: loan.ChangeEdit, Reason: "input"}}
			s.Aside = []courier.Aside{{Case: rows[1].ID, Err: fault.New("t", fault.Damaged, nil)}, {Case: rows[2].ID, Err: fault.New("t", fault.Input, nil)}}
		},
		"revoked": func(s *courier.State, _ []desk.WaitingRow) {
			s.Phase, s.Err, s.Reason, s.Next = courier.Waiting, fault.Say("t", fault.Denied, "中心已停用本机。", nil), fault.Denied, testClock().Add(40*time.Second)
		},
		"stands": func(s *courier.State, _ []desk.WaitingRow) {
			sending(s, 512_000)
			s.Speed, s.Stands = 0, true
		},
		"fetching": func(s *courier.State, _ []desk.WaitingRow) {
			sending(s, 0)
			s.Phase, s.Changes, s.Blobs, s.Bytes, s.Total, s.Fetching, s.Fetched = courier.Connecting, 0, 0, 0, 0, true, 12_800
		},
	}
}

func TestSyncScreenInEveryStanding(t *testing.T) {
	dark := []string{"offline", "refused", "sending"} // what else there is differs in words alone
	for look, variant := range map[string]kit.Variant{"light": kit.Light, "dark": kit.Dark} {
		t.Run(look, func(t *testing.T) {
			u := testWindow(t, waitingFolder(t, 4), variant)
			signInTest(t, u)
			fyne.DoAndWait(func() { u.shell.visit("sync") })
			for name, change := range standings() {
				if look == "dark" && !slices.Contains(dark, name) {
					continue
				}
				t.Run(name, func(t *testing.T) {
					u.standing(change)
					if name == "sending" {
						u.getsOn()
					}
					golden(t, u, "sync-"+name+"-"+look)
				})
			}
		})
	}
	t.Run("questions", func(t *testing.T) {
		u := testWindow(t, waitingFolder(t, 2), kit.Light)
		signInTest(t, u)
		fyne.DoAndWait(func() { u.shell.visit("sync") })
		for name, ask := range map[string]func(*syncScreen){"first": (*syncScreen).askUrgent, "enrol": func(s *syncScreen) { s.enrol.OnTapped() }} {
			fyne.DoAndWait(func() { ask(u.shell.screen.(*syncScreen)) })
			golden(t, u, "sync-ask-"+name)
			fyne.DoAndWait(func() { u.win.Canvas().Overlays().Top().(*kit.Dialog).Close() })
		}
	})
	t.Run("all sent", func(t *testing.T) {
		u := testWindow(t, settledFolder(t, 0), kit.Light)
		signInTest(t, u)
		fyne.DoAndWait(func() { u.shell.visit("sync") })
		u.standing(func(s *courier.State, _ []desk.WaitingRow) {
			s.Online, s.AllSent, s.Changes, s.EverContact, s.EverReceipt = true, true, 0, testClock(), testClock()
		})
		golden(t, u, "sync-all-sent-light")
	})
	t.Run("settings", func(t *testing.T) {
		u := testWindow(t, waitingFolder(t, 2), kit.Light)
		signInTest(t, u)
		fyne.DoAndWait(func() { u.shell.visit("sync") })
		u.standing(func(s *courier.State, _ []desk.WaitingRow) {
			sending(s, 100_000)
			s.Settings = desk.SyncSettings{Cap: 64 << 10, OnMetered: desk.MeteredContracts, Metered: true}
			s.Metered, s.Hold = true, courier.HeldMetered
		})
		fyne.DoAndWait(func() { u.shell.screen.(*syncScreen).content.ScrollToBottom() })
		golden(t, u, "sync-settings-light")
	})
	t.Run("many cases", func(t *testing.T) {
		u := testWindow(t, waitingFolder(t, 60), kit.Light)
		signInTest(t, u)
		fyne.DoAndWait(func() { u.shell.visit("sync") })
		u.standing(func(s *courier.State, _ []desk.WaitingRow) { sending(s, 3_000_000) })
		golden(t, u, "sync-many-light")
	})
}

func TestSyncSettingsAreKept(t *testing.T) {
	dir := waitingFolder(t, 1)
	u := testWindow(t, dir, kit.Light)
	signInTest(t, u)
	fyne.DoAndWait(func() { u.shell.visit("sync") })
	screenOf := func() *syncScreen { return u.shell.screen.(*syncScreen) }
	steps := []struct {
		do   func(*syncScreen)
		want desk.SyncSettings
	}{
		{func(s *syncScreen) { s.settings.limit.OnChanged("131072") }, desk.SyncSettings{Paused: true, Cap: 128 << 10}},
		{func(s *syncScreen) { s.settings.metered.OnChanged("contracts") }, desk.SyncSettings{Paused: true, Cap: 128 << 10, OnMetered: desk.MeteredContracts}},
		{func(s *syncScreen) { s.settings.byHand.OnChanged(true) }, desk.SyncSettings{Paused: true, Cap: 128 << 10, OnMetered: desk.MeteredContracts, Metered: true}},
	}
	for _, step := range steps {
		fyne.DoAndWait(func() { step.do(screenOf()) })
		u.idle(t)
		u.idle(t) // the courier's word comes back by Fyne's goroutine
		got, err := u.desk.SyncSettings(t.Context())
		if err != nil || got != step.want {
			t.Errorf("kept %+v, %v, want %+v", got, err, step.want)
		}
		fyne.DoAndWait(func() {
			if now := screenOf().settings.now; now != step.want {
				t.Errorf("shown %+v, want %+v", now, step.want)
			}
		})
	}
}

func TestACaseGoesFirst(t *testing.T) {
	u := testWindow(t, waitingFolder(t, 4), kit.Light)
	signInTest(t, u)
	fyne.DoAndWait(func() { u.shell.visit("sync") })
	var last uuid.UUID
	fyne.DoAndWait(func() {
		s := u.shell.screen.(*syncScreen)
		last = s.rows[3].ID
		s.list.Select(3)
		u.urge(last, loan.Urgent, s.urged)
	})
	u.idle(t)
	fyne.DoAndWait(func() {
		s := u.shell.screen.(*syncScreen)
		at, ok := s.chosen()
		if !ok || at.ID != last || at.Urgency != loan.Urgent || s.list.Selected() > 1 {
			t.Errorf("chosen %v in place %d, urgency %q", ok, s.list.Selected(), at.Urgency)
		}
		s.askUrgent() // takes it back, without a question
	})
	u.idle(t)
	fyne.DoAndWait(func() {
		s := u.shell.screen.(*syncScreen)
		if at, _ := s.chosen(); at.ID != last || at.Urgency != loan.NotUrgent || s.list.Selected() != 3 {
			t.Errorf("in place %d, urgency %q", s.list.Selected(), at.Urgency)
		}
	})
}

func TestTheHeadlineSaysWhyAndWhatNext(t *testing.T) {
	now := testClock()
	for name, c := range map[string]struct {
		s    courier.State
		want string
	}{
		"offline counts down": {courier.State{Err: fault.New("t", fault.Offline, nil), Reason: fault.Offline, Next: now.Add(12 * time.Second)},
			"现在连不上中心，材料已留在本机。可以继续受理；网络恢复后会自动上传。12 秒后自动重试。"},
		"shut out asks for a code": {courier.State{Err: fault.New("t", fault.Denied, errors.New("x")), Reason: fault.Denied},
			"中心不再接收这台电脑的材料，材料都在本机，没有丢失。请先给县资助中心打电话：本机已被停用的，不要再受理；索取重新注册码后，再点“重新注册”。"},
		"paused beats all": {courier.State{Phase: courier.Paused, Err: fault.New("t", fault.Denied, nil), Reason: fault.Denied},
			"材料都在本机。点“继续上传”（F6）后接着传，不会从头再来。"},
		"a refused one is not all sent": {courier.State{Online: true, Refused: make([]store.Refused, 2)},
			"有 2 件中心没有收下，见下面“需要处理”；其余的照常上传。"},
	} {
		if _, got := headline(c.s, now); got != c.want {
			t.Errorf("%s: it says %q", name, got)
		}
	}
}

func TestTheRailStaysTrue(t *testing.T) {
	denied := courier.State{Err: fault.New("t", fault.Denied, nil), Reason: fault.Denied}
	metered := courier.State{Online: true, Hold: courier.HeldMetered, Blobs: 2, HeldBlobs: 2, HeldBytes: 5, Bytes: 5, Total: 5, Cases: 1}
	refused := courier.State{Online: true, Refused: make([]store.Refused, 1)}
	aside := courier.State{Online: true, Phase: courier.Sending, Blobs: 1, Bytes: 5, Total: 5, Cases: 1, Aside: []courier.Aside{{Size: 5}}}
	for _, c := range []struct {
		name        string
		s           courier.State
		net, outbox string
	}{
		{"shut out", denied, "须重新注册", "等待与中心核对"},
		{"metered", metered, "网络按流量计费", "1 件案件等待送达"},
		{"refused", refused, "已连接中心", "1 件中心未收"},
		{"nothing moves", courier.State{Online: true, Phase: courier.Sending, Stands: true, Blobs: 1, Bytes: 5, Total: 5, Cases: 1}, "等网络，可继续受理", "1 件案件等待送达"},
		{"the rest was set aside", aside, "已连接中心", "1 件中心未收"},
	} {
		_, net := networkWords(c.s)
		_, outbox := outboxWords(c.s)
		if net != c.net || outbox != c.outbox {
			t.Errorf("%s: the rail says %q and %q", c.name, net, outbox)
		}
	}
}
