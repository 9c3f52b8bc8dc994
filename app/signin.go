package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

// account is who a verb works as, unattended.
type account struct{ operator, passwordFile string }

func (c *call) accountFlags(fs *flag.FlagSet) *account {
	a := &account{}
	fs.StringVar(&a.operator, "operator", "", "id or `name` of the operator to work as")
	fs.StringVar(&a.passwordFile, "password-file", "", "`file` whose first line is the operator's password")
	return a
}

// given says whether both flags are there.
func (a *account) given() bool { return a.operator != "" && a.passwordFile != "" }

const wantsAccount = "--operator and --password-file are needed"

// password reads the password and says on standard error when others can too.
func (c *call) password(a *account) ([]byte, error) {
	if info, err := os.Stat(a.passwordFile); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		fmt.Fprintf(c.err, "doorstep %s: warning: other users of this computer can read the password file (chmod 600 mends it)\n", c.verb.name)
	}
	b, err := readSmall(a.passwordFile)
	if err != nil {
		return nil, err
	}
	line, _, _ := bytes.Cut(b, []byte("\n"))
	line = bytes.TrimSuffix(line, []byte("\r"))
	if len(line) == 0 {
		return nil, fault.New("read password", fault.Input, errors.New("the first line of the password file is empty"))
	}
	return line, nil
}

// readSmall reads a file of some lines.
func readSmall(path string) ([]byte, error) {
	f, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 4 << 10
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fault.New("read file", fault.Disk, err)
	}
	if len(b) > most {
		return nil, fault.New("read file", fault.TooLarge, errors.New("longer than 4 KiB"))
	}
	return b, nil
}

// openDoor opens the data folder for signing in.
func openDoor(ctx context.Context, dir string) (*desk.Door, error) {
	rules, err := rulebook.Open(dir)
	if err != nil {
		return nil, err
	}
	return doorOf(ctx, dir, rules)
}

func doorOf(ctx context.Context, dir string, rules *loan.Reference) (*desk.Door, error) {
	return desk.OpenDoor(ctx, storeOptions(dir), deskTools(rules))
}

// deskTools are the rules and the clocks of a desk.
func deskTools(rules *loan.Reference) desk.Tools {
	return desk.Tools{Rules: rules, Now: time.Now, Steady: desk.Steady()}
}

// signIn opens the data folder as the account's operator.
func (c *call) signIn(ctx context.Context, dir string, a *account) (*desk.Desk, error) {
	return c.signInBy(ctx, a, func() (*desk.Door, error) { return openDoor(ctx, dir) })
}

func (c *call) signInBy(ctx context.Context, a *account, open func() (*desk.Door, error)) (*desk.Desk, error) {
	const op = "sign in"
	password, err := c.password(a)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer clear(password)
	door, err := open()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if door.New() {
		return nil, fault.New(op, fault.Missing, errors.New("the data folder holds no enrolled laptop; see doorstep enrol --help"))
	}
	id, err := accountOf(door.People(), a.operator)
	var d *desk.Desk
	if err == nil {
		d, err = door.SignIn(ctx, id, password)
	}
	if err != nil {
		return nil, errors.Join(fault.Wrap(op, err), door.Close())
	}
	return d, nil
}

// accountOf is whom an id or a name names: what is nobody's is given back as it is, for
// the door counts it. A name that several have is fault.Input.
func accountOf(people []desk.Person, named string) (string, error) {
	var found []string
	for _, p := range people {
		if p.ID == named {
			return p.ID, nil
		}
		if p.Name == named {
			found = append(found, p.ID)
		}
	}
	switch len(found) {
	case 0:
		return named, nil
	case 1:
		return found[0], nil
	}
	return "", fault.New("account", fault.Input, errors.New("several people have this name; give --operator the account's id"))
}

// withDesk signs in, does the work, and signs out. An interrupt ends the
// work's context.
func (c *call) withDesk(dir string, a *account, work func(ctx context.Context, d *desk.Desk) error) int {
	if !a.given() {
		return c.wrong(wantsAccount)
	}
	ctx, stop := interruptible()
	defer stop()
	d, err := c.signIn(ctx, dir, a)
	if err != nil {
		return c.fail(err)
	}
	return c.at(ctx, d, work)
}

// at does the work at a desk, and closes it.
func (c *call) at(ctx context.Context, d *desk.Desk, work func(ctx context.Context, d *desk.Desk) error) int {
	err := work(ctx, d)
	if closed := d.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return c.fail(err)
	}
	return exitDone
}

// interruptible is a context that SIGINT and SIGTERM end.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}
