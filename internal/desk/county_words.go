package desk

import (
	"bytes"
	"fmt"
	"time"

	"doorstep/internal/bulletin"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// tell fills in title and detail out of the content, which was read before: what
// does not read has the kind's own title. at is where times are read.
func (f *InForce) tell(content []byte, at *time.Location) {
	switch f.Kind {
	case bulletin.Policy:
		if p, err := loan.ParsePolicy(content); err == nil {
			f.Title = p.ID
			f.Detail = fmt.Sprintf("%s 起签订适用；本专科 %d 元，研究生 %d 元", p.SignedFrom, p.UndergraduateMax, p.GraduateMax)
		}
	case bulletin.Template:
		if t, err := loan.ParseTemplate(content); err == nil {
			f.Title = t.Title
			f.Detail = fmt.Sprintf("%s，%s 起签订适用", t.Ref(), t.SignedFrom)
		}
	case bulletin.Schools:
		if g, err := loan.ParseRegister(bytes.NewReader(content)); err == nil {
			f.Detail = fmt.Sprintf("%d 所", len(g.Schools))
		}
	case bulletin.Roster:
		if r, err := loan.ParseRoster(content); err == nil {
			passed := 0
			for _, p := range r.People {
				if p.Approved {
					passed++
				}
			}
			f.Title = r.School
			f.Detail = fmt.Sprintf("群组码 %s，%d 学年；%d 人，通过 %d 人", r.Group, r.Year, len(r.People), passed)
		}
	case bulletin.Grant:
		if g, err := guard.ParseGrant(content); err == nil {
			f.Title = "账号 " + g.Operator
			of := fmt.Sprintf("指定的 %d 件案件", len(g.Cases))
			if len(g.Cases) == 0 {
				of = fmt.Sprintf("最多 %d 件案件", g.Count)
			}
			f.Detail = fmt.Sprintf("%s，%d 个栏目，至 %s", of, len(g.Fields), g.Until.In(at).Format("2006-01-02 15:04"))
		}
	case bulletin.Asks:
		if list, err := guard.ParseWaiting(content); err == nil {
			f.Detail = fmt.Sprintf("%d 份", len(list))
		}
	case bulletin.Answers:
		if list, err := guard.ParseAnswersBack(content); err == nil {
			f.Detail = fmt.Sprintf("%d 份", len(list))
		}
	case bulletin.Reviews:
		if list, err := guard.ParseReviewed(content); err == nil {
			f.Detail = fmt.Sprintf("%d 次", len(list))
		}
	case bulletin.Operators:
		if list, err := guard.ParseListed(content); err == nil {
			f.Detail = fmt.Sprintf("%d 人", len(list))
		}
	case bulletin.Standing:
		if list, err := guard.ParseStandings(content); err == nil {
			f.Detail = fmt.Sprintf("%d 人", len(list))
		}
	case bulletin.Devices:
		if list, err := bulletin.ParseDevices(content); err == nil {
			f.Detail = fmt.Sprintf("%d 台", len(list))
		}
	}
}
