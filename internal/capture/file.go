package capture

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"

	"doorstep/internal/fault"
	"doorstep/internal/page"
	"doorstep/internal/photo"
)

const (
	// MaxFileBytes is how large a file may be.
	MaxFileBytes = photo.MaxBytes
	// MaxFilePages is how many pages one file may bring into a case.
	MaxFilePages = 40

	pageDPI = 150
)

// Shot is one image as it came in, before photo gives it the form it is kept
// in.
type Shot struct {
	Data   []byte // the encoded image, for photo.Decode
	Media  string // its media type
	Source string // "file", "camera"
	Drawn  bool   // it is a page of a document, drawn
}

// FromFile reads a file the clerk chose: an image gives one shot, a PDF or
// TIFF one for each page. It fails with fault.Missing, fault.Denied or
// fault.Disk when the file cannot be opened and read, and else as FromReader.
func FromFile(ctx context.Context, r *page.Renderer, path string) ([]Shot, error) {
	const op = "capture.FromFile"
	// Opening a pipe would wait for its other end for ever.
	s, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fileFault(op, err)
	case !s.Mode().IsRegular():
		return nil, fault.New(op, fault.Unsupported, errors.New("not a regular file"))
	case s.Size() > MaxFileBytes:
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fileFault(op, err)
	}
	defer f.Close()
	shots, err := FromReader(ctx, r, f)
	return shots, fault.Wrap(op, err)
}

// FromReader reads an image or document to its end and gives its pages as
// shots. Images keep their bytes; the pages of a PDF or TIFF are drawn at
// 150 dpi by a child process. It fails with fault.TooLarge past the limits of
// bytes, pixels and pages, fault.Unsupported for what cannot be read, and
// fault.Disk when reading fails; a failure gives no shots at all.
func FromReader(ctx context.Context, r *page.Renderer, in io.Reader) ([]Shot, error) {
	const op = "capture.FromReader"
	b, err := io.ReadAll(io.LimitReader(in, MaxFileBytes+1))
	if err != nil {
		return nil, fileFault(op, err)
	}
	if len(b) > MaxFileBytes {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	switch format := photo.Sniff(b); format {
	case "tiff":
		return fromPages(ctx, op, r, b)
	case "":
		if bytes.Contains(b[:min(len(b), 1024)], []byte("%PDF-")) {
			return fromPages(ctx, op, r, b)
		}
		return nil, fault.New(op, fault.Unsupported, errors.New("neither an image nor a PDF"))
	default:
		if err := photo.Check(b); err != nil {
			return nil, fault.Wrap(op, err)
		}
		return []Shot{{Data: b, Media: "image/" + format, Source: "file"}}, nil
	}
}

func fromPages(ctx context.Context, op string, r *page.Renderer, b []byte) ([]Shot, error) {
	doc, err := r.Open(ctx, b)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer doc.Close()
	if doc.Pages() > MaxFilePages {
		return nil, fault.Say(op, fault.TooLarge, "文件页数过多，请只保留需要的页。", nil)
	}
	var shots []Shot
	for n := range doc.Pages() {
		img, err := doc.Page(ctx, n, pageDPI)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		data, err := photo.JPEG(img)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		shots = append(shots, Shot{Data: data, Media: "image/jpeg", Source: "file", Drawn: true})
	}
	return shots, nil
}

// fileFault drops the path, which may hold a person's name.
func fileFault(op string, err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Say(op, fault.Missing, "找不到这个文件，请重新选择。", err)
	case errors.Is(err, fs.ErrPermission):
		return fault.Say(op, fault.Denied, "没有读取这个文件的权限，请换一个文件。", err)
	}
	return fault.Say(op, fault.Disk, "读取文件失败，请检查磁盘或U盘后重试。", err)
}
