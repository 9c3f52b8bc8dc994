package ui

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"doorstep/sync/courier"
	"doorstep/sync/stick"
)

func TestTheStickInTheWindow(t *testing.T) {
	for _, v := range []kit.Variant{kit.Light, kit.Dark} {
		r := newRig(t, v)
		var in []string
		r.u.deps.Sticks = func() []string { return in }
		if _, err := r.u.desk.NewCase(context.Background(), loan.First, false); err != nil {
			t.Fatal(err)
		}
		var s *stickCard
		r.ui(func() {
			r.u.shell.visit("sync")
			s = r.u.shell.screen.(*syncScreen).stick
			if !s.write.Disabled() || !s.read.Disabled() || !strings.HasPrefix(s.state.Text(), "没有插入U盘") {
				t.Errorf("with none in: %q", s.state.Text())
			}
		})
		r.snap("sync-stick-none-" + variantName(v))
		one, two := filepath.Join(t.TempDir(), "KINGSTON"), filepath.Join(t.TempDir(), "U盘")
		for _, dir := range []string{one, two} {
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		r.ui(func() {
			in = []string{one, two}
			s.look()
			if s.write.Disabled() || s.chosen != one {
				t.Errorf("with two in, %q is chosen", s.chosen)
			}
			fyneTap(s.read)
		})
		r.until("reading ends", func() bool { return r.u.chore == nil })
		r.ui(func() {
			if got := s.state.Text(); !strings.Contains(got, "没有找到U盘，或U盘上没有") {
				t.Errorf("with no answer on it: %q", got)
			}
			fyneTap(s.write)
			if !slices.ContainsFunc(allWords(s.bar), func(w string) bool { return strings.Contains(w, "不要拔出") }) || s.stop.Hidden || s.state.Visible() {
				t.Errorf("while it is written: %q", allWords(s.bar))
			}
			r.u.shell.visit("today")
			r.u.shell.visit("sync")
			s = r.u.shell.screen.(*syncScreen).stick
			if s.state.Visible() || s.stop.Hidden || !s.write.Disabled() {
				t.Errorf("come back to while it is written: %q", s.state.Text())
			}
		})
		r.until("writing ends", func() bool { return r.u.chore == nil })
		r.ui(func() {
			if got := s.state.Text(); !strings.HasPrefix(got, "本次写入 ") || !strings.HasSuffix(got, "请交给县资助中心。") {
				t.Errorf("after it: %q", got)
			}
		})
		r.snap("sync-stick-written-" + variantName(v))
		if found, err := filepath.Glob(filepath.Join(one, stick.Name, "*", "*.dsi")); err != nil || len(found) != 1 {
			t.Errorf("on the stick: %v, %v", found, err)
		}
		r.ui(func() {
			in = nil
			s.look()
			if got := s.state.Text(); !s.write.Disabled() || !strings.HasPrefix(got, "没有插入U盘") {
				t.Errorf("pulled out: %q", got)
			}
		})
	}
}

func variantName(v kit.Variant) string {
	if v == kit.Dark {
		return "dark"
	}
	return "light"
}

func TestWordsOfTheStick(t *testing.T) {
	at := func(time.Time) string { return "08-05 10:00" }
	_, full := writtenWords(courier.StickWritten{Changes: 3, Blobs: 1, Bytes: 9, LeftBlobs: 4, LeftBytes: 5 << 20, Full: true}, nil)
	_, refused := writtenWords(courier.StickWritten{Changes: 3, Read: courier.StickRead{Refused: 2}}, nil)
	_, stopped := writtenWords(courier.StickWritten{Changes: 3}, fault.New("stick", fault.Cancelled, nil))
	_, pulled := writtenWords(courier.StickWritten{}, stick.Fault("stick", os.ErrClosed))
	_, plain := writtenWords(courier.StickWritten{}, fault.New("stick", fault.Damaged, nil))
	_, all := readWords(courier.StickRead{Answers: 1, Changes: 9, Blobs: 2}, nil, at)
	_, some := readWords(courier.StickRead{Answers: 1, WaitingBlobs: 2}, nil, at)
	_, stale := readWords(courier.StickRead{Stale: 1}, nil, at)
	_, revoked := readWords(courier.StickRead{Answers: 1, Problem: fault.Say("stick", fault.Denied, "中心已停用本机。", nil)}, nil, at)
	for got, want := range map[string]string{
		full:    "U盘已写满。本次写入 3 条记录、1 个文件（9 B）。还有 0 条记录、4 个文件（5.0 MB）没有写入，请换一个U盘再写一次。可以拔出了。",
		refused: "本次写入 3 条记录、0 个文件（0 B）。上次有 2 批不完整，中心没有接收，已重新写入。可以拔出了，请交给县资助中心。",
		stopped: "已停止。本次写入 3 条记录、0 个文件（0 B）。其余留在本机。可以拔出了。",
		pulled:  "U盘读写失败或已拔出。已写完的部分有效，其余留在本机。请插好或更换U盘再试。",
		plain:   "有数据已损坏，程序没有使用它。请先备份数据文件夹，再联系县资助中心修复。",
		all:     "回执已读取（中心 08-05 10:00）：9 条记录、2 个文件已送达。没有等待送达的内容。可以拔出了。",
		some:    "回执已读取（中心 08-05 10:00）：0 条记录、0 个文件已送达。还有 0 条记录、2 个文件等待送达。可以拔出了。",
		stale:   "U盘上是旧的回执，没有采用。请再写入一次，交给县资助中心读取。",
		revoked: "中心已停用本机。",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
