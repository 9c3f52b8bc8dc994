package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
	"doorstep/sync/central"
	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// op is one thing that happens. It names who and what by numbers that fit any
// world, and carries its own chance, so that taking another op out of a list
// leaves it as it is.
type op struct {
	Do   string
	A, B int
	Seed uint64
}

func (o op) String() string { return fmt.Sprintf("%s(%d,%d,%d)", o.Do, o.A, o.B, o.Seed) }

// chances are the ops and how often each happens.
func chances() []string {
	var out []string
	for name, n := range map[string]int{"work": 8, "edit": 3, "finish": 4, "sync": 6, "all": 2, "write": 6, "take": 5, "read": 5,
		"harm": 3, "keep": 2, "old": 2, "lose": 1, "kill-centre": 2, "kill-laptop": 2, "copy": 2, "restore-centre": 2,
		"backup": 2, "restore-laptop": 2, "clock": 1, "full": 1, "pass": 3, "meet": 3, "force": 1} {
		for range n {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// forecast makes the ops of a seed.
func forecast(seed uint64) []op {
	r := rand.New(rand.NewPCG(seed, 1))
	var ops []op
	names := chances()
	for range 6 + r.IntN(14) {
		ops = append(ops, op{names[r.IntN(len(names))], r.IntN(worldLaptops), r.IntN(2), r.Uint64() % 1_000_000})
	}
	// What is rare by chance and hard is told as a story, of one laptop and one
	// stick, between the rest.
	tale := stories()[r.IntN(len(stories()))]
	a, b, at := r.IntN(worldLaptops), r.IntN(2), 0
	for _, name := range tale {
		at += r.IntN(len(ops) - at + 1)
		with := b
		name, another := strings.CutSuffix(name, " another")
		if another {
			with = 1 - b
		}
		ops = slices.Insert(ops, at, op{name, a, with, r.Uint64() % 1_000_000})
		at++
	}
	return ops
}

// stories are ops in an order that chance seldom finds.
func stories() [][]string {
	return [][]string{
		{},
		{"work", "backup", "finish", "sync", "restore-laptop", "work", "sync"},
		{"backup", "work", "write", "restore-laptop", "take", "read"},
		{"work", "sync", "copy", "finish", "sync", "restore-centre", "sync"},
		{"copy", "finish", "write", "take", "keep", "restore-centre", "sync", "old", "read"},
		{"work", "sync", "sync", "sync", "kill-centre", "sync"},
		{"work", "pass", "meet", "sync", "edit", "meet"},
		{"work", "backup", "pass", "meet", "force", "meet", "restore-laptop", "meet"},
		{"meet", "work", "meet", "all", "meet"},
		{"work", "pass", "meet", "pass another", "meet another"},
	}
}

func (w *world) do(o op) {
	r := rand.New(rand.NewPCG(o.Seed, 2))
	p, stick := w.laptops[o.A], &w.sticks[o.B]
	if w.cluster != nil && slices.Contains([]string{"write", "take", "read", "harm", "keep", "old", "lose", "copy", "restore-centre", "full"}, o.Do) {
		return
	}
	switch o.Do {
	case "work":
		w.ok(w.work(p, r))
	case "edit":
		w.edit(p, r)
	case "finish":
		w.finish(p, r)
	case "sync":
		if w.dry {
			w.visit(p, *stick, r)
		} else {
			w.sync(p, skies(r))
		}
	case "all":
		if w.dry {
			for _, p := range w.laptops {
				w.visit(p, *stick, r)
			}
		} else {
			w.all(r)
		}
	case "write":
		w.write(p, *stick)
	case "take":
		w.take(*stick)
	case "read":
		w.read(p, *stick)
	case "harm":
		w.harm(*stick, r)
	case "keep":
		w.early = append(w.early, w.copyOf(*stick))
	case "old":
		if len(w.early) > 0 {
			*stick = w.copyOf(w.early[r.IntN(len(w.early))])
		}
	case "lose":
		*stick = w.folder()
	case "kill-centre":
		w.relay.kill(nil)
	case "kill-laptop":
		w.killLaptop(p)
	case "copy":
		w.past = append(w.past, past{w.copyOf(w.home)})
	case "restore-centre":
		w.restoreCentre(r)
	case "backup":
		w.backup(p)
	case "restore-laptop":
		w.restoreLaptop(p)
	case "pass":
		w.pass(p, o, r)
	case "meet":
		w.inRoom(o, r)
	case "force":
		w.force(p, r)
	case "clock":
		p.skew = time.Duration(r.IntN(20_000)-10_000) * time.Hour
	case "full":
		w.full(p, r, *stick)
	}
	if w.broken != "" {
		w.fail("%s", w.broken)
	}
}

// skies are the weathers of one sync, an attempt each; under the last it may
// end, or be given up.
func skies(r *rand.Rand) []weather {
	var out []weather
	for range 1 + r.IntN(4) {
		s := weather{}
		at := int64(1 + r.IntN(1<<(6+r.IntN(12)))) // near the begin as often as far from it
		switch r.IntN(6) {
		case 0:
			s.UpCut = at
		case 1:
			s.DownCut = at
		case 2:
			s.Deaf = at
		case 3:
			s.Kill = at
		case 4:
			s.Jitter = 1 + r.IntN(300)
		}
		out = append(out, s)
	}
	return out
}

func (w *world) work(p *pc, r *rand.Rand) error {
	id := uuid.Must(uuid.NewV7())
	paper := w.content(r, 1<<(4+r.IntN(13)))
	err := w.commit(p, []store.Entry{{Case: id, Kind: loan.ChangeOpen, Operator: "practice-clerk",
		Body: loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}}}, attach(p, id, paper)}, paper)
	if err == nil {
		p.drafts = append(p.drafts, id)
	}
	return err
}

func attach(p *pc, id uuid.UUID, paper []byte) store.Entry {
	return store.Entry{Case: id, Kind: loan.ChangeAttach, Operator: "practice-clerk", Body: loan.AttachBody{Source: "file",
		Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: p.BlobName(paper), Size: int64(len(paper)), Media: "image/jpeg"}}}
}

func (w *world) edit(p *pc, r *rand.Rand) {
	id := w.draft(p, r)
	if id == uuid.Nil {
		return
	}
	var papers [][]byte
	var entries []store.Entry
	for range 1 + r.IntN(3) {
		papers = append(papers, w.content(r, 3000))
		entries = append(entries, attach(p, id, papers[len(papers)-1]))
	}
	w.ok(w.commit(p, entries, papers...))
}

// finish brings a case to its end.
func (w *world) finish(p *pc, r *rand.Rand) {
	id := w.draft(p, r)
	if id == uuid.Nil {
		w.ok(w.work(p, r))
		id = p.drafts[len(p.drafts)-1]
	}
	p.drafts = slices.DeleteFunc(p.drafts, func(o uuid.UUID) bool { return o == id })
	pdf, ink, sealed := w.content(r, 9000), w.content(r, 900), w.content(r, 70_000)
	by := func(who string, kind loan.ChangeKind, body any) store.Entry {
		return store.Entry{Case: id, Kind: kind, Operator: who, Body: body}
	}
	const clerk = "practice-clerk"
	w.ok(w.commit(p, []store.Entry{by(clerk, loan.ChangeSubmit, nil), by("practice-reviewer", loan.ChangeReview, loan.ReviewBody{Pass: true}),
		by(clerk, loan.ChangeContract, loan.ContractBody{Template: "t/1", Blob: p.BlobName(pdf), Size: int64(len(pdf)), Pages: 3, AsOf: "2026-08-01"}),
		by(clerk, loan.ChangeSign, loan.SignBody{Party: loan.StudentParty, By: loan.InPerson, Contract: p.BlobName(pdf), Ink: p.BlobName(ink), Size: int64(len(ink))}),
		by(clerk, loan.ChangeSeal, loan.SealBody{Blob: p.BlobName(sealed), Size: int64(len(sealed))})}, pdf, ink, sealed))
	k, err := p.Case(context.Background(), id)
	w.ok(err)
	w.ok(w.commit(p, []store.Entry{by(clerk, loan.ChangeFinish, loan.FinishBody{Blobs: k.Manifest()})}))
}

// sync lets a laptop's courier carry, under one weather after another. behind
// says that it wants a person's word. A courier that would wait is woken.
func (w *world) sync(p *pc, skies []weather) (done, behind bool) {
	w.relay.under(skies[0])
	done, behind = w.carry(p, func(fails int) bool {
		if fails >= len(skies) {
			return false
		}
		w.relay.under(skies[fails])
		return true
	}, false)
	w.relay.still()
	w.relay.under(weather{})
	return done, behind
}

// carry runs a courier until it is done, or again says that it is enough.
func (w *world) carry(p *pc, again func(fails int) bool, adopt bool) (done, behind bool) {
	c, err := courier.New(courier.Config{Store: p.Store, Server: w.relay.url()})
	w.ok(err)
	if adopt {
		c.Adopt("practice-clerk")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	waits := make(chan struct{}, 1)
	lie := ""
	was := courier.Idle
	c.Watch(func(s courier.State) {
		if s.AllSent && lie == "" {
			lie = w.lie(p)
		}
		if s.Phase == courier.Waiting && was != courier.Waiting {
			waits <- struct{}{}
		}
		was = s.Phase
	})
	var wg sync.WaitGroup
	ended := make(chan struct{})
	wg.Go(func() {
		for fails := 1; ; fails++ {
			select {
			case <-ended:
				return
			case <-waits:
			}
			if !again(fails) {
				cancel()
				return
			}
			c.Wake()
		}
	})
	err = c.RunUntilEmpty(ctx)
	close(ended)
	wg.Wait()
	if lie != "" {
		w.fail("all sent, says laptop %s, and that is not so: %s", p.Profile().Device, lie)
	}
	switch k := fault.KindOf(err); {
	case err == nil && !c.State().AllSent:
		w.fail("the courier ended without an error, and not all is sent")
	case err == nil:
		return true, false
	case k == fault.Conflict && c.State().Behind:
		return false, true
	case k == fault.Cancelled, k == fault.Full:
		return false, false
	}
	w.fail("carrying: %v", err)
	return false, false
}

// all lets every laptop carry at once.
func (w *world) all(r *rand.Rand) {
	s := skies(r)
	w.relay.under(s[0])
	var wg sync.WaitGroup
	for _, p := range w.laptops {
		wg.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					w.snap.Lock()
					w.broken = fmt.Sprint(v)
					w.snap.Unlock()
				}
			}()
			w.carry(p, func(fails int) bool { return fails < 3 }, false)
		})
	}
	wg.Wait()
	w.relay.still()
	w.relay.under(weather{})
}

// visit is a stick's way to the centre and home, on which something may happen
// to it. That nothing waits afterwards must be true.
func (w *world) visit(p *pc, dir string, r *rand.Rand) (done bool) {
	w.write(p, dir)
	if r != nil && r.IntN(3) == 0 {
		w.harm(dir, r)
	}
	w.take(dir)
	if r != nil && r.IntN(4) == 0 {
		w.harm(dir, r)
	}
	got, err := courier.ReadStick(context.Background(), p.Store, dir)
	w.stickOK(err)
	// A batch that was refused wants another visit, and the window says so: its
	// question went unheard, which may have told the centre that it was set back.
	if err != nil || got.Answers == 0 || got.Refused > 0 || got.WaitingChanges+got.WaitingBlobs > 0 {
		return false
	}
	if lie := w.lie(p); lie != "" {
		w.fail("nothing waits, says laptop %s, and that is not so: %s", p.Profile().Device, lie)
	}
	return true
}

// write writes a stick. What a full disk or a chain that is behind keeps from
// it is no defeat.
func (w *world) write(p *pc, dir string) {
	_, err := courier.WriteStick(context.Background(), p.Store, dir, nil)
	w.stickOK(err)
}

func (w *world) stickOK(err error) {
	switch fault.KindOf(err) {
	case fault.Full, fault.Missing, fault.Damaged, fault.Disk:
		return
	case fault.Conflict: // behind, which wants a person's word, over the network
		w.behind = true
		return
	}
	w.ok(err)
}

func (w *world) take(dir string) {
	_, err := w.centre.TakeStick(context.Background(), dir)
	if k := fault.KindOf(err); k != fault.Missing && k != fault.Full {
		w.ok(err)
	}
}

func (w *world) read(p *pc, dir string) {
	_, err := courier.ReadStick(context.Background(), p.Store, dir)
	w.stickOK(err)
}

// harm does to a stick what pulling it out, a bad cell or a hand does.
func (w *world) harm(dir string, r *rand.Rand) {
	var names []string
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return nil
	})
	if len(names) == 0 {
		return
	}
	name := names[r.IntN(len(names))]
	b, err := os.ReadFile(name)
	w.ok(err)
	switch r.IntN(4) {
	case 0:
		w.ok(os.Remove(name))
	case 1:
		w.ok(os.WriteFile(name, b[:r.IntN(len(b)+1)], 0o600))
	case 2:
		if len(b) > 0 {
			b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		}
		w.ok(os.WriteFile(name, b, 0o600))
	case 3: // what was being written when it was pulled out
		w.ok(os.Rename(name, name+".new"))
	}
}

func (w *world) restoreCentre(r *rand.Rand) {
	if len(w.past) == 0 {
		return
	}
	from := w.past[r.IntN(len(w.past))].home
	w.putBack = true
	w.truth() // the numbers it gave
	w.stop()
	w.ok(w.centre.Close())
	w.home = w.copyOf(from)
	w.forgive()
	if r.IntN(2) == 0 { // else nobody says so
		c, err := central.Open(context.Background(), central.Options{Dir: w.home, Practice: true})
		w.ok(err)
		w.ok(c.Restored(context.Background()))
		w.ok(c.Close())
	}
	w.open()
}

func (w *world) backup(p *pc) {
	if p.backup == "" {
		p.backup = w.folder()
	}
	_, err := p.Backup(context.Background(), p.backup, nil)
	if fault.KindOf(err) != fault.Full {
		w.ok(err)
	}
}

// restoreLaptop is a laptop lost, and made again out of its backup.
func (w *world) restoreLaptop(p *pc) {
	if p.backup == "" {
		return
	}
	w.ok(p.Close())
	p.dir = filepath.Join(w.folder(), "restored")
	w.ok(store.Restore(context.Background(), p.backup, p.dir))
	w.unlock(p)
	for id := range w.passed { // it may hold again what it had passed on
		w.torn[id] = true
	}
	head, _ := p.Head()
	for _, ch := range w.own(p) { // what the restore wrote itself
		if ch.Counter == head {
			w.must[ref{ch.Device, ch.Counter}] = ch.HeaderHash(p.Sum)
		}
	}
	w.forgive()
	p.drafts = slices.DeleteFunc(p.drafts, func(id uuid.UUID) bool {
		k, err := p.Case(context.Background(), id)
		return err != nil || k.Status != loan.Draft
	})
}

// full fills the disk, and lets everyone try.
func (w *world) full(p *pc, r *rand.Rand, stick string) {
	if !w.small {
		return
	}
	ballast := filepath.Join(w.dir, "ballast")
	f, err := os.Create(ballast)
	w.ok(err)
	for b := make([]byte, 1<<16); err == nil; {
		_, err = f.Write(b)
	}
	f.Close()
	w.ok(os.Truncate(ballast, max(0, size(ballast)-int64(r.IntN(200_000)))))
	for range 3 {
		if err := w.work(p, r); err != nil && fault.KindOf(err) != fault.Full {
			w.fail("working on a full disk: %v", err)
		}
	}
	w.write(p, stick)
	if !w.dry {
		w.carry(p, func(fails int) bool { return fails < 2 }, false)
	}
	w.take(stick)
	w.ok(os.Remove(ballast))
}
