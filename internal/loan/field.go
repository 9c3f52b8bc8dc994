package loan

import (
	"encoding/json"
	"errors"
	"reflect"
	"strconv"
	"strings"

	"doorstep/internal/fault"
)

// MaxText is the longest text a field takes, in bytes.
const MaxText = 2000

// MaxList is the longest list a field takes.
const MaxList = 20

// withinLimits says whether every text and list in the value is short enough.
func withinLimits(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return v.Len() <= MaxText
	case reflect.Slice:
		for i := range min(v.Len(), MaxList) {
			if !withinLimits(v.Index(i)) {
				return false
			}
		}
		return v.Len() <= MaxList
	case reflect.Struct:
		for i := range v.NumField() {
			if !withinLimits(v.Field(i)) {
				return false
			}
		}
	case reflect.Pointer:
		return v.IsNil() || withinLimits(v.Elem())
	}
	return true
}

// derivedFields are computed from other changes and never set by an edit.
func derivedField(path string) bool {
	switch path {
	case "docs", "signatures", "as_of", "intake":
		return true
	}
	return strings.HasSuffix(path, ".photo_ok") || strings.HasSuffix(path, ".consent") ||
		strings.HasPrefix(path, "signatures.") || strings.HasPrefix(path, "intake.")
}

// whole says whether a value is a whole person or part of an application: what looks
// for one field of it would not find that.
func whole(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[Person](), reflect.TypeFor[Coborrower](), reflect.TypeFor[[]Coborrower](), reflect.TypeFor[Study](), reflect.TypeFor[Hardship](), reflect.TypeFor[Terms]():
		return true
	}
	return false
}

// SetField sets the field at path from its JSON value. A path is made of the
// JSON names of Application joined by dots, a co-borrower's index between
// them: student.name, coborrowers.0.phone, loan.amount. A path that does not
// exist, may not be set by hand, or names a whole person or part, or a value of the wrong sort is fault.Input,
// and the application is as before.
func (a *Application) SetField(path string, value json.RawMessage) error {
	if derivedField(path) {
		return fault.New("set field", fault.Input, errors.New("not set by hand: "+path))
	}
	v, err := a.field(path, false)
	if err != nil {
		return err
	}
	if whole(v.Type()) {
		return fault.New("set field", fault.Input, errors.New("not set at once: "+path))
	}
	next := reflect.New(v.Type())
	if err := json.Unmarshal(value, next.Interface()); err != nil {
		return fault.New("set field", fault.Input, errors.New("value does not fit "+path))
	}
	if !withinLimits(next.Elem()) {
		return fault.New("set field", fault.TooLarge, errors.New(path))
	}
	if v, err = a.field(path, true); err != nil {
		return err
	}
	v.Set(next.Elem())
	return nil
}

// Field gives the JSON value of the field at path; a co-borrower not there yet
// reads as an empty one. fault.Input when there is no such field.
func (a *Application) Field(path string) (json.RawMessage, error) {
	v, err := a.field(path, false)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(v.Interface())
	return b, fault.Wrap("read field", err)
}

func (a *Application) field(path string, grow bool) (reflect.Value, error) {
	v := reflect.ValueOf(a).Elem()
	for part := range strings.SplitSeq(path, ".") {
		switch v.Kind() {
		case reflect.Struct:
			v = byName(v, part)
		case reflect.Slice:
			v = element(v, part, grow)
		case reflect.Pointer:
			v = byName(pointed(v, grow), part)
		default:
			v = reflect.Value{}
		}
		if !v.IsValid() {
			return v, fault.New("find field", fault.Input, errors.New("no field "+strconv.QuoteToASCII(path[:min(len(path), 80)])))
		}
	}
	return v, nil
}

func pointed(v reflect.Value, grow bool) reflect.Value {
	if !v.IsNil() {
		return v.Elem()
	}
	n := reflect.New(v.Type().Elem())
	if grow {
		v.Set(n)
	}
	return n.Elem()
}

func byName(v reflect.Value, name string) reflect.Value {
	if v.Kind() != reflect.Struct {
		return reflect.Value{}
	}
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			if in := byName(v.Field(i), name); in.IsValid() {
				return in
			}
			continue
		}
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == name {
			return v.Field(i)
		}
	}
	return reflect.Value{}
}

// element is a slice's element; a slice grows by one at most, so that a path
// cannot ask for a billion co-borrowers.
func element(v reflect.Value, index string, grow bool) reflect.Value {
	i, err := strconv.Atoi(index)
	if err != nil || i < 0 || strconv.Itoa(i) != index || i > v.Len() || i > 9 || v.Type().Elem().Kind() == reflect.String {
		return reflect.Value{}
	}
	if i == v.Len() {
		if !grow {
			return reflect.New(v.Type().Elem()).Elem()
		}
		v.Set(reflect.Append(v, reflect.Zero(v.Type().Elem())))
	}
	return v.Index(i)
}

// MayMend says whether a path names something of a case that a family or a clerk can
// mend: a single field of the application, of the one co-borrower; a slot of images; or
// a party's consent or signature, as "consent/student".
func MayMend(path string) bool {
	if head, party, ok := strings.Cut(path, "/"); ok {
		p := Party(party)
		return validSlot(Slot(path)) || (head == "consent" || head == "sign") && (p == StudentParty || p == CoborrowerParty)
	}
	if rest, ok := strings.CutPrefix(path, "coborrowers."); ok && !strings.HasPrefix(rest, "0.") {
		return false
	}
	v, err := new(Application).field(path, true)
	return err == nil && v.Kind() != reflect.Struct && v.Kind() != reflect.Slice && v.Kind() != reflect.Pointer
}

// returnOf is the body of a return that fits.
func returnOf(ch *Change) (ReturnBody, error) {
	b, err := Body[ReturnBody](ch)
	if err == nil && !b.Fits() {
		err = fault.New("return", fault.Input, errors.New("a field of no code, or that cannot be mended"))
	}
	return b, err
}

// InContract says whether the field is printed in the contract, so that a
// change of it after signing is a correction and voids the signatures.
func InContract(path string) bool {
	switch {
	case strings.HasPrefix(path, "student."), strings.HasPrefix(path, "coborrowers."),
		strings.HasPrefix(path, "study."), strings.HasPrefix(path, "loan."):
		return true
	}
	return false
}
