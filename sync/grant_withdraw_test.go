package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"doorstep/internal/loan"
)

func TestAGrantThatWasTakenBackIsFoundByItsCase(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id, other := l.draft(t, noise("a", 1000)), l.draft(t)
	l.commit(t, id, "practice-clerk", loan.ChangeEdit, map[string]any{"fields": map[string]any{"student.name": "韦测甲"}})
	l.finish(t, id)
	mustCarry(t, l, s.url)
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	said := s.must(t, "grant", "new", "--operator", "practice-clerk", "--by", "admin-1", "--fields", "student.phone", "--reason", "韦测甲家长来电", "--case", id.String())
	grant := regexp.MustCompile("g-[0-9a-f]{32}").FindString(said)
	s.must(t, "grant", "withdraw", "--id", grant, "--reason", "韦测甲家长不再需要")
	for name, of := range map[string]string{"the id": id.String(), "its end": id.String()[28:]} {
		listed := s.must(t, "record", "list", "--reason", "年度检查", "--case", of)
		for _, want := range []string{"签发授权 " + grant + "，账号 practice-clerk，案件 " + id.String()[28:], "收回授权 " + grant + "，账号 practice-clerk，案件 " + id.String()[28:], "家长不再需要", "家长来电"} {
			if !strings.Contains(listed, want) {
				t.Errorf("by %s: no %q in\n%s", name, want, listed)
			}
		}
		if strings.Contains(listed, "韦测甲") {
			t.Errorf("by %s: the student's name in\n%s", name, listed)
		}
	}
	if listed := s.must(t, "record", "list", "--reason", "年度检查", "--case", other.String()); strings.Contains(listed, grant) {
		t.Errorf("another case has it: %s", listed)
	}
}
