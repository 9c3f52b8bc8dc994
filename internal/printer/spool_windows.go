package printer

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"doorstep/internal/fault"
	"golang.org/x/sys/windows"
)

// dll are the functions of the spooler and of drawing.
type dll struct {
	getDefault, open, close, setJob, enumJobs, enum        *windows.LazyProc
	createDC, deleteDC, caps, startDoc, endDoc, abortDoc   *windows.LazyProc
	startPage, endPage, stretch, stretchMode, brushOrigins *windows.LazyProc
}

func load() *dll {
	spool, gdi := windows.NewLazySystemDLL("winspool.drv"), windows.NewLazySystemDLL("gdi32.dll")
	return &dll{
		getDefault: spool.NewProc("GetDefaultPrinterW"), open: spool.NewProc("OpenPrinterW"), close: spool.NewProc("ClosePrinter"),
		setJob: spool.NewProc("SetJobW"), enumJobs: spool.NewProc("EnumJobsW"), enum: spool.NewProc("EnumPrintersW"),
		createDC: gdi.NewProc("CreateDCW"), deleteDC: gdi.NewProc("DeleteDC"), caps: gdi.NewProc("GetDeviceCaps"),
		startDoc: gdi.NewProc("StartDocW"), endDoc: gdi.NewProc("EndDoc"), abortDoc: gdi.NewProc("AbortDoc"),
		startPage: gdi.NewProc("StartPage"), endPage: gdi.NewProc("EndPage"), stretch: gdi.NewProc("StretchDIBits"),
		stretchMode: gdi.NewProc("SetStretchBltMode"), brushOrigins: gdi.NewProc("SetBrushOrgEx"),
	}
}

// printerInfo is PRINTER_INFO_5W.
type printerInfo struct {
	name, port                    *uint16
	attributes, notSelected, late uint32
}

// List gives the system's printers, the default one first; none is
// fault.Missing with words.
func List(context.Context) ([]Printer, error) {
	const op, local, connected, level = "printer.List", 2, 4, 5
	d := load()
	var size, count uint32
	d.enum.Call(local|connected, 0, level, 0, 0, uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&count)))
	if size == 0 || size > 1<<20 {
		return nil, fault.Tell(op, fault.Missing, wordsNone, errors.New("no printer"))
	}
	buf := make([]uint64, size/8+1) // aligned for the structures at its head
	ok, _, err := d.enum.Call(local|connected, 0, level, uintptr(unsafe.Pointer(&buf[0])), uintptr(size),
		uintptr(unsafe.Pointer(&size)), uintptr(unsafe.Pointer(&count)))
	if ok == 0 || count == 0 {
		return nil, fault.Tell(op, fault.Missing, wordsNone, err)
	}
	first := d.defaultName()
	var out []Printer
	for _, info := range unsafe.Slice((*printerInfo)(unsafe.Pointer(&buf[0])), count) {
		p := Printer{Name: windows.UTF16PtrToString(info.name), Files: files(windows.UTF16PtrToString(info.port))}
		if p.Default = p.Name == first; p.Default {
			out = append([]Printer{p}, out...)
		} else {
			out = append(out, p)
		}
	}
	return out, nil
}

func (d *dll) defaultName() string {
	var name [512]uint16
	size := uint32(len(name))
	if ok, _, _ := d.getDefault.Call(uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&size))); ok == 0 {
		return ""
	}
	return windows.UTF16ToString(name[:])
}

// docInfo is DOCINFOW.
type docInfo struct {
	size               int32
	name, output, kind *uint16
	flags              uint32
}

// Print draws the pages into the spooler, waits until they are printed, and has
// the job deleted.
func Print(ctx context.Context, j Job) (err error) {
	const op = "printer.Print"
	if err := j.check(); err != nil {
		return err
	}
	if j.Open == nil {
		return fault.New(op, fault.Input, errors.New("nothing draws the pages"))
	}
	d := load()
	if j.Printer == "" {
		if j.Printer = d.defaultName(); j.Printer == "" {
			return fault.Tell(op, fault.Missing, wordsNone, errors.New("no default printer"))
		}
	}
	id, err := d.draw(ctx, &j)
	if err != nil {
		return err
	}
	job := jobName(j.Printer, id)
	defer func() {
		if e := Purge(context.WithoutCancel(ctx), job); e != nil {
			err = e
			return
		}
		j.noted("")
	}()
	ctx, stop := context.WithTimeout(ctx, j.Wait)
	defer stop()
	return d.wait(ctx, &j, id)
}

func jobName(printer string, id uint32) string {
	return strconv.FormatUint(uint64(id), 10) + "\t" + printer
}

// draw hands the pages over and gives the job's number; on an error there is no
// job.
func (d *dll) draw(ctx context.Context, j *Job) (id uint32, err error) {
	const op = "printer.draw"
	paper, err := j.Open(ctx)
	if err != nil {
		return 0, fault.Wrap(op, err)
	}
	defer paper.Close()
	// A printer's device context belongs to the thread that made it; drivers rely
	// on that.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	driver, _ := windows.UTF16PtrFromString("WINSPOOL")
	name, err := windows.UTF16PtrFromString(j.Printer)
	if err != nil {
		return 0, fault.New(op, fault.Input, errors.New("name of a printer"))
	}
	dc, _, err := d.createDC.Call(uintptr(unsafe.Pointer(driver)), uintptr(unsafe.Pointer(name)), 0, 0)
	if dc == 0 {
		return 0, fault.Tell(op, fault.Unavailable, wordsRefused, err)
	}
	defer d.deleteDC.Call(dc)
	title, _ := windows.UTF16PtrFromString(jobTitle)
	info := docInfo{name: title}
	info.size = int32(unsafe.Sizeof(info))
	n, _, err := d.startDoc.Call(dc, uintptr(unsafe.Pointer(&info)))
	if int32(n) <= 0 {
		return 0, fault.Tell(op, fault.Unavailable, wordsRefused, err)
	}
	id = uint32(n)
	j.noted(jobName(j.Printer, id))
	for range j.Copies {
		for page := range paper.Pages {
			if err := d.page(ctx, dc, paper, page); err != nil {
				d.abortDoc.Call(dc)
				return 0, d.takeBack(ctx, j, id, err)
			}
		}
	}
	if n, _, err := d.endDoc.Call(dc); int32(n) <= 0 {
		return 0, d.takeBack(ctx, j, id, fault.Tell(op, fault.Unavailable, wordsRefused, err))
	}
	return id, nil
}

// takeBack has a job deleted that did not become one, and gives why, or that it
// is left; what Noted knows is then tried again.
func (d *dll) takeBack(ctx context.Context, j *Job, id uint32, why error) error {
	if err := Purge(context.WithoutCancel(ctx), jobName(j.Printer, id)); err != nil {
		return err
	}
	j.noted("")
	return why
}

// jobTitle is what our jobs are called at the spooler. It names nobody.
const jobTitle = "doorstep"

const (
	capDPIX, capDPIY, capLeft, capTop = 88, 90, 112, 113
	printDPI                          = 300
	halftone                          = 4
	sourceCopy                        = 0x00CC0020
)

// bitmapInfo is BITMAPINFOHEADER.
type bitmapInfo struct {
	size                   uint32
	width, height          int32
	planes, bits           uint16
	compression, imageSize uint32
	perMetreX, perMetreY   int32
	used, important        uint32
}

// page draws one page as a picture of 24 bits, at its size on paper.
func (d *dll) page(ctx context.Context, dc uintptr, paper Drawing, page int) error {
	const op, widthMM, heightMM = "printer.page", 210, 297
	img, err := paper.Draw(ctx, page, printDPI)
	if err != nil {
		return fault.Wrap(op, err)
	}
	rows, w, h := rowsOf(img)
	if n, _, err := d.startPage.Call(dc); int32(n) <= 0 {
		return fault.Tell(op, fault.Unavailable, wordsRefused, err)
	}
	dim := func(i uintptr) int { n, _, _ := d.caps.Call(dc, i); return int(int32(n)) }
	info := bitmapInfo{width: int32(w), height: -int32(h), planes: 1, bits: 24, imageSize: uint32(len(rows))}
	info.size = uint32(unsafe.Sizeof(info))
	d.stretchMode.Call(dc, halftone)
	d.brushOrigins.Call(dc, 0, 0, 0)
	n, _, err := d.stretch.Call(dc, uintptr(-dim(capLeft)), uintptr(-dim(capTop)), uintptr(dim(capDPIX)*widthMM*10/254), uintptr(dim(capDPIY)*heightMM*10/254),
		0, 0, uintptr(w), uintptr(h), uintptr(unsafe.Pointer(&rows[0])), uintptr(unsafe.Pointer(&info)), 0, sourceCopy)
	if int32(n) <= 0 {
		return fault.Tell(op, fault.Unavailable, wordsFailed, err)
	}
	if n, _, err := d.endPage.Call(dc); int32(n) <= 0 {
		return fault.Tell(op, fault.Unavailable, wordsRefused, err)
	}
	return nil
}

// handle opens a printer; the function given back closes it.
func (d *dll) handle(printer string) (h uintptr, done func(), err error) {
	name, err := windows.UTF16PtrFromString(printer)
	if err != nil {
		return 0, nil, err
	}
	if ok, _, err := d.open.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&h)), 0); ok == 0 {
		return 0, nil, err
	}
	return h, func() { d.close.Call(h) }, nil
}

// jobInfo is JOB_INFO_1W.
type jobInfo struct {
	id                                                 uint32
	printer, machine, user, document, kind, statusText *uint16
	status, priority, place, pages, printed            uint32
	at                                                 windows.Systemtime
}

// mostJobs bounds the jobs of one printer that are looked through.
const mostJobs = 4096

const (
	statusError, statusDeleting, statusPrinted, statusDeleted, statusComplete = 0x2, 0x4, 0x80, 0x100, 0x1000
	controlDelete                                                             = 5
	// statusStands is that a job waits for somebody: paused, offline, no paper, blocked, or
	// whatever else a person has to do.
	statusStands = 0x1 | 0x20 | 0x40 | 0x200 | 0x400
)

// status is a job's state; gone when the spooler no longer has it, or has another
// program's under its number, which is given anew when the spooler starts.
func (d *dll) status(printer string, id uint32) (status uint32, gone bool, err error) {
	h, done, err := d.handle(printer)
	if err != nil {
		return 0, false, err
	}
	defer done()
	// The list, for a spooler that is asked after one job that it has not got says
	// differently why not.
	var need, count uint32
	d.enumJobs.Call(h, 0, mostJobs, 1, 0, 0, uintptr(unsafe.Pointer(&need)), uintptr(unsafe.Pointer(&count)))
	if need == 0 {
		return 0, true, nil
	}
	buf := make([]uint64, need/8+4096) // room for those that come meanwhile
	if ok, _, err := d.enumJobs.Call(h, 0, mostJobs, 1, uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)*8),
		uintptr(unsafe.Pointer(&need)), uintptr(unsafe.Pointer(&count))); ok == 0 {
		return 0, false, err
	}
	for _, info := range unsafe.Slice((*jobInfo)(unsafe.Pointer(&buf[0])), count) {
		if info.id == id && info.document != nil && windows.UTF16PtrToString(info.document) == jobTitle {
			return info.status, false, nil
		}
	}
	return 0, true, nil
}

// wait is over when the job is. The spooler deletes a printed job by itself,
// unless the printer is set to keep it.
func (d *dll) wait(ctx context.Context, j *Job, id uint32) error {
	const op = "printer.wait"
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		status, gone, err := d.status(j.Printer, id)
		switch {
		case err != nil || status&(statusError|statusDeleting|statusDeleted) != 0:
			return fault.Tell(op, fault.Unavailable, wordsFailed, err)
		case gone || status&(statusPrinted|statusComplete) != 0:
			return nil
		}
		j.standing(status&statusStands != 0)
		if err := pause(ctx, tick); err != nil {
			return err
		}
	}
}

// Purge has the spooler delete a job that was noted, whether it was printed or
// not. A job that is gone already is no fault.
func Purge(_ context.Context, job string) error {
	const op = "printer.Purge"
	number, printer, ok := strings.Cut(job, "\t")
	id, err := strconv.ParseUint(number, 10, 32)
	if !ok || err != nil || printer == "" {
		return fault.New(op, fault.Input, errors.New("not a job"))
	}
	d := load()
	if _, gone, err := d.status(printer, uint32(id)); err == nil && gone {
		return nil
	}
	h, done, err := d.handle(printer)
	if err != nil {
		return fault.Tell(op, fault.Unavailable, wordsLeft, err)
	}
	defer done()
	if ok, _, err := d.setJob.Call(h, uintptr(id), 0, 0, controlDelete); ok == 0 {
		if _, gone, e := d.status(printer, uint32(id)); e == nil && gone {
			return nil
		}
		return fault.Tell(op, fault.Unavailable, wordsLeft, err)
	}
	return nil
}
