package guard

import (
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

func TestFieldsOfDifferentLeavesAreShownTogether(t *testing.T) {
	now := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	c := caseOf(loan.Accepted, "author", "")
	c.ID = uuid.New()
	const phone, name = "student.phone", "student.name"
	of := func(id, by string, count int, fields ...string) Given {
		g := Given{Grant: Grant{ID: id, Operator: "x", Fields: fields, Count: count, Reason: "r", By: by, From: now.Add(-time.Hour), Until: now.Add(time.Hour)}}
		if count == 0 {
			g.Cases = []uuid.UUID{c.ID}
		}
		return g
	}
	back := of("back", "admin-1", 0, phone)
	back.Revoked = true
	images, glass := of("images", "admin-1", 0, ImagesField), of("glass", Emergency, 0, GrantFields()...)
	gone := images
	gone.Revoked = true
	full := make([]uuid.UUID, MaxReveals)
	for n, k := range map[string]struct {
		role   Role
		b      Basis
		fields []string
		want   []Part // nil is refused
		say    string
	}{
		"pictures by a grant, the rest by the reason":             {Clerk, Basis{Grants: []Given{images}}, []string{phone, ImagesField}, []Part{{"images", []string{ImagesField}}, {"", []string{phone}}}, ""},
		"the same beside a grant of the rest that was taken back": {Clerk, Basis{Grants: []Given{images, back}}, []string{phone, ImagesField}, []Part{{"images", []string{ImagesField}}, {"", []string{phone}}}, ""},
		"what a grant names by it, the rest by the emergency":     {Clerk, Basis{Grants: []Given{glass, of("phone", "admin-1", 0, phone)}}, []string{phone, name}, []Part{{"phone", []string{phone}}, {"glass", []string{name}}}, ""},
		"nothing by two grants that count where one names all":    {Clerk, Basis{Grants: []Given{of("one", "admin-1", 3, phone), of("all", "admin-1", 3, phone, ImagesField)}}, []string{phone, ImagesField}, []Part{{"all", []string{phone, ImagesField}}}, ""},
		"two grants of an auditor":                                {Auditor, Basis{Grants: []Given{images, of("phone", "admin-1", 0, phone)}}, []string{phone, ImagesField}, []Part{{"images", []string{ImagesField}}, {"phone", []string{phone}}}, ""},
		"three grants that run beside one of pictures that was taken back": {Clerk, Basis{Grants: []Given{gone, of("phone", "admin-1", 0, phone), of("name", "admin-1", 0, name), images}}, []string{phone, name, ImagesField},
			[]Part{{"phone", []string{phone}}, {"name", []string{name}}, {"images", []string{ImagesField}}}, ""},
		"pictures without leave beside a grant of phones taken back":   {Clerk, Basis{Grants: []Given{back}}, []string{phone, ImagesField}, nil, "他人经办案件的影像和合同须有授权才能查看。请"},
		"pictures without leave beside a grant of phones that runs":    {Clerk, Basis{Grants: []Given{of("phone", "admin-1", 0, phone)}}, []string{phone, ImagesField}, nil, "他人经办案件的影像和合同须有授权才能查看。请"},
		"phones after the handful beside a grant of pictures":          {Clerk, Basis{Grants: []Given{images}, Today: full}, []string{phone, ImagesField}, nil, "今天凭原因查看的案件已达上限。请"},
		"phones of an auditor beside a grant of pictures":              {Auditor, Basis{Grants: []Given{images}}, []string{phone, ImagesField}, nil, "授权不包括学生手机号码。请"},
		"phones of an auditor beside a grant of pictures taken back":   {Auditor, Basis{Grants: []Given{func() Given { g := images; g.Revoked = true; return g }()}}, []string{phone}, nil, "没有授权。请"},
		"phones of an auditor beside a grant of them that was revoked": {Auditor, Basis{Grants: []Given{images, back}}, []string{phone, ImagesField}, nil, "授权已撤销。请"},
	} {
		t.Run(n, func(t *testing.T) {
			got, err := MayReveal(operator("x", k.role), c, k.fields, "家长来电核对", k.b, now)
			same := slices.EqualFunc(got, k.want, func(a, b Part) bool { return a.Grant == b.Grant && slices.Equal(a.Fields, b.Fields) })
			if !same || (err == nil) != (k.want != nil) {
				t.Fatalf("got %q, %v; want %q", got, err, k.want)
			}
			if say := fault.Sentence(err); err != nil && !strings.HasPrefix(say, k.say) {
				t.Fatalf("it says %q, want %q", say, k.say)
			}
		})
	}
}
