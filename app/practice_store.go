package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
	"doorstep/internal/store"
	"doorstep/sync/courier"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// A laptop for practice needs nobody: its operator and password are known to
// all, and it enrols with a centre for practice alone.
const (
	practiceOperator = "practice-clerk"
	practicePassword = "practice-only"
	practiceCounty   = "522727"
)

// practiceStore opens the store of a laptop for practice, and makes it where
// the folder has none. A store with operators of its own is fault.Password.
func practiceStore(ctx context.Context, dir string) (*store.Store, error) {
	const op = "open for practice"
	// The password protects nothing, so that it need not be slow.
	o := store.Options{Dir: dir, Now: time.Now, Cost: seal.CheapCost()}
	if store.Exists(dir) {
		l, err := store.Open(ctx, o)
		if err != nil {
			return nil, fault.Wrap(op, err)
		}
		s, _, err := l.Unlock(ctx, practiceOperator, []byte(practicePassword))
		if err != nil {
			return nil, errors.Join(fault.Wrap(op, err), l.Close())
		}
		return s, nil
	}
	signer, err := seal.NewSigner()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	p := store.Profile{Device: uuid.Must(uuid.NewV7()), Signer: signer, County: practiceCounty, CountyKey: parcel.PracticeKey(seal.International), Practice: true}
	first := guard.Operator{ID: practiceOperator, Name: "练习操作员", Roles: []guard.Role{guard.Clerk}, Enabled: true}
	s, err := store.Create(ctx, o, p, first, []byte(practicePassword))
	return s, fault.Wrap(op, err)
}

// enrolPractice enrols a laptop that worked for practice before it knew a
// centre. One that has a centre already is left as it is, and needs no code.
func enrolPractice(ctx context.Context, s *store.Store, server, codeFile string) (*courier.EnrolResult, error) {
	const op = "enrol for practice"
	p := s.Profile()
	if len(p.CertDER) > 0 {
		return nil, nil
	}
	if server == "" || codeFile == "" {
		return nil, fault.New(op, fault.Input, errors.New("the laptop has no centre yet: --server and --code-file are needed"))
	}
	code, err := readSmall(codeFile)
	if err != nil {
		return nil, err
	}
	r, err := courier.Enrol(ctx, courier.EnrolRequest{Server: server, Code: strings.TrimSpace(string(code)), Device: p.Device, Signer: p.Signer, Door: true})
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer r.Profile.CountyKey.Wipe()
	if !r.Profile.Practice {
		r.Close()
		return nil, fault.New(op, fault.Refused, errors.New("a laptop for practice, and a centre that is not"))
	}
	err = s.Enrol(ctx, r.Profile)
	if fault.KindOf(err) == fault.Input {
		err = fault.New(op, fault.Refused, errors.New("the centre is older than practice without a centre: enrol first, then import"))
	}
	if err != nil {
		r.Close()
		return nil, fault.Wrap(op, err)
	}
	return r, nil
}
