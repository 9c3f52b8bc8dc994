package store

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

const (
	childVar = "DOORSTEP_STORE_CHILD"
	workVar  = "DOORSTEP_STORE_WORK"
)

// TestMain is also the child of the crash tests: with childVar set it works
// until it is killed, and prints what was acknowledged.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVar); dir != "" {
		work := map[string]func(string) error{"save": saveForever, "create": createOnce, "password": changeForever, "migrate": migrateOnce, "repair": repairOnce}
		if err := work[os.Getenv(workVar)](dir); err != nil {
			fmt.Println("error", fault.KindOf(err))
			os.Exit(3)
		}
		os.Exit(0)
	}
	// Before the flags are parsed, so that the command line can ask for more.
	if err := flag.Set("rapid.checks", "20"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func createOnce(dir string) error {
	fmt.Println("ready")
	s, err := Create(context.Background(), options(dir), profile(), clerk("c1"), []byte(password))
	if err == nil {
		fmt.Println("created")
		err = s.Close()
	}
	return err
}

func changeForever(dir string) error {
	ctx := context.Background()
	l, err := Open(ctx, options(dir))
	if err != nil {
		return err
	}
	s, _, err := l.Unlock(ctx, "c1", []byte(password))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for n := 0; ; n++ {
		if err := s.EnableOperator(ctx, clerk("c2"), []byte("password "+strconv.Itoa(n))); err != nil {
			return err
		}
		fmt.Println("set", n)
	}
}

func saveForever(dir string) error {
	ctx := context.Background()
	l, err := Open(ctx, options(dir))
	if err != nil {
		return err
	}
	s, _, err := l.Unlock(ctx, "c1", []byte(password))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for n := 0; ; n++ {
		id := must(uuid.NewV7())
		if _, err := s.Commit(ctx, []Entry{openEntry(id, personOf(n))}, nil); err != nil {
			return err
		}
		content := bytes.Repeat([]byte(id.String()), 3000)
		h := s.BlobName(content)
		made, err := s.Commit(ctx, []Entry{editEntry(id, "student.address", id.String()),
			{Case: id, Kind: loan.ChangeAttach, Operator: "c1", Body: loan.AttachBody{Attachment: loan.Attachment{
				Slot: loan.PortraitStudent, Blob: h, Media: "image/jpeg", Size: int64(len(content))}}}}, []Blob{{h, content}})
		if err != nil {
			return err
		}
		fmt.Println("saved", made[1].Counter, id)
	}
}

// TestKill kills a saving process at random moments: whatever it had
// acknowledged must be there, whole, and the store must go on.
func TestKill(t *testing.T) {
	rounds := 24
	if testing.Short() {
		rounds = 4
	}
	o := newTestStoreFolder(t)
	acknowledged := map[string]uint64{}
	patience := 60 // milliseconds; a busy machine saves less in the same time
	for round := 0; round < rounds || len(acknowledged) < rounds && round < 4*rounds; round++ {
		if round > 0 && len(acknowledged) < round {
			patience = min(2*patience, 4000)
		}
		for _, line := range killOne(t, "save", o.Dir, time.Duration(rand.IntN(patience))*time.Millisecond) {
			f := strings.Fields(line)
			if len(f) != 3 || len(f[2]) != 36 { // the last line may be cut
				continue
			}
			if n, err := strconv.ParseUint(f[1], 10, 64); err == nil {
				acknowledged[f[2]] = n
			}
		}
		s := unlocked(t, o)
		checkSaved(t, s, acknowledged)
		noErr(t, s.Close())
	}
	if len(acknowledged) < rounds {
		t.Fatalf("only %d saved in %d rounds", len(acknowledged), rounds)
	}
	t.Logf("%d rounds, %d acknowledged saves, all there", rounds, len(acknowledged))
}

func newTestStoreFolder(t *testing.T) Options {
	t.Helper()
	s := newTestStore(t)
	noErr(t, s.Close())
	return s.o
}

// child starts this binary for a sort of work in a folder.
func child(t *testing.T, work, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+dir, workVar+"="+work)
	out := must(cmd.StdoutPipe())
	noErr(t, cmd.Start())
	return cmd, bufio.NewScanner(out)
}

// killOne kills a child some time after it is ready and gives what it printed.
func killOne(t *testing.T, work, dir string, after time.Duration) (printed []string) {
	t.Helper()
	cmd, lines := child(t, work, dir)
	killed := false
	for lines.Scan() {
		printed = append(printed, lines.Text())
		switch {
		case lines.Text() == "ready" && !killed:
			killed = true
			time.AfterFunc(after, func() { _ = cmd.Process.Kill() })
		case strings.HasPrefix(lines.Text(), "error"):
			t.Errorf("child: %s", lines.Text())
		}
	}
	_ = cmd.Wait()
	return printed
}

// TestKillCreate kills a process that creates a store: there is a whole store
// or none, and none can be made again.
func TestKillCreate(t *testing.T) {
	none, whole := 0, 0
	for n := range 24 {
		dir := filepath.Join(t.TempDir(), "data")
		printed := killOne(t, "create", dir, time.Duration(n)*2*time.Millisecond)
		if !Exists(dir) {
			none++
			if len(printed) > 1 {
				t.Fatal("acknowledged and gone")
			}
			noErr(t, must(Create(context.Background(), options(dir), profile(), clerk("c1"), []byte(password))).Close())
		} else {
			whole++
		}
		noErr(t, unlocked(t, options(dir)).Close())
	}
	t.Logf("killed with no store yet %d times, with a whole one %d times", none, whole)
}

// TestKillPassword kills a process that sets passwords: the last acknowledged
// or the one under way is in force, and others' stay.
func TestKillPassword(t *testing.T) {
	o := newTestStoreFolder(t)
	for range 20 {
		last := -1
		for _, line := range killOne(t, "password", o.Dir, time.Duration(rand.IntN(40))*time.Millisecond) {
			if n, err := strconv.Atoi(strings.TrimPrefix(line, "set ")); err == nil {
				last = n
			}
		}
		s := unlocked(t, o)
		if last >= 0 {
			_, err := s.Verify(context.Background(), "c2", []byte("password "+strconv.Itoa(last)))
			if err != nil {
				_, err = s.Verify(context.Background(), "c2", []byte("password "+strconv.Itoa(last+1)))
			}
			noErr(t, err)
		}
		noErr(t, s.Close())
	}
}

func checkSaved(t *testing.T, s *Store, acknowledged map[string]uint64) {
	t.Helper()
	ctx := context.Background()
	noErr(t, s.VerifyChain(ctx))
	last := must(s.Outbox(ctx)).Last
	for id, n := range acknowledged {
		c, err := s.Case(ctx, uuid.MustParse(id))
		if err != nil || n > last || c.App.Student.Address != id || len(c.Attachments) != 1 {
			t.Fatalf("case %s, change %d of %d is not as acknowledged: %v", id, n, last, err)
		}
		if b, err := s.Blob(ctx, c.Attachments[0].Blob); err != nil || len(b) != 36*3000 {
			t.Fatalf("blob of case %s: %v", id, err)
		}
	}
}

// TestSecondProcess holds the folder from another process.
func TestSecondProcess(t *testing.T) {
	o := newTestStoreFolder(t)
	cmd, lines := child(t, "save", o.Dir)
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatal("the other process did not start")
	}
	start := time.Now()
	_, err := Open(context.Background(), o)
	wantKind(t, err, fault.Busy)
	if took := time.Since(start); took > 900*time.Millisecond {
		t.Fatalf("waited %v", took) // bbolt's own lock would wait a second
	}
}

// TestNothingInTheOpen searches every byte of the folder for all that was put in.
func TestNothingInTheOpen(t *testing.T) {
	ctx := context.Background()
	s := newTestStore(t)
	secrets := []string{password}
	for n := range 30 {
		p := personOf(n)
		id := newCase(t, s, n)
		address := fmt.Sprintf("大塘镇新塘村%d组", n)
		_, err := s.Commit(ctx, []Entry{editEntry(id, "student.address", address)}, nil)
		noErr(t, err)
		attachment(t, s, id, loan.DocSlot(loan.StudentIDCard), "scan of "+p.idNo)
		secrets = append(secrets, p.name, p.idNo, p.idNo[6:14]+p.idNo[14:], p.phone, address, "scan of ")
	}
	noErr(t, s.SetSetting(ctx, "note", "设置里的秘密"))
	noErr(t, s.EnableOperator(ctx, clerk("c2"), []byte("the second password")))
	_, _ = s.Verify(ctx, "c2", []byte("a wrong password"))
	noErr(t, s.Acknowledge(ctx, receipt(t, s, 2)))
	secrets = append(secrets, "设置里的秘密", "the second password", "a wrong password", "贵州大学", "韦父", "大塘镇受理点", "平塘县")
	key := s.data.Bytes()
	county := s.profile.CountyKey.Bytes()
	secrets = append(secrets, string(key[1:]), string(county[1:]), string(must(s.profile.Signer.Marshal())[36:68]))
	noErr(t, s.Close())
	var all []byte
	noErr(t, filepath.WalkDir(s.o.Dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(append(all, path...), must(os.ReadFile(path))...)
		}
		return err
	}))
	if !bytes.Contains(all, []byte("操作员c1")) {
		t.Fatal("the search itself does not work: an operator's name is in the open on purpose")
	}
	for i, secret := range secrets {
		if bytes.Contains(all, []byte(secret)) {
			t.Errorf("secret %d is in the open", i)
		}
		var wide, big []byte
		for _, u := range utf16.Encode([]rune(secret)) {
			wide, big = append(wide, byte(u), byte(u>>8)), append(big, byte(u>>8), byte(u))
		}
		if bytes.Contains(all, wide) || bytes.Contains(all, big) {
			t.Errorf("secret %d is in the open in UTF-16", i)
		}
	}
}
