// Package parcel is the unit of exchange between a laptop and the centre.
//
// It owns the bytes of parcels, receipts and news, the JSON of the questions
// beside them, and the limits that both ends keep. It guarantees that what
// Open, OpenReceipt and OpenNews give back was signed by the key asked for,
// that a parcel's changes are one unbroken piece of one device's chain, and
// that every body is the one its header names. It leaves to others who a key
// belongs to, what a change means, and the road.
//
// All numbers are big endian. Times are milliseconds since 1970, UTC.
// A suite byte is that of internal/seal; it names the signature and the hash.
// A signature covers all bytes in front of its own length, for one context.
//
// # Parcel
//
// Changes of one device, in the order of its chain, without a gap:
//
//	"DSP1" | suite u8 | device 16 | first u64 | last u64 |
//	prev 32        header hash of change first-1; zero when first is 1
//	chain 32       header hash of change last
//	plain u32      length of the table, 1 … MaxPlain
//	packed u32     length of the packed table, 1 … MaxPacked
//	sum 32         hash of the packed table
//	n u16 | signature n     context "doorstep parcel 1"
//	packed table   DEFLATE (RFC 1951) of: for each change, u32 length | Change.Encode
//
// The part up to and with the signature is the device's checkpoint: kept
// beside the changes, it proves later that the device vouched for its chain
// up to last. A table holds last-first+1 changes, at most MaxChanges.
//
// A device whose data was lost leads its chain on behind a gap, and declares
// what neither it nor the centre has:
//
//	"DSP2" | suite u8 | device 16 | first u64 | last u64 |
//	lost u64       the counters lost … first-1 are lost; 1 … first-1
//	and from prev on as above; prev is the header hash of the last change that
//	the device knew, zero where it knew none
//	n u16 | signature n     context "doorstep parcel 2"
//
// The centre takes it where lost is the number behind the last that it holds.
//
// # Receipt
//
// The centre's word that it holds things durably:
//
//	"DSR1" | suite u8 | centre 16 | epoch 16 | device 16 |
//	through u64    every change 1 … through of the device is held, but those
//	               that the device declared lost
//	chain 32       header hash of change through; zero when through is 0
//	at i64 | count u32 | count × blob hash 32
//	n u16 | signature n     context "doorstep receipt 1"
//
// The blobs are those that were asked about and are held. The epoch changes
// when the centre was restored from a backup.
//
// # News
//
// Changes of other devices, most often the centre's own, for one laptop:
//
//	"DSN1" | suite u8 | centre 16 | epoch 16 | device 16 |
//	after u64      the number the laptop asked behind
//	through u64    the number to ask behind next time
//	more u8        1 when there is more behind through
//	count u16 | plain u32 | packed u32 | sum 32
//	n u16 | signature n     context "doorstep news 1"
//	packed table   as in a parcel; no bytes at all when count is 0
//
// News is a choice out of other chains, so the chain between its changes is
// not checked; each header is under the centre's signature, and each body
// must be the one its header names.
//
// # Own changes
//
// What a laptop lost of its own chain, as the centre holds it: the bytes of
// news with "DSO1" in place of "DSN1", the context "doorstep own 1", and
//
//	after u64      the number in front of those asked for
//	through u64    the last number that this answers for
//	more u8        1 when through is not the last one asked for
//
// The changes are of the device itself, in the order of its chain; numbers
// that are not among them the centre has not got.
//
// # Piece
//
// Changes of one device and one case, for another laptop of the room:
//
//	"DSQ1" | suite u8 | device 16 | first u64 | last u64 |
//	prev 32        header hash of the change in front of the first
//	chain 32       header hash of change last
//	n u16 | signature n     context "doorstep piece 1"
//	plain u32 | packed u32 | packed table, as in a parcel
//
// The part up to and with the signature is the piece's proof: the chain of
// hashes from prev to chain binds every change to it, so it may be kept without
// the table and sent on with the changes as they are stored.
//
// # Handed parcel
//
// A parcel on a road that others see, such as another laptop:
//
//	"DSV1" | suite u8 | device 16 | first u64 | last u64 | chain 32 |
//	n u32 | hash of the box 32
//	n u16 | signature n     of the device's chain key, context "doorstep handed 1"
//	box            to the centre's key, of the parcel's bytes; additional data
//	               "doorstep handed 1" 0 | device 16 | first u64 | last u64
//
// # Blobs
//
// A blob is named by the county's keyed hash of its content and travels as
// chunks: of ChunkSize bytes at offsets that are multiples of ChunkSize, the
// last one shorter. Each chunk goes with its SHA-256.
//
//	POST /v1/lack     LackRequest → LackResponse: which chunks are not held
//	PUT  /v1/blob/{hash}/{offset}?size=N   body: the chunk; header
//	                  Doorstep-Sum: hex SHA-256 of the body.
//	                  204: this chunk is durable. 201: so is the whole blob,
//	                  and its content has its name. 422, code "name": whole,
//	                  but its content has another name; all chunks are dropped.
//	POST /v1/receipt  ReceiptRequest → a receipt. With a proof, the laptop's
//	                  last receipt, a centre that holds less than it says
//	                  knows that it was set back, and begins a new epoch.
//	GET  /v1/blob/{hash}/{offset}?case=ID → the blob's bytes from offset, a
//	                  multiple of ChunkSize, at most PieceSize of them, with
//	                  Doorstep-Sum. 404 unless a change of the case names the
//	                  blob and the laptop wrote to the case.
//
// # Between two laptops
//
// The centre carries short messages, which it cannot read, from one laptop of
// a county to another, and where there is no better way joins two connections:
//
//	POST /v1/signal/{device}   body: 1 to MaxSignal bytes → 204. They wait a
//	                  minute; 404 for a device that is none of the county; 503,
//	                  code "busy", when too much waits for it or comes of one
//	POST /v1/signal   SignalQuestion → SignalAnswer: at once where something
//	                  waits, else after at most 25 seconds. What is not named as
//	                  done in a later question comes again; a new question ends
//	                  the one before it
//	GET  /v1/peers    PeersResponse: who can be called; ?device=ID: whether this
//	                  one can, 404 when it is none of the county
//	GET  /v1/relay/{session}?with=DEVICE   HTTP/1.1, Upgrade: doorstep-relay/1 →
//	                  101, then the bytes of the other laptop, which has asked for
//	                  the same session, an id that both know, with this one. It
//	                  waits half a minute for it, and ends when for two minutes no
//	                  byte moved, or for half a minute one side takes none.
//	                  421, code "elsewhere": the other one waits at another server
//
// A signal that package courier sends is JSON, a message of one of four kinds:
//
//	{"session": id, "kind": "offer" or "answer", "body": base64 of a message of
//	 package peer}    the body of an answer is one to the offer of the session
//	{"session": id, "kind": "relay"}   come to the relay
//	{"session": id, "kind": "no"}      not now
//
// Over the way found, whichever it is, both speak TLS 1.3 with their devices'
// certificates, the one who called as the client.
//
// # Stream
//
// A laptop that finds a centre with streams sends all of the above and below
// through one, over several connections at once, its lanes:
//
//	GET /v1/stream   with Connection: Upgrade, Upgrade: doorstep-stream/1 and
//	                 Doorstep-Lane: 32 hexadecimal digits of the session | "/" |
//	                 number of the lane, 0 to 63 → 101 with Doorstep-Server, a
//	                 name of the process that answers, and from then on frames.
//	                 The laptop may send frames before the answer has come. Any
//	                 other answer is a refusal; 404 is a centre without streams.
//
// A frame is: type u8 | length u24 of what follows | that many bytes.
//
//	from the laptop
//	 1 ask      id u32 | n u8, method | n u16, path | n u8, content type | body:
//	            a request of this interface, answered as over HTTP
//	 2 blob     hash 32 | size u32: the data that follow on this lane are its
//	 3 data     offset u32 | 1 … 65536 bytes of the blob
//	 4 packed   the whole blob, of at most 65536 bytes, as DEFLATE
//	 5 lack     id u32 | at most MaxAsk times: hash 32 | size u32
//	 6 ping     u64
//	from the centre
//	65 answer   id u32 | status u16 | n u8, content type | body
//	66 taken    u64, bytes of blobs (packed: of what travelled) that came over
//	            this lane since its beginning, in order
//	67 refused  hash 32 | status u16 | a Problem: the blob is not taken, and what
//	            follows of it is passed over
//	68 lacking  id u32 | for each blob asked about: n u8, 0 when it is held |
//	            n times: from u32 | to u32. Past 64 holes the last reaches to the
//	            last one's end
//	69 pong     the ping's u64
//
// A frame of another type, or of a length that its type has not, ends the
// connection. Bytes of a blob count as they come, so what a cut leaves of a data
// frame is not lost; any ranges in any order make a blob. "Taken" says that the
// bytes came, not that they are durable: that only a receipt says, which waits
// for blobs that are whole and on their way to the disk. Who finds a blob not in
// the receipt asks again what is lacking. The same bytes again change nothing. A
// lane of the same session and number takes the place of an earlier one, which
// may still bring what is on its way, for 20 seconds. Where a centre has several
// servers, each knows alone what came to it of a blob that is not held yet: all
// of a blob goes to one, and what is asked of it is asked there.
//
// # The rest
//
//	POST /v1/enrol    EnrolRequest → EnrolResponse, without a client certificate;
//	                  ?with=recovery: with the recovery key and the suite, which an
//	                  earlier laptop does not read and an earlier centre not send
//	                  "standing" in the header Doorstep-With: with the levels of
//	                  operators, a bulletin of at most 32 KiB
//	                  a device in the request: that one enrols again, and keeps the
//	                  key of suite 2 that signs its chain, if it has one
//	POST /v1/key      KeyRequest → 204: the key that signs the chain, of suite 2,
//	                  before the first change; 403 afterwards
//	GET  /v1/county   CountyResponse: the recovery key and the operators, as they are now;
//	                  ?with=bulletins: with the list of bulletins (package
//	                  bulletin), which an earlier laptop does not read
//	GET  /v1/stick    StickKey: the key of suite 2 to which such a laptop seals sticks
//	GET  /v1/bulletin/{kind}/{name}/{offset}?version=N → the bulletin's bytes from
//	                  offset, at most BulletinPiece of them, with Doorstep-Sum; 404
//	                  when that version is no longer the one in force
//	POST /v1/recover  a recovery request (package seal) of at most 2048 bytes →
//	                  RecoveryAnswer, without a client certificate; asked again
//	                  with the same bytes until it no longer waits
//	POST /v1/parcel   a parcel → a receipt; 409 with code "gap" and the number
//	                  that is held when changes in front of it are lacking; 409 with
//	                  code "clone" when another change stands under a number
//	POST /v1/handed   a handed parcel, of another laptop of the county → that
//	                  laptop's receipt
//	POST /v1/handed/receipt  HandedReceiptRequest → the receipt of another laptop
//	                  of the county
//	GET  /v1/revoked  RevokedResponse: the county's devices that were shut out
//	GET  /v1/shutout?version=N → the bulletin that lists devices shut out, also for
//	                  one that was shut out and is answered 403 with code "revoked"
//	                  by all else; 404 when none above that version is in force
//	GET  /v1/proofs/CASE  ProofsResponse: of the centre's own changes of a case
//	                  that the device works on, each a piece's proof; else 404
//	GET  /v1/news?after=N → news; &with=mark: the content type then has a parameter
//	                  county, which is another text once /v1/county or /v1/revoked
//	                  would be answered otherwise
//	GET  /v1/own?from=N&to=N → own changes
//	GET  /healthz     {"ok":true}
//
// Requests for a receipt and for news may say how the laptop is, in the query;
// who does not know it passes over it: version (of the program), changes, blobs,
// bytes (that wait), at (milliseconds since 1970 by the laptop's clock).
//
// Every other answer is JSON, a Problem. Bodies have the content types named
// below, and an answer of any other type is not an answer.
package parcel
