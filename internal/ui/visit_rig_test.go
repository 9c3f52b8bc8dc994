package ui

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
	"doorstep/internal/page"
	"doorstep/internal/ui/kit"

	"fyne.io/fyne/v2"
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
	kinds := ""
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
			if _, after, ok := bytes.Cut(b, []byte("/Sheets (")); ok {
				kinds = string(after[:max(bytes.IndexByte(after, ')'), 0)])
			}
			send('O', binary.BigEndian.AppendUint32(nil, uint32(max(n, 1))))
		case 'P':
			dpi := float64(binary.BigEndian.Uint32(b[4:])) / 100
			w, h := uint32(8.27*dpi), uint32(11.69*dpi)
			if kinds != "" {
				w, h = w/2, h/2 // pixels enough, in a quarter of the time
			}
			img := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{1}, w), h)
			send('I', append(img, sheet(kinds, int(binary.BigEndian.Uint32(b)), int(w), int(h))...))
		}
	}
}

// sheet is the pixels of a page: white; or, as the letter of its place in kinds
// says, p print on white, f a sheet of print that lies on a desk, s the same out of
// focus, c print in a bright box on a ground of one colour.
func sheet(kinds string, page, w, h int) []byte {
	pix := bytes.Repeat([]byte{255}, w*h)
	if page >= len(kinds) {
		return pix
	}
	kind := kinds[page]
	print := func(x, y int) byte {
		if x/90%7 > 0 && y/14%3 == 0 && (x/5+y/4)%2 == 0 {
			return 30
		}
		return 235
	}
	for y := range h {
		for x := range w {
			inside := x > w/6 && x < w*5/6 && y > h/6 && y < h*5/6
			v := byte(255)
			switch {
			case kind == 'p':
				v = print(x, y)
			case inside:
				v = print(x, y)
			case kind == 'c':
				v = 120
			default: // the grain and light of a desk
				v = byte(40 + x*30/w + (x*7919+y*104729+x*y)%13)
			}
			pix[y*w+x] = v
		}
	}
	if kind == 's' {
		for range 2 {
			soften(pix, w, h)
		}
	}
	return pix
}

// soften takes the sharpness away as a lens out of focus does, along each line
// and each column.
func soften(pix []byte, w, h int) {
	const reach = 9
	run := func(n, start, step int) {
		line, sum := make([]int, n+1), 0
		for i := range n {
			sum += int(pix[start+i*step])
			line[i+1] = sum
		}
		for i := range n {
			from, to := max(0, i-reach), min(n, i+reach+1)
			pix[start+i*step] = byte((line[to] - line[from]) / (to - from))
		}
	}
	for y := range h {
		run(w, y*w, 1)
	}
	for x := range w {
		run(h, x, w)
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

// useOneThread lets all that fyne.Do is given run on one goroutine, as in the
// program; the test driver would run it wherever it is called.
func useOneThread(t testing.TB) {
	t.Helper()
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
}

// rig is a signed-in window with a case in hand.
type rig struct {
	t testing.TB
	u *Window
}

func newRig(t testing.TB, variant kit.Variant) *rig {
	t.Helper()
	return newRigIn(t, settledFolder(t, 0), variant)
}

func newRigIn(t testing.TB, dir string, variant kit.Variant) *rig {
	t.Helper()
	u := testWindow(t, dir, variant)
	u.deps.Pages = &page.Renderer{Command: []string{os.Args[0], "test-page-worker"}}
	signInTest(t, u)
	r := &rig{t, u}
	r.ui(func() {
		u.stopCarrier() // its state changes by the clock
		u.shell.net.Set(kit.Warning, "离线，可继续受理")
		u.shell.outbox.Set(kit.Warning, "1 件案件等待送达")
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
	for end, calm := time.Now().Add(2*time.Minute), 0; calm < 3; {
		r.u.idle(r.t)
		busy := false
		r.ui(func() {
			if r.u.shell == nil || r.u.shell.current == nil {
				return
			}
			v := r.u.shell.current
			images := v.steps[stepImages].(*imagesStep)
			for at, d := range map[int]*docView{stepSign: v.steps[stepSign].(*signStep).view, stepReceipt: v.steps[stepReceipt].(*receiptStep).view} {
				if at != v.at {
					continue // what is not on the screen is not drawn
				}
				busy = busy || d.view == nil && strings.HasPrefix(d.state.Text(), "正在") || d.view != nil && !d.drawn
			}
			if d := r.dialog(); d != nil {
				busy = busy || d.YesButton().Busy()
			}
			busy = busy || v.pending > 0 || len(images.loading) > 0 || len(images.busy) > 0 ||
				len(images.coding) > 0 || images.chips.looking || len(images.chips.asking) > 0
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

// until waits for what comes by itself, such as a folder read.
func (r *rig) until(what string, ready func() bool) {
	r.t.Helper()
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		ok := false
		r.ui(func() { ok = ready() })
		if ok {
			return
		}
		if time.Now().After(end) {
			r.t.Fatalf("%s: never", what)
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
	r.openFor(c.ID)
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
		for _, purpose := range loan.Purposes() {
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
	letter, err := desk.Scan(testPicture(400, 300)) // searched for codes in each test: small
	if err != nil {
		r.t.Fatal(err)
	}
	for _, d := range []loan.Doc{loan.StudentIDCard, loan.CoborrowerIDCard, loan.HukouBook, loan.ApplicationForm} {
		r.must(r.u.desk.Attach(ctx, id, loan.DocSlot(d), scan.JPEG, "image/jpeg", "file"))
	}
	r.must(r.u.desk.Attach(ctx, id, loan.DocSlot(loan.AdmissionLetter), letter.JPEG, "image/jpeg", "file"))
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
	signedByBoth(r, id)
	r.must(r.u.desk.Seal(context.Background(), id))
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
		if !v.c.Veiled { // of a masked one the desk judges what it keeps under the id
			same := *v.c
			same.ID = uuid.UUID{}
			v.c = &same
		}
		v.turning = true
		v.u.win.Canvas().Unfocus()
		v.turning = false
		v.refresh()
		r.u.shell.savedAt.Set(kit.Good, "已保存 10:00:00")
		hush(v.u.win.Canvas().Content())
	})
	golden(r.t.(*testing.T), r.u, name)
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
