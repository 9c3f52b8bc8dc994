package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"github.com/google/uuid"
)

func syncImportVerb() verb {
	return verb{
		name:    "sync import",
		args:    "no argument",
		summary: "Takes in folders of papers, one case a folder, to be carried.",
		help: `Each folder in DIR becomes a case, and each file in it an attachment of that case:
photo_student and photo_cobor the portraits, everything else documents. What is
written in the files is not looked at. A data folder that is not there yet
becomes that of a laptop for practice, which needs no operator and enrols at the
first sync run; another one needs --operator and --password-file.`,
		run: syncImport,
	}
}

func syncImport(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	from := flags.String("from", "", "`folder` with a folder for each case")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	if *from == "" {
		return c.wrong("--from is needed")
	}
	work := func(ctx context.Context, bring func(context.Context, []desk.Brought) error) error {
		n, err := importFolders(ctx, bring, *from)
		fmt.Fprintf(c.out, "imported: %d cases\n", n)
		return err
	}
	if who.operator != "" || who.passwordFile != "" {
		return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
			if err := d.MayImport(ctx); err != nil {
				return err
			}
			return work(ctx, d.Import)
		})
	}
	return c.withPractice(*data, func(ctx context.Context, s *store.Store) error {
		return work(ctx, func(ctx context.Context, pages []desk.Brought) error { return practiceCase(ctx, s, pages) })
	})
}

// practiceCase makes a case at a laptop for practice, where nobody signs in.
func practiceCase(ctx context.Context, s *store.Store, pages []desk.Brought) error {
	id := uuid.Must(uuid.NewV7())
	entries := []store.Entry{{Case: id, Operator: practiceOperator, Kind: loan.ChangeOpen, Body: loan.OpenBody{Application: loan.Application{Kind: loan.First}}}}
	var blobs []store.Blob
	for _, p := range pages {
		h := s.BlobName(p.Content)
		blobs = append(blobs, store.Blob{Hash: h, Content: p.Content})
		entries = append(entries, store.Entry{Case: id, Operator: practiceOperator, Kind: loan.ChangeAttach, Body: loan.AttachBody{Source: "file",
			Attachment: loan.Attachment{Slot: p.Slot, Blob: h, Size: int64(len(p.Content)), Media: p.Media}}})
	}
	_, err := s.Commit(ctx, entries, blobs)
	return err
}

// withPractice opens the folder of a laptop for practice and does the work.
func (c *call) withPractice(dir string, work func(context.Context, *store.Store) error) int {
	ctx, stop := interruptible()
	defer stop()
	s, err := practiceStore(ctx, dir)
	if err == nil {
		err = errors.Join(work(ctx, s), s.Close())
	}
	if err != nil {
		return c.fail(err)
	}
	return exitDone
}

// importFolders makes a case of each folder, each in one transaction, and says
// how many it made.
func importFolders(ctx context.Context, bring func(context.Context, []desk.Brought) error, from string) (n int, err error) {
	const op = "import"
	folders, err := os.ReadDir(from)
	if os.IsNotExist(err) {
		return 0, fault.New(op, fault.Missing, errors.New("no such folder"))
	}
	if err != nil {
		return 0, fault.New(op, fault.Disk, err)
	}
	for _, f := range folders {
		if !f.IsDir() {
			continue
		}
		if err := importFolder(ctx, bring, filepath.Join(from, f.Name())); err != nil {
			return n, fault.Wrap(op, err)
		}
		n++
	}
	if n == 0 {
		return 0, fault.New(op, fault.Missing, errors.New("no folder of a case"))
	}
	return n, nil
}

func importFolder(ctx context.Context, bring func(context.Context, []desk.Brought) error, dir string) error {
	const op = "import"
	files, err := os.ReadDir(dir)
	if err != nil {
		return fault.New(op, fault.Disk, err)
	}
	var pages []desk.Brought
	docs := 0
	for _, f := range files {
		if !f.Type().IsRegular() {
			continue
		}
		b, err := readWhole(filepath.Join(dir, f.Name()))
		if err != nil {
			return err
		}
		slot := portraitOf(f.Name())
		if slot == "" || slices.ContainsFunc(pages, func(p desk.Brought) bool { return p.Slot == slot }) {
			slot = loan.DocSlot(loan.Docs()[docs%len(loan.Docs())])
			docs++
		}
		pages = append(pages, desk.Brought{Slot: slot, Media: mediaOf(f.Name()), Content: b})
	}
	if len(pages) == 0 {
		return nil // an empty folder is no case
	}
	return fault.Wrap(op, bring(ctx, pages))
}

// readWhole reads a file that may become an attachment.
func readWhole(path string) ([]byte, error) {
	const op = "read file"
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.New(op, fault.Disk, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, store.MaxBlob+1))
	switch {
	case err != nil:
		return nil, fault.New(op, fault.Disk, err)
	case len(b) > store.MaxBlob:
		return nil, fault.New(op, fault.TooLarge, errors.New(filepath.Base(path)))
	}
	return b, nil
}

func portraitOf(name string) loan.Slot {
	switch {
	case strings.HasPrefix(name, "photo_student"):
		return loan.PortraitStudent
	case strings.HasPrefix(name, "photo_cobor"):
		return loan.PortraitCoborrower
	}
	return ""
}

func mediaOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".pdf":
		return "application/pdf"
	case ".json":
		return "application/json"
	}
	return "application/octet-stream"
}
