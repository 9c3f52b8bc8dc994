package store

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/fault"
)

const register = "code\tname\tkind\tlevel\tplace\tauthority\n4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n"

func TestRegister(t *testing.T) {
	t.Run("is taken into a new folder and beside a store that is held", func(t *testing.T) {
		s := newTestStore(t)
		for _, dir := range []string{filepath.Join(t.TempDir(), "new", "folder"), s.Dir()} {
			_, err := LoadRegister(dir)
			wantKind(t, err, fault.Missing)
			must(ImportRegister(dir, strings.NewReader(register)))
			if got, ok := must(LoadRegister(dir)).ByCode("4152010657"); !ok || got.Name != "贵州大学" {
				t.Fatalf("got %+v", got)
			}
		}
	})
	t.Run("a bad one leaves the old one in force", func(t *testing.T) {
		dir := t.TempDir()
		must(ImportRegister(dir, strings.NewReader(register)))
		_, err := ImportRegister(dir, strings.NewReader(register+"bad line\n"))
		wantKind(t, err, fault.Input)
		must(LoadRegister(dir))
	})
	t.Run("one spoiled on disk is damaged", func(t *testing.T) {
		dir := t.TempDir()
		noErr(t, os.WriteFile(RegisterPath(dir), []byte("x"), 0o600))
		_, err := LoadRegister(dir)
		wantKind(t, err, fault.Damaged)
	})
}
