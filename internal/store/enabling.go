package store

import (
	"encoding/hex"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// AskEnabling makes a request to the county that an operator be let in at this
// laptop, while by is signed in, which the request says: the county approves it as it does one of an
// operator who forgot the password. fault.Missing with a sentence when this laptop
// was never given the county's recovery key.
func (s *Store) AskEnabling(operator, by string) (*Recovery, error) {
	const op = "store.AskEnabling"
	s.write.Lock()
	keys := s.keys
	s.write.Unlock()
	p := s.Profile()
	r, err := plead(keys, Centre{Server: p.Server, CA: p.CADER, Device: p.Device}, operator, by, s.o.now())
	if fault.KindOf(err) == fault.Missing {
		return nil, fault.Say(op, fault.Missing, "本机还没有取得县资助中心的密钥。请先联网同步一次，再申请启用。", err)
	}
	return r, fault.Wrap(op, err)
}

// Approval is the id of the approval that a request got, when it is for this
// laptop and its time is not over; fault.Refused, which also ends the request,
// when it is, or there is none. It spends nothing: Forget does.
func (s *Store) Approval(r *Recovery) (string, error) {
	const op = "store.Approval"
	if r.grant == nil || r.done {
		return "", fault.New(op, fault.Refused, errors.New("no approval"))
	}
	if r.ask.Sort() != seal.RecoveryEnabling {
		return "", fault.New(op, fault.Refused, errors.New("an approval of another sort"))
	}
	if r.now().After(r.until) {
		r.Forget()
		return "", errLate(op)
	}
	s.write.Lock()
	keys := s.keys
	s.write.Unlock()
	if !s.profile.Centre.Equal(r.centre) || s.profile.Device != r.Centre.Device {
		return "", fault.New(op, fault.Untrusted, errors.New("approved by another centre, or for another laptop"))
	}
	if err := keys.Holds(r.grant.Data); err != nil {
		return "", fault.Wrap(op, err)
	}
	return hex.EncodeToString(r.grant.ID[:]), nil
}

// Spent says whether the request was forgotten, and nothing can come of it.
func (r *Recovery) Spent() bool { return r.done }
