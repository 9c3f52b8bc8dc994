// Package central is the centre: what laptops send, verified, kept and
// answered for.
//
// It owns the centre's folder, or its database and bucket, and the answers over
// HTTP. It guarantees that
// whatever it acknowledged is durable: changes in the database, synced before
// the answer, and blobs in files, synced before the answer, both many to one
// sync; that the same parcel or chunk sent again changes nothing; that a
// different change under a number that is taken is refused and kept aside;
// that a case counts as received exactly when every blob of its manifest is
// held under its own name; and that no input ends the process. It leaves
// the meaning of changes to package loan and the road to others.
//
// # Folder
//
//	lock                    held by the process that serves
//	centre.db               SQLite with a write-ahead log; schema.go has the tables
//	keys/authority.pem      key and certificate of the authority; mode 0600
//	keys/recovery-CODE.key  the county's recovery key, PKCS #8 DER; mode 0600. The meta
//	                        table has its public half: another file in its place, or
//	                        none, is damage. Keep a copy where thieves of the centre
//	                        do not look; sync recovery test proves it
//	keys/county-CODE.key    the key that names the county's blobs (seal.Key.Bytes); mode 0600
//	blobs/HH/HASH           a whole blob; HASH is its name, HH the first two digits
//	centre.conf             where the centre is, if not in this folder; see below
//	partial/HASH.SIZE       a blob that is coming: SIZE bytes with each chunk in its
//	                        place, then for each chunk its SHA-256, 32 bytes. A chunk
//	                        is held when both agree; the rest is cut off at the end.
//
// After a restore from a backup, said by Restored or found when a laptop shows
// a receipt for more than is held, the centre takes a new id and a new epoch:
// receipts name the epoch, and laptops of another one send again what is
// lacking. Receipt and contract numbers then go on 10,000 further on, for the
// next ones were given to cases that the backup does not know.
//
// What a laptop declares lost of its own chain is written down, and listed,
// until it comes after all: it is taken where it fits the chain around it.
//
// All folders have mode 0700. Blobs are stored as they came: the folder wants
// an encrypted disk.
//
// # Several servers
//
// Any number of servers may serve one centre: its tables are then in PostgreSQL,
// its blobs in one bucket of an S3-compatible store, and its keys in one folder
// that all of them mount. A server's own folder has lock, partial and perhaps
// centre.conf, and may be lost.
//
// centre.conf has lines of a name, a blank and a value; a line that begins with
// # is passed over, and files are named from the folder on:
//
//	database URL                  postgres://[USER[:PASSWORD]@]HOST[:PORT]/NAME[?…]
//	database-password-file FILE   else the URL, PGPASSWORD or PGPASSFILE
//	connections N                 to the database, 4 to 200; 16 where it is not said
//	bucket URL                    https://HOST[:PORT]/BUCKET[?region=NAME]
//	bucket-credentials FILE       as AWS's shared credentials; else AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
//	keys FOLDER                   as keys above, and blobs-CODE.key
//
// The first start makes the keys, under a lock of the database; later starts
// only read them. The meta table knows each by what gives nothing away
// (authority: the certificate's fingerprint; check-county-CODE and
// check-blobs-CODE: 16 bytes of the key's name of a fixed text); a server whose
// keys are others, or are gone, refuses to start, and says which.
//
// An object is named COUNTY/HH/HASH. It holds the blob in pieces of 64 KiB, each
// in a box (seal.Key.Seal) under blobs-CODE.key, one behind the other; a box is
// bound to "doorstep object v1 COUNTY HASH N LAST", N its number from 0 on, LAST
// true or false. Whoever finds the bucket learns sizes and times, and nothing
// can be exchanged, moved or cut off without being found.
//
// Where several servers write, names are locked until the transaction ends:
// chain, case, blob, and last author, the centre's own word. A transaction that
// lost against another is run again. The keys of the advisory locks are the
// first 8 bytes of SHA-256("doorstep lock " | name).
//
// # A forgotten password
//
// A locked laptop shows no certificate, so its request (package seal) is known
// by what it holds: opened with the recovery key, of a device that is enrolled
// and not revoked. It waits in the table recoveries until a person approves or
// refuses it by its code; then its bytes go. A laptop has one request waiting,
// and twelve in an hour; five wrong codes end one; an approval is given out for
// 30 minutes. Whoever asks for what is not known is told to wait. Logs have ids
// alone.
//
// # Suites
//
// A county chooses the suite of laptops that enrol from now on (serve --suite):
// 2 makes all that such a laptop stores, its chain and its parcels SM2, SM3 and
// SM4. Certificates, TLS, the signature inside a contract's PDF and the centre's
// own signatures stay on P-256: the TLS library and PDF readers know no SM2.
// Laptops of both suites sync with one centre and take one another's changes.
//
// # The centre's own chain
//
// The centre writes changes like a laptop, under its own device id and the
// operator "centre". When a finished case is whole it writes one of kind
// receive: receipt number HZ | county 6 | year 4 | number 6 digits; contract
// number county 6 | year 4 | number 6 digits, kept when the case is finished
// again after a correction; check code 6 random digits. The year is the
// application's academic year. Such changes go as news to every laptop that
// wrote to the case. Changes of these kinds in a laptop's chain are kept and
// do not count.
package central
