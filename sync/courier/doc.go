// Package courier is the laptop's side of sync: it carries what waits in the
// store's outbox to the centre and brings receipts and news home.
//
// It owns the order of sending, when to try again, the connection over HTTPS,
// the laptop's enrolment, and what the window shows of all this. It guarantees
// that nothing leaves the outbox but by the centre's signed receipt for this
// device; that no answer which is not the centre's counts as one; that "all
// sent" is said only when the centre's own list ends where the store's chain
// ends, with the same hash, and no blob waits; and that Run returns only after
// all it started has ended. It leaves durability and the order of blobs to the
// store, and the bytes to package parcel.
//
// # How it goes
//
// A round is: ask for a receipt (what does the centre hold of this chain?);
// send parcels from there to the chain's end; ask what is lacking of the next
// blobs, send those chunks over several connections, ask for a receipt that
// names the blobs; fetch the news. Rounds follow one another, so that records
// made meanwhile go before the next blobs. After a failure it waits, at first
// a second, at most a minute, never a fixed time; Wake ends the wait. Nothing
// has a limit on its whole time: an attempt ends when no byte has moved for
// 30 seconds.
//
// # The stream
//
// Where the centre has streams (package parcel) all goes through one. Its lanes
// are fed from one list in the order of sending; each takes a blob of its own, so
// that few are half sent. How many bytes are under way follows the measured
// delay: what fits on the road and a short queue. When nothing has come for about
// four round trips, at least 0.9 s, every lane is doubted: a successor is dialled
// beside it, every 200 ms until the road is open, and whichever moves first goes
// on. What was under way on a lane that is given up is asked about in one
// question, and only what did not come is sent again. A receipt is asked for many
// blobs at once. SetCap bounds the bytes of a second, and Urgent lets a case
// overtake. After 20 s without work the stream ends. Where there is none to be
// had, or it breaks off at its beginning twice, requests go as they did before.
//
// # What was lost here
//
// A store that was restored or repaired says what it wants. Before anything is
// sent the courier asks the centre for the own changes that are wanted, and
// then for the blobs; what the centre has not got either is declared lost with
// the parcel behind it. Where the centre holds more of the chain than the
// laptop and the store knows of no loss, nothing is sent: the file was set back
// by hand, or copied, and a person says which (Adopt). Where the centre says
// that it holds less than it once acknowledged, it is shown its own receipt.
package courier
