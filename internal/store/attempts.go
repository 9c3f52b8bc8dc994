package store

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/seal"
)

// attempts counts wrong passwords. It must work while the store is locked, so
// its file is in the open and holds ids and numbers alone. Whoever deletes it
// gains guesses at the counter, not against Argon2id.
type attempts struct {
	dir string
	mu  sync.Mutex
	by  map[string]attempt
}

type attempt struct {
	Failures    int       `json:"failures"`
	LockedUntil time.Time `json:"locked_until,omitzero"`
}

func newAttempts(dir string) *attempts {
	a := &attempts{dir: dir, by: map[string]attempt{}}
	b, err := readFile(filepath.Join(dir, attemptsFile), 1<<20)
	if err == nil && json.Unmarshal(b, &a.by) != nil || a.by == nil {
		a.by = map[string]attempt{} // a broken count must not lock people out
	}
	return a
}

func (a *attempts) fill(o guard.Operator) guard.Operator {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.by[o.ID]
	o.Failures, o.LockedUntil = t.Failures, t.LockedUntil
	return o
}

func (a *attempts) set(o guard.Operator) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := attempt{o.Failures, o.LockedUntil}
	if a.by[o.ID] == t {
		return
	}
	if t == (attempt{}) {
		delete(a.by, o.ID)
	} else {
		a.by[o.ID] = t
	}
	if b, err := json.Marshal(a.by); err == nil {
		// With no space left the count lives on in memory; to sign in must
		// still work then.
		_ = writeFile(a.dir, attemptsFile, b)
	}
}

// fail counts one wrong password.
func (a *attempts) fail(operator string, now time.Time) {
	a.set(a.fill(guard.Operator{ID: operator, Enabled: true}).Failed(now))
}

// open tries a password against the key file, then against spare where there
// is one, and keeps count. It says which of the two it fitted.
func (a *attempts) open(keys, spare *seal.Keyfile, operator string, password []byte, now time.Time) (data *seal.Key, used *seal.Keyfile, err error) {
	const op = "store.password"
	used = keys
	who := a.fill(guard.Operator{ID: operator, Enabled: true})
	if err := who.MaySignIn(now); err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	data, err = keys.Unlock(operator, password)
	if k := fault.KindOf(err); spare != nil && (k == fault.Password || k == fault.Damaged) {
		if d, e := spare.Unlock(operator, password); e == nil {
			data, err, used = d, nil, spare
		}
	}
	if fault.KindOf(err) == fault.Password {
		if keys.Has(operator) {
			who = who.Failed(now)
			a.set(who)
		}
		if who.Locked(now) {
			return nil, nil, fault.Wrap(op, who.MaySignIn(now))
		}
		if who.Failures > 0 {
			return nil, nil, fault.Say(op, fault.Password,
				fmt.Sprintf("姓名或密码不正确，还可以再试 %d 次，之后账号锁定 15 分钟。", guard.MaxFailures-who.Failures), err)
		}
	}
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	a.set(who.Cleared())
	return data, used, nil
}
