package page

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"doorstep/internal/fault"
)

// TestMain lets this test binary be a child that behaves badly.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "bad-child" {
		badChild(os.Args[2])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func badChild(how string) {
	switch how {
	case "dies at once":
		os.Exit(1)
	case "says nothing":
		time.Sleep(20 * time.Second) // longer than any limit here
	case "leaves a grandchild with the pipes":
		c := exec.Command(os.Args[0], "bad-child", "says nothing")
		c.Stdin, c.Stdout = os.Stdin, os.Stdout
		c.Start()
		os.Exit(0)
	}
	in := frames{os.Stdin}
	in.read()
	in.read()
	say := func(kind byte, payload ...byte) { writeFrame(os.Stdout, kind, payload) }
	switch how {
	case "talks nonsense":
		fmt.Println("hello, how are you today?")
	case "promises no pages":
		say(FrameOpened, 0, 0, 0, 0)
	case "promises a billion pages":
		say(FrameOpened, 0x40, 0, 0, 0)
	case "refuses for no known reason":
		say(FrameFault, 99)
	default:
		say(FrameOpened, 0, 0, 0, 2)
	}
	for n := 0; ; n++ {
		in.read()
		switch {
		case how == "dies in the middle of a page":
			os.Stdout.Write([]byte{FrameImage, 0, 0, 0, 13, 1, 0})
			os.Exit(1)
		case how == "sends a page of four gigabytes":
			os.Stdout.Write([]byte{FrameImage, 0xff, 0xff, 0xff, 0xff})
		case how == "sends sizes that do not agree":
			say(FrameImage, 1, 0, 0, 0, 9, 0, 0, 0, 9, 1, 2, 3)
		case how == "refuses the first page" && n == 0:
			say(FrameFault, byte(NotDrawn))
		default:
			say(FrameImage, 1, 0, 0, 0, 2, 0, 0, 0, 1, 7, 8)
		}
	}
}

type frames struct{ r io.Reader }

func (f frames) read() []byte {
	var head [headBytes]byte
	if _, err := io.ReadFull(f.r, head[:]); err != nil {
		os.Exit(0)
	}
	b := make([]byte, binary.BigEndian.Uint32(head[1:]))
	io.ReadFull(f.r, b)
	return b
}

func rendererOf(t *testing.T, how string) *Renderer {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &Renderer{Command: []string{exe, "bad-child", how}, Timeout: 2 * time.Second}
}

func TestBadChildrenEndInAFault(t *testing.T) {
	opening := []string{
		"dies at once", "says nothing", "leaves a grandchild with the pipes", "talks nonsense",
		"promises no pages", "promises a billion pages", "refuses for no known reason",
	}
	for _, how := range opening {
		t.Run("opening with a child that "+how, func(t *testing.T) {
			if _, err := rendererOf(t, how).Open(t.Context(), []byte("x")); fault.KindOf(err) != fault.Unsupported {
				t.Errorf("got %v, want unsupported", err)
			}
		})
	}
	for _, how := range []string{"dies in the middle of a page", "sends a page of four gigabytes", "sends sizes that do not agree"} {
		t.Run("drawing with a child that "+how, func(t *testing.T) {
			d, err := rendererOf(t, how).Open(t.Context(), []byte("x"))
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			for range 2 {
				if _, err := d.Page(t.Context(), 1, 150); fault.KindOf(err) != fault.Unsupported {
					t.Errorf("got %v, want unsupported", err)
				}
				if d.child != nil {
					t.Error("got the child kept, want it dropped")
				}
			}
		})
	}
}

func TestARefusalKeepsTheChild(t *testing.T) {
	d, err := rendererOf(t, "refuses the first page").Open(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	before := d.child
	if _, err := d.Page(t.Context(), 0, 150); fault.KindOf(err) != fault.Unsupported {
		t.Errorf("got %v, want unsupported", err)
	}
	img, err := d.Page(t.Context(), 1, 150)
	if err != nil {
		t.Fatal(err)
	}
	if g, ok := img.(*image.Gray); !ok || !bytes.Equal(g.Pix, []byte{7, 8}) || g.Rect != image.Rect(0, 0, 2, 1) {
		t.Errorf("image: got %v, want gray 7 8", img)
	}
	if d.child != before {
		t.Error("got a new child, want the same")
	}
}

func TestATiredChildIsReplaced(t *testing.T) {
	d, err := rendererOf(t, "works").Open(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	before := d.child
	before.busy = lifetime
	for range 2 {
		if _, err := d.Page(t.Context(), 0, 150); err != nil {
			t.Fatal(err)
		}
	}
	if d.child == before || before.cmd.ProcessState == nil {
		t.Error("got the same child, want it ended and replaced")
	}
}

func TestRequestsOutOfRangeAreRefused(t *testing.T) {
	d, err := rendererOf(t, "works").Open(t.Context(), []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, n := range []int{-1, 2, 1 << 40} {
		if _, err := d.Page(t.Context(), n, 150); fault.KindOf(err) != fault.Missing {
			t.Errorf("page %d: got %v, want missing", n, err)
		}
	}
	for _, dpi := range []float64{0, -1, 601, 1e300} {
		if _, err := d.Page(t.Context(), 0, dpi); fault.KindOf(err) != fault.Input {
			t.Errorf("dpi %g: got %v, want input", dpi, err)
		}
	}
}

func TestOpenSaysWhatIsMissing(t *testing.T) {
	t.Run("a program that is not there", func(t *testing.T) {
		r := &Renderer{Command: []string{t.TempDir() + "/nothing"}}
		if _, err := r.Open(t.Context(), nil); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v, want unavailable", err)
		}
	})
	t.Run("no program at all", func(t *testing.T) {
		if _, err := new(Renderer).Open(t.Context(), nil); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v, want unavailable", err)
		}
	})
	t.Run("a document past the limit", func(t *testing.T) {
		r := rendererOf(t, "works")
		r.MaxBytes = 3
		if _, err := r.Open(t.Context(), []byte("four")); fault.KindOf(err) != fault.TooLarge {
			t.Errorf("got %v, want too large", err)
		}
	})
}

func TestEveryReasonHasItsWords(t *testing.T) {
	seen := map[string]Refusal{}
	for r := NotReadable; r < OutOfOrder; r++ {
		err := r.fault("test")
		s := fault.Sentence(err)
		if other, ok := seen[s]; ok || fault.KindOf(err) == fault.Other || !strings.HasSuffix(s, "。") {
			t.Errorf("reason %d: got %q of kind %v (as reason %d), want words of its own", r, s, fault.KindOf(err), other)
		}
		seen[s] = r
	}
}

func FuzzReadImage(f *testing.F) {
	f.Add([]byte{FrameImage, 0, 0, 0, 11, 1, 0, 0, 0, 2, 0, 0, 0, 1, 7, 8})
	f.Add([]byte{FrameImage, 0, 0, 0, 13, 4, 0, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4})
	f.Add([]byte{FrameFault, 0, 0, 0, 1, 6})
	f.Add([]byte{FrameImage, 0xff, 0xff, 0xff, 0xff, 4})
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1000
		img, err := readImage(bytes.NewReader(b), limit)
		if err != nil {
			var r Refusal
			if errors.As(err, &r) && (r < NotReadable || r > OutOfOrder) {
				t.Fatalf("got Refusal %d, want a known one", r)
			}
			return
		}
		if n := img.Bounds().Dx() * img.Bounds().Dy(); n < 1 || n > limit || len(b) < n {
			t.Fatalf("got %d pixels from %d bytes, want within the limit", n, len(b))
		}
	})
}

func FuzzReadOpened(f *testing.F) {
	f.Add([]byte{FrameOpened, 0, 0, 0, 4, 0, 0, 0, 3})
	f.Add([]byte{FrameOpened, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff})
	f.Add([]byte{FrameFault, 0, 0, 0, 1, 2})
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 40
		if n, err := readOpened(bytes.NewReader(b), limit); err == nil && (n < 1 || n > limit || len(b) < 9) {
			t.Fatalf("got %d pages from %d bytes", n, len(b))
		}
	})
}
