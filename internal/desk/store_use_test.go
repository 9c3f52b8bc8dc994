package desk_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestWhoTakesTheStore names the places where the store is taken past the desk, and
// what is done with it there: to carry what is sealed, and to compare. A new one is to
// be thought about.
func TestWhoTakesTheStore(t *testing.T) {
	wantUses(t, storeTaken, []string{
		"app/verb_carriage.go Outbox",
		"app/verb_enrol.go Profile",
		"app/verb_neighbour.go to neighbour.Config",
		"app/verb_remote.go Profile",
		"app/verb_stick.go to courier.ReadStick",
		"app/verb_stick.go to courier.StickPlace",
		"app/verb_stick.go to courier.WriteStick",
		"app/verb_sync.go to run",
		"app/window.go Profile",
		"app/window.go to courier.Config",
		"app/window.go to neighbour.Config",
		"internal/ui/sync_enrol.go Profile",
		"internal/ui/sync_stick.go to courier.ReadStick",
		"internal/ui/sync_stick.go to courier.StickPlace",
		"internal/ui/sync_stick.go to courier.WriteStick",
	})
}

// TestWhoOpensAStore names the places outside the desk where a store is opened, made,
// unlocked, mended or put back: a practice's own, and a backup at a person's wish.
func TestWhoOpensAStore(t *testing.T) {
	wantUses(t, storeOpened, []string{
		"app/practice_store.go Unlock",
		"app/practice_store.go store.Create",
		"app/practice_store.go store.Open",
		"app/verb_store.go store.Restore",
	})
}

// storeTaken is what is done with a desk's store that a node takes: the method that is
// called on it, or what it is given to. name is that of the package store in the file.
func storeTaken(name string, above []ast.Node, n ast.Node) string {
	s, ok := n.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Store" {
		return ""
	}
	if x, ok := s.X.(*ast.Ident); ok && name != "" && x.Name == name {
		return "" // the type
	}
	switch call, ok := parent(above, 0).(*ast.CallExpr); {
	case !ok || call.Fun != n:
		return "taken as it is"
	case len(call.Args) > 0:
		return "" // another's: that of a desk takes nothing
	}
	switch by := parent(above, 1).(type) {
	case *ast.SelectorExpr:
		return by.Sel.Name
	case *ast.CallExpr:
		return "to " + dotted(by.Fun)
	case *ast.KeyValueExpr:
		if lit, ok := parent(above, 2).(*ast.CompositeLit); ok {
			return "to " + dotted(lit.Type)
		}
	}
	return "kept"
}

// storeOpened is by what a node gets at a store of its own. name is that of the package
// store in the file.
func storeOpened(name string, above []ast.Node, n ast.Node) string {
	if id, ok := n.(*ast.Ident); ok && name == "." && slices.Contains(opening(), id.Name) {
		return "store." + id.Name
	}
	s, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := s.X.(*ast.Ident); ok && name != "" && x.Name == name && slices.Contains(opening(), s.Sel.Name) {
		return "store." + s.Sel.Name
	}
	// A mutex is unlocked with nothing.
	if call, ok := parent(above, 0).(*ast.CallExpr); s.Sel.Name == "Unlock" && !(ok && call.Fun == n && len(call.Args) == 0) {
		return s.Sel.Name
	}
	return ""
}

func opening() []string {
	return []string{"Open", "Create", "Restore", "Repair", "Unlock"}
}

// parent is the node so many above.
func parent(above []ast.Node, n int) ast.Node {
	if i := len(above) - 1 - n; i >= 0 {
		return above[i]
	}
	return nil
}

// dotted is a name, with its package's or its value's.
func dotted(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return dotted(e.X) + "." + e.Sel.Name
	}
	return "?"
}

// wantUses looks through the program's own code and the window's, for all systems, and
// wants the uses that are named, each as its file and what use says of it.
func wantUses(t *testing.T, use func(store string, above []ast.Node, n ast.Node) string, want []string) {
	t.Helper()
	root := filepath.Join("..", "..")
	var got []string
	for _, dir := range []string{"app", "internal/ui"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(name string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, name)
			if err != nil {
				return err
			}
			var above []ast.Node
			ast.Inspect(f, func(n ast.Node) bool {
				if n == nil {
					above = above[:len(above)-1]
					return true
				}
				if w := use(storeName(f), above, n); w != "" {
					got = append(got, filepath.ToSlash(rel)+" "+w)
				}
				above = append(above, n)
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// storeName is what a file calls the package store; empty where it does not import it.
func storeName(f *ast.File) string {
	for _, i := range f.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		switch {
		case err != nil || p != "doorstep/internal/store":
		case i.Name != nil:
			return i.Name.Name
		default:
			return path.Base(p)
		}
	}
	return ""
}
