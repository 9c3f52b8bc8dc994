package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/central"
)

// A laptop for practice takes papers in before it knows a centre, enrols at the
// first contact, and every file comes out of the centre byte for byte.
func TestImportRunExport(t *testing.T) {
	dir := t.TempDir()
	from, data := filepath.Join(dir, "cases"), filepath.Join(dir, "laptop")
	want := map[string]bool{}
	for _, id := range []string{"a", "b"} {
		if err := os.MkdirAll(filepath.Join(from, id), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"record.json", "photo_student.jpg", "photo_cobor.jpg", "scan_1.jpg", "scan_2.jpg", "contract.pdf"} {
			text := strings.Repeat(id+name, 3000)
			want[text] = true
			if err := os.WriteFile(filepath.Join(from, id, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if code, _, errs := try("sync", "import", "--from", from, "--data", data); code != exitDone {
		t.Fatalf("import: exit %d: %s", code, errs)
	}
	if code, _, _ := try("sync", "run", "--until-empty", "--data", data); code == exitDone {
		t.Error("a laptop without a centre ran")
	}
	c, err := central.Open(context.Background(), central.Options{Dir: filepath.Join(dir, "centre"), Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	url := serveCentre(t, c)
	code, err := c.NewCode(context.Background(), central.NewCodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	codeFile := filepath.Join(dir, "code")
	if err := os.WriteFile(codeFile, []byte(code+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, what := range []string{"first", "second"} { // the second needs no code
		args := []string{"sync", "run", "--until-empty", "--data", data}
		if what == "first" {
			args = append(args, "--server", url, "--code-file", codeFile)
		}
		if exit, out, errs := try(args...); exit != exitDone || !strings.Contains(out, "all sent: true") {
			t.Fatalf("%s run: exit %d: %s%s", what, exit, out, errs)
		}
	}
	e, err := c.Export(context.Background(), filepath.Join(dir, "out"))
	if err != nil || e.Cases != 2 || e.Files != 12 || e.Lacking != 0 {
		t.Fatalf("exported %+v, %v", e, err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "out", "*", "*"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		delete(want, string(b))
	}
	if len(want) != 0 {
		t.Errorf("%d files did not come back", len(want))
	}
}

func TestImportAtATrueLaptopNotesAPortraitThatIsInUse(t *testing.T) {
	dir := t.TempDir()
	c, err := startCentre(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	code, err := c.NewCode(t.Context(), central.NewCodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if err := os.MkdirAll("folders/one", 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"code": code + "\n", "pw": "right-horse-42\n", "folders/one/photo_student.jpg": "the same", "folders/one/scan_1.jpg": "a paper"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	who := []string{"--data", "l", "--operator", "anna", "--password-file", "pw"}
	for _, args := range [][]string{{"enrol", "--server", c.url, "--code-file", "code"}, {"sync", "import", "--from", "folders"}, {"sync", "import", "--from", "folders"}} {
		if code, _, errs := try(append(args, who...)...); code != exitDone {
			t.Fatalf("%v: exit code %d, %s", args, code, errs)
		}
	}
	door, err := openDoor(t.Context(), "l")
	if err != nil {
		t.Fatal(err)
	}
	d, err := door.SignIn(t.Context(), "anna", []byte("right-horse-42"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	all, err := d.Store().Pending(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	said := 0
	for _, ch := range all {
		if b, err := loan.Body[loan.ViewBody](ch); err == nil && ch.Kind == loan.ChangeView && strings.HasPrefix(b.Detail, guard.PortraitAgain) {
			said++
		}
	}
	if said != 1 {
		t.Errorf("the record says %d times that a portrait came again, want once", said)
	}
}

func TestPracticeStaysPractice(t *testing.T) {
	dir := t.TempDir()
	s, err := practiceStore(context.Background(), filepath.Join(dir, "laptop"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := startCentre(dir) // of a true county
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	code, err := c.NewCode(context.Background(), central.NewCodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "code")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := enrolPractice(context.Background(), s, c.url, file); fault.KindOf(err) != fault.Refused {
		t.Errorf("a laptop for practice enrolled with a true county: %v", err)
	}
	if p := s.Profile(); len(p.CertDER) > 0 {
		t.Error("it has a certificate")
	}
}

// serveCentre answers for a centre until the test ends.
func serveCentre(t *testing.T, c *central.Central) string {
	t.Helper()
	srv, err := c.Server([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- srv.ServeTLS(l, "", "") }()
	t.Cleanup(func() { srv.Close(); <-done })
	return "https://" + l.Addr().String()
}
