package central

import (
	"context"

	"doorstep/internal/loan"
)

// shelf keeps whole blobs under their names: a folder, or a bucket of an
// S3-compatible store.
type shelf interface {
	// keep makes the whole blob at path, size bytes, durable under its name, in
	// the place of whatever was there; the file may be gone afterwards.
	keep(ctx context.Context, county string, h loan.Hash, size int64, path string) error
	// read gives n bytes from offset on, or those there are. fault.Missing when
	// the blob is not there, fault.Input for an offset behind its end,
	// fault.Damaged where the shelf itself can see that it is not what was kept.
	read(ctx context.Context, county string, h loan.Hash, offset, n int64) ([]byte, error)
	// erase takes the blob away for good; nil where it is not there.
	erase(ctx context.Context, county string, h loan.Hash) error
	// ready fails when the shelf cannot be reached.
	ready(ctx context.Context) error
	close()
}
