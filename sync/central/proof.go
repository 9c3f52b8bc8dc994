package central

import (
	"context"
	"encoding/pem"
	"errors"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"github.com/google/uuid"
)

// ContractOptions say which form of a contract is wanted.
type ContractOptions struct {
	Former int  // 0 is the one in force, 1 the first that a correction voided
	Closed bool // as the terminal closed it, without what the centre put behind
}

// Contract gives the sealed contract of a case, with the centre's seal and time
// stamp as far as they are there. fault.Missing when the case, its contract or
// the contract's file is not here, fault.Damaged when the file is not what it
// was. It is for a county of made-up people; of any other it is fault.Denied, and
// ReleaseContract is the way.
func (c *Central) Contract(ctx context.Context, id uuid.UUID, o ContractOptions) ([]byte, error) {
	const op = "central.Contract"
	if err := c.madeUp(ctx); err != nil {
		return nil, fault.Wrap(op, err)
	}
	return c.contract(ctx, id, o)
}

// madeUp is fault.Denied for a county of real people.
func (c *Central) madeUp(ctx context.Context) error {
	if _, practice, err := c.County(ctx); err != nil || !practice {
		return errors.Join(fault.New("central.madeUp", fault.Denied, errors.New("people's data leave this centre only under a grant, to a named recipient: --grant")), err)
	}
	return nil
}

func (c *Central) contract(ctx context.Context, id uuid.UUID, o ContractOptions) ([]byte, error) {
	const op = "central.contract"
	s, err := c.sealBody(ctx, id, o.Former)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	key, err := c.countyKey(code)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err := c.whole(ctx, code, s.Blob, key)
	if err != nil || o.Closed {
		return b, fault.Wrap(op, err)
	}
	tail, err := c.tail(ctx, id, s.Blob)
	return append(b, tail...), fault.Wrap(op, err)
}

// tail is what the centre put behind a contract of a case.
func (c *Central) tail(ctx context.Context, id uuid.UUID, hash loan.Hash) (tail []byte, err error) {
	rows, err := contractRows(ctx, c.db, `WHERE case_id = ? AND hash = ?`, id.String(), hash[:])
	for _, k := range rows {
		tail = append(tail, k.tail...)
	}
	return tail, err
}

func (c *Central) sealBody(ctx context.Context, id uuid.UUID, former int) (*loan.SealBody, error) {
	const op = "central.sealBody"
	k, err := c.loadCase(ctx, c.db, id)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	missing := fault.New(op, fault.Missing, errors.New("no sealed contract of this case"))
	if k == nil {
		return nil, missing
	}
	state := k.Contract
	if former > 0 {
		if former > len(k.Former) {
			return nil, missing
		}
		state = &k.Former[former-1]
	}
	if state == nil || state.Sealed == nil {
		return nil, missing
	}
	return state.Sealed, nil
}

// NationalSeal gives the second signature of a contract and its key, in PEM.
// fault.Missing when it has none.
func (c *Central) NationalSeal(ctx context.Context, id uuid.UUID, former int) (sig, key []byte, err error) {
	const op = "central.NationalSeal"
	s, err := c.sealBody(ctx, id, former)
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	if s.National == nil {
		return nil, nil, fault.New(op, fault.Missing, errors.New("no second signature of this contract"))
	}
	return s.National.Signature, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: s.National.Key}), nil
}

// VerifyContract holds a file against all that the centre knows: its authority,
// the services whose time stamps count, the devices that were shut out, the
// contract it holds and those that corrections voided, and the second signature,
// its own or the one given.
func (c *Central) VerifyContract(ctx context.Context, pdf, national []byte) (contract.Report, error) {
	const op = "central.VerifyContract"
	s, err := c.Stamping(ctx)
	if err != nil {
		return contract.Report{}, fault.Wrap(op, err)
	}
	out, err := shutOut(ctx, c.db)
	if err != nil {
		return contract.Report{}, fault.Wrap(op, err)
	}
	o := contract.VerifyOptions{CA: c.authority.Cert(), Stampers: s.Roots, StampLists: s.Lists, National: national, Now: c.now(),
		Revoked: func(device string) (time.Time, bool) {
			for _, d := range out {
				if d.Device.String() == device {
					return d.At, true
				}
			}
			return time.Time{}, false
		}}
	id, err := uuid.Parse(contract.Verify(pdf, contract.VerifyOptions{}).Case)
	if err != nil {
		return contract.Verify(pdf, o), nil
	}
	k, err := c.loadCase(ctx, c.db, id)
	if err != nil && fault.KindOf(err) != fault.TooLarge {
		return contract.Report{}, fault.Wrap(op, err)
	}
	if k == nil {
		return contract.Verify(pdf, o), nil
	}
	code, _, _, err := county(ctx, c.db)
	if err != nil {
		return contract.Report{}, fault.Wrap(op, err)
	}
	key, err := c.countyKey(code)
	if err != nil {
		return contract.Report{}, fault.Wrap(op, err)
	}
	o.Hash = func(b []byte) loan.Hash { return loan.Hash(key.Name(b)) }
	return contract.Verify(pdf, o.Against(k, o.Hash(contract.Closed(pdf)))), nil
}

// KeptContract is how far the centre is with a contract. It names nobody.
type KeptContract struct {
	Case  uuid.UUID `json:"case"`
	State string    `json:"state"`         // waiting, received, stamped, plain or refused
	Why   string    `json:"why,omitempty"` // it waits, was refused, or has nothing behind it
	Tries int       `json:"tries,omitempty"`
}

// Contracts lists the contracts that were received, by case.
func (c *Central) Contracts(ctx context.Context) ([]KeptContract, error) {
	rows, err := contractRows(ctx, c.db, `WHERE hash <> ? ORDER BY case_id, at`, []byte{})
	out := make([]KeptContract, len(rows))
	for i, k := range rows {
		out[i] = KeptContract{k.id, k.state, k.why, k.tries}
	}
	return out, fault.Wrap("central.Contracts", err)
}
