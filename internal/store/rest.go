package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// rest is the leaf pages of the blobs that inspect left unread. They are
// looked at after the unlock, a few at a time beside all other work, and
// before a write touches them. Once one of them is found damaged nothing more
// is written, as if the file had not opened.
type rest struct {
	mu     sync.Mutex
	db     *bbolt.DB // whose pages they are; nil when all has been looked at
	damage error
	vetted tree // the leaf page, nil bounds for none, beside which vet looked last
	stop   context.CancelFunc
	done   chan struct{}
}

// Of the look at the rest: the leaf pages of one reading transaction, and how
// many times as long it rests afterwards.
const (
	restLeaves = 32
	restPause  = 4
)

// begin looks at the rest in a goroutine of its own, until end.
func (r *rest) begin(s *Store) {
	ctx, stop := context.WithCancel(context.Background())
	r.db, r.stop, r.done = s.db, stop, make(chan struct{})
	go func() {
		defer close(r.done)
		err := r.look(ctx, s)
		if ctx.Err() != nil {
			return
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.damage, r.db = err, nil
	}()
}

// end stops the look and waits for it.
func (r *rest) end() {
	if r.stop != nil {
		r.stop()
		<-r.done
	}
}

// fault is the damage found by now.
func (r *rest) fault() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.damage
}

// look reads all leaf pages, beginning anywhere: who signs in for a moment
// each time must not look at the same ones for ever.
func (r *rest) look(ctx context.Context, s *Store) error {
	start := make([]byte, 32)
	_, _ = rand.Read(start)
	for at, turned := start, false; ; {
		begin := time.Now()
		var next []byte
		err := s.view(ctx, "store.rest", func(tx *bbolt.Tx) error {
			return r.inspect(tx, func(in *inspector, root uint64) (err error) {
				left := restLeaves
				next, err = in.from(root, tree{}, at, &left)
				return err
			})
		})
		switch {
		case err != nil:
			return err
		case next == nil && turned || turned && bytes.Compare(next, start) >= 0:
			return nil
		case next == nil:
			turned = true
		}
		at = next
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(restPause * time.Since(begin)):
		}
	}
}

// inspect lets fn read the blobs' pages, unless the file that was opened is no
// longer this one: what took its place was looked at, or written, as a whole.
// The file is opened anew each time, for it may be exchanged in between.
func (r *rest) inspect(tx *bbolt.Tx, fn func(in *inspector, root uint64) error) error {
	if tx.DB() != r.db {
		return nil
	}
	return inspectBucket(tx, bBlobs, fn)
}

// inspectBucket lets fn read a bucket's pages as a transaction sees them; not
// when it has no pages of its own.
func inspectBucket(tx *bbolt.Tx, bucket string, fn func(in *inspector, root uint64) error) error {
	root := uint64(tx.Bucket([]byte(bucket)).Root())
	if root == 0 {
		return nil
	}
	f, err := os.Open(tx.DB().Path())
	if err != nil {
		return diskFault("store.rest", err)
	}
	defer f.Close()
	return fn(&inspector{f: f, pages: uint64(tx.Size() / pageSize)}, root)
}

// from checks leaf pages, those that may hold keys from start on, until left
// of them have been checked; next is where to go on, nil at the end.
func (in *inspector) from(id uint64, at tree, start []byte, left *int) (next []byte, err error) {
	n, err := in.node(id, nil)
	if err != nil {
		return nil, err
	}
	if n.flags == flagLeaf {
		if *left--; *left <= 0 {
			next = at.max
		}
		return next, in.leaf(n, at)
	}
	children, keys, err := in.inner(n, at)
	for i := 0; i < len(children) && next == nil && err == nil; i++ {
		if i+1 < len(keys) && bytes.Compare(keys[i+1], start) <= 0 {
			continue
		}
		next, err = in.from(children[i], at.below(keys, i), start, left)
	}
	return next, err
}

// inner is branch that ends where no tree of ours is as deep.
func (in *inspector) inner(n node, at tree) ([]uint64, [][]byte, error) {
	if at.depth > maxDepth {
		return nil, nil, structural("too deep")
	}
	return in.branch(n, at)
}

// vet checks the leaf page that a write to key is about to touch, and the two
// beside it, into which bbolt may merge it. What was looked at is not looked at
// again for the next key in its place: it is as it was, or written by us.
func (r *rest) vet(tx *bbolt.Tx, bucket string, key []byte) error {
	if bucket != bBlobs {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.db == nil {
		return r.damage
	}
	if r.vetted.depth > 0 && r.vetted.holds(key) {
		return r.damage
	}
	r.vetted = tree{}
	err := r.inspect(tx, func(in *inspector, root uint64) error { return in.beside(root, tree{}, key, &r.vetted) })
	if r.damage == nil {
		r.damage = err
	}
	return err
}

// holds says whether a key belongs below a place of a tree.
func (at tree) holds(key []byte) bool {
	return bytes.Compare(at.min, key) <= 0 && (at.max == nil || bytes.Compare(key, at.max) < 0)
}

// beside checks the leaf pages around a key; mine becomes the one that has it.
func (in *inspector) beside(id uint64, at tree, key []byte, mine *tree) error {
	n, err := in.node(id, nil)
	if err != nil {
		return err
	}
	if n.flags == flagLeaf {
		if at.holds(key) {
			*mine = at
		}
		return in.leaf(n, at)
	}
	children, keys, err := in.inner(n, at)
	if err != nil {
		return err
	}
	of, found := slices.BinarySearchFunc(keys, key, bytes.Compare)
	if !found {
		of = max(of-1, 0)
	}
	for i := max(of-1, 0); i < min(of+2, len(children)); i++ {
		if err := in.beside(children[i], at.below(keys, i), key, mine); err != nil {
			return err
		}
	}
	return nil
}
