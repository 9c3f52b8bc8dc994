package loan

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// node is a change with its place in the case's graph of what was seen.
type node struct {
	ch     *Change
	said   any      // what its body was made of, while it acts; or nil
	height int      // one more than the highest change it had seen
	index  int      // place in Case.log
	before []uint64 // set of indexes of the changes that came before it
}

type write struct {
	by    *node
	value json.RawMessage
}

func (n *node) after(m *node) bool {
	return m.index>>6 < len(n.before) && n.before[m.index>>6]&(1<<(m.index&63)) != 0
}

// Fold makes the case of a set of changes, in whatever order and however
// often they are given: the same set gives the same case on every machine.
// Order comes from the heads each change had seen and then from device and
// counter, never from a clock. What cannot be applied is listed in Aside.
// Fold gives nil when no change opens the case.
func Fold(changes []*Change) *Case {
	order := arrange(changes)
	if len(order) == 0 || order[0].ch.Kind != ChangeOpen {
		return nil
	}
	c := &Case{}
	for _, n := range order {
		if err := c.add(n); err != nil {
			c.Aside = append(c.Aside, Aside{Change: n.ch.ID, Err: err})
		}
	}
	c.settle()
	return c
}

// Apply adds a change on top of the case. It refuses one that the case's
// status does not allow (fault.Denied), that is malformed (fault.Input), of
// another case, or that has not seen the case's heads (fault.Conflict); the
// case is then as before.
func (c *Case) Apply(ch *Change) error {
	trial := c.clone()
	if err := trial.Take(ch, nil); err != nil {
		return err
	}
	*c = *trial
	return nil
}

// Take is Apply to a case that nobody uses any more when it fails: the case is
// then anything. said is the value that the change's body was made of, which
// spares reading the body, or nil.
func (c *Case) Take(ch *Change, said any) error {
	if ch.Kind.View() {
		return nil
	}
	if len(c.log) == 0 {
		if ch.Kind != ChangeOpen {
			return fault.New("apply change", fault.Missing, errors.New("no such case"))
		}
	} else if !slices.Equal(ch.Seen, c.Heads) {
		return fault.New("apply change", fault.Conflict, errors.New("has not seen the heads of the case"))
	}
	n := &node{ch: ch, said: said}
	err := c.add(n)
	n.said = nil
	if err != nil {
		return fault.Wrap("apply change", err)
	}
	c.settle()
	return nil
}

// arrange sorts the changes that bear on the case, what opens it first, and
// drops repeats.
func arrange(changes []*Change) []*node {
	byID := make(map[uuid.UUID]*node, len(changes))
	for _, ch := range changes {
		if !ch.Kind.View() && (byID[ch.ID] == nil || stands(ch, byID[ch.ID].ch)) {
			byID[ch.ID] = &node{ch: ch}
		}
	}
	var height func(n *node) int
	height = func(n *node) int {
		if n.height != 0 {
			return n.height
		}
		n.height = 1 // also stops at a cycle, which honest devices cannot write
		if n.ch.Kind == ChangeOpen {
			return n.height
		}
		h := 0
		for _, id := range n.ch.Seen {
			if m := byID[id]; m != nil {
				h = max(h, height(m))
			}
		}
		n.height = h + 1
		return n.height
	}
	order := slices.Collect(maps.Values(byID))
	slices.SortFunc(order, func(a, b *node) int { return bytes.Compare(a.ch.ID[:], b.ch.ID[:]) })
	for _, n := range order {
		height(n)
	}
	slices.SortFunc(order, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.height, b.height),
			cmp.Compare(opens(b), opens(a)),
			bytes.Compare(a.ch.Device[:], b.ch.Device[:]),
			cmp.Compare(a.ch.Counter, b.ch.Counter),
			bytes.Compare(a.ch.ID[:], b.ch.ID[:]))
	})
	return order
}

func opens(n *node) int {
	if n.ch.Kind == ChangeOpen {
		return 1
	}
	return 0
}

// stands says whether a takes the place of b, a change of the same id: a body
// before none, for one copy may have been erased; and else, for what no honest
// device writes, by the bytes.
func stands(a, b *Change) bool {
	if (a.Body == nil) != (b.Body == nil) {
		return b.Body == nil
	}
	return a != b && bytes.Compare(a.Encode(), b.Encode()) < 0
}

// add places a change in the graph and lets it act. The place is kept also
// when the change cannot act, for others may have seen it.
func (c *Case) add(n *node) error {
	if c.past == nil {
		c.past = map[uuid.UUID]*node{}
		c.wrote = map[string][]write{}
	}
	n.index = len(c.log)
	n.before = make([]uint64, n.index>>6+1)
	for _, id := range n.ch.Seen {
		if m := c.past[id]; m != nil {
			n.before[m.index>>6] |= 1 << (m.index & 63)
			for i, w := range m.before {
				n.before[i] |= w
			}
		}
	}
	c.past[n.ch.ID] = n
	c.log = append(c.log, n)
	c.Heads = slices.DeleteFunc(c.Heads, func(h uuid.UUID) bool { return slices.Contains(n.ch.Seen, h) })
	c.Heads = append(c.Heads, n.ch.ID)
	slices.SortFunc(c.Heads, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return c.act(n)
}

// settle computes what depends on the whole set.
func (c *Case) settle() {
	c.Conflicts = nil
	for _, path := range slices.Sorted(maps.Keys(c.wrote)) {
		ws := c.wrote[path]
		same := true
		for _, w := range ws[1:] {
			same = same && bytes.Equal(w.value, ws[0].value)
		}
		if same {
			continue
		}
		k := Conflict{Field: path}
		for _, w := range ws {
			k.Values = append(k.Values, ConflictValue{Change: w.by.ch.ID, Operator: w.by.ch.Operator, Value: string(w.value)})
		}
		c.Conflicts = append(c.Conflicts, k)
	}
	c.settleHolders()
	c.derive()
}

// put sets fields, remembering values set at the same time elsewhere.
func (c *Case) put(n *node, fields map[string]json.RawMessage) error {
	if len(fields) == 0 || len(fields) > 200 {
		return fault.New("edit", fault.Input, errors.New("no field, or too many"))
	}
	next := c.App.clone()
	compact := map[string]json.RawMessage{}
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		if err := next.SetField(path, fields[path]); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := json.Compact(&b, fields[path]); err != nil {
			return fault.New("edit", fault.Input, errors.New("value of "+path))
		}
		compact[path] = b.Bytes()
	}
	c.App = next
	for path, v := range compact {
		kept := slices.DeleteFunc(slices.Clone(c.wrote[path]), func(w write) bool { return n.after(w.by) })
		c.wrote[path] = append(kept, write{n, v})
	}
	c.rebind(n)
	return nil
}

// clone copies the application so that changing one leaves the other alone.
func (a Application) clone() Application {
	a.Coborrowers = slices.Clone(a.Coborrowers)
	for i := range a.Coborrowers {
		if p := a.Coborrowers[i].CivilCapacity; p != nil {
			v := *p
			a.Coborrowers[i].CivilCapacity = &v
		}
	}
	a.Hardship.Categories = slices.Clone(a.Hardship.Categories)
	a.Loan.Purpose = slices.Clone(a.Loan.Purpose)
	a.Loan.SameYearPrior = slices.Clone(a.Loan.SameYearPrior)
	if p := a.Loan.Previous; p != nil {
		v := *p
		a.Loan.Previous = &v
	}
	a.Docs = slices.Clone(a.Docs)
	return a
}

// Clone is a copy of the case that shares nothing that either may change:
// Apply to one leaves the other as it is.
func (c *Case) Clone() *Case {
	d := c.clone()
	d.Contract = d.Contract.clone()
	for i := range d.Former {
		d.Former[i] = *d.Former[i].clone()
	}
	d.Conflicts = slices.Clone(c.Conflicts)
	for i := range d.Conflicts {
		d.Conflicts[i].Values = slices.Clone(d.Conflicts[i].Values)
	}
	d.Same = slices.Clone(c.Same)
	d.Replaced = slices.Clone(c.Replaced)
	if c.Review != nil {
		v := *c.Review
		d.Review = &v
	}
	if c.Again != nil {
		v := *c.Again
		d.Again = &v
	}
	if c.Finish != nil {
		v := *c.Finish
		v.Blobs = slices.Clone(v.Blobs)
		d.Finish = &v
	}
	if c.Receipt != nil {
		v := *c.Receipt
		d.Receipt = &v
	}
	if c.Return != nil {
		v := *c.Return
		v.Codes, v.Fields = slices.Clone(v.Codes), maps.Clone(v.Fields)
		d.Return = &v
	}
	d.Holders = slices.Clone(c.Holders)
	if c.Ticket != nil {
		v := *c.Ticket
		d.Ticket = &v
	}
	return d
}

func (k *ContractState) clone() *ContractState {
	if k == nil {
		return nil
	}
	d := *k
	d.Readings, d.Signatures, d.Portraits = maps.Clone(k.Readings), maps.Clone(k.Signatures), maps.Clone(k.Portraits)
	if k.Sealed != nil {
		v := *k.Sealed
		d.Sealed = &v
	}
	return &d
}

func (c *Case) clone() *Case {
	d := *c
	d.App = c.App.clone()
	d.Authors, d.Handlers, d.Reviewers, d.Deciders = maps.Clone(c.Authors), maps.Clone(c.Handlers), maps.Clone(c.Reviewers), maps.Clone(c.Deciders)
	d.Movers = maps.Clone(c.Movers)
	d.Attachments = slices.Clone(c.Attachments)
	d.Attested = maps.Clone(c.Attested)
	d.Attests = maps.Clone(c.Attests)
	d.bound, d.took = maps.Clone(c.bound), maps.Clone(c.took)
	d.Consents = map[Party]map[string]string{}
	for p, m := range c.Consents {
		d.Consents[p] = maps.Clone(m)
	}
	d.ConsentedAt = map[Party]map[string]time.Time{}
	for p, m := range c.ConsentedAt {
		d.ConsentedAt[p] = maps.Clone(m)
	}
	if c.Contract != nil {
		k := *c.Contract
		k.Signatures = maps.Clone(k.Signatures)
		d.Contract = &k
	}
	d.Former = slices.Clone(c.Former)
	d.Withdrawn = slices.Clone(c.Withdrawn)
	d.Retracted = slices.Clone(c.Retracted)
	d.Aside = slices.Clone(c.Aside)
	d.Heads = slices.Clone(c.Heads)
	d.past = maps.Clone(c.past)
	d.log = slices.Clone(c.log)
	d.claims = slices.Clone(c.claims)
	d.wrote = map[string][]write{}
	for p, w := range c.wrote {
		d.wrote[p] = slices.Clone(w)
	}
	return &d
}
