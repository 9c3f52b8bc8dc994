package page

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"math"
	"sync"
	"time"

	"doorstep/internal/fault"
)

// Renderer starts the children that draw. The zero limits stand for the
// defaults; a Renderer may be used by any number of goroutines.
type Renderer struct {
	Command   []string      // the program and its arguments that run worker.Main
	Timeout   time.Duration // for opening, and for each page; 15 s
	MaxBytes  int           // of a document; 40 MiB
	MaxPixels int           // of a page; 20 million
	MaxPages  int           // of a document; 500
	MemoryMB  int           // the child may take; 768
}

const (
	defaultTimeout = 15 * time.Second
	defaultBytes   = 40 << 20
	defaultPixels  = 20_000_000
	defaultPages   = 500
	defaultMemory  = 768
	lifetime       = time.Minute // of work, after which a child is replaced
	maxDPI         = 600
)

func or[T int | time.Duration](v, otherwise T) T {
	if v > 0 {
		return v
	}
	return otherwise
}

// limits gives every limit its value.
func (r *Renderer) limits() Renderer {
	return Renderer{
		Command:   r.Command,
		Timeout:   or(r.Timeout, defaultTimeout),
		MaxBytes:  or(r.MaxBytes, defaultBytes),
		MaxPixels: or(r.MaxPixels, defaultPixels),
		MaxPages:  or(r.MaxPages, defaultPages),
		MemoryMB:  or(r.MemoryMB, defaultMemory),
	}
}

// Document is an open file with its child. Its calls may come from any
// goroutine; they run one after another.
type Document struct {
	limits Renderer
	bytes  []byte
	pages  int

	turn   chan struct{} // holds one token: whose turn it is with the child
	child  *child
	once   sync.Once
	closed chan struct{}
}

// Open hands a document to a child of its own and counts its pages. The bytes
// are kept, unchanged, until Close. It fails with fault.TooLarge past the
// limits, fault.Unsupported for what cannot be read here, fault.Unavailable
// where no child can be started, and leaves no child behind when it fails.
func (r *Renderer) Open(ctx context.Context, doc []byte) (*Document, error) {
	const op = "page.Open"
	d := &Document{limits: r.limits(), bytes: doc, turn: make(chan struct{}, 1), closed: make(chan struct{})}
	d.turn <- struct{}{}
	if len(doc) > d.limits.MaxBytes {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	if len(d.limits.Command) == 0 {
		return nil, fault.New(op, fault.Unavailable, errors.New("no command for the child"))
	}
	if err := d.start(ctx, op); err != nil {
		return nil, err
	}
	return d, nil
}

// Pages is how many pages the document has; at least one.
func (d *Document) Pages() int { return d.pages }

// Page draws page n, counted from 0, at dpi dots an inch, or fewer where the
// limit of pixels asks for it. The image is Gray for a page without colour,
// else RGBA, with its corner at the origin. A fault leaves the document open:
// other pages can still be asked for, from a new child if need be.
func (d *Document) Page(ctx context.Context, n int, dpi float64) (image.Image, error) {
	const op = "page.Page"
	if n < 0 || n >= d.pages {
		return nil, NoSuchPage.fault(op)
	}
	if !(dpi >= 1 && dpi <= maxDPI) {
		return nil, fault.New(op, fault.Input, errors.New("resolution out of range"))
	}
	select {
	case <-d.turn:
		defer func() { d.turn <- struct{}{} }()
	case <-d.closed:
		return nil, fault.New(op, fault.Cancelled, errors.New("the document is closed"))
	case <-ctx.Done():
		return nil, fault.New(op, fault.Cancelled, ctx.Err())
	}
	if d.isClosed() {
		return nil, fault.New(op, fault.Cancelled, errors.New("the document is closed"))
	}
	if d.child == nil {
		if err := d.start(ctx, op); err != nil {
			return nil, err
		}
	}
	var img image.Image
	err := d.job(ctx, op, func(c *child) error {
		ask := binary.BigEndian.AppendUint32(nil, uint32(n))
		ask = binary.BigEndian.AppendUint32(ask, uint32(math.Round(dpi*100)))
		if err := writeFrame(c.in, FramePage, ask); err != nil {
			return err
		}
		var err error
		img, err = readImage(c.out, d.limits.MaxPixels)
		return err
	})
	if err != nil {
		return nil, err
	}
	return img, nil
}

// Close ends the child and waits for it; a job under way ends in a fault.
func (d *Document) Close() {
	d.once.Do(func() { close(d.closed) })
	<-d.turn
	d.drop()
	d.turn <- struct{}{}
}

func (d *Document) isClosed() bool {
	select {
	case <-d.closed:
		return true
	default:
		return false
	}
}

// start gives the document a new child that has it open.
func (d *Document) start(ctx context.Context, op string) error {
	c, err := newChild(d.limits.Command)
	if err != nil {
		return fault.New(op, fault.Unavailable, err)
	}
	d.child = c
	first := d.pages == 0
	err = d.job(ctx, op, func(c *child) error {
		if err := writeFrame(c.in, FrameLimits, d.limits.encode()); err != nil {
			return err
		}
		if err := writeFrame(c.in, FrameDocument, d.bytes); err != nil {
			return err
		}
		pages, err := readOpened(c.out, d.limits.MaxPages)
		if err == nil && first {
			d.pages = pages
		} else if err == nil && pages != d.pages {
			err = errProtocol
		}
		return err
	})
	if err != nil {
		d.drop()
	}
	return err
}

// encode is the payload of the frame of limits.
func (r *Renderer) encode() []byte {
	cpu := (lifetime + 2*r.Timeout) / time.Second
	var b []byte
	for _, v := range []int{r.MemoryMB, int(cpu), int(r.Timeout / time.Millisecond), r.MaxPixels, r.MaxPages, r.MaxBytes} {
		b = binary.BigEndian.AppendUint32(b, uint32(min(v, math.MaxInt32)))
	}
	return b
}

// job runs one exchange with the child. A child that does not answer in time,
// dies or breaks the protocol is killed; one that refuses lives on.
func (d *Document) job(ctx context.Context, op string, talk func(*child) error) error {
	c := d.child
	begun := time.Now()
	late, stopped, err := c.exchange(ctx, d.closed, d.limits.Timeout, func() error { return talk(c) })
	c.busy += time.Since(begun)
	var r Refusal
	refused := errors.As(err, &r)
	if late || stopped || err != nil && !refused || c.busy > lifetime {
		d.drop()
	}
	switch {
	case err == nil:
		return nil
	case refused:
		return r.fault(op)
	case stopped:
		return fault.New(op, fault.Cancelled, context.Cause(ctx))
	case late:
		return fault.Say(op, fault.Unsupported, "文件过于复杂或已损坏，在时限内没有显示出来；请打印后扫描。", errors.New("the child was too slow"))
	}
	return fault.Say(op, fault.Unsupported, "文件已损坏或过于复杂，无法显示；请打印后扫描。", err)
}

func (d *Document) drop() {
	if d.child != nil {
		d.child.kill()
		d.child = nil
	}
}
