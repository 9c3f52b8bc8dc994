package kit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// mostEntries bounds what is read of one folder.
const mostEntries = 5000

// ChooserOptions say what a Chooser offers.
type ChooserOptions struct {
	Suffixes []string // of files offered, such as ".pdf"; none offers all
	Folder   string   // where to begin; empty is the home folder
	Save     bool     // choose a file to write, which need not be there
	Folders  bool     // choose a folder: the one looked at is taken
	Name     string   // the name proposed when saving
}

// Chooser chooses a file over a window: a path that may be typed or pasted,
// and the folder's files beneath. Typing narrows the list, Down goes into it,
// Return opens a folder or takes a file.
type Chooser struct {
	window  fyne.Window
	options ChooserOptions
	chosen  func(path string)

	dialog  *Dialog
	path    *Field
	labeled *Labeled
	list    *List
	all     []entry
	rows    []entry
	folder  string
	reading int // counts the folders asked for; a late answer is dropped
	stop    context.CancelFunc
}

type entry struct {
	name   string
	folder bool
	detail string
}

// NewChooser is a chooser that calls chosen with an absolute path. Call Show.
func NewChooser(w fyne.Window, title string, o ChooserOptions, chosen func(path string)) *Chooser {
	c := &Chooser{window: w, options: o, chosen: chosen, path: NewField()}
	c.path.MaxLen = 1000
	c.path.OnChanged = func(string) { c.typed() }
	c.path.OnEnter = c.enter
	c.path.onKey = c.pathKey
	c.labeled = NewLabeled("路径（可粘贴完整路径后按回车）", false, c.path)
	c.list = NewList([]Column{{Title: "名称", Weight: 4}, {Title: "大小", Weight: 1, Right: true}, {Title: "修改时间", Weight: 1.6, Right: true}},
		func() int { return len(c.rows) }, c.cells)
	c.list.Empty = "没有可选的文件"
	c.list.OnOpen = func(i int) { c.open(c.rows[i]) }
	c.list.OnSelect = c.selected
	content := container.New(&chooserLayout{}, c.labeled, c.list, c.places())
	yes := "打开"
	switch {
	case o.Save:
		yes = "保存"
	case o.Folders:
		yes = "用这个文件夹"
		c.list.Empty = "这里没有下一级文件夹"
	}
	c.dialog = NewDialog(w, title, content, yes, "取消", func() bool { c.enter(); return false })
	c.dialog.SetWidth(680)
	c.dialog.SetOnClosed(func() {
		if c.stop != nil {
			c.stop()
		}
	})
	return c
}

// Show puts the chooser over its window.
func (c *Chooser) Show() {
	c.dialog.Show()
	c.enterFolder(c.options.Folder)
}

// Close takes the chooser away without a choice.
func (c *Chooser) Close() { c.dialog.Close() }

// Folder is the folder looked at last.
func (c *Chooser) Folder() string { return c.folder }

// places are buttons to where files of interest lie.
func (c *Chooser) places() fyne.CanvasObject {
	box := container.NewHBox(newSmall("上一级", Icon("chevron-up"), c.up))
	add := func(name, dir string) {
		if s, err := os.Stat(dir); err == nil && s.IsDir() {
			box.Add(newSmall(name, nil, func() { c.enterFolder(dir) }))
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		add("主文件夹", home)
		for _, p := range [][3]string{{"桌面", "桌面", "Desktop"}, {"下载", "下载", "Downloads"}, {"图片", "图片", "Pictures"}} {
			if _, err := os.Stat(filepath.Join(home, p[1])); err == nil {
				add(p[0], filepath.Join(home, p[1]))
			} else {
				add(p[0], filepath.Join(home, p[2]))
			}
		}
	}
	sticks := Sticks()
	for _, dir := range sticks[:min(len(sticks), 4)] {
		add("U盘 "+filepath.Base(dir), dir)
	}
	return box
}

// enterFolder reads a folder in the background and shows it.
func (c *Chooser) enterFolder(dir string) {
	if dir == "" {
		dir = homeFolder()
	}
	dir = filepath.Clean(dir)
	if c.stop != nil {
		c.stop()
	}
	ctx, stop := context.WithCancel(context.Background())
	c.stop = stop
	c.reading++
	turn := c.reading
	c.labeled.SetHint("正在读取文件夹…")
	// Nobody waits for the read: on a dead disk it may hang for minutes, and
	// its answer is dropped.
	go func() {
		all, err := readFolder(ctx, dir)
		if ctx.Err() != nil {
			return
		}
		fyne.Do(func() {
			if turn == c.reading && !c.dialog.closed {
				c.show(dir, all, err)
			}
		})
	}()
}

func (c *Chooser) show(dir string, all []entry, err error) {
	c.labeled.SetHint("")
	if err != nil {
		if home := homeFolder(); c.folder == "" && dir != home {
			c.enterFolder(home) // where it began is gone, as a stick pulled out
			return
		}
		c.labeled.SetError(folderWords(err))
		return
	}
	c.labeled.SetError("")
	c.folder, c.all = dir, all
	text := withSeparator(dir)
	if c.options.Save {
		text = filepath.Join(dir, c.options.Name)
	}
	c.path.SetText(text)
	c.path.move(len([]rune(text)), false)
	c.list.Select(-1)
	c.list.ScrollToTop()
	c.narrow("")
}

func withSeparator(dir string) string {
	if strings.HasSuffix(dir, string(filepath.Separator)) {
		return dir
	}
	return dir + string(filepath.Separator)
}

func homeFolder() string {
	if dir, err := os.UserHomeDir(); err == nil && dir != "" {
		return filepath.Clean(dir)
	}
	return string(filepath.Separator)
}

func folderWords(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "没有这个文件或文件夹"
	case errors.Is(err, fs.ErrPermission):
		return "没有权限查看这里"
	}
	return "读不出来，请检查磁盘或U盘"
}

func readFolder(ctx context.Context, dir string) ([]entry, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	found, err := f.ReadDir(mostEntries)
	if err != nil && len(found) == 0 {
		if s, serr := f.Stat(); serr == nil && s.IsDir() {
			return nil, nil // an empty folder ends at once
		}
		return nil, err
	}
	var out []entry
	for _, e := range found {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		info, err := os.Stat(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		item := entry{name: e.Name(), folder: info.IsDir(), detail: info.ModTime().Format("2006-01-02 15:04")}
		if !item.folder && !info.Mode().IsRegular() {
			continue
		}
		if !item.folder {
			item.detail = size(info.Size()) + "\n" + item.detail
		}
		out = append(out, item)
	}
	slices.SortFunc(out, func(a, b entry) int {
		if a.folder != b.folder {
			if a.folder {
				return -1
			}
			return 1
		}
		return strings.Compare(strings.ToLower(a.name), strings.ToLower(b.name))
	})
	return out, nil
}

func size(n int64) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d 字节", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KB", n>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}

func (c *Chooser) cells(i int) []Cell {
	e := c.rows[i]
	if e.folder {
		return []Cell{{Text: e.name, Bold: true}, {Text: "文件夹", Color: ColorMuted}, {Text: e.detail, Color: ColorMuted}}
	}
	bytes, when, _ := strings.Cut(e.detail, "\n")
	return []Cell{{Text: e.name}, {Text: bytes, Color: ColorMuted}, {Text: when, Color: ColorMuted}}
}

// offered says whether an entry is of the suffixes asked for.
func (c *Chooser) offered(e entry) bool {
	if e.folder || c.options.Folders || len(c.options.Suffixes) == 0 {
		return e.folder || !c.options.Folders
	}
	suffix := strings.ToLower(filepath.Ext(e.name))
	return slices.Contains(c.options.Suffixes, suffix)
}

// narrow shows the entries whose names begin with what was typed, else those
// that hold it.
func (c *Chooser) narrow(part string) {
	part = strings.ToLower(part)
	var head, rest []entry
	for _, e := range c.all {
		name := strings.ToLower(e.name)
		switch {
		case !c.offered(e):
		case strings.HasPrefix(name, part):
			head = append(head, e)
		case strings.Contains(name, part):
			rest = append(rest, e)
		}
	}
	c.rows = append(head, rest...)
	c.list.Refresh()
}

// typed follows the path while it is typed.
func (c *Chooser) typed() {
	c.labeled.SetError("")
	c.list.Select(-1)
	// A whole path that is pasted behind the folder stands for itself.
	if rest, ok := strings.CutPrefix(c.path.Text(), withSeparator(c.folder)); ok && filepath.IsAbs(clean(rest)) && !c.options.Save {
		c.path.SetText(rest)
		c.path.move(len([]rune(rest)), false)
	}
	dir, part := filepath.Split(clean(c.path.Text()))
	if c.options.Save {
		return
	}
	if filepath.Clean(dir) == c.folder {
		c.narrow(part)
	}
}

// clean drops the quotes and the file: prefix that a pasted path may have.
func clean(s string) string {
	s = strings.Trim(strings.TrimSpace(s), `"'`)
	s = strings.TrimPrefix(s, "file://")
	if rest, ok := strings.CutPrefix(s, "~"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			s = home + rest
		}
	}
	return s
}

// enter takes what the path names, or the row selected or left alone by it.
func (c *Chooser) enter() {
	if i := c.list.Selected(); i >= 0 && i < len(c.rows) && !c.options.Save {
		c.open(c.rows[i])
		return
	}
	path := clean(c.path.Text())
	if path != "" && !filepath.IsAbs(path) {
		path = filepath.Join(c.folder, path)
	}
	s, err := os.Stat(path)
	switch {
	case err == nil && s.IsDir() && c.options.Folders:
		c.take(filepath.Clean(path))
	case c.options.Folders:
		c.wrong("没有这个文件夹")
	case err == nil && s.IsDir() && filepath.Clean(path) != c.folder:
		c.enterFolder(path)
	case err == nil && s.IsDir():
		if len(c.rows) == 1 {
			c.open(c.rows[0])
			return
		}
		c.wrong("请选择一个文件")
	case c.options.Save:
		c.save(path, err == nil)
	case err == nil:
		c.take(path)
	case len(c.rows) == 1:
		c.open(c.rows[0])
	default:
		c.wrong(folderWords(err))
	}
}

// wrong says what is wrong with the path, in which one goes on typing.
func (c *Chooser) wrong(words string) {
	c.labeled.SetError(words)
	Focus(c.path)
}

func (c *Chooser) save(path string, there bool) {
	if s, err := os.Stat(filepath.Dir(path)); err != nil || !s.IsDir() {
		c.wrong("没有这个文件夹")
		return
	}
	if !there {
		c.take(path)
		return
	}
	Confirm(c.window, "替换文件", "已有同名文件，要替换它吗？", "替换", "不替换", func() { c.take(path) })
}

func (c *Chooser) take(path string) {
	c.folder = filepath.Dir(path)
	c.dialog.Close()
	c.chosen(path)
}

func (c *Chooser) open(e entry) {
	path := filepath.Join(c.folder, e.name)
	if e.folder {
		c.enterFolder(path)
		return
	}
	if c.options.Save {
		c.save(path, true)
		return
	}
	c.take(path)
}

func (c *Chooser) up() { c.enterFolder(filepath.Dir(c.folder)) }

func (c *Chooser) selected(i int) {
	if e := c.rows[i]; !e.folder {
		c.path.SetText(filepath.Join(c.folder, e.name))
	}
}

// pathKey goes from the path into the list.
func (c *Chooser) pathKey(ev *fyne.KeyEvent) bool {
	if ev.Name != fyne.KeyDown || len(c.rows) == 0 {
		return false
	}
	if cv := canvasOf(c.list); cv != nil {
		cv.Focus(c.list)
	}
	return true
}

// chooserLayout stands the places above the path and the list below it; the
// path comes first in the order of focus.
type chooserLayout struct{}

func (*chooserLayout) MinSize(objs []fyne.CanvasObject) fyne.Size {
	u := unit()
	w := max(objs[0].MinSize().Width, objs[1].MinSize().Width, objs[2].MinSize().Width)
	return fyne.NewSize(w, objs[2].MinSize().Height+objs[0].MinSize().Height+320*u)
}

func (*chooserLayout) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	path, list, places := objs[0], objs[1], objs[2]
	top := places.MinSize().Height + 6*unit()
	below := top + path.MinSize().Height
	place(places, 0, 0, s.Width, places.MinSize().Height)
	place(path, 0, top, s.Width, path.MinSize().Height)
	place(list, 0, below, s.Width, max(s.Height-below, 0))
}
