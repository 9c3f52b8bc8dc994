package store

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"sync"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// readied is blobs that are being sealed, to be written, and whose names are
// being checked.
type readied struct {
	s       *Store
	blobs   []Blob
	names   *seal.Key // of their names
	out     []*boxes
	workers sync.WaitGroup
	placing sync.WaitGroup // of each blob
	naming  sync.WaitGroup

	mu         sync.Mutex
	known      sync.Cond // generation
	generation uint64    // of the transaction that writes them; 0: not known yet
	over       bool      // or none will
	toSeal     []int
	toPlace    []int // sealed
	placed     int
	toName     []int
	wrong      bool
}

// ready begins to seal blobs and to check their names, on all processors and
// beside what else the caller's transaction has to do. What writes them does so
// in within, and asks named before it commits; the caller calls done after the
// transaction.
func (s *Store) ready(blobs []Blob) (*readied, error) {
	const op = "store.ready"
	if err := checkSizes(blobs); err != nil {
		return nil, err
	}
	s.dbMu.RLock()
	defer s.dbMu.RUnlock()
	if s.db == nil {
		return nil, fault.New(op, fault.Busy, errors.New("closed"))
	}
	r := &readied{s: s, blobs: blobs, out: make([]*boxes, len(blobs))}
	r.known.L = &r.mu
	if len(blobs) == 0 {
		return r, nil
	}
	r.names = s.profile.CountyKey.NameKey() // Close wipes the county's
	for i := range blobs {
		r.toSeal = append(r.toSeal, i)
	}
	// The longest first, or all wait for it at the end.
	slices.SortFunc(r.toSeal, func(a, b int) int { return len(blobs[b].Content) - len(blobs[a].Content) })
	r.toName, r.toPlace = slices.Clone(r.toSeal), make([]int, 0, len(blobs))
	r.placing.Add(len(blobs))
	r.naming.Add(len(blobs))
	suite := s.data.Suite()
	for range min(runtime.GOMAXPROCS(0), 2*len(blobs)) {
		r.workers.Go(func() { r.work(suite) })
	}
	return r, nil
}

// work does what is to be done until nothing is: first what the transaction
// waits for sooner.
func (r *readied) work(suite seal.Suite) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		var i int
		switch {
		case r.generation != 0 && pop(&r.toPlace, &i):
			r.unlocked(func() { r.s.vault.place(r.blobs[i].Hash, r.out[i], r.generation) })
			r.placing.Done()
			if r.placed++; r.placed == len(r.blobs) {
				r.unlocked(runtime.Gosched) // to the transaction, which waits for this
			}
		case pop(&r.toSeal, &i):
			r.unlocked(func() { r.out[i] = sealBlob(suite, r.blobs[i].Hash, r.blobs[i].Content, r.s.rooms.get) })
			r.toPlace = append(r.toPlace, i)
		case pop(&r.toName, &i):
			right := false
			r.unlocked(func() { right = r.blobs[i].named(r.names) })
			r.wrong = r.wrong || !right
			r.naming.Done()
		case r.generation != 0 || r.over:
			return
		default:
			r.known.Wait()
		}
	}
}

func (r *readied) unlocked(do func()) {
	r.mu.Unlock()
	defer r.mu.Lock()
	do()
}

func pop(from *[]int, i *int) bool {
	if len(*from) == 0 {
		return false
	}
	*i, *from = (*from)[0], (*from)[1:]
	return true
}

// named says whether the blob's name is its content's.
func (b Blob) named(names *seal.Key) bool {
	namer := names.MAC()
	namer.Write(b.Content)
	return !b.Hash.Zero() && bytes.Equal(namer.Sum(nil), b.Hash[:])
}

// within lets the chunks be sealed for their places in the transaction of w
// while do runs in it, which waits for them in boxes.
func (r *readied) within(w *work, do func() error) error {
	r.mu.Lock()
	r.generation = w.s.book.next.generation
	r.mu.Unlock()
	r.known.Broadcast()
	defer r.placing.Wait() // the transaction holds off Close, which wipes the keys
	return do()
}

// boxes are the blobs' chunks, sealed for their places.
func (r *readied) boxes() map[loan.Hash]*boxes {
	r.placing.Wait()
	all := make(map[loan.Hash]*boxes, len(r.blobs))
	for i, b := range r.blobs {
		all[b.Hash] = r.out[i]
	}
	return all
}

// named is fault.Input unless each blob's name is its content's.
func (r *readied) named() error {
	r.naming.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.wrong {
		return fault.New("store.named", fault.Input, errors.New("the name is not the content's"))
	}
	return nil
}

// done wipes the keys of blobs and takes back the memory of their chunks, to
// which no transaction may refer any more.
func (r *readied) done() {
	r.mu.Lock()
	r.over = true
	r.mu.Unlock()
	r.known.Broadcast()
	r.workers.Wait()
	r.names.Wipe()
	for _, b := range r.out {
		b.own.Wipe()
		for _, chunk := range b.chunks {
			r.s.rooms.put(chunk)
		}
		b.chunks = nil
	}
}
