// Package courier is the laptop's side of sync: it carries what waits in the
// store's outbox to the centre and brings receipts and news home.
//
// It owns the order of sending, when to try again, the connection over HTTPS,
// the limit of bytes a second, the laptop's enrolment, and what the window shows
// of all this. It guarantees
// that nothing leaves the outbox but by the centre's signed receipt for this
// device; that no answer which is not the centre's counts as one; that "all
// sent" is said only when the centre's own list ends where the store's chain
// ends, with the same hash, no blob waits and nothing was refused; that what an
// operator paused, limited or kept off metered networks stays so after a failure,
// a restart and another's signing in; that bytes done never count back while
// anything waits; and that Run returns only after all it started has ended. It leaves durability and the order of blobs to the
// store, and the bytes to package parcel.
//
// # How it goes
//
// A round is: ask for a receipt (what does the centre hold of this chain?);
// send parcels from there to the chain's end; ask what is lacking of the next
// blobs, send those chunks over several connections, ask for a receipt that
// names the blobs; fetch the news, for a few seconds at most. Rounds follow one
// another, so that records made meanwhile go before the next blobs, and those of
// an urgent case before all other blobs. After a failure it waits, at first
// a second, at most a minute, never a fixed time; Wake ends the wait. Nothing
// has a limit on its whole time: an attempt ends when no byte has moved for
// 30 seconds.
//
// Where the centre could not keep a blob, for its disk is full or fails, blobs wait
// as after a failure, each time longer, and Wake does not end that wait: records
// and news go on. Hear ends it, for a person asked.
//
// A laptop that enrolled a moment ago (Config.Enrolled) need not ask first: its
// first parcel goes beside the question, over a connection that was opened while
// it enrolled. Whatever comes of it, the answer to the question counts, and what
// did not arrive goes again.
//
// # What is refused
//
// A record that the centre refuses for what it is, by a kind of fault that
// another sending would not cure, is looked for by halves and noted in the store.
// What stands behind it goes on as behind a loss, its number declared to be
// lacking. It is handed in again by each new courier and by Retry; the centre
// takes it as what was lost and found. Several in a row stop the batch: then it
// is not the records' fault. A blob that the centre refuses, or that cannot be
// read here, is set aside until the next courier or Retry.
//
// # The stream
//
// Where the centre has streams (package parcel) all goes through one. Its lanes
// are fed from one list in the order of sending; each takes a blob of its own, so
// that few are half sent. How many bytes are under way follows the measured
// delay: what fits on the road and a short queue. There are up to eight lanes, and
// twelve on a road that held for 20 s. When nothing has come for about four round
// trips, at least 0.9 s, every lane is doubted: a successor is dialled beside it,
// every 200 ms until the road is open, and whichever moves first goes on. What was
// under way on a lane that is given up is asked about in one question, and only
// what did not come is sent again. A lane that lived through the silence is kept
// idle beside its successor, and takes its place at the end of the next one; where
// none lived, the next silence cuts all but one off. A receipt is asked for many
// blobs at once. SetCap bounds the bytes of a second. After 20 s without work the
// stream ends. Where there is none to be had, or it breaks off at its beginning
// twice, requests go as they did before.
//
// # Packets that are swallowed
//
// On some ways a packet above a certain length is dropped and nobody is told, so
// that connections stand and nothing moves. Two handshakes that are not answered
// while their connections stand let the next one go in segments of 1200 bytes,
// both ways, on Linux; once such a one is answered before them, all connections
// of this network go so for an hour. The first flights of a handshake fill a
// packet of 1500 bytes each, so that it tells of what follows. Windows and macOS
// give no such bound to set: they find out themselves for what they send, and the
// centre's system must for what it sends (net.ipv4.tcp_mtu_probing).
//
// # What was lost here
//
// A store that was restored or repaired says what it wants. Before anything is
// sent the courier asks the centre for the own changes that are wanted, and
// then for the blobs; what the centre has not got either is declared lost with
// the parcel behind it. Where the centre holds more of the chain than the
// laptop and the store knows of no loss, nothing is sent: the file was set back
// by hand, or copied, and a person says which (Adopt). Where the centre says
// that it holds less than it once acknowledged, it is shown its own receipt; at the
// first contact and then once an hour it is shown the newest in any case, for it may
// hold as much of the chain and have lost blobs.
// # To another laptop
//
// Peers reaches another laptop of the county wherever it is: Dial and Listen
// give connections, each end known by its certificate. The centre carries an
// offer and its answer; the direct way has two seconds from the answer on, then
// the relay is tried beside it, and whichever stands first is taken. A
// connection whose way dies is over, within ten seconds where it was direct: the
// caller dials again, the way is looked for anew, and the exchange above goes on
// where it was. What Write took may be lost with the way, so only the other
// side's own word says that something came. Nothing runs, and pion is not
// touched, before it is used.
package courier
