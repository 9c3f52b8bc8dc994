package ui

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/ui/kit"
)

// printing may take this long before the printer counts as not there.
const printTime = 30 * time.Second

// offerPrint hands a PDF to the system's printing where the machine has one,
// else offers to save it; nothing of it is written to disk for printing.
func offerPrint(u *Window, title string, pdf []byte, save func()) {
	lp, err := exec.LookPath("lp")
	if err != nil {
		kit.Confirm(u.win, title, "本机没有装打印服务，不能直接打印。可以存为 PDF 文件，再用别的程序打印。", "存为文件", "关闭", save)
		return
	}
	kit.Confirm(u.win, title, "送到本机的默认打印机。", "打印", "不打印", func() {
		kit.Notice(u.win, kit.Info, "正在送往打印机…")
		u.run("print", func(ctx context.Context) error { return printPDF(ctx, lp, pdf) }, func(err error) {
			if err != nil {
				kit.Confirm(u.win, title, sentence(err), "存为文件", "关闭", save)
				return
			}
			kit.Notice(u.win, kit.Good, "已送往打印机。")
		})
	})
}

func printPDF(ctx context.Context, lp string, pdf []byte) error {
	const op = "print"
	ctx, stop := context.WithTimeout(ctx, printTime)
	defer stop()
	cmd := exec.CommandContext(ctx, lp, "-s", "-t", "doorstep")
	cmd.Stdin = bytes.NewReader(pdf)
	if err := cmd.Run(); err != nil {
		return fault.Say(op, fault.Unavailable, "打印机没有接收。请检查打印机是否接好、是否设为默认打印机；也可以存为文件。", err)
	}
	return nil
}

// savePDF asks where to and writes the file whole or not at all.
func savePDF(v *visit, name string, pdf []byte) {
	var folder string
	if s, ok := v.steps[stepImages].(*imagesStep); ok {
		folder = s.folder
	}
	kit.NewChooser(v.u.win, "存为文件", kit.ChooserOptions{Save: true, Name: name, Folder: folder, Suffixes: []string{".pdf"}}, func(path string) {
		v.u.run("save file", func(context.Context) error { return writeWhole(path, pdf) }, func(err error) {
			if err != nil {
				v.u.fail(err)
				return
			}
			kit.Notice(v.u.win, kit.Good, "文件已保存。用后请及时删除，勿留在公用电脑上。")
		})
	}).Show()
}

func writeWhole(path string, b []byte) error {
	const op = "save file"
	f, err := os.CreateTemp(filepath.Dir(path), ".doorstep-*")
	if err != nil {
		return writeFault(op, err)
	}
	defer os.Remove(f.Name()) // gone already when the file was renamed
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return writeFault(op, err)
	}
	return nil
}

// writeFault drops the path, which may hold a person's name.
func writeFault(op string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		err = l.Err
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fault.Say(op, fault.Denied, "没有写入这个文件夹的权限，请换一个文件夹。", err)
	case errors.Is(err, syscall.ENOSPC):
		return fault.New(op, fault.Full, err)
	}
	return fault.New(op, fault.Disk, err)
}
