package ui

import (
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/guard"
	"github.com/google/uuid"
)

func TestWhoAskedIsToldOfTheGrant(t *testing.T) {
	r := othersCase(t)
	v := r.visit()
	a, err := r.u.desk.AskGrant(t.Context(), desk.Wanted{Fields: []string{"student.phone"}, Case: v.id, Hours: 2, Reason: "核对家长投诉的材料"})
	if err == nil {
		_, err = r.u.desk.ApproveAsk(t.Context(), a.Code, "admin-1", []byte(reviewPassword), nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		if got := v.banner.text.Text(); strings.Contains(got, "授权已到") {
			t.Errorf("before it was heard the banner says %q", got)
		}
		r.u.takeUp()
	})
	r.until("the banner of the case tells", func() bool {
		return strings.HasPrefix(v.banner.text.Text(), "授权已到：学生手机号码，到 ")
	})
	r.ui(func() { r.u.shell.visit("today") })
	r.until("今日 tells", func() bool {
		told := r.u.shell.screen.(*today).duties.told
		return len(told) == 1 && strings.Contains(told[0].words, "您申请的授权已批准：学生手机号码，案件 "+v.id.String()[28:])
	})
	t.Run("one that the county gave unasked is not called asked for", func(t *testing.T) {
		r := &rig{t, r.u}
		g := desk.Given{Grant: guard.Grant{ID: "inspection-1", Operator: "reviewer-1", Fields: []string{"student.phone"}, Cases: []uuid.UUID{v.id}, By: "admin-9", Reason: "抽查", Until: testClock().Add(time.Hour)}}
		r.ui(func() {
			if got := r.u.grantDuties([]desk.Given{g}); len(got) != 1 || !strings.HasPrefix(got[0].words, "县资助中心签发给您的授权：学生手机号码，案件 ") {
				t.Errorf("今日: %+v", got)
			}
			g.Revoked = true
			if got := textsIn(newGrantSection(r.u).revokedRow(g)); strings.Contains(got, "重新申请") || !strings.Contains(got, "仍有需要的请申请授权。") {
				t.Errorf("管理 › 授权: %q", got)
			}
		})
	})
	t.Run("and that it was taken back", func(t *testing.T) {
		r := &rig{t, r.u}
		g := desk.Given{Grant: guard.Grant{Fields: []string{"student.phone"}, Cases: []uuid.UUID{v.id}, Until: testClock().Add(time.Hour)}, Revoked: true}
		r.ui(func() {
			if got := v.heardWords([]desk.Given{g}); got != "授权已撤销：学生手机号码。" {
				t.Errorf("the banner: %q", got)
			}
			if got := r.u.grantDuties([]desk.Given{g}); len(got) != 1 || !strings.Contains(got[0].words, "已被撤销") {
				t.Errorf("今日: %+v", got)
			}
			again := g
			again.Revoked = false
			if got := v.heardWords([]desk.Given{g, g}); strings.Count(got, "手机号码") != 1 {
				t.Errorf("the banner of two: %q", got)
			}
			if got, want := v.heardWords([]desk.Given{g, again}), "授权已到：学生手机号码，到 "+v.stamp(g.Until)+" 为止，按“显示…”查看。"; got != want {
				t.Errorf("the banner once it was given anew: %q, want %q", got, want)
			}
			g.By, g.Reason = desk.Emergency, "洪水断网"
			g.Found = desk.Reviewed{By: "admin-1", Word: "当天网络正常"}
			for where, got := range map[string]string{"the banner": v.heardWords([]desk.Given{g}), "今日": r.u.grantDuties([]desk.Given{g})[0].words} {
				if !strings.Contains(got, "不应使用") || !strings.Contains(got, "admin-1）：当天网络正常。") {
					t.Errorf("%s: %q", where, got)
				}
			}
			s := newGrantSection(r.u)
			s.mine.Objects = nil
			s.showRevoked([]desk.Given{g}, nil)
			if words := strings.ReplaceAll(strings.Join(allWords(s.mine), ""), " ", ""); strings.Contains(words, "没有有效的授权") || !strings.Contains(words, "您写的原因：洪水断网。") || !strings.Contains(words, "的说明：当天网络正常。") {
				t.Errorf("管理 › 授权: %q", words)
			}
			g.By, g.Found = "admin-1", desk.Reviewed{}
			g.Revoked, g.Used = false, g.Cases
			if got := r.u.grantDuties([]desk.Given{g}); len(got) != 0 {
				t.Errorf("once it was used: %+v", got)
			}
		})
	})
}
