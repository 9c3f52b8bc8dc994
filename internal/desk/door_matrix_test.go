package desk_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/internal/store"
)

// entrance is a method of the door, before anybody has signed in: the verb that it asks
// guard about, of the person whose password is given; or why it asks about none. call
// is right but for who makes it and by which password, and where there is none, why says
// why nobody is asked.
type entrance struct {
	verb guard.Verb
	call func(ctx context.Context, d *desk.Door, operator string, password []byte) error
	why  string
	kind fault.Kind // of call by a wrong password, or without what else it wants
}

// entrances has a row for every exported method of the door.
func entrances(p store.Profile) map[string]entrance {
	closed := func(d *desk.Desk, err error) error {
		if err == nil {
			err = d.Close()
		}
		return err
	}
	return map[string]entrance{
		"Restore": {verb: guard.Restore, kind: fault.Password, call: func(ctx context.Context, d *desk.Door, operator string, password []byte) error {
			return of(d.Restore(ctx, "/nowhere", operator, password))
		}},
		"SignIn": {why: "the account's own password opens; what he may is asked by each method of the desk", kind: fault.Password, call: func(ctx context.Context, d *desk.Door, operator string, password []byte) error {
			return closed(d.SignIn(ctx, operator, password))
		}},
		"Repair": {why: "the password of any account of the folder opens what is damaged; it changes nothing but what cannot be read", kind: fault.Password, call: func(ctx context.Context, d *desk.Door, operator string, password []byte) error {
			return of(d.Repair(ctx, operator, password, nil))
		}},
		"Recover": {why: "the county's approval decides, which is to this one request", kind: fault.Refused, call: func(ctx context.Context, d *desk.Door, operator string, _ []byte) error {
			r, err := d.AskRecovery(operator)
			if err != nil {
				return err
			}
			return closed(d.Recover(ctx, r, []byte("correct horse anew")))
		}},
		"Settle": {why: "makes the store of a folder that has none, for whom the centre enrolled; over one that is there it does nothing", kind: fault.Exists, call: func(ctx context.Context, d *desk.Door, operator string, _ []byte) error {
			if err := d.Close(); err != nil { // which lets nobody else at the folder
				return err
			}
			defer d.Reopen(ctx)
			return closed(d.Settle(ctx, desk.Enrolment{Profile: p}, desk.Operator{ID: operator, Name: "新人", Roles: []guard.Role{guard.Clerk}, Enabled: true}, []byte("correct horse anew")))
		}},
		"AskRecovery": {why: "makes a request to the county, in memory alone"},
		"People":      {why: "names the accounts to choose from, as the sign-in screen does"},
		"Last":        {why: "which of the accounts that People names is chosen first"},
		"New":         {why: "whether"},
		"Trouble":     {why: "an error"},
		"Reopen":      {why: "opens the folder, and no value in it"},
		"Close":       {why: "gives the folder free"},
	}
}

func TestEveryMethodOfTheDoorHasARow(t *testing.T) {
	rows := entrances(store.Profile{})
	typ := reflect.TypeFor[*desk.Door]()
	for i := range typ.NumMethod() {
		if _, ok := rows[typ.Method(i).Name]; !ok {
			t.Errorf("%s has no row: which verb does it ask guard about?", typ.Method(i).Name)
		}
	}
	for name, w := range rows {
		if _, ok := typ.MethodByName(name); !ok {
			t.Errorf("%s is no method any more", name)
		}
		if (w.verb == "") == (w.why == "") || w.verb != "" && w.call == nil {
			t.Errorf("%s: either a verb with a call, or why there is none", name)
		}
	}
}

// TestEveryFunctionThatReachesAFolderHasARow finds the functions of the package that
// take a context: the others reckon with what they are given.
func TestEveryFunctionThatReachesAFolderHasARow(t *testing.T) {
	rows := map[string]string{
		"OpenDoor":       "opens the folder, and no value in it",
		"OpenDoorAnyway": "as OpenDoor",
		"SignIn":         "the account's own password opens",
		"At":             "over a store that is open already: whoever opened it gave a password",
		"RepairPeople":   "names the accounts to choose from",
		"Repair":         "as that of the door",
	}
	got := 0
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !fn.Name.IsExported() || !slices.ContainsFunc(fn.Type.Params.List, func(p *ast.Field) bool {
				s, ok := p.Type.(*ast.SelectorExpr)
				return ok && s.Sel.Name == "Context"
			}) {
				continue
			}
			got++
			if rows[fn.Name.Name] == "" {
				t.Errorf("%s has no row: whom does it ask?", fn.Name.Name)
			}
		}
	}
	if got != len(rows) {
		t.Errorf("%d functions, and %d rows", got, len(rows))
	}
}

// doored is a laptop with one operator of each role, and nobody signed in.
func doored(t *testing.T) *desk.Door {
	t.Helper()
	f := newEnablingField(t)
	for _, r := range guard.Roles() {
		if err := f.d.Store().EnableOperator(t.Context(), doorOperator(r), []byte(rolePassword(r))); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.d.Close(); err != nil {
		t.Fatal(err)
	}
	door, err := desk.OpenDoor(t.Context(), store.Options{Dir: f.dir, Cost: seal.CheapCost(), Now: clock}, tools(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = door.Close() })
	return door
}

func doorOperator(r guard.Role) guard.Operator {
	o := roleOperator(r)
	o.ID = "door-" + o.ID
	return o
}

// TestNoMethodOfTheDoorDoesMoreThanGuardAllows lets each role call each method that
// asks about a verb, and everybody by a wrong password each that takes one.
func TestNoMethodOfTheDoorDoesMoreThanGuardAllows(t *testing.T) {
	door := doored(t)
	for name, w := range entrances(profile(t)) {
		if w.call == nil {
			continue
		}
		if err := w.call(t.Context(), door, doorOperator(guard.DataAdmin).ID, []byte("wrong horse 9")); fault.KindOf(err) != w.kind {
			t.Errorf("%s without what it wants: got %v (%v), want %v", name, err, fault.KindOf(err), w.kind)
		}
		for _, r := range guard.Roles() {
			if w.verb == "" {
				break
			}
			may := guard.May(doorOperator(r), w.verb, nil)
			err := w.call(t.Context(), door, doorOperator(r).ID, []byte(rolePassword(r)))
			if (fault.KindOf(may) == fault.Denied) != (fault.KindOf(err) == fault.Denied) {
				t.Errorf("%s by %s: got %v, and guard says %v", name, r, err, may)
			}
		}
		if door.Trouble() != nil || door.New() {
			t.Fatalf("after %s the store is not there any more: %v", name, door.Trouble())
		}
		d, err := door.SignIn(t.Context(), doorOperator(guard.Clerk).ID, []byte(rolePassword(guard.Clerk)))
		if err != nil {
			t.Fatalf("after %s nobody signs in: %v", name, err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := door.Reopen(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
