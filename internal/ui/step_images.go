package ui

import (
	"context"
	"fmt"
	"image"
	"slices"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"golang.org/x/image/draw"
)

// imagesStep is ⑤: both portraits with the clerk's attestation, and the papers.
type imagesStep struct {
	v        *visit
	content  *container.Scroll
	people   [2]*portraitCard
	papers   *fyne.Container
	drawn    map[loan.Slot]string // what the papers' cells were built for
	busy     map[loan.Slot]string
	pictures map[loan.Hash]image.Image
	thumbs   map[loan.Hash]image.Image // of the pictures, as small as they are shown
	loading  map[loan.Hash]bool
	gone     map[loan.Hash]string // why a picture cannot be shown
	problems map[loan.Hash]string // what the judge said of pictures taken now
	folder   string
	camera   *cameraDialog
	phone    *phoneDialog
	looking  *pageLook // the page that is shown whole
	chips    *chips
	byPhone  bool      // the clerk takes pictures by a phone
	asked    loan.Slot // for which a picture waits for the clerk's word
	shoots   map[loan.Slot]*kit.Button
	frames   map[loan.Slot]map[loan.Hash][]*kit.PhotoFrame // of the pages, as they stand
	codes    map[loan.Hash][]letterCode                    // of the letter's pages, once they were read
	coding   map[loan.Hash]bool
	order    []loan.Slot                     // of the cells, as they stand
	cells    map[loan.Slot]fyne.CanvasObject // into which files may be dropped
}

// thumbSide is the long side of the pictures kept in memory.
const thumbSide = 480

func newStepImages(v *visit) *imagesStep {
	s := &imagesStep{v: v, drawn: map[loan.Slot]string{}, cells: map[loan.Slot]fyne.CanvasObject{}, shoots: map[loan.Slot]*kit.Button{},
		frames: map[loan.Slot]map[loan.Hash][]*kit.PhotoFrame{}, busy: map[loan.Slot]string{}, pictures: map[loan.Hash]image.Image{}, thumbs: map[loan.Hash]image.Image{},
		codes: map[loan.Hash][]letterCode{}, coding: map[loan.Hash]bool{}, loading: map[loan.Hash]bool{}, gone: map[loan.Hash]string{}, problems: map[loan.Hash]string{}}
	if v.u.shell != nil && v.u.shell.current != nil {
		if before, ok := v.u.shell.current.steps[stepImages].(*imagesStep); ok {
			s.folder, s.byPhone = before.folder, before.byPhone
		}
	}
	v.form.at = stepImages
	s.chips = newChips(s)
	s.people[0] = newPortraitCard(s, loan.StudentParty, loan.PortraitStudent)
	s.people[1] = newPortraitCard(s, loan.CoborrowerParty, loan.PortraitCoborrower)
	s.papers = container.New(&stacked{gap: 6})
	for _, d := range loan.Docs() {
		s.v.form.add(&bound{paths: []string{string(loan.DocSlot(d))}, object: s.papers,
			load: func(*loan.Application) {}, lock: func(bool) {}, mark: func(string) {}})
	}
	s.content = cards(kit.Columns(nil, s.people[0].content, s.people[1].content),
		kit.Card("材料影像", kit.NewLine("一页一张；水印只在屏幕上", kit.TextCaption), s.papers))
	return s
}

func (s *imagesStep) refresh() {
	for _, p := range s.people {
		p.refresh()
	}
	s.showPapers()
}

// showPapers builds anew the cells of which something has changed, for a frame
// of the window waits for it; what stays keeps the focus.
func (s *imagesStep) showPapers() {
	focused, focus := s.v.u.win.Canvas().Focused(), loan.Slot("")
	for slot, b := range s.shoots {
		if focused != nil && focused == fyne.Focusable(b) {
			focus = slot
		}
	}
	before := s.order
	s.order = nil
	fresh := map[loan.Slot]bool{}
	for _, p := range papersOf(&s.v.c.App) {
		for _, d := range p.docs {
			slot := loan.DocSlot(d)
			s.order = append(s.order, slot)
			if key := s.cellKey(d, p); s.cells[slot] == nil || s.drawn[slot] != key {
				s.drawn[slot], fresh[slot], s.frames[slot] = key, true, map[loan.Hash][]*kit.PhotoFrame{}
				s.cells[slot] = s.paperCell(d, p)
			}
		}
	}
	same := slices.Equal(before, s.order)
	if same && len(fresh) == 0 {
		return
	}
	if !same {
		for slot := range s.cells {
			if !slices.Contains(s.order, slot) {
				delete(s.cells, slot)
				delete(s.shoots, slot)
				delete(s.frames, slot)
			}
		}
		s.papers.Objects = nil
	}
	s.layRows(fresh)
	if fresh[focus] {
		kit.Focus(s.shoots[focus])
	}
}

// layRows lays the cells out in pairs; rows without a fresh cell stay.
func (s *imagesStep) layRows(fresh map[loan.Slot]bool) {
	rows := s.papers.Objects
	for i := 0; i < len(s.order); i += 2 {
		pair := s.order[i:min(i+2, len(s.order))]
		if i/2 < len(rows) && !slices.ContainsFunc(pair, func(slot loan.Slot) bool { return fresh[slot] }) {
			continue
		}
		cells := []fyne.CanvasObject{s.cells[pair[0]], gap(1)}
		if len(pair) == 2 {
			cells[1] = s.cells[pair[1]]
		}
		if row := kit.Columns(nil, cells...); i/2 < len(rows) {
			rows[i/2] = row
		} else {
			rows = append(rows, row)
		}
	}
	if len(s.order) == 0 {
		rows = []fyne.CanvasObject{kit.NewText("远程续贷不需要现场材料。", kit.TextMuted)}
	}
	s.papers.Objects = rows
	s.papers.Layout.Layout(rows, s.papers.Size())
	canvas.Refresh(s.papers)
	relay(s.content)
}

// cellKey is all that a paper's cell is made of.
func (s *imagesStep) cellKey(d loan.Doc, p paper) string {
	c, slot := s.v.c, loan.DocSlot(d)
	key := fmt.Sprint(s.v.locked(), s.v.full(), s.busy[slot], s.v.losses, p.label, p.needed, len(p.docs), p.held(c), c.Slot(slot), c.Parts(d), c.Lacks(d))
	if d == loan.AdmissionLetter && s.v.full() {
		all, other := s.letterSaid()
		key += fmt.Sprint(len(s.letterCodes()), len(all), other)
	}
	return key
}

func (s *imagesStep) paperCell(d loan.Doc, p paper) fyne.CanvasObject {
	slot := loan.DocSlot(d)
	held := s.v.c.Slot(slot)
	state := kit.NewStatusLine(kit.Warning, "还缺")
	switch {
	case s.busy[slot] != "":
		state.Set(kit.Info, s.busy[slot])
	case len(held) > 0:
		state.Set(heldWords(s.v.c, d))
	case p.held(s.v.c):
		state.Set(kit.Info, "已有其他一样，不必再交")
	case len(p.docs) > 1 && p.needed:
		state.Set(kit.Warning, "还缺（几样任选其一）")
	case !p.needed:
		state.Set(kit.Info, "需要时补充")
	}
	shoot := kit.NewSecondary("拍照", kit.Icon("camera"), func() { s.shoot(slot) })
	choose := kit.NewSecondary("选文件", kit.Icon("folder"), func() { s.choose(slot) })
	shoot.SetAbout(docLabel(d))
	choose.SetAbout(docLabel(d))
	if s.v.locked() || s.busy[slot] != "" {
		shoot.Disable()
		choose.Disable()
	}
	s.shoots[slot] = shoot
	words := container.New(&stacked{gap: 4}, kit.NewText(docLabel(d), kit.TextBold), state, container.NewHBox(shoot, choose))
	if d == loan.AdmissionLetter && s.v.full() {
		if line := s.letterLine(); line != nil {
			words.Add(line)
		}
	}
	if !s.v.full() || len(held) == 0 && !(d.WholeOnly() && p.needed) {
		return inset(0, 6, words)
	}
	var thumbs fyne.CanvasObject
	unsaid := slices.ContainsFunc(held, func(a loan.Attachment) bool { return a.Part == "" })
	if d.WholeOnly() && !unsaid {
		thumbs = s.sides(slot, d)
	} else {
		row := container.New(&flow{gap: 8})
		for i, a := range held {
			row.Add(s.thumb(a, i))
		}
		thumbs = row
	}
	return inset(0, 6, container.NewBorder(nil, nil, container.New(&wide{width: 206}, words), nil, thumbs))
}

// thumb is a small picture of a page with the way to the whole one.
func (s *imagesStep) thumb(a loan.Attachment, i int) fyne.CanvasObject {
	caption := fmt.Sprintf("第 %d 页", i+1)
	if a.Part != "" && a.Part != loan.OtherPart {
		caption = partShort(a.Part)
	}
	return s.frameOf(a, i, 64, 1.25, caption)
}

func (s *imagesStep) frameOf(a loan.Attachment, i int, width, aspect float32, caption string) fyne.CanvasObject {
	look := kit.NewQuiet("查看", nil, func() { s.look(a, i) })
	look.SetAbout(docLabel(docOf(a.Slot)) + caption)
	if l, lost := s.v.lossOf(a); lost {
		look = kit.NewQuiet("补拍", nil, func() { s.v.retake(l) })
	}
	f := kit.NewPhotoFrame("正在读取", width, aspect, look)
	f.SetCaption(kit.Info, caption)
	if p := s.problems[a.Blob]; p != "" {
		f.SetCaption(kit.Warning, "请检查")
	}
	if words := s.gone[a.Blob]; words != "" {
		f.SetEmpty(words)
	}
	s.frames[a.Slot][a.Blob] = append(s.frames[a.Slot][a.Blob], f)
	s.picture(a.Blob)
	f.SetImage(s.thumbs[a.Blob])
	f.SetWatermark(s.v.u.desk.Watermark())
	return f
}

// picture is a picture from memory; where it is not there yet it is read, and
// shown then.
func (s *imagesStep) picture(h loan.Hash) image.Image {
	if img := s.pictures[h]; img != nil {
		return img
	}
	if s.loading[h] || s.gone[h] != "" || !s.v.full() {
		return nil
	}
	s.loading[h] = true
	var img, small image.Image
	s.v.u.grind("read picture", func(ctx context.Context) error {
		full, err := s.read(ctx, h)
		if err == nil {
			img = shrink(full, thumbSide)
			small = shrink(img, thumbSide/3)
		}
		return err
	}, func(err error) {
		delete(s.loading, h)
		switch {
		case s.v.closed || s.v.u.shift.Err() != nil || !s.v.full():
			return
		case err != nil:
			s.lost(h, err)
			return
		}
		s.pictures[h], s.thumbs[h] = img, small
		s.eachFrame(h, func(f *kit.PhotoFrame) { f.SetImage(small) })
		for _, p := range s.people {
			p.refresh()
		}
	})
	return nil
}

// lost notes why a picture cannot be shown: it is said in its place, and not
// read again while the case is open.
func (s *imagesStep) lost(h loan.Hash, err error) {
	s.gone[h] = "读不出来"
	if fault.KindOf(err) == fault.Erased {
		s.gone[h] = "已按期清除"
	}
	s.eachFrame(h, func(f *kit.PhotoFrame) { f.SetEmpty(s.gone[h]) })
	for _, p := range s.people {
		p.refresh()
	}
}

func (s *imagesStep) eachFrame(h loan.Hash, do func(*kit.PhotoFrame)) {
	for _, of := range s.frames {
		for _, f := range of[h] {
			do(f)
		}
	}
}

func (s *imagesStep) read(ctx context.Context, h loan.Hash) (image.Image, error) {
	b, err := s.v.u.desk.Blob(ctx, s.v.id, h)
	if err != nil {
		return nil, err
	}
	return desk.DecodeImage(b)
}

// shrink is img with its long side at most side, as it is drawn soonest. It is
// work of up to some tens of milliseconds, and not for the window's goroutine.
func shrink(img image.Image, side int) image.Image {
	b := img.Bounds()
	long := max(b.Dx(), b.Dy())
	if long == 0 {
		return img
	}
	side = min(side, long)
	if rgba, ok := img.(*image.RGBA); ok && long == side {
		return rgba
	}
	out := image.NewRGBA(image.Rect(0, 0, max(1, b.Dx()*side/long), max(1, b.Dy()*side/long)))
	draw.ApproxBiLinear.Scale(out, out.Rect, img, b, draw.Src, nil)
	return out
}

// setBusy says what is being done for a slot; empty is nothing.
func (s *imagesStep) setBusy(slot loan.Slot, words string) {
	if words == "" {
		delete(s.busy, slot)
	} else {
		s.busy[slot] = words
	}
	if len(s.busy) == 0 {
		delete(s.v.u.making, s)
	} else {
		s.v.u.making[s] = true
	}
	if !s.v.closed {
		s.refresh()
	}
}

// keep attaches pictures to a slot, one after the other, and in the place of the
// page replaced where one is given. Of a card they are taken for the sides that
// are lacking.
func (s *imagesStep) keep(slot loan.Slot, pictures []desk.Picture, source string, replaced *loan.Attachment) {
	s.keepPages(slot, pictures, nil, source, replaced)
}

// keepPages is keep with what each picture shows.
func (s *imagesStep) keepPages(slot loan.Slot, pictures []desk.Picture, parts []loan.Part, source string, replaced *loan.Attachment) {
	s.keepThen(slot, pictures, parts, source, replaced, func(error) {})
}

// keepThen is keepPages, and then tells whether all are kept.
func (s *imagesStep) keepThen(slot loan.Slot, pictures []desk.Picture, parts []loan.Part, source string, replaced *loan.Attachment, then func(error)) {
	s.setBusy(slot, "正在保存…")
	if b := s.v.form.find(string(slot)); b != nil {
		b.visited = true
	}
	found := map[loan.Hash]string{}
	s.v.do("attach", func(ctx context.Context) (*loan.Case, error) {
		c, err := s.v.u.desk.Case(ctx, s.v.id)
		for i, p := range pictures {
			if err != nil {
				break
			}
			body := loan.AttachBody{Attachment: loan.Attachment{Slot: slot, Media: "image/jpeg"}, Source: source}
			switch d, paper := slot.Doc(); {
			case replaced != nil:
				body.Instead = replaced.Blob
			case parts != nil:
				body.Part = parts[i]
			case paper:
				body.Part = nextPart(c, d)
			}
			if c, err = s.v.u.desk.AttachPage(ctx, s.v.id, body, p.JPEG); err == nil && len(p.Problems) > 0 {
				held := c.Slot(slot)
				if at := slices.IndexFunc(held, func(a loan.Attachment) bool { return s.v.u.desk.Names(p.JPEG, a.Blob) }); at >= 0 {
					found[held[at].Blob] = p.Problems[0]
				}
			}
			if err == nil && (slot == loan.PortraitStudent || slot == loan.PortraitCoborrower) {
				err = s.v.u.desk.KnowPortrait(ctx, s.v.id, slot, p.JPEG)
			}
		}
		return c, err
	}, func(err error) {
		for h, words := range found {
			s.problems[h] = words
			kit.Notice(s.v.u.win, kit.Warning, words)
		}
		s.setBusy(slot, "")
		then(err)
		if err != nil {
			s.v.u.fail(err)
			s.v.refreshCase() // pages before the failing one are kept
			return
		}
		s.goOn(slot)
	})
}

// goOn leads the keyboard to what comes after a picture was taken: the
// attestation, or the paper that is to be added next.
func (s *imagesStep) goOn(slot loan.Slot) {
	if s.v.closed || !s.v.active || s.v.at != stepImages || s.phone != nil {
		return
	}
	for i, p := range s.people {
		switch {
		case p.slot != slot:
		case !s.v.c.Attested[p.party]:
			kit.Focus(p.attest)
			return
		case i == 0 && len(s.v.c.Slot(s.people[1].slot)) == 0:
			kit.Focus(s.people[1].shoot)
			return
		}
	}
	at := slices.Index(s.order, slot)
	for i, next := range s.order[max(at, 0):] {
		d, _ := next.Doc()
		if len(s.v.c.Slot(next)) == 0 && (i > 0 || at < 0) || d.WholeOnly() && len(s.v.c.Lacks(d)) > 0 {
			kit.Focus(s.shoots[next])
			return
		}
	}
	kit.Focus(s.v.main)
}

func (s *imagesStep) object() fyne.CanvasObject { return s.content }
func (s *imagesStep) shown() {
	kit.Focus(s.content)
	s.chips.look()
}
func (s *imagesStep) left()          {}
func (s *imagesStep) action() action { return s.v.next() }

// close drops the pictures from memory and ends the camera.
func (s *imagesStep) close() {
	s.pictures, s.thumbs = map[loan.Hash]image.Image{}, map[loan.Hash]image.Image{}
	s.chips.close()
	if s.camera != nil {
		s.camera.close()
	}
	if s.phone != nil {
		s.phone.dialog.Close()
	}
}

// flow is a layout of rows that break where the width ends.
type flow struct {
	gap   float32
	width float32
}

func (f *flow) place(objs []fyne.CanvasObject, width float32, do func(o fyne.CanvasObject, at fyne.Position, s fyne.Size)) float32 {
	var x, y, h float32
	g := scaled(f.gap)
	for _, o := range objs {
		if !o.Visible() {
			continue
		}
		m := o.MinSize()
		if x > 0 && x+m.Width > width {
			x, y, h = 0, y+h+g, 0
		}
		do(o, fyne.NewPos(x, y), m)
		x, h = x+m.Width+g, max(h, m.Height)
	}
	return y + h
}

func (f *flow) MinSize(objs []fyne.CanvasObject) fyne.Size {
	width := f.width
	if width == 0 {
		width = 1e6
	}
	var widest float32
	h := f.place(objs, width, func(_ fyne.CanvasObject, _ fyne.Position, s fyne.Size) { widest = max(widest, s.Width) })
	return fyne.NewSize(widest, h)
}

func (f *flow) Layout(objs []fyne.CanvasObject, s fyne.Size) {
	f.width = s.Width
	f.place(objs, s.Width, func(o fyne.CanvasObject, at fyne.Position, m fyne.Size) {
		o.Move(at)
		o.Resize(m)
	})
}
