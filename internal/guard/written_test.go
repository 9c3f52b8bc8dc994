package guard

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// hole is what stands in a text for what is put in when the program runs.
const hole = "\x00"

// detail is one that some code writes.
type detail struct{ text, at string }

// sourceCode is the code of packages, by their folders' names.
type sourceCode struct {
	set   *token.FileSet
	files map[string][]*ast.File
}

func parsed(t *testing.T, dirs ...string) sourceCode {
	t.Helper()
	s := sourceCode{token.NewFileSet(), map[string][]*ast.File{}}
	for _, dir := range dirs {
		names, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatal(dir, len(names), err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(s.set, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			s.files[filepath.Base(dir)] = append(s.files[filepath.Base(dir)], f)
		}
	}
	return s
}

// spot is where an expression stands.
type spot struct {
	pkg  string
	decl *ast.FuncDecl
}

// details are those that the code puts into a loan.ViewBody, and the acts that the
// centre notes, as they stand in its chain.
func (s sourceCode) details() (out []detail) {
	add := func(e ast.Expr, p spot, begins string) {
		for _, text := range s.texts(e, p, nil) {
			out = append(out, detail{begins + text, s.set.Position(e.Pos()).String()})
		}
	}
	for pkg, files := range s.files {
		for _, f := range files {
			for _, d := range f.Decls {
				decl, _ := d.(*ast.FuncDecl)
				if decl == nil {
					continue
				}
				p := spot{pkg, decl}
				ast.Inspect(decl, func(n ast.Node) bool {
					switch n := n.(type) {
					case *ast.CompositeLit:
						if e := fieldOf(n, "ViewBody", "Detail"); e != nil {
							add(e, p, "")
						}
						if e := fieldOf(n, "Act", "Name"); e != nil {
							add(e, p, "act: ")
						}
					case *ast.AssignStmt:
						for i, l := range n.Lhs {
							// What is added goes behind words that are looked at where they are written.
							if sel, ok := l.(*ast.SelectorExpr); ok && sel.Sel.Name == "Detail" && n.Tok == token.ASSIGN && len(n.Rhs) == len(n.Lhs) && pkg != "ui" {
								add(n.Rhs[i], p, "")
							}
						}
					}
					return true
				})
			}
		}
	}
	return out
}

// fieldOf is what a composite literal of a type gives a field; nil for another.
func fieldOf(lit *ast.CompositeLit, of, field string) ast.Expr {
	name := ""
	switch t := lit.Type.(type) {
	case *ast.SelectorExpr:
		name = t.Sel.Name
	case *ast.Ident:
		name = t.Name
	}
	if name != of {
		return nil
	}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key.Name == field {
				return kv.Value
			}
		}
	}
	return nil
}

// texts are what an expression may be, as far as it is written; a hole for the rest.
func (s sourceCode) texts(e ast.Expr, p spot, past []ast.Node) []string {
	if slices.Contains(past, ast.Node(e)) || len(past) > 40 {
		return nil
	}
	past = append(slices.Clone(past), e)
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return []string{text}
		}
	case *ast.ParenExpr:
		return s.texts(e.X, p, past)
	case *ast.BinaryExpr:
		return both(s.texts(e.X, p, past), s.texts(e.Y, p, past))
	case *ast.IndexExpr:
		if lit, ok := e.X.(*ast.CompositeLit); ok {
			var out []string
			for _, elt := range lit.Elts {
				if kv, ok := elt.(*ast.KeyValueExpr); ok {
					elt = kv.Value
				}
				out = append(out, s.texts(elt, p, past)...)
			}
			return out
		}
	case *ast.Ident:
		return s.named(e, p, past)
	case *ast.SelectorExpr:
		if pkg, ok := e.X.(*ast.Ident); ok && s.files[pkg.Name] != nil {
			if v := s.constant(pkg.Name, e.Sel.Name); v != nil {
				return s.texts(v, spot{pkg: pkg.Name}, past)
			}
		}
	case *ast.CallExpr:
		return s.called(e, p, past)
	}
	return []string{hole}
}

// both are all of a followed by all of b.
func both(a, b []string) (out []string) {
	for _, x := range a {
		for _, y := range b {
			if text := x + y; !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// named is what a name may stand for: a constant, what it was set to, or what a
// parameter is given by those who call.
func (s sourceCode) named(id *ast.Ident, p spot, past []ast.Node) (out []string) {
	if p.decl != nil {
		for _, e := range assigned(p.decl, id.Name) {
			out = append(out, s.texts(e, p, past)...)
		}
		if fn, at, inside := parameter(p.decl, id); fn != "" {
			if out = append(out, s.given(fn, at, inside, p, past)...); len(out) == 0 {
				return []string{hole}
			}
			return out
		}
		for _, e := range added(p.decl, id.Name) {
			out = append(out, both(out, s.texts(e, p, past))...)
		}
	}
	if len(out) > 0 {
		return out
	}
	if v := s.constant(p.pkg, id.Name); v != nil {
		return s.texts(v, spot{pkg: p.pkg}, past)
	}
	return []string{hole}
}

// assigned are the values that a name gets in a function, and added what is put behind.
func assigned(decl *ast.FuncDecl, name string) []ast.Expr { return set(decl, name, false) }
func added(decl *ast.FuncDecl, name string) []ast.Expr    { return set(decl, name, true) }

func set(decl *ast.FuncDecl, name string, more bool) (out []ast.Expr) {
	ast.Inspect(decl, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || (a.Tok == token.ADD_ASSIGN) != more {
			return true
		}
		for i, l := range a.Lhs {
			if id, ok := l.(*ast.Ident); ok && id.Name == name {
				if len(a.Rhs) != len(a.Lhs) {
					out = append(out, &ast.BadExpr{})
				} else if _, fn := a.Rhs[i].(*ast.FuncLit); !fn {
					out = append(out, a.Rhs[i])
				}
			}
		}
		return true
	})
	return out
}

// parameter is of which function a name is a parameter, and the how manieth; inside says
// that it is one that stands in the other.
func parameter(decl *ast.FuncDecl, id *ast.Ident) (fn string, at int, inside bool) {
	if at := slices.Index(parameters(decl.Type), id.Name); at >= 0 {
		fn = decl.Name.Name
		return fn, at, false
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Lhs) != 1 {
			return true
		}
		lit, ok := a.Rhs[0].(*ast.FuncLit)
		if name, is := a.Lhs[0].(*ast.Ident); ok && is && lit.Pos() <= id.Pos() && id.End() <= lit.End() {
			if i := slices.Index(parameters(lit.Type), id.Name); i >= 0 {
				fn, at, inside = name.Name, i, true
			}
		}
		return true
	})
	return fn, at, inside
}

func parameters(t *ast.FuncType) (out []string) {
	for _, f := range t.Params.List {
		for _, n := range f.Names {
			out = append(out, n.Name)
		}
	}
	return out
}

// given are the values that a function's parameter gets where it is called.
func (s sourceCode) given(fn string, at int, inside bool, p spot, past []ast.Node) (out []string) {
	for pkg, files := range s.files {
		if pkg != p.pkg && !ast.IsExported(fn) {
			continue
		}
		for _, f := range files {
			for _, d := range f.Decls {
				decl, _ := d.(*ast.FuncDecl)
				if decl == nil || inside && decl != p.decl {
					continue
				}
				ast.Inspect(decl, func(n ast.Node) bool {
					if call, ok := n.(*ast.CallExpr); ok && calls(call) == fn && at < len(call.Args) {
						out = append(out, s.texts(call.Args[at], spot{pkg, decl}, past)...)
					}
					return true
				})
			}
		}
	}
	return out
}

func calls(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// constant is the value of a package's constant; nil where it has none of the name.
func (s sourceCode) constant(pkg, name string) (out ast.Expr) {
	for _, f := range s.files[pkg] {
		for _, d := range f.Decls {
			gen, ok := d.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST {
				continue
			}
			for _, spec := range gen.Specs {
				v := spec.(*ast.ValueSpec)
				if i := slices.IndexFunc(v.Names, func(n *ast.Ident) bool { return n.Name == name }); i >= 0 && i < len(v.Values) {
					out = v.Values[i]
				}
			}
		}
	}
	return out
}

// called is what a call gives: a text put together, one that is converted, or what a
// function of these packages returns.
func (s sourceCode) called(call *ast.CallExpr, p spot, past []ast.Node) (out []string) {
	switch name := calls(call); {
	case name == "string" && len(call.Args) == 1, name == "withoutNumbers":
		return s.texts(call.Args[0], p, past)
	case name == "Itoa":
		return []string{"7"}
	case name == "Sprintf":
		return s.printed(call.Args, p, past)
	default:
		pkg, exported := p.pkg, false
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			if of, ok := sel.X.(*ast.Ident); ok && s.files[of.Name] != nil {
				pkg = of.Name
			} else {
				exported = ast.IsExported(name) // a method, of a type of whatever package
			}
		}
		for in, files := range s.files {
			if in != pkg && !exported || name == "String" {
				continue
			}
			for _, f := range files {
				for _, d := range f.Decls {
					if decl, ok := d.(*ast.FuncDecl); ok && decl.Name.Name == name && decl.Body != nil {
						out = append(out, s.returned(decl, spot{in, decl}, past)...)
					}
				}
			}
		}
	}
	if len(out) == 0 {
		return []string{hole}
	}
	return out
}

func (s sourceCode) returned(decl *ast.FuncDecl, p spot, past []ast.Node) (out []string) {
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
			out = append(out, s.texts(r.Results[0], p, past)...)
		}
		_, inner := n.(*ast.FuncLit)
		return !inner
	})
	return out
}

// printed is a format with what is put in: numbers are 7.
func (s sourceCode) printed(args []ast.Expr, p spot, past []ast.Node) (out []string) {
	if len(args) == 0 {
		return []string{hole}
	}
	for _, format := range s.texts(args[0], p, past) {
		made, n := []string{""}, 0
		for i := 0; i < len(format); i++ {
			next := []string{format[i : i+1]}
			if format[i] == '%' && i+1 < len(format) {
				i++
				for ; strings.ContainsRune("0123456789", rune(format[i])); i++ {
				}
				switch n++; {
				case format[i] == 'd' || format[i] == 'x':
					next = []string{"7"}
				case n < len(args):
					next = s.texts(args[n], p, past)
				default:
					next = []string{hole}
				}
			}
			made = both(made, next)
		}
		out = append(out, made...)
	}
	return out
}
