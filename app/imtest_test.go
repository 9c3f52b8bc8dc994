//go:build linux && !ci

package main

import (
	"strings"
	"syscall"
	"testing"
)

// imEngineCase is one input method to prove the fields with.
type imEngineCase struct {
	name  string
	class string // of its candidate window
	start func(t *testing.T, r *imRig)
}

func imEngines() []imEngineCase {
	return []imEngineCase{
		{"fcitx", "^fcitx$", startFcitx},
		{"fcitx 4", "^fcitx$", startFcitx4},
		{"ibus", "^ibus-ui-gtk3$", startIBus},
	}
}

func startFcitx(t *testing.T, r *imRig) { startFcitxWith(t, r, "fcitx4frontend") }

// startFcitx4 starts fcitx speaking its older language alone.
func startFcitx4(t *testing.T, r *imRig) { startFcitxWith(t, r, "dbusfrontend") }

func startFcitxWith(t *testing.T, r *imRig, without string) {
	needs(t, "fcitx5")
	r.file(".config/fcitx5/profile", strings.Join([]string{
		"[Groups/0]", "Name=Default", "Default Layout=us", "DefaultIM=pinyin", "",
		"[Groups/0/Items/0]", "Name=keyboard-us", "Layout=", "",
		"[Groups/0/Items/1]", "Name=pinyin", "Layout=", "",
		"[GroupOrder]", "0=Default", "",
	}, "\n"))
	r.file(".config/fcitx5/config", "[Behavior]\nActiveByDefault=True\n")
	r.daemon = r.start("fcitx5", "--disable=wayland,waylandim,kimpanel,notificationitem,ibusfrontend,"+without)
	// asking fcitx itself would make the bus start one of its own
	r.until("fcitx is on the bus", func() bool {
		out, err := r.command("dbus-send", "--session", "--print-reply", "--dest=org.freedesktop.DBus",
			"/", "org.freedesktop.DBus.NameHasOwner", "string:org.fcitx.Fcitx5").Output()
		return err == nil && strings.Contains(string(out), "boolean true")
	})
}

func startIBus(t *testing.T, r *imRig) {
	needs(t, "ibus-daemon", "ibus")
	r.env = append(r.env, "XMODIFIERS=@im=ibus")
	r.start("ibus-daemon", "--replace", "--cache=none")
	// the panel, once up, goes back to the first engine of its settings
	r.choose = func() { r.command("ibus", "engine", "libpinyin").Run() }
	r.until("ibus has its pinyin", func() bool {
		r.choose()
		out, err := r.command("ibus", "engine").Output()
		return err == nil && strings.TrimSpace(string(out)) == "libpinyin"
	})
}

// TestComposing types real keys into a real window and composes with each
// input method.
func TestComposing(t *testing.T) {
	for _, e := range imEngines() {
		t.Run(e.name, func(t *testing.T) {
			r := newIMRig(t)
			e.start(t, r)
			r.open()
			warmUp(r)
			base := commit(r, "nihao")

			t.Run("space commits the first candidate", func(t *testing.T) {
				r.t = t
				if len([]rune(base)) != 2 {
					t.Errorf("got %q, want the two characters of nihao", base)
				}
			})
			t.Run("BackSpace while composing keeps what is committed", func(t *testing.T) {
				r.t = t
				r.compose("shi")
				r.keys("BackSpace", "BackSpace")
				r.calm()
				if s := r.now(); s.Texts[imFirst] != base || !s.Composing {
					t.Errorf("got %q composing %v, want %q still composing", s.Texts[imFirst], s.Composing, base)
				}
				r.keys("BackSpace")
				r.await("the composition is empty", func(s imReport) bool { return !s.Composing })
				r.calm()
				if got := r.now().Texts[imFirst]; got != base {
					t.Errorf("got %q, want %q", got, base)
				}
			})
			t.Run("Escape drops the composition and nothing else", func(t *testing.T) {
				r.t = t
				r.compose("zhong")
				r.keys("Escape")
				r.await("nothing is composed", func(s imReport) bool { return !s.Composing })
				r.calm()
				if got := r.now().Texts[imFirst]; got != base {
					t.Errorf("got %q, want %q", got, base)
				}
			})
			t.Run("Tab while composing does not leave", func(t *testing.T) {
				r.t = t
				r.compose("zhong")
				r.keys("Tab")
				r.calm()
				if s := r.now(); s.Focus != imFirst || s.Texts[imFirst] != base {
					t.Errorf("got focus %d and %q, want %d and %q", s.Focus, s.Texts[imFirst], imFirst, base)
				}
				r.keys("Escape")
				r.calm()
				if r.now().Composing {
					r.keys("Escape")
				}
				r.await("nothing is composed", func(s imReport) bool { return !s.Composing })
			})
			t.Run("Return while composing commits the letters and does not go on", func(t *testing.T) {
				r.t = t
				r.compose("abc")
				r.keys("Return")
				r.await("the letters are committed", func(s imReport) bool { return !s.Composing && s.Texts[imFirst] != base })
				r.calm()
				if s := r.now(); s.Entered != 0 || s.Focus != imFirst || s.Texts[imFirst] != base+"abc" {
					t.Errorf("got %q, gone on %d times, focus %d; want %q, none, %d", s.Texts[imFirst], s.Entered, s.Focus, base+"abc", imFirst)
				}
				r.keys("BackSpace", "BackSpace", "BackSpace")
				r.await("the letters are deleted", func(s imReport) bool { return s.Texts[imFirst] == base })
			})
			t.Run("candidates stand at the caret", func(t *testing.T) {
				r.t = t
				r.compose("ni")
				r.candidatesBelow(e.class, imFirst)
				r.keys("Escape")
				r.await("nothing is composed", func(s imReport) bool { return !s.Composing })
			})
			t.Run("Return goes on and leaving reports the text once", func(t *testing.T) {
				r.t = t
				r.keys("Return")
				r.await("the next field has the focus", func(s imReport) bool { return s.Focus == imSecond })
				if s := r.now(); s.Entered != 1 || len(s.Left) != 1 || s.Left[0] != base {
					t.Errorf("got gone on %d, left with %q; want once, left with %q", s.Entered, s.Left, base)
				}
			})
			t.Run("candidates follow to the next field", func(t *testing.T) {
				r.t = t
				r.compose("hao")
				r.candidatesBelow(e.class, imSecond)
				r.keys("space")
				r.await("committed", func(s imReport) bool { return !s.Composing && s.Texts[imSecond] != "" })
			})
			t.Run("a click elsewhere keeps what was being composed", func(t *testing.T) {
				r.t = t
				before := r.now().Texts[imSecond]
				r.compose("li")
				r.click(imLong)
				r.calm()
				s := r.now()
				if got := s.Texts[imSecond]; got == before || !strings.HasPrefix(got, before) || s.Texts[imLong] != "" {
					t.Errorf("got %q and %q, want %q with more behind it and nothing in the next", got, s.Texts[imLong], before)
				}
			})
			t.Run("Tab walks when nothing is composed", func(t *testing.T) {
				r.t = t
				r.keys("Tab")
				r.await("the password has the focus", func(s imReport) bool { return s.Focus == imSecret })
				r.keys("shift+Tab")
				r.await("the field before has the focus", func(s imReport) bool { return s.Focus == imLong })
				r.keys("Tab")
				r.await("the password has the focus again", func(s imReport) bool { return s.Focus == imSecret })
			})
			t.Run("a password is never composed", func(t *testing.T) {
				r.t = t
				r.keys("n", "i", "A", "1")
				r.await("the letters are there", func(s imReport) bool { return s.Texts[imSecret] == "niA1" })
			})
			t.Run("function keys reach the window", func(t *testing.T) {
				r.t = t
				r.keys("F5")
				r.await("F5 was seen", func(s imReport) bool { return s.F5 == 1 })
			})
		})
	}
}

// warmUp types until the input method composes: an engine that has just been
// started may let the first letters through.
func warmUp(r *imRig) {
	r.t.Helper()
	r.until("the input method composes", func() bool {
		if r.choose != nil {
			r.choose()
		}
		r.keys("n", "i")
		r.calm()
		composing := r.now().Composing
		r.keys("Escape", "ctrl+a", "BackSpace")
		r.calm()
		return composing && r.now().Texts[imFirst] == ""
	})
}

// commit composes letters and commits the first candidate.
func commit(r *imRig, letters string) string {
	r.t.Helper()
	r.compose(letters)
	r.keys("space")
	r.await("the candidate is committed", func(s imReport) bool { return !s.Composing && s.Texts[s.Focus] != "" })
	r.calm()
	s := r.now()
	return s.Texts[s.Focus]
}

// candidatesBelow demands that the candidate window's corner is at the field:
// within its width, and right under it.
func (r *imRig) candidatesBelow(class string, field int) {
	r.t.Helper()
	wx, wy, _, _ := r.geometry(r.window())
	at := r.now().At[field]
	left, bottom := wx+at[0], wy+at[1]+at[3]
	var x, y int
	r.until("the candidates stand under the field", func() bool {
		var shown bool
		x, y, _, _, shown = r.candidates(class)
		return shown && x >= left-4 && x <= left+at[2]/2 && y >= bottom-4 && y <= bottom+24
	})
	r.t.Logf("field from x=%d, its lower edge at y=%d; candidates at %d,%d", left, bottom, x, y)
}

// imRare are characters that names bear and few fonts have.
const imRare = "𬭎䶮㛃𫖮𠅤𬎆𠀀"

// TestTypingWithoutInputMethod types with no input method at all.
func TestTypingWithoutInputMethod(t *testing.T) {
	r := newIMRig(t)
	r.open(imTextEnv + "=" + imRare)
	t.Run("letters, capitals and signs arrive as typed", func(t *testing.T) {
		r.t = t
		out, err := r.command("xdotool", "type", "--delay", "15", "Hello, World 42 (a+b)!").CombinedOutput()
		if err != nil {
			t.Fatalf("xdotool: %v: %s", err, out)
		}
		r.await("the text is there", func(s imReport) bool { return s.Texts[imFirst] == "Hello, World 42 (a+b)!" })
	})
	t.Run("editing keys edit", func(t *testing.T) {
		r.t = t
		r.keys("ctrl+a", "x", "y", "z", "Left", "BackSpace", "Home", "Delete", "End", "w")
		r.await("zw", func(s imReport) bool { return s.Texts[imFirst] == "zw" })
		r.keys("ctrl+z")
		r.await("one step back", func(s imReport) bool { return s.Texts[imFirst] == "z" })
	})
	t.Run("a filter keeps what it should", func(t *testing.T) {
		r.t = t
		r.click(imDigits)
		r.keys("1", "a", "2", "minus", "3")
		r.await("digits only", func(s imReport) bool { return s.Texts[imDigits] == "123" })
	})
	t.Run("rare characters are copied, cut and pasted whole", func(t *testing.T) {
		r.t = t
		r.click(imLong)
		r.keys("ctrl+a", "ctrl+c")
		r.click(imSecond)
		r.keys("ctrl+v", "ctrl+v")
		r.await("pasted twice", func(s imReport) bool { return s.Texts[imSecond] == imRare+imRare })
		r.keys("ctrl+a", "ctrl+x")
		r.await("cut", func(s imReport) bool { return s.Texts[imSecond] == "" })
		r.keys("ctrl+v", "BackSpace")
		r.await("BackSpace takes one whole character", func(s imReport) bool {
			return s.Texts[imSecond] == imRare+strings.TrimSuffix(imRare, "𠀀")
		})
	})
}

// TestChoosingByPointer presses options and days, which lie above the fields
// and must not lose the choice to the focus that goes.
func TestChoosingByPointer(t *testing.T) {
	r := newIMRig(t)
	r.open()
	r.keys("a")
	r.await("the window listens", func(s imReport) bool { return s.Texts[imFirst] == "a" })
	r.calm()
	t.Run("an option of the picker", func(t *testing.T) {
		r.t = t
		at := r.now().AtPicker
		r.clickAt(at[0]+at[2]-16, at[1]+at[3]/2)
		r.calm()
		r.clickAt(at[0]+40, at[1]+at[3]+7+45)
		r.await("the second option is chosen", func(s imReport) bool { return s.Picked == "15" })
	})
	t.Run("a day of the calendar", func(t *testing.T) {
		r.t = t
		at := r.now().AtDate
		r.clickAt(at[0]+at[2]-16, at[1]+at[3]/2)
		r.calm()
		r.clickAt(at[0]+8+38*3+19, at[1]+at[3]+3+66+32*2+16)
		r.await("the third Thursday is chosen", func(s imReport) bool { return s.Dated == "2007-03-15" })
	})
	t.Run("Return goes on from the date", func(t *testing.T) {
		r.t = t
		r.keys("Return")
		r.await("the first field has the focus", func(s imReport) bool { return s.Focus == imFirst })
	})
}

// TestComposingInTheWindowSystem composes with the input method that the
// window system speaks to, as it is when none answers over D-Bus.
func TestComposingInTheWindowSystem(t *testing.T) {
	r := newIMRig(t)
	startFcitx(t, r)
	r.open("XMODIFIERS=@im=fcitx", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent")
	r.keys("n", "i", "h", "a", "o")
	r.calm()
	r.keys("space")
	r.await("committed", func(s imReport) bool { return len([]rune(s.Texts[imFirst])) == 2 })
	base := r.now().Texts[imFirst]
	t.Run("BackSpace while composing keeps what is committed", func(t *testing.T) {
		r.t = t
		r.keys("s", "h", "i", "BackSpace", "BackSpace", "BackSpace")
		r.calm()
		if got := r.now().Texts[imFirst]; got != base {
			t.Errorf("got %q, want %q", got, base)
		}
		r.keys("BackSpace")
		r.await("BackSpace works again", func(s imReport) bool { return len([]rune(s.Texts[imFirst])) == 1 })
	})
	t.Run("Tab and Return while composing stay in the field", func(t *testing.T) {
		r.t = t
		before := r.now().Texts[imFirst]
		r.keys("s", "h", "i", "Tab")
		r.calm()
		if got := r.now().Focus; got != imFirst {
			t.Errorf("got focus %d after Tab, want %d", got, imFirst)
		}
		r.keys("Return")
		r.await("the letters are committed", func(s imReport) bool { return s.Texts[imFirst] == before+"shi" })
		if s := r.now(); s.Entered != 0 || s.Focus != imFirst {
			t.Errorf("got gone on %d times to %d, want to stay", s.Entered, s.Focus)
		}
		r.keys("Return")
		r.await("Return goes on again", func(s imReport) bool { return s.Entered == 1 && s.Focus == imSecond })
	})
}

// TestInputMethodComesAndGoes starts the input method after the window, and
// stops it while it is used.
func TestInputMethodComesAndGoes(t *testing.T) {
	r := newIMRig(t)
	needs(t, "fcitx5")
	r.open()
	r.keys("a")
	r.await("plain typing", func(s imReport) bool { return s.Texts[imFirst] == "a" })
	startFcitx(t, r)
	r.keys("ctrl+a", "BackSpace")
	r.await("emptied", func(s imReport) bool { return s.Texts[imFirst] == "" })
	warmUp(r)
	base := commit(r, "nihao")
	r.compose("shi")
	if err := r.daemon.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.await("what was composed is kept", func(s imReport) bool {
		return !s.Composing && s.Texts[imFirst] == base+"shi"
	})
	r.keys("x", "y")
	r.await("typing goes on", func(s imReport) bool { return s.Texts[imFirst] == base+"shixy" })
	startFcitx(t, r)
	r.keys("ctrl+a", "BackSpace")
	warmUp(r)
}

// TestSlowInputMethod stops the input method's process for a while.
func TestSlowInputMethod(t *testing.T) {
	r := newIMRig(t)
	startFcitx(t, r)
	r.open()
	warmUp(r)
	base := commit(r, "nihao")
	stop := func(s syscall.Signal) {
		if err := r.daemon.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("keys typed while it sleeps wait for it in order", func(t *testing.T) {
		r.t = t
		stop(syscall.SIGSTOP)
		r.keys("n", "i", "h", "a", "o", "space", "Return")
		r.calm()
		if s := r.now(); s.Texts[imFirst] != base || s.Focus != imFirst {
			t.Errorf("got %q in field %d before the answer, want %q in the first", s.Texts[imFirst], s.Focus, base)
		}
		stop(syscall.SIGCONT)
		r.await("all keys have worked", func(s imReport) bool { return s.Texts[imFirst] == base+base && s.Entered == 1 })
	})
	t.Run("an input method that never answers is given up and no key is lost", func(t *testing.T) {
		r.t = t
		stop(syscall.SIGSTOP)
		defer stop(syscall.SIGCONT)
		r.keys("a", "b", "c")
		r.await("the letters as typed", func(s imReport) bool { return s.Texts[imSecond] == "abc" })
	})
}
