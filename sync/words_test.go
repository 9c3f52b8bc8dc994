package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"doorstep/internal/seal"
	"doorstep/sync/central"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// What a data administrator or auditor reads of people, requests and emergencies is in
// Chinese, by the clock of Beijing.
func TestWhatIsListedOfPeopleIsInChinese(t *testing.T) {
	at := time.Date(2026, 8, 1, 16, 30, 0, 0, time.UTC)
	device, id := uuid.MustParse("0190a000-0000-7000-8000-0000000000a1"), uuid.MustParse("0190a000-0000-7000-8000-0000000000b2")
	asked := central.RecoveryAsked{ID: id, Device: device, Point: "一中", Operator: "clerk-1", Asked: at}
	glass := central.Emergency{Device: device, Point: "一中", ID: "e-1", Operator: "clerk-1", Case: id, Reason: "洪水撤离", At: at}
	seen := glass
	seen.Reviews = []central.EmergencyReview{{By: "admin-1", Right: true, Word: "核对过", At: at, Centre: true}, {By: "admin-2", Word: "不必", At: at}}
	for name, c := range map[string]struct {
		show func(io.Writer)
		want string
	}{
		"an emergency nobody looked at": {func(w io.Writer) { showEmergency(w, glass) },
			"2026-08-02 00:30:00  一中  电脑 " + device.String() + "  紧急查看 e-1  人员 clerk-1  案件 " + id.String() + "  原因：洪水撤离\n  还没有人复查\n"},
		"one that two looked at": {func(w io.Writer) { showEmergency(w, seen) },
			"  2026-08-02 00:30:00  属实，使用得当，由 admin-1 在县里复查：核对过\n  2026-08-02 00:30:00  不应使用，由 admin-2 在电脑上复查：不必\n"},
		"a forgotten password": {func(w io.Writer) {
			r := asked
			r.Sort, r.State = seal.RecoveryForgotten, parcel.RecoveryWaiting
			showRecoveries(w, []central.RecoveryAsked{r})
		}, "  一中  电脑 " + device.String() + "  忘记密码  等待批准\n"},
		"an enabling": {func(w io.Writer) {
			r := asked
			r.Sort, r.By, r.State = seal.RecoveryEnabling, "clerk-2", parcel.RecoveryExpired
			showRecoveries(w, []central.RecoveryAsked{r})
		}, "启用账号，申请人：clerk-2  已过期\n"},
	} {
		var b bytes.Buffer
		if c.show(&b); !strings.HasSuffix(b.String(), c.want) {
			t.Errorf("%s: %q, want %q at the end", name, b.String(), c.want)
		}
	}
	for _, kind := range []string{"renewal", "enabling", "grant", "export", "taken-back"} {
		if answeredLabel(kind) == kind {
			t.Errorf("%s has no name", kind)
		}
	}
}
