package store

import (
	"bytes"
	"context"
	"os"
	"slices"
	"sync"

	"go.etcd.io/bbolt"
)

// fetchFrom is the size of a file from which on it is not in memory.
const fetchFrom = 1 << 30

// fetch reads the leaf pages into which blobs will go: a blob's name is as good
// as random, and its neighbours, which bbolt writes anew, may not have been
// looked at for weeks. bbolt would wait for them page by page. A fault is left
// for the write to find.
func (s *Store) fetch(ctx context.Context, blobs []Blob) {
	_ = s.view(ctx, "store.fetch", func(tx *bbolt.Tx) error {
		root := uint64(tx.Bucket([]byte(bBlobs)).Root())
		if tx.Size() < fetchFrom || root == 0 {
			return nil
		}
		f, err := os.Open(tx.DB().Path())
		if err != nil {
			return err
		}
		defer f.Close()
		in := &inspector{f: f, pages: uint64(tx.Size() / pageSize)}
		var wg sync.WaitGroup
		for _, b := range blobs {
			wg.Go(func() { in.fetch(root, tree{}, chunkKey(b.Hash[:], 0)) })
		}
		wg.Wait()
		return nil
	})
}

// fetch reads the leaf page where a key is or would be.
func (in *inspector) fetch(id uint64, at tree, key []byte) {
	n, err := in.node(id, nil)
	if err != nil {
		return
	}
	if n.flags == flagLeaf {
		_, _ = in.f.ReadAt(make([]byte, min(n.span, MaxBlob)), n.offset)
		return
	}
	children, keys, err := in.inner(n, at)
	if err != nil {
		return
	}
	i, found := slices.BinarySearchFunc(keys, key, bytes.Compare)
	if !found {
		i = max(i-1, 0)
	}
	var wg sync.WaitGroup
	for k := max(i-1, 0); k < min(i+2, len(children)); k++ {
		wg.Go(func() {
			if k == i {
				in.fetch(children[k], at.below(keys, k), key)
			} else if n, err := in.node(children[k], nil); err == nil && n.flags == flagLeaf {
				_ = in.leaf(n, at.below(keys, k)) // as vet will
			}
		})
	}
	wg.Wait()
}
