package desk_test

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/store"
)

// people is the county's roster of operators as a file, of a moment.
func (f *field) people(at time.Time, list ...guard.Operator) {
	f.t.Helper()
	content, err := guard.EncodeListed(list)
	if err != nil {
		f.t.Fatal(err)
	}
	f.file(bulletin.Bulletin{Kind: bulletin.Operators, Name: bulletin.OperatorsName, Issued: at.UTC(), Content: content})
}

// devices is the county's list of laptops shut out as a file, of a moment; nobody's is.
func (f *field) devices(at time.Time) {
	f.t.Helper()
	f.file(bulletin.Bulletin{Kind: bulletin.Devices, Name: bulletin.ShutOutName, Issued: at.UTC(), Content: bulletin.EncodeDevices(nil)})
}

// file is a word of the county that comes by hand, as 管理 and the verb take it.
func (f *field) file(b bulletin.Bulletin) {
	f.t.Helper()
	if _, err := f.d.TakeFile(f.t.Context(), f.signed(b)); err != nil {
		f.t.Fatal(err)
	}
}

func TestWhatIsForEverybodyKeepsNoLostLaptopOpen(t *testing.T) {
	const day = 24 * time.Hour
	levels, err := guard.EncodeStandings([]guard.Standing{{ID: "clerk-2", Level: guard.CountyLevel, Org: "522727"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]bulletin.Bulletin{
		"a policy pack":               {Kind: bulletin.Policy, Name: "P2023S", Content: []byte(newPack)},
		"the school register":         {Kind: bulletin.Schools, Name: bulletin.RegisterName, Content: register("测试大学")},
		"the levels of operators":     {Kind: bulletin.Standing, Name: bulletin.StandingName, Content: levels},
		"a roster without the person": {Kind: bulletin.Operators, Name: bulletin.OperatorsName, Content: mustListed(t, guard.Operator{ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true})},
	} {
		t.Run(name, func(t *testing.T) {
			f := newField(t)
			for i := 1; i <= 3; i++ {
				at := clock().Add(time.Duration(i) * 6 * day)
				f.in("clerk-1", clerkPassword, at.Add(time.Hour))
				if i > 1 && f.works() == nil {
					t.Fatalf("open on day %d", 6*i)
				}
				b.Issued = at
				f.file(b)
			}
			err := f.works()
			if fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "14 天") {
				t.Fatalf("on day 18: got %v, %q", err, fault.Sentence(err))
			}
			for _, word := range []string{"连接网络", "续期码", "停用设备名单"} {
				if !strings.Contains(fault.Sentence(err), word) {
					t.Errorf("the sentence %q does not name %s", fault.Sentence(err), word)
				}
			}
		})
	}
	t.Run("but says how late it is", func(t *testing.T) {
		f := newField(t)
		f.file(bulletin.Bulletin{Kind: bulletin.Policy, Name: "P2023S", Issued: clock().Add(3 * day), Content: []byte(newPack)})
		f.in("clerk-1", clerkPassword, clock().Add(day))
		if err := f.works(); !strings.Contains(fault.Sentence(err), "校正电脑的日期") {
			t.Errorf("a clock two days behind a word of the county: got %v", err)
		}
	})
}

func mustListed(t *testing.T, list ...guard.Operator) []byte {
	t.Helper()
	b, err := guard.EncodeListed(list)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestAPointThatLivesBySticksIsRenewedByTheTwoListsOfTheCounty(t *testing.T) {
	const day = 24 * time.Hour
	clerk := guard.Operator{ID: "clerk-1", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	f := newField(t)
	for i := 1; i <= 5; i++ {
		at := clock().Add(time.Duration(i) * 6 * day)
		f.in("clerk-1", clerkPassword, at)
		if err := f.works(); err != nil {
			t.Fatalf("day %d: %v", 6*i, err)
		}
		f.people(at, clerk)
		f.devices(at)
	}
	t.Run("the list of laptops renews the laptop and no account", func(t *testing.T) {
		at := clock().Add(40 * day)
		f.in("clerk-1", clerkPassword, at)
		f.devices(at)
		err := f.works()
		if !strings.Contains(fault.Sentence(err), "7 天") || !strings.Contains(fault.Sentence(err), "人员名册") {
			t.Fatalf("got %v, %q", err, fault.Sentence(err))
		}
		f.people(at.Add(-time.Hour), clerk)
		if err := f.works(); err != nil {
			t.Errorf("and with the roster: %v", err)
		}
	})
	t.Run("the roster renews no laptop", func(t *testing.T) {
		at := clock().Add(60 * day)
		f.in("clerk-1", clerkPassword, at)
		f.people(at.Add(-time.Minute), clerk)
		if err := f.works(); !strings.Contains(fault.Sentence(err), "14 天") {
			t.Fatalf("got %v, %q", err, fault.Sentence(err))
		}
		f.devices(at)
		if err := f.works(); err != nil {
			t.Errorf("and with the list: %v", err)
		}
	})
	t.Run("who was switched off is shut out by it", func(t *testing.T) {
		off := clerk
		off.Enabled = false
		f.people(clock().Add(60*day), off, guard.Operator{ID: "new-1", Name: "新来的", Roles: []guard.Role{guard.Clerk}, Enabled: true})
		if err := f.works(); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "停用") {
			t.Errorf("still signed in: got %v, %q", err, fault.Sentence(err))
		}
		if f.d.Store().CanSignIn("clerk-1") {
			t.Error("the password still opens")
		}
		if o, err := f.d.Store().Account(t.Context(), "new-1"); err != nil || !o.Enabled {
			t.Errorf("who is new on the roster: %+v, %v", o, err)
		}
	})
}

func TestARosterThatNamesAnAccountAsSwitchedOffDoesNotRenewIt(t *testing.T) {
	const day = 24 * time.Hour
	ctx := t.Context()
	clerk := guard.Operator{ID: "clerk-1", Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	for name, c := range map[string]struct {
		on   bool
		want fault.Kind
	}{"as one that may work": {true, 0}, "as switched off": {false, fault.Denied}} {
		t.Run(name, func(t *testing.T) {
			f := newField(t)
			f.in("clerk-1", clerkPassword, clock().Add(6*day))
			named := clerk
			named.Enabled = c.on
			f.people(clock().Add(6*day), named)
			// The network has put him on again, and its list of that moment is not here yet.
			s := f.d.Store()
			if _, err := s.KeepRoster(ctx, []store.RosterEntry{{ID: "clerk-1", Name: clerk.Name, Roles: []string{"clerk"}}}); err != nil {
				t.Fatal(err)
			}
			if err := s.EnableOperator(ctx, clerk, []byte(clerkPassword)); err != nil {
				t.Fatal(err)
			}
			f.in("clerk-1", clerkPassword, clock().Add(8*day))
			err := f.works()
			if c.want == 0 && err != nil || c.want != 0 && (fault.KindOf(err) != c.want || !strings.Contains(fault.Sentence(err), "7 天")) {
				t.Errorf("two days later: got %v, %q", err, fault.Sentence(err))
			}
		})
	}
}
