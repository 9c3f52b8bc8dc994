package rulebook_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"doorstep/internal/fault"
	"doorstep/internal/rulebook"
)

func pack(id string, most int) []byte {
	return fmt.Appendf(nil, `{"id":%q,"signed_from":"2026-01-01","undergraduate_max":%d,"graduate_max":9,"multiple":1,"maturity_base":1,"maturity_cap":2}`, id, most)
}

func TestTheCountysPacks(t *testing.T) {
	dir := t.TempDir()
	most := func(t *testing.T) int {
		t.Helper()
		ref, err := rulebook.OpenInForce(dir)
		if err != nil {
			t.Fatal(err)
		}
		p, err := ref.PolicyFor("2026-03-01")
		if err != nil {
			t.Fatal(err)
		}
		return p.UndergraduateMax
	}
	own := most(t)
	keep := func(t *testing.T, packs ...[]byte) {
		t.Helper()
		if err := rulebook.KeepPacks(dir, packs); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("are in force once kept, whatever was there is gone, and no other file stays", func(t *testing.T) {
		keep(t, pack("A", 7), pack("B", 8))
		keep(t, pack("B", 8), pack("C", 1234))
		if got := most(t); got != 1234 {
			t.Errorf("got %d", got)
		}
		if got := names(t, dir); !slices.Equal(got, []string{"packs.json"}) {
			t.Errorf("files: got %v", got)
		}
	})
	t.Run("what is no pack is damage, and the next keeping mends it", func(t *testing.T) {
		for _, text := range []string{"", "[", `[{"id":"X"}]`, "null and more"} {
			if err := os.WriteFile(rulebook.PacksPath(dir), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := rulebook.OpenInForce(dir); fault.KindOf(err) != fault.Damaged {
				t.Errorf("%q: got %v, want damaged", text, err)
			}
		}
		keep(t, pack("C", 1235))
		if got := most(t); got != 1235 {
			t.Errorf("got %d", got)
		}
	})
	t.Run("with none the program's own stand", func(t *testing.T) {
		keep(t)
		keep(t)
		if got := most(t); got != own {
			t.Errorf("got %d, want %d", got, own)
		}
	})
}
