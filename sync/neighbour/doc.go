// Package neighbour joins the laptops of one room, with no centre in reach:
// 同室协作.
//
// It owns how laptops find each other, the connection between two of them, and
// what goes over it. It guarantees that only devices that the county's
// authority certified, and that are not known to be revoked, are spoken to;
// that a laptop is given no case but those that it holds, once held or wrote to,
// and no image but of those that it holds; that whatever is taken in was signed
// by the device that wrote it and is an unbroken piece of its chain; that a case
// appears only whole, with its images; that what a laptop lost of its own chain,
// or of the images of a case that it holds, comes back to it with the case; and
// that what is carried for others to the centre can be read by the centre alone.
// It leaves to loan who holds a case, to desk who may pass it on, to store what
// is durable, and to courier the road to the centre and to other places. A Room
// is on only while its Run runs, and reached from afar only while its Reach does.
//
// # Finding
//
// By IPv4 multicast to 239.255.77.10:17311, on every interface, every few
// seconds: an announcement of package seal, in which stand version 1 |
// device 16 | port u16 of the TCP door. Where multicast is blocked a person
// types an address or a connection code.
//
// # Connection
//
// TCP, a knock, TLS 1.3 (package seal), and then frames both ways:
//
//	length u32 of what follows, at most MaxFrame | kind u8 | content
//
// Each side sends requests, one at a time, and answers the other's; an answer
// has its request's kind with the highest bit set, or 255 for a refusal, a
// Problem of package parcel. JSON where nothing else is said.
//
//	1 hello    Hello → nothing; first of all, and again when it changes
//	2 offer    Offer: what of a case can be given → Lacks
//	3 piece    a piece of package parcel, of the case offered → nothing
//	4 whole    Whole: that was all → Needs: blobs; none when the case is kept
//	5 blob     hash 32 | size u32 | offset u32 | bytes, in order → nothing
//	6 carry    Carry: sealed parcels there are for the centre → Carried
//	7 handed   a handed parcel of package parcel → nothing
//	8 receipts Receipts of the centre → nothing
//	9 ping     nothing → nothing
//
// # From afar
//
// 远程协作: over a TLS connection that the caller of Reach provides, as package
// courier's through the centre, the same frames go. First, inside TLS, both
// look at each other's certificate as at the door, and both knock: who called
// first, then who was called. A laptop in the room is not called away from it.
//
// What is kept between runs are settings of the store: neighbour.passport.DEVICE,
// a Passport of package parcel, and neighbour.proof.CASE, an array of proofs.
// Those of the centre's own changes, which package courier brings home, are
// centre.proof.CASE; a laptop whose hello says version 1 is not given them.
package neighbour
