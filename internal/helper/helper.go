package helper

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/fault"
)

// Program is a helper that was agreed to: its full path and what its bytes were.
type Program struct {
	Path string `json:"path"`
	Sum  string `json:"sum"` // SHA-256, hexadecimal
}

const (
	// MaxPicture is how long a decoded picture may be, in bytes.
	MaxPicture = 1 << 20
	// MaxSide is how many pixels it may have on a side.
	MaxSide = 1024
	// WLT is the length of the picture on a chip.
	WLT = 1024

	maxProgram = 256 << 20
	maxWord    = 16
	timeLimit  = 10 * time.Second
	cpuSeconds = 10
	memory     = 512 << 20 // bytes that hold something
)

// Choose looks at a program that is to be a helper. It fails with fault.Input for
// what is no program that can be run, fault.Missing where there is no file, and
// fault.Untrusted for one that everybody may change.
func Choose(path string) (Program, error) {
	const op = "helper.Choose"
	if !filepath.IsAbs(path) {
		return Program{}, fault.Tell(op, fault.Input, "请填写辅助程序的完整路径。", errors.New("not a full path"))
	}
	p := Program{Path: filepath.Clean(path)}
	if err := checkFile(op, p.Path); err != nil {
		return Program{}, err
	}
	var err error
	p.Sum, err = sumOf(op, p.Path)
	return p, err
}

func checkFile(op, path string) error {
	s, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fault.Tell(op, fault.Missing, "找不到这个辅助程序，请核对路径。", nil)
	case err != nil:
		return fault.Tell(op, fault.Denied, "不能读取这个辅助程序，请核对权限。", nil)
	case !s.Mode().IsRegular() || s.Size() == 0 || s.Size() > maxProgram || !runnable(path, s.Mode()):
		return fault.Tell(op, fault.Input, "这不是可以运行的程序，请另选。", errors.New("no program"))
	case loose(s.Mode()):
		return fault.Tell(op, fault.Untrusted, "这个程序谁都可以改写，不能使用：请管理员收紧它的权限。", errors.New("writable by all"))
	}
	return nil
}

func sumOf(op, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fault.Tell(op, fault.Denied, "不能读取这个辅助程序，请核对权限。", nil)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, maxProgram)); err != nil {
		return "", fault.Tell(op, fault.Disk, "读取辅助程序失败，请检查磁盘。", nil)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Picture decodes the picture on a chip. What it gives is the program's answer as
// it is, of bounded length. It fails with fault.Untrusted when the program is not
// the one agreed to, and with fault.Unavailable when it does not answer as it
// should.
func (p Program) Picture(ctx context.Context, wlt []byte) ([]byte, error) {
	const op = "helper.Picture"
	if len(wlt) != WLT {
		return nil, fault.New(op, fault.Input, errors.New("not the picture of a chip"))
	}
	b, err := p.run(ctx, op, "wlt", wlt, MaxPicture)
	if err == nil && len(b) == 0 {
		err = failed(op, errors.New("no picture"))
	}
	return b, err
}

// Compare says how alike two portraits are, 0 to 100; known is false where the
// program cannot say. It fails as Picture does.
func (p Program) Compare(ctx context.Context, taken, card []byte) (alike int, known bool, err error) {
	const op = "helper.Compare"
	in := make([]byte, 0, 8+len(taken)+len(card))
	for _, b := range [][]byte{taken, card} {
		in = append(binary.BigEndian.AppendUint32(in, uint32(len(b))), b...)
	}
	b, err := p.run(ctx, op, "compare", in, maxWord)
	if err != nil {
		return 0, false, err
	}
	return likeness(b)
}

// likeness is what a program's answer says, as Compare gives it.
func likeness(b []byte) (alike int, known bool, err error) {
	word := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if word == "?" {
		return 0, false, nil
	}
	n, err := strconv.ParseUint(word, 10, 8)
	if err != nil || n > 100 {
		return 0, false, failed("helper.likeness", errors.New("no number from 0 to 100"))
	}
	return int(n), true, nil
}

func failed(op string, err error) error {
	return fault.Tell(op, fault.Unavailable, "辅助程序没有给出结果，不影响办理。", err)
}

var errLong = errors.New("answer too long")

// answer takes in what a program says, up to a limit. The buffer is not embedded:
// io.Copy would fill it past Write.
type answer struct {
	said bytes.Buffer
	most int
}

func (a *answer) Write(b []byte) (int, error) {
	if a.said.Len()+len(b) > a.most {
		return 0, errLong
	}
	return a.said.Write(b)
}

func (p Program) run(ctx context.Context, op, verb string, in []byte, most int) ([]byte, error) {
	return p.runWithin(ctx, op, verb, in, most, timeLimit)
}

// runWithin runs the program once.
func (p Program) runWithin(ctx context.Context, op, verb string, in []byte, most int, limit time.Duration) ([]byte, error) {
	if err := checkFile(op, p.Path); err != nil {
		return nil, err
	}
	sum, err := sumOf(op, p.Path)
	if err != nil {
		return nil, err
	}
	if sum != p.Sum {
		return nil, fault.Tell(op, fault.Untrusted, "辅助程序被换过，没有运行：请系统数据管理员在“管理”里重新确认。", errors.New("other bytes than agreed to"))
	}
	inner, stop := context.WithTimeout(ctx, limit)
	defer stop()
	out := &answer{most: most}
	err = bounded(inner, func() *exec.Cmd {
		*out = answer{most: most}
		cmd := exec.CommandContext(inner, p.Path, verb)
		cmd.Dir = filepath.Dir(p.Path)
		cmd.Env = surroundings()
		cmd.Stdin, cmd.Stdout = bytes.NewReader(in), out
		cmd.WaitDelay = time.Second // a grandchild may hold the pipes
		return cmd
	})
	switch {
	case ctx.Err() != nil:
		return nil, fault.New(op, fault.Cancelled, ctx.Err())
	case inner.Err() != nil:
		return nil, failed(op, errors.New("took too long"))
	case err != nil:
		return nil, failed(op, errors.New("ended with a failure")) // its own words may name somebody
	}
	return out.said.Bytes(), nil
}
