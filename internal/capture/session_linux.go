package capture

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"time"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"doorstep/internal/fault"
	"doorstep/internal/photo"
)

const (
	previewPixels = 1280 * 720
	stillPixels   = 4096 * 3072
	buffers       = 4
	settling      = 5               // frames a camera needs to find light and focus
	damagedInRow  = 10              // frames, after which the device counts as broken
	silence       = 5 * time.Second // without a frame, after which it counts as gone
)

func fourCC(s string) webcam.PixelFormat {
	return webcam.PixelFormat(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

// known lists the formats of a device that can be read here, the best first.
func known(w *webcam.Webcam) []webcam.PixelFormat {
	has := w.GetSupportedFormats()
	var out []webcam.PixelFormat
	for _, s := range []string{"MJPG", "JPEG", "YUYV"} {
		if _, ok := has[fourCC(s)]; ok {
			out = append(out, fourCC(s))
		}
	}
	return out
}

// session is one stream of frames from an open device.
type session struct {
	cam           *webcam.Webcam
	format        webcam.PixelFormat
	width, height int
}

// openSession opens a device and starts the stream with the most pixels that
// keep the limit.
func openSession(path string, limit int) (*session, error) {
	const op = "capture.stream"
	w, err := webcam.Open(path)
	if err != nil {
		return nil, deviceFault(op, err)
	}
	s := &session{cam: w}
	if err := s.start(limit); err != nil {
		w.Close()
		return nil, deviceFault(op, err)
	}
	return s, nil
}

func (s *session) start(limit int) error {
	formats := known(s.cam)
	if len(formats) == 0 {
		return errors.New("no known format")
	}
	size := best(s.cam.GetSupportedFrameSizes(formats[0]), limit)
	format, _, _, err := s.cam.SetImageFormat(formats[0], uint32(size.X), uint32(size.Y))
	if err != nil {
		return err
	}
	s.format, s.width, s.height = format, size.X, size.Y
	if err := s.cam.SetBufferCount(buffers); err != nil {
		return err
	}
	return s.cam.StartStreaming()
}

// best is the size with the most pixels within the limit, else the smallest.
// Where a device names none, 1280×720 is as good a guess as any.
func best(sizes []webcam.FrameSize, limit int) image.Point {
	const most = 16384
	var good, least image.Point
	for _, s := range sizes {
		for _, p := range []image.Point{
			{int(min(s.MaxWidth, most)), int(min(s.MaxHeight, most))},
			{int(min(s.MinWidth, most)), int(min(s.MinHeight, most))},
		} {
			n := p.X * p.Y
			if n > 0 && n <= limit && n > good.X*good.Y {
				good = p
			}
			if n > 0 && (least == image.Point{} || n < least.X*least.Y) {
				least = p
			}
		}
	}
	switch {
	case good != image.Point{}:
		return good
	case least != image.Point{}:
		return least
	}
	return image.Pt(1280, 720)
}

// frame waits for the next whole frame. It fails with fault.Cancelled when ctx
// ends or stop closes, and fault.Unavailable when the device is gone, silent,
// or gives nothing but damaged frames.
func (s *session) frame(ctx context.Context, stop <-chan struct{}) (image.Image, error) {
	const op = "capture.frame"
	begun, damaged := time.Now(), 0
	for {
		select {
		case <-ctx.Done():
			return nil, fault.New(op, fault.Cancelled, ctx.Err())
		case <-stop:
			return nil, fault.New(op, fault.Cancelled, errGone)
		default:
		}
		if time.Since(begun) > silence {
			return nil, gone(op, errors.New("no frames"))
		}
		b, err := s.read()
		if errors.Is(err, unix.EAGAIN) || errors.As(err, new(*webcam.Timeout)) || err == nil && len(b) == 0 {
			continue
		}
		if err != nil {
			return nil, deviceFault(op, err)
		}
		img, err := s.decode(b)
		if err == nil {
			return img, nil
		}
		// A cable or a full bus damages single frames; the next is as good.
		if damaged++; damaged == damagedInRow {
			return nil, gone(op, err)
		}
	}
}

// read waits up to a second and copies a frame out of the driver's memory.
func (s *session) read() (b []byte, err error) {
	defer func() {
		if recover() != nil {
			b, err = nil, errors.New("the driver gave sizes that cannot be")
		}
	}()
	if err := s.cam.WaitForFrame(1); err != nil {
		return nil, err
	}
	shared, index, err := s.cam.GetFrame()
	if err != nil {
		return nil, err
	}
	b = bytes.Clone(shared)
	return b, s.cam.ReleaseFrame(index)
}

func (s *session) decode(b []byte) (image.Image, error) {
	if s.format == fourCC("YUYV") {
		return yuyv(b, s.width, s.height)
	}
	img, _, err := photo.Decode(withTables(b))
	return img, err
}

func (s *session) close() {
	if s != nil {
		s.cam.Close()
	}
}

// still takes one frame of the finest size, after the camera has settled.
func still(ctx context.Context, stop <-chan struct{}, path string) (image.Image, error) {
	s, err := openSession(path, stillPixels)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for range settling {
		if _, err := s.frame(ctx, stop); err != nil {
			return nil, err
		}
	}
	return s.frame(ctx, stop)
}

// yuyv copies packed 4:2:2 pixels apart; rows may be followed by padding only
// at the frame's end.
func yuyv(b []byte, w, h int) (image.Image, error) {
	if w <= 0 || h <= 0 || w%2 != 0 || len(b) < 2*w*h {
		return nil, errors.New("a frame of another size")
	}
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio422)
	for i := range w * h / 2 {
		p := b[4*i : 4*i+4 : 4*i+4]
		img.Y[2*i], img.Cb[i], img.Y[2*i+1], img.Cr[i] = p[0], p[1], p[2], p[3]
	}
	return img, nil
}

// withTables puts the standard Huffman tables into a frame of motion JPEG,
// where cameras leave them out.
func withTables(frame []byte) []byte {
	const dht, sos = "\xff\xc4", "\xff\xda"
	at := segment(frame, sos[1])
	if at < 0 || segment(frame[:at], dht[1]) >= 0 {
		return frame
	}
	tables := standardTables()
	out := make([]byte, 0, len(frame)+len(tables))
	out = append(out, frame[:at]...)
	out = append(out, tables...)
	return append(out, frame[at:]...)
}

// segment is where the first segment with a marker begins before the scan's
// data, or -1.
func segment(b []byte, marker byte) int {
	for i := 2; i+4 <= len(b) && b[i] == 0xff; {
		if b[i+1] == marker {
			return i
		}
		if b[i+1] == 0xda {
			return -1
		}
		i += 2 + int(b[i+2])<<8 + int(b[i+3])
	}
	return -1
}

// standardTables takes the segment of tables out of an image of the standard
// library's encoder, which always writes the standard ones.
func standardTables() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewYCbCr(image.Rect(0, 0, 8, 8), image.YCbCrSubsampleRatio420), nil); err != nil {
		return nil
	}
	at := segment(b.Bytes(), 0xc4)
	if at < 0 {
		return nil
	}
	s := b.Bytes()[at:]
	return s[:2+int(s[2])<<8+int(s[3])]
}
