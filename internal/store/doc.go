// Package store is the laptop's file: everything Doorstep keeps on a laptop.
//
// It owns the data folder: one database of encrypted values, the key file that
// an operator's password opens, the file of the keys that images are erased by,
// the device's chain of changes, the outbox, the blobs, the index that searches
// run on, the accounts and the settings. It guarantees that what Commit, Receive,
// Acknowledge and the setters have answered with nil is durable and survives the
// end of the process at any moment; that anything else changed nothing; that
// counters are never used twice; that no value on disk can be read, moved,
// altered, taken out or put back from an earlier time without the data key; that
// nothing is erased which the centre has not acknowledged, and what is erased is
// told in the chain and cannot be read again; and that a damaged file is an
// error, never the end of the program. What a change means is loan's, who may
// make it guard's and desk's, and how it travels courier's. It alone imports
// bbolt.
//
// # The folder
//
//	lock           held by the process that has the store; empty
//	store.bolt     the database
//	keys.json      the key file, see package seal
//	images.key     the keys that the blobs' own keys are sealed under
//	attempts.json  wrong passwords: operator's id → {failures, locked_until,
//	               missed, last: not told of in a chain yet; total: ever; shut:
//	               cannot sign in here}; under "unknown" missed, last and total of
//	               all tries by no account of this laptop; under no id {mark:
//	               random, of the last signing in, which the database has too;
//	               who: came to the counter last}
//	schools.tsv    the school register, public; it is package rulebook's, as is
//	               schools.tsv.damaged, one that was set aside
//	packs.json     the county's policy packs, public; it is package rulebook's
//	carried/DEVICE-FIRST-LAST  a parcel of another laptop, sealed to the centre
//	               (package parcel), that this one carries there; may be deleted
//
// After a repair also store.bolt.damaged-N, N from 1: the damaged database, as it
// was found; after a restore over a store the same of store.bolt, keys.json and
// images.key, as they were. They may be deleted. Erasing a season deletes them,
// for what it erases is in them too, once nothing is asked of the centre.
//
// A file is replaced by writing NAME.new, syncing it, renaming it and syncing
// the folder; a NAME.new left behind by a crash is overwritten.
//
// # The database
//
// bbolt, 4096-byte pages, the free list on disk only in a file that was closed
// in peace. Such a file has, 3584 bytes into the page of its newer meta, the
// note "DSTCLEAN" | its transaction u64 | SHA-256 of the free list's page
// numbers 32 | SHA-256 of the 48 bytes before 32, where this one number is
// little endian. It opens without a look at the leaf pages of the bucket blobs,
// which are looked at afterwards. Any other file is looked at whole, and then,
// if it has 256 pages, given list and note by an empty transaction. Other
// integers are big endian; | joins. Keys hold ids and counters, never personal
// data.
//
// A file of an earlier format is brought to today's by the first Unlock, which
// writes a new file beside it, syncs it, reads it back whole, compares it with
// the old one and renames it. Format 1 had no generations and no ledger: its
// values are version 1 | box, with the additional data id of the key file 16 |
// length u8, bucket | version 1 | key.
//
// A file of format 2 is worked on as it is, and becomes one of format 3 in the
// transaction that first writes an attachment: an earlier version of the program
// then says that the file is newer, and leaves it alone. It differs in that no
// blob has a place.
//
// Bucket plain, in the open: "format" → 3; "keys" → a copy of keys.json;
// "centre" → JSON {server, ca, device}: what a locked laptop needs to ask its
// county for a forgotten password, not trusted beyond that. The copy of the key
// file whose SHA-256 is sealed in meta is the one in force: another that opens
// is refused where the right one is there, and both copies are then made alike.
// Keys beside no store.bolt and no store.bolt.new mean that the data file was
// lost.
//
// In every other bucket a value is: version 2 | generation u64 | box, a box of
// package seal under the key derived from the data key with the label
// "doorstep store v1 " and the bucket's name. Generation is the number of the
// store's transaction that wrote it: each adds one. The box's additional data
// is: id of the key file 16 | length u8, bucket | version 2 | generation | key.
// So a value opens in its own place alone. The contents:
//
//	meta       "profile" → JSON; "keys" → SHA-256 of the key file 32; "acked" → counter u64 | epoch of the centre 16;
//	           "ledger" → ledger; "gaps" → for each: first u64 | last u64;
//	           "wanted" → Wanted as JSON; "homecome" → JSON {all, open, doubt}; "lacking" → for each: case 16 |
//	           device 16 | counter u64, a change that a repair could not save;
//	           device and counter are zero where it is not known which
//	changes    device 16 | counter u64 → loan.Change.Encode
//	cases      case 16 | device 16 | counter u64 → nothing; the case's changes
//	summaries  case 16 → summary
//	chains     device 16 → last counter u64 | its header hash 32
//	unsent     name 32 → class u8 | size u64 | counter of its change u64 | case 16;
//	           blobs the centre has not acknowledged
//	blobinfo   name 32 → blob, below
//	blobs      place u64 | name 32 | chunk u32 from 0 → box under the blob's own
//	           key, additional data: name | chunk; place is the blob's, below.
//	           Chunk 0 has at most 1024 bytes of content, each other 524288 but
//	           the last. A blob without a place: name 32 | chunk u32, and each
//	           chunk but the last has 65536
//	operators  id → guard.Operator as JSON
//	settings   name → JSON; of bulletins see below
//	receipts   u64, in order of arrival → Receipt as JSON
//
// Bulletins (package bulletin) are kept among the settings, KIND and NAME those
// of the bulletin: "bulletin/KIND/NAME" → BulletinHead as JSON;
// "bulletin.content/KIND/NAME/" | part u32 from 0 → 3072 of the bulletin's bytes,
// the last part fewer, none when it was withdrawn; "bulletin.piece/KIND/NAME/" | version u64 | offset u64 → hash 32 of
// all the bytes that are coming | the bytes from offset on.
//
// ledger: version 1 | generation u64 of the last transaction | for each of the
// buckets above: length u8, name | number of values u64 | XOR 32 of their
// tokens. It is written by every transaction that writes, and does not count
// itself. A value's token is HMAC, by the hash of the data key's suite under
// the key derived with the label "doorstep store ledger v1", of: length u8,
// bucket | key | generation u64 | the box's last 16 bytes, its tag. So a value
// that is gone, added, exchanged for another, or put back from an earlier time
// is found when its bucket is read whole.
//
// # Damage and repair
//
// The opening reads the structure of the file before it is mapped, and demands
// that a page begins with the key that its parent has for it; the unlock
// reads whole, and compares with the ledger, the buckets meta, chains,
// operators, settings, summaries and unsent; VerifyLedger all of them. A repair
// reads what the trees give, by plain reads, and then every page of the file
// as if it were a leaf, those that no tree reaches any more among them: a table
// entry whose value is authentic under its key in a bucket is believed, and of
// one key the newest generation. Such a value takes a place only where the
// tree has a hole: a page that is not what it should be, or a value that does
// not open. A bucket that agrees with the ledger has none; one that does not,
// and has no hole that could be found, is one hole. Case lists, summaries and
// the chain's end are made anew from the changes; what stood in a hole of
// unsent is sent again. The new file is written beside the damaged one, synced
// and read back whole; the damaged one gets the name store.bolt.damaged-N, and
// the new one takes its place. The chain goes on in a new era, with the change
// that says what was lost.
//
// # Gaps
//
// A chain may lack counters: "gaps" are the ranges of the device's own chain
// that are not here, in order. A backup that takes the file's place, and a
// repair, end the chain where it ends there and lead it on in a new era: the
// next counter is era << 32 | number, where era is above that of the last
// counter known and not below the seconds since 2020, and number begins
// with 1024 times the second's microseconds and chance below 1024, so that no
// counter is used again, not even where one backup is restored twice or under a
// wrong clock, and the later life has the higher counters. All between is a gap. Prev of the
// change behind it is the header hash of the last change known here. "wanted"
// is what is to be asked of the centre: own counters, blobs, cases. "homecome"
// is, as ranges, what came back of the chain from another laptop: all of it, and
// what of that the centre is not known to hold, which is open again for a centre
// of another epoch; "doubt" is what it has to be asked for once, after a repair
// that found meta damaged. Bucket
// plain: "restored" → ms i64, when the backup was made, stands in a file that
// came out of a backup, until the first unlock has led the chain on.
//
// blob: form u8 | state u8 | what unsent has, 33 | ms i64 of the receipt that
// acknowledged it by the centre's clock, 0 for none or not known | in form 3
// place u64, the generation that wrote its chunks; form 2 has no place | then for
// state 1, kept: number of a wrapping key u64 | box 62 of the blob's own key, a
// key of package seal, under that wrapping key, additional data
// "doorstep blob v1" 0 | id of the key file 16 | name; for state 2, erased: ms
// i64 | the rule's name.
//
// meta "images": number of the wrapping key in force u64, 0 for none yet | of
// the one that blobs are being moved to u64, else 0 | owed u8: 1 content of
// erased blobs is still in the file, 2 so are erased bodies, 4 files set aside that
// may hold them are to be deleted.
//
// # The wrapping keys
//
// images.key has 16384 bytes: four blocks of 4096, copy 0 of slots 0 and 1 and
// then copy 1 of slots 0 and 1. A block is all zero, or: "DSIK" | version 1 |
// slot u8 | number u64 from 1 | box 62 of the wrapping key, a key of package
// seal, under the key derived from the data key with the label
// "doorstep images v1", additional data "doorstep images v1" 0 | id of the key
// file 16 | slot u8 | number u64 | zeros. It is written in place, a copy at a
// time and each synced, for a file that is replaced leaves its old content on
// the disk. A slot is in force when meta "images" names its number; a lower one
// is zeroed by the next opening, and a damaged copy mended from the other.
// Erasing seals the keys of the blobs that stay under a new wrapping key, lets
// one transaction note what is erased and put that key in force, and zeroes the
// slot of the old one.
//
// # A backup
//
// The folder doorstep-backup-ID, ID the device's id, on a stick or a second
// disk:
//
//	backup.bolt    a database as above, its values sealed as they are, and more
//	images-N.key   the file of the wrapping keys as it was, N the number of the run
//	keys.json      the key file; a restore takes the copy in backup.bolt
//	manifest.json  for a person who finds the folder: when, how many; no names
//
// Bucket plain of backup.bolt also has "restored", see Gaps, and "backup": JSON
// with format 2, run, device, made, numbers of changes, cases, blobs and bytes,
// images (the name of the file of the wrapping keys) and for each sealed bucket
// but blobs, and for have, count and sum: the XOR of the SHA-256 of length u8,
// bucket | length u16, key | value. Bucket have: name of a blob → mark u64 of
// its first chunk | bytes u64 | chunks u32 | sum 32 of its chunks | where it has
// a place, place u64; coming: the same for chunks of a run that has not ended;
// gone: place, where there is one, | name of blobs whose chunks are to be taken
// out. What have does not name is no part of the backup. In a backup of format 1
// no blob has a place.
//
// Chunks that are lacking are written first, in many transactions. One
// transaction then writes all else and "backup": before it the former backup is
// the one there is, after it the new one. A former images-N.key is overwritten
// with zeroes and removed after that. A backup made before an erasing still
// holds what was erased, readable for who knows a password of that time, until
// the next run: a stick that is kept in a drawer must be destroyed by hand.
//
// # The rest
//
// class is 1 for a contract's blobs, 2 for others. A blob's name is its hash
// under the county's key.
//
// summary: version u8 | case 16 | status u8 | flags u8: 1 supplementary, 2 erased,
// when no text is left, 4 urgent, 8 struck by a disaster | then as
// variable-length integers of encoding/binary, signed: amount, opened ms,
// updated ms; unsigned: problems, counter of this device's last change,
// number of changes; for contracts and then for images: number and bytes of the
// blobs that came with it | then each with its length, unsigned, before it: kind,
// student's name, co-borrower's name, student's ID number and phone,
// co-borrower's ID number and phone, school, operator who opened it. The version
// is 2; of a case that was passed on in a room, or has a number, it is 4 and there
// follow: number of holders, unsigned; for each device 16, each with its length,
// station and name, how it holds the case u8 (0 passed on, 1 taken over, 2 by its
// number alone), and with its length the operator by whom; then the number and its
// day. Version 3 had neither how nor by whom, version 1 neither the flags 4 and 8
// nor what came with the case.
package store
