package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/store"
)

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newWriter has a store of its own with nothing in it.
func newWriter(t testing.TB, seed int64) *writer {
	t.Helper()
	c := &clock{}
	s, err := openStore(context.Background(), t.TempDir(), seed, c)
	noErr(t, err)
	t.Cleanup(func() { s.Close() })
	return &writer{s: s, m: newModel(seed), names: newNames(seed), clock: c}
}

const lastVerb = compact

// look compares the writer's store with its model.
func (w *writer) look(t testing.TB) error {
	t.Helper()
	v := &verifier{s: w.s, m: w.m, next: w.m.next(w.m.applied + 1), names: newNames(w.m.seed)}
	return v.all(context.Background())
}

func TestTheStoreHoldsWhatTheModelSays(t *testing.T) {
	for seed := range int64(2) {
		dir := filepath.Join(t.TempDir(), "data")
		for round := range int64(5) {
			var errs bytes.Buffer
			s := fmt.Sprint(seed)
			if code := Main(context.Background(), []string{"write", "--dir", dir, "--seed", s, "--max", "40"}, &errs, &errs); code != exitDone {
				t.Fatalf("write: %d, %s", code, errs.String())
			}
			var out bytes.Buffer
			if code := Main(context.Background(), []string{"verify", "--dir", dir, "--seed", s}, &out, &errs); code != exitDone {
				t.Fatalf("verify: %d, %s", code, errs.String())
			}
			var r Report
			noErr(t, json.Unmarshal(out.Bytes(), &r))
			if !r.OK || r.Err != "" || r.Applied != 40*(round+1) || r.Records < 40 {
				t.Fatalf("seed %d, round %d: got %+v", seed, round, r)
			}
		}
	}
}

func TestTimeGoesByAndImagesGo(t *testing.T) {
	ctx := context.Background()
	w := newWriter(t, 3)
	w.s.ForgoSync()
	for range 2 {
		noErr(t, w.run(ctx, &bytes.Buffer{}, 500, 0))
		noErr(t, w.look(t))
	}
	images, seasons := 0, 0
	for _, b := range w.m.blobs {
		if b.rule == store.RuleImages {
			images++
		} else if b.rule == store.RuleSeason {
			seasons++
		}
	}
	if images < 5 || seasons < 5 {
		t.Errorf("%d images and %d blobs of seasons were erased: the trial shows little", images, seasons)
	}
}

func TestAnOperationHangsOnTheSeedAndItsNumberAlone(t *testing.T) {
	shown := func(seed int64) string {
		m := newModel(seed)
		var b strings.Builder
		for n := int64(1); n <= 2000; n++ {
			o := m.next(n)
			again := m.next(n)
			fmt.Fprintln(&b, o.verb, o.key, o.through, o.held, o.blobs)
			for i, e := range o.entries {
				fmt.Fprintln(&b, e.kind, e.who, e.sets, e.piece, e.text)
				if x := again.entries[i]; x.kind != e.kind || x.piece != e.piece || x.text != e.text {
					t.Fatalf("op %d is not what it was when first asked for", n)
				}
			}
			m.take(o)
		}
		return b.String()
	}
	if first, again := shown(1), shown(1); first != again {
		t.Error("the same seed gives other operations")
	}
	if shown(1) == shown(2) {
		t.Error("another seed gives the same operations")
	}
}

func TestEverySortOfWorkComesUp(t *testing.T) {
	m := newModel(1)
	verbs, kinds, rungs := map[verb]int{}, map[loan.ChangeKind]int{}, map[loan.Status]int{}
	several, shared := 0, 0
	for n := int64(1); n <= 3000; n++ {
		o := m.next(n)
		verbs[o.verb]++
		for _, e := range o.entries {
			kinds[e.kind]++
			if e.kind == loan.ChangeAttach && m.byRef[e.piece.ref] != nil {
				shared++
			}
		}
		if len(o.entries) > 1 {
			several++
		}
		m.take(o)
	}
	for _, k := range m.cases {
		rungs[k.rung]++
	}
	for v := commit; v <= lastVerb; v++ {
		if verbs[v] < 5 {
			t.Errorf("verb %d came up %d times", v, verbs[v])
		}
	}
	for _, k := range []loan.ChangeKind{loan.ChangeOpen, loan.ChangeEdit, loan.ChangeAttach, loan.ChangeDetach, loan.ChangeAttest,
		loan.ChangeConsent, loan.ChangeSubmit, loan.ChangeReview, loan.ChangeContract, loan.ChangeRead, loan.ChangeSign,
		loan.ChangeSeal, loan.ChangeFinish, loan.ChangeCorrect, loan.ChangeVoid, loan.ChangeReceive, loan.ChangeAccept,
		loan.ChangeReturn, loan.ChangeView, loan.ChangeSearch, loan.ChangeReveal, loan.ChangePrint, loan.ChangeExport, loan.ChangeSignIn} {
		if kinds[k] < 5 {
			t.Errorf("%s came up %d times", k, kinds[k])
		}
	}
	if several < 300 || shared < 5 || rungs[loan.Accepted] < 5 {
		t.Errorf("got %d operations of several changes, %d papers that were there already, %d cases accepted", several, shared, rungs[loan.Accepted])
	}
}

func TestWhatWasNeverDoneIsMissed(t *testing.T) {
	ctx := context.Background()
	w := newWriter(t, 5)
	missed := map[verb]bool{}
	for n := int64(1); n <= 1500 && len(missed) <= int(lastVerb); n++ {
		o := w.m.next(n)
		if !missed[o.verb] && n > 30 {
			missed[o.verb] = true
			before := w.m
			w.m = modelOf(5, n)
			if err := w.look(t); err == nil {
				t.Errorf("operation %d of verb %d was not done, and that passes", n, o.verb)
			}
			w.m = before
			o = w.m.next(n)
		}
		noErr(t, w.do(ctx, o))
		w.m.take(o)
	}
	if len(missed) <= int(lastVerb) {
		t.Fatalf("only %d verbs came up", len(missed))
	}
	noErr(t, w.look(t))
}

func TestWhatNobodyMeantIsSeen(t *testing.T) {
	ctx := context.Background()
	more := &op{n: 40, entries: []entry{{kind: loan.ChangeSearch, who: clerk, text: "more"}}}
	for name, spoil := range map[string]func(*writer) error{
		"a setting of other content": func(w *writer) error { return w.s.SetSetting(ctx, "rig/a", kept{1, "other"}) },
		"an account":                 func(w *writer) error { return w.s.AddOperator(ctx, account("stranger", "stranger", true)) },
		"a change":                   func(w *writer) error { return w.commit(ctx, more) },
		"a password": func(w *writer) error {
			for id := range w.m.desks {
				return w.s.EnableOperator(ctx, account(id, id, true), []byte("something else"))
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			seed := int64(1)
			for len(modelOf(seed, 40).desks) == 0 {
				seed++
			}
			w := newWriter(t, seed)
			noErr(t, w.run(ctx, &bytes.Buffer{}, 40, 0))
			noErr(t, w.look(t))
			noErr(t, spoil(w))
			if w.look(t) == nil {
				t.Error("it passes")
			}
		})
	}
}

func TestAnOperationIsAnnouncedAndThenAcknowledged(t *testing.T) {
	for name, early := range map[string]bool{"when it is done": false, "before, as the control does": true} {
		t.Run(name, func(t *testing.T) {
			w := newWriter(t, 7)
			w.c.early = early
			var ack bytes.Buffer
			noErr(t, w.run(context.Background(), &ack, 3, 0))
			want := "I 1\nA 1\nI 2\nA 2\nI 3\nA 3\n"
			if ack.String() != want {
				t.Errorf("got %q want %q", ack.String(), want)
			}
			noErr(t, w.s.Close())
			ack.Reset()
			err := w.run(context.Background(), &ack, 1, 0)
			if err == nil || strings.Contains(ack.String(), "A 4") != early {
				t.Errorf("on a closed store: got %v and %q", err, ack.String())
			}
		})
	}
}

func TestSplitAloneChangesNothingThatLasts(t *testing.T) {
	w := newWriter(t, 8)
	w.c.split = true
	noErr(t, w.run(context.Background(), &bytes.Buffer{}, 300, 0))
	noErr(t, w.look(t))
}

func TestAWrongCommandLineIsRefused(t *testing.T) {
	for _, args := range [][]string{nil, {"write"}, {"verify", "--dir"}, {"look", "--dir", "x"}, {"write", "--dir", "x", "more"}} {
		var out, errs bytes.Buffer
		if code := Main(context.Background(), args, &out, &errs); code != exitUsage || errs.Len() == 0 {
			t.Errorf("%q: got %d, %q", args, code, errs.String())
		}
	}
}

// ForgoSync breaks the store's promise; the control of the rig alone may.
func TestNobodyElseForgoesSync(t *testing.T) {
	call := regexp.MustCompile(`\.ForgoSync\(|\) ForgoSync\(`)
	var found []string
	noErr(t, filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != ".." {
			return filepath.SkipDir
		}
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil && call.Match(b) {
			found = append(found, filepath.ToSlash(path))
		}
		return err
	}))
	slices.Sort(found)
	want := []string{"../../internal/rig/main.go", "../../internal/rig/rig_test.go", "../../internal/rig/write.go", "../../internal/store/rig.go"}
	if !slices.Equal(found, want) {
		t.Errorf("got %q want %q", found, want)
	}
}
