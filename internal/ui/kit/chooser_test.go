package kit

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
)

// chooserAt is a chooser that shows a folder with two pictures, a text and a
// folder.
func chooserAt(t *testing.T, o ChooserOptions) (s *stage, c *Chooser, dir string, got *string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"b.JPG", "a.jpg", "notes.txt", ".hidden.jpg"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "沟口"), 0o700); err != nil {
		t.Fatal(err)
	}
	s = show(t, NewText("", TextBody), 900, 700)
	got = new(string)
	c = NewChooser(s.w, "选择文件", o, func(path string) { *got = path })
	c.dialog.Show()
	all, err := readFolder(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	c.show(dir, all, nil)
	return s, c, dir, got
}

func names(c *Chooser) []string {
	var out []string
	for _, e := range c.rows {
		out = append(out, e.name)
	}
	return out
}

func TestChooser(t *testing.T) {
	jpg := ChooserOptions{Suffixes: []string{".jpg"}}
	t.Run("offers folders first and only the suffixes asked for", func(t *testing.T) {
		_, c, _, _ := chooserAt(t, jpg)
		if got, want := names(c), []string{"沟口", "a.jpg", "b.JPG"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("narrows while a name is typed, and Return takes the only one left", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, jpg)
		s.focus(c.path)
		s.write("b")
		if got, want := names(c), []string{"b.JPG"}; !slices.Equal(got, want) {
			t.Errorf("rows: got %v, want %v", got, want)
		}
		s.press(fyne.KeyReturn)
		check(t, "chosen", *got, filepath.Join(dir, "b.JPG"))
		check(t, "closed", c.dialog.closed, true)
	})
	t.Run("a pasted path and Return choose whatever row is selected", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, jpg)
		c.list.Select(1)
		s.focus(c.path)
		c.path.SelectAll()
		s.write(`"` + filepath.Join(dir, "notes.txt") + `"`)
		s.press(fyne.KeyReturn)
		check(t, "chosen", *got, filepath.Join(dir, "notes.txt"))
	})
	t.Run("so does one that is pasted behind the folder", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, jpg)
		s.focus(c.path)
		s.write(filepath.Join(dir, "notes.txt"))
		check(t, "path", c.path.Text(), filepath.Join(dir, "notes.txt"))
		s.press(fyne.KeyReturn)
		check(t, "chosen", *got, filepath.Join(dir, "notes.txt"))
	})
	t.Run("Down goes into the list, Return opens the row", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, jpg)
		s.focus(c.path)
		s.press(fyne.KeyDown, fyne.KeyDown, fyne.KeyReturn)
		check(t, "chosen", *got, filepath.Join(dir, "a.jpg"))
	})
	t.Run("what is not there is said under the path and nothing is chosen", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, jpg)
		s.focus(c.path)
		c.path.SelectAll()
		s.write(filepath.Join(dir, "none.jpg"))
		s.press(fyne.KeyReturn)
		check(t, "chosen", *got, "")
		check(t, "error", c.labeled.Error(), "没有这个文件或文件夹")
	})
	t.Run("the path is typed on in where a button said that it is wrong", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, ChooserOptions{Save: true, Name: "new.pdf"})
		s.focus(c.path)
		c.path.SelectAll()
		s.write(filepath.Join(dir, "none", "new.pdf"))
		s.focus(c.dialog.YesButton())
		s.press(fyne.KeyReturn)
		check(t, "error", c.labeled.Error(), "没有这个文件夹")
		c.path.SelectAll()
		s.write(filepath.Join(dir, "new.pdf"))
		s.press(fyne.KeyReturn)
		check(t, "chosen", *got, filepath.Join(dir, "new.pdf"))
	})
	t.Run("saving over a file asks first", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, ChooserOptions{Save: true, Name: "a.jpg"})
		s.focus(c.path)
		s.press(fyne.KeyReturn)
		check(t, "chosen before the answer", *got, "")
		topDialog(s.w.Canvas()).accept()
		check(t, "chosen", *got, filepath.Join(dir, "a.jpg"))
	})
	t.Run("saving under a new name asks nothing", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, ChooserOptions{Save: true, Name: "new.pdf"})
		s.focus(c.path)
		s.press(fyne.KeyReturn)
		check(t, "chosen", *got, filepath.Join(dir, "new.pdf"))
	})
	t.Run("a folder is chosen: the one looked at, one that is typed, and no file", func(t *testing.T) {
		s, c, dir, got := chooserAt(t, ChooserOptions{Folders: true})
		for _, e := range c.rows {
			check(t, "a row is a folder", e.folder, true)
		}
		c.path.SelectAll()
		s.focus(c.path)
		s.write(filepath.Join(dir, "a.jpg"))
		s.press(fyne.KeyReturn)
		check(t, "chosen of a file", *got, "")
		c.path.SelectAll()
		s.write(dir)
		s.press(fyne.KeyReturn)
		check(t, "chosen", *got, dir)
	})
	t.Run("a folder that is not there gives an error", func(t *testing.T) {
		if _, err := readFolder(context.Background(), filepath.Join(t.TempDir(), "none")); err == nil {
			t.Error("no error")
		}
	})
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{`"/a b/c.pdf"`: "/a b/c.pdf", " /x ": "/x", "file:///x/y": "/x/y", "'/q'": "/q", "": ""} {
		check(t, in, clean(in), want)
	}
}
