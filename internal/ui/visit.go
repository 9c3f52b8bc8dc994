package ui

import (
	"context"
	"sync/atomic"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"github.com/google/uuid"
)

// The steps of a visit, in their order.
const (
	stepPapers = iota
	stepStudent
	stepCoborrower
	stepStudy
	stepImages
	stepReview
	stepSign
	stepReceipt
	stepCount
)

func stepNames() []string {
	return []string{"核验材料", "学生", "共同借款人", "就学与贷款", "人证与影像", "复核", "签署", "回执"}
}

// step is one step of a visit: what it shows, and the one blue action that
// stands at the window's foot while it is shown.
type step interface {
	object() fyne.CanvasObject
	refresh()       // the case has changed
	shown()         // it was put on the screen
	left()          // another step takes its place
	action() action // its blue action
	close()         // the visit ends: stop what runs
}

// action is what the blue button does now; busy is the word while it does.
type action struct {
	text    string
	enabled bool
	do      func()
	busy    string
}

// visit is 受理: one case, from the papers to the receipt.
type visit struct {
	u  *Window
	id uuid.UUID
	c  *loan.Case // as last saved

	draft    loan.Application // c with the edits under way
	report   loan.Report
	missing  map[string]bool
	covering bool              // the case is shown masked
	people   map[string]string // operators' names by id
	form     *form
	steps    [stepCount]step
	at       int
	left     [stepCount]bool              // steps that were begun and left
	tried    bool                         // submitting was tried: everything wrong is shown
	unlocked bool                         // the clerk chose to change a case that waits
	cards    map[loan.Party]loan.CardBody // read while a signed contract stands, for its correction
	losses   []desk.Loss                  // what of the case is lost
	was      loan.Status                  // the status last shown
	mend     string                       // the field a returned case is opened at; empty afterwards
	offered  *bound                       // has the focus because its step was shown
	turning  bool                         // from one step to another
	pending  int                          // acts under way
	stale    bool                         // news came of the case while acts were under way
	gone     bool                         // the case is erased, or no longer to be seen
	lost     atomic.Bool                  // the last act, or any since the case was left, was not taken
	untold   atomic.Int32                 // acts that were not taken, of which nobody was told yet
	noRoom   atomic.Bool                  // one was not taken as the disk was full
	unmade   bool                         // a correction was typed and is neither made nor given up knowingly
	unsaved  int                          // fields whose last save failed
	typing   *bound                       // the field with text that is saved when it is left
	savedAt  time.Time
	railBad  bool // the rail says that something is not saved
	look     Look
	active   bool
	closed   bool
	granted  string      // what grants there are for the case, in words
	gift     *giftDialog // opened last

	content  *fyne.Container
	head     *fyne.Container
	foot     *fyne.Container
	side     fyne.CanvasObject
	title    *kit.Text
	about    *kit.Text
	status   *kit.StatusLine
	save     *kit.StatusLine
	rail     *kit.Steps
	banner   *banner
	body     *fyne.Container
	problems *panel
	summary  *kit.StatusLine
	main     *kit.Button
	back     *kit.Button
	pass     *kit.Button // in view where the case can be passed on in a room
	feet     *fyne.Container

	revealing revealing
}

// newVisit is a visit of a case that has been opened.
func newVisit(u *Window, c *loan.Case) *visit {
	v := &visit{u: u, id: c.ID, c: c, people: map[string]string{}, savedAt: c.Updated, was: c.Status, cards: map[loan.Party]loan.CardBody{}}
	v.make()
	v.begin()
	v.take(c)
	v.toMend()
	v.loadPeople()
	v.hearGrants()
	v.findLosses()
	return v
}

// make makes the widgets, in the look the window has now.
func (v *visit) make() {
	v.look = v.u.look
	v.form = newForm(v)
	v.steps = [stepCount]step{newStepPapers(v), newStepStudent(v), newStepCoborrower(v), newStepStudy(v),
		newStepImages(v), newStepReview(v), newStepSign(v), newStepReceipt(v)}
	v.build()
}

// remake makes the widgets anew: a change of the look does not reach those
// that were not on the screen.
func (v *visit) remake() {
	sitting := v.steps[stepSign].(*signStep).sitting()
	for _, s := range v.steps {
		s.close()
	}
	before := v.form
	v.make()
	v.steps[stepSign].(*signStep).resume(sitting)
	for i, b := range before.fields {
		v.form.fields[i].visited = b.visited
	}
	v.take(v.c)
}

// begin chooses the step to open at, and marks what was filled in before.
func (v *visit) begin() {
	v.draft = cloneApplication(v.c.App)
	for _, b := range v.form.fields {
		b.visited = !b.blank(&v.c.App) && v.c.App.Student.Name != ""
	}
	switch v.c.Status {
	case loan.ToReview:
		v.at, v.tried = stepReview, true
	case loan.ToSign, loan.Signed:
		v.at, v.tried = stepSign, true
	case loan.Queued, loan.Received, loan.Accepted:
		v.at, v.tried = stepReceipt, true
	case loan.Returned, loan.Corrected:
		v.tried = true
	}
}

func (v *visit) build() {
	v.title, v.about = kit.NewLine("", kit.TextTitle), kit.NewLine("", kit.TextMuted)
	v.status, v.save = kit.NewStatusLine(kit.Info, ""), kit.NewStatusLine(kit.Good, "")
	v.rail = kit.NewSteps(stepNames()...)
	v.rail.OnSelect = v.show
	v.banner = newBanner(func() {
		v.content.Refresh()
		v.content.Refresh() // its words know their height once they have a width
	})
	v.body = container.NewStack()
	v.problems = newPanel(v)
	v.summary = kit.NewStatusLine(kit.Info, "")
	v.main = kit.NewPrimary("下一步", nil, v.forward)
	v.back = kit.NewSecondary("上一步", nil, func() { v.show(v.at - 1) })
	v.head = container.New(&headRow{}, v.title, v.about, container.NewHBox(v.status, gap(8), v.save))
	head := surface(inset(18, 9, v.head))
	// The blue button stands before the other in the order of focus, so that
	// Return in the last field leads to it.
	v.pass = kit.NewSecondary("转交（Ctrl+T）", nil, v.passOn)
	v.feet = container.New(&rightward{}, v.main, v.back)
	v.foot = container.NewBorder(nil, nil, nil, v.feet, v.summary)
	foot := surface(inset(18, 9, v.foot))
	top := container.NewVBox(head, v.rail, v.banner.content)
	v.side = inset(8, 10, v.problems.content)
	v.content = container.New(&visitFrame{}, v.body, top, foot, v.side)
	for _, key := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyT, fyne.KeyR, fyne.KeyJ, fyne.KeyU, fyne.KeyD, fyne.KeyLeft, fyne.KeyRight} {
		v.u.win.Canvas().AddShortcut(&desktop.CustomShortcut{KeyName: key, Modifier: fyne.KeyModifierControl}, func(fyne.Shortcut) { v.shortcut(key) })
	}
}

// shortcut does what Ctrl with a key stands for, where the case is what the
// person sees, with no dialog above it: the canvas hears its shortcuts always.
func (v *visit) shortcut(key fyne.KeyName) {
	top := v.u.win.Canvas().Overlays().Top()
	if l := v.steps[stepImages].(*imagesStep).looking; v.active && l != nil && top == fyne.CanvasObject(l.dialog) {
		l.shortcut(key)
		return
	}
	if !v.active || top != nil {
		return
	}
	switch key {
	case fyne.KeyReturn:
		v.forward()
	case fyne.KeyT:
		v.passOn()
	case fyne.KeyR:
		v.takeOffered()
	case fyne.KeyJ:
		v.problems.next()
	case fyne.KeyU:
		v.askUrgent()
	case fyne.KeyD:
		v.readCard()
	}
}

func (v *visit) object() fyne.CanvasObject {
	if v.look != v.u.look {
		v.remake()
	}
	return v.content
}

// keys are those of the steps, and the page keys between them.
func (v *visit) keys() map[fyne.KeyName]func() {
	keys := v.rail.Keys()
	keys[fyne.KeyPageDown] = v.pageDown
	keys[fyne.KeyPageUp] = v.pageUp
	keys[fyne.KeySpace] = func() { // after a click beside everything, as upon the scroll bar
		if s := v.steps[stepSign].(*signStep); v.at == stepSign && s.stage() == signReads {
			s.readOn()
		}
	}
	for _, k := range []fyne.KeyName{fyne.KeyUp, fyne.KeyDown, fyne.KeyLeft, fyne.KeyRight, fyne.KeyHome, fyne.KeyEnd} {
		keys[k] = func() { v.scroll(k) }
	}
	return keys
}

// pageDown turns what is read back in the review down by a page, and at its foot, as in
// every other step, presses the blue button.
func (v *visit) pageDown() {
	if c := v.steps[stepSign].(*signStep); v.at == stepSign && c.turnsAlone() {
		c.turnOn()
		return
	}
	s := v.steps[stepReview].(*reviewStep).content
	foot := s.Content.MinSize().Height - s.Size().Height
	if v.at != stepReview || s.Offset.Y >= foot-1 {
		v.forward()
		return
	}
	s.ScrollToOffset(fyne.NewPos(0, min(s.Offset.Y+s.Size().Height-scaled(40), foot)))
}

// pageUp turns the contract that is being read back by as much as Page Down turned it
// on, and elsewhere goes to the step before.
func (v *visit) pageUp() {
	s := v.steps[stepSign].(*signStep)
	if v.at == stepSign && (s.stage() == signReads || s.turnsAlone()) && s.view.view != nil && s.view.view.Backward() {
		return
	}
	v.show(v.at - 1)
}

// scroll hands a key to the document that the step shows, so that it can be
// read while the blue button has the focus.
func (v *visit) scroll(k fyne.KeyName) {
	var d *docView
	switch s := v.steps[v.at].(type) {
	case *signStep:
		d = s.view
	case *receiptStep:
		d = s.view
	}
	if d != nil && d.view != nil {
		d.view.TypedKey(&fyne.KeyEvent{Name: k})
	}
}

func (v *visit) shown() {
	v.active = true
	v.show(v.at)
	if path := v.mend; path != "" {
		v.mend = ""
		v.jump(path)
	}
}

// leave saves what is being typed and what could not be saved before.
func (v *visit) leave() {
	v.active = false
	v.conceal()
	v.u.leave()
	v.form.retry()
	v.steps[v.at].left()
}

// close ends the visit; the case stays as saved.
func (v *visit) close() {
	v.leave()
	v.closed = true
	v.railSaved()
	for _, s := range v.steps {
		s.close()
	}
	if v.gift != nil {
		v.gift.dialog.Close()
	}
}

// show goes to a step; what is being typed is saved first.
func (v *visit) show(at int) {
	if at < 0 || at >= stepCount {
		return
	}
	v.turning = true
	v.u.leave()
	v.turning = false
	if at != v.at {
		v.steps[v.at].left()
		v.left[v.at] = v.form.leaveStep(v.at) || v.left[v.at]
	}
	v.at = at
	v.rail.SetCurrent(at)
	v.body.Objects = []fyne.CanvasObject{v.steps[at].object()}
	v.body.Refresh()
	v.refresh()
	v.steps[at].shown()
	v.offered = nil
	for _, b := range v.form.fields {
		if b.inner != nil && b.inner.Focused() {
			v.offered = b
		}
	}
}

// forward presses the blue button.
func (v *visit) forward() {
	a := v.steps[v.at].action()
	if a.enabled && a.busy == "" && a.do != nil {
		a.do()
	}
}

// next is the blue action of a step that only leads on.
func (v *visit) next() action {
	at := v.at + 1
	return action{text: "下一步：" + stepNames()[at], enabled: true, do: func() { v.show(at) }}
}

// do asks the desk for an act on the case and shows its state; done may be nil
// and runs before the screen shows the fresh case.
func (v *visit) do(name string, job func(ctx context.Context) (*loan.Case, error), done func(error)) {
	if v.gone {
		return
	}
	v.pending++
	v.showSave()
	leaving := !v.active
	var c *loan.Case
	v.u.act(name, func(ctx context.Context) (err error) {
		c, err = job(ctx)
		v.took(err, leaving)
		return err
	}, func(err error) {
		v.told(err)
		v.pending--
		if fault.KindOf(err) == fault.Erased || v.pending == 0 && v.stale {
			defer v.refreshCase() // the case itself may be gone
		}
		if err == nil {
			if !c.Updated.Equal(v.c.Updated) { // an act that found nothing to do saved nothing
				v.u.saved(c.Updated)
			}
			v.savedAt, v.c = c.Updated, c
			v.uncovered() // before done, which may put a dialog of its own there
		}
		if v.closed {
			if err != nil && !v.gone {
				v.u.fail(err)
			}
			return
		}
		if done != nil {
			done(err)
		} else if err != nil {
			v.u.fail(err)
		}
		v.take(v.c)
	})
}

// take makes c what the screen shows.
func (v *visit) take(c *loan.Case) {
	if v.closed {
		return
	}
	if c.Status != v.was {
		v.unlocked = v.unlocked && v.typing != nil // what is typed is to be saved yet
		v.was = c.Status
	}
	v.c = c
	if v.pending == 0 {
		v.draft = cloneApplication(c.App)
	}
	v.refresh()
}

// refreshCase reads the case anew, as after the courier brought news of it.
func (v *visit) refreshCase() {
	if v.closed {
		return
	}
	if v.stale = v.pending > 0; v.stale {
		return // it is read when what is under way is done
	}
	var c *loan.Case
	v.u.act("read case", func(ctx context.Context) (err error) {
		c, err = v.u.desk.Case(ctx, v.id)
		return err
	}, func(err error) {
		switch k := fault.KindOf(err); {
		case k == fault.Erased:
			v.erased(err)
		case k == fault.Denied || k == fault.Missing:
			v.refused(err)
		case err == nil && v.pending == 0:
			v.take(c)
		}
	})
}

func (v *visit) loadPeople() {
	var people []desk.Operator
	v.u.run("operators", func(ctx context.Context) (err error) {
		people, err = v.u.desk.Operators(ctx)
		return err
	}, func(err error) {
		if err != nil || v.closed {
			return
		}
		for _, p := range people {
			v.people[p.ID] = p.Name
		}
		v.refresh()
	})
}

// jump goes to the field of a path.
func (v *visit) jump(path string) {
	v.show(stepOf(path))
	if shoot := v.steps[stepImages].(*imagesStep).shoots[loan.Slot(path)]; shoot != nil {
		kit.Focus(shoot)
		return
	}
	if b := v.form.find(path); b != nil {
		b.visited = true
		kit.Focus(b.object)
		v.refresh()
		kit.InView(b.object) // what is locked takes no focus
	}
}
