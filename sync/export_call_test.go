package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/barcode"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"filippo.io/age"
)

// TestAnExportIsApprovedAtTheCentreByTelephone approves by the verb what a laptop
// reads out, holds the answer to its camera, and takes the grant back by sync.
func TestAnExportIsApprovedAtTheCentreByTelephone(t *testing.T) {
	s := &startChild(t, filepath.Join(t.TempDir(), "centre"), "127.0.0.1:0").server
	l := newLaptop(t, s)
	for _, o := range [][]string{{"clerk-9", "某操作员", "clerk"}, {"admin-9", "县管理员", "dataadmin"}} {
		s.must(t, "operator", "add", "--id", o[0], "--name", o[1], "--role", o[2])
	}
	mustCarry(t, l, s.url)
	d := l.at(t, "clerk-9")
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	to := desk.Release{To: "某市学生资助管理中心", Key: key.Recipient().String()}
	a, err := d.AskGrant(t.Context(), desk.Wanted{Fields: []string{guard.ImagesField}, Count: 2, Hours: 2, Reason: "市中心抽查合同", Export: true})
	if err != nil {
		t.Fatal(err)
	}
	call, err := d.CallExport(t.Context(), a.Code, to)
	if err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(t.TempDir(), "answer.png")
	who := []string{"grant", "answer", "--device", l.Profile().Device.String()[28:], "--operator", "clerk-9", "--by", "admin-9", "--reason", "核对是本人"}
	t.Run("what is asked for is told first, and nothing granted", func(t *testing.T) {
		code, out, errs := s.verb(t, append(who, "--code", call.Code)...)
		if code == exitOK || out != "" || !strings.Contains(errs, to.Fingerprint()) || !strings.Contains(errs, "最多 2 件案件") {
			t.Errorf("exit %d, %q, %q", code, out, errs)
		}
		if code, out, _ := s.verb(t, append(who, "--code", call.Code, "--to", "某公司", "--purpose", a.Reason, "--yes")...); code == exitOK || out != "" {
			t.Errorf("to another: exit %d, %q", code, out)
		}
	})
	read := strings.TrimSpace(s.must(t, append(who, "--code", call.Code, "--to", to.To, "--purpose", a.Reason, "--yes")...))
	if again := strings.TrimSpace(s.must(t, append(who, "--code", call.Scan, "--yes", "--png", picture)...)); again != read {
		t.Errorf("the QR code's answer is %s, that of what was read out %s", again, read)
	}
	b, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	seen, ok := barcode.Scan(img)
	if !ok {
		t.Fatal("the answer's picture is no QR code")
	}
	g, err := d.TakeGrant(t.Context(), a.Code, seen.Text)
	if err != nil || g.Release == nil || *g.Release != to {
		t.Fatalf("granted %+v, %v", g, err)
	}
	if list := s.must(t, "answer", "list"); !strings.Contains(list, g.ID) || !strings.Contains(list, to.Fingerprint()) {
		t.Errorf("the list of answers: %s", list)
	}
	s.must(t, "grant", "withdraw", "--id", g.ID)
	mustCarry(t, l, s.url)
	if all, err := d.Releases(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("after it was taken back: %+v, %v", all, err)
	}
	if _, err := d.Export(t.Context(), g.ID, nil, t.TempDir()); fault.KindOf(err) != fault.Denied || !strings.Contains(fault.Sentence(err), "撤销") {
		t.Errorf("got %v", err)
	}
}
