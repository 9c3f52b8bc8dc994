package ui

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/desk"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// triesIn are the tries that a folder counts, by account.
func triesIn(t *testing.T, dir string) map[string]int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "attempts.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct {
		Missed int `json:"missed"`
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for id, a := range all {
		if a.Missed > 0 {
			out[id] = a.Missed
		}
	}
	return out
}

// atSignIn is the sign-in screen of a folder, with something typed for a name.
func atSignIn(t *testing.T, dir, name string) (*rig, *signIn) {
	t.Helper()
	u := testWindow(t, dir, kit.Light)
	r := &rig{t, u}
	var s *signIn
	r.ui(func() {
		s = newSignIn(u)
		u.first = s.password
		u.show("signin", s.content)
		c := u.win.Canvas()
		c.Focus(s.who.Field())
		s.who.Field().SelectAll()
		test.Type(s.who.Field(), name)
	})
	return r, s
}

func (r *rig) tab() { r.ui(func() { r.u.win.Canvas().FocusNext() }) }

func (r *rig) key(name fyne.KeyName) {
	r.ui(func() {
		if f := r.u.win.Canvas().Focused(); f != nil {
			f.TypedKey(&fyne.KeyEvent{Name: name})
		}
	})
}

func TestWhoeverTypesNobodyIsToldAndNobodysTriesAreCounted(t *testing.T) {
	const nobodyWords, halfWords = "列表里没有这个人。还没在本机启用、或已停用的，请找系统数据管理员", "姓名没有写全，请从列表中选"
	for name, c := range map[string]struct {
		typed, want string
		leave       func(r *rig)
	}{
		"half a name, by Tab":           {testReviewer().Name[:3], halfWords, (*rig).tab},
		"what two have, by Return":      {testReviewer().Name[:3], halfWords, func(r *rig) { r.key(fyne.KeyReturn) }},
		"nobody, by Tab":                {"没这人", nobodyWords, (*rig).tab},
		"nobody, by Return":             {"没这人", nobodyWords, func(r *rig) { r.key(fyne.KeyReturn) }},
		"an account that is not one":    {"clerk-77", nobodyWords, (*rig).tab},
		"half a name, the button alone": {testReviewer().Name[:3], halfWords, func(*rig) {}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := settledFolder(t, 0)
			r, s := atSignIn(t, dir, c.typed)
			c.leave(r)
			r.ui(func() {
				if name != "half a name, the button alone" && s.whoOf.Error() != c.want {
					t.Errorf("said %q, want %q", s.whoOf.Error(), c.want)
				}
				if got := s.who.Value().ID; got != "" || s.who.Field().Text() != c.typed {
					t.Errorf("stands for %q", got)
				}
				s.password.SetText("not the password")
				s.try()
			})
			r.until("it is tried", func() bool { return !s.enter.Busy() && s.password.Empty() })
			r.ui(func() {
				if s.whoOf.Error() != c.want || s.fieldOf.Error() != "" {
					t.Errorf("after a try: said %q, and of the password %q", s.whoOf.Error(), s.fieldOf.Error())
				}
			})
			if got := triesIn(t, dir); len(got) != 1 || got[desk.Unknown] != 1 {
				t.Errorf("counted %v", got)
			}
			r.snap("signin-" + map[bool]string{true: "half", false: "nobody"}[c.want == halfWords])
		})
	}
	t.Run("without a password nothing is counted", func(t *testing.T) {
		dir := settledFolder(t, 0)
		r, s := atSignIn(t, dir, "没这人")
		r.ui(s.try)
		r.ui(func() {
			if s.enter.Busy() || s.whoOf.Error() != nobodyWords {
				t.Errorf("said %q", s.whoOf.Error())
			}
		})
		if got := triesIn(t, dir); len(got) != 0 {
			t.Errorf("counted %v", got)
		}
	})
	t.Run("nor is anybody asked about who forgot the password", func(t *testing.T) {
		r, s := atSignIn(t, settledFolder(t, 0), "没这人")
		var page *recovery
		r.ui(func() { page = newRecovery(r.u, s.who.Value()) })
		r.ui(page.begin)
		r.ui(func() {
			if page.ask.Busy() || page.plea != nil || page.whoOf.Error() != "请选择人员" {
				t.Errorf("said %q", page.whoOf.Error())
			}
		})
	})
}

func TestAPasswordTypedByHabitAfterAWrongNameIsNeverInTheClear(t *testing.T) {
	r, s := atSignIn(t, settledFolder(t, 0), "没这人")
	habit := func(what string) {
		t.Helper()
		r.ui(func() {
			if f, ok := r.u.win.Canvas().Focused().(*kit.Field); ok {
				test.Type(f, "not the password")
			}
			if got := s.who.Field().Text(); got != "没这人" {
				t.Errorf("%s: it stands in the name: %q", what, got)
			}
		})
	}
	r.key(fyne.KeyReturn)
	habit("after the name")
	r.key(fyne.KeyReturn)
	r.until("it is tried", func() bool { return !s.enter.Busy() && s.password.Empty() })
	habit("after the try")
	r.ui(func() {
		if s.whoOf.Error() == "" {
			t.Error("it is not said that there is nobody of that name")
		}
	})
}

func TestWhoIsTypedWholeOrChosenFromTheListSignsIn(t *testing.T) {
	for name, c := range map[string]struct {
		typed string
		keys  func(r *rig)
	}{
		"the whole name":                        {testReviewer().Name, (*rig).tab},
		"the whole name, and a space":           {testReviewer().Name + " ", (*rig).tab},
		"the account, in capitals":              {"REVIEWER-1", (*rig).tab},
		"half a name, and Return takes the one": {"复核", func(r *rig) { r.key(fyne.KeyReturn) }},
		"nothing, and the list by arrows": {"", func(r *rig) {
			r.key(fyne.KeyEscape)
			r.key(fyne.KeyDown)
			r.key(fyne.KeyDown)
			r.key(fyne.KeyReturn)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := settledFolder(t, 0)
			r, s := atSignIn(t, dir, c.typed)
			c.keys(r)
			r.ui(func() {
				if got := s.who.Value().ID; got != testReviewer().ID || s.whoOf.Error() != "" {
					t.Errorf("stands for %q, said %q", got, s.whoOf.Error())
				}
				if !s.password.Focused() {
					t.Error("the password is not what comes next")
				}
				s.password.SetText("not the password")
				s.try()
			})
			r.until("the password is refused", func() bool { return s.fieldOf.Error()+s.whoOf.Error() != "" })
			if got := triesIn(t, dir); len(got) != 1 || got[testReviewer().ID] != 1 {
				t.Errorf("counted %v", got)
			}
		})
	}
}

func TestPeopleOfOneNameAreToldApart(t *testing.T) {
	options := peopleOptions([]desk.Person{{ID: "clerk-1", Name: "韦测"}, {ID: "clerk-2", Name: "韦测"}, {ID: "clerk-3", Name: "石测"}})
	p, _ := pickPerson("操作员", true, func() []kit.Option { return options })
	p.SetValue(options[0])
	for typed, want := range map[string]string{"韦测": "", "clerk-2": "clerk-2", "韦测（clerk-1）": "clerk-1", "石测": "clerk-3"} {
		p.Field().SetText(typed)
		if got := p.Value().ID; got != want {
			t.Errorf("%q: got %q, want %q", typed, got, want)
		}
	}
}
