package rig

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// Report is what verify prints.
type Report struct {
	OK      bool   `json:"ok"`
	Applied int64  `json:"applied"`
	Records int    `json:"records"`
	Err     string `json:"err"`
}

// verifier compares a store with the model.
type verifier struct {
	s       *store.Store
	m       *model
	next    *op // the operation that may have begun
	names   *names
	led     bool // out of a backup: one change more, which leads the chain on
	records int
}

// verify opens the store in dir and looks at all of it.
func verify(ctx context.Context, dir string, seed int64) (r Report) {
	defer func() {
		if p := recover(); p != nil {
			r.OK, r.Err = false, fmt.Sprint("panic: ", p)
		}
	}()
	c := &clock{}
	s, err := openStore(ctx, dir, seed, c)
	if err != nil {
		r.Err = "open: " + err.Error()
		return r
	}
	defer s.Close()
	if r.Applied, err = applied(ctx, s); err == nil {
		err = ownChecks(ctx, s)
	}
	if err != nil {
		r.Err = named(err)
		return r
	}
	c.n = r.Applied
	m := modelOf(seed, r.Applied)
	v := &verifier{s: s, m: m, next: m.next(r.Applied + 1), names: newNames(seed)}
	if err = v.all(ctx); err == nil {
		err = v.backup(ctx)
	}
	if err != nil {
		r.Err = named(err)
		return r
	}
	if err := s.Close(); err != nil {
		r.Err = "check: close: " + err.Error()
		return r
	}
	r.OK, r.Records = true, v.records
	return r
}

// all compares everything.
func (v *verifier) all(ctx context.Context) error {
	for _, compare := range []func(context.Context) error{v.chain, v.cases, v.summaries, v.blobs, v.outbox, v.receipt, v.settings, v.operators} {
		if err := compare(ctx); err != nil {
			return err
		}
	}
	return nil
}

// ownChecks are the store's.
func ownChecks(ctx context.Context, s *store.Store) error {
	if err := s.VerifyLedger(ctx); err != nil {
		return err
	}
	return s.VerifyChain(ctx)
}

// named is the text of an error: "check" stands before one by which the store
// itself says that it is damaged.
func named(err error) string {
	if fault.KindOf(err) == fault.Damaged {
		return "check: " + err.Error()
	}
	return err.Error()
}

func marshal(v any) []byte {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the rig's own types alone
	}
	return b
}

// same says where two values differ, as JSON.
func same(what string, got, want any) error {
	g, w := marshal(got), marshal(want)
	if bytes.Equal(g, w) {
		return nil
	}
	i := 0
	for i < min(len(g), len(w)) && g[i] == w[i] {
		i++
	}
	from := max(0, i-30)
	return fmt.Errorf("%s: got …%s, want …%s", what, g[from:min(len(g), i+60)], w[from:min(len(w), i+60)])
}

// chain compares every change of this device.
func (v *verifier) chain(ctx context.Context) error {
	if head, _ := v.s.Head(); head != v.m.counter && !v.led {
		return fmt.Errorf("chain: %d changes, want %d", head, v.m.counter)
	}
	for after := uint64(0); after < v.m.counter; {
		own, err := v.s.Pending(ctx, after, int(min(500, v.m.counter-after)))
		if err != nil {
			return fmt.Errorf("chain: %w", err)
		}
		if len(own) == 0 {
			return fmt.Errorf("chain: ends after %d changes, want %d", after, v.m.counter)
		}
		for _, ch := range own {
			after++
			v.records++
			if err := v.change(ch, after); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verifier) change(ch *loan.Change, counter uint64) error {
	want := v.m.log[counter-1]
	what := fmt.Sprintf("change %d of op %d", counter, want.n)
	var of uuid.UUID
	if want.on != nil {
		of = want.on.id
	}
	if ch.Counter != counter || ch.Device != deviceID(v.m.seed) || ch.Kind != want.kind || ch.Operator != want.who || ch.Case != of || !ch.At.Equal(at(want.n)) {
		return fmt.Errorf("%s: got number %d, %s by %s in op %d, want %s by %s", what, ch.Counter, ch.Kind, ch.Operator, numberOf(ch.At), want.kind, want.who)
	}
	if want.on != nil && want.on.gone && !outlives(want.kind) {
		if ch.Body != nil {
			return fmt.Errorf("%s was erased and has its body", what)
		}
		return nil
	}
	return same(what, json.RawMessage(orNull(ch.Body)), json.RawMessage(orNull(marshal(v.names.body(want.entry, "")))))
}

func orNull(b []byte) []byte {
	if b == nil {
		return []byte("null")
	}
	return b
}

// cases compares every case's fold, and how many changes made it.
func (v *verifier) cases(ctx context.Context) error {
	for _, k := range v.m.cases {
		if k.gone {
			if err := v.erasedCase(ctx, k.id, k.opened); err != nil {
				return err
			}
			continue
		}
		c, err := v.s.Case(ctx, k.id)
		if err != nil {
			return fmt.Errorf("case of op %d: %w", k.opened, err)
		}
		v.records++
		if err := same(fmt.Sprintf("case of op %d", k.opened), shown(c), v.want(k)); err != nil {
			return err
		}
		changes, err := v.s.Changes(ctx, k.id)
		if err != nil {
			return fmt.Errorf("changes of the case of op %d: %w", k.opened, err)
		}
		if len(changes) != k.changes {
			return fmt.Errorf("case of op %d has %d changes, want %d", k.opened, len(changes), k.changes)
		}
	}
	return nil
}

// summaries compares the list of cases, which is newest first.
func (v *verifier) summaries(context.Context) error {
	var want []store.Summary
	by := map[loan.Status]int{}
	for _, k := range v.m.newest() {
		want = append(want, k.summary(v.m.sent(k)))
		by[k.rung]++
	}
	got := v.s.Search("", 0)
	if len(got) != len(want) {
		return fmt.Errorf("summaries: %d, want %d", len(got), len(want))
	}
	for i := range want {
		if err := same(fmt.Sprintf("summary %d", i), got[i], want[i]); err != nil {
			return err
		}
	}
	n := v.s.Count()
	return same("count", []any{n.Cases, n.ByStatus, n.Changes}, []any{len(want), by, v.unsent()})
}

// unsent is how many changes the centre has not acknowledged.
func (v *verifier) unsent() uint64 {
	n := v.m.counter - min(v.m.counter, v.m.acked)
	if v.led {
		n++
	}
	return n
}

// blobs compares every byte of content.
func (v *verifier) blobs(ctx context.Context) error {
	for _, b := range v.m.blobs {
		got, err := v.s.Blob(ctx, v.names.of(b.ref))
		if b.rule != "" {
			if fault.KindOf(err) != fault.Erased {
				return fmt.Errorf("blob %d of op %d was erased, got %d bytes, %w", b.i, b.n, len(got), err)
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("blob %d of op %d: %w", b.i, b.n, err)
		}
		v.records++
		if !bytes.Equal(got, v.names.bytes(b.ref)) {
			return fmt.Errorf("blob %d of op %d: other content, %d bytes, want %d", b.i, b.n, len(got), b.size)
		}
	}
	return nil
}

// outbox compares what waits for the centre, and in which order.
func (v *verifier) outbox(ctx context.Context) error {
	got, err := v.s.Outbox(ctx)
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	want := store.Outbox{Device: deviceID(v.m.seed), Acked: v.m.acked, Last: v.m.counter, Changes: int(v.unsent()), Sent: v.m.done}
	if v.led {
		want.Last = got.Last
	}
	if v.m.epoch > 0 {
		want.Epoch = epochID(v.m.seed, v.m.epoch)
	}
	var waits []*blob
	for _, b := range v.m.blobs {
		if b.waits {
			waits = append(waits, b)
		}
	}
	class := func(b *blob) int {
		if b.contract {
			return 0
		}
		return 1
	}
	slices.SortFunc(waits, func(a, b *blob) int {
		x, y := v.names.of(a.ref), v.names.of(b.ref)
		return cmp.Or(class(a)-class(b), bytes.Compare(a.of[:], b.of[:]), cmp.Compare(a.order, b.order), bytes.Compare(x[:], y[:]))
	})
	for _, b := range waits {
		want.Blobs = append(want.Blobs, store.PendingBlob{Hash: v.names.of(b.ref), Size: int64(b.size), Case: b.of, Contract: b.contract})
		want.Bytes += int64(b.size)
	}
	if len(got.Blobs) == 0 {
		got.Blobs = nil
	}
	return same("outbox", got, want)
}

func (v *verifier) receipt(ctx context.Context) error {
	got, err := v.s.LastReceipt(ctx)
	want := v.m.receipt
	switch {
	case want == nil && fault.KindOf(err) == fault.Missing:
		return nil
	case err != nil:
		return fmt.Errorf("receipt: %w", err)
	case want == nil:
		return fmt.Errorf("receipt: one of op %d, want none", numberOf(got.At))
	}
	v.records++
	var held []loan.Hash
	for _, r := range want.held {
		held = append(held, v.names.of(r))
	}
	return same("receipt", []any{got.At, got.Epoch, got.Device, got.Through, got.Blobs, got.Raw},
		[]any{at(want.n), epochID(v.m.seed, want.epoch), deviceID(v.m.seed), want.through, held, bytesOf(v.m.seed, want.n, 8, 200)})
}

func (v *verifier) settings(ctx context.Context) error {
	for _, key := range append(settingNames(), mark) {
		got, err := readSetting(ctx, v.s, key)
		if err != nil {
			return fmt.Errorf("setting %s: %w", key, err)
		}
		var want kept
		if n := v.m.keys[key]; n > 0 {
			want = kept{n, text(v.m.seed, n)}
			v.records++
		}
		if err := same("setting "+key, got, want); err != nil {
			return err
		}
	}
	return nil
}
