package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var (
	errThreads = errors.New("the window drew on the wrong goroutine; desktop.log says where")
	errRace    = errors.New("the window met a data race; desktop.log says where")
)

// settle enrols the laptop by the window, signs out and in, and enables the
// reviewer.
func (s *session) settle(ctx context.Context) error {
	c := s.clerk
	code, err := os.ReadFile(s.centre.code)
	if err != nil {
		return err
	}
	return c.all(ctx,
		c.wait(patience, "msg=screen", "name=enrol"),
		c.shot("enrol"),
		c.fill("中心地址", "https://"+s.road.address),
		c.fill("注册码", strings.TrimSpace(string(code))),
		c.press("button", "连接中心"),
		c.wait(patience, "msg=act", "name=enrol"),
		c.fill("设置密码", clerkPassword),
		c.fill("再输一次密码", clerkPassword),
		c.shot("enrol-password"),
		c.press("button", "完成登记并登录"),
		c.wait(patience, "msg=screen", "name=today"),
		c.shot("today-new"),
		c.press("place", "管理"),
		c.wait(patience, "msg=screen", "name=manage"),
		c.press("choice", "/本机与显示"), c.tick("choice", "颜色/浅色"), c.press("choice", "/人员与密码"),
		c.press("button", "启用并设置密码"),
		c.fill("密码", lentPassword),
		c.fill("再输一次密码", lentPassword),
		c.shot("manage-enable"),
		c.press("button", "启用"),
		c.wait(patience, "msg=act", `name="enable operator"`),
		c.shot("manage"),
		c.key("F12"),
		c.wait(patience, "msg=screen", "name=signin"),
		c.shot("signin"),
		c.fill("操作员", reviewerName),
		c.fill("密码", lentPassword),
		c.press("button", "登录"),
		c.wait(patience, "msg=screen", `name="own password"`),
		c.fill("现在的临时密码", lentPassword),
		c.fill("新密码", reviewerPassword),
		c.fill("再输一次", reviewerPassword),
		c.shot("own-password"),
		c.press("button", "换成新密码并开始办理"),
		c.wait(patience, "msg=screen", "name=today"),
		c.key("F12"),
		c.wait(patience, "msg=screen", "name=signin"),
		c.fill("操作员", clerkName),
		c.fill("密码", clerkPassword),
		c.press("button", "登录"),
		c.wait(patience, "msg=screen", "name=today"),
	)
}

// firstCase takes a family in from new to finished, and waits for the receipt.
func (s *session) firstCase(ctx context.Context) error {
	f := families()[0]
	c := s.clerk
	if err := s.visit(ctx, f, 0, "first"); err != nil {
		return err
	}
	if err := s.arrived(ctx, 1); err != nil {
		return err
	}
	return c.all(ctx,
		c.shot("first-received"),
		c.press("place", "同步"), c.wait(patience, "msg=screen", "name=sync"),
		c.shot("sync-online"),
	)
}

// secondCase takes a family in while nothing reaches the centre.
func (s *session) secondCase(ctx context.Context) error {
	f := families()[1]
	c := s.clerk
	s.road.cut()
	s.tell("  the network is cut")
	if err := s.visit(ctx, f, 1, "second"); err != nil {
		return err
	}
	if err := c.all(ctx,
		c.press("place", "同步"), c.wait(patience, "msg=screen", "name=sync"),
		c.shot("sync-offline"),
	); err != nil {
		return err
	}
	held, _, err := s.centre.list(ctx)
	if err != nil {
		return err
	}
	if n := wholeOf(held); n != 1 {
		return fmt.Errorf("the centre holds %d whole cases with the network cut, want 1", n)
	}
	return nil
}

// reconnect restores the road and waits for the second case to arrive.
func (s *session) reconnect(ctx context.Context) error {
	c := s.clerk
	if err := s.road.restore(); err != nil {
		return err
	}
	c.w.caught()
	if err := s.arrived(ctx, 2); err != nil {
		return err
	}
	return c.all(ctx, c.shot("sync-restored"))
}

// arrived waits until the centre holds so many cases whole, and the laptop has
// heard of it.
func (s *session) arrived(ctx context.Context, count int) error {
	if err := until(ctx, time.Minute, fmt.Sprintf("%d whole cases at the centre", count), func() (bool, error) {
		held, _, err := s.centre.list(ctx)
		return wholeOf(held) >= count, err
	}); err != nil {
		return err
	}
	return until(ctx, time.Minute, "the receipt to be home", s.clerk.w.allSent)
}

func wholeOf(held []holding) int {
	n := 0
	for _, h := range held {
		if h.whole() {
			n++
		}
	}
	return n
}

// lookAround takes pictures of what the cases did not need.
func (s *session) lookAround(ctx context.Context) error {
	c := s.clerk
	return c.all(ctx,
		c.press("place", "今日"), c.wait(patience, "msg=screen", "name=today"), c.shot("today"),
		c.press("place", "案件"), c.wait(patience, "msg=screen", "name=cases"), c.shot("cases"),
		c.fill("", "qin"), c.shot("cases-pinyin"),
		c.fill("", "𬭎"), c.shot("cases-rare"),
		c.press("place", "管理"), c.wait(patience, "msg=screen", "name=manage"),
		c.press("choice", "/本机与显示"), c.tick("choice", "颜色/深色"), c.shot("manage-dark"),
		c.press("place", "今日"), c.wait(patience, "msg=screen", "name=today"), c.shot("today-dark"),
		c.press("place", "受理"), c.wait(patience, "msg=screen", "name=visit"), c.shot("visit-dark"),
	)
}

// closeWindow closes the window as a person does, and waits until it is gone.
func (s *session) closeWindow(ctx context.Context) error {
	c := s.clerk
	if err := c.w.hand.keys(ctx, "alt+F4"); err != nil {
		return err
	}
	if err := until(ctx, patience, "the window to close", func() (bool, error) { return c.w.ended(), nil }); err != nil {
		return err
	}
	if c.w.err != nil {
		return fmt.Errorf("the window ended: %w", c.w.err)
	}
	said, err := os.ReadFile(c.w.child.log)
	if err != nil {
		return err
	}
	// Fyne writes there of work done on the wrong goroutine.
	if strings.Contains(string(said), "Error in Fyne call thread") {
		return errThreads
	}
	// A lock starts the program afresh: what the run before met is only there.
	if strings.Contains(string(said), "DATA RACE") {
		return errRace
	}
	return nil
}

// account takes the sealed contracts out of the centre, holds them against the
// laptop's, and says what became of each case.
func (s *session) account(ctx context.Context) error {
	held, list, err := s.centre.list(ctx)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(s.out, "centre.json"), list, 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(s.secret(), []byte(clerkPassword), 0o600); err != nil {
		return err
	}
	home, err := s.home(ctx)
	if err != nil {
		return err
	}
	all := families()
	if len(held) != len(all) {
		return fmt.Errorf("the centre holds %d cases, want %d", len(held), len(all))
	}
	var failed error
	for i, h := range held {
		r := result{about: all[i].about, id: h.ID, held: h, file: filepath.Join(s.out, fmt.Sprintf("contract-%d.pdf", i+1))}
		r.err = s.check(ctx, r, home[h.ID])
		s.results = append(s.results, r)
		s.tell("%s", r)
		failed = errors.Join(failed, r.err)
	}
	return failed
}

func (s *session) secret() string { return filepath.Join(s.dir, "password") }

// ask runs one of the desktop's verbs as the clerk.
func (s *session) ask(ctx context.Context, verb ...string) ([]byte, error) {
	return output(ctx, append(append([]string{s.app}, verb...),
		"--data", s.laptop(), "--operator", clerkAccount, "--password-file", s.secret())...)
}

// home is the laptop's own word on its cases: their statuses.
func (s *session) home(ctx context.Context) (map[string]string, error) {
	b, err := s.ask(ctx, "case", "list", "--json")
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		var row struct{ ID, Status string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			return nil, fmt.Errorf("the laptop's cases: %w", err)
		}
		out[row.ID] = row.Status
	}
	return out, nil
}

// check says what is wrong with a case; nil is nothing.
func (s *session) check(ctx context.Context, r result, home string) error {
	switch {
	case !r.held.whole():
		return fmt.Errorf("it is %s at the centre, %d of %d files lacking", r.held.Status, r.held.Lacking, r.held.Blobs)
	case home != "received":
		return fmt.Errorf("it is %q on the laptop", home)
	}
	if err := s.centre.contract(ctx, r.id, r.file); err != nil {
		return err
	}
	said, err := s.ask(ctx, "contract", "verify", r.file)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	return nil
}

// String is the line of the end about a case.
func (r result) String() string {
	how := "arrived whole, receipt home, sealed contract verified"
	if r.err != nil {
		how = "FAILED: " + r.err.Error()
	}
	return fmt.Sprintf("case %s (%s): %s; %d changes and %d files, %d KB; receipt %s, contract %s",
		r.id, r.about, how, r.held.Changes, r.held.Blobs, r.held.Bytes>>10, r.held.ReceiptNo, r.held.ContractNo)
}
