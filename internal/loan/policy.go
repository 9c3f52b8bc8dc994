package loan

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	"doorstep/internal/fault"
)

// Policy is a dated policy pack. The signing date chooses it, and a contract
// keeps the pack it was signed under.
type Policy struct {
	ID               string   `json:"id"`
	SignedFrom       Date     `json:"signed_from"`
	UndergraduateMax int      `json:"undergraduate_max"` // yuan a school year
	GraduateMax      int      `json:"graduate_max"`
	Minimum          int      `json:"minimum"`
	Multiple         int      `json:"multiple"`
	MaturityBase     int      `json:"maturity_base"` // years after graduation
	MaturityCap      int      `json:"maturity_cap"`  // years after signing
	GraceYears       int      `json:"grace_years"`
	LivingCosts      bool     `json:"living_costs"` // may exceed tuition and dorm
	Purposes         []string `json:"purposes"`
	Rate             Rate     `json:"rate"`
	MaturityDay      string   `json:"maturity_day"`  // MM-DD
	SubsidyUntil     string   `json:"subsidy_until"` // MM-DD of the graduation year
	Confidence       string   `json:"confidence"`
}

// Rate is how the interest is fixed.
type Rate struct {
	Base    string `json:"base"`     // PBOC or LPR5Y
	MinusBP int    `json:"minus_bp"` // basis points under the base
	Text    string `json:"text"`     // as printed
}

// ParsePolicy reads a pack; what the rules need and is missing is fault.Input.
func ParsePolicy(b []byte) (Policy, error) {
	var p Policy
	if err := json.Unmarshal(b, &p); err != nil {
		return p, fault.New("read policy pack", fault.Input, err)
	}
	if p.ID == "" || !p.SignedFrom.Valid() || p.UndergraduateMax <= 0 || p.GraduateMax <= 0 ||
		p.Multiple <= 0 || p.MaturityBase <= 0 || p.MaturityCap <= 0 {
		return p, fault.New("read policy pack", fault.Input, errors.New("incomplete: "+p.ID))
	}
	return p, nil
}

// WithPolicies is r with more packs: one takes the place of the pack of its id,
// the others stand behind. r itself is as before.
func (r *Reference) WithPolicies(more ...Policy) *Reference {
	next := *r
	next.Packs = slices.Clone(r.Packs)
	for _, p := range more {
		next.Packs = append(slices.DeleteFunc(next.Packs, func(q Policy) bool { return q.ID == p.ID }), p)
	}
	return &next
}

// policyFor is the pack in force on a signing date; false before the first. Of
// packs that begin on one day the last of the list stands.
func policyFor(packs []Policy, signed Date) (Policy, bool) {
	sorted := slices.SortedStableFunc(slices.Values(packs), func(a, b Policy) int { return cmp.Compare(a.SignedFrom, b.SignedFrom) })
	for i := len(sorted) - 1; i >= 0; i-- {
		if sorted[i].SignedFrom <= signed {
			return sorted[i], true
		}
	}
	return Policy{}, false
}

// PolicyFor is the pack in force on a signing date; fault.Missing before the
// first one or when the date is none.
func (r *Reference) PolicyFor(signed Date) (Policy, error) {
	if signed.Valid() {
		if p, ok := policyFor(r.Packs, signed); ok {
			return p, nil
		}
	}
	return Policy{}, fault.New("choose policy pack", fault.Missing, nil)
}

// Max is the cap of a school year for a level, in yuan.
func (p Policy) Max(l Level) int {
	if l.Graduate() {
		return p.GraduateMax
	}
	return p.UndergraduateMax
}

// MaturityYear is min(graduation + base, signing + cap).
func (p Policy) MaturityYear(graduation, signing int) int {
	return min(graduation+p.MaturityBase, signing+p.MaturityCap)
}
