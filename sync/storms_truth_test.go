package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/sync/central"
	"github.com/google/uuid"
)

// truth is what lies at the centre, read from its database by other code than
// the centre's own.
type truth struct {
	changes map[ref]loan.Hash
	cases   map[uuid.UUID][]*loan.Change
	blobs   map[loan.Hash]bool
	status  map[uuid.UUID]string
}

// window is a way to look into the centre's database past the centre, kept
// open: to open one costs more than a look.
type window struct {
	source string
	db     *sql.DB
	asks   map[string]*sql.Stmt
	read   map[string]*loan.Change // by their bytes
}

// over looks into a database from now on.
func (v *window) over(driver, source string) (err error) {
	if v.source == source {
		return nil
	}
	v.shut()
	v.source, v.asks = source, map[string]*sql.Stmt{}
	if v.read == nil {
		v.read = map[string]*loan.Change{}
	}
	v.db, err = sql.Open(driver, source)
	if err == nil {
		v.db.SetMaxOpenConns(1)
	}
	return err
}

func (v *window) shut() {
	for _, s := range v.asks {
		s.Close()
	}
	if v.db != nil {
		v.db.Close()
	}
	v.source, v.db, v.asks = "", nil, nil
}

func (v *window) each(query string, row func(*sql.Rows) error) error {
	ask := v.asks[query]
	if ask == nil {
		var err error
		if ask, err = v.db.Prepare(query); err != nil {
			return err
		}
		v.asks[query] = ask
	}
	rows, err := ask.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// change reads a change, or gives the one that was read from the same bytes.
func (v *window) change(b []byte) (*loan.Change, error) {
	if ch := v.read[string(b)]; ch != nil {
		return ch, nil
	}
	ch, err := loan.DecodeChange(bytes.Clone(b))
	if err == nil {
		v.read[string(b)] = ch
	}
	return ch, err
}

func (w *world) truth() *truth {
	t := &truth{changes: map[ref]loan.Hash{}, cases: map[uuid.UUID][]*loan.Change{}, blobs: map[loan.Hash]bool{}, status: map[uuid.UUID]string{}}
	if c := w.cluster; c != nil {
		w.ok(w.window.over("pgx", c.depot.DatabaseURL(c.database)))
	} else {
		w.ok(w.window.over("sqlite", "file:"+(&url.URL{Path: filepath.Join(w.home, "centre.db")}).EscapedPath()+"?_pragma=busy_timeout(10000)"))
	}
	w.ok(w.window.each(`SELECT header, bytes FROM changes`, func(r *sql.Rows) error {
		var header, b sql.RawBytes
		if err := r.Scan(&header, &b); err != nil {
			return err
		}
		ch, err := w.window.change(b)
		if err != nil {
			return err
		}
		t.changes[ref{ch.Device, ch.Counter}] = loan.Hash(header)
		t.cases[ch.Case] = append(t.cases[ch.Case], ch)
		w.given(ch)
		return nil
	}))
	w.ok(w.window.each(`SELECT hash FROM blobs`, func(r *sql.Rows) error {
		var h []byte
		err := r.Scan(&h)
		name := loan.Hash(h)
		// The row alone is a word; the file is the thing.
		if w.cluster != nil {
			t.blobs[name] = w.cluster.held(name.String())
			return err
		}
		t.blobs[name] = size(filepath.Join(w.home, "blobs", name.String()[:2], name.String())) > 0
		return err
	}))
	// Small blobs lie many in a file.
	w.ok(w.window.each(`SELECT p.hash, p.pack, p.at + b.size FROM packed p JOIN blobs b ON b.county = p.county AND b.hash = p.hash`, func(r *sql.Rows) error {
		var h []byte
		var pack, end int64
		err := r.Scan(&h, &pack, &end)
		t.blobs[loan.Hash(h)] = size(filepath.Join(w.home, "packs", fmt.Sprintf("%08d.pack", pack))) >= end
		return err
	}))
	w.ok(w.window.each(`SELECT id, status FROM cases`, func(r *sql.Rows) error {
		var id, status string
		if err := r.Scan(&id, &status); err != nil {
			return err
		}
		t.status[uuid.MustParse(id)] = status
		return nil
	}))
	return t
}

// given demands that the numbers which the centre gave were never given before,
// in any life of the centre.
func (w *world) given(ch *loan.Change) {
	if ch.Kind != loan.ChangeReceive || ch.Body == nil {
		return
	}
	var body loan.ReceiveBody
	w.ok(json.Unmarshal(ch.Body, &body))
	for no, to := range map[string]uuid.UUID{body.ReceiptNo: ch.ID, body.ContractNo: ch.Case} {
		if before, ok := w.numbers[no]; ok && before != to {
			w.fail("number %s was given twice", no)
		}
		w.numbers[no] = to
	}
}

// own is all of a laptop's own chain that is there.
func (w *world) own(p *pc) []*loan.Change {
	var out []*loan.Change
	for after := uint64(0); ; {
		part, err := p.Pending(context.Background(), after, 1000)
		w.ok(err)
		if len(part) == 0 {
			return out
		}
		out, after = append(out, part...), part[len(part)-1].Counter
	}
}

// lie says what is lacking at the centre of what a laptop holds, or nothing.
func (w *world) lie(p *pc) (why string) {
	w.snap.Lock()
	defer w.snap.Unlock()
	defer func() {
		if v := recover(); v != nil {
			why = fmt.Sprint(v)
		}
	}()
	t, young := w.truth(), time.Now().Add(-w.grace)
	for _, ch := range w.own(p) {
		if w.grace > 0 && ch.At.After(young) {
			continue
		}
		if t.changes[ref{ch.Device, ch.Counter}] != ch.HeaderHash(p.Sum) {
			return fmt.Sprintf("the centre lacks number %d", ch.Counter)
		}
	}
	for h, device := range w.blobs {
		if device == p.Profile().Device && !t.blobs[h] && !w.gone(p, h) && !w.made[h].After(young) {
			return "the centre lacks blob " + h.String()
		}
	}
	return ""
}

// gone says whether a laptop has not got a blob.
func (w *world) gone(p *pc, h loan.Hash) bool {
	_, err := p.Blob(context.Background(), h)
	if k := fault.KindOf(err); err != nil && k != fault.Missing && k != fault.Damaged {
		w.ok(err)
	}
	return err != nil
}

// forgive takes out of what must be there what nobody has any more: the centre
// or a laptop was put back to a time before it, and it was nowhere else.
func (w *world) forgive() {
	t := w.truth()
	here := map[ref]bool{}
	for _, p := range w.laptops {
		for _, ch := range w.own(p) {
			here[ref{ch.Device, ch.Counter}] = true
		}
	}
	for at := range w.must {
		if _, ok := t.changes[at]; !ok && !here[at] {
			delete(w.must, at)
		}
	}
	for h, device := range w.blobs {
		p := w.laptops[slices.IndexFunc(w.laptops, func(p *pc) bool { return p.Profile().Device == device })]
		if !t.blobs[h] && w.gone(p, h) {
			delete(w.blobs, h)
		}
	}
}

// judge ends the storm: the sky clears, everyone carries what is left, and all
// must be where it belongs.
func (w *world) judge() {
	w.settle()
	w.reunite()
	if w.cameHome() {
		w.settle() // what another laptop had of a lost one goes to the centre
		w.reunite()
	}
	w.agree()
}

// settle has everyone carry what is left, until that changes nothing more.
func (w *world) settle() {
	const rounds = 5 // one asks for what it lacks, and others hear of what it hands in
	for round, before := 0, w.mark(); round < rounds; round++ {
		all := true
		for _, p := range w.laptops {
			done := w.deliver(p)
			if !done && round == rounds-1 || !done && !w.dry && round > 0 {
				w.fail("the sky is clear, and laptop %s does not get through", p.Profile().Device)
			}
			all = all && done
		}
		after := w.mark()
		if all && after == before {
			break // another round would change nothing either
		}
		before = after
	}
}

// mark says how much the centre and the laptops hold.
func (w *world) mark() string {
	t := w.truth()
	out := fmt.Sprint(len(t.changes), len(t.blobs))
	for _, p := range w.laptops {
		head, _ := p.Head()
		for _, sum := range p.Search("", 0) {
			changes, err := p.Changes(context.Background(), sum.ID)
			w.ok(err)
			head += uint64(len(changes))
		}
		out += fmt.Sprint(" ", head)
	}
	return out
}

// agree demands that the centre and the open laptops hold what was saved.
func (w *world) agree() {
	t := w.truth()
	for at, h := range w.must {
		if got, ok := t.changes[at]; !ok || got != h {
			w.fail("number %d of %s was saved, and the centre lacks it", at.counter, at.device)
		}
	}
	for h := range w.blobs {
		if !t.blobs[h] {
			w.fail("blob %s was saved, and the centre lacks it", h)
		}
	}
	w.held(t)
	for _, p := range w.laptops {
		w.same(p, t)
	}
	w.orphans(t)
	if w.centre == nil {
		return // several servers, in processes of their own
	}
	w.ok(w.centre.RecordProof(context.Background(), central.Person{}, central.RecordQuery{Sought: guard.Sought{Reason: "the sky is clear"}}, func(p central.ChainProof) error {
		if len(p.Wrong) > 0 {
			w.fail("the centre's own reading of chain %s: %+v", p.Device, p.Wrong)
		}
		return nil
	}))
}

// deliver lets a laptop carry all it has with nothing in its way.
func (w *world) deliver(p *pc) bool {
	if w.dry {
		if w.behind = false; w.visit(p, w.folder(), nil) {
			return true
		}
		if !w.behind {
			return false
		}
		w.dry = false // a person's word goes over the network alone
		w.serve()
	}
	again := func(fails int) bool { return fails < 10 }
	done, behind := w.carry(p, again, false)
	if behind {
		done, _ = w.carry(p, again, true)
	}
	return done
}

// same demands that a laptop and the centre hold the same.
func (w *world) same(p *pc, t *truth) {
	ctx, device := context.Background(), p.Profile().Device
	mine := map[ref]loan.Hash{}
	for _, ch := range w.own(p) {
		mine[ref{device, ch.Counter}] = ch.HeaderHash(p.Sum)
	}
	theirs := maps.Clone(t.changes)
	maps.DeleteFunc(theirs, func(at ref, _ loan.Hash) bool { return at.device != device })
	if !maps.Equal(mine, theirs) {
		w.fail("laptop %s holds %d changes of its chain, the centre %d", device, len(mine), len(theirs))
	}
	for _, sum := range p.Search("", 0) {
		changes, err := p.Changes(ctx, sum.ID)
		w.ok(err)
		for _, ch := range changes {
			w.given(ch)
		}
		if w.passed[sum.ID] && w.beyond(sum.ID) {
			continue
		}
		k, other := loan.Fold(changes), loan.Fold(t.cases[sum.ID])
		if other == nil || k.Status != other.Status || fmt.Sprint(k.Status) != t.status[sum.ID] {
			w.fail("case %s is %s at laptop %s, and %s at the centre", sum.ID, k.Status, device, t.status[sum.ID])
		}
		for _, a := range k.Manifest() {
			if len(k.Holders) > 0 && (!k.HeldBy(device) || w.forced[sum.ID]) {
				break // images are with who holds it, and with who had them before it took it over
			}
			if w.gone(p, a.Blob) && t.blobs[a.Blob] { // what neither has was lost with a laptop before it went
				w.fail("laptop %s lacks blob %s of case %s", device, a.Blob, sum.ID)
			}
		}
	}
	w.ok(p.VerifyChain(ctx))
	w.ok(p.VerifyLedger(ctx))
}

// orphans demands that the centre keeps no whole blob that it does not know of.
func (w *world) orphans(t *truth) {
	if w.cluster != nil {
		return // a server that is killed between the two leaves an object
	}
	w.ok(filepath.WalkDir(filepath.Join(w.home, "blobs"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if h, perr := loan.ParseHash(d.Name()); perr != nil || !t.blobs[h] {
				return fmt.Errorf("orphan %s", d.Name())
			}
		}
		return err
	}))
}

func size(name string) int64 {
	st, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return st.Size()
}
