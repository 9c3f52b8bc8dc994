package rig

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// The accounts that write changes.
const (
	clerk    = "rig"
	reviewer = "rig-reviewer"
	centre   = "rig-centre"
)

// at is the time of operation n, by which it is found again.
func at(n int64) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Hour)
}

// numberOf is the inverse of at.
func numberOf(t time.Time) int64 { return int64(t.Sub(at(0)) / time.Hour) }

// ref is made-up content: its bytes follow from the seed and these three.
type ref struct {
	n    int64 // of the operation it came with
	i    int   // which of that operation
	size int
}

func bytesOf(seed, n int64, i, size int) []byte {
	var k [32]byte
	binary.LittleEndian.PutUint64(k[:], uint64(seed))
	binary.LittleEndian.PutUint64(k[8:], uint64(n))
	binary.LittleEndian.PutUint64(k[16:], uint64(i))
	b := make([]byte, size)
	_, _ = rand.NewChaCha8(k).Read(b)
	return b
}

// names gives content its name, once.
type names struct {
	seed  int64
	key   *seal.Key
	known map[ref]loan.Hash
}

func newNames(seed int64) *names {
	return &names{seed: seed, key: countyKey(seed), known: map[ref]loan.Hash{}}
}

func (s *names) bytes(r ref) []byte { return bytesOf(s.seed, r.n, r.i, r.size) }

func (s *names) of(r ref) loan.Hash {
	h, ok := s.known[r]
	if !ok {
		h = loan.Hash(s.key.Name(s.bytes(r)))
		s.known[r] = h
	}
	return h
}

func countyKey(seed int64) *seal.Key {
	k, err := seal.KeyFromBytes(append([]byte{byte(seal.International)}, bytesOf(seed, -1, 0, seal.KeyBytes-1)...))
	if err != nil {
		panic(err) // of the right length and of a known suite
	}
	return k
}

func uuidOf(seed, n int64) uuid.UUID { return uuid.UUID(bytesOf(seed, n, 0, 16)) }

func deviceID(seed int64) uuid.UUID           { return uuidOf(seed, -2) }
func centreID(seed int64) uuid.UUID           { return uuidOf(seed, -3) }
func epochID(seed int64, epoch int) uuid.UUID { return uuidOf(seed, -100-int64(epoch)) }

// text is what a setting or a field holds.
func text(seed, n int64) string { return fmt.Sprintf("%x", bytesOf(seed, n, 99, 20)) }

// person is the application a case is opened with; nobody is meant.
func (p *planner) person() []set {
	a := p.r.IntN(9000)
	return []set{
		{"student.name", nameOf(a)}, {"student.id_no", fmt.Sprintf("99%016d", p.n)}, {"student.phone", fmt.Sprintf("199%08d", p.n)},
		{"coborrowers.0.name", nameOf(a + 7)}, {"coborrowers.0.phone", fmt.Sprintf("198%08d", p.n)},
		{"study.school_name", "贵州大学"}, {"loan.amount", 1000 + p.r.IntN(19000)},
		{"academic_year", yearOf(p.n)},
	}
}

func nameOf(a int) string {
	surnames, given := []rune("韦单曾解翟覃王李张刘陈杨"), []rune("测试甲乙丙丁戊己庚辛壬癸")
	return string([]rune{surnames[a%12], given[a/12%12], given[a/144%12]})
}

// fields are some that an operator may set, each at most once.
func (p *planner) fields(some int) []set {
	all := []set{
		{"student.name", nameOf(p.r.IntN(9000))}, {"student.phone", fmt.Sprintf("197%08d", p.n)},
		{"student.address", text(p.m.seed, p.n)}, {"coborrowers.0.name", nameOf(p.r.IntN(9000))},
		{"coborrowers.0.phone", fmt.Sprintf("196%08d", p.n)}, {"study.school_name", "学校" + text(p.m.seed, p.n)[:6]},
		{"study.years", 1 + p.r.IntN(8)}, {"loan.amount", 1000 + p.r.IntN(19000)}, {"loan.maturity_year", 2030 + p.r.IntN(20)},
		{"hardship.pre_applied", p.r.IntN(2) == 0},
	}
	p.r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all[:some]
}

// assign sets a field of an application by hand: the model has no use for the
// code that is being tried.
func assign(a *loan.Application, s set) {
	grown := func() *loan.Coborrower {
		if len(a.Coborrowers) == 0 {
			a.Coborrowers = []loan.Coborrower{{}}
		}
		return &a.Coborrowers[0]
	}
	switch s.path {
	case "student.name":
		a.Student.Name = s.value.(string)
	case "student.id_no":
		a.Student.IDNo = s.value.(string)
	case "student.phone":
		a.Student.Phone = s.value.(string)
	case "student.address":
		a.Student.Address = s.value.(string)
	case "coborrowers.0.name":
		grown().Name = s.value.(string)
	case "coborrowers.0.phone":
		grown().Phone = s.value.(string)
	case "study.school_name":
		a.Study.SchoolName = s.value.(string)
	case "study.years":
		a.Study.Years = s.value.(int)
	case "loan.amount":
		a.Loan.Amount = s.value.(int)
	case "loan.maturity_year":
		a.Loan.MaturityYear = s.value.(int)
	case "academic_year":
		a.AcademicYear = s.value.(int)
	case "hardship.pre_applied":
		a.Hardship.PreApplied = s.value.(bool)
	default:
		panic("rig: no such field: " + s.path)
	}
}
