package ui

import (
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/sync/courier"
)

func TestARecordThatTheCentreHasOtherwiseIsNotCalledSound(t *testing.T) {
	for name, x := range map[string]struct {
		state courier.State
		want  string
	}{
		"another":    {courier.State{Copied: true, Reason: fault.Refused}, "换成了以前的数据"},
		"more of it": {courier.State{Behind: true, Reason: fault.Conflict}, "后来的记录"},
	} {
		t.Run(name, func(t *testing.T) {
			r := asAdmin(t)
			r.ui(func() { r.u.startCarrier() })
			r.u.idle(t)
			heard := func(s courier.State) {
				r.ui(func() { r.u.carried(r.u.carrier, s) })
				r.settle()
				if d := r.dialog(); d != nil {
					r.ui(func() { d.Close() })
				}
			}
			r.ui(func() { r.u.shell.visit("today") })
			heard(x.state)
			r.until("今日 says it", func() bool {
				return strings.Contains(strings.Join(allWords(r.u.win.Canvas().Content()), ""), x.want)
			})
			s := inManage[*auditSection](r, ofAudit)
			sound := desk.AuditReport{Chains: []desk.ChainAudit{{Own: true, Changes: 120}}}
			shown := func() string {
				r.ui(func() { s.show(audited{sound, testClock()}) })
				return strings.Join(allWords(s.result), "")
			}
			if words := shown(); strings.Contains(words, "核验通过") || !strings.Contains(words, x.want) {
				t.Errorf("the audit says %q", words)
			}
			heard(courier.State{})
			if words := shown(); !strings.Contains(words, "核验通过") {
				t.Errorf("once it is settled the audit says %q", words)
			}
		})
	}
}
