package release

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"doorstep/internal/fault"
	"filippo.io/age"
)

// Manifest says what is in a package, and under what leave.
type Manifest struct {
	Form      int       `json:"form"`
	Recipient string    `json:"recipient"`
	Key       string    `json:"key"`
	Purpose   string    `json:"purpose"`
	Grant     string    `json:"grant"`
	Operator  string    `json:"operator"`
	By        string    `json:"by"`
	At        time.Time `json:"at"`
	Count     int       `json:"count"`
	Cases     []Case    `json:"cases"`
}

// Case is a case of a package.
type Case struct {
	N      int               `json:"n"`
	Case   string            `json:"case"`
	Fields map[string]string `json:"fields,omitempty"`
	Files  []File            `json:"files,omitempty"`
	Left   []string          `json:"left,omitempty"`
}

// File is a file of a package.
type File struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	Sum  string `json:"sha256"`
}

// Package is one being written.
type Package struct {
	path string
	part *os.File
	list Manifest
	seal io.WriteCloser
	zip  *zip.Writer
}

const partly = ".part"

// CheckKey is fault.Input for what is no public key of a recipient.
func CheckKey(key string) error {
	if _, err := age.ParseX25519Recipient(key); err != nil {
		return fault.Tell("release.CheckKey", fault.Input, "接收人公钥不对，请逐字核对，或请接收人重新发送公钥文件。", errors.New("no X25519 recipient"))
	}
	return nil
}

// Create begins a package in a folder that is there, under a name that is not
// used yet. Nothing is in its place before Close; the caller calls Close or
// Drop. fault.Input for a key that is none, fault.Disk where nothing can be
// written.
func Create(dir string, m Manifest) (*Package, error) {
	const op = "release.Create"
	to, err := age.ParseX25519Recipient(m.Key)
	if err != nil {
		return nil, fault.Wrap(op, CheckKey(m.Key))
	}
	m.Form, m.At = 1, m.At.UTC().Truncate(time.Second)
	name := "export-" + m.Grant + "-" + m.At.Format("20060102T150405Z") + ".zip.age"
	p := &Package{path: filepath.Join(dir, name), list: m}
	if _, err := os.Lstat(p.path); err == nil {
		return nil, fault.Tell(op, fault.Input, "文件夹里已有同名的导出文件，请稍后再试。", errors.New("a file of this name"))
	}
	if p.part, err = os.OpenFile(p.path+partly, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, fault.Tell(op, fault.Disk, "无法写入所选文件夹，请换一个文件夹或 U 盘。", errors.New("the folder takes no file"))
	}
	if p.seal, err = age.Encrypt(p.part, to); err != nil {
		p.Drop()
		return nil, fault.New(op, fault.Disk, err)
	}
	p.zip = zip.NewWriter(p.seal)
	return p, nil
}

// Begin begins a case: the n-th copy of the grant's.
func (p *Package) Begin(n int, id string, fields map[string]string) {
	p.list.Cases = append(p.list.Cases, Case{N: n, Case: id, Fields: fields})
	p.list.Count = len(p.list.Cases)
}

// Leave says of an attachment of the case begun last that it is not in it.
func (p *Package) Leave(what string) {
	c := &p.list.Cases[len(p.list.Cases)-1]
	c.Left = append(c.Left, what)
}

// Add puts a file into the case begun last.
func (p *Package) Add(name string, content []byte) error {
	c := &p.list.Cases[len(p.list.Cases)-1]
	sum := sha256.Sum256(content)
	c.Files = append(c.Files, File{Name: fmt.Sprintf("%d/%s", len(p.list.Cases), name), Size: len(content), Sum: hex.EncodeToString(sum[:])})
	return p.put(c.Files[len(c.Files)-1].Name, content)
}

func (p *Package) put(name string, content []byte) error {
	w, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: p.list.At})
	if err == nil {
		_, err = w.Write(content)
	}
	return diskFault("release.put", err)
}

// Close ends the package: it is whole, durable and in its place under the path
// given back. On failure nothing is left.
func (p *Package) Close() (path string, err error) {
	const op = "release.Close"
	list, err := json.MarshalIndent(p.list, "", " ")
	if err == nil {
		err = p.put("manifest.json", list)
	}
	for _, step := range []func() error{p.zip.Close, p.seal.Close, p.part.Sync} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		p.Drop()
		return "", diskFault(op, err)
	}
	if err := errors.Join(p.part.Close(), os.Rename(p.path+partly, p.path)); err != nil {
		os.Remove(p.path + partly)
		return "", diskFault(op, err)
	}
	return p.path, diskFault(op, syncDir(filepath.Dir(p.path)))
}

// Drop leaves nothing of the package.
func (p *Package) Drop() {
	p.part.Close()
	os.Remove(p.path + partly)
}

// Cases are what the package holds so far.
func (p *Package) Cases() []Case { return p.list.Cases }

func diskFault(op string, err error) error {
	if err == nil {
		return nil
	}
	if fault.KindOf(err) != fault.Other {
		return fault.Wrap(op, err)
	}
	return fault.Tell(op, fault.Disk, "导出文件没有写完，已删除。请检查磁盘空间，换一个文件夹后重新申请导出。", err)
}

// Attachment is a paper that is to go into a package.
type Attachment struct {
	Slot  string
	Media string
	Read  func() ([]byte, error)
}

// Fill puts a case into the package, each paper as mark makes of it. What is not
// here any more, is damaged, or cannot be marked is left away, and the list says
// so.
func (p *Package) Fill(n int, id string, fields map[string]string, papers []Attachment, mark func(media string, content []byte) ([]byte, error)) error {
	p.Begin(n, id, fields)
	names := map[string]int{}
	for _, a := range papers {
		content, err := a.Read()
		if err == nil {
			content, err = mark(a.Media, content)
		}
		if err != nil {
			switch fault.KindOf(err) {
			case fault.Missing, fault.Damaged, fault.Erased, fault.Unsupported:
				p.Leave(a.Slot)
				continue
			}
			return err
		}
		name, end := strings.ReplaceAll(a.Slot, "/", "-"), ".jpg"
		if a.Media == "application/pdf" {
			end = ".pdf"
		}
		names[name]++
		if err := p.Add(fmt.Sprintf("%s-%d%s", name, names[name], end), content); err != nil {
			return err
		}
	}
	return nil
}
