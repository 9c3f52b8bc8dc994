package ui

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/page"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
	"github.com/google/uuid"
)

// The test's own binary stands in for the child that draws pages: A4 sheets,
// white, as many as the PDF says. The real one wants a C compiler and has
// tests of its own.
func init() {
	if len(os.Args) > 1 && os.Args[1] == "test-page-worker" {
		drawSheets(os.Stdin, os.Stdout)
		os.Exit(0)
	}
}

func drawSheets(in io.Reader, out io.Writer) {
	send := func(kind byte, b []byte) {
		out.Write(append(binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(b))), b...))
	}
	for {
		var head [5]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return
		}
		b := make([]byte, binary.BigEndian.Uint32(head[1:]))
		if _, err := io.ReadFull(in, b); err != nil {
			return
		}
		switch head[0] {
		case 'D':
			n := bytes.Count(b, []byte("/Type /Page ")) + bytes.Count(b, []byte("/Type/Page/")) + bytes.Count(b, []byte("/Type /Page/"))
			send('O', binary.BigEndian.AppendUint32(nil, uint32(max(n, 1))))
		case 'P':
			dpi := float64(binary.BigEndian.Uint32(b[4:])) / 100
			w, h := uint32(8.27*dpi), uint32(11.69*dpi)
			img := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{1}, w), h)
			send('I', append(img, bytes.Repeat([]byte{255}, int(w*h))...))
		}
	}
}

// oneThread is a driver whose Do runs on a goroutine of its own, as that of a
// window does, so that what comes back from work never runs beside a test.
type oneThread struct {
	fyne.Driver
	jobs chan func()
}

func (d *oneThread) DoFromGoroutine(f func(), wait bool) {
	if !wait {
		d.jobs <- f
		return
	}
	done := make(chan struct{})
	d.jobs <- func() { defer close(done); f() }
	<-done
}

type oneThreadApp struct {
	fyne.App
	driver *oneThread
}

func (a *oneThreadApp) Driver() fyne.Driver { return a.driver }

// rig is a signed-in window with a case in hand.
type rig struct {
	t *testing.T
	u *Window
}

func newRig(t *testing.T, variant kit.Variant) *rig {
	t.Helper()
	u := testWindow(t, settledFolder(t, 0), variant)
	u.deps.Pages = &page.Renderer{Command: []string{os.Args[0], "test-page-worker"}}
	d := &oneThread{Driver: fyne.CurrentApp().Driver(), jobs: make(chan func(), 4096)}
	app := fyne.CurrentApp()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case f := <-d.jobs:
				f()
			case <-stop:
				return
			}
		}
	}()
	fyne.SetCurrentApp(&oneThreadApp{app, d})
	t.Cleanup(func() {
		close(stop)
		<-stopped
		fyne.SetCurrentApp(app)
	})
	signInTest(t, u)
	r := &rig{t, u}
	r.ui(func() {
		u.stopCarrier() // its state changes by the clock
		u.shell.net.Set(kit.Warning, "离线，可继续受理")
		u.shell.outbox.Set(kit.Warning, "待上传 1 件案件")
	})
	return r
}

// ui runs f where the window's code runs.
func (r *rig) ui(f func()) { fyne.DoAndWait(f) }

func (r *rig) visit() (v *visit) {
	r.ui(func() { v = r.u.shell.current })
	return v
}

// settle waits until nothing is under way any more.
func (r *rig) settle() {
	r.t.Helper()
	for end, calm := time.Now().Add(20*time.Second), 0; calm < 3; {
		r.u.idle(r.t)
		busy := false
		r.ui(func() {
			v := r.u.shell.current
			if v == nil {
				return
			}
			images := v.steps[stepImages].(*imagesStep)
			for _, d := range []*docView{v.steps[stepSign].(*signStep).view, v.steps[stepReceipt].(*receiptStep).view} {
				busy = busy || d.view == nil && strings.HasPrefix(d.state.Text(), "正在")
			}
			busy = busy || v.pending > 0 || len(images.loading) > 0 || len(images.busy) > 0
		})
		calm++
		if busy {
			calm = 0
		}
		if time.Now().After(end) {
			r.t.Fatal("the window never comes to rest")
		}
	}
}

// open opens a case that prepare has brought to where the test begins.
func (r *rig) open(kind loan.Kind, supplement bool, prepare ...func(*rig, uuid.UUID)) *visit {
	r.t.Helper()
	c, err := r.u.desk.NewCase(context.Background(), kind, supplement)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range prepare {
		p(r, c.ID)
	}
	r.ui(func() { r.u.shell.open(c.ID) })
	r.settle()
	return r.visit()
}

func (r *rig) must(_ *loan.Case, err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// saved is the case as a new reader of the store finds it.
func (r *rig) saved(id uuid.UUID) *loan.Case {
	r.t.Helper()
	r.settle()
	c, err := r.u.desk.Case(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func testID(first17 string) string {
	n := loan.IDNumber(first17 + "0")
	return first17 + string(n.CheckCharacter())
}

var (
	studentID = testID("52272720050314991")
	parentID  = testID("52272719780520993")
)

func person(name, id, phone string) map[string]any {
	n := loan.IDNumber(id)
	birth, _ := n.Birth()
	return map[string]any{"name": name, "id_no": id, "birth": loan.DateOf(birth), "sex": n.Sex(), "ethnic": "布依族",
		"id_valid_to": "2033-06-01", "hukou_code": "522727", "phone": phone, "address": "贵州省平塘县大塘镇测试村一组3号"}
}

// entered enters all there is to enter of an application that is in order.
func entered(r *rig, id uuid.UUID) {
	r.t.Helper()
	ctx := context.Background()
	fields := map[string]any{}
	for k, v := range person("韦测𬎆", studentID, "15400000001") {
		fields["student."+k] = v
	}
	for k, v := range person("韦测甲", parentID, "15400000002") {
		fields["coborrowers.0."+k] = v
	}
	for k, v := range map[string]any{"coborrowers.0.relation": "父", "hardship.pre_applied": true, "study.school_name": "贵州大学",
		"study.school_code": "4152010657", "study.level": "本科", "study.years": 4, "study.entry_year": 2023, "study.major": "测试专业",
		"study.tuition": 4800, "study.dorm": 1000, "loan.amount": 5800, "loan.maturity_year": 2042} {
		fields[k] = v
	}
	r.must(r.u.desk.Edit(ctx, id, fields))
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		for _, purpose := range []string{loan.ConsentSensitive, loan.ConsentCredit} {
			r.must(r.u.desk.Consent(ctx, id, p, purpose, textFor(purpose).ID, true))
		}
		pic, err := desk.Portrait(testPicture(716, 882), image.Rectangle{})
		if err != nil {
			r.t.Fatal(err)
		}
		r.must(r.u.desk.Attach(ctx, id, loan.Slot("portrait/"+string(p)), pic.JPEG, "image/jpeg", "file"))
		r.must(r.u.desk.Attest(ctx, id, p))
	}
	scan, err := desk.Scan(testPicture(1200, 900))
	if err != nil {
		r.t.Fatal(err)
	}
	for _, d := range []loan.Doc{loan.StudentIDCard, loan.CoborrowerIDCard, loan.HukouBook, loan.ApplicationForm, loan.AdmissionLetter} {
		r.must(r.u.desk.Attach(ctx, id, loan.DocSlot(d), scan.JPEG, "image/jpeg", "file"))
	}
}

func submitted(r *rig, id uuid.UUID) {
	r.t.Helper()
	r.must(r.u.desk.Submit(context.Background(), id))
}

func reviewed(r *rig, id uuid.UUID) {
	r.t.Helper()
	r.must(r.u.desk.Review(context.Background(), id, "reviewer-1", []byte(reviewPassword), true, ""))
}

func signed(r *rig, id uuid.UUID) {
	r.t.Helper()
	ctx := context.Background()
	_, c, err := r.u.desk.PrepareContract(ctx, id)
	r.must(c, err)
	r.must(r.u.desk.Read(ctx, id, c.Contract.Blob, make([]int, c.Contract.Pages)))
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		r.must(r.u.desk.Sign(ctx, id, p, loan.InPerson, "", testStrokes()))
	}
	r.must(r.u.desk.Seal(ctx, id))
}

func finished(r *rig, id uuid.UUID) {
	r.t.Helper()
	r.must(r.u.desk.Finish(context.Background(), id))
}

func testStrokes() []desk.Stroke {
	var s desk.Stroke
	for i := range 40 {
		s.Points = append(s.Points, desk.Point{X: 0.1 + float32(i)*0.02, Y: 0.3 + float32(i%7)*0.05, T: uint32(i * 12)})
	}
	return []desk.Stroke{s}
}

// testPicture is a picture with edges enough to count as sharp.
func testPicture(w, h int) image.Image {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			v := uint8(150 + 60*((x/9+y/9)%2))
			if (x/40+y/60)%5 == 0 {
				v = 70
			}
			img.SetGray(x, y, color.Gray{Y: v})
		}
	}
	return img
}

// picture compares a step with its golden; ids, which differ in every run, are
// shown as zeros.
func (r *rig) picture(at int, name string) {
	r.t.Helper()
	v := r.visit()
	r.ui(func() { v.show(at) })
	r.settle()
	r.ui(func() {
		v.id = uuid.UUID{}
		same := *v.c
		same.ID = uuid.UUID{}
		v.c = &same
		v.turning = true
		v.u.win.Canvas().Unfocus()
		v.turning = false
		v.refresh()
		r.u.shell.savedAt.Set(kit.Good, "已保存 10:00:00")
		hush(v.u.win.Canvas().Content())
	})
	golden(r.t, r.u, name)
}

// hush takes away the notices, which come and go by the clock.
func hush(o fyne.CanvasObject) {
	if w, ok := o.(fyne.Widget); ok {
		if n, ok := o.(fyne.Tappable); ok && fmt.Sprintf("%T", o) == "*kit.toast" {
			n.Tapped(nil)
			return
		}
		for _, c := range slices.Clone(test.WidgetRenderer(w).Objects()) {
			hush(c)
		}
	}
	if c, ok := o.(*fyne.Container); ok {
		for _, in := range slices.Clone(c.Objects) {
			hush(in)
		}
	}
}

func TestVisitSteps(t *testing.T) {
	names := []string{"papers", "student", "coborrower", "study", "images", "review", "sign", "receipt"}
	fresh := newRig(t, kit.Light)
	fresh.open(loan.First, false)
	for at, name := range names {
		t.Run(name+" of a new case", func(t *testing.T) {
			(&rig{t, fresh.u}).picture(at, "visit-"+name+"-new")
		})
	}
}

func TestVisitStates(t *testing.T) {
	all := []func(*rig, uuid.UUID){entered, submitted, reviewed, signed, finished}
	var rigs *rig
	var look kit.Variant
	for _, s := range []struct {
		words, name string
		stages, at  int
		look        kit.Variant
	}{
		{"the student filled in", "student-full", 1, stepStudent, kit.Light},
		{"study filled in", "study-full", 1, stepStudy, kit.Light},
		{"pictures", "images-full", 1, stepImages, kit.Light},
		{"the read-back", "review-full", 1, stepReview, kit.Light},
		{"the reviewer's form", "review-waits", 2, stepReview, kit.Light},
		{"fields locked while the reviewer is asked", "student-locked", 2, stepStudent, kit.Light},
		{"the texts before signing", "sign-texts", 3, stepSign, kit.Light},
		{"the sealed contract", "sign-sealed", 4, stepSign, kit.Light},
		{"the co-borrower filled in", "coborrower-full", 1, stepCoborrower, kit.Dark},
		{"the receipt of a finished case", "receipt-queued", 5, stepReceipt, kit.Dark},
	} {
		if s.look != look || rigs == nil {
			rigs, look = newRig(t, s.look), s.look
		}
		t.Run(s.words, func(t *testing.T) {
			r := &rig{t, rigs.u}
			r.open(loan.First, false, all[:s.stages]...)
			r.picture(s.at, "visit-"+s.name)
		})
	}
}

func TestVisitKinds(t *testing.T) {
	t.Run("a renewal asks for the earlier contract", func(t *testing.T) {
		r := newRig(t, kit.Light)
		r.open(loan.Renewal, false)
		r.picture(stepPapers, "visit-papers-renewal")
	})
	t.Run("a supplement asks for this year's loan", func(t *testing.T) {
		r := newRig(t, kit.Light)
		r.open(loan.First, true)
		r.picture(stepPapers, "visit-papers-supplement")
	})
}

func field(v *visit, path string) *kit.Field { return v.form.find(path).inner }

// types types into the field of a path and leaves it.
func (r *rig) types(path, text string) {
	v := r.visit()
	r.ui(func() {
		f := field(v, path)
		c := r.u.win.Canvas()
		c.Focus(f)
		f.SelectAll()
		test.Type(f, text)
		c.Unfocus()
	})
	r.settle()
}

func TestVisitSaves(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	t.Run("leaving a field saves it", func(t *testing.T) {
		r.ui(func() { v.show(stepStudent) })
		r.types("student.name", "古丽•测试")
		if got, want := r.saved(v.id).App.Student.Name, "古丽·测试"; got != want {
			t.Errorf("saved name: got %q, want %q", got, want)
		}
		r.ui(func() {
			if got := v.save.Text(); !strings.HasPrefix(got, "已保存 ") {
				t.Errorf("state of saving: got %q", got)
			}
		})
	})
	t.Run("an ID number brings birth and sex", func(t *testing.T) {
		r.types("student.id_no", studentID)
		p := r.saved(v.id).App.Student
		if p.IDNo != studentID || p.Birth != "2005-03-14" || p.Sex != loan.Male {
			t.Errorf("got birth %s, sex %s", p.Birth, p.Sex)
		}
	})
	t.Run("a corrected ID number brings its own birth and sex", func(t *testing.T) {
		r.types("student.id_no", testID("52272720060415992"))
		if p := r.saved(v.id).App.Student; p.Birth != "2006-04-15" || p.Sex != loan.Female {
			t.Errorf("got birth %s, sex %s", p.Birth, p.Sex)
		}
	})
	t.Run("a birth typed by hand stays", func(t *testing.T) {
		r.types("student.birth", "20060416")
		r.types("student.id_no", studentID)
		if p := r.saved(v.id).App.Student; p.Birth != "2006-04-16" {
			t.Errorf("got birth %s", p.Birth)
		}
	})
	t.Run("years of study bring the year of maturity", func(t *testing.T) {
		r.ui(func() { v.show(stepStudy) })
		r.types("study.years", "4")
		if got := r.saved(v.id).App.Loan.MaturityYear; got != 2042 {
			t.Errorf("maturity: got %d, want 2042", got)
		}
	})
	t.Run("what is no date stays to be mended and says why", func(t *testing.T) {
		r.ui(func() { v.show(stepStudent) })
		r.types("student.id_valid_to", "2月30")
		r.ui(func() {
			b := v.form.find("student.id_valid_to")
			if b.inner.Text() != "2月30" || !strings.Contains(b.label.Error(), "日期") {
				t.Errorf("got %q, %q", b.inner.Text(), b.label.Error())
			}
		})
	})
}

func TestVisitKeepsWhatCouldNotBeSaved(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() { v.show(stepStudent) })
	// Closing the store beneath is what a lost disk looks like from here.
	if err := r.u.desk.Store().Close(); err != nil {
		t.Fatal(err)
	}
	r.types("student.name", "韦测")
	r.ui(func() {
		b := v.form.find("student.name")
		if got := b.inner.Text(); got != "韦测" {
			t.Errorf("typed text: got %q", got)
		}
		if !strings.HasPrefix(b.label.Error(), "没有保存") {
			t.Errorf("under the field: got %q", b.label.Error())
		}
		if got := v.save.Text(); got != "1 项没有保存" {
			t.Errorf("state of saving: got %q", got)
		}
	})
}

func TestVisitDoesNotNagBeforeItsTime(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	r.ui(func() {
		v.show(stepStudent)
		v.show(stepCoborrower)
		v.show(stepStudent)
		for _, path := range []string{"student.name", "student.phone"} {
			if e := v.form.find(path).label.Error(); e != "" {
				t.Errorf("%s, untouched, says %q", path, e)
			}
		}
	})
	r.types("student.phone", "154")
	r.ui(func() {
		if e := v.form.find("student.phone").label.Error(); !strings.Contains(e, "E-PH-001") {
			t.Errorf("a wrong number says %q", e)
		}
		if e := v.form.find("student.address").label.Error(); e != "" {
			t.Errorf("an untouched field says %q", e)
		}
		v.show(stepReview)
		v.forward()
		if v.at != stepStudent {
			t.Errorf("submitting leads to step %d, want %d", v.at, stepStudent)
		}
		if e := v.form.find("coborrowers.0.name").label.Error(); e != "请填写姓名" {
			t.Errorf("after submitting an empty name says %q", e)
		}
	})
	r.settle()
	if got := r.saved(v.id).Status; got != loan.Draft {
		t.Errorf("status: got %v, want draft", got)
	}
}

func TestVisitKeys(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	press := func(k fyne.KeyName) {
		r.ui(func() {
			c := r.u.win.Canvas()
			if f := c.Focused(); f != nil {
				f.TypedKey(&fyne.KeyEvent{Name: k})
			} else {
				c.OnTypedKey()(&fyne.KeyEvent{Name: k})
			}
		})
		r.settle()
	}
	for i, k := range []fyne.KeyName{fyne.KeyF1, fyne.KeyF2, fyne.KeyF3, fyne.KeyF4, fyne.KeyF5, fyne.KeyF6, fyne.KeyF7, fyne.KeyF8} {
		if press(k); v.at != i {
			t.Errorf("%s: got step %d, want %d", k, v.at, i)
		}
	}
	press(fyne.KeyF2)
	if press(fyne.KeyPageDown); v.at != stepCoborrower {
		t.Errorf("PageDown: got step %d", v.at)
	}
	press(fyne.KeyF2)
	r.ui(func() { r.u.win.Canvas().Focus(field(v, "student.name")) })
	press(fyne.KeyReturn)
	r.ui(func() {
		if !field(v, "student.id_no").Focused() {
			t.Error("Return in the name does not lead to the ID number")
		}
	})
	for range 30 {
		if v.at == stepStudent {
			press(fyne.KeyReturn)
		}
	}
	if v.at == stepStudent {
		t.Error("Return alone never leads to the next step")
	}
}

func TestVisitProblemsJump(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.must(r.u.desk.Edit(context.Background(), v.id, map[string]any{"loan.amount": 12345}))
	r.ui(func() { v.refreshCase() })
	r.settle()
	r.ui(func() {
		v.problems.next()
		if v.at != stepStudy || !field(v, "loan.amount").Focused() {
			t.Errorf("at step %d", v.at)
		}
		if e := v.form.find("loan.amount").label.Error(); !strings.Contains(e, "E-AM-001") {
			t.Errorf("under the amount: %q", e)
		}
	})
}

// snap draws the window where DOORSTEP_PICTURES names a folder: for dialogs,
// to be looked at.
func (r *rig) snap(name string) {
	r.t.Helper()
	dir := os.Getenv("DOORSTEP_PICTURES")
	if dir == "" {
		return
	}
	r.ui(func() {
		f, err := os.Create(filepath.Join(dir, name+".png"))
		if err == nil {
			err = png.Encode(f, r.u.win.Canvas().Capture())
			f.Close()
		}
		if err != nil {
			r.t.Error(err)
		}
	})
}

// dialog is the dialog on top.
func (r *rig) dialog() *kit.Dialog {
	d, _ := r.u.win.Canvas().Overlays().Top().(*kit.Dialog)
	return d
}

// answer presses the main button of the dialog on top.
func (r *rig) answer() {
	r.t.Helper()
	r.ui(func() {
		d := r.dialog()
		if d == nil {
			r.t.Error("no dialog is open")
			return
		}
		d.YesButton().Tapped(nil)
	})
	r.settle()
}

// press presses the blue button, which must say text.
func (r *rig) press(text string) {
	r.t.Helper()
	v := r.visit()
	r.ui(func() {
		if got := v.main.Text(); got != text || v.main.Disabled() {
			r.t.Errorf("the blue button says %q, disabled %v, want %q", got, v.main.Disabled(), text)
		}
		v.main.Tapped(nil)
	})
	r.settle()
}

// writes a file for the chooser.
func testFile(t *testing.T, name string, img image.Image) string {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// chooses types a path into the chooser that is open.
func (r *rig) chooses(path string) {
	r.t.Helper()
	time.Sleep(100 * time.Millisecond) // the folder is read
	r.ui(func() {
		f := r.u.win.Canvas().Focused().(*kit.Field)
		f.SelectAll()
		test.Type(f, path)
		f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	})
	r.settle()
}

func TestVisitPictures(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false)
	images := v.steps[stepImages].(*imagesStep)
	r.ui(func() { v.show(stepImages) })
	t.Run("a portrait comes from a file, is cropped and kept", func(t *testing.T) {
		r := &rig{t, r.u}
		r.ui(func() { images.people[0].choose.Tapped(nil) })
		r.settle()
		r.snap("dialog-chooser")
		r.chooses(testFile(t, "p.png", testPicture(900, 700)))
		r.snap("dialog-crop")
		r.answer()
		if r.ui(func() {}); r.dialog() != nil {
			r.answer() // the judge found something; the clerk uses it all the same
		}
		if got := len(r.saved(v.id).Slot(loan.PortraitStudent)); got != 1 {
			t.Errorf("portraits kept: got %d, want 1", got)
		}
	})
	t.Run("one person is attested by the clerk", func(t *testing.T) {
		r.ui(func() { images.people[0].attest.Tapped(nil) })
		if !r.saved(v.id).Attested[loan.StudentParty] {
			t.Error("not attested")
		}
	})
	t.Run("a paper comes from a camera", func(t *testing.T) {
		r := &rig{t, r.u}
		r.u.deps.Cameras = func(context.Context) ([]capture.Camera, error) {
			return []capture.Camera{capture.NewFake("练习摄像头", 5*time.Millisecond, testPicture(1280, 960))}, nil
		}
		r.ui(func() { images.shoot(loan.DocSlot(loan.HukouBook)) })
		r.settle()
		time.Sleep(150 * time.Millisecond)
		r.snap("dialog-camera")
		r.answer()
		r.snap("dialog-camera-still")
		r.answer()
		if got := len(r.saved(v.id).Slot(loan.DocSlot(loan.HukouBook))); got != 1 {
			t.Errorf("pages kept: got %d, want 1", got)
		}
	})
	t.Run("a PDF brings a page for each of its pages", func(t *testing.T) {
		r := &rig{t, r.u}
		path := filepath.Join(t.TempDir(), "two.pdf")
		if err := os.WriteFile(path, []byte("%PDF-1.4 /Type /Page  /Type /Page "), 0o600); err != nil {
			t.Fatal(err)
		}
		r.ui(func() { images.choose(loan.DocSlot(loan.ApplicationForm)) })
		r.settle()
		r.chooses(path)
		if got := len(r.saved(v.id).Slot(loan.DocSlot(loan.ApplicationForm))); got < 1 {
			t.Errorf("pages kept: got %d", got)
		}
	})
	t.Run("a page can be looked at, turned and taken away", func(t *testing.T) {
		r := &rig{t, r.u}
		slot := loan.DocSlot(loan.HukouBook)
		held := r.saved(v.id).Slot(slot)
		r.ui(func() { images.look(held[0], 0) })
		r.settle()
		time.Sleep(50 * time.Millisecond)
		r.snap("dialog-page")
		r.answer()
		r.ui(func() { images.turn(held[0], testPicture(1200, 900), 1) })
		turned := r.saved(v.id).Slot(slot)
		if len(turned) != 1 || turned[0].Blob == held[0].Blob {
			t.Errorf("after turning: %d pages", len(turned))
		}
		r.ui(func() { images.remove(turned[0]) })
		if got := len(r.saved(v.id).Slot(slot)); got != 0 {
			t.Errorf("after taking away: %d pages", got)
		}
	})
	t.Run("a broken file is refused in words and nothing is kept", func(t *testing.T) {
		r := &rig{t, r.u}
		path := filepath.Join(t.TempDir(), "broken.jpg")
		if err := os.WriteFile(path, []byte("\xff\xd8\xff no picture"), 0o600); err != nil {
			t.Fatal(err)
		}
		slot := loan.DocSlot(loan.StudentIDCard)
		r.ui(func() { images.choose(slot) })
		r.settle()
		r.chooses(path)
		if got := len(r.saved(v.id).Slot(slot)); got != 0 {
			t.Errorf("pages kept: got %d", got)
		}
	})
	r.picture(stepImages, "visit-images-taken")
}

// draws signs on the pad of the dialog that is open.
func (r *rig) draws() {
	r.t.Helper()
	r.ui(func() {
		pad := findPad(r.dialog())
		if pad == nil {
			r.t.Error("no pad is open")
			return
		}
		pad.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary, PointEvent: fyne.PointEvent{Position: fyne.NewPos(100, 120)}})
		for i := range 60 {
			pad.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(100+float32(i)*9, 120+float32(i%9)*8)}})
		}
		pad.MouseUp(nil)
	})
}

func findPad(o fyne.CanvasObject) *kit.SignaturePad {
	switch w := o.(type) {
	case *kit.SignaturePad:
		return w
	case *fyne.Container:
		for _, c := range w.Objects {
			if p := findPad(c); p != nil {
				return p
			}
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(w).Objects() {
			if p := findPad(c); p != nil {
				return p
			}
		}
	}
	return nil
}

func TestVisitToTheReceipt(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	r.ui(func() { v.show(stepReview) })
	r.press("提交复核")
	if got := r.saved(v.id).Status; got != loan.ToReview {
		t.Fatalf("status: got %v, want to-review", got)
	}
	review := v.steps[stepReview].(*reviewStep)
	r.ui(func() { test.Type(review.password, "wrong password") })
	r.press("复核通过")
	r.ui(func() {
		if review.secret.Error() == "" {
			t.Error("a wrong password says nothing")
		}
		test.Type(review.password, reviewPassword)
	})
	r.press("复核通过")
	if v.at != stepSign {
		t.Fatalf("after review: got step %d, want %d", v.at, stepSign)
	}
	sign := v.steps[stepSign].(*signStep)
	r.ui(func() {
		if !v.main.Disabled() {
			t.Error("the contract can be made before the texts are acknowledged")
		}
		sign.known[0].Tapped(nil)
		sign.known[1].Tapped(nil)
	})
	r.press("双方已知悉，生成合同")
	pages := r.saved(v.id).Contract.Pages
	for range pages - 1 {
		r.settle()
		time.Sleep(50 * time.Millisecond)
		r.ui(func() { v.main.Tapped(nil) })
	}
	r.settle()
	time.Sleep(50 * time.Millisecond)
	r.picture(stepSign, "visit-sign-read")
	v.id = r.u.desk.Find("", 0)[0].ID // the golden hid it
	r.ui(func() { v.refreshCase() })
	r.settle()
	for _, party := range []string{"借款学生", "共同借款人"} {
		r.press("请" + party + "签名")
		r.draws()
		r.snap("dialog-sign-" + party)
		r.answer()
	}
	c := r.saved(v.id)
	if len(c.Contract.Read) != pages || !c.SignedInFull() {
		t.Fatalf("pages read %d of %d, signed in full %v", len(c.Contract.Read), pages, c.SignedInFull())
	}
	r.press("封存合同")
	r.press("完成受理")
	if got := r.saved(v.id).Status; got != loan.Queued {
		t.Fatalf("status: got %v, want queued", got)
	}
	r.press("打印回执")
	r.snap("dialog-print")
	r.ui(func() {
		if d := r.dialog(); d != nil {
			d.Close()
		}
	})
	r.settle()
	time.Sleep(50 * time.Millisecond)
	r.picture(stepReceipt, "visit-receipt-printed")
}

func TestVisitCorrectsASignedContract(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	r.ui(func() { v.show(stepStudy) })
	r.ui(func() {
		if !field(v, "loan.amount").Disabled() {
			t.Error("the amount of a signed contract can be typed over")
		}
		v.banner.button.Tapped(nil)
		v.show(stepStudy)
	})
	r.types("loan.amount", "5000")
	r.snap("dialog-correct")
	r.answer() // without a reason
	if got := r.saved(v.id).App.Loan.Amount; got != 5800 {
		t.Fatalf("amount: got %d before a reason was given", got)
	}
	r.ui(func() { test.Type(r.u.win.Canvas().Focused(), "金额录错") })
	r.answer()
	if c := r.saved(v.id); c.App.Loan.Amount != 5000 || c.Status != loan.Corrected || c.Contract != nil {
		t.Errorf("got amount %d, status %v", c.App.Loan.Amount, c.Status)
	}
	r.picture(stepStudy, "visit-study-corrected")
}

// others writes changes of another device, each with its own heads seen.
func (r *rig) others(id uuid.UUID, device uuid.UUID, counter uint64, seen []uuid.UUID, kind loan.ChangeKind, body any) uuid.UUID {
	r.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		r.t.Fatal(err)
	}
	ch := &loan.Change{ID: uuid.Must(uuid.NewV7()), Device: device, Counter: counter, Seen: seen, Operator: "other-1",
		Case: id, Kind: kind, At: testClock(), Body: raw}
	s := r.u.desk.Store()
	ch.BodyHash = loan.BodyHashOf(s.Sum, ch.Salt, raw)
	if err := s.Receive(context.Background(), []*loan.Change{ch}); err != nil {
		r.t.Fatal(err)
	}
	return ch.ID
}

func TestVisitReturned(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered, submitted, reviewed, signed, finished)
	c := r.saved(v.id)
	centre := uuid.MustParse("0189c000-0000-7000-8000-00000000000c")
	got := r.others(v.id, centre, 1, c.Heads, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "R1", ContractNo: "C1", CheckCode: "123456", Finish: c.Finish.ID.String()})
	r.ui(v.refreshCase)
	r.settle()
	r.picture(stepReceipt, "visit-receipt-home")
	v.id = c.ID
	r.others(v.id, centre, 5, []uuid.UUID{got}, loan.ChangeReturn, loan.ReturnBody{Codes: []loan.Code{"E-DC-002", "E-AM-001"}, Note: "户口簿第二页模糊"})
	r.ui(v.refreshCase)
	r.settle()
	r.picture(stepStudent, "visit-student-returned")
	v.id = c.ID
	r.ui(v.refreshCase)
	r.settle()
	r.ui(func() {
		v.problems.todo[0].Jump()
		if v.at != stepImages {
			t.Errorf("the first reason leads to step %d, want %d", v.at, stepImages)
		}
		if v.locked() {
			t.Error("a returned case is locked")
		}
	})
}

func TestVisitConflict(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	heads := r.saved(v.id).Heads
	r.must(r.u.desk.Edit(context.Background(), v.id, map[string]any{"student.phone": "15400000003"}))
	r.others(v.id, uuid.MustParse("0189c000-0000-7000-8000-0000000000aa"), 1, heads, loan.ChangeEdit,
		loan.EditBody{Fields: map[string]json.RawMessage{"student.phone": json.RawMessage(`"15400000004"`)}})
	r.ui(v.refreshCase)
	r.settle()
	if got := len(v.c.Conflicts); got != 1 {
		t.Fatalf("conflicts: got %d, want 1", got)
	}
	r.ui(func() { v.banner.button.Tapped(nil) })
	r.settle()
	r.snap("dialog-conflict")
	r.ui(func() {
		for _, b := range findButtons(r.dialog()) {
			if strings.HasPrefix(b.Text(), "15400000004") {
				b.Tapped(nil)
				return
			}
		}
		t.Error("the other value is not offered")
	})
	if c := r.saved(v.id); len(c.Conflicts) != 0 || c.App.Student.Phone != "15400000004" {
		t.Errorf("conflicts %d, phone ends %s", len(c.Conflicts), c.App.Student.Phone[7:])
	}
}

func findButtons(o fyne.CanvasObject) []*kit.Button {
	var out []*kit.Button
	switch w := o.(type) {
	case *kit.Button:
		return []*kit.Button{w}
	case *fyne.Container:
		for _, c := range w.Objects {
			out = append(out, findButtons(c)...)
		}
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(w).Objects() {
			out = append(out, findButtons(c)...)
		}
	}
	return out
}

func TestVisitIsMaskedForOthers(t *testing.T) {
	r := newRig(t, kit.Light)
	v := r.open(loan.First, false, entered)
	id := v.id
	if err := r.u.desk.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if err := r.u.deps.Door.Reopen(ctx); err != nil {
		t.Fatal(err)
	}
	d, err := r.u.deps.Door.SignIn(ctx, "reviewer-1", []byte(reviewPassword))
	if err != nil {
		t.Fatal(err)
	}
	r.ui(func() {
		r.u.signedIn(d)
		r.u.stopCarrier()
		r.u.shell.net.Set(kit.Warning, "离线，可继续受理")
		r.u.shell.outbox.Set(kit.Warning, "待上传 1 件案件")
		r.u.shell.open(id)
	})
	r.settle()
	v = r.visit()
	r.ui(func() {
		v.show(stepStudent)
		for _, path := range []string{"student.name", "student.id_no", "student.phone", "student.address"} {
			f := field(v, path)
			if !f.Disabled() || !strings.Contains(f.Text(), "*") {
				t.Errorf("%s is not masked or can be typed over", path)
			}
		}
	})
	r.picture(stepStudent, "visit-student-masked")
}
