package stick

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

const county = "522727"

// ends are the two ends of a stick.
type ends struct {
	t              testing.TB
	dir            string
	device         uuid.UUID
	laptop, centre *seal.Signer
}

func newEnds(t testing.TB) *ends {
	t.Helper()
	return &ends{t: t, dir: t.TempDir(), device: uuid.New(), laptop: must(seal.NewSigner()), centre: must(seal.NewSigner())}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func (e *ends) folder() *Folder {
	e.t.Helper()
	f, err := Open(e.dir, e.device, true)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { f.Close() })
	return f
}

// write writes a batch of parcels with these texts.
func (e *ends) write(f *Folder, texts ...string) (*Batch, error) {
	w, err := f.Begin(ToCentre, county, e.centre.Public(), e.laptop.Suite())
	if err != nil {
		return nil, err
	}
	for _, s := range texts {
		if err := w.Add(Parcel, []byte(s)); err != nil {
			return nil, err
		}
	}
	return w.End(e.laptop, []byte("note of "+texts[0][:min(len(texts[0]), 9)]))
}

// texts are the items of every whole batch.
func (e *ends) texts(f *Folder) (out []string, broken []Broken) {
	e.t.Helper()
	whole, broken, err := f.Batches(ToCentre, county, e.laptop.Public())
	if err != nil {
		e.t.Fatal(err)
	}
	for _, b := range whole {
		if err := f.Check(b); err != nil {
			broken = append(broken, Broken{ToCentre, b.Number, err})
			continue
		}
		err := f.Read(b, []*seal.Signer{e.centre}, func(k Kind, body []byte) error {
			out = append(out, string(body))
			return nil
		})
		if err != nil {
			e.t.Fatal(err)
		}
	}
	return out, broken
}

func wantKind(t testing.TB, err error, want fault.Kind) {
	t.Helper()
	if got := fault.KindOf(err); got != want || err == nil {
		t.Errorf("got %v, want %v", err, want)
	}
}

func big(name string, n int) string {
	s := sha256.Sum256([]byte(name))
	return strings.Repeat(fmt.Sprintf("%x", s), n/64+1)[:n]
}

func TestABatchReadsBackAsItWasWritten(t *testing.T) {
	e := newEnds(t)
	f := e.folder()
	want := []string{"a", big("b", 3<<20), big("c", 3<<20), "d"}
	b := must(e.write(f, want...))
	must(e.write(f, "second"))
	if b.Files() != 2 || b.Number != 1 {
		t.Errorf("%d files under number %d; want 2 under 1", b.Files(), b.Number)
	}
	got, broken := e.texts(f)
	if len(broken) != 0 || strings.Join(got, "|") != strings.Join(append(want, "second"), "|") {
		t.Errorf("%d items, %v broken", len(got), broken)
	}
	if n := must(b.Note(e.laptop)); string(n) != "note of a" {
		t.Errorf("note %q", n)
	}
	_, err := b.Note(e.centre)
	wantKind(t, err, fault.Damaged)
	wantKind(t, f.Read(b, []*seal.Signer{e.laptop}, func(Kind, []byte) error { return nil }), fault.Untrusted)
	if got := must(Devices(e.dir)); len(got) != 1 || got[0] != e.device {
		t.Errorf("devices: %v", got)
	}
	if err := f.Remove(ToCentre, 1); err != nil {
		t.Fatal(err)
	}
	if got, broken := e.texts(f); len(got) != 1 || len(broken) != 0 {
		t.Errorf("after taking the first away: %d items, %v", len(got), broken)
	}
	for _, name := range must(filepath.Glob(filepath.Join(e.dir, Name, "*", "*"))) {
		if raw := must(os.ReadFile(name)); bytes.Contains(raw, []byte("second")) {
			t.Errorf("%s holds what it should hide", filepath.Base(name))
		}
	}
}

func TestABlobGoesInPartsAndComesTogether(t *testing.T) {
	e := newEnds(t)
	f := e.folder()
	content, h := []byte(big("blob", 5<<20+7)), loan.Hash{1}
	w := must(f.Begin(ToCentre, county, e.centre.Public(), e.laptop.Suite()))
	if err := AddBlob(w, h, content); err != nil {
		t.Fatal(err)
	}
	b := must(w.End(e.laptop, nil))
	var a Assembly
	var got []byte
	err := f.Read(b, []*seal.Signer{e.centre}, func(k Kind, body []byte) error {
		p, err := ParsePart(body)
		if err != nil {
			return err
		}
		part, err := a.Add(p, 64<<20)
		got = append(got, part...)
		return err
	})
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	_, err = a.Add(Part{Hash: h, Size: 10, Offset: 5, Data: []byte("x")}, 64<<20)
	wantKind(t, err, fault.Damaged)
	_, err = a.Add(Part{Hash: h, Size: 65 << 20, Data: []byte("x")}, 64<<20)
	wantKind(t, err, fault.Damaged)
}

var errCut = errors.New("cut")

// cutter ends a writing at a step, and remembers what a power cut would undo.
type cutter struct {
	left   int
	synced map[string]bool
	named  []string // renamed since the folder was last synced
}

func (c *cutter) step(name string) error {
	if c.left--; c.left < 0 {
		return errCut
	}
	what, of, _ := strings.Cut(name, " ")
	switch what {
	case "rename": // behind its sync
		c.synced[of] = true
		c.named = append(c.named, strings.TrimSuffix(of, newSuffix))
	case "sync":
		if of == "folder" {
			c.named = nil
		}
	}
	return nil
}

// TestAWriterCutAtEveryStep ends the writing of a second batch at each of its
// steps, as a kill does, as a power cut that loses all that was not synced
// does, and as one that keeps only half of it: the first batch is there, the
// second whole or not at all, and the next writing goes on.
func TestAWriterCutAtEveryStep(t *testing.T) {
	for _, how := range []string{"kill", "lost", "half"} {
		t.Run(how, func(t *testing.T) {
			done := false
			for at := 0; !done; at++ {
				e := newEnds(t)
				f := e.folder()
				must(e.write(f, "first"))
				c := &cutter{left: at, synced: map[string]bool{}}
				f.step = c.step
				_, err := e.write(f, big("x", 3<<20), big("y", 3<<20), "z")
				f.step = nil
				done = err == nil
				if err != nil && c.left >= 0 {
					t.Fatal(err)
				}
				if how != "kill" {
					powerCut(t, filepath.Join(e.dir, Name, e.device.String()), c, how == "half")
				}
				again := e.folder()
				got, broken := e.texts(again)
				if whole := len(got) == 4; got[0] != "first" || len(got) != 1 && !whole || done && !whole {
					t.Fatalf("cut at step %d: %d items", at, len(got))
				}
				if err := again.Tidy(ToCentre, broken); err != nil {
					t.Fatal(err)
				}
				must(e.write(again, "third"))
				got, broken = e.texts(again)
				if got[len(got)-1] != "third" || len(broken) != 0 {
					t.Fatalf("cut at step %d: afterwards %d items, %v", at, len(got), broken)
				}
				for _, name := range must(filepath.Glob(filepath.Join(e.dir, Name, "*", "*"+newSuffix))) {
					t.Errorf("cut at step %d: %s stays", at, filepath.Base(name))
				}
			}
		})
	}
}

// powerCut undoes what was not synced.
func powerCut(t *testing.T, dir string, c *cutter, half bool) {
	t.Helper()
	for _, name := range c.named {
		if !half { // the new name did not reach the disk
			if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, name+newSuffix)); err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
		}
	}
	for _, name := range must(filepath.Glob(filepath.Join(dir, "*"+newSuffix))) {
		if c.synced[filepath.Base(name)] {
			continue
		}
		size := int64(0)
		if st := must(os.Stat(name)); half {
			size = st.Size() / 2
		}
		if err := os.Truncate(name, size); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRemovalCutAtEveryStep: a batch half taken away is no batch.
func TestRemovalCutAtEveryStep(t *testing.T) {
	for at := range 4 {
		e := newEnds(t)
		f := e.folder()
		must(e.write(f, big("x", 3<<20), big("y", 3<<20)))
		f.step = (&cutter{left: at, synced: map[string]bool{}}).step
		err := f.Remove(ToCentre, 1)
		f.step = nil
		got, broken := e.texts(f)
		if at > 0 && len(got) != 0 || at == 0 && len(got) != 2 {
			t.Errorf("cut at step %d: %d items, %v", at, len(got), err)
		}
		if err := f.Tidy(ToCentre, broken); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHostileSticks(t *testing.T) {
	e := newEnds(t)
	f := e.folder()
	b := must(e.write(f, "first"))
	dir := filepath.Join(e.dir, Name, e.device.String())
	secret := filepath.Join(t.TempDir(), "secret")
	must(0, os.WriteFile(secret, []byte("not for a stick"), 0o600))
	index, file := filepath.Join(dir, indexName(ToCentre, 1)), filepath.Join(dir, fileName(ToCentre, 1, 1))
	kept, body := must(os.ReadFile(index)), must(os.ReadFile(file))
	refused := func(t *testing.T) {
		t.Helper()
		if got, broken := e.texts(f); len(got) != 0 || len(broken) != 1 {
			t.Errorf("%d items, %v broken; want it refused", len(got), broken)
		}
		must(0, os.RemoveAll(index))
		must(0, os.RemoveAll(file))
		must(0, os.WriteFile(index, kept, 0o600))
		must(0, os.WriteFile(file, body, 0o600))
		if got, _ := e.texts(f); len(got) != 1 {
			t.Fatal("put right, and not read")
		}
	}
	t.Run("a link for a file", func(t *testing.T) {
		must(0, os.Remove(file))
		must(0, os.Symlink(secret, file))
		refused(t)
	})
	t.Run("a link for an index", func(t *testing.T) {
		must(0, os.Remove(index))
		must(0, os.Symlink(secret, index))
		refused(t)
	})
	t.Run("a folder for a file", func(t *testing.T) {
		must(0, os.Remove(file))
		must(0, os.Mkdir(file, 0o700))
		refused(t)
	})
	t.Run("a huge index", func(t *testing.T) {
		must(0, os.Truncate(index, 1<<40))
		refused(t)
	})
	t.Run("a huge file", func(t *testing.T) {
		must(0, os.Truncate(file, 1<<40))
		refused(t)
	})
	t.Run("an index that another signed", func(t *testing.T) {
		must(0, os.WriteFile(index, b.encode(must(seal.NewSigner())), 0o600))
		refused(t)
	})
	t.Run("an index under another number", func(t *testing.T) {
		other := filepath.Join(dir, indexName(ToCentre, 7))
		must(0, os.WriteFile(other, kept, 0o600))
		if got, broken := e.texts(f); len(got) != 1 || len(broken) != 1 {
			t.Errorf("%d items, %v broken", len(got), broken)
		}
		must(0, os.Remove(other))
	})
	t.Run("a link where a file is to be written", func(t *testing.T) {
		must(0, os.Symlink(secret, filepath.Join(dir, fileName(ToCentre, 2, 1)+newSuffix)))
		must(e.write(f, "second"))
		if got := must(os.ReadFile(secret)); string(got) != "not for a stick" {
			t.Error("written through a link")
		}
		must(0, f.Remove(ToCentre, 2))
	})
	t.Run("a link for a laptop's folder", func(t *testing.T) {
		id := uuid.New()
		must(0, os.Symlink(dir, filepath.Join(e.dir, Name, id.String())))
		if got := must(Devices(e.dir)); len(got) != 1 {
			t.Errorf("devices: %v", got)
		}
		_, err := Open(e.dir, id, false)
		wantKind(t, err, fault.Missing)
	})
	t.Run("too many laptops", func(t *testing.T) {
		crowd := t.TempDir()
		for range MaxDevices + 1 {
			must(0, os.MkdirAll(filepath.Join(crowd, Name, uuid.NewString()), 0o700))
		}
		_, err := Devices(crowd)
		wantKind(t, err, fault.TooLarge)
	})
	t.Run("thousands of files", func(t *testing.T) {
		crowd := newEnds(t)
		f := crowd.folder()
		for n := range MaxBatches + 1 {
			must(0, os.WriteFile(filepath.Join(crowd.dir, Name, crowd.device.String(), indexName(ToCentre, uint32(n))), nil, 0o600))
		}
		_, _, err := f.Batches(ToCentre, county, crowd.laptop.Public())
		wantKind(t, err, fault.TooLarge)
		_, err = crowd.write(f, "more")
		wantKind(t, err, fault.Full)
	})
}

func TestAStickThatIsNotThere(t *testing.T) {
	_, err := Devices(filepath.Join(t.TempDir(), "gone"))
	wantKind(t, err, fault.Missing)
	_, err = Open(t.TempDir(), uuid.New(), false)
	wantKind(t, err, fault.Missing)
	if got := must(Devices(t.TempDir())); got != nil {
		t.Errorf("devices of an empty stick: %v", got)
	}
}

func TestFaultsNameNoFolder(t *testing.T) {
	_, err := os.Open("/somebody/s/stick")
	for _, err := range []error{Fault("op", err), Fault("op", os.Rename("/somebody/a", "/somebody/b")), Fault("op", errors.New("/somebody"))} {
		if strings.Contains(err.Error(), "somebody") {
			t.Error(err)
		}
	}
}
