package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
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
	dir  string
	turn sync.Mutex // one password is tried at a time, so that each is counted
	mu   sync.Mutex
	by   map[string]attempt
}

type attempt struct {
	Failures    int       `json:"failures"`
	LockedUntil time.Time `json:"locked_until,omitzero"`
	Missed      int       `json:"missed,omitempty"` // wrong passwords that no chain tells of yet
	Last        time.Time `json:"last,omitzero"`    // of them
	Total       int       `json:"total,omitempty"`  // wrong passwords that there ever were
	Mark        string    `json:"mark,omitempty"`   // see MarkMisses; under no id alone
	Who         string    `json:"who,omitempty"`    // see NoteLast; under no id alone
	Shut        bool      `json:"shut,omitempty"`   // the account is known and cannot sign in here: there is no password to be wrong
}

// Miss is wrong passwords for an account that the chain does not tell of yet; under
// guard.Unknown those of all who are no account here, for people type passwords and
// numbers of people into that field.
type Miss struct {
	Operator string
	Count    int
	Last     time.Time
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
	t := a.by[o.ID]
	t.Failures, t.LockedUntil = o.Failures, o.LockedUntil
	a.put(o.ID, t)
}

// put keeps a count. The caller holds mu.
func (a *attempts) put(operator string, t attempt) {
	if a.by[operator] == t {
		return
	}
	if t == (attempt{}) {
		delete(a.by, operator)
	} else {
		a.by[operator] = t
	}
	a.write()
}

// write keeps the counts. The caller holds mu.
func (a *attempts) write() {
	if b, err := json.Marshal(a.by); err == nil {
		// To sign in must work where it cannot be written at all.
		if writeFile(a.dir, attemptsFile, b) != nil {
			_ = writeOver(filepath.Join(a.dir, attemptsFile), b)
		}
	}
}

// writeOver writes b into the room that a file has already, for where no other has room
// beside it: on a full disk. Cut short, it leaves a file that is broken.
func writeOver(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(b, 0); err == nil {
		err = f.Truncate(int64(len(b)))
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// miss counts a wrong password for the chain to tell of, of an account that is known
// here.
func (a *attempts) miss(operator string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.by[operator]
	t.Missed, t.Total, t.Last = t.Missed+1, t.Total+1, now.UTC().Truncate(time.Second)
	a.put(operator, t)
}

// Misses lists wrong passwords that the chain does not tell of yet, by account.
func (s *Store) Misses() []Miss {
	a := s.attempts
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []Miss
	for id, t := range a.by {
		if t.Missed > 0 {
			out = append(out, Miss{id, t.Missed, t.Last})
		}
	}
	slices.SortFunc(out, func(a, b Miss) int { return strings.Compare(a.Operator, b.Operator) })
	return out
}

// MissTotals are the wrong passwords that there ever were, by account. They only
// rise: where one fell, the file of the counts was taken away, altered or set
// back, for it lies in the open.
func (s *Store) MissTotals() map[string]int {
	a := s.attempts
	a.mu.Lock()
	defer a.mu.Unlock()
	out := map[string]int{}
	for id, t := range a.by {
		if t.Total > 0 {
			out[id] = t.Total
		}
	}
	return out
}

// MissMark is the mark that MarkMisses last put into the file of the counts; "" where
// it has none.
func (s *Store) MissMark() string {
	s.attempts.mu.Lock()
	defer s.attempts.mu.Unlock()
	return s.attempts.by[""].Mark
}

// MarkMisses puts a mark into the file of the counts: a file that was taken away,
// spoilt or is an older one has it no more.
func (s *Store) MarkMisses(mark string) {
	s.attempts.mu.Lock()
	defer s.attempts.mu.Unlock()
	t := s.attempts.by[""]
	t.Mark = mark
	s.attempts.put("", t)
}

// NoteLast keeps who has come to the counter, for Last.
func (s *Store) NoteLast(operator string) {
	s.attempts.mu.Lock()
	defer s.attempts.mu.Unlock()
	t := s.attempts.by[""]
	t.Who = operator
	s.attempts.put("", t)
}

// Last is who came to the counter last, "" where that is not known, or nobody who can
// unlock any more. It lies in the open, to choose a name by and for nothing else.
func (l *Locked) Last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.attempts.mu.Lock()
	defer l.attempts.mu.Unlock()
	if who := l.attempts.by[""].Who; l.keys != nil && l.keys.Has(who) && !l.attempts.by[who].Shut {
		return who
	}
	return ""
}

// Told says that the chain tells of what Misses listed. What was missed since
// stays.
func (s *Store) Told(told []Miss) {
	a := s.attempts
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range told {
		t := a.by[m.Operator]
		t.Missed -= m.Count
		if t.Missed <= 0 {
			t.Missed, t.Last = 0, time.Time{}
		}
		a.put(m.Operator, t)
	}
}

// shut says that an account cannot sign in here, or can. Who tries is told of in the
// chain all the same.
func (a *attempts) shut(operator string, shut bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.by[operator]
	t.Shut = shut
	a.put(operator, t)
}

// shutAll is shut for many that cannot.
func (a *attempts) shutAll(operators []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	changed := false
	for _, id := range operators {
		t := a.by[id]
		changed = changed || !t.Shut
		t.Shut = true
		a.by[id] = t
	}
	if changed {
		a.write()
	}
}

// held is whom MaySignIn is asked of. A lock that ends implausibly late was set by
// a clock ahead of this one, or this one was set back: it begins anew.
func (a *attempts) held(operator string, now time.Time) guard.Operator {
	who := a.fill(guard.Operator{ID: operator, Enabled: true})
	if who = who.Relocked(now); !who.LockedUntil.IsZero() {
		a.set(who)
	}
	return who
}

// missOf counts a password that opened nothing. What was typed for an account is kept
// nowhere where it is none.
func (a *attempts) missOf(typed string, known bool, now time.Time) {
	a.mu.Lock()
	shut := a.by[typed].Shut
	a.mu.Unlock()
	if !known && !shut {
		typed = guard.Unknown
	}
	a.miss(typed, now)
}

// fail counts one wrong password of an account that is known here.
func (a *attempts) fail(operator string, now time.Time) {
	a.set(a.fill(guard.Operator{ID: operator, Enabled: true}).Failed(now))
	a.miss(operator, now)
}

// refused counts a right password that lets nobody in: the account is switched off,
// locked, or lost.
func (a *attempts) refused(operator string, err error, now time.Time) {
	if k := fault.KindOf(err); k == fault.Denied || k == fault.Locked {
		a.miss(operator, now)
	}
}

// open tries a password against the key file, then against spare where there
// is one, and keeps count. It says which of the two it fitted.
func (a *attempts) open(keys, spare *seal.Keyfile, operator string, password []byte, now time.Time) (data *seal.Key, used *seal.Keyfile, err error) {
	const op = "store.password"
	a.turn.Lock()
	defer a.turn.Unlock()
	used = keys
	who := a.held(operator, now)
	if err := who.MaySignIn(now); err != nil {
		a.miss(operator, now) // nobody knows whether it was right
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
		a.missOf(operator, keys.Has(operator) || spare != nil && spare.Has(operator), now)
		if who.Locked(now) {
			return nil, nil, fault.Wrap(op, who.MaySignIn(now))
		}
		if who.Failures > 0 {
			return nil, nil, fault.Say(op, fault.Password,
				fmt.Sprintf("密码不正确，还可以再试 %d 次。连续输错五次，账号锁定 15 分钟。", guard.MaxFailures-who.Failures), err)
		}
	}
	if err != nil {
		return nil, nil, fault.Wrap(op, err)
	}
	a.set(who.Cleared())
	return data, used, nil
}
