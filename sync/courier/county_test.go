package courier

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// countyRoad is a courier of a new laptop, and the centre that it asks about its county.
type countyRoad struct {
	*Courier
	t      *testing.T
	signer *seal.Signer
	answer parcel.CountyResponse
	raw    map[string][]byte // bulletins, by the path's kind and name
	asked  []string          // kinds, in their order
	broken bulletin.Kind     // at which the road breaks
}

func newCountyRoad(t *testing.T) *countyRoad {
	t.Helper()
	signer, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	own, err := seal.NewSigner()
	if err != nil {
		t.Fatal(err)
	}
	p := store.Profile{Device: uuid.New(), Signer: own, Server: "https://centre.example", County: "522727", CountyName: "平塘县", Point: "测试乡受理点", PointType: "乡镇",
		CountyKey: seal.NewKey(), Centre: signer.Public()}
	s, err := store.Create(t.Context(), store.Options{Dir: t.TempDir(), Cost: seal.CheapCost()}, p,
		guard.Operator{ID: "clerk-1", Name: "操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte("a long password"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c := &Courier{store: s, profile: p, now: time.Now, log: slog.New(slog.DiscardHandler), watch: map[int]func(State){}}
	w := &countyRoad{Courier: c, t: t, signer: signer, raw: map[string][]byte{}, answer: parcel.CountyResponse{Recovery: signer.Public().Marshal()}}
	c.road, _ = centreOf(t, w.serve)
	return w
}

func (w *countyRoad) serve(out http.ResponseWriter, r *http.Request) {
	typ, b := parcel.TypeJSON, []byte(nil)
	if path, ok := strings.CutPrefix(r.URL.Path, "/v1/bulletin/"); ok {
		parts := strings.Split(path, "/")
		w.asked = append(w.asked, parts[0])
		if parts[0] == string(w.broken) {
			panic(http.ErrAbortHandler)
		}
		typ, b = parcel.TypeBulletin, w.raw[parts[0]+"/"+parts[1]]
	} else if r.URL.Path == "/v1/county" {
		b, _ = json.Marshal(w.answer)
	} else {
		http.NotFound(out, r)
		return
	}
	sum := sha256.Sum256(b)
	out.Header().Set(parcel.SumHeader, hex.EncodeToString(sum[:]))
	out.Header().Set("Content-Type", typ)
	out.Write(b)
}

// issues signs a word of the county and lists it.
func (w *countyRoad) issues(kind bulletin.Kind, name string, at time.Time, content []byte) []byte {
	w.t.Helper()
	b := bulletin.Bulletin{County: "522727", Kind: kind, Name: name, Version: uint64(at.UnixMilli()), Issued: at.UTC(), Content: content}
	raw, err := b.Sign(w.signer)
	if err != nil {
		w.t.Fatal(err)
	}
	w.raw[string(kind)+"/"+name] = raw
	w.answer.Bulletins = append(slices.DeleteFunc(w.answer.Bulletins, func(l parcel.ListedBulletin) bool { return l.Kind == kind }),
		parcel.ListedBulletin{Kind: kind, Name: name, Version: b.Version, Hash: bulletin.HashOf(raw), Size: int64(len(raw))})
	return raw
}

// people issues a roster of operators, and puts it into the centre's answer.
func (w *countyRoad) people(at time.Time, list ...guard.Operator) []byte {
	w.t.Helper()
	content, err := guard.EncodeListed(list)
	if err != nil {
		w.t.Fatal(err)
	}
	w.answer.Operators = nil
	for _, o := range list {
		e := parcel.CountyOperator{EnrolOperator: parcel.EnrolOperator{ID: o.ID, Name: o.Name}, Off: !o.Enabled}
		for _, r := range o.Roles {
			e.Roles = append(e.Roles, string(r))
		}
		w.answer.Operators = append(w.answer.Operators, e)
	}
	return w.issues(bulletin.Operators, bulletin.OperatorsName, at, content)
}

func (w *countyRoad) has(id string) (guard.Operator, bool) {
	w.t.Helper()
	o, err := w.store.Account(w.t.Context(), id)
	if err != nil && fault.KindOf(err) != fault.Denied {
		w.t.Fatal(err)
	}
	return o, err == nil
}

func TestPeopleAreTakenOverOnlyWithTheListsThatSayWhoTheyAre(t *testing.T) {
	const day = 24 * time.Hour
	begin := time.Date(2026, 8, 1, 8, 0, 0, 0, time.UTC)
	clerk2 := guard.Operator{ID: "clerk-2", Name: "另一操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	admin := guard.Operator{ID: "admin-9", Name: "点管理员", Roles: []guard.Role{guard.DataAdmin}, Enabled: true}
	levels, err := guard.EncodeStandings([]guard.Standing{{ID: "admin-9", Level: guard.PointLevel, Org: "测试乡受理点"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a sync that breaks at the roster leaves no older one to be taken over a newer", func(t *testing.T) {
		w := newCountyRoad(t)
		before := w.people(begin, clerk2)
		off := clerk2
		off.Enabled = false
		w.people(begin.Add(2*day), off)
		if err := w.fetchCounty(t.Context()); err != nil {
			t.Fatal(err)
		}
		if o, ok := w.has("clerk-2"); ok && o.Enabled {
			t.Errorf("got %+v, want nobody who is off", o)
		}
		w.people(begin.Add(3*day), admin)
		w.broken = bulletin.Operators
		if err := w.fetchCounty(t.Context()); fault.KindOf(err) != fault.Offline {
			t.Fatalf("got %v, want a road that broke", err)
		}
		if _, ok := w.has("admin-9"); ok {
			t.Error("a person was taken over without the roster of that moment")
		}
		if _, _, err := w.store.TakeBulletin(t.Context(), before); fault.KindOf(err) != fault.Exists {
			t.Errorf("the file of before: got %v, want it refused", err)
		}
		w.broken = ""
		if err := w.fetchCounty(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, ok := w.has("admin-9"); !ok {
			t.Error("with the next sync nobody came")
		}
	})
	t.Run("nobody comes before his level, and the rest of the county's word waits for people", func(t *testing.T) {
		w := newCountyRoad(t)
		w.people(begin, admin)
		w.issues(bulletin.Standing, bulletin.StandingName, begin, levels)
		w.issues(bulletin.Devices, bulletin.ShutOutName, begin, bulletin.EncodeDevices(nil)) // the smallest
		w.broken = bulletin.Standing
		if err := w.fetchCounty(t.Context()); fault.KindOf(err) != fault.Offline {
			t.Fatalf("got %v, want a road that broke", err)
		}
		if o, ok := w.has("admin-9"); ok && o.Level == "" {
			t.Errorf("got %+v, want nobody without his level", o)
		}
		w.broken, w.asked = bulletin.Devices, nil
		if err := w.fetchCounty(t.Context()); fault.KindOf(err) != fault.Offline || w.asked[len(w.asked)-1] != string(bulletin.Devices) {
			t.Fatalf("got %v after %v, want the people first", err, w.asked)
		}
		if o, ok := w.has("admin-9"); !ok || o.Level != guard.PointLevel {
			t.Errorf("got %+v, %v, want the point's", o, ok)
		}
	})
	t.Run("where the levels are not read here, people are taken off and none comes", func(t *testing.T) {
		w := newCountyRoad(t)
		if err := w.store.AddOperator(t.Context(), clerk2); err != nil {
			t.Fatal(err)
		}
		off := clerk2
		off.Enabled = false
		w.people(begin, off, admin)
		w.answer.Bulletins = nil
		w.issues(bulletin.Standing, bulletin.StandingName, begin, []byte(`{"version":9,"people":[]}`))
		if err := w.fetchCounty(t.Context()); err != nil {
			t.Fatal(err)
		}
		if o, _ := w.has("clerk-2"); o.Enabled {
			t.Errorf("got %+v, want it off", o)
		}
		if o, ok := w.has("admin-9"); ok {
			t.Errorf("got %+v, want nobody without his level", o)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.state.BulletinErr == nil {
			t.Error("the state does not say that a word of the county was refused")
		}
	})
}
