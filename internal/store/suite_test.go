package store

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"doorstep/internal/seal"
)

// nationalTests is set in the process that runs the package's tests over
// stores of the National suite.
const nationalTests = "DOORSTEP_TEST_NATIONAL"

// testSuite is the suite of the stores that tests make.
func testSuite() seal.Suite {
	if os.Getenv(nationalTests) != "" {
		return seal.National
	}
	return seal.International
}

// TestUnderTheNationalSuite runs the package's tests again, over stores that
// are SM2, SM3 and SM4 throughout.
func TestUnderTheNationalSuite(t *testing.T) {
	if os.Getenv(nationalTests) != "" {
		t.Skip("this is that run")
	}
	if testing.Short() {
		t.Skip("twice the time")
	}
	// The long campaigns over pages and crashes are the same for any key.
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.skip",
		"Kill|Flip|Model|Full|Damage|AnyPage|AnyMoment|NothingIsErased|Compact|DuringABackup|NeverUsedAgain|LeaveTheBackup|WhileWriting")
	cmd.Env = append(os.Environ(), nationalTests+"=1")
	out, err := cmd.CombinedOutput()
	passed := 0
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		switch name, _, _ := strings.Cut(strings.TrimPrefix(line, "--- PASS: "), " "); {
		case strings.HasPrefix(line, "--- PASS: "):
			passed++
			t.Run(name, func(*testing.T) {})
		case strings.HasPrefix(line, "--- FAIL: "):
			t.Errorf("under SM2, SM3 and SM4: %s", line)
		}
	}
	if err != nil || passed < 50 {
		t.Fatalf("%v, %d passed\n%s", err, passed, out[max(0, len(out)-4000):])
	}
}

func TestTheSuiteIsTheStoresThroughout(t *testing.T) {
	ctx := context.Background()
	for _, suite := range seal.Suites() {
		t.Run(suite.String(), func(t *testing.T) {
			p := profile()
			p.Chain, p.CountyKey = must(seal.NewSignerOf(suite)), seal.NewKeyOf(suite)
			o := options(t.TempDir())
			s := must(Create(ctx, o, p, clerk("c1"), []byte(password)))
			newCase(t, s, 1)
			s = reopened(t, s)
			if got := s.data.Suite(); got != suite {
				t.Errorf("the data key is of %v", got)
			}
			for name, k := range s.vault.keys {
				if k.Suite() != suite {
					t.Errorf("values of %s are of %v", name, k.Suite())
				}
			}
			ch := must(s.Pending(ctx, 0, 1))[0]
			if got, want := ch.HeaderHash(s.Sum), ch.AppendHeader(nil); !bytes.Equal(got[:], sumOf(suite, want)) {
				t.Error("the chain is of another suite")
			}
			keys := must(seal.ParseKeyfile(must(os.ReadFile(filepath.Join(o.Dir, keysFile)))))
			if keys.Suite() != suite {
				t.Errorf("the key file is of %v", keys.Suite())
			}
			noErr(t, s.VerifyChain(ctx))
		})
	}
}

func sumOf(s seal.Suite, b []byte) []byte {
	sum := s.Sum(b)
	return sum[:]
}
