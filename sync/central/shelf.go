package central

import (
	"context"

	"doorstep/internal/loan"
)

// shelf keeps whole blobs for good. What is still coming lies in local files
// of this one server, which are soft state: a shelf sees a blob only when it is
// whole and its content has its name. Which blobs are held the database says;
// a shelf is asked for those alone.
type shelf interface {
	// keep makes a blob durable under its name. path is the local file with
	// exactly its content, not yet synced; keep takes it over, and moves or
	// removes it once it has returned nil. After an error the file is left and
	// keep may be called again; keeping twice what is kept already is no error.
	// Many goroutines call it at once, so that they can share a sync. A full
	// disk or store is fault.Full.
	keep(ctx context.Context, county string, h loan.Hash, size int64, path string) error
	// read gives n bytes of a blob from offset on, fewer at its end.
	// fault.Missing where the blob is not kept, fault.Input where offset is
	// behind its end. Who gets the whole compares it with its name.
	read(ctx context.Context, county string, h loan.Hash, offset int64, n int) ([]byte, error)
	// close lets go of what is open, after the last call has returned.
	close() error
}
