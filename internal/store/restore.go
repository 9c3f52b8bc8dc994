package store

import (
	"context"
	"encoding/binary"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// restoredKey stands in the bucket plain of every backup: who opens a file that
// has it leads the chain on before anything else is written. Its value is when
// the backup was made, in milliseconds, i64.
const restoredKey = "restored"

// leadOn writes the change of a restore where the file came out of a backup.
// Counters that the lost file may have used are never used again.
func (s *Store) leadOn(ctx context.Context, operator string) error {
	const op = "store.leadOn"
	var mark []byte
	err := s.view(ctx, op, func(tx *bbolt.Tx) error {
		mark = append(mark, tx.Bucket([]byte(bPlain)).Get([]byte(restoredKey))...)
		return nil
	})
	if err != nil || mark == nil {
		return err
	}
	if len(mark) != 8 {
		return structural("mark of a restore")
	}
	last, _ := s.Head()
	made := time.UnixMilli(int64(binary.BigEndian.Uint64(mark))).UTC()
	e := Entry{Kind: loan.ChangeRestore, Operator: operator, Body: loan.RestoreBody{Last: last, Made: made}}
	return fault.Wrap(op, s.newEra(ctx, op, e, func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bPlain)).Delete([]byte(restoredKey))
	}))
}
