package printer

import (
	"context"
	"errors"
	"image"
	"strings"
	"time"

	"doorstep/internal/fault"
)

// Printer is a printer of the system.
type Printer struct {
	Name    string
	Default bool
	Files   bool // what it is sent becomes a file, as far as its port says so
}

// Job is a paper to be printed.
type Job struct {
	Printer string // none is the system's own choice
	Copies  int    // none is 1
	PDF     []byte // pages of A4
	// Open opens the paper to be drawn, on systems that print no PDF alone.
	Open func(ctx context.Context) (Drawing, error)
	// Noted is told the job's name at the print service as soon as there is one,
	// and none once its data are deleted. It may be nil.
	Noted func(job string)
	// Stopped is told when the printer stands still while the job waits, paused or out of
	// order, and when it goes on. It may be nil.
	Stopped func(stopped bool)
	// Wait is how long the printer may take before the job is taken back; none is
	// five minutes.
	Wait time.Duration

	stands bool // as Stopped was told
}

// Drawing is a paper as pictures.
type Drawing struct {
	Pages int
	Draw  func(ctx context.Context, page int, dpi float64) (image.Image, error)
	Close func()
}

const (
	waitDefault = 5 * time.Minute
	maxCopies   = 9
	pollEvery   = 300 * time.Millisecond
	deleteTime  = 30 * time.Second
	sendTime    = 2 * time.Minute
)

func (j *Job) check() error {
	if len(j.PDF) == 0 || j.Copies < 0 || j.Copies > maxCopies {
		return fault.New("printer.Print", fault.Input, errors.New("no paper, or too many copies"))
	}
	j.Copies = max(j.Copies, 1)
	if j.Wait <= 0 {
		j.Wait = waitDefault
	}
	return nil
}

// pause is nil at the next tick; the end of the context is told in words.
func pause(ctx context.Context, tick *time.Ticker) error {
	const op = "printer.wait"
	select {
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return fault.Tell(op, fault.Unavailable, wordsLate, ctx.Err())
		}
		return fault.New(op, fault.Cancelled, ctx.Err())
	case <-tick.C:
		return nil
	}
}

// files says whether a port of Windows, or the address of a device of CUPS, is
// that of a program that makes files, or sends them on.
func files(port string) bool {
	port = strings.ToLower(port)
	for _, p := range []string{"portprompt:", "file:", "nul:", "xpsport:", "shrfax:", "cups-pdf:", "microsoft.office.onenote"} {
		if strings.HasPrefix(port, p) {
			return true
		}
	}
	return strings.HasSuffix(port, ".pdf") || strings.HasSuffix(port, ".xps") || strings.HasSuffix(port, ".prn")
}

func (j *Job) noted(name string) {
	if j.Noted != nil {
		j.Noted(name)
	}
}

// standing tells that the printer stands still or not, where that is news.
func (j *Job) standing(stopped bool) {
	if j.Stopped != nil && stopped != j.stands {
		j.stands = stopped
		j.Stopped(stopped)
	}
}

// Words for the clerk.
const (
	wordsNone    = "本机没有可用的打印机。请接好打印机并设为默认打印机。"
	wordsRefused = "打印机没有接收。请检查打印机是否接好、是否有纸。"
	wordsLate    = "打印机迟迟没有打印完，已从打印队列中清除，没有留下副本。请检查打印机后重新打印。"
	wordsFailed  = "打印没有成功，已从打印队列中清除，没有留下副本。请检查打印机后重新打印。"
	wordsLeft    = "打印队列中的副本没有清除掉。请在系统的打印队列里删除该任务。"
)
