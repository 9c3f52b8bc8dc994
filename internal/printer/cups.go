//go:build !windows

package printer

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"time"

	"doorstep/internal/fault"
)

// List gives the system's printers, the default one first; none is
// fault.Missing with words.
func List(ctx context.Context) ([]Printer, error) {
	const op = "printer.List"
	s := newService()
	defer s.close()
	all, err := s.call(ctx, "/", opGetPrinters, []attribute{text(tagKeyword, "requested-attributes", "printer-name"), text(tagKeyword, "", "device-uri")}, nil)
	if err != nil || len(all.all("printer-name")) == 0 {
		return nil, fault.Tell(op, fault.Missing, wordsNone, err)
	}
	first := ""
	if a, err := s.call(ctx, "/", opGetDefault, []attribute{text(tagKeyword, "requested-attributes", "printer-name")}, nil); err == nil {
		for _, n := range a.all("printer-name") {
			first = string(n.value)
		}
	}
	var out []Printer
	names, devices := all.printers()
	for _, n := range names {
		p := Printer{Name: n, Default: n == first, Files: files(devices[n])}
		if p.Default {
			out = slices.Insert(out, 0, p)
		} else {
			out = append(out, p)
		}
	}
	return out, nil
}

// Print prints, waits until it is done, and has the job's data deleted.
func Print(ctx context.Context, j Job) (err error) {
	const op = "printer.Print"
	if err := j.check(); err != nil {
		return err
	}
	if j.Printer == "" {
		list, err := List(ctx)
		if err != nil {
			return err
		}
		j.Printer = list[0].Name
	}
	s := newService()
	defer s.close()
	// An answer that is not waited for would leave a job that nobody knows.
	send, sent := context.WithTimeout(context.WithoutCancel(ctx), sendTime)
	defer sent()
	a, err := s.call(send, "/printers/"+url.PathEscape(j.Printer), opPrintJob, []attribute{
		text(tagURI, "printer-uri", "ipp://localhost/printers/"+url.PathEscape(j.Printer)), text(tagName, "requesting-user-name", s.user),
		text(tagName, "job-name", "doorstep"), text(tagMimeType, "document-format", "application/pdf"),
		number(tagJob, tagInteger, "copies", j.Copies),
		{tagJob, tagKeyword, "media", []byte("iso_a4_210x297mm")}, {tagJob, tagName, "job-sheets", []byte("none")},
	}, j.PDF)
	id := a.number("job-id")
	if err != nil || a.status >= 0x0400 || id <= 0 {
		return fault.Tell(op, fault.Unavailable, wordsRefused, err)
	}
	j.noted(strconv.Itoa(id))
	defer func() {
		if e := Purge(context.WithoutCancel(ctx), strconv.Itoa(id)); e != nil {
			err = e
			return
		}
		j.noted("")
	}()
	ctx, stop := context.WithTimeout(ctx, j.Wait)
	defer stop()
	return s.wait(ctx, id, &j)
}

// stopped says whether the service lets a printer print nothing now. Of one that cannot be
// asked it says no: the job tells how it goes.
func (s *service) stopped(ctx context.Context, printer string) bool {
	at := "/printers/" + url.PathEscape(printer)
	a, err := s.call(ctx, at, opGetPrinter, []attribute{text(tagURI, "printer-uri", "ipp://localhost"+at), text(tagName, "requesting-user-name", s.user),
		text(tagKeyword, "requested-attributes", "printer-state")}, nil)
	return err == nil && a.number("printer-state") == printerStopped
}

func (s *service) job(id int) []attribute {
	return []attribute{text(tagURI, "job-uri", "ipp://localhost/jobs/"+strconv.Itoa(id)), text(tagName, "requesting-user-name", s.user)}
}

// wait is over when the job is.
func (s *service) wait(ctx context.Context, id int, j *Job) error {
	const op = "printer.wait"
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		a, err := s.call(ctx, "/jobs", opGetJob, append(s.job(id), text(tagKeyword, "requested-attributes", "job-state")), nil)
		switch state := a.number("job-state"); {
		case ctx.Err() != nil:
		case err != nil || a.status >= 0x0400:
			return fault.Tell(op, fault.Unavailable, wordsFailed, err)
		case state == stateCompleted:
			return nil
		case state == stateCanceled || state == stateAborted:
			return fault.Tell(op, fault.Unavailable, wordsFailed, errors.New("state "+strconv.Itoa(state)))
		default:
			j.standing(state == stateStopped || s.stopped(ctx, j.Printer))
		}
		if err := pause(ctx, tick); err != nil {
			return err
		}
	}
}

// Purge has the print service delete a job that was noted and all its data,
// whether it was printed or not. A job that is gone already is no fault.
func Purge(ctx context.Context, job string) error {
	const op = "printer.Purge"
	id, err := strconv.Atoi(job)
	if err != nil || id <= 0 {
		return fault.New(op, fault.Input, errors.New("not a job"))
	}
	ctx, stop := context.WithTimeout(ctx, deleteTime)
	defer stop()
	s := newService()
	defer s.close()
	a, err := s.call(ctx, "/jobs", opCancelJob, append(s.job(id), attribute{tagOperation, tagBoolean, "purge-job", []byte{1}}), nil)
	switch {
	case err == nil && (a.status < 0x0400 || a.status == statusNotFound || a.status == statusGone):
		return nil
	case err == nil:
		err = errors.New("status " + strconv.FormatInt(int64(a.status), 16))
	}
	return fault.Tell(op, fault.Unavailable, wordsLeft, err)
}
