package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

const password = "correct horse battery"

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func wantKind(t testing.TB, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); err == nil || got != want {
		t.Fatalf("got error %v of kind %v, want %v", err, got, want)
	}
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// profile is of a laptop of the suite under test.
func profile() Profile {
	p := Profile{Device: uuid.New(), Signer: must(seal.NewSigner()), Server: "https://centre.example", County: "522727",
		CountyName: "平塘县", Point: "大塘镇受理点", PointType: "乡镇", CountyKey: seal.NewKeyOf(testSuite()), Centre: must(seal.NewSigner()).Public()}
	if s := testSuite(); s != seal.International {
		p.Chain = must(seal.NewSignerOf(s))
	}
	return p
}

func clerk(id string) guard.Operator {
	return guard.Operator{ID: id, Name: "操作员" + id, Roles: []guard.Role{guard.Clerk}, Enabled: true}
}

func options(dir string) Options { return Options{Dir: dir, Cost: seal.CheapCost()} }

func newTestStore(t testing.TB) *Store {
	t.Helper()
	s, err := Create(context.Background(), options(t.TempDir()), profile(), clerk("c1"), []byte(password))
	noErr(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// reopened closes a store and unlocks it again.
func reopened(t testing.TB, s *Store) *Store {
	t.Helper()
	noErr(t, s.Close())
	return unlocked(t, s.o)
}

func unlocked(t testing.TB, o Options) *Store {
	t.Helper()
	l, err := Open(context.Background(), o)
	noErr(t, err)
	t.Cleanup(func() { l.Close() })
	s, _, err := l.Unlock(context.Background(), "c1", []byte(password))
	noErr(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// person is a made-up borrower; n makes them differ.
type person struct{ name, idNo, phone string }

func personOf(n int) person {
	surnames, given := []rune("韦单曾解翟覃王李张刘陈杨"), []rune("测试甲乙丙丁戊己庚辛壬癸")
	return person{string([]rune{surnames[n%12], given[n/12%12], given[n/144%12]}),
		fmt.Sprintf("522727200703%06d", n%1000000), fmt.Sprintf("1540000%04d", n%10000)}
}

func openEntry(id uuid.UUID, p person) Entry {
	app := loan.Application{Kind: loan.First, Student: loan.Person{Name: p.name, IDNo: p.idNo, Phone: p.phone},
		Coborrowers: []loan.Coborrower{{Person: loan.Person{Name: "韦父"}}},
		Study:       loan.Study{SchoolName: "贵州大学"}, Loan: loan.Terms{Amount: 12000}}
	return Entry{Case: id, Kind: loan.ChangeOpen, Operator: "c1", Body: loan.OpenBody{Application: app}}
}

func editEntry(id uuid.UUID, field, value string) Entry {
	return Entry{Case: id, Kind: loan.ChangeEdit, Operator: "c1",
		Body: map[string]any{"fields": map[string]any{field: value}}}
}

func newCase(t testing.TB, s *Store, n int) uuid.UUID {
	t.Helper()
	id := must(uuid.NewV7())
	_, err := s.Commit(context.Background(), []Entry{openEntry(id, personOf(n))}, nil)
	noErr(t, err)
	return id
}

// clock gives times a second apart.
func clock() func() time.Time {
	at := time.Date(2026, 7, 20, 9, 0, 0, 0, time.UTC)
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}
