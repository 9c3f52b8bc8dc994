package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// BulletinHead is a bulletin that is in force here, without its content.
type BulletinHead struct {
	Kind      bulletin.Kind `json:"kind"`
	Name      string        `json:"name"`
	Version   uint64        `json:"version"`
	Issued    time.Time     `json:"issued"`
	Taken     time.Time     `json:"taken"` // by this laptop's clock
	Hash      bulletin.Hash `json:"hash"`
	Size      int64         `json:"size"`
	Withdrawn bool          `json:"withdrawn,omitempty"` // it has no content, and says so
}

// Label is how people name the version to one another.
func (h BulletinHead) Label() string { return bulletin.Label(h.Issued, h.Hash) }

// Names of what is kept of bulletins in the bucket settings.
const (
	bulletinHeads   = "bulletin/"
	bulletinContent = "bulletin.content/"
	bulletinPieces  = "bulletin.piece/"
)

// TakeBulletin verifies a bulletin, however it came, and puts it in force: its
// signature is the centre's, its county this laptop's, its content one that the
// rules can read, and its version newer than the one here. When fresh is true
// it is durable; the same again is not fresh and no fault. An older version is
// fault.Exists, a kind not known here fault.Newer, and whatever else is wrong
// the error of bulletin.Open or of the content's own reader, each with words;
// what was in force then stays. Accounts are as a roster of operators in force says;
// where they could not be written, the same roster again writes them.
func (s *Store) TakeBulletin(ctx context.Context, raw []byte) (head BulletinHead, fresh bool, err error) {
	const op = "store.TakeBulletin"
	p := s.Profile()
	b, err := bulletin.Open(raw, p.Centre, p.County)
	if err != nil {
		return head, false, fault.Wrap(op, err)
	}
	if err := checkBulletin(b); err != nil {
		return head, false, fault.Wrap(op, err)
	}
	head = BulletinHead{Kind: b.Kind, Name: b.Name, Version: b.Version, Issued: b.Issued, Taken: s.o.now()().UTC().Truncate(time.Millisecond),
		Hash: bulletin.HashOf(raw), Size: int64(len(raw)), Withdrawn: b.Withdrawn}
	if head, fresh, err = s.putInForce(ctx, head, raw); err != nil {
		return head, false, fault.Wrap(op, err)
	}
	// Only now, so that nobody has a role here before his level.
	return head, fresh, fault.Wrap(op, s.keepListed(ctx, b))
}

// putInForce keeps a bulletin that is whole, where none as new is here.
func (s *Store) putInForce(ctx context.Context, head BulletinHead, raw []byte) (_ BulletinHead, fresh bool, err error) {
	const op = "store.putInForce"
	key := string(head.Kind) + "/" + head.Name
	s.write.Lock()
	defer s.write.Unlock()
	if have, ok := s.bulletin(head.Kind, head.Name); ok {
		switch {
		case have.Version == head.Version && have.Hash == head.Hash:
			return have, false, nil
		case have.Version >= head.Version:
			return have, false, fault.Say(op, fault.Exists, "本机已有更新的"+head.Kind.Label()+"（版本 "+have.Label()+"），没有采用旧的。",
				errors.New("older than the one in force"))
		}
	}
	err = s.update(ctx, op, func(tx *bbolt.Tx) error { return s.putBulletin(tx, key, head, raw) })
	if err != nil {
		return head, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bulletins[key] = head
	s.bulletinMark++
	return head, true, nil
}

func (s *Store) putBulletin(tx *bbolt.Tx, key string, head BulletinHead, raw []byte) error {
	j, err := json.Marshal(head)
	if err != nil {
		return err
	}
	if err := s.dropPieces(tx, key, 0); err != nil {
		return err
	}
	if err := s.put(tx, bSettings, []byte(bulletinHeads+key), j); err != nil {
		return err
	}
	if err := s.dropUnder(tx, contentPrefix(key), nil); err != nil || head.Withdrawn {
		return err
	}
	n := uint32(0)
	for part := range slices.Chunk(raw, bulletinPart) {
		if err := s.put(tx, bSettings, binary.BigEndian.AppendUint32(contentPrefix(key), n), part); err != nil {
			return err
		}
		n++
	}
	return nil
}

// bulletinPart is how much of a bulletin one value holds: small, for a setting
// that is written takes its neighbours' pages along.
const bulletinPart = 3 << 10

// contentPrefix begins the names of a bulletin's parts; kind and name hold no
// slash, so no other's begin so.
func contentPrefix(key string) []byte { return []byte(bulletinContent + key + "/") }

// rawBulletin reads the bytes of a bulletin; fault.Missing when there are none.
func (s *Store) rawBulletin(tx *bbolt.Tx, key string) ([]byte, error) {
	const op = "store.rawBulletin"
	var raw []byte
	prefix := contentPrefix(key)
	c := tx.Bucket([]byte(bSettings)).Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		part, err := s.vault.open(bSettings, k, v)
		if err != nil {
			return nil, err
		}
		raw = append(raw, part...)
	}
	if raw == nil {
		return nil, fault.New(op, fault.Missing, nil)
	}
	return raw, nil
}

// checkBulletin reads the content as its kind is read.
func checkBulletin(b *bulletin.Bulletin) error {
	const op = "store.checkBulletin"
	if !b.Kind.Known() {
		return fault.New(op, fault.Newer, errors.New("kind of bulletin"))
	}
	if b.Withdrawn {
		return nil
	}
	var err error
	same := true // the content's own name is that of the bulletin
	switch b.Kind {
	case bulletin.Roster:
		var r *loan.Roster
		if r, err = loan.ParseRoster(b.Content); err == nil {
			same = r.Group == b.Name
		}
	case bulletin.Schools:
		_, err = loan.ParseRegister(bytes.NewReader(b.Content))
		same = b.Name == bulletin.RegisterName
	case bulletin.Policy:
		var p loan.Policy
		p, err = loan.ParsePolicy(b.Content)
		same = p.ID == b.Name
	case bulletin.Template:
		var t loan.Template
		t, err = loan.ParseTemplate(b.Content)
		same = t.Ref() == b.Name
	case bulletin.Grant:
		var g guard.Grant
		g, err = guard.ParseGrant(b.Content)
		same = g.ID == b.Name
	case bulletin.Asks:
		_, err = guard.ParseWaiting(b.Content)
		same = b.Name == bulletin.AsksName
	case bulletin.Answers:
		_, err = guard.ParseAnswersBack(b.Content)
		same = b.Name == bulletin.AnswersName
	case bulletin.Reviews:
		_, err = guard.ParseReviewed(b.Content)
		same = b.Name == bulletin.ReviewsName
	case bulletin.Operators:
		_, err = guard.ParseListed(b.Content)
		same = b.Name == bulletin.OperatorsName
	case bulletin.Standing:
		_, err = guard.ParseStandings(b.Content)
		same = b.Name == bulletin.StandingName
	case bulletin.Devices:
		_, err = bulletin.ParseDevices(b.Content)
		same = b.Name == bulletin.ShutOutName
	}
	if err == nil && !same {
		err = fault.New(op, fault.Input, errors.New("content of another name"))
	}
	return fault.Wrap(op, err)
}

func (s *Store) bulletin(kind bulletin.Kind, name string) (BulletinHead, bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	h, ok := s.bulletins[string(kind)+"/"+name]
	return h, ok
}

// Bulletins lists what of these kinds is in force, or of all kinds where none
// is named, those withdrawn left out: by kind, and then as they were issued.
func (s *Store) Bulletins(kinds ...bulletin.Kind) []BulletinHead {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []BulletinHead
	for _, h := range s.bulletins {
		if !h.Withdrawn && (len(kinds) == 0 || slices.Contains(kinds, h.Kind)) {
			out = append(out, h)
		}
	}
	order := bulletin.Kinds()
	slices.SortFunc(out, func(a, b BulletinHead) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)),
			cmp.Compare(a.Version, b.Version), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// Withdrawn says whether a bulletin was here, or known to be, and is no longer
// in force.
func (s *Store) Withdrawn(kind bulletin.Kind, name string) bool {
	h, ok := s.bulletin(kind, name)
	return ok && h.Withdrawn
}

// HasBulletin says whether a version, or a newer one, was taken already.
func (s *Store) HasBulletin(kind bulletin.Kind, name string, version uint64) bool {
	h, ok := s.bulletin(kind, name)
	return ok && h.Version >= version
}

// BulletinMark is another number after every bulletin taken since the unlock:
// who made something of bulletins makes it anew.
func (s *Store) BulletinMark() uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bulletinMark
}

// Bulletin reads the content of one in force; fault.Missing for one that is not.
func (s *Store) Bulletin(ctx context.Context, kind bulletin.Kind, name string) ([]byte, error) {
	const op = "store.Bulletin"
	var raw []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) (err error) {
		raw, err = s.rawBulletin(tx, string(kind)+"/"+name)
		return err
	})
	if err != nil {
		return nil, err
	}
	b, err := s.openBulletin(raw)
	if err != nil {
		return nil, err
	}
	return b.Content, nil
}

// openBulletin opens a bulletin that is kept here.
func (s *Store) openBulletin(raw []byte) (*bulletin.Bulletin, error) {
	p := s.Profile()
	b, err := bulletin.Open(raw, p.Centre, p.County)
	if err != nil {
		return nil, fault.New("store.openBulletin", fault.Damaged, err)
	}
	return b, nil
}

// foundBulletins is what the settings hold of bulletins, as they are walked.
type foundBulletins struct {
	heads map[string]BulletinHead
	sizes map[string]int64 // of the content that is here
}

// visit takes one setting.
func (f *foundBulletins) visit(key, plain []byte) error {
	if name, ok := strings.CutPrefix(string(key), bulletinContent); ok && len(name) > 5 {
		f.sizes[name[:len(name)-5]] += int64(len(plain))
	}
	name, ok := strings.CutPrefix(string(key), bulletinHeads)
	if !ok {
		return nil
	}
	var h BulletinHead
	if strictJSON(plain, &h) != nil || string(h.Kind)+"/"+h.Name != name {
		return structural("bulletin")
	}
	f.heads[name] = h
	return nil
}

// whole leaves away those whose content a repair could not save: they are not
// in force, and come again.
func (f *foundBulletins) whole() map[string]BulletinHead {
	for name, h := range f.heads {
		if !h.Withdrawn && f.sizes[name] != h.Size {
			delete(f.heads, name)
		}
	}
	return f.heads
}
