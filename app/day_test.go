package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"doorstep/internal/capture"
	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/page"
	"doorstep/internal/page/worker"
	"doorstep/internal/photo"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
)

// The test binary is its own child that draws pages, as the program is.
func init() {
	if len(os.Args) > 1 && os.Args[1] == "page-worker" {
		os.Exit(worker.Main(os.Stdin, os.Stdout))
	}
}

const dayPassword = "a day at the desk"

// workday is a desk, its laptop, and the centre it belongs to.
type workday struct {
	t      *testing.T
	dir    string
	centre *central.Central
	url    string
	server *http.Server
	tools  desk.Tools
	pages  *page.Renderer
	desk   *desk.Desk
	serial int
}

func newWorkday(t *testing.T) *workday {
	t.Helper()
	w := &workday{t: t, dir: filepath.Join(t.TempDir(), "laptop")}
	var err error
	w.centre, err = central.Open(t.Context(), central.Options{Dir: filepath.Join(t.TempDir(), "centre"), Practice: true})
	w.must(err)
	t.Cleanup(func() { w.centre.Close() })
	w.open("127.0.0.1:0")
	rules, err := rulebook.Load()
	w.must(err)
	press, err := contract.NewPress()
	w.must(err)
	w.tools = desk.Tools{Rules: rules, Press: press, Now: time.Now}
	exe, err := os.Executable()
	w.must(err)
	w.pages = &page.Renderer{Command: []string{exe, "page-worker"}}
	return w
}

func (w *workday) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open lets the centre answer; closeCentre is the network's end.
func (w *workday) open(address string) {
	w.t.Helper()
	s, err := w.centre.Server([]string{"127.0.0.1"})
	w.must(err)
	l, err := net.Listen("tcp", address)
	w.must(err)
	w.server, w.url = s, "https://"+l.Addr().String()
	done := make(chan struct{})
	go func() { defer close(done); _ = s.ServeTLS(l, "", "") }()
	w.t.Cleanup(func() { s.Close(); <-done })
}

func (w *workday) door() *desk.Door {
	w.t.Helper()
	d, err := desk.OpenDoor(w.t.Context(), store.Options{Dir: w.dir, Cost: seal.CheapCost()}, w.tools)
	w.must(err)
	return d
}

// settle enrols the laptop and lets both people of the point use it.
func (w *workday) settle() {
	w.t.Helper()
	code, err := w.centre.NewCode(w.t.Context(), central.NewCodeOptions{})
	w.must(err)
	e, err := enrolLaptop(w.t.Context(), w.dir, w.url, code)
	w.must(err)
	if len(e.Roster) != 2 {
		w.t.Fatalf("roster: got %d people, want a clerk and a reviewer", len(e.Roster))
	}
	w.desk, err = w.door().Settle(w.t.Context(), e, e.Roster[0], []byte(dayPassword))
	w.must(err)
	w.must(w.desk.Store().EnableOperator(w.t.Context(), e.Roster[1], []byte(dayPassword)))
}

// carry runs the courier until all is sent, or until limit.
func (w *workday) carry(limit time.Duration) error {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.t.Context(), limit)
	defer stop()
	c, err := courier.New(courier.Config{Store: w.desk.Store(), Server: w.url, Log: slog.New(slog.DiscardHandler)})
	w.must(err)
	return c.RunUntilEmpty(ctx)
}

// citizen is a sound number of a made-up person.
func (w *workday) citizen(birth string, sex loan.Sex) string {
	w.serial++
	order := 980 + 2*w.serial
	if sex == loan.Male {
		order++
	}
	n := loan.IDNumber(fmt.Sprintf("522727%s%03d0", strings.ReplaceAll(birth, "-", ""), order%1000))
	return string(n[:17]) + string(n.CheckCharacter())
}

// enter fills in a family.
func (w *workday) enter(kind loan.Kind, supplement bool, student, parent string, more map[string]any) *loan.Case {
	w.t.Helper()
	ctx := w.t.Context()
	c, err := w.desk.NewCase(ctx, kind, supplement)
	w.must(err)
	year := loan.AcademicYearOf(w.desk.Today())
	entry := year
	if kind == loan.Renewal {
		entry--
	}
	born, older := fmt.Sprintf("%d-03-14", year-19), fmt.Sprintf("%d-11-02", year-45)
	fields := map[string]any{
		"student.name": student, "student.id_no": w.citizen(born, loan.Male), "student.birth": born, "student.sex": "男",
		"student.ethnic": "布依族", "student.id_valid_to": "长期", "student.phone": fmt.Sprintf("1540000%04d", 2*w.serial),
		"student.address": "测试乡示例村一组001号附一", "student.hukou_code": "522727",
		"coborrowers.0.name": parent, "coborrowers.0.id_no": w.citizen(older, loan.Female), "coborrowers.0.birth": older,
		"coborrowers.0.sex": "女", "coborrowers.0.ethnic": "汉族", "coborrowers.0.id_valid_to": "长期",
		"coborrowers.0.phone": fmt.Sprintf("1540000%04d", 2*w.serial+1), "coborrowers.0.relation": "母",
		"coborrowers.0.address": "测试乡示例村一组001号附一", "coborrowers.0.hukou_code": "522727",
		"study.school_name": "贵州大学", "study.school_code": "4152010657", "study.level": "本科", "study.years": 4,
		"study.entry_year": entry, "study.tuition": 4670, "study.dorm": 1200, "study.major": "测试专业", "loan.amount": 5800,
	}
	for path, v := range more {
		fields[path] = v
	}
	c, err = w.desk.Edit(ctx, c.ID, fields)
	w.must(err)
	c, err = w.desk.Edit(ctx, c.ID, map[string]any{"loan.maturity_year": *w.desk.CheckEntry(c).Derived.MaturityYear})
	w.must(err)
	return c
}

// picture is a made-up photo, sharp and evenly lit; n makes it its own.
func picture(width, height, n int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := uint8(150 + 70*((x/9+y/9+n)%2))
			img.Set(x, y, color.RGBA{v, v, uint8(n * 20), 255})
		}
	}
	return img
}

// portraits takes both portraits with the camera and attests them.
func (w *workday) portraits(c *loan.Case) *loan.Case {
	w.t.Helper()
	ctx := w.t.Context()
	for i, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		camera := capture.NewFake("test", time.Millisecond, picture(1280, 960, w.serial*2+i))
		shot, err := capture.FromCamera(ctx, camera)
		w.must(err)
		w.must(camera.Close())
		img, _, err := photo.Decode(shot.Data)
		w.must(err)
		kept, _, err := photo.Portrait(img, photo.PortraitOptions{})
		w.must(err)
		c, err = w.desk.Attach(ctx, c.ID, loan.Slot("portrait/"+string(p)), kept, "image/jpeg", shot.Source)
		w.must(err)
		c, err = w.desk.Attest(ctx, c.ID, p)
		w.must(err)
		for _, purpose := range loan.Purposes() {
			text, err := rulebook.ConsentText(purpose)
			w.must(err)
			c, err = w.desk.Consent(ctx, c.ID, p, purpose, text.ID, true)
			w.must(err)
		}
	}
	return c
}

// papers attaches a paper each, chosen as files; the first is a PDF.
func (w *workday) papers(c *loan.Case, docs ...loan.Doc) *loan.Case {
	w.t.Helper()
	ctx := w.t.Context()
	for i, doc := range docs {
		name := filepath.Join(w.t.TempDir(), fmt.Sprintf("paper-%d", i))
		if i == 0 {
			slip, err := w.desk.Receipt(ctx, c.ID)
			w.must(err)
			w.must(os.WriteFile(name, slip, 0o600))
		} else {
			var b bytes.Buffer
			w.must(jpeg.Encode(&b, picture(1200, 1600, w.serial+i), nil))
			w.must(os.WriteFile(name, b.Bytes(), 0o600))
		}
		shots, err := capture.FromFile(ctx, w.pages, name)
		w.must(err)
		for _, s := range shots {
			img, _, err := photo.Decode(s.Data)
			w.must(err)
			kept, _, err := photo.Scan(img)
			w.must(err)
			c, err = w.desk.Attach(ctx, c.ID, loan.DocSlot(doc), kept, "image/jpeg", s.Source)
			w.must(err)
		}
	}
	return c
}

// sign has the case reviewed, read, signed, sealed and finished.
func (w *workday) sign(c *loan.Case, by loan.Signer, note string) *loan.Case {
	w.t.Helper()
	ctx := w.t.Context()
	c, err := w.desk.Submit(ctx, c.ID)
	w.must(err)
	reviewers, err := w.desk.Reviewers(ctx, c)
	w.must(err)
	c, err = w.desk.Review(ctx, c.ID, reviewers[0].ID, []byte(dayPassword), true, "")
	w.must(err)
	pdf, c, err := w.desk.FillContract(ctx, c.ID, loan.Signatures{Student: loan.InPerson, Coborrower: by, ProxyNote: note})
	w.must(err)
	doc, err := w.pages.Open(ctx, pdf)
	w.must(err)
	defer doc.Close()
	var read []int
	for n := range doc.Pages() {
		if _, err := doc.Page(ctx, n, 96); err != nil {
			w.t.Fatal(err)
		}
		read = append(read, 100*(n+1))
	}
	texts, err := rulebook.SpokenTexts()
	w.must(err)
	for _, p := range []loan.Party{loan.StudentParty, loan.CoborrowerParty} {
		c, err = w.desk.Read(ctx, c.ID, c.Contract.Blob, p, read, texts[0].ID, texts[1].ID)
		w.must(err)
	}
	ink := []desk.Stroke{{Points: []desk.Point{{X: .1, Y: .5}, {X: .5, Y: .2, T: 90}, {X: .9, Y: .7, T: 200}}}}
	list, err := w.desk.Clauses(ctx, c)
	w.must(err)
	var clauses []string
	for _, k := range list {
		clauses = append(clauses, k.Heading)
	}
	c, err = w.desk.Sign(ctx, c.ID, loan.StudentParty, loan.InPerson, "", ink, clauses...)
	w.must(err)
	c, err = w.desk.Sign(ctx, c.ID, loan.CoborrowerParty, by, note, ink, clauses...)
	w.must(err)
	needs, err := w.desk.NeedsWitness(c)
	w.must(err)
	if needs {
		c, err = w.desk.Witness(ctx, c.ID, reviewers[0].ID, []byte(dayPassword))
		w.must(err)
	}
	c, err = w.desk.Seal(ctx, c.ID)
	w.must(err)
	c, err = w.desk.Finish(ctx, c.ID)
	w.must(err)
	return c
}

// arrived checks one case at both ends.
func (w *workday) arrived(c *loan.Case, names ...string) {
	w.t.Helper()
	ctx := w.t.Context()
	here, err := w.desk.Case(ctx, c.ID)
	w.must(err)
	if here.Status != loan.Received || here.Receipt == nil || here.Receipt.ReceiptNo == "" {
		w.t.Fatalf("case %s: got %s, want received with a receipt", c.ID, here.Status)
	}
	mine, err := w.desk.SealedContract(ctx, here)
	w.must(err)
	theirs, err := w.centre.Contract(ctx, c.ID, central.ContractOptions{Closed: true})
	w.must(err)
	if !bytes.Equal(mine, theirs) {
		w.t.Errorf("case %s: the centre holds another contract", c.ID)
	}
	if r := contract.Verify(theirs, contract.VerifyOptions{CA: w.desk.Authority()}); !r.OK {
		w.t.Errorf("case %s: contract: %v", c.ID, r.Findings)
	}
	if _, err := exec.LookPath("pdftotext"); err != nil {
		w.t.Log("the names are not read back: pdftotext is not installed")
		return
	}
	cmd := exec.Command("pdftotext", "-", "-")
	cmd.Stdin = bytes.NewReader(theirs)
	text, err := cmd.Output()
	w.must(err)
	for i, name := range names {
		if !strings.Contains(string(text), name) {
			w.t.Errorf("case %s: name %d does not read back out of the contract", c.ID, i)
		}
	}
}

func TestAWholeDayAtADesk(t *testing.T) {
	w := newWorkday(t)
	w.settle()
	first := []loan.Doc{loan.ApplicationForm, loan.StudentIDCard, loan.CoborrowerIDCard, loan.HukouBook, loan.AdmissionLetter, loan.HardshipForm}
	names := []string{"韦𬭎䶮", "覃㛃𫖮", "单𠅤", "曾𬎆"}

	morning := w.papers(w.portraits(w.enter(loan.First, false, names[0], names[1], nil)), first...)
	morning = w.sign(morning, loan.InPerson, "")
	if err := w.carry(time.Minute); err != nil {
		t.Fatal(err)
	}
	w.arrived(morning, names[:2]...)

	address := strings.TrimPrefix(w.url, "https://")
	w.server.Close()
	noon := w.enter(loan.Renewal, false, names[2], names[3], map[string]any{
		"loan.previous": loan.Previous{ContractNo: "TEST-0001", EContract: true, Amount: 6000}, "loan.renewal_statement": true})
	noon = w.sign(w.papers(w.portraits(noon), loan.ApplicationForm, loan.StudentIDCard), loan.ByProxy, "借款学生代签")
	more := w.enter(loan.First, true, "解测子", "翟测母", map[string]any{
		"loan.same_year_prior": []loan.Prior{{Type: loan.OriginLoan, Amount: 4000, ContractNo: "TEST-0002"}}, "loan.amount": 1800})
	more = w.sign(w.papers(w.portraits(more), first...), loan.InPerson, "")
	if err := w.carry(2 * time.Second); err == nil {
		t.Fatal("carried with the network gone: got nil, want an error")
	}
	if got := w.desk.Count().ByStatus[loan.Queued]; got != 2 {
		t.Errorf("cases that wait: got %d, want 2", got)
	}

	w.changeOfOperators(noon)
	w.open(address)
	if err := w.carry(time.Minute); err != nil {
		t.Fatal(err)
	}
	w.arrived(noon, names[2:]...)
	w.arrived(more, "解测子", "翟测母")
	w.evening(append(names, "解测子", "翟测母"))
}

// changeOfOperators locks the desk; the reviewer looks, and the clerk is back.
func (w *workday) changeOfOperators(c *loan.Case) {
	w.t.Helper()
	ctx := w.t.Context()
	w.must(w.desk.Close())
	door := w.door()
	people := door.People()
	if _, err := door.SignIn(ctx, people[0].ID, []byte("not the password")); fault.KindOf(err) != fault.Password {
		w.t.Errorf("a wrong password: got %v, want password", err)
	}
	var err error
	for i := len(people) - 1; i >= 0; i-- {
		w.desk, err = door.SignIn(ctx, people[i].ID, []byte(dayPassword))
		w.must(err)
		if _, err := w.desk.OpenBeyond(ctx, c.ID, "换人时核对案件"); err != nil {
			w.t.Errorf("%s opens the case: %v", people[i].ID, err)
		}
		if i > 0 {
			w.must(w.desk.Close())
			w.must(door.Reopen(ctx))
		}
	}
}

// evening: nothing waits, the chain holds, and the disk tells nothing.
func (w *workday) evening(secrets []string) {
	w.t.Helper()
	for _, q := range []string{"wei", "wh", "shan", "xieceizi", "zjm"} {
		_ = w.desk.Find(q, 10)
	}
	if got := w.desk.Find("shan", 0); len(got) != 1 {
		w.t.Errorf("found by the surname's reading: got %d cases, want 1", len(got))
	}
	w.must(w.desk.Store().VerifyChain(w.t.Context()))
	held, err := w.centre.List(w.t.Context())
	w.must(err)
	for _, k := range held.Cases {
		if !k.Whole() || k.Status != loan.Received.String() {
			w.t.Errorf("case %s at the centre: got %s, want it whole", k.ID, k.Status)
		}
	}
	if len(held.Cases) != 3 {
		w.t.Errorf("cases at the centre: got %d, want 3", len(held.Cases))
	}
	w.must(w.desk.Close())
	w.must(filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		for i, s := range append(secrets, dayPassword, "测试乡示例村") {
			if bytes.Contains(b, []byte(s)) {
				w.t.Errorf("%s holds secret %d in the open", d.Name(), i)
			}
		}
		return err
	}))
}
