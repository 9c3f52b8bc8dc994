// Package stick is the folder on a USB stick by which a laptop and its centre
// exchange what the network would carry.
//
// It owns the folder's names and bytes, how a batch is written and read, and
// the bounds that both ends keep. It guarantees that a batch counts only when
// its index, which is written last and signed, is there and every file that it
// names has the length and the sum that it says: whatever else lies on a stick
// pulled out, filled up or made by strange hands is told of and not read. It
// leaves to others who a key belongs to and what an item means.
//
// # The folder
//
//	doorstep-stick/DEVICE/       DEVICE is the laptop's id; one folder for each laptop
//	  NNNNNNNN.dsi               index of a batch to the centre, NNNNNNNN its number in hex
//	  NNNNNNNN-FFF.dsu           its files, FFF from 001 in hex
//	  rNNNNNNNN.dsi, rNNNNNNNN-FFF.dsu   the same for a batch that comes home
//
// Each file is written as NAME.new, synced and renamed; the files of a batch,
// then the folder, then the index, then the folder again. A batch is taken
// whole or not at all; several of them lie beside one another, so that a stick
// pulled out costs the batch that was being written. Numbers go on from the
// highest one there; a reader goes by them. No name and no clear byte tells of
// a person.
//
// A batch has at most 64 files of at most 4 MiB and a kilobyte, a laptop's
// folder at most 4096 batches, a stick at most 256 such folders. What is no
// plain file or folder, such as a link, is not followed.
//
// All numbers are big endian; | joins. A suite byte is that of package seal.
//
// # File
//
//	"DSU1" | suite u8 | way u8: 1 to the centre, 2 home | county 6, its digits |
//	device 16 | batch 16, random | file u16 from 1 |
//	key 8   first bytes of the SHA-256 of the key that it is sealed to, in PKIX
//	box     to that public key, of package seal; its additional data is
//	        "doorstep stick 1" 0 | all in front of it
//
// The suite is the key's. The box holds items, each
//
//	kind u8 | length u32 | bytes
//
//	1  a parcel                        to the centre
//	2  part of a blob: name 32 | size u32 | offset u32 | bytes, both ways
//	3  what the laptop asks, JSON      to the centre: {"proof", a receipt;
//	   "epoch", "after", the news had; "own", ranges of its chain; "blobs",
//	   [{"hash", "size", "case"}]}
//	4  a receipt                       home
//	5  news                            home
//	6  own changes                     home
//	7  a Problem, JSON                 home
//	8  the ids of the batches that this answers, 16 bytes each; home, the first item
//	9  the numbers of batches that were refused as not whole, u32 each; home
//	10 case 16 | the centre's proofs of its own changes of the case, JSON as the
//	   answer of package parcel; home, in front of the news with them
//	11 a bulletin                      home: the list of devices shut out, the levels
//	   of operators and the roster of them, reviews of emergencies, the grants of
//	   this laptop and those taken back
//
// The parts of a blob follow one another in one batch, from offset 0 to its end.
//
// # Index
//
//	"DSI1" | suite u8 | way u8 | county 6 | device 16 | batch 16 |
//	number u32, as in the name | count u16 | count × (length u32 | sum 32) |
//	n u32, note | n u16, signature
//
// The suite is that of the signature and of the sums, which are of the whole
// files. The signature is of all in front of its own length, context
// "doorstep stick 1": the device's on the way to the centre, the centre's on
// the way home. The note is for who wrote the batch; a laptop's is a box to its
// own key, additional data "doorstep stick note 1" 0 | batch, of JSON: {"epoch";
// "changes", ranges of the counters in the batch; "blobs", names}.
package stick
