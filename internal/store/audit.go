package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// AuditReport is what the chains in this store prove, and where they do not.
type AuditReport struct {
	Chains []ChainAudit // the device's own first
	Blobs  []BlobsErased
	Lists  []uuid.UUID // cases whose list of changes is not what was written
	Spoilt bool        // pictures and files are not what was written, as whoever had them read too says
	// Their cases, as far as the records of pictures and files tell them.
	SpoiltOf []uuid.UUID
}

// ChainAudit is one device's chain, as far as it is here.
type ChainAudit struct {
	Device      uuid.UUID
	Own         bool
	Centre      bool // by its receipts: of a county's centre
	First, Last uint64
	Changes     int
	Erased      []BodiesErased
	Returned    int          // bodies that are here though a change tells of their erasing
	Gaps        []loan.Range // declared: lost to a repair, or to a backup that took the file's place
	Absent      []loan.Range // of another device's chain: not for this laptop
	Wrong       []Wrong
}

// BodiesErased is bodies of changes that a change tells of: which rule.
type BodiesErased struct {
	Rule   string
	Bodies int
}

// BlobsErased is blobs erased by a rule. Unexplained counts those that no
// change tells of.
type BlobsErased struct {
	Rule        string
	Blobs       int
	Bytes       int64
	First, Last time.Time
	Unexplained int
}

// Wrong is a place where a chain was tampered with, or damaged: the first
// counter, and the last of several that are alike.
type Wrong struct {
	From, To uint64
	What     Tamper
}

// Tamper is what is wrong at a place of a chain.
type Tamper string

// What can be wrong.
const (
	TamperGone    Tamper = "gone"    // no change, and no gap was declared
	TamperAltered Tamper = "altered" // its value is not what was written
	TamperMoved   Tamper = "moved"   // its value belongs under another counter
	TamperBody    Tamper = "body"    // the body is not the one the header names
	TamperOrder   Tamper = "order"   // it does not follow the change before it
	TamperErased  Tamper = "erased"  // the body is gone, and no change tells of it
	TamperEnd     Tamper = "end"     // the chain ends elsewhere than it is written to end
)

// Sound says whether nothing is wrong anywhere.
func (r AuditReport) Sound() bool {
	for _, c := range r.Chains {
		if len(c.Wrong) > 0 {
			return false
		}
	}
	return !r.Spoilt && len(r.Lists) == 0 && !slices.ContainsFunc(r.Blobs, func(b BlobsErased) bool { return b.Unexplained > 0 })
}

// audit is one under way.
type audit struct {
	s      *Store
	chains []*chainAudit
	told   map[string]loan.EraseBody // by rule: what all changes tell together
	erased map[uuid.UUID]string      // case → rule by which its bodies went
	gaps   []loan.Range
}

// chainAudit is a chain being read, in order.
type chainAudit struct {
	ChainAudit
	prev   loan.Hash
	before *loan.Change // whose header hash prev is; nil in front of the first
	known  bool         // whether prev is that of the change before
	bare   []bareBody
	bodies []uuid.UUID // cases of changes that have their body
	broken []brokenValue
}

type bareBody struct {
	counter uint64
	id      uuid.UUID
}

// brokenValue is a value that does not open where it stands.
type brokenValue struct {
	key, value []byte
}

// Audit reads every change of every device that is here and tells what is
// proven, what was erased and by which rule, and exactly where a chain is not
// what was written. It reads on behind what is wrong. Others may write
// meanwhile. An error says that it could not be read to the end.
func (s *Store) Audit(ctx context.Context) (AuditReport, error) {
	const op = "store.Audit"
	a := &audit{s: s, told: map[string]loan.EraseBody{}, erased: map[uuid.UUID]string{}}
	var out AuditReport
	for at := []byte{}; at != nil; {
		// A batch at a time: a long reading transaction holds up the writer.
		err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
			if a.gaps, err = s.readGaps(tx); err != nil {
				return err
			}
			c := tx.Bucket([]byte(bChanges)).Cursor()
			k, v := c.Seek(at)
			for n := 0; k != nil && n < 1000; n++ {
				a.value(k, v)
				k, v = c.Next()
			}
			if at = bytes.Clone(k); k == nil {
				a.end(tx)
			}
			return nil
		})
		if err != nil {
			return out, err
		}
	}
	var err error
	for _, c := range a.chains {
		a.settle(c)
		out.Chains = append(out.Chains, c.ChainAudit)
	}
	slices.SortFunc(out.Chains, func(x, y ChainAudit) int {
		if x.Own != y.Own && x.Own {
			return -1
		} else if x.Own != y.Own {
			return 1
		}
		return bytes.Compare(x.Device[:], y.Device[:])
	})
	if out.Blobs, err = a.blobs(ctx); err == nil {
		out.Lists, err = s.brokenLists(ctx)
	}
	return out, fault.Wrap(op, err)
}

// chain is the chain that a key belongs to; keys come in order.
func (a *audit) chain(device uuid.UUID) *chainAudit {
	if n := len(a.chains); n > 0 && a.chains[n-1].Device == device {
		return a.chains[n-1]
	}
	c := &chainAudit{ChainAudit: ChainAudit{Device: device, Own: device == a.s.profile.Device}, known: true}
	if c.Own {
		c.Gaps = a.gaps
	}
	a.chains = append(a.chains, c)
	return c
}

func (c *chainAudit) wrong(from, to uint64, what Tamper) {
	if n := len(c.Wrong); n > 0 && c.Wrong[n-1].What == what && c.Wrong[n-1].To+1 == from {
		c.Wrong[n-1].To = to
		return
	}
	c.Wrong = append(c.Wrong, Wrong{from, to, what})
}

// skip notes that the counters from to to are not here.
func (a *audit) skip(c *chainAudit, from, to uint64) {
	if from > to {
		return
	}
	c.known = false
	if !c.Own {
		c.Absent = append(c.Absent, loan.Range{From: from, To: to})
		return
	}
	missing := []loan.Range{{From: from, To: to}}
	for _, g := range a.gaps {
		missing = cutRange(missing, g)
	}
	for _, m := range missing {
		c.wrong(m.From, m.To, TamperGone)
	}
}

// value takes the next change of a chain.
func (a *audit) value(k, v []byte) {
	if len(k) != 24 {
		return // no key of ours: VerifyLedger tells of it
	}
	c, n := a.chain(uuid.UUID(k[:16])), binary.BigEndian.Uint64(k[16:])
	a.skip(c, c.Last+1, n-1)
	if c.Changes == 0 {
		c.First = n
	}
	c.Last = n
	c.Changes++
	b, err := a.s.vault.open(bChanges, k, v)
	if err != nil {
		c.broken = append(c.broken, brokenValue{bytes.Clone(k), bytes.Clone(v)})
		c.known = false
		return
	}
	ch, err := loan.DecodeChange(b)
	if err != nil || ch.Device != c.Device || ch.Counter != n {
		c.wrong(n, n, TamperAltered)
		c.known = false
		return
	}
	if c.known && !c.continues(ch) {
		c.wrong(n, n, TamperOrder)
	}
	c.prev, c.before, c.known = ch.HeaderHash(a.s.Sum), ch, true
	c.Centre = c.Centre || ch.Kind == loan.ChangeReceive
	a.body(c, ch)
}

// continues says whether a change follows the one before it. Another device's
// chain may be of another suite than this store's.
func (c *chainAudit) continues(ch *loan.Change) bool {
	if c.before == nil {
		return ch.Prev.Zero()
	}
	return follows(ch, c.before)
}

func (a *audit) body(c *chainAudit, ch *loan.Change) {
	switch {
	case bodyHolds(ch):
		if ch.Body != nil && ch.Case != uuid.Nil && !ch.Kind.View() { // looks outlive their case
			c.bodies = append(c.bodies, ch.Case)
		}
	case ch.Body == nil:
		c.bare = append(c.bare, bareBody{ch.Counter, ch.Case})
	default:
		c.wrong(ch.Counter, ch.Counter, TamperBody)
	}
	if ch.Kind != loan.ChangeErase {
		return
	}
	b, err := loan.Body[loan.EraseBody](ch)
	if err != nil {
		return
	}
	t := a.told[b.Rule]
	t.Blobs, t.More = t.Blobs+b.Blobs, t.More+b.More
	a.told[b.Rule] = t
	if b.More > 0 {
		for _, id := range b.Cases {
			a.erased[id] = b.Rule
		}
	}
}

// end compares the end of the own chain with where it is written to end.
func (a *audit) end(tx *bbolt.Tx) {
	c := &chainAudit{ChainAudit: ChainAudit{Own: true, Device: a.s.profile.Device}, known: true}
	if i := slices.IndexFunc(a.chains, func(c *chainAudit) bool { return c.Own }); i >= 0 {
		c = a.chains[i]
	} else {
		c.Gaps = a.gaps
		a.chains = append(a.chains, c)
	}
	t, err := a.s.readTip(tx, c.Device)
	switch {
	case err != nil:
		c.wrong(c.Last, c.Last, TamperEnd)
	case t.counter > c.Last:
		a.skip(c, c.Last+1, t.counter)
	case t.counter < c.Last || c.known && c.Changes > 0 && t.hash != c.prev:
		c.wrong(c.Last, c.Last, TamperEnd)
	}
}

// settle judges what could not be before everything was read.
func (a *audit) settle(c *chainAudit) {
	for _, b := range c.bare {
		rule, ok := a.erased[b.id]
		if !ok {
			c.wrong(b.counter, b.counter, TamperErased)
			continue
		}
		i := slices.IndexFunc(c.Erased, func(e BodiesErased) bool { return e.Rule == rule })
		if i < 0 {
			i, c.Erased = len(c.Erased), append(c.Erased, BodiesErased{Rule: rule})
		}
		c.Erased[i].Bodies++
	}
	for _, id := range c.bodies {
		if _, ok := a.erased[id]; ok {
			c.Returned++
		}
	}
	for i, b := range c.broken {
		n, what := binary.BigEndian.Uint64(b.key[16:]), TamperAltered
		for j := max(0, i-50); j < min(len(c.broken), i+50); j++ {
			if _, err := a.s.vault.open(bChanges, c.broken[j].key, b.value); err == nil {
				what = TamperMoved
			}
		}
		c.wrong(n, n, what)
	}
	slices.SortFunc(c.Wrong, func(x, y Wrong) int {
		if x.From != y.From && x.From < y.From {
			return -1
		} else if x.From != y.From {
			return 1
		}
		return 0
	})
}

// blobs counts the erased ones by rule.
func (a *audit) blobs(ctx context.Context) ([]BlobsErased, error) {
	var out []BlobsErased
	err := a.s.eachInfo(ctx, func(infos []named) error {
		for _, n := range infos {
			i := slices.IndexFunc(out, func(b BlobsErased) bool { return b.Rule == n.rule })
			if i < 0 {
				i, out = len(out), append(out, BlobsErased{Rule: n.rule, First: n.erased, Last: n.erased})
			}
			b := &out[i]
			b.Blobs, b.Bytes = b.Blobs+1, b.Bytes+int64(n.size)
			if n.erased.Before(b.First) {
				b.First = n.erased
			}
			if n.erased.After(b.Last) {
				b.Last = n.erased
			}
		}
		return nil
	}, func(_ loan.Hash, i *blobInfo) bool { return i.state == blobErased })
	for i := range out {
		out[i].Unexplained = max(0, out[i].Blobs-a.told[out[i].Rule].Blobs)
	}
	return out, err
}

// brokenLists are the cases whose list of changes is not what was written.
func (s *Store) brokenLists(ctx context.Context) (out []uuid.UUID, err error) {
	var ids []uuid.UUID
	err = s.view(ctx, "store.lists", func(tx *bbolt.Tx) error {
		for _, bucket := range []string{bCases, bSummaries} {
			c := tx.Bucket([]byte(bucket)).Cursor()
			for k, _ := c.First(); k != nil; k, _ = c.Next() {
				if len(k) >= 16 && (len(ids) == 0 || ids[len(ids)-1] != uuid.UUID(k[:16])) {
					ids = append(ids, uuid.UUID(k[:16]))
				}
			}
		}
		return nil
	})
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range slices.Compact(ids) {
		if err != nil {
			return out, err
		}
		switch _, e := s.Changes(ctx, id); fault.KindOf(e) {
		case fault.Damaged, fault.Missing:
			out = append(out, id)
		case fault.Erased:
		default:
			err = e
		}
	}
	return out, err
}

// VerifyChain reads every chain and every case's list, and fails with
// fault.Damaged where one is not what was written: a change is gone, altered or
// out of its chain, or a body was erased and no change tells of it.
func (s *Store) VerifyChain(ctx context.Context) error {
	const op = "store.VerifyChain"
	r, err := s.Audit(ctx)
	if err != nil || r.Sound() {
		return fault.Wrap(op, err)
	}
	for _, c := range r.Chains {
		for _, w := range c.Wrong {
			return fault.New(op, fault.Damaged, fmt.Errorf("chain %s: %s at %d", c.Device, w.What, w.From))
		}
	}
	return fault.New(op, fault.Damaged, errors.New("a case's list, or the number of erased blobs"))
}
