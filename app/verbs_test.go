package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/rogpeppe/go-internal/testscript"

	"doorstep/assets"
	"doorstep/internal/bulletin"
	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
	"doorstep/internal/seal"
	"doorstep/sync/central"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"doorstep": main})
}

// TestVerbs runs the scripts of testdata/script, each in a folder of its own
// beside a centre of its own: $CENTRE is its address; "code FILE" writes a
// fresh enrolment code; "sealed A B" writes a contract sealed under it, and one
// with a bit flipped; "family DIR" has anna begin a case at a laptop, whose id
// is $CASE from then on; "issue KIND FILE NAME TO" lets the centre sign what goes
// down and writes it to a file; "harm DIR" destroys a page
// of its database; "busy DIR ACCOUNT" tries a verb while a window has the
// folder; "idof FILE NAME" sets NAME to the first id in a file; "take STICK" hands
// a stick to the centre; "shutout FILE" revokes the centre's only laptop and writes
// a code with which it enrols again; "centre down" takes it off the network.
func TestVerbs(t *testing.T) {
	cases, err := filepath.Abs("testdata/cases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			c, err := startCentre(e.WorkDir)
			if err != nil {
				return err
			}
			e.Defer(c.stop)
			e.Values[centreKey{}] = c
			e.Setenv("CENTRE", c.url)
			e.Setenv("CASES", cases)
			return os.WriteFile(filepath.Join(e.WorkDir, "ca.der"), c.Authority().Cert().Raw, 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"code": func(ts *testscript.TestScript, _ bool, args []string) {
				code, err := centreOf(ts).NewCode(context.Background(), central.NewCodeOptions{})
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(code+"\n"), 0o600))
			},
			"sealed": func(ts *testscript.TestScript, _ bool, args []string) {
				pdf, err := centreOf(ts).sealedContract()
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), pdf, 0o600))
				pdf[len(pdf)/2] ^= 1
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), pdf, 0o600))
			},
			"letin": func(ts *testscript.TestScript, _ bool, args []string) {
				ts.Check(letIn(ts.MkAbs(args[0]), args[1], ts.ReadFile(args[2])))
			},
			"family": func(ts *testscript.TestScript, _ bool, args []string) {
				id, err := newFamily(ts.MkAbs(args[0]))
				ts.Check(err)
				ts.Setenv("CASE", id)
			},
			"harm": func(ts *testscript.TestScript, _ bool, args []string) {
				f, err := os.OpenFile(filepath.Join(ts.MkAbs(args[0]), "store.bolt"), os.O_WRONLY, 0)
				ts.Check(err)
				_, err = f.WriteAt(make([]byte, 4096), 0)
				ts.Check(errors.Join(err, f.Close()))
			},
			"busy": func(ts *testscript.TestScript, _ bool, args []string) {
				door, err := openDoor(context.Background(), ts.MkAbs(args[0]))
				ts.Check(err)
				code, _, errs := try(append([]string{"case", "list", "--data", ts.MkAbs(args[0])}, args[1:]...)...)
				ts.Check(door.Close())
				if code != exitBusy || !strings.Contains(errs, "in use by another program") {
					ts.Fatalf("exit code %d: %s", code, errs)
				}
			},
			"idof": func(ts *testscript.TestScript, _ bool, args []string) {
				id := anyID.FindString(ts.ReadFile(args[0]))
				if id == "" {
					ts.Fatalf("no id in %s", args[0])
				}
				ts.Setenv(args[1], id)
			},
			"take": func(ts *testscript.TestScript, _ bool, args []string) {
				taken, err := centreOf(ts).TakeStick(context.Background(), ts.MkAbs(args[0]))
				ts.Check(err)
				if len(taken) != 1 || !taken[0].Clean() {
					ts.Fatalf("taken: %+v", taken)
				}
			},
			"shutout": func(ts *testscript.TestScript, _ bool, args []string) {
				ctx := context.Background()
				h, err := centreOf(ts).List(ctx)
				ts.Check(err)
				ts.Check(centreOf(ts).Revoke(ctx, h.Devices[0].ID))
				code, err := centreOf(ts).NewCode(ctx, central.NewCodeOptions{Again: h.Devices[0].ID})
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(code+"\n"), 0o600))
			},
			"issue": func(ts *testscript.TestScript, _ bool, args []string) {
				c := centreOf(ts)
				b, err := os.ReadFile(ts.MkAbs(args[1]))
				ts.Check(err)
				switch args[0] {
				case "policy":
					_, _, err = c.AddPolicy(context.Background(), b, true)
				case "schools":
					_, err = c.ImportSchools(context.Background(), bytes.NewReader(b))
				}
				ts.Check(err)
				raw, err := c.BulletinFile(context.Background(), bulletin.Kind(args[0]), args[2])
				ts.Check(err)
				ts.Check(os.WriteFile(ts.MkAbs(args[3]), raw, 0o600))
			},
			"centre": func(ts *testscript.TestScript, _ bool, _ []string) { centreOf(ts).stop() },
		},
	})
}

var anyID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

type centreKey struct{}

func centreOf(ts *testscript.TestScript) *centre { return ts.Value(centreKey{}).(*centre) }

// centre is a central server in this process.
type centre struct {
	*central.Central
	url  string
	stop func()
}

func startCentre(dir string) (*centre, error) {
	ctx := context.Background()
	c, err := central.Open(ctx, central.Options{Dir: filepath.Join(dir, "centre"), County: "522727", CountyName: "平塘县"})
	if err != nil {
		return nil, err
	}
	for id, role := range map[string]string{"anna": "clerk", "bert": "reviewer", "aud": "auditor", "dora": "dataadmin"} {
		if err := c.AddOperator(ctx, central.Operator{ID: id, Name: "测试" + id, Roles: []string{role}}); err != nil {
			return nil, err
		}
	}
	tls, err := c.TLSConfig([]string{"127.0.0.1"})
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: c.Handler(), TLSConfig: tls}
	done := make(chan error, 1)
	go func() { done <- srv.ServeTLS(l, "", "") }()
	stopped := false
	return &centre{c, "https://" + l.Addr().String(), func() {
		if stopped {
			return
		}
		stopped = true
		srv.Close()
		<-done
		c.Close()
	}}, nil
}

// sealedContract is a filled contract sealed by a device of the centre.
func (c *centre) sealedContract() ([]byte, error) {
	press, err := contract.NewPress()
	if err != nil {
		return nil, err
	}
	rules, err := rulebook.Load()
	if err != nil {
		return nil, err
	}
	pack, err := rules.PolicyFor("2025-08-06")
	if err != nil {
		return nil, err
	}
	form, err := fs.ReadFile(assets.Templates(), "loan-contract-1.json")
	if err != nil {
		return nil, err
	}
	now := time.Now()
	pdf, err := press.Fill(contract.Input{App: loan.Application{AsOf: "2025-08-06", Kind: loan.First}, Pack: pack, Template: form,
		Strokes: map[loan.Party][]contract.Stroke{loan.StudentParty: {{Points: []contract.Point{{X: 0.2, Y: 0.3}, {X: 0.6, Y: 0.5}}}}},
		CaseID:  uuid.UUID{15: 1}, Point: "测试受理点", Operator: "测试员", At: now})
	if err != nil {
		return nil, err
	}
	signer, err := seal.NewSigner()
	if err != nil {
		return nil, err
	}
	der, err := c.Authority().Issue(signer.Public().Crypto(), seal.Device, "device-1", nil, time.Hour, now)
	if err != nil {
		return nil, err
	}
	return contract.Seal(pdf, contract.Closing{Signer: signer, Cert: der, CA: c.Authority().Cert().Raw,
		Events: []contract.Event{{Party: loan.StudentParty, At: now}}})
}

// newFamily begins a case as anna and gives its id.
func newFamily(dir string) (string, error) {
	ctx := context.Background()
	door, err := openDoor(ctx, dir)
	if err != nil {
		return "", err
	}
	d, err := door.SignIn(ctx, "anna", []byte("right-horse-42"))
	if err != nil {
		return "", err
	}
	defer d.Close()
	k, err := d.NewCase(ctx, loan.First, false)
	if err != nil {
		return "", err
	}
	_, err = d.Edit(ctx, k.ID, map[string]any{"student.name": "韦测甲", "student.id_no": "522727200503149914", "loan.amount": 5800})
	return k.ID.String(), err
}

func try(args ...string) (code int, out, errs string) {
	var o, e strings.Builder
	code = run(args, std{strings.NewReader(""), &o, &e})
	return code, o.String(), e.String()
}

// letIn is somebody of the roster who was let in at a laptop, and has a password of
// their own.
func letIn(dir, who, password string) error {
	ctx := context.Background()
	door, err := openDoor(ctx, dir)
	if err != nil {
		return err
	}
	d, err := door.SignIn(ctx, "anna", []byte("right-horse-42"))
	if err != nil {
		return err
	}
	o, err := d.Store().Account(ctx, who)
	if err == nil {
		err = d.Store().EnableOperator(ctx, o, []byte(strings.TrimSpace(password)))
	}
	return errors.Join(err, d.Close())
}

func TestHelp(t *testing.T) {
	code, out, errs := try("--help")
	if code != exitDone || errs != "" {
		t.Errorf("got %d, %q", code, errs)
	}
	for _, v := range verbs() {
		if v.hidden {
			if strings.Contains(out, v.name) {
				t.Errorf("the hidden verb %s is in the help", v.name)
			}
			continue
		}
		if !strings.Contains(out, v.name) || !strings.Contains(out, v.summary) {
			t.Errorf("%s is not in the help", v.name)
		}
		words := strings.Fields(v.name)
		for _, args := range [][]string{append(slices.Clone(words), "--help"), append([]string{"help"}, words...)} {
			code, out, errs := try(args...)
			if code != exitDone || errs != "" || !strings.Contains(out, "--data") || !strings.Contains(out, "Exit codes:") {
				t.Errorf("%v: got %d, %q, %q", args, code, out, errs)
			}
		}
	}
}

func TestWrongCommandLines(t *testing.T) {
	for _, args := range [][]string{
		{"frobnicate"}, {"schools"}, {"case"}, {"schools", "export"}, {"check"}, {"check", "a", "b"}, {"check", "--nope", "a"},
		{"schools", "import"}, {"enrol"}, {"enrol", "--server", "x", "--code-file", "y"}, {"case", "show"},
		{"case", "list"}, {"operator", "enable", "x"}, {"sync", "run"}, {"sync", "run", "--give-up", "soon"}, {"contract", "verify"},
		{"contract", "verify", "a.pdf", "--operator", "anna"}, {"--nope"}, {"--data"},
	} {
		code, out, errs := try(args...)
		if code != exitUsage || out != "" || !strings.Contains(errs, "--help") {
			t.Errorf("%v: got %d, %q, %q", args, code, out, errs)
		}
	}
}

func TestFlagsStandAnywhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "-x.jsonl")
	if err := os.WriteFile(file, []byte(good), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(file))
	dir := t.TempDir()
	for _, args := range [][]string{
		{"check", file, "--data", dir}, {"check", "--data=" + dir, file}, {"check", "--data", dir, "--", "-x.jsonl"}, {"check", "-data", dir, "./-x.jsonl"},
	} {
		if code, out, errs := try(args...); code != exitDone || !strings.HasPrefix(out, `{"id":"G"`) {
			t.Errorf("%v: got %d, %q", args, code, errs)
		}
	}
}

func TestEveryKindHasAnExitCodeAndWords(t *testing.T) {
	seen := map[string]fault.Kind{}
	for _, k := range fault.Kinds() {
		err := fault.Wrap("outer", fault.New("inner", k, io.ErrUnexpectedEOF))
		if code := exitCode(err); code < exitBad || code > exitStopped || code == exitUsage {
			t.Errorf("%s: exit code %d", k, code)
		}
		words := sortOf(err)
		if k != fault.Other && words == "failed" {
			t.Errorf("%s has no words", k)
		}
		if other, ok := seen[words]; ok {
			t.Errorf("%s and %s have the same words", k, other)
		}
		seen[words] = k
		if got, want := plain(err), words+": unexpected EOF"; got != want {
			t.Errorf("%s: got %q, want %q", k, got, want)
		}
	}
	if got := plain(fmt.Errorf("%w", errors.New("bare"))); got != "failed: bare" {
		t.Errorf("got %q", got)
	}
	if exitCode(nil) != exitDone {
		t.Error("no error is not done")
	}
}
