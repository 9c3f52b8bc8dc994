package ui

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

// walker looks at every screen for values of people.
type walker struct {
	*rig
	secrets []string
	log     *safeLog
}

type safeLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *safeLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *safeLog) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newWalker is a window whose store holds a case of clerk-1 with everything
// entered, and who is there to look: the secrets are its values.
func newWalker(t *testing.T) (*walker, uuid.UUID) {
	t.Helper()
	r := newRig(t, kit.Light)
	w := &walker{rig: r, log: &safeLog{}}
	r.ui(func() { r.u.deps.Log = slog.New(slog.NewTextHandler(w.log, nil)) })
	// A card that says otherwise in all is part of the case too.
	card := loan.Card{Kind: loan.ResidentIdentity, Name: "韦测戊", Number: "522727200503149922", Sex: loan.Female, Birth: "2004-02-13", Address: "贵州省平塘县大塘镇另一村8号", To: "2031-05-06"}
	v := r.open(loan.First, false, entered, func(r *rig, id uuid.UUID) {
		r.must(r.u.desk.KeepCard(t.Context(), id, loan.StudentParty, card, []string{"name"}))
	})
	c := r.saved(v.id)
	w.secrets = append(w.secrets, card.Name, card.Number, string(card.Birth), card.Address, card.To)
	for _, p := range []loan.Person{c.App.Student, c.App.Coborrowers[0].Person} {
		for _, s := range []string{p.Name, p.IDNo, p.Phone, p.Address, string(p.Birth), p.IDNo[6:14]} {
			if s == "" {
				t.Fatal("a value is empty: the walk would look for nothing")
			}
			w.secrets = append(w.secrets, s)
		}
	}
	for id, role := range map[string]guard.Role{"admin-1": guard.DataAdmin, "auditor-1": guard.Auditor, "clerk-2": guard.Clerk} {
		o := guard.Operator{ID: id, Name: id, Roles: []guard.Role{role}, Enabled: true}
		if err := r.u.desk.Store().EnableOperator(t.Context(), o, []byte(reviewPassword)); err != nil {
			t.Fatal(err)
		}
	}
	return w, v.id
}

var tags = regexp.MustCompile(`<[^>]*>|\s+`)

// shown is every text of the window, lines that were wrapped joined, and its
// title.
func (w *walker) shown() string {
	text := ""
	w.ui(func() { text = tags.ReplaceAllString(test.RenderToMarkup(w.u.win.Canvas()), "") + w.u.win.Title() })
	return text
}

func (w *walker) told() []string {
	text, log := w.shown(), w.log.text()
	var out []string
	for i, s := range w.secrets {
		if strings.Contains(text, s) || strings.Contains(log, s) {
			out = append(out, fmt.Sprintf("value %d", i))
		}
	}
	return out
}

func (w *walker) look(at string) {
	w.t.Helper()
	w.settle()
	if got := w.told(); len(got) > 0 {
		w.t.Errorf("%s: in full %v", at, got)
	}
}

// screens goes through every screen but the open case.
func (w *walker) screens(who string) {
	for _, name := range []string{"today", "cases", "sync", "manage"} {
		w.ui(func() { w.u.shell.visit(name) })
		w.look(who + " at " + name)
	}
	for _, section := range []string{ofPeople, ofBackup, ofKept, ofGrants, ofRecord, ofAudit, ofDevice} {
		w.ui(func() {
			w.u.shell.visit("manage")
			w.u.shell.screen.(*manage).turn(section)
		})
		w.look(who + " in the section " + section)
	}
	w.ui(func() {
		b := newBeyond(w.u)
		b.query.SetText("9914")
		b.reason.SetText("家长来电核对进度")
		b.dialog.Show()
		b.search()
	})
	w.look(who + " beyond the own queue")
	if text := w.shown(); !strings.Contains(text, "韦*") {
		w.t.Errorf("%s found nobody beyond the queue: the walk looked at an empty list", who)
	}
	w.ui(func() { w.dialog().Close() })
}

// TestNoScreenButTheOpenCaseShowsAValueOfAPersonInFull walks through every screen
// as each sort of account, and through every step of the case as those who do not
// handle it: no text, title or line of the log has a value of a person.
func TestNoScreenButTheOpenCaseShowsAValueOfAPersonInFull(t *testing.T) {
	w, id := newWalker(t)
	v := w.visit()
	w.ui(func() { v.show(stepStudent) })
	w.settle()
	if got := w.told(); len(got) < 3 {
		t.Fatalf("its clerk's open case shows %v: the walk is blind", got)
	}
	for _, who := range []string{"clerk-1", "clerk-2", "reviewer-1", "admin-1", "auditor-1"} {
		w.ui(w.u.lock)
		w.locked()
		w.look(who + " at the lock")
		password := reviewPassword
		if who == "clerk-1" {
			password = clerkPassword
		}
		w.enter(who, password)
		if who == "clerk-1" {
			// The lock left the case open for him; he goes elsewhere.
			w.screens(who)
			continue
		}
		w.screens(who)
		w.openFor(id)
		v = w.visit()
		for at := range stepCount {
			w.ui(func() { v.show(at) })
			w.look(fmt.Sprintf("%s in step %d of the case", who, at))
			if at == stepReview {
				beside := v.steps[at].(*reviewStep).beside.content
				w.until("the card is set beside", func() bool { return beside.Visible() })
				w.look(who + " compares")
			}
		}
		consents := v.steps[stepStudent].(*studentStep).person.consent
		for name, ask := range map[string]func(){"reveal": v.askReveal, "grant": v.askGrant, "export": func() { w.u.exportCase(id) }, "own data": v.showOwn,
			"consents": consents.withdraw, "prints": func() { askPrint(v, nil) }} {
			w.ui(ask)
			if name == "own data" {
				w.until("it is read", func() bool { return v.revealing.own != nil || w.dialog() == nil })
			}
			w.look(who + " asks for " + name)
			if w.dialog() != nil {
				w.ui(func() { w.dialog().Close() })
			}
		}
	}
	if !slices.ContainsFunc(strings.Split(w.log.text(), "\n"), func(l string) bool { return strings.Contains(l, "screen") }) {
		t.Error("nothing was logged: the walk looked at an empty log")
	}
}
