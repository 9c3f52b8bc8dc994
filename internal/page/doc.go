// Package page shows the pages of a PDF, TIFF, JPEG, PNG or BMP file from unknown hands.
//
// It owns the parent's side: it hands the file's bytes by pipe to a child
// process that draws, and reads pixels back. No file is written, and nothing
// of the document reaches the parent but page counts, pixels and one-byte
// reasons. The child is package worker, reached through a command that the
// caller names.
//
// It guarantees that whatever the bytes are, the parent survives: every job
// has a time limit, every answer a size limit, the child a memory limit; a
// child that hangs, dies or talks nonsense is killed, the job ends in a fault,
// and the next job starts a new child. A document runs one job at a time; a
// child is retired after a minute's work. After Close no child is left.
//
// It leaves keeping, judging and turning images to photo.
//
// # Protocol
//
// Frames in both directions are
//
//	kind uint8 | length uint32 | length bytes
//
// with all numbers big-endian. The parent sends, the child answers each frame
// but the first with exactly one:
//
//	'L'  limits, first and once: memory MiB uint32 | CPU seconds uint32 |
//	     milliseconds a job uint32 | pixels a page uint32 | pages uint32 |
//	     document bytes uint32
//	'D'  the document, once                    → 'O' pages uint32
//	'P'  page number from 0 uint32 | dpi × 100 uint32
//	                                           → 'I' bytes a pixel uint8 (1 gray, 4 RGBA) |
//	                                             width uint32 | height uint32 | rows, packed
//	any                                        → 'F' reason uint8
//
// Reasons: 1 not a file that can be read, 2 needs a password, 3 too many
// pages, 4 no such page, 5 the page's size is out of all bounds, 6 Chinese
// type without its font in the file, 7 the page cannot be drawn, 8 the request
// is out of order or past its limits.
//
// A page that would have more pixels than the limit is drawn at a lower
// resolution, so that it just keeps it.
package page
