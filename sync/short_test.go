package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// What a laptop's screens show of its id and of a case's, the last eight characters, is
// taken by every verb that takes one.
func TestTheEndOfAnIDThatScreensShowIsEnough(t *testing.T) {
	s := startServer(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0")
	l := newLaptop(t, s)
	id, draft := l.finished(t, noise("a", 1000)), l.draft(t)
	mustCarry(t, l, s.url)
	s.must(t, "operator", "add", "--id", "admin-1", "--name", "管理员", "--role", "dataadmin")
	end := func(id uuid.UUID) string { return id.String()[28:] }
	device := l.Profile().Device
	s.must(t, "record", "list", "--reason", "年度检查", "--device", end(device))
	s.must(t, "record", "verify", "--reason", "年度检查", "--device", strings.ToUpper(end(device)))
	s.must(t, "grant", "new", "--operator", "practice-clerk", "--by", "admin-1", "--fields", "student.phone", "--reason", "家长来电", "--device", end(device), "--case", end(id)+","+end(draft))
	s.must(t, "case", "return", "--case", end(id), "--code", "E-DC-002")
	s.must(t, "contract", "--case", end(id), "--out", filepath.Join(t.TempDir(), "contract.pdf"))
	s.must(t, "code", "new", "--again", end(device), "--code-file", filepath.Join(t.TempDir(), "code"))
	s.must(t, "device", "revoke", "--id", end(device))
	s.must(t, "device", "admit", "--id", end(device))
	for args, want := range map[string]string{
		"device lost --id 01a226cd":                                                                  "县里没有编号末尾是 01a226cd 的电脑",
		"device lost --id " + end(device)[1:]:                                                        "请写屏幕上的末 8 位",
		"device lost --id %%%%%%%%":                                                                  "请写屏幕上的末 8 位",
		"case erase --by admin-1 --reason 本人要求 --case " + end(draft):                                 "这件案件还没有作废",
		"case accept --case 01a226cd":                                                                "县里没有编号末尾是 01a226cd 的案件",
		"emergency review --device " + end(device) + " --id 0a --right --reason 灾情属实":                "",
		"grant decide --device " + end(device) + " --ask 0000000000 --by admin-1 --reason 同意 --yes":  "没有这份待答复的申请",
		"case withdraw-consent --party student --purpose sensitive --reason 来电 --case " + end(draft): "没有这项同意",
	} {
		if code, _, errs := s.verb(t, strings.Fields(args)...); code == exitOK || !strings.Contains(errs, want) {
			t.Errorf("%s: exit %d, %s", args, code, errs)
		}
	}
	record := s.must(t, "record", "list", "--reason", "年度检查")
	for _, want := range []string{"device revoke " + device.String(), "case return of case " + id.String(), "device=" + device.String()} {
		if !strings.Contains(record, want) {
			t.Errorf("the record does not name %q", want)
		}
	}
}
