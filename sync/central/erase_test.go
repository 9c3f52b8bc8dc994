package central

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// administered is a new centre with a data administrator, and its folder.
func administered(t *testing.T) (*Central, string) {
	t.Helper()
	dir := t.TempDir()
	c := open(t, dir)
	if err := c.AddOperator(t.Context(), Operator{ID: "practice-admin", Name: "练习管理员", Roles: []string{"dataadmin"}}); err != nil {
		t.Fatal(err)
	}
	return c, dir
}

// asks appends an operator's wish that cases be erased, as a laptop's store
// writes it.
func (l *laptop) asks(operator string, ids ...uuid.UUID) *loan.Change {
	ch := l.change(uuid.Nil, loan.ChangeErase, loan.EraseBody{Rule: loan.EraseRequest, Cases: ids, Count: len(ids), Reason: "asked in person"})
	ch.Operator = operator
	return ch
}

// since gives the changes from one on, and their hashes made good.
func (l *laptop) since(n int) []*loan.Change {
	for i := max(1, n); i < len(l.changes); i++ {
		l.changes[i].Prev = l.changes[i-1].HeaderHash(sum)
	}
	return l.changes[n:]
}

// bodies counts what is left of a case at the centre.
func bodies(t *testing.T, c *Central, id uuid.UUID) (full, bare int) {
	t.Helper()
	rows, err := c.db.Query(`SELECT bytes FROM changes WHERE case_id = ? AND kind NOT IN ('erase', 'view', 'reveal')`, id.String())
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			t.Fatal(err)
		}
		ch, err := loan.DecodeChange(b)
		if err != nil {
			t.Fatal(err)
		}
		if ch.Body != nil {
			full++
		} else {
			bare++
		}
	}
	return full, bare
}

// lies says in which file of a folder bytes lie.
func lies(t *testing.T, dir string, want []byte) (where string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, want) {
			where = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return where
}

func (l *laptop) holds(c *Central, content []byte) bool {
	l.t.Helper()
	ok, err := c.held(context.Background(), practiceCounty, loan.Hash(l.county.Name(content)), l.county)
	if err != nil {
		l.t.Fatal(err)
	}
	return ok
}

func TestACaseIsErasedAtTheCentreAtAPersonsWish(t *testing.T) {
	c, dir := administered(t)
	ctx := t.Context()
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	shared := content("shared", 3_000)
	alone, long := content("alone", 30_000), content("long", 1_200_000)
	id, blobs := a.draftedAfter(func(id uuid.UUID) {
		a.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]jsonText{"student.name": raw(`"某某甲"`), "student.id_no": raw(`"522121200001010013"`)}})
	}, alone, long, shared)
	draft := uuid.Must(uuid.NewV7())
	a.change(draft, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	a.change(draft, loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook),
		Blob: a.county.Name(shared), Size: int64(len(shared)), Media: "image/jpeg"}, Source: "file"})
	a.send(a.since(0))
	for _, x := range blobs {
		a.blob(x)
	}
	if k := a.held(c, id); k.Status != "draft" {
		t.Fatalf("%+v, want it a draft", k)
	}
	b.send([]*loan.Change{b.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]jsonText{"student.phone": raw(`"15400000001"`)}})})
	n := len(a.changes)
	a.asks("practice-admin", id)
	a.send(a.since(n))
	if full, _ := bodies(t, c, id); full == 0 || a.held(c, id).Status != "draft" {
		t.Fatal("a case under way was erased")
	}
	if all := tombstones(t, c); len(all) != 1 || all[0].Refused != whyNotVoid || all[0].Case != id || all[0].Device != a.enrol.Device {
		t.Fatalf("%+v, want one refusal", all)
	}
	found := func() (out []string) {
		for _, x := range [][]byte{alone, long} {
			h := loan.Hash(a.county.Name(x))
			if _, err := c.shelf.read(ctx, practiceCounty, h, 0, 1); fault.KindOf(err) != fault.Missing || lies(t, dir, x[:32]) != "" {
				out = append(out, h.String())
			}
		}
		for _, x := range []string{"某某甲", "522121200001010013", "15400000001"} {
			if where := lies(t, dir, []byte(x)); where != "" {
				out = append(out, filepath.Base(where))
			}
		}
		return out
	}
	if n := len(found()); n != 5 && !c.shared || n != 2 && c.shared {
		t.Fatalf("%d of what is to go is found before: the test looks for nothing", n)
	}
	n = len(a.changes)
	a.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	a.change(id, loan.ChangeView, loan.ViewBody{Detail: "a look"})
	a.send(a.since(n)) // the wish waited for it
	check := func(c *Central) {
		t.Helper()
		full, bare := bodies(t, c, id)
		if full != 0 || bare == 0 {
			t.Errorf("%d changes of the case have a body, %d have none", full, bare)
		}
		if k := a.held(c, id); k.Status != statusErased || k.Blobs != 0 || k.ReceiptNo != "" || k.ContractNo != "" {
			t.Errorf("%+v, want it erased", k)
		}
		for i, x := range blobs {
			if is := a.holds(c, x); is != bytes.Equal(x, shared) {
				t.Errorf("blob %d: held is %v", i, is)
			}
		}
		all := tombstones(t, c)
		if len(all) == 0 || all[len(all)-1].Case != id || all[len(all)-1].Refused != "" || all[len(all)-1].Operator != "practice-admin" || all[len(all)-1].Reason != "asked in person" {
			t.Errorf("tombstones %+v", all)
		}
		var marks int
		if err := c.db.QueryRow(`SELECT COUNT(*) FROM marks WHERE case_id = ?`, id.String()).Scan(&marks); err != nil || marks != 0 {
			t.Errorf("%d marks of the student are left, %v", marks, err)
		}
	}
	check(c)
	if left := found(); len(left) > 0 {
		t.Errorf("still there: %v", left)
	}
	told := b.news(0)
	if len(told.Changes) != 1 || told.Changes[0].Kind != loan.ChangeErase || told.Changes[0].Case != id || told.Changes[0].Device != c.ID() || told.Changes[0].Operator != "practice-admin" {
		t.Errorf("the other laptop is told %d changes, want the one that it is erased", len(told.Changes))
	}
	if own := ownChain(t, a); len(own) != len(a.changes) {
		t.Errorf("%d of %d changes of the laptop's own chain come back", len(own), len(a.changes))
	}
	lateComers(t, c, url, id, alone)
	check(c)
	if err := c.EraseCase(ctx, draft, "practice-admin", "asked at the centre"); fault.KindOf(err) != fault.Denied {
		t.Errorf("a case under way at the centre: got %v", err)
	}
	if !a.holds(c, shared) {
		t.Error("what another case names is gone")
	}
}

// draftedAfter brings a draft with papers of the given contents, and something more,
// and gives its blobs. Nothing is sent.
func (l *laptop) draftedAfter(more func(id uuid.UUID), papers ...[]byte) (uuid.UUID, [][]byte) {
	l.t.Helper()
	id := uuid.Must(uuid.NewV7())
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	for _, p := range papers {
		l.change(id, loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: l.county.Name(p), Size: int64(len(p)), Media: "image/jpeg"}, Source: "file"})
	}
	more(id)
	return id, papers
}

type jsonText = json.RawMessage

func raw(s string) jsonText { return jsonText(s) }

// lateComers come with the case after it was erased: by a parcel of their own,
// and with a blob of it. It does not come back, and they learn of it.
func lateComers(t *testing.T, c *Central, url string, id uuid.UUID, page []byte) {
	t.Helper()
	l := enrol(t, c, url)
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	l.change(id, loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: l.county.Name(page),
		Size: int64(len(page)), Media: "image/jpeg"}, Source: "file"})
	l.send(l.since(0))
	l.blob(page)
	if err := c.clearErased(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l.holds(c, page) {
		t.Error("a blob that came late is held")
	}
	if n := l.news(0); len(n.Changes) != 1 || n.Changes[0].Kind != loan.ChangeErase {
		t.Errorf("who came late is told %d changes", len(n.Changes))
	}
	// Another case that has the page from now on keeps it.
	other := uuid.Must(uuid.NewV7())
	at := len(l.changes)
	l.change(other, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	l.change(other, loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: l.county.Name(page),
		Size: int64(len(page)), Media: "image/jpeg"}, Source: "file"})
	l.send(l.since(at))
	l.blob(page)
	if err := c.clearErased(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !l.holds(c, page) {
		t.Error("a blob that another case has now is not held")
	}
	at = len(l.changes)
	l.change(other, loan.ChangeVoid, loan.ReasonBody{Reason: "made in error"})
	l.asks("practice-admin", other)
	l.send(l.since(at))
	if l.holds(c, page) {
		t.Error("a blob of which both cases are erased is held")
	}
}

func tombstones(t *testing.T, c *Central) []Tombstone {
	t.Helper()
	all, err := c.Tombstones(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// ownChain has a laptop's chain given back, and verifies it.
func ownChain(t *testing.T, l *laptop) []*loan.Change {
	t.Helper()
	_, _, b := l.do("GET", fmt.Sprintf("/v1/own?from=1&to=%d", len(l.changes)), "", nil)
	n, err := parcel.OpenOwn(b, l.centre, seal.International)
	if err != nil {
		t.Fatal(err)
	}
	return n.Changes
}

func TestACaseErasedBeforeItWasSentNeverArrives(t *testing.T) {
	c, _ := administered(t)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	id, _ := a.draftedAfter(func(uuid.UUID) {}, content("page", 100))
	a.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	full := slices.Clone(a.changes)
	for i, ch := range full {
		bare := *ch
		bare.Body = nil
		a.changes[i] = &bare
	}
	a.send(a.changes[:3])
	if k := a.held(c, id); k.Status != statusUnopened {
		t.Errorf("headers alone: %+v", k)
	}
	n := 3
	a.asks("practice-admin", id)
	a.send(a.since(n))
	if k := a.held(c, id); k.Status != statusErased {
		t.Errorf("%+v, want a tombstone", k)
	}
	// Another laptop had it from the first, in the room, and says so late.
	b.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	b.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]jsonText{"student.name": raw(`"某某甲"`)}})
	b.send(b.since(0))
	if full, bare := bodies(t, c, id); full != 0 || bare == 0 {
		t.Errorf("%d changes with a body came, %d without", full, bare)
	}
	if told := b.news(0); len(told.Changes) != 1 || told.Changes[0].Kind != loan.ChangeErase {
		t.Errorf("who came late is told %d changes", len(told.Changes))
	}
}

func TestWhoseWishToEraseIsNotGranted(t *testing.T) {
	c, _ := administered(t)
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	id := uuid.Must(uuid.NewV7())
	a.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	a.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "本人不再申请"})
	a.send(a.since(0))
	stays := func(why string) {
		t.Helper()
		if full, _ := bodies(t, c, id); full != 2 {
			t.Fatalf("%s: the case was erased", why)
		}
		all := tombstones(t, c)
		if len(all) == 0 || all[0].Refused == "" {
			t.Errorf("%s: %+v, want a refusal", why, all)
		}
	}
	n := len(a.changes)
	a.asks("practice-clerk", id)
	a.send(a.since(n))
	stays("by a clerk")
	b.asks("practice-admin", id)
	b.send(b.since(0))
	stays("from a laptop that does not work on the case")
	n = len(b.changes)
	fake := b.change(id, loan.ChangeErase, loan.EraseBody{Rule: loan.EraseRequest, Cases: []uuid.UUID{id}})
	fake.Operator = "practice-admin"
	b.send(b.since(n))
	k, err := c.loadCase(t.Context(), c.db, id)
	if err != nil || k == nil || k.Status != loan.Void {
		t.Errorf("a laptop speaks for the centre: %v, %v", k, err)
	}
	if len(a.news(0).Changes) != 0 {
		t.Error("and others hear of it")
	}
	n = len(a.changes)
	a.asks("practice-admin", id)
	a.send(a.since(n))
	if full, _ := bodies(t, c, id); full != 0 {
		t.Error("by a data administrator: the case was not erased")
	}
}

func TestABlobIsNotHeldBeforeItsContentGoes(t *testing.T) {
	ofFolder(t)
	c, dir := administered(t)
	key, err := c.countyKey(practiceCounty)
	if err != nil {
		t.Fatal(err)
	}
	put := func(b []byte) blobName {
		t.Helper()
		kept := packed{hash: loan.Hash(key.Name(b)), content: b}
		if err := kept.writeIn(c.arrivals.rooms.take(int64(len(b))), c.blobs.packs); err != nil {
			t.Fatal(err)
		}
		if err := c.blobs.packs.sync([]place{kept.at}); err != nil {
			t.Fatal(err)
		}
		for _, q := range []string{`INSERT INTO blobs (county, hash, size, held) VALUES (?, ?, ?, 0)`, `INSERT INTO packed (county, hash, pack, at) VALUES (?, ?, ?, ?)`,
			`INSERT INTO erased_blobs (county, hash, waits) VALUES (?, ?, 1)`} {
			args := []any{practiceCounty, kept.hash[:], kept.at.pack, kept.at.at}
			switch {
			case strings.Contains(q, "INTO blobs"):
				args = append(args[:2], len(b))
			case strings.Contains(q, "erased"):
				args = args[:2]
			}
			if _, err := c.db.Exec(q, args...); err != nil {
				t.Fatal(err)
			}
		}
		return blobName{practiceCounty, kept.hash}
	}
	held := func(n blobName) bool {
		t.Helper()
		all, err := lookMany(t.Context(), c.db, n.county, []loan.Hash{n.hash})
		if err != nil {
			t.Fatal(err)
		}
		_, ok := all[n.hash]
		return ok
	}
	first, second := content("first", 3_000), content("second", 3_000)
	one, two := put(first), put(second)
	t.Run("what ends between the two leaves it there, and goes on", func(t *testing.T) {
		if err := c.commits.do(t.Context(), func(ctx context.Context, tx *sql.Tx) error { return c.unhold(ctx, tx, one) }); err != nil {
			t.Fatal(err)
		}
		if held(one) || lies(t, dir, first) == "" {
			t.Errorf("held: %v; content in %q", held(one), lies(t, dir, first))
		}
	})
	t.Run("one that cannot be reached keeps none of the others", func(t *testing.T) {
		if err := os.Mkdir(c.blobs.packs.path(77), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, b := range []byte{0, 255} { // before and behind the others
			h := bytes.Repeat([]byte{b}, 32)
			if _, err := c.db.Exec(`INSERT INTO wiping (county, hash, pack, at, size) VALUES (?, ?, 77, 44, 9)`, practiceCounty, h); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.clearErased(t.Context()); err == nil {
			t.Error("what could not be reached is passed over in silence")
		}
		for _, b := range [][]byte{first[:32], second[:32]} {
			if where := lies(t, dir, b); where != "" {
				t.Errorf("it still lies in %s", filepath.Base(where))
			}
		}
		if held(two) {
			t.Error("the second is held still")
		}
	})
}

func TestABlobInAPackIsErased(t *testing.T) {
	ofFolder(t)
	c, dir := administered(t)
	key, err := c.countyKey(practiceCounty)
	if err != nil {
		t.Fatal(err)
	}
	gone, stays := content("gone", 2_000), content("stays", 2_000)
	for _, b := range [][]byte{gone, stays} {
		h := loan.Hash(key.Name(b))
		block := c.arrivals.rooms.take(int64(len(b)))
		copy(block[packHead:], b)
		at, err := c.blobs.packs.write(h, block)
		if err == nil {
			err = c.blobs.packs.sync([]place{at})
		}
		if err != nil {
			t.Fatal(err)
		}
		err = c.commits.do(t.Context(), func(ctx context.Context, tx *sql.Tx) error {
			r, err := newRecorder(ctx, tx)
			if err != nil {
				return err
			}
			defer r.close()
			_, _, err = c.recordBy(ctx, r, practiceCounty, h, int64(len(b)), at)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	h := loan.Hash(key.Name(gone))
	if _, err := c.db.Exec(`INSERT INTO erased_blobs (county, hash, waits) VALUES (?, ?, 1)`, practiceCounty, h[:]); err != nil {
		t.Fatal(err)
	}
	if lies(t, dir, gone) == "" {
		t.Fatal("the test looks for nothing")
	}
	if err := c.clearErased(t.Context()); err != nil {
		t.Fatal(err)
	}
	if where := lies(t, dir, gone[:32]); where != "" {
		t.Errorf("it still lies in %s", filepath.Base(where))
	}
	if b, err := c.whole(t.Context(), practiceCounty, loan.Hash(key.Name(stays)), key); err != nil || !bytes.Equal(b, stays) {
		t.Errorf("the other: %v", err)
	}
}
