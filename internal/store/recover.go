package store

import (
	"context"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// Recovery is one plea of an operator who forgot the password: a request to
// the county, and the approval once it is here. It lives in memory alone, and
// must not be used from two goroutines at once.
type Recovery struct {
	ask    *seal.RecoveryAsk
	centre seal.PublicKey
	made   time.Time
	now    func() time.Time
	grant  *seal.RecoveryGrant
	until  time.Time // by this machine's running clock
	done   bool
	code   string

	Centre Centre // where to send it
}

// Recoverable says whether the county can help somebody who forgot a password.
func (l *Locked) Recoverable() bool {
	_, err := l.readCentre()
	l.mu.Lock()
	defer l.mu.Unlock()
	return err == nil && (l.keys != nil && l.keys.HasRecovery() || l.spare != nil && l.spare.HasRecovery())
}

func (l *Locked) readCentre() (Centre, error) {
	const op = "store.Centre"
	l.mu.Lock()
	defer l.mu.Unlock()
	var c Centre
	if len(l.centre) == 0 {
		return c, fault.New(op, fault.Missing, nil)
	}
	if strictJSON(l.centre, &c) != nil || c.Device == uuid.Nil {
		return c, fault.New(op, fault.Damaged, errors.New("centre"))
	}
	return c, nil
}

// AskRecovery makes a request to the county for an operator. fault.Missing
// with a sentence when this laptop was never given the county's recovery key.
func (l *Locked) AskRecovery(operator string) (*Recovery, error) {
	const op = "store.AskRecovery"
	const never = "本机还没有取得县资助中心的找回密钥，请联系系统数据管理员重设密码。"
	centre, err := l.readCentre()
	if err != nil {
		return nil, fault.Say(op, fault.Missing, never, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := l.keys
	if keys == nil {
		return nil, fault.New(op, fault.Busy, errors.New("closed"))
	}
	if !keys.HasRecovery() && l.spare != nil {
		keys = l.spare
	}
	r, err := plead(keys, centre, operator, "", l.o.now())
	if fault.KindOf(err) == fault.Missing {
		return nil, fault.Say(op, fault.Missing, never, err)
	}
	return r, fault.Wrap(op, err)
}

// plead makes a request for an operator, who forgot the password, or who is to be let
// in, as by asks. fault.Missing without a recovery key.
func plead(keys *seal.Keyfile, centre Centre, operator, by string, now func() time.Time) (*Recovery, error) {
	const op = "store.plead"
	cert, err := x509.ParseCertificate(centre.CA)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New("authority's certificate"))
	}
	pub, err := seal.PublicKeyOf(cert.PublicKey)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	ask, err := keys.AskRecovery(centre.Device, operator, now())
	if by != "" {
		ask, err = keys.AskEnabling(centre.Device, operator, by, now())
	}
	if err != nil {
		return nil, err
	}
	return &Recovery{ask: ask, centre: pub, made: now(), now: now, Centre: centre}, nil
}

// Request is the request's bytes; whoever finds them learns nothing.
func (r *Recovery) Request() []byte { return r.ask.Request() }

// Code is what two people compare by telephone: ten digits. It takes as long as
// an unlock.
func (r *Recovery) Code() string {
	if r.code == "" {
		r.code = seal.RecoveryCode(r.ask.Request())
	}
	return r.code
}

// Operator is for whom it is.
func (r *Recovery) Operator() string { return r.ask.Operator() }

// Approved says whether Take has succeeded, and Recover may be called.
func (r *Recovery) Approved() bool { return r.grant != nil }

// Take verifies and opens the county's approval. online says that it came over
// the network just now: its time runs from here, while that of a file runs
// from the request, since a file may be of any age. An approval of another
// request is fault.Refused, one whose time is over too, and one that the
// centre did not sign is fault.Untrusted.
func (r *Recovery) Take(approval []byte, online bool) error {
	const op = "store.Recovery.Take"
	if r.grant != nil || r.done {
		return fault.New(op, fault.Exists, nil)
	}
	g, err := r.ask.Open(approval, r.centre)
	if err != nil {
		if fault.KindOf(err) == fault.Refused {
			return fault.Say(op, fault.Refused, "这份批准不是给本次申请的。", err)
		}
		return fault.Wrap(op, err)
	}
	from := r.made
	if online {
		from = r.now()
	}
	until := from.Add(g.Expires.Sub(g.Issued))
	if r.now().After(until) {
		g.Data.Wipe()
		return errLate(op)
	}
	r.grant, r.until = g, until
	return nil
}

func errLate(op string) error {
	return fault.Say(op, fault.Refused, "批准已过期，请重新申请。", errors.New("the approval's time is over"))
}

// Forget drops the request and what came of it. Nil is fine.
func (r *Recovery) Forget() {
	if r == nil {
		return
	}
	r.ask.Forget()
	if r.grant != nil {
		r.grant.Data.Wipe()
	}
	r.grant, r.done = nil, true
}

// Recover opens the store by an approval and gives the operator a new
// password, in one step with a word of it in the chain. Afterwards the
// Recovery is spent and the Store holds the folder, as after Unlock.
// fault.Refused without an approval, or when its time is over; fault.Denied
// for an account switched off, of another organisation, or never enabled here. On failure the old password stays and the
// Locked is as it was.
func (l *Locked) Recover(ctx context.Context, r *Recovery, password []byte) (*Store, guard.Operator, error) {
	const op = "store.Recover"
	none := guard.Operator{}
	if err := ended(op, ctx); err != nil {
		return nil, none, err
	}
	if r.grant == nil || r.done {
		return nil, none, fault.New(op, fault.Refused, errors.New("no approval"))
	}
	if r.ask.Sort() != seal.RecoveryForgotten {
		return nil, none, fault.New(op, fault.Refused, errors.New("an approval of another sort"))
	}
	if r.now().After(r.until) {
		r.Forget()
		return nil, none, errLate(op)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lock == nil || l.db == nil {
		return nil, none, fault.New(op, fault.Busy, errors.New("closed"))
	}
	if l.keys.Holds(r.grant.Data) != nil && l.spare != nil {
		l.keys, l.spare = l.spare, l.keys
	}
	keys, other := l.keys, l.spare
	if err := keys.Holds(r.grant.Data); err != nil {
		return nil, none, fault.Wrap(op, err)
	}
	b := r.grant.Data.Bytes()
	data, err := seal.KeyFromBytes(b)
	seal.Wipe(b)
	if err != nil {
		return nil, none, fault.Wrap(op, err)
	}
	s, err := l.begin(ctx, keys, data)
	if err != nil {
		return nil, none, fault.Wrap(op, err)
	}
	who, err := l.enter(ctx, s, r.Operator(), other, func(who guard.Operator) error {
		if !keys.Has(who.ID) && (other == nil || !other.Has(who.ID)) {
			return fault.Tell(op, fault.Denied, "该账号从未在本机启用，不能找回密码。请由本机已启用的人员在“人员与密码”中申请启用。", errors.New("never enabled here"))
		}
		return s.readmit(ctx, r, who, password)
	})
	if err != nil {
		return nil, none, fault.Wrap(op, err)
	}
	r.Forget()
	return s, who, nil
}

// readmit sets a recovered operator's password, and writes that into the chain
// before, for a password set anew without a word of it must not be.
func (s *Store) readmit(ctx context.Context, r *Recovery, who guard.Operator, password []byte) error {
	const op = "store.readmit"
	switch {
	case !who.Enabled:
		return who.MaySignIn(s.o.now()())
	case !who.Within(guard.Site{County: s.profile.County, Point: s.profile.Point, Device: s.profile.Device}):
		return fault.Tell(op, fault.Denied, who.Name+"属于"+who.Where()+"，不能在"+s.profile.Point+"的电脑上找回密码。调动了的，请县资助中心先改所属机构。", errors.New("another organisation"))
	case !s.profile.Centre.Equal(r.centre) || s.profile.Device != r.Centre.Device:
		return fault.New(op, fault.Untrusted, errors.New("approved by another centre, or for another laptop"))
	}
	id := hex.EncodeToString(r.grant.ID[:])
	if _, err := s.Commit(ctx, []Entry{{Kind: loan.ChangeRecover, Operator: who.ID,
		Body: loan.ViewBody{Detail: "approval " + id}}}, nil); err != nil {
		return err
	}
	return s.EnableOperator(ctx, who, password)
}
