package ui

import (
	"testing"

	"doorstep/internal/ui/kit"
)

// TestWhateverTakesLongCanBeStopped begins something in each section that shows it.
func TestWhateverTakesLongCanBeStopped(t *testing.T) {
	r := asAdmin(t)
	sections := map[string]func() (section, *kit.Button){
		"the backup":            func() (section, *kit.Button) { s := inManage[*backupSection](r, ofBackup); return s, s.stop },
		"what is kept how long": func() (section, *kit.Button) { s := inManage[*keptSection](r, ofKept); return s, s.stop },
		"the record":            func() (section, *kit.Button) { s := inManage[*recordSection](r, ofRecord); return s, s.stop },
		"the look at the chain": func() (section, *kit.Button) { s := inManage[*auditSection](r, ofAudit); return s, s.stop },
	}
	for name, open := range sections {
		t.Run(name, func(t *testing.T) {
			s, stop := open()
			stopped := false
			r.ui(func() {
				r.u.chore = &chore{words: "正在备份", stop: func() { stopped = true }}
				s.refresh()
				if size := stop.Size(); !stop.Visible() || size.Width < stop.MinSize().Width || stop.Position().X == 0 {
					t.Errorf("the way to stop it is %v wide, at %v", size.Width, stop.Position())
				}
				fyneTap(stop)
				r.u.chore = nil
				s.refresh()
				if !stopped || stop.Visible() {
					t.Error("it is not stopped, or there is still something to stop")
				}
			})
			r.settle()
		})
	}
}
