package central

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

func TestCase(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("a", 100_000), content("b", 70_000))
	r := l.send(l.changes)
	if r.Through != uint64(len(l.changes)) || r.Chain != l.changes[len(l.changes)-1].HeaderHash(sum) || r.Device != l.enrol.Device {
		t.Errorf("receipt %+v does not say what was sent", r)
	}

	t.Run("a case is not received before its last blob", func(t *testing.T) {
		for _, b := range blobs[:len(blobs)-1] {
			l.blob(b)
		}
		if k := l.held(c, id); k.Status != "queued" || k.Lacking != 1 || k.Blobs != len(blobs) || k.Whole() {
			t.Errorf("got %+v, want queued with one of %d blobs lacking", k, len(blobs))
		}
		if n := l.news(0); len(n.Changes) != 0 {
			t.Errorf("%d changes of news, want none", len(n.Changes))
		}
	})
	t.Run("the last blob brings the receipt", func(t *testing.T) {
		l.blob(blobs[len(blobs)-1])
		k := l.held(c, id)
		if k.Status != "received" || !k.Whole() {
			t.Fatalf("got %+v, want received and whole", k)
		}
		n := l.news(0)
		if len(n.Changes) != 1 || n.Through != 1 || n.More {
			t.Fatalf("news %+v, want one change", n)
		}
		mine := loan.Fold(append(l.of(id), n.Changes...))
		if mine.Status != loan.Received || len(mine.Aside) != 0 || mine.Receipt.ReceiptNo != k.ReceiptNo || mine.Receipt.CheckCode == "" {
			t.Errorf("on the laptop the case is %s with receipt %v", mine.Status, mine.Receipt)
		}
		if n := l.news(1); len(n.Changes) != 0 || n.Through != 1 {
			t.Errorf("news behind the last: %+v", n)
		}
	})
	t.Run("everything sent again changes nothing", func(t *testing.T) {
		l.send(l.changes)
		l.send(l.changes[3:7])
		for _, b := range blobs {
			l.blob(b)
		}
		if n := l.news(0); len(n.Changes) != 1 {
			t.Errorf("%d changes of news, want one", len(n.Changes))
		}
		all, _ := c.List(context.Background())
		if len(all.Cases) != 1 || all.Blobs != len(blobs) || all.Refused != 0 {
			t.Errorf("%d cases, %d blobs, %d refused", len(all.Cases), all.Blobs, all.Refused)
		}
	})
	t.Run("the contract comes out as it went in", func(t *testing.T) {
		got, err := c.Contract(context.Background(), id, ContractOptions{})
		if err != nil || !bytes.Equal(got, blobs[len(blobs)-1]) {
			t.Errorf("got %d bytes, %v", len(got), err)
		}
	})
	t.Run("a receipt names the blobs that are held and no other", func(t *testing.T) {
		body := []byte(`{"blobs":["` + loan.Hash(l.county.Name(blobs[0])).String() + `","` + loan.Hash{1}.String() + `"]}`)
		status, typ, b := l.do("POST", "/v1/receipt", parcel.TypeJSON, body)
		if status != 200 || typ != parcel.TypeReceipt {
			t.Fatalf("status %d %s", status, typ)
		}
		if r := l.receipt(b); len(r.Blobs) != 1 || r.Blobs[0] != l.county.Name(blobs[0]) {
			t.Errorf("got %v", r.Blobs)
		}
	})
}

func TestRecordsAndBlobsInAnyOrder(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("x", 10))
	for _, b := range blobs {
		l.blob(b)
	}
	for _, ch := range l.changes {
		l.send([]*loan.Change{ch})
	}
	if k := l.held(c, id); k.Status != "received" {
		t.Errorf("got %s, want received", k.Status)
	}
}

func TestCasesShareBlobs(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	a, b := enrol(t, c, url), enrol(t, c, url)
	scan := content("same", 90_000)
	id1, blobs1 := a.finished(scan, scan)
	id2, blobs2 := b.finished(scan)
	a.send(a.changes)
	b.send(b.changes)
	for _, x := range append(blobs1, blobs2...) {
		a.blob(x)
	}
	for _, k := range []Held{a.held(c, id1), b.held(c, id2)} {
		if k.Status != "received" {
			t.Errorf("case %s is %s, want received", k.ID, k.Status)
		}
	}
	if len(a.news(0).Changes) != 1 || len(b.news(0).Changes) != 1 {
		t.Error("each laptop wants news of its own case alone")
	}
}

func TestClone(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	id, _ := l.finished(content("x", 10))
	l.send(l.changes[:5])
	twin := *l
	twin.changes = append([]*loan.Change{}, l.changes[:3]...)
	twin.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "r"})
	other := twin.changes[3]

	for name, changes := range map[string][]*loan.Change{
		"under a number that is taken":   {other},
		"behind changes that are held":   twin.changes,
		"on top of a chain not held":     nil,
		"with the id of an older change": nil,
	} {
		t.Run("a different change "+name+" is refused and kept aside", func(t *testing.T) {
			if changes == nil {
				fork := *l
				fork.changes = append([]*loan.Change{}, l.changes[:5]...)
				ch := fork.change(id, loan.ChangeVoid, loan.ReasonBody{Reason: "r"})
				if name == "on top of a chain not held" {
					ch.Prev[0]++
				} else {
					ch.ID = l.changes[1].ID
				}
				changes = fork.changes[5:]
			}
			before, _ := c.List(context.Background())
			for range 2 {
				status, _, b := l.do("POST", "/v1/parcel", parcel.TypeParcel, l.pack(changes))
				var p parcel.Problem
				parcel.DecodeJSON(bytes.NewReader(b), parcel.MaxJSON, &p)
				if status != http.StatusConflict || p.Code != parcel.CodeClone || p.Kind != fault.Refused.String() {
					t.Fatalf("got %d %s, want 409 clone", status, b)
				}
			}
			after, _ := c.List(context.Background())
			if after.Refused <= before.Refused || after.Devices[0].Changes != 5 {
				t.Errorf("refused %d → %d, %d changes held", before.Refused, after.Refused, after.Devices[0].Changes)
			}
		})
	}
	t.Run("and the true chain goes on", func(t *testing.T) {
		if r := l.send(l.changes); r.Through != uint64(len(l.changes)) {
			t.Errorf("through %d, want %d", r.Through, len(l.changes))
		}
	})
}

func TestACaseTooHeavyToFold(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id := uuid.Must(uuid.NewV7())
	l.change(id, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	for n := 0; n <= maxFoldBytes; n += 1 << 20 {
		l.change(id, loan.ChangeEdit, strings.Repeat("x", 1<<20-10))
	}
	for i := range l.changes {
		l.send(l.changes[i : i+1])
	}
	if h := l.held(c, id); h.Status != statusTooLong {
		t.Errorf("status %q, want %q", h.Status, statusTooLong)
	}
	other := uuid.Must(uuid.NewV7())
	l.change(other, loan.ChangeOpen, loan.OpenBody{Application: loan.Application{Kind: loan.First, AcademicYear: 2026}})
	l.send(l.changes[len(l.changes)-1:])
	if h := l.held(c, other); h.Status != loan.Draft.String() {
		t.Errorf("another case is %q", h.Status)
	}
}

func TestGap(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	l.finished(content("x", 10))
	l.send(l.changes[:2])
	status, _, b := l.do("POST", "/v1/parcel", parcel.TypeParcel, l.pack(l.changes[4:]))
	var p parcel.Problem
	parcel.DecodeJSON(bytes.NewReader(b), parcel.MaxJSON, &p)
	if status != http.StatusConflict || p.Code != parcel.CodeGap || p.Through != 2 {
		t.Errorf("got %d %s, want 409 gap through 2", status, b)
	}
}

func TestALaptopCannotSpeakForTheCentre(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	id, _ := l.finished(content("x", 10))
	finish := l.changes[len(l.changes)-1].ID.String()
	l.change(id, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "HZ1", ContractNo: "1", CheckCode: "1", Finish: finish})
	l.send(l.changes)
	if k := l.held(c, id); k.Status != "queued" || k.ReceiptNo != "" {
		t.Errorf("got %+v, want queued", k)
	}
}

func TestNoLaptopHearsTheCentresWordFromAnother(t *testing.T) {
	c := open(t, t.TempDir())
	url := serve(t, c)
	a, b, late := enrol(t, c, url), enrol(t, c, url), enrol(t, c, url)
	id, _ := a.finished(content("x", 10))
	a.send(a.since(0))
	edit := func(l *laptop) {
		n := len(l.changes)
		l.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]jsonText{"student.ethnic": raw(`"布依族"`)}})
		l.send(l.since(n))
	}
	edit(b)
	n := len(a.changes)
	a.change(id, loan.ChangeReturn, loan.ReturnBody{Codes: []loan.Code{"E-DC-002"}})
	a.change(id, loan.ChangeReceive, loan.ReceiveBody{ReceiptNo: "HZ1", ContractNo: "1", CheckCode: "1"})
	a.change(id, loan.ChangeAccept, loan.AcceptBody{})
	a.change(id, loan.ChangeEdit, loan.EditBody{Fields: map[string]jsonText{"student.name": raw(`"某某乙"`)}})
	a.send(a.since(n))
	edit(late)
	for name, l := range map[string]*laptop{"that had the case": b, "that is new to it": late} {
		said := false
		for _, ch := range l.news(0).Changes {
			if ch.Device == a.enrol.Device && (ch.Kind == loan.ChangeReturn || ch.Kind == loan.ChangeReceive || ch.Kind == loan.ChangeAccept) {
				t.Errorf("one %s hears another laptop's %s", name, ch.Kind)
			}
			said = said || ch.Device == a.enrol.Device && ch.Kind == loan.ChangeEdit
		}
		if !said {
			t.Errorf("one %s does not hear what the other entered", name)
		}
	}
}

func TestReopened(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	id, blobs := l.finished(content("a", 100_000))
	l.send(l.changes)
	l.blob(blobs[0])
	h := loan.Hash(l.county.Name(blobs[1]))
	big := content("big", 5*parcel.ChunkSize+7)
	hb := loan.Hash(l.county.Name(big))
	l.chunk(hb, big, 1)
	l.chunk(hb, big, 5)
	if _, err := Open(context.Background(), Options{Dir: dir}); fault.KindOf(err) != fault.Busy {
		t.Errorf("opened twice: %v, want busy", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := Open(context.Background(), Options{Dir: dir, Practice: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	l.url = serve(t, d)
	l.http.CloseIdleConnections()
	if d.ID() != c.ID() || d.Epoch() != c.Epoch() {
		t.Error("another centre after opening again")
	}
	if k := l.held(d, id); k.Lacking != 2 || k.Changes != len(l.of(id)) {
		t.Errorf("got %+v", k)
	}
	got := l.lack(parcel.BlobSize{Hash: l.county.Name(blobs[0]), Size: 100_000}, parcel.BlobSize{Hash: h, Size: int64(len(blobs[1]))},
		parcel.BlobSize{Hash: hb, Size: int64(len(big))})
	if !got[0].Held || got[1].Held || got[2].Held {
		t.Errorf("held: %v %v %v, want the first alone", got[0].Held, got[1].Held, got[2].Held)
	}
	const k = parcel.ChunkSize
	if r := got[2].Ranges; len(r) != 2 || r[0] != [2]int64{0, k} || r[1] != [2]int64{2 * k, 5 * k} {
		t.Errorf("ranges %v, want what is between the chunks that came", r)
	}
	for _, i := range []int{0, 2, 3} {
		if s := l.chunk(hb, big, i); s != http.StatusNoContent {
			t.Errorf("chunk %d: status %d", i, s)
		}
	}
	if s := l.chunk(hb, big, 4); s != http.StatusCreated {
		t.Errorf("last chunk: status %d, want 201", s)
	}
}

func TestContentUnderAFalseNameIsDropped(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	big := content("big", 3*parcel.ChunkSize)
	bad := loan.Hash{7}
	l.chunk(bad, big, 0)
	l.chunk(bad, big, 1)
	if s := l.chunk(bad, big, 2); s != http.StatusUnprocessableEntity {
		t.Errorf("status %d, want 422", s)
	}
	if got := l.lack(parcel.BlobSize{Hash: bad, Size: int64(len(big))}); got[0].Held || len(got[0].Ranges) != 1 {
		t.Errorf("got %+v, want all lacking", got[0])
	}
}

func TestChunks(t *testing.T) {
	whole := t
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	big := content("big", 3*parcel.ChunkSize)
	h := loan.Hash(l.county.Name(big))

	t.Run("a chunk torn on the disk is asked for again", func(t *testing.T) {
		l.chunk(h, big, 0)
		l.chunk(h, big, 1)
		c.Close()
		path := filepath.Join(dir, "partial", h.String()+".98304")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		b[40_000] ^= 1
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		c = open(whole, dir)
		l.url = serve(whole, c)
		got := l.lack(parcel.BlobSize{Hash: h, Size: int64(len(big))})
		if r := got[0].Ranges; len(r) != 1 || r[0] != [2]int64{parcel.ChunkSize, 3 * parcel.ChunkSize} {
			t.Errorf("ranges %v, want the second and third chunk", r)
		}
	})
	t.Run("many at once, also the same ones, make one blob", func(t *testing.T) {
		var wg sync.WaitGroup
		status := make([]int, 30)
		for i := range status {
			wg.Go(func() { status[i] = l.chunk(h, big, i%3) })
		}
		wg.Wait()
		whole := 0
		for _, s := range status {
			if s == http.StatusCreated {
				whole++
			} else if s != http.StatusNoContent {
				t.Errorf("status %d", s)
			}
		}
		if whole == 0 {
			t.Error("nobody was told that the blob is whole")
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "partial", h.String()+"*")); len(left) != 0 {
			t.Errorf("left over: %d", len(left))
		}
	})
	t.Run("a whole file whose row was lost is taken in", func(t *testing.T) {
		ofFolder(t)
		if _, err := c.db.Exec(`DELETE FROM blobs`); err != nil {
			t.Fatal(err)
		}
		if got := l.lack(parcel.BlobSize{Hash: h, Size: int64(len(big))}); !got[0].Held {
			t.Error("not held")
		}
	})
	t.Run("a row whose file was lost is not held", func(t *testing.T) {
		ofFolder(t)
		if err := os.Remove(c.blobs.wholePath(h)); err != nil {
			t.Fatal(err)
		}
		if got := l.lack(parcel.BlobSize{Hash: h, Size: int64(len(big))}); got[0].Held {
			t.Error("held")
		}
		l.blob(big)
	})
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	c := open(t, dir)
	l := enrol(t, c, serve(t, c))
	l.blob(content("a", 10))
	filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		secret := filepath.Base(filepath.Dir(path)) == "keys" || info.IsDir()
		if secret && info.Mode().Perm()&0o077 != 0 && path != dir {
			t.Errorf("%s has mode %o", path, info.Mode().Perm())
		}
		return nil
	})
}
