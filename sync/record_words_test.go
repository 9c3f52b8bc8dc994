package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// tellsOfSigningAgain says that the record at the centre has a signing anew in the words
// that the laptop has for it.
func tellsOfSigningAgain(t *testing.T, s *server, id uuid.UUID) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.csv")
	s.must(t, "record", "export", "--reason", "年度检查", "--case", id.String(), "--kind", "correct", "--out", file)
	report, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{
		"the list":   s.must(t, "record", "list", "--reason", "年度检查", "--case", id.String(), "--kind", "correct"),
		"the report": string(report),
	} {
		var lines []string
		for l := range strings.Lines(text) {
			if strings.Contains(l, id.String()) {
				lines = append(lines, l)
			}
		}
		if len(lines) != 1 || !strings.Contains(lines[0], "重新签署") || !strings.Contains(lines[0], "签名作废，重新签署") || strings.Contains(lines[0], "申请金额") || strings.Contains(lines[0], "补正") {
			t.Errorf("%s says of a case that was signed anew %q", where, lines)
		}
	}
	var found central.RecordFound
	err = json.Unmarshal([]byte(s.must(t, "record", "list", "--reason", "年度检查", "--case", id.String(), "--kind", "correct", "--json")), &found)
	if err != nil || len(found.Lines) != 1 || found.Lines[0].Sort() != "sign-again" || len(found.Lines[0].Fields) > 0 {
		t.Errorf("for programs: %+v, %v", found.Lines, err)
	}
}

// The record at the centre is in the words of the window, and at the end of a line in
// those of programs.
func TestTheRecordIsInChinese(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 1000))
	l.commit(t, id, "practice-clerk", loan.ChangeReveal, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对"})
	mustCarry(t, l, s.url)
	s.must(t, "case", "return", "--case", id.String(), "--code", "E-DC-002")
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	l.commit(t, id, "practice-clerk", loan.ChangeView, loan.ViewBody{Fields: []string{"student.phone"}, Reason: "家长来电核对", Detail: "grant p-0102030405060708 for practice-clerk by admin-1"})
	mustCarry(t, l, s.url)
	listed := s.must(t, "record", "list", "--reason", "年度检查")
	for what, want := range map[string]string{
		"a look":                "  显示  案件 " + id.String() + "  学生手机号码  原因：家长来电核对  reveal  student.phone  -\n",
		"the centre's own act":  "  县资助中心  中心退回  案件 " + id.String() + "  退回代码 E-DC-002  return  -  returned for E-DC-002\n",
		"an act at the centre":  "  县级操作  案件 " + id.String() + "  没有验证密码：退回案件，案件 " + id.String() + "  act  -  unproven act: case return of case " + id.String() + "\n",
		"how many there are":    "\n共 ",
		"the look at it itself": "查看全部电脑的日志",
		"who approved a grant":  "（admin-1）批准",
		"and of whom":           "（practice-clerk）的申请  批准授权  案件 " + id.String() + "  ",
	} {
		if !strings.Contains(listed, want) {
			t.Errorf("%s: %q is not in %s", what, want, listed)
		}
	}
	proof := s.must(t, "record", "verify", "--reason", "年度检查")
	if long := regexp.MustCompile(`第 \d{10,}|到第`).FindString(proof + listed); long != "" {
		t.Errorf("a number that counts nothing is told as one: %q", long)
	}
	for what, x := range map[string]struct{ got, want string }{
		"what is odd":       {s.must(t, "record", "odd", "--reason", "年度检查"), "项值得留意"},
		"what it proves":    {proof, "县资助中心："},
		"until when":        {proof, " 条，最后一条写于 "},
		"what was verified": {s.must(t, "record", "verify", "--reason", "年度检查"), "核验了 2 份日志，0 处问题"},
	} {
		if !strings.Contains(x.got, x.want) {
			t.Errorf("%s: %q is not in %s", what, x.want, x.got)
		}
	}
}

// Who is refused at the centre reads why in Chinese, before the words of programs.
func TestRefusalsAtTheCentreAreInChinese(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.draft(t)
	mustCarry(t, l, s.url)
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	none := "0190a000-0000-7000-8000-0000000000a1"
	for args, want := range map[string]string{
		"record list --reason 年度检查 --of nobody-1":                                                               "名册上从来没有这个人",
		"record list --reason 年度检查 --case 0000ffff":                                                             "县里没有这个编号的案件",
		"record list --reason 年度检查 --device " + none:                                                            "没有这个编号的电脑",
		"record list --reason 年度检查 --from 8月":                                                                   "--from 和 --to 写日期",
		"case erase --by admin-1 --reason 本人要求 --case " + id.String():                                           "请受理点先在电脑上“作废本案”",
		"case return --code E-IM-001 --case " + id.String():                                                     "代码 E-IM-001 不在清单里，或写了两次",
		"case erase --by admin-1 --reason 本人要求 --case " + none:                                                  "县里没有这件案件",
		"operator off --id nobody-1":                                                                            "名册上没有这个账号",
		"operator add --id clerk-7 --name 某人 --role boss":                                                       "角色不对",
		"operator add --id centre --name 某人 --role clerk":                                                       "账号用小写字母",
		"device revoke --id " + none:                                                                            "没有这台电脑",
		"device settle --id " + l.Profile().Device.String():                                                     "没有待了结的问题",
		"grant new --operator nobody-1 --by admin-1 --fields student.phone --reason 家长来电 --case " + id.String(): "名册上没有账号 nobody-1",
		"grant decide --by admin-1 --reason 同意 --yes --ask 0000000000 --device " + l.Profile().Device.String():  "没有这份待答复的申请",
	} {
		code, _, errs := s.verb(t, strings.Fields(args)...)
		words, programs, both := strings.Cut(errs, "\n      ")
		if code == exitOK || !both || !strings.Contains(words[strings.LastIndex(words, "\n")+1:], want) || !strings.Contains(programs, ": ") {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
	}
}

// What was erased at a wish, and what not and why, is told in Chinese.
func TestErasedCasesAreListedInChinese(t *testing.T) {
	for _, refused := range []string{"", "the case is not void here", "a contract of it was sealed", "the case is not known here", "the laptop does not work on the case",
		"the operator may not, or is not on the roster", "what came afterwards was not the wish's to erase: a person decides"} {
		said := central.Tombstone{Refused: refused}.Said()
		if (said == "") != (refused == "") || strings.ContainsAny(said, "abcdefghijklmnopqrstuvwxyz") {
			t.Errorf("%q: %q", refused, said)
		}
	}
}
