package ui

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"github.com/google/uuid"
)

// eachValue makes what v can hold and calls do with each single value and its path.
func eachValue(v reflect.Value, path string, do func(path string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			eachValue(v.Field(i), path+"."+v.Type().Field(i).Name, do)
		}
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		eachValue(v.Elem(), path, do)
	case reflect.Slice:
		if v.Len() == 0 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		}
		eachValue(v.Index(0), path, do)
	default:
		do(path, v)
	}
}

func TestEachFieldOfAPersonsOwnDataIsOnTheScreen(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	// Said by the consents and pictures that are listed, and by the one who signs.
	elsewhere := []string{".Student.PhotoOK", ".Student.Consent", ".Coborrowers.Person.PhotoOK", ".Coborrowers.Person.Consent", ".Docs"}
	for _, party := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		var a loan.Application
		n, looked := 0, 0
		fill := func(_ string, x reflect.Value) {
			n++
			switch x.Kind() {
			case reflect.String:
				x.SetString("value " + strconv.Itoa(1000+n))
			case reflect.Int:
				x.SetInt(int64(1000 + n))
			case reflect.Bool:
				x.SetBool(true)
			default:
				t.Fatalf("a value of kind %s", x.Kind())
			}
		}
		eachValue(reflect.ValueOf(&a).Elem(), "", fill)
		a.Signatures.Student, a.Signatures.Coborrower = loan.ByProxy, loan.ByProxy
		words := func(a *loan.Application) string {
			own := desk.Own{App: a.Of(party)}
			own.Person = own.App.Student
			if party == loan.CoborrowerParty {
				own.Person = own.App.Coborrowers[0].Person
			}
			return fmt.Sprint(v.ownGroups(party, own))
		}
		full, part := words(&a), a.Of(party)
		eachValue(reflect.ValueOf(&a).Elem(), "", func(path string, x reflect.Value) {
			own := true
			eachValue(reflect.ValueOf(&part).Elem(), "", func(p string, y reflect.Value) { own = own && (p != path || !y.IsZero()) })
			if !own || slices.Contains(elsewhere, path) {
				return
			}
			looked++
			was := reflect.ValueOf(x.Interface())
			x.SetZero()
			if words(&a) == full {
				t.Errorf("%s: %s is not on the screen", party, path)
			}
			x.Set(was)
		})
		if looked < 30 {
			t.Errorf("%s: only %d fields were looked at", party, looked)
		}
	}
}

// still draws the dialog over the case with nothing that is another at each run.
func (r *rig) still(name string) {
	r.t.Helper()
	v := r.visit()
	id, c := v.id, v.c
	r.ui(func() {
		same := *c
		v.id, same.ID = uuid.UUID{}, uuid.UUID{}
		v.c = &same
		v.refresh()
		r.u.shell.savedAt.Set(kit.Good, "已保存 10:00:00")
		hush(v.u.win.Canvas().Content())
	})
	golden(r.t.(*testing.T), r.u, name)
	r.ui(func() { v.id, v.c = id, c })
}

func TestAPersonReadsAllThatIsKeptOfHim(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, func(r *rig, id uuid.UUID) {
		r.must(r.u.desk.Edit(t.Context(), id, map[string]any{"hardship.categories": []string{"低保家庭学生"}, "hardship.pre_applied": false}))
	})
	r.ui(v.showOwn)
	r.ownShown(v)
	words := r.dialogWords()
	for _, want := range []string{"低保家庭学生", v.c.App.Study.SchoolName, v.c.App.Student.Ethnic, "2033-06-01", "申请金额", "学生人像", "处理敏感个人信息", "平塘县（代码 522727）测试乡受理点（乡镇受理点）"} {
		if !strings.Contains(words, want) {
			t.Errorf("the student does not read %q", want)
		}
	}
	if strings.Contains(words, v.c.App.Coborrowers[0].Phone) || strings.Contains(words, v.c.App.Coborrowers[0].Name) || strings.Contains(words, "共同借款人人像") {
		t.Error("the student reads what is the co-borrower's")
	}
	r.still("visit-own-student")
	r.ui(func() { r.dialog().Close() })
	r.ui(func() { v.showOwnOf(loan.CoborrowerParty) })
	r.ownShown(v)
	words = r.dialogWords()
	if strings.Contains(words, "低保家庭学生") || strings.Contains(words, v.c.App.Student.IDNo) || !strings.Contains(words, v.c.App.Coborrowers[0].Phone) {
		t.Error("the co-borrower reads not what is his own alone")
	}
	r.still("visit-own-coborrower")
}

// ownShown waits until what is kept of a person is read and shown.
func (r *rig) ownShown(v *visit) {
	r.until("what is kept of the person is shown", func() bool { return v.revealing.own != nil })
	r.settle()
}

func TestReadingAPersonsOwnDataIsSaidAndCanBeGivenUp(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	before := make(chan struct{})
	ask := func() {
		before = make(chan struct{})
		held := before
		r.ui(func() {
			v.u.act("hold", func(context.Context) error { <-held; return nil }, func(error) {})
			v.showOwn()
		})
		if got := r.dialogWords(); !strings.Contains(got, "正在读取") {
			t.Errorf("while it is read: got %q", got)
		}
	}
	ask()
	close(before)
	r.ownShown(v)
	if got := r.dialogWords(); strings.Contains(got, "正在读取") || !strings.Contains(got, v.c.App.Student.IDNo) {
		t.Error("what was read is not shown")
	}
	r.ui(func() { r.dialog().Close() })
	ask()
	r.ui(func() { r.dialog().Close() })
	close(before)
	r.settle()
	r.ui(func() {
		if r.dialog() != nil || v.revealing.own != nil {
			t.Error("what was given up is shown")
		}
	})
}
