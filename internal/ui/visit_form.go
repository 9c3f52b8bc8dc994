package ui

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
)

// form binds the fields of a case to widgets: each saves when it is left,
// shows what is wrong with it, and follows the case while nobody types in it.
type form struct {
	v      *visit
	fields []*bound
	at     int // the step whose fields are being made
}

func newForm(v *visit) *form { return &form{v: v} }

// bound is one field path, or several that are set together, and its widget.
type bound struct {
	v      *visit
	step   int
	paths  []string
	label  *kit.Labeled // nil where the widget has its own words
	object fyne.CanvasObject
	inner  *kit.Field // what is typed into, where anything is
	load   func(*loan.Application)
	lock   func(bool)
	commit func() // saves what the widget shows
	mark   func(fail string)
	hint   string

	visited bool
	saving  int
	invalid string // why what is typed cannot be a value
	failed  string // why the last save failed

	loaded string // the value that was put into the widget last
	dirty  bool   // the widget may show something else
	locked bool
	said   [2]string // what stands under the field
}

// find is the field of a path, or of the paper or fields it belongs to.
func (f *form) find(path string) *bound {
	for _, b := range f.fields {
		if slices.Contains(b.paths, path) {
			return b
		}
	}
	for _, b := range f.fields {
		if strings.HasPrefix(path, b.paths[0]+".") || strings.HasPrefix(b.paths[0], path+".") {
			return b
		}
	}
	return nil
}

func (f *form) add(b *bound) *bound {
	b.v, b.step = f.v, f.at
	if b.inner != nil {
		changed, before := b.inner.OnChanged, b.inner.OnFocus
		b.inner.OnChanged = func(text string) {
			b.v.typesIn(b)
			if changed != nil {
				changed(text)
			}
		}
		b.inner.OnFocus = func(on bool) {
			if before != nil {
				before(on)
			}
			if !on {
				b.leftField()
			}
		}
	}
	f.fields = append(f.fields, b)
	return b
}

// leftField is called when the focus leaves: from now on what is wrong with
// the field is shown, and a save that failed is tried again.
func (b *bound) leftField() {
	if b.v.closed {
		return
	}
	if b.v.typing == b {
		b.v.typesIn(nil)
	}
	offered := b.v.offered == b && b.v.turning
	b.v.offered = nil
	if offered && b.inner.Text() == "" {
		return // the step was looked at and left, nothing was begun
	}
	first := !b.visited
	b.visited = true
	if b.failed != "" && b.saving == 0 && b.commit != nil {
		b.commit()
	} else if first && b.saving == 0 {
		b.v.refresh()
	}
}

// typesIn notes the field that is being typed in, or nil, and says so at the
// head: "saved" must never stand above text a power cut would take.
func (v *visit) typesIn(b *bound) {
	if v.typing != b {
		v.typing = b
		v.showSave()
	}
}

// leaveStep marks all fields of a step as reached, if any of it was; a step
// only looked at is not nagged about.
func (f *form) leaveStep(at int) bool {
	begun := slices.ContainsFunc(f.fields, func(b *bound) bool { return b.step == at && b.visited })
	for _, b := range f.fields {
		b.visited = b.visited || begun && b.step == at
	}
	return begun
}

// retry saves again whatever could not be saved.
func (f *form) retry() {
	for _, b := range f.fields {
		if b.failed != "" && b.saving == 0 && b.commit != nil {
			b.commit()
		}
	}
}

func (f *form) refresh() {
	shown := f.v.app()
	locked := f.v.locked()
	f.v.unsaved = 0
	for _, b := range f.fields {
		if b.locked != locked {
			b.locked = locked
			b.lock(locked)
		}
		// an empty one nobody typed in yet is filled though the caret is in it
		typing := b.inner != nil && b.inner.Focused() && !locked && (f.v.typing == b || b.inner.Text() != "")
		if !typing && b.saving == 0 && b.failed == "" && b.invalid == "" {
			b.follow(&shown)
		} else {
			b.dirty = true
		}
		if b.failed != "" {
			f.v.unsaved++
		}
		b.show()
	}
}

// follow shows what the case holds, where the widget may not show it yet.
func (b *bound) follow(a *loan.Application) {
	var now strings.Builder
	for _, path := range b.paths {
		raw, err := a.Field(path)
		if err != nil {
			b.load(a) // a paper or a consent, which is no field
			return
		}
		now.Write(raw)
		now.WriteByte('\n')
		if b.v.covered(path, a) {
			now.WriteString(coveredDate)
		}
	}
	if now.String() == b.loaded && !b.dirty {
		return
	}
	b.loaded, b.dirty = now.String(), false
	b.load(a)
}

// show puts what is wrong with the field under it.
func (b *bound) show() {
	fail, hint := "", b.hint
	switch {
	case b.failed != "":
		fail = notSaved(b.failed)
	case b.invalid != "":
		fail = b.invalid
	case !b.v.reached(b):
	case b.v.missing[b.paths[0]]:
		fail = "请填写" + strings.TrimSuffix(fieldName(b.paths[0]), "（元/年）")
	default:
		fail, hint = b.v.findingText(b)
	}
	if back := b.v.sentBack(b); back != "" && fail == "" {
		if b.v.c.Status == loan.Returned {
			fail = back
		} else if hint == b.hint {
			hint = back
		}
	}
	if b.mark != nil {
		b.mark(fail)
		return
	}
	if b.label != nil && b.said != [2]string{fail, hint} {
		b.said = [2]string{fail, hint}
		b.label.SetError(fail)
		b.label.SetHint(hint)
	}
}

// reached says whether what is wrong with the field may be shown already.
func (v *visit) reached(b *bound) bool { return v.tried || b.visited }

// findingText is the error, or else the hint, of the field's first finding.
func (v *visit) findingText(b *bound) (fail, hint string) {
	hint = b.hint
	for _, f := range v.report.Findings {
		if !slices.Contains(b.paths, f.Field) || v.premature(f) {
			continue
		}
		text := v.messageOf(f) + "　" + string(f.Code)
		if f.Code.Severity() == loan.Reject {
			return text, hint
		}
		if hint == b.hint {
			hint = text
		}
	}
	return "", hint
}

// blank says whether the field is empty in a.
func (b *bound) blank(a *loan.Application) bool {
	raw, err := a.Field(b.paths[0])
	if err != nil {
		return true
	}
	switch string(raw) {
	case `""`, "0", "null", "[]", "false":
		return true
	}
	return false
}

// save sets fields of the case.
func (b *bound) save(fields map[string]any) {
	v := b.v
	b.visited, b.invalid, b.dirty = true, "", true
	if v.typing == b {
		v.typing = nil
	}
	if b.failed == "" && v.unchanged(fields) {
		v.refresh()
		return
	}
	v.complete(fields)
	v.put(fields, func(start bool, err error) {
		switch {
		case start:
			b.saving++
		case err != nil && v.covering: // what was typed is not shown any more
			b.saving--
			v.tellCovered(err)
		case err != nil:
			b.saving--
			b.failed = sentence(err)
		default:
			b.saving--
			b.failed = ""
		}
	})
}

// put sets fields, by an edit or, once the contract is signed, by a correction
// for which a reason is asked. state is told when the save starts and ends; it
// is not called when the person gives the correction up.
func (v *visit) put(fields map[string]any, state func(start bool, err error)) {
	if v.mustCorrect(fields) {
		v.correct(fields, state)
		return
	}
	v.putNow("edit", fields, state, func(ctx context.Context) (*loan.Case, error) {
		return v.u.desk.Edit(ctx, v.id, fields)
	})
}

func (v *visit) putNow(name string, fields map[string]any, state func(start bool, err error), job func(context.Context) (*loan.Case, error)) {
	for path, value := range fields {
		if raw, err := json.Marshal(value); err == nil {
			_ = v.draft.SetField(path, raw) // a value that does not fit is refused by the edit itself
		}
	}
	state(true, nil)
	v.do(name, job, func(err error) { state(false, err) })
}

// unchanged says whether the case, with the edits under way, holds all of it.
func (v *visit) unchanged(fields map[string]any) bool {
	for path, value := range fields {
		want, err := json.Marshal(value)
		if err != nil {
			return false
		}
		got, err := v.draft.Field(path)
		if err != nil || string(got) != string(want) {
			return false
		}
	}
	return true
}

// complete adds what follows from the fields set: birth and sex from an ID
// number, and the year of maturity from study and term.
func (v *visit) complete(fields map[string]any) {
	for path, value := range fields {
		prefix, ok := strings.CutSuffix(path, "id_no")
		text, isText := value.(string)
		if !ok || !isText {
			continue
		}
		n, _ := loan.IDNumber(text).Canonical()
		if !n.WellFormed() || n.CheckCharacter() != n[17] {
			continue
		}
		if birth, ok := n.Birth(); ok && v.follows(prefix, "birth") {
			fields[prefix+"birth"] = loan.DateOf(birth)
		}
		if v.follows(prefix, "sex") {
			fields[prefix+"sex"] = n.Sex()
		}
	}
	if _, ok := fields[priorAmount]; ok && textAt(&v.draft, priorLoan+"type") == "" {
		fields[priorLoan+"type"] = loan.OriginLoan
	}
	trial := cloneApplication(v.draft)
	for path, value := range fields {
		if raw, err := json.Marshal(value); err == nil {
			_ = trial.SetField(path, raw)
		}
	}
	trial.AsOf = v.u.desk.Today()
	if year := v.u.desk.Rules().Check(&trial).Derived.MaturityYear; year != nil && *year != trial.Loan.MaturityYear {
		fields["loan.maturity_year"] = *year
	}
}

// follows says whether birth or sex may be taken from a new ID number: it is
// empty, or it came from the number that is being replaced.
func (v *visit) follows(prefix, name string) bool {
	raw, err := v.draft.Field(prefix + name)
	if err != nil {
		return false
	}
	have := textOf(raw)
	if have == "" {
		return true
	}
	old, err := v.draft.Field(prefix + "id_no")
	if err != nil {
		return false
	}
	n, _ := loan.IDNumber(textOf(old)).Canonical()
	if !n.WellFormed() {
		return false
	}
	if name == "sex" {
		return have == string(n.Sex())
	}
	birth, ok := n.Birth()
	return ok && have == string(loan.DateOf(birth))
}

func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func textAt(a *loan.Application, path string) string {
	raw, err := a.Field(path)
	if err != nil {
		return ""
	}
	return textOf(raw)
}

func numberAt(a *loan.Application, path string) int {
	raw, err := a.Field(path)
	if err != nil {
		return 0
	}
	n, _ := strconv.Atoi(string(raw))
	return n
}

func flagAt(a *loan.Application, path string) bool {
	raw, err := a.Field(path)
	return err == nil && string(raw) == "true"
}

// cloneApplication is a copy that shares nothing with a.
func cloneApplication(a loan.Application) loan.Application {
	var out loan.Application
	raw, err := json.Marshal(a)
	if err != nil || json.Unmarshal(raw, &out) != nil {
		return a
	}
	return out
}
