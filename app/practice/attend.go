package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// The practice county's people, and the passwords they have in practice. They
// protect nothing: everybody in this data is made up.
const (
	clerkAccount     = "practice-clerk"
	clerkName        = "练习操作员"
	clerkPassword    = "lianxi-shouli"
	reviewerAccount  = "practice-reviewer"
	reviewerName     = "练习复核员"
	reviewerPassword = "lianxi-fuhe"
	lentPassword     = "linshi-mima-7" // with which the reviewer is enabled
)

// lasting is what a person's session remembers for the next.
type lasting struct {
	Address string `json:"address"` // where the centre listens: the laptop keeps it
}

// attend opens the window for a person, and ends when it is closed.
func attend(ctx context.Context, o options) error {
	dir, err := filepath.Abs(o.dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	c := &crew{logs: dir}
	defer c.endAll()
	keep, err := remember(filepath.Join(dir, "session.json"))
	if err != nil {
		return err
	}
	s, err := openCentre(ctx, c, o.sync, dir, keep.Address)
	if err != nil {
		return err
	}
	laptop := filepath.Join(dir, "laptop")
	if err := enrol(ctx, o.app, dir, laptop, s); err != nil {
		return err
	}
	fmt.Printf("\nA practice session: everybody in it is made up. The data stays in %s.\n\n", dir)
	fmt.Printf("  %s  %-18s password  %s\n", clerkName, clerkAccount, clerkPassword)
	fmt.Printf("  %s  %-18s password  %s\n\n", reviewerName, reviewerAccount, reviewerPassword)
	fmt.Println("Close the window to end it.")
	k, err := c.start("desktop", nil, nil, o.app, "--data", laptop)
	if err != nil {
		return err
	}
	select {
	case <-k.done:
		if k.err != nil {
			return fmt.Errorf("the window ended: %w\n%s", k.err, tail(k.log, 12))
		}
	case <-s.done:
		return fmt.Errorf("the central server ended: %v\n%s", s.err, tail(s.log, 12))
	case <-ctx.Done():
	}
	return nil
}

// remember reads what the last session left, or makes it.
func remember(file string) (lasting, error) {
	var l lasting
	b, err := os.ReadFile(file)
	if err == nil {
		if err := json.Unmarshal(b, &l); err != nil || l.Address == "" {
			return l, fmt.Errorf("%s is damaged: remove the folder to start anew", file)
		}
		return l, nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return l, err
	}
	if l.Address, err = freeAddress(); err != nil {
		return l, err
	}
	if b, err = json.Marshal(l); err != nil {
		return l, err
	}
	return l, os.WriteFile(file, b, 0o600)
}

// enrol makes the laptop known to the centre and enables the reviewer, unless
// an earlier session did. A folder appears under its own name only when both
// are done, so what was broken off is begun anew.
func enrol(ctx context.Context, app, dir, laptop string, s *centre) error {
	if _, err := os.Stat(laptop); err == nil {
		return nil
	}
	clerkFile, lentFile, reviewerFile := filepath.Join(dir, "clerk-password"), filepath.Join(dir, "lent-password"), filepath.Join(dir, "reviewer-password")
	defer os.Remove(clerkFile)
	defer os.Remove(lentFile)
	defer os.Remove(reviewerFile)
	unfinished := laptop + ".new"
	if err := errors.Join(os.RemoveAll(unfinished),
		os.WriteFile(clerkFile, []byte(clerkPassword), 0o600),
		os.WriteFile(lentFile, []byte(lentPassword), 0o600),
		os.WriteFile(reviewerFile, []byte(reviewerPassword), 0o600)); err != nil {
		return err
	}
	as := []string{"--data", unfinished, "--operator", clerkAccount, "--password-file", clerkFile}
	if _, err := output(ctx, append([]string{app, "enrol", "--server", "https://" + s.address, "--code-file", s.code}, as...)...); err != nil {
		return err
	}
	if _, err := output(ctx, append([]string{app, "operator", "enable", reviewerAccount, "--new-password-file", lentFile}, as...)...); err != nil {
		return err
	}
	if _, err := output(ctx, app, "operator", "password", "--data", unfinished, "--operator", reviewerAccount, "--password-file", lentFile, "--new-password-file", reviewerFile); err != nil {
		return err
	}
	return os.Rename(unfinished, laptop)
}
