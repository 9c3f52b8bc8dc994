package store

import (
	"encoding/binary"
	"errors"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

// The buckets. All but "plain" hold sealed values alone.
const (
	bPlain     = "plain"     // readable while locked: format, a copy of the key file
	bMeta      = "meta"      // profile, acked, epoch
	bChanges   = "changes"   // device 16 | counter u64 → change
	bCases     = "cases"     // case 16 | device 16 | counter u64 → nothing
	bSummaries = "summaries" // case 16 → summary
	bChains    = "chains"    // device 16 → counter u64 | header hash 32
	bUnsent    = "unsent"    // blob hash 32 → what is to be sent
	bBlobInfo  = "blobinfo"  // blob hash 32 → the same, whether sent or not
	bBlobs     = "blobs"     // place u64 | blob hash 32 | chunk u32 → chunk
	bOperators = "operators" // operator's id → operator, JSON
	bSettings  = "settings"  // name → JSON
	bReceipts  = "receipts"  // u64 in order of arrival → receipt, JSON
)

func sealedBuckets() []string {
	return []string{bMeta, bChanges, bCases, bSummaries, bChains, bUnsent, bBlobInfo, bBlobs, bOperators, bSettings, bReceipts}
}

const (
	formatVersion = 3
	// formatInPlace is the oldest format that needs no migration: what is new
	// in today's comes with the first attachment that is written.
	formatInPlace = 2
	valueVersion  = 2
	valueHead     = 1 + 8 // version and generation
	tagSize       = 16
)

// raiseFormat says of a file that it is of today's format, so that an earlier
// version of the program leaves it alone.
func raiseFormat(tx *bbolt.Tx) error {
	b := tx.Bucket([]byte(bPlain))
	if v := b.Get([]byte("format")); len(v) == 1 && v[0] == formatVersion {
		return nil
	}
	return b.Put([]byte("format"), []byte{formatVersion})
}

// vault seals and opens values, each bound to its store, bucket, key and the
// transaction that wrote it.
type vault struct {
	id     [16]byte
	keys   map[string]*seal.Key
	ledger *seal.Key // of the ledger's tokens
}

func newVault(id [16]byte, data *seal.Key) *vault {
	v := &vault{id: id, keys: map[string]*seal.Key{}, ledger: data.Derive("doorstep store ledger v1")}
	for _, b := range sealedBuckets() {
		v.keys[b] = data.Derive("doorstep store v1 " + b)
	}
	return v
}

func (v *vault) wipe() {
	for _, k := range v.keys {
		k.Wipe()
	}
	v.ledger.Wipe()
}

// ad is a value's additional data; head is its version and generation.
func (v *vault) ad(bucket string, head, key []byte) []byte {
	b := make([]byte, 0, 17+len(bucket)+len(head)+len(key))
	b = append(b, v.id[:]...)
	b = append(append(b, byte(len(bucket))), bucket...)
	return append(append(b, head...), key...)
}

func (v *vault) seal(bucket string, key []byte, generation uint64, plain []byte) []byte {
	dst := append(make([]byte, 0, valueHead+seal.Overhead+len(plain)), valueVersion)
	dst = binary.BigEndian.AppendUint64(dst, generation)
	return v.keys[bucket].Seal(dst, plain, v.ad(bucket, dst, key))
}

// sealOver seals what stands in b behind boxRoom bytes, in its own place; b has
// room for a tag behind it.
func (v *vault) sealOver(bucket string, key []byte, generation uint64, b []byte) []byte {
	dst := binary.BigEndian.AppendUint64(append(b[:0], valueVersion), generation)
	return v.keys[bucket].Seal(dst, b[boxRoom:], v.ad(bucket, dst, key))
}

// open gives a value's content in memory of its own; fault.Missing for nil,
// fault.Damaged for what this vault did not seal for this place.
func (v *vault) open(bucket string, key, value []byte) ([]byte, error) {
	return v.openTo([]byte{}, bucket, key, value)
}

// openTo is open behind what dst holds, in its memory where there is room.
func (v *vault) openTo(dst []byte, bucket string, key, value []byte) ([]byte, error) {
	const op = "store.open value"
	if value == nil {
		return nil, fault.New(op, fault.Missing, nil)
	}
	if len(value) > 0 && value[0] > valueVersion {
		return nil, fault.New(op, fault.Newer, nil)
	}
	if !plausible(value) {
		return nil, fault.New(op, fault.Damaged, errors.New(bucket))
	}
	head := value[:valueHead]
	b, err := v.keys[bucket].Open(dst, value[valueHead:], v.ad(bucket, head, key))
	if err != nil {
		return nil, fault.New(op, fault.Damaged, errors.New(bucket))
	}
	return b, nil
}

// plausible says whether bytes have the outer form of a value.
func plausible(value []byte) bool {
	return len(value) >= valueHead+seal.Overhead && value[0] == valueVersion
}

// generation is the transaction that wrote a plausible value.
func generation(value []byte) uint64 { return binary.BigEndian.Uint64(value[1:]) }
