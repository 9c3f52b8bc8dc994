package stick

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

// Name is the folder on a stick that all of this lies in.
const Name = "doorstep-stick"

const newSuffix = ".new"

// Folder is the folder of one laptop on a stick.
type Folder struct {
	root   *os.Root
	Device uuid.UUID

	// step is told of each step of writing before it is taken, and can end it
	// there; nil but in tests.
	step func(name string) error
}

// Devices lists the laptops that have a folder on the stick in dir; none where
// there is no stick of this sort. fault.TooLarge past the bounds.
func Devices(dir string) ([]uuid.UUID, error) {
	const op = "stick.Devices"
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Fault(op, err)
	}
	defer root.Close()
	names, err := list(root, Name, MaxDevices)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, Fault(op, err)
	}
	var out []uuid.UUID
	for _, e := range names {
		id, err := uuid.Parse(e.Name())
		if err == nil && id.String() == e.Name() && e.IsDir() {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	return out, nil
}

// list reads a folder of at most so many names. A link to a folder is none.
func list(root *os.Root, name string, most int) ([]fs.DirEntry, error) {
	st, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return nil, &fs.PathError{Op: "list", Path: name, Err: fs.ErrNotExist}
	}
	d, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	out, err := d.ReadDir(most + 1)
	if err == io.EOF {
		err = nil
	}
	if err == nil && len(out) > most {
		err = fault.Say("stick.list", fault.TooLarge, "U盘上的文件太多，不像是本程序写的，没有读取。请换一个U盘。", errors.New("too many files"))
	}
	return out, err
}

// Open opens a laptop's folder on the stick in dir; fault.Missing when it has
// none. make makes it.
func Open(dir string, device uuid.UUID, make bool) (*Folder, error) {
	const op = "stick.Open"
	top, err := os.OpenRoot(dir)
	if err != nil {
		return nil, Fault(op, err)
	}
	defer top.Close()
	for name := range strings.SplitSeq(Name+"/"+device.String(), "/") {
		if make {
			if err := top.Mkdir(name, 0o700); err != nil && !os.IsExist(err) {
				return nil, Fault(op, err)
			}
			if err := syncDir(top, "."); err != nil {
				return nil, Fault(op, err)
			}
		}
		st, err := top.Lstat(name)
		if err == nil && !st.IsDir() {
			err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
		}
		if err != nil {
			return nil, Fault(op, err)
		}
		next, err := top.OpenRoot(name)
		if err != nil {
			return nil, Fault(op, err)
		}
		top.Close()
		top = next
	}
	f, err := top.OpenRoot(".")
	if err != nil {
		return nil, Fault(op, err)
	}
	return &Folder{root: f, Device: device}, nil
}

// Close lets the folder go.
func (f *Folder) Close() error { return f.root.Close() }

var nameForm = regexp.MustCompile(`^(r?)([0-9a-f]{8})(-[0-9a-f]{3})?\.(dsi|dsu)(\.new)?$`)

// piece is a name of the folder taken apart.
type piece struct {
	name   string
	way    Way
	number uint32
	index  bool
	fresh  bool // NAME.new
}

func parseName(name string) (piece, bool) {
	m := nameForm.FindStringSubmatch(name)
	if m == nil || (m[3] == "") != (m[4] == "dsi") {
		return piece{}, false
	}
	n, err := strconv.ParseUint(m[2], 16, 32)
	if err != nil {
		return piece{}, false
	}
	p := piece{name: name, way: ToCentre, number: uint32(n), index: m[4] == "dsi", fresh: m[5] != ""}
	if m[1] != "" {
		p.way = Home
	}
	return p, true
}

func prefix(w Way, number uint32) string {
	if w == Home {
		return fmt.Sprintf("r%08x", number)
	}
	return fmt.Sprintf("%08x", number)
}

func indexName(w Way, number uint32) string { return prefix(w, number) + ".dsi" }
func fileName(w Way, number uint32, n int) string {
	return fmt.Sprintf("%s-%03x.dsu", prefix(w, number), n)
}

// pieces lists what of the folder is ours by its name, in order.
func (f *Folder) pieces() ([]piece, error) {
	all, err := list(f.root, ".", 2*MaxBatches*(1+MaxFiles/4))
	if err != nil {
		return nil, err
	}
	var out []piece
	for _, e := range all {
		if p, ok := parseName(e.Name()); ok {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b piece) int { return cmp.Compare(a.name, b.name) })
	return out, nil
}

// Broken is a batch that is not whole, and why.
type Broken struct {
	Way    Way
	Number uint32
	Err    error
}

// Batches lists the batches of a way whose index holds under key and whose
// files are there with the length that it says, in the order of their numbers;
// and those that are not so. Their sums are not looked at yet: Check does.
func (f *Folder) Batches(way Way, county string, key seal.PublicKey) (whole []*Batch, broken []Broken, err error) {
	const op = "stick.Batches"
	ps, err := f.pieces()
	if err != nil {
		return nil, nil, Fault(op, err)
	}
	seen := map[uint32]bool{}
	for _, p := range ps {
		if p.way != way || seen[p.number] {
			continue
		}
		if len(seen) == MaxBatches {
			return nil, nil, fault.New(op, fault.TooLarge, errors.New("too many batches"))
		}
		seen[p.number] = true
		b, err := f.index(way, p.number, county, key)
		if k := fault.KindOf(Fault(op, err)); k == fault.Disk {
			return nil, nil, Fault(op, err) // the stick fails, which says nothing of the batch
		}
		if err != nil {
			broken = append(broken, Broken{way, p.number, Fault(op, err)})
			continue
		}
		whole = append(whole, b)
	}
	return whole, broken, nil
}

// index reads one index and looks for its files.
func (f *Folder) index(way Way, number uint32, county string, key seal.PublicKey) (*Batch, error) {
	const op = "stick.index"
	raw, err := f.read(indexName(way, number), maxIndex)
	if os.IsNotExist(err) {
		return nil, damaged(op, "no index: it was not written to its end")
	}
	if err != nil {
		return nil, err
	}
	b, err := parseIndex(raw, key)
	if err != nil {
		return nil, err
	}
	if b.Way != way || b.Number != number || b.Device != f.Device || b.County != county {
		return nil, damaged(op, "index of another place")
	}
	for i, want := range b.files {
		st, err := f.root.Lstat(fileName(way, number, i+1))
		if err != nil || !st.Mode().IsRegular() || st.Size() != int64(want.size) {
			return nil, damaged(op, "a file is lacking or is not as long as it was")
		}
	}
	return b, nil
}

// read reads a plain file of at most limit bytes.
func (f *Folder) read(name string, limit int64) ([]byte, error) {
	st, err := f.root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > limit {
		return nil, damaged("stick.read", "no plain file of the length that is right here")
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = damaged("stick.read", "longer than it can be")
	}
	return b, err
}

// file reads file n of a batch and compares its sum.
func (f *Folder) file(b *Batch, n int) ([]byte, error) {
	raw, err := f.read(fileName(b.Way, b.Number, n), maxFile)
	if err != nil {
		return nil, err
	}
	if want := b.files[n-1]; uint32(len(raw)) != want.size || b.suite.Sum(raw) != want.hash {
		return nil, damaged("stick.file", "a file is not what was written")
	}
	return raw, nil
}

// Check reads every file of a batch and compares it with the index.
func (f *Folder) Check(b *Batch) error {
	for n := range b.files {
		if _, err := f.file(b, n+1); err != nil {
			return Fault("stick.Check", err)
		}
	}
	return nil
}

// Read gives the items of a batch, in order. keys are those that its files may
// be sealed to. An error of each ends it and comes back as it is.
func (f *Folder) Read(b *Batch, keys []*seal.Signer, each func(Kind, []byte) error) error {
	const op = "stick.Read"
	for n := range b.files {
		raw, err := f.file(b, n+1)
		if err != nil {
			return Fault(op, err)
		}
		items, err := openFile(raw, b.Head, n+1, keys)
		if err != nil {
			return fault.Wrap(op, err)
		}
		err = eachItem(items, each)
		seal.Wipe(items)
		if err != nil {
			return err
		}
	}
	return nil
}

// Remove takes a batch away, its index first. A number that nothing has is fine.
func (f *Folder) Remove(way Way, number uint32) error {
	const op = "stick.Remove"
	ps, err := f.pieces()
	if err != nil {
		return Fault(op, err)
	}
	slices.SortStableFunc(ps, func(a, b piece) int { // the index first
		switch {
		case a.index == b.index:
			return 0
		case a.index:
			return -1
		}
		return 1
	})
	synced := false
	for _, p := range ps {
		if p.way != way || p.number != number {
			continue
		}
		if !p.index && !synced {
			// A file must not be gone while the index that names it is there.
			if err := syncDir(f.root, "."); err != nil {
				return Fault(op, err)
			}
			synced = true
		}
		if err := f.at("remove " + p.name); err != nil {
			return err
		}
		if err := f.root.Remove(p.name); err != nil && !os.IsNotExist(err) {
			return Fault(op, err)
		}
	}
	return Fault(op, syncDir(f.root, "."))
}

func (f *Folder) at(step string) error {
	if f.step == nil {
		return nil
	}
	return f.step(step)
}

// Fault says of a failing stick in the clerk's words what is wrong with it.
func Fault(op string, err error) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return fault.Wrap(op, err)
	case isOne(err, fullErrors()):
		return fault.Say(op, fault.Full, "U盘空间不足。已写完的部分有效，其余留在本机，请换一个U盘或清出空间后再写一次。", errors.New("the stick is full"))
	case isOne(err, readOnlyErrors()):
		return fault.Say(op, fault.Disk, "U盘是只读的（写保护），不能写入。请打开写保护开关或换一个U盘。", errors.New("the stick is read-only"))
	case errors.Is(err, fs.ErrNotExist):
		return fault.Say(op, fault.Missing, "没有找到U盘，或U盘上没有本程序写的内容。请插好U盘再试。", errors.New("not there"))
	}
	return fault.Say(op, fault.Disk, "U盘读写失败或已拔出。已写完的部分有效，其余留在本机。请插好或更换U盘再试。", plain(err))
}

func isOne(err error, of []error) bool {
	return slices.ContainsFunc(of, func(e error) bool { return errors.Is(err, e) })
}

// plain takes the folder out of an error: a stick's name can be a person's.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return errors.New(p.Op + " " + filepath.Base(p.Path) + ": " + p.Err.Error())
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return errors.New(l.Op + " " + filepath.Base(l.New) + ": " + l.Err.Error())
	}
	return errors.New("stick fails")
}
