package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// informed is a store whose centre's key a test holds.
type informed struct {
	t      testing.TB
	s      *Store
	dir    string
	centre *seal.Signer
}

func newInformed(t testing.TB) *informed {
	t.Helper()
	w := &informed{t: t, dir: t.TempDir(), centre: must(seal.NewSigner())}
	p := profile()
	p.Centre = w.centre.Public()
	s, err := Create(t.Context(), options(w.dir), p, clerk("c1"), []byte(password))
	if err != nil {
		t.Fatal(err)
	}
	w.s = s
	t.Cleanup(func() { w.s.Close() })
	return w
}

func (w *informed) reopen() { w.t.Helper(); w.s = reopened(w.t, w.s) }

// issue signs a bulletin with a key, for a county.
func issue(t testing.TB, k *seal.Signer, county string, kind bulletin.Kind, name string, version int, content string) []byte {
	t.Helper()
	b := bulletin.Bulletin{County: county, Kind: kind, Name: name, Version: uint64(version), Issued: time.UnixMilli(int64(version)).UTC(),
		Content: []byte(content), Withdrawn: content == ""}
	raw, err := b.Sign(k)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func rosterText(group string, n int) string {
	r := loan.Roster{Group: group, Year: 2026, School: "平塘一中"}
	for i := range n {
		id := fmt.Sprintf("52272720%02d%02d%02d%03d", 7+i%2, 1+i/27%12, 1+i%27, i/324%1000)
		id += string(loan.IDNumber(id + "0").CheckCharacter())
		r.People = append(r.People, loan.Preapplied{IDNo: id, Name: "韦测" + string(rune('一'+i%5000)), Phone: fmt.Sprintf("1540000%04d", i%10000),
			Ethnic: "布依族", Address: fmt.Sprintf("贵州省黔南州平塘县测试乡示例村%d组", i%40), Approved: i%3 > 0})
	}
	return string(r.Encode())
}

const packText = `{"id":"P2026","signed_from":"2026-08-20","undergraduate_max":22000,"graduate_max":28000,"minimum":1000,"multiple":100,"maturity_base":15,"maturity_cap":22,"purposes":["学费"]}`

func TestABulletinInForce(t *testing.T) {
	w := newInformed(t)
	take := func(raw []byte) (bool, error) {
		_, fresh, err := w.s.TakeBulletin(t.Context(), raw)
		return fresh, err
	}
	mine := func(kind bulletin.Kind, name string, version int, content string) []byte {
		return issue(t, w.centre, w.s.Profile().County, kind, name, version, content)
	}
	first := mine(bulletin.Roster, "PT1", 1000, rosterText("PT1", 20))
	if fresh, err := take(first); err != nil || !fresh {
		t.Fatalf("got %v, %v", fresh, err)
	}
	t.Run("the same again changes nothing", func(t *testing.T) {
		mark := w.s.BulletinMark()
		if fresh, err := take(first); err != nil || fresh || w.s.BulletinMark() != mark {
			t.Errorf("got %v, %v", fresh, err)
		}
	})
	t.Run("a newer one takes its place, and an older one never", func(t *testing.T) {
		if fresh, err := take(mine(bulletin.Roster, "PT1", 2000, rosterText("PT1", 30))); err != nil || !fresh {
			t.Fatalf("got %v, %v", fresh, err)
		}
		for name, raw := range map[string][]byte{"an older one": first, "another of the same number": mine(bulletin.Roster, "PT1", 2000, rosterText("PT1", 5))} {
			if fresh, err := take(raw); fault.KindOf(err) != fault.Exists || fresh || !strings.Contains(fault.Sentence(err), "已有更新的") {
				t.Errorf("%s: got %v, %v", name, fresh, err)
			}
		}
		b, err := w.s.Bulletin(t.Context(), bulletin.Roster, "PT1")
		if err != nil || string(b) != rosterText("PT1", 30) {
			t.Errorf("got %d bytes, %v", len(b), err)
		}
	})
	t.Run("what is foreign, forged or of no sense is refused, and the one in force stays", func(t *testing.T) {
		forger, err := seal.NewSigner()
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			raw  []byte
			want fault.Kind
		}{
			"forged":                      {issue(t, forger, w.s.Profile().County, bulletin.Roster, "PT1", 9000, rosterText("PT1", 1)), fault.Untrusted},
			"of another county":           {issue(t, w.centre, "110101", bulletin.Roster, "PT1", 9000, rosterText("PT1", 1)), fault.Untrusted},
			"a kind of the time to come":  {mine("horoscope", "x", 9000, "x"), fault.Newer},
			"a roster that is none":       {mine(bulletin.Roster, "PT1", 9000, "hello"), fault.Input},
			"a roster of another group":   {mine(bulletin.Roster, "PT1", 9000, rosterText("PT2", 1)), fault.Input},
			"a pack that is none":         {mine(bulletin.Policy, "P2026", 9000, "{}"), fault.Input},
			"a pack of another id":        {mine(bulletin.Policy, "P2027", 9000, packText), fault.Input},
			"a grant that is none":        {mine(bulletin.Grant, "g", 9000, "{}"), fault.Input},
			"a register that is none":     {mine(bulletin.Schools, bulletin.RegisterName, 9000, "x"), fault.Input},
			"a list of devices of no ids": {mine(bulletin.Devices, bulletin.ShutOutName, 9000, "x\n"), fault.Damaged},
			"no bulletin":                 {[]byte("name,phone"), fault.Damaged},
		} {
			if fresh, err := take(c.raw); fault.KindOf(err) != c.want || fresh {
				t.Errorf("%s: got %v, %v, want %v", name, fresh, err, c.want)
			}
		}
		if h := w.s.Bulletins(); len(h) != 1 || h[0].Version != 2000 {
			t.Errorf("in force: %+v", h)
		}
	})
	t.Run("it is there after a restart, and one withdrawn is not, nor comes back", func(t *testing.T) {
		pack := mine(bulletin.Policy, "P2026", 3000, packText)
		if _, err := take(pack); err != nil {
			t.Fatal(err)
		}
		if _, err := take(mine(bulletin.Policy, "P2026", 4000, "")); err != nil {
			t.Fatal(err)
		}
		w.reopen()
		if h := w.s.Bulletins(); len(h) != 1 || h[0].Kind != bulletin.Roster || h[0].Size == 0 {
			t.Errorf("in force: %+v", h)
		}
		if _, err := w.s.Bulletin(t.Context(), bulletin.Policy, "P2026"); fault.KindOf(err) != fault.Missing {
			t.Errorf("withdrawn, and read: %v", err)
		}
		if fresh, err := take(pack); fault.KindOf(err) != fault.Exists || fresh {
			t.Errorf("the withdrawn one: got %v, %v", fresh, err)
		}
		if err := w.s.VerifyLedger(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("nobody of it stands in the file in the open", func(t *testing.T) {
		b, err := os.ReadFile(filepath.Join(w.dir, "store.bolt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{"522727200701", "韦测", "平塘一中"} {
			if bytes.Contains(b, []byte(s)) {
				t.Errorf("%q stands in the file", s)
			}
		}
	})
}

func TestPiecesOfABulletinOutliveARestart(t *testing.T) {
	w := newInformed(t)
	raw := issue(t, w.centre, w.s.Profile().County, bulletin.Roster, "PT1", 1000, rosterText("PT1", 500))
	ref := BulletinRef{Kind: bulletin.Roster, Name: "PT1", Version: 1000, Hash: bulletin.HashOf(raw), Size: int64(len(raw))}
	for at := 0; at < 3000; at += 1000 {
		if err := w.s.KeepBulletinPiece(t.Context(), ref, int64(at), raw[at:at+1000]); err != nil {
			t.Fatal(err)
		}
	}
	w.reopen()
	if b, err := w.s.BulletinPieces(t.Context(), ref); err != nil || !bytes.Equal(b, raw[:3000]) {
		t.Fatalf("got %d bytes, %v", len(b), err)
	}
	t.Run("a piece behind a gap does not count", func(t *testing.T) {
		if err := w.s.KeepBulletinPiece(t.Context(), ref, 3500, raw[3500:3600]); err != nil {
			t.Fatal(err)
		}
		if b, _ := w.s.BulletinPieces(t.Context(), ref); len(b) != 3000 {
			t.Errorf("got %d bytes", len(b))
		}
	})
	t.Run("a piece of a newer version takes the place of all", func(t *testing.T) {
		next := ref
		next.Version, next.Hash = 2000, bulletin.Hash{1}
		if err := w.s.KeepBulletinPiece(t.Context(), next, 0, raw[:10]); err != nil {
			t.Fatal(err)
		}
		if b, _ := w.s.BulletinPieces(t.Context(), ref); len(b) != 0 {
			t.Errorf("%d bytes of the former version", len(b))
		}
	})
	t.Run("taking it whole leaves no piece", func(t *testing.T) {
		if _, _, err := w.s.TakeBulletin(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
		next := ref
		next.Version, next.Hash = 2000, bulletin.Hash{1}
		if b, _ := w.s.BulletinPieces(t.Context(), next); len(b) != 0 {
			t.Errorf("%d bytes left", len(b))
		}
	})
	if err := w.s.KeepBulletinPiece(t.Context(), ref, ref.Size-1, []byte("ab")); fault.KindOf(err) != fault.Input {
		t.Errorf("a piece past the end: %v", err)
	}
}

// A page of a roster's many is destroyed: the rest is saved, and the roster is
// not in force until it comes again.
func TestABulletinThatARepairCouldNotSaveComesAgain(t *testing.T) {
	w := newInformed(t)
	id := newCase(t, w.s, 1)
	raw := issue(t, w.centre, w.s.Profile().County, bulletin.Roster, "PT1", 1000, rosterText("PT1", 8000))
	pack := issue(t, w.centre, w.s.Profile().County, bulletin.Policy, "P2026", 1000, packText)
	for _, b := range [][]byte{raw, pack} {
		if _, _, err := w.s.TakeBulletin(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	var value []byte
	noErr(t, w.s.view(t.Context(), "test", func(tx *bbolt.Tx) error {
		value = bytes.Clone(tx.Bucket([]byte(bSettings)).Get(binary.BigEndian.AppendUint32(contentPrefix("roster/PT1"), 3)))
		return nil
	}))
	noErr(t, w.s.Close())
	file := must(os.ReadFile(w.s.dataPath()))
	at := bytes.Index(file, value[1000:1064])
	if at < 0 {
		t.Fatal("the roster's bytes are not in the file")
	}
	at -= at % pageSize
	for i := range pageSize {
		file[at+i] ^= 0x5a
	}
	noErr(t, os.WriteFile(w.s.dataPath(), file, 0o600))
	r, err := Repair(t.Context(), w.s.o, "c1", []byte(password))
	if err != nil || r.Whole {
		t.Fatalf("%+v, %v", r, err)
	}
	w.s = unlocked(t, w.s.o)
	if h := w.s.Bulletins(); len(h) != 1 || h[0].Kind != bulletin.Policy {
		t.Errorf("in force: %+v", h)
	}
	if _, err := w.s.Case(t.Context(), id); err != nil {
		t.Errorf("the case: %v", err)
	}
	if w.s.HasBulletin(bulletin.Roster, "PT1", 1000) {
		t.Error("it would not be fetched again")
	}
	if _, fresh, err := w.s.TakeBulletin(t.Context(), raw); err != nil || !fresh {
		t.Errorf("it came again: %v, %v", fresh, err)
	}
	if b := must(w.s.Bulletin(t.Context(), bulletin.Roster, "PT1")); string(b) != rosterText("PT1", 8000) {
		t.Error("another roster")
	}
}

// BenchmarkSettingBesideARoster measures what a setting costs without and with
// a county's roster of 17,500 beside it.
func BenchmarkSettingBesideARoster(b *testing.B) {
	w := newInformed(b)
	set := func(name string) {
		b.Run(name, func(b *testing.B) {
			for n := 0; b.Loop(); n++ {
				noErr(b, w.s.SetSetting(b.Context(), "courier.news", n))
			}
		})
	}
	set("without")
	for s := range 10 {
		group := fmt.Sprintf("PT%d", s)
		_, _, err := w.s.TakeBulletin(b.Context(), issue(b, w.centre, w.s.Profile().County, bulletin.Roster, group, 1000, rosterText(group, 1750)))
		noErr(b, err)
	}
	set("with 17500")
}
