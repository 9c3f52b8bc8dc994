package stick

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"github.com/google/uuid"
)

var update = flag.Bool("update", false, "write samples that are not there")

// sample is a batch of format 1 as it was first written, with the keys to read
// it: laptop's, then centre's.
func sample(t testing.TB, s seal.Suite) (index, file []byte, laptop, centre *seal.Signer) {
	t.Helper()
	at := func(name string) string {
		return filepath.Join("testdata", "stick-1-"+string(rune('0'+s))+"."+name)
	}
	if _, err := os.Stat(at("dsi")); os.IsNotExist(err) && *update {
		e := &ends{t: t, dir: t.TempDir(), device: uuid.MustParse("01900000-0000-7000-8000-000000000001"),
			laptop: must(seal.NewSignerOf(s)), centre: must(seal.NewSignerOf(s))}
		f := e.folder()
		must(e.write(f, "first", "second"))
		dir := filepath.Join(e.dir, Name, e.device.String())
		must(0, os.MkdirAll("testdata", 0o755))
		for name, b := range map[string][]byte{"dsi": must(os.ReadFile(filepath.Join(dir, indexName(ToCentre, 1)))),
			"dsu":    must(os.ReadFile(filepath.Join(dir, fileName(ToCentre, 1, 1)))),
			"laptop": must(e.laptop.Marshal()), "centre": must(e.centre.Marshal())} {
			must(0, os.WriteFile(at(name), b, 0o644))
		}
	}
	return must(os.ReadFile(at("dsi"))), must(os.ReadFile(at("dsu"))),
		must(seal.ParseSigner(must(os.ReadFile(at("laptop"))))), must(seal.ParseSigner(must(os.ReadFile(at("centre")))))
}

func TestSamples(t *testing.T) {
	for _, s := range seal.Suites() {
		t.Run(s.String(), func(t *testing.T) {
			index, file, laptop, centre := sample(t, s)
			b, err := parseIndex(index, laptop.Public())
			if err != nil {
				t.Fatal(err)
			}
			if b.Number != 1 || b.County != county || b.Files() != 1 || b.suite.Sum(file) != b.files[0].hash {
				t.Errorf("index: %+v", b)
			}
			if n := must(b.Note(laptop)); string(n) != "note of first" {
				t.Errorf("note: %q", n)
			}
			items, err := openFile(file, b.Head, 1, []*seal.Signer{centre})
			if err != nil {
				t.Fatal(err)
			}
			want := []byte("\x01\x00\x00\x00\x05first\x01\x00\x00\x00\x06second")
			if !bytes.Equal(items, want) {
				t.Errorf("items: got %q, want %q", items, want)
			}
			for i := range file {
				bad := bytes.Clone(file)
				bad[i] ^= 1
				if _, err := openFile(bad, b.Head, 1, []*seal.Signer{centre}); err == nil {
					t.Fatalf("byte %d of the file may be altered", i)
				}
			}
			for i := range index {
				bad := bytes.Clone(index)
				bad[i] ^= 1
				if _, err := parseIndex(bad, laptop.Public()); err == nil {
					t.Fatalf("byte %d of the index may be altered", i)
				}
			}
		})
	}
}

func FuzzIndex(f *testing.F) {
	var keys []seal.PublicKey
	for _, s := range seal.Suites() {
		index, _, laptop, _ := sample(f, s)
		keys = append(keys, laptop.Public())
		f.Add(index)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, k := range keys {
			if got, err := parseIndex(b, k); err == nil && (got.Files() < 1 || got.Files() > MaxFiles) {
				t.Fatalf("%d files", got.Files())
			}
		}
	})
}

func FuzzFile(f *testing.F) {
	type opener struct {
		head Head
		key  *seal.Signer
	}
	var all []opener
	for _, s := range seal.Suites() {
		index, file, laptop, centre := sample(f, s)
		all = append(all, opener{must(parseIndex(index, laptop.Public())).Head, centre})
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, o := range all {
			_, _ = openFile(b, o.head, 1, []*seal.Signer{o.key})
		}
	})
}

func FuzzItems(f *testing.F) {
	f.Add([]byte("\x01\x00\x00\x00\x05first\x02\x00\x00\x00\x06second"))
	f.Add(append([]byte{2, 0, 0, 0, partHead + 1}, Part{Hash: loan.Hash{1}, Size: 1, Data: []byte("x")}.Encode()...))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		var a Assembly
		_ = eachItem(b, func(k Kind, body []byte) error {
			n += itemHead + len(body)
			if p, err := ParsePart(body); err == nil {
				if !bytes.Equal(p.Encode(), body) {
					t.Fatal("another part after the round trip")
				}
				_, _ = a.Add(p, 1<<20)
			}
			return nil
		})
		if n > len(b) {
			t.Fatal("more than there is")
		}
	})
}

func FuzzAsk(f *testing.F) {
	f.Add(must(Encode(Ask{Proof: []byte("p"), After: 3, Own: []loan.Range{{From: 2, To: 5}}, Blobs: []AskBlob{{Hash: loan.Hash{1}, Size: 3}}})))
	f.Add(must(Encode(Noted{Changes: []loan.Range{{From: 1, To: 9}}, Blobs: []loan.Hash{{2}}})))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := ParseAsk(b); err == nil {
			if _, err := ParseAsk(must(Encode(a))); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = ParseNoted(b)
	})
}

func FuzzName(f *testing.F) {
	f.Add("r00000001-001.dsu.new")
	f.Add("00000001.dsi")
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := parseName(s)
		if ok && (filepath.Base(p.name) != p.name || p.name != s) {
			t.Fatalf("%q", s)
		}
	})
}
