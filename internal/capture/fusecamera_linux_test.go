package capture_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// fuseCamera is the verb of the child that is a V4L2 camera: a file in a FUSE
// file system that answers the driver's ioctls. It must be a process of its
// own, for a page fault on a frame would stop the one that has to serve it.
// Arguments: the folder, the format, and how it misbehaves. It says "ready",
// takes the words "unplug" and "busy" on its input, and ends with it.
const fuseCamera = "fuse-camera"

func init() { children[fuseCamera] = serveCamera }

const (
	frameBuffers = 4
	bufferBytes  = 8 << 20
)

var cameraSizes = []image.Point{{640, 480}, {1400, 800}, {1280, 720}}

type device struct {
	fs.Inode
	format, how string

	mu         sync.Mutex
	gone, busy bool
	size       image.Point
	queue      []uint32
	frame      int
	picture    []byte // the one that motion JPEG repeats
	buffers    [frameBuffers][]byte
}

var (
	_ fs.NodeOpener    = (*device)(nil)
	_ fs.NodeGetattrer = (*device)(nil)
	_ fs.NodeReader    = (*device)(nil)
	_ fs.NodeIoctler   = (*device)(nil)
	_ fs.NodeSetattrer = (*device)(nil)
)

func serveCamera() {
	d := &device{format: os.Args[3], how: os.Args[4], size: cameraSizes[0]}
	root := &fs.Inode{}
	server, err := fs.Mount(os.Args[2], root, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMountStrict: true, DirectMount: true, FsName: "camera"},
		OnAdd: func(ctx context.Context) {
			root.AddChild("video0", root.NewPersistentInode(ctx, d, fs.StableAttr{Mode: fuse.S_IFREG}), true)
			plain := &fs.MemRegularFile{Data: []byte("no device"), Attr: fuse.Attr{Mode: 0o600}}
			root.AddChild("video1", root.NewPersistentInode(ctx, plain, fs.StableAttr{}), true)
		},
	})
	if err != nil {
		fmt.Println("cannot mount:", err)
		return
	}
	fmt.Println("ready")
	words := bufio.NewScanner(os.Stdin)
	for words.Scan() {
		d.mu.Lock()
		switch words.Text() {
		case "unplug":
			d.gone = true
		case "busy":
			d.busy = true
		}
		d.mu.Unlock()
		fmt.Println("done")
	}
	d.mu.Lock()
	d.gone = true
	d.mu.Unlock()
	for range 100 { // until the test's last file is closed
		if server.Unmount() == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	const detach = 2
	syscall.Unmount(os.Args[2], detach)
}

func (d *device) Open(ctx context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.gone {
		return nil, 0, syscall.ENODEV
	}
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

func (d *device) Getattr(ctx context.Context, f fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size = 0o600, frameBuffers*bufferBytes
	return 0
}

func (d *device) Setattr(ctx context.Context, f fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	return d.Getattr(ctx, f, out)
}

func (d *device) Read(ctx context.Context, f fs.FileHandle, dst []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(dst)
	for n, b := range d.buffers { // a read may reach from one into the next
		at := int64(n)*bufferBytes - off
		if at < int64(len(dst)) && at+int64(len(b)) > 0 {
			copy(dst[max(at, 0):], b[max(-at, 0):])
		}
	}
	return fuse.ReadResultData(dst), 0
}

// Ioctl answers as the header videodev2.h lays the structures out on 64 bits.
func (d *device) Ioctl(ctx context.Context, f fs.FileHandle, cmd uint32, arg uint64, in, out []byte) (int32, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if cmd>>8&0xff != 'V' {
		return 0, syscall.ENOTTY
	}
	if d.gone {
		return 0, syscall.ENODEV
	}
	copy(out, in)
	put := func(at int, v uint32) { binary.NativeEndian.PutUint32(out[at:], v) }
	get := func(at int) uint32 { return binary.NativeEndian.Uint32(in[at:]) }
	fourCC := binary.LittleEndian.Uint32([]byte(d.format))
	switch cmd & 0xff {
	case 0: // QUERYCAP
		copy(out, "fuse")
		copy(out[16:], "Made-up camera")
		put(84, 0x04000001)
	case 2: // ENUM_FMT
		if get(0) != 0 || d.how == "no formats" {
			return 0, syscall.EINVAL
		}
		put(44, fourCC)
	case 74: // ENUM_FRAMESIZES
		if get(0) >= uint32(len(cameraSizes)) || get(4) != fourCC {
			return 0, syscall.EINVAL
		}
		put(8, 1)
		put(12, uint32(cameraSizes[get(0)].X))
		put(16, uint32(cameraSizes[get(0)].Y))
	case 5: // S_FMT
		if d.busy {
			return 0, syscall.EBUSY
		}
		d.size, d.picture = image.Pt(int(get(8)), int(get(12))), nil
	case 8: // REQBUFS
		put(0, min(get(0), frameBuffers))
		d.queue = nil
	case 9: // QUERYBUF
		put(64, get(0)*bufferBytes)
		put(72, bufferBytes)
	case 15: // QBUF
		d.queue = append(d.queue, get(0))
	case 17:
		return 0, d.dequeue(put)
	case 18, 19: // STREAMON, STREAMOFF
	default:
		return 0, syscall.ENOTTY
	}
	return 0, 0
}

func (d *device) dequeue(put func(int, uint32)) syscall.Errno {
	if len(d.queue) == 0 || d.how == "silent" {
		return syscall.EAGAIN
	}
	n := d.queue[0]
	d.queue = d.queue[1:]
	b := d.picture
	if b == nil && strings.HasPrefix(d.how, "/") {
		b, _ = os.ReadFile(d.how) // a frame that somebody drew
		d.picture = b
	}
	if d.format == "YUYV" || b == nil {
		b = madeUpFrame(d.format, d.size, d.frame)
		d.picture = b
	}
	used := uint32(len(b))
	switch {
	case d.how == "damaged", d.how == "half damaged" && d.frame%2 == 0:
		b = b[:len(b)/2]
		used = uint32(len(b))
	case d.how == "impossible sizes":
		used = 2 * bufferBytes
	}
	d.buffers[n] = b
	d.frame++
	put(0, n)
	put(8, used)
	d.mu.Unlock() // the kernel may read while it forgets the old frame
	time.Sleep(3 * time.Millisecond)
	d.NotifyContent(int64(n)*bufferBytes, bufferBytes)
	d.mu.Lock()
	return 0
}

// madeUpFrame is frame n of a camera, in the form in which it is on the wire:
// motion JPEG has no tables of its own.
func madeUpFrame(format string, size image.Point, n int) []byte {
	if format == "YUYV" {
		b := make([]byte, 2*size.X*size.Y)
		for i := range b {
			b[i] = byte(i*7 + i>>9 + n)
		}
		return b
	}
	img := image.NewYCbCr(image.Rectangle{Max: size}, image.YCbCrSubsampleRatio422)
	for i := range img.Y {
		img.Y[i] = byte(i%img.YStride/8 + n)
	}
	for i := range img.Cb {
		img.Cb[i], img.Cr[i] = 128, 128
	}
	var b bytes.Buffer
	jpeg.Encode(&b, img, nil)
	at := bytes.Index(b.Bytes(), []byte{0xff, 0xc4})
	length := int(binary.BigEndian.Uint16(b.Bytes()[at+2:]))
	return append(b.Bytes()[:at:at], b.Bytes()[at+2+length:]...)
}
