package capture

import (
	"context"
	"errors"
	"image"
	"path/filepath"
	"slices"
	"sync"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"doorstep/internal/fault"
)

const devices = "/dev/video*"

// Cameras lists the cameras of this machine that give pictures in a form
// known here; a camera in use by another program is listed too. Each device is
// opened for a moment and asked for its name and formats, which disturbs
// nobody. No camera at all is an empty list.
func Cameras(ctx context.Context) ([]CameraInfo, error) { return camerasAt(ctx, devices) }

func camerasAt(ctx context.Context, pattern string) ([]CameraInfo, error) {
	const op = "capture.Cameras"
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	slices.SortFunc(paths, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return slices.Compare([]byte(a), []byte(b))
	})
	var found []CameraInfo
	for _, p := range paths {
		if err := ctx.Err(); err != nil {
			return nil, fault.New(op, fault.Cancelled, err)
		}
		w, err := webcam.Open(p)
		if errors.Is(err, unix.EBUSY) {
			found = append(found, CameraInfo{ID: p, Name: filepath.Base(p)})
		}
		if err != nil {
			continue
		}
		// A camera's second node, for metadata, has no formats.
		if len(known(w)) > 0 {
			name, err := w.GetName()
			if err != nil || name == "" {
				name = filepath.Base(p)
			}
			found = append(found, CameraInfo{ID: p, Name: name})
		}
		w.Close()
	}
	return found, nil
}

// v4l2 is a camera of Linux. One goroutine, run, owns the device; the methods
// send it requests.
type v4l2 struct {
	path, name string
	requests   chan request
	stop       chan struct{}
	once       sync.Once
	running    sync.WaitGroup

	mu  sync.Mutex
	err error
}

type request struct {
	ctx     context.Context
	preview bool
	reply   chan reply // of one place
}

type reply struct {
	frames <-chan image.Image
	still  image.Image
	err    error
}

// OpenCamera opens a camera that Cameras listed; the device itself is taken
// only while a preview or a still runs. It fails with fault.Unavailable when
// the device is gone, fault.Denied without the right to open it, fault.Busy
// when another program keeps it shut, and fault.Unsupported when it gives no
// known format.
func OpenCamera(ctx context.Context, info CameraInfo) (Camera, error) {
	const op = "capture.OpenCamera"
	w, err := webcam.Open(info.ID)
	if err != nil {
		return nil, deviceFault(op, err)
	}
	n := len(known(w))
	w.Close()
	if n == 0 {
		return nil, fault.Tell(op, fault.Unsupported, "不支持这个摄像头的图像格式：请换一个摄像头，或用浏览器、用手机拍，或选文件。", nil)
	}
	c := &v4l2{path: info.ID, name: info.Name, requests: make(chan request), stop: make(chan struct{})}
	c.running.Go(c.run)
	return c, nil
}

func (c *v4l2) Name() string { return c.name }

func (c *v4l2) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *v4l2) setErr(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = err
}

func (c *v4l2) Close() error {
	c.once.Do(func() { close(c.stop) })
	c.running.Wait()
	return nil
}

func (c *v4l2) Preview(ctx context.Context) (<-chan image.Image, error) {
	r := c.ask("capture.Preview", request{ctx: ctx, preview: true})
	return r.frames, r.err
}

func (c *v4l2) Still(ctx context.Context) (image.Image, error) {
	r := c.ask("capture.Still", request{ctx: ctx})
	return r.still, r.err
}

func (c *v4l2) ask(op string, q request) reply {
	q.reply = make(chan reply, 1)
	select {
	case c.requests <- q:
	case <-c.stop:
		return reply{err: gone(op, nil)}
	case <-q.ctx.Done():
		return reply{err: fault.New(op, fault.Cancelled, q.ctx.Err())}
	}
	r := <-q.reply // run always answers what it took
	r.err = fault.Wrap(op, r.err)
	return r
}

// live is a running preview.
type live struct {
	ctx    context.Context
	frames chan image.Image
	from   *session
	failed error // why from could not be taken up again after a still
}

// run serves requests, and between them moves frames of the preview.
func (c *v4l2) run() {
	var l *live
	end := func(err error) {
		l.from.close()
		if err != nil {
			c.setErr(err)
		}
		close(l.frames)
		l = nil
	}
	for {
		if l == nil {
			select {
			case <-c.stop:
				return
			case q := <-c.requests:
				l = c.serve(q, nil)
			}
			continue
		}
		select {
		case <-c.stop:
			end(nil)
			return
		case <-l.ctx.Done():
			end(nil)
		case q := <-c.requests:
			l = c.serve(q, l)
			if l != nil && l.failed != nil {
				end(l.failed)
			}
		default:
			img, err := l.from.frame(l.ctx, c.stop)
			switch {
			case err == nil:
				offer(l.frames, img)
			case fault.KindOf(err) != fault.Cancelled:
				end(err)
			}
		}
	}
}

// serve answers one request and gives the preview that runs afterwards.
func (c *v4l2) serve(q request, l *live) *live {
	switch {
	case q.preview && l != nil:
		q.reply <- reply{err: fault.New("capture.Preview", fault.Busy, errors.New("a preview is running"))}
		return l
	case q.preview:
		s, err := openSession(c.path, previewPixels)
		if err != nil {
			q.reply <- reply{err: err}
			return nil
		}
		c.setErr(nil)
		l = &live{ctx: q.ctx, frames: make(chan image.Image, 1), from: s}
		q.reply <- reply{frames: l.frames}
		return l
	}
	if l != nil {
		l.from.close() // a device streams in one size at a time
	}
	img, err := still(q.ctx, c.stop, c.path)
	q.reply <- reply{still: img, err: err}
	if l != nil {
		l.from, l.failed = openSession(c.path, previewPixels)
	}
	return l
}

// deviceFault maps what the driver says; the library keeps some of its errors
// only as text.
func deviceFault(op string, err error) error {
	is := func(e unix.Errno) bool { return errors.Is(err, e) }
	switch {
	case is(unix.EBUSY):
		return fault.Tell(op, fault.Busy, "摄像头正被另一个程序使用：请先关闭那个程序，或用手机拍、选文件。", err)
	case is(unix.EACCES), is(unix.EPERM):
		return fault.Tell(op, fault.Denied, "没有使用摄像头的权限：请联系管理员，或用手机拍、选文件。", err)
	}
	return gone(op, err)
}
