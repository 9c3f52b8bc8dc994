package release

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"filippo.io/age"
)

func identity(t testing.TB) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func manifest(key string) Manifest {
	return Manifest{Recipient: "某县学生资助管理中心", Key: key, Purpose: "核对学籍", Grant: "g-1", Operator: "clerk-1", By: "admin-1",
		At: time.Date(2023, 8, 5, 10, 0, 0, 0, time.FixedZone("", 8*3600))}
}

func opened(t *testing.T, path string, id *age.X25519Identity) (*zip.Reader, error) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(b), id)
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return zip.NewReader(bytes.NewReader(plain), int64(len(plain)))
}

func TestOnlyTheRecipientOpensAPackage(t *testing.T) {
	dir, id := t.TempDir(), identity(t)
	p, err := Create(dir, manifest(id.Recipient().String()))
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.Repeat("韦测甲 的一页纸 ", 200)
	papers := []Attachment{
		{"doc/hukou", "image/jpeg", func() ([]byte, error) { return []byte(secret), nil }},
		{"doc/hukou", "image/jpeg", func() ([]byte, error) { return []byte("another"), nil }},
		{"contract", "application/pdf", func() ([]byte, error) { return []byte("pdf"), nil }},
		{"ink/student", "x", func() ([]byte, error) { return []byte("ink"), nil }},
		{"portrait/student", "image/jpeg", func() ([]byte, error) { return nil, fault.New("test", fault.Erased, nil) }},
	}
	err = p.Fill(2, "case-1", map[string]string{"student.name": "韦测甲"}, papers, func(media string, b []byte) ([]byte, error) {
		if media == "x" {
			return nil, fault.New("test", fault.Unsupported, nil)
		}
		return append([]byte("marked "), b...), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if part, err := os.ReadFile(filepath.Join(dir, "export-g-1-20230805T020000Z.zip.age.part")); err != nil || bytes.Contains(part, []byte("韦测甲")) {
		t.Errorf("while it is made: %v, or in clear", err)
	}
	path, err := p.Close()
	if err != nil || filepath.Base(path) != "export-g-1-20230805T020000Z.zip.age" {
		t.Fatalf("%s, %v", path, err)
	}
	if _, err := opened(t, path, identity(t)); err == nil {
		t.Error("another opens it")
	}
	z, err := opened(t, path, id)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "1/doc-hukou-1.jpg 1/doc-hukou-2.jpg 1/contract-1.pdf manifest.json" {
		t.Errorf("files: %s", got)
	}
	f, err := z.Open("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var m Manifest
	if err := json.NewDecoder(f).Decode(&m); err != nil {
		t.Fatal(err)
	}
	if m.Form != 1 || m.Count != 1 || m.Recipient != "某县学生资助管理中心" || m.Cases[0].N != 2 || len(m.Cases[0].Files) != 3 ||
		strings.Join(m.Cases[0].Left, " ") != "ink/student portrait/student" || m.Cases[0].Fields["student.name"] != "韦测甲" {
		t.Errorf("manifest: %+v", m)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files in the folder, %v", len(entries), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&0o077 != 0 && os.PathSeparator == '/' {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
	if _, err := Create(dir, manifest(id.Recipient().String())); fault.KindOf(err) != fault.Input {
		t.Errorf("a second of the same name: got %v", err)
	}
}

func TestNothingIsLeftOfAPackageThatIsNotEnded(t *testing.T) {
	dir, id := t.TempDir(), identity(t)
	for name, end := range map[string]func(p *Package) error{
		"dropped": func(p *Package) error { p.Drop(); return nil },
		"a paper that fails": func(p *Package) error {
			err := p.Fill(1, "case-1", nil, []Attachment{{"a", "image/jpeg", func() ([]byte, error) { return nil, errors.New("gone wrong") }}}, nil)
			p.Drop()
			return err
		},
		"a disk that is full": func(p *Package) error {
			p.part.Close()
			_, err := p.Close()
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Create(dir, manifest(id.Recipient().String()))
			if err != nil {
				t.Fatal(err)
			}
			if err := end(p); name != "dropped" && err == nil {
				t.Error("it says all is well")
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("left: %v, %v", left, err)
			}
		})
	}
}

func TestWhereNoPackageCanBe(t *testing.T) {
	id := identity(t)
	if _, err := Create(filepath.Join(t.TempDir(), "none"), manifest(id.Recipient().String())); fault.KindOf(err) != fault.Disk {
		t.Errorf("no folder: got %v", err)
	}
	for _, key := range []string{"", "age1", id.String(), id.Recipient().String() + "x", "ssh-ed25519 AAAA"} {
		if _, err := Create(t.TempDir(), manifest(key)); fault.KindOf(err) != fault.Input {
			t.Errorf("a key of %d characters: got %v", len(key), err)
		}
	}
}
