// Package peer joins two devices over WebRTC where neither can be dialled: it
// makes of a data channel a connection like any other.
//
// It owns the pion library, the forms of the two messages and of what runs in
// the channel. It guarantees that a Conn is reliable, in order, and holds the
// writer back when the reader is slow; that an end which was meant differs
// from one which was not; that a device which is gone is noticed within ten
// seconds; that Close waits for all that was started; that nothing of pion runs
// before Dial or Answer; and that what the other side sends is bounded.
//
// It leaves to others how the two messages travel, and who is at the other
// end. The key of the channel's own encryption is vouched for by the messages
// alone, so whoever carries them could stand between the two: run TLS with
// both devices' certificates over the Conn. That is chosen over signing the
// messages because the same TLS then guards a relayed connection, which has no
// encryption of WebRTC, and because it costs a tenth of what WebRTC does. Nor
// does it find another road when this one dies: the caller dials again.
//
// # Messages
//
// Two messages pair two devices: an offer, and the answer to it. Both are what
// a browser makes of an RTCSessionDescription:
//
//	{"type": "offer" or "answer", "sdp": "…"}
//
// at most 32 KiB, with all candidates inside, none comes later. The session has
// one media section, application. Of the other side's candidates the first 16
// of UDP with an address are used; names are not looked up.
//
// # In the channel
//
// One data channel, negotiated by both as number 0, reliable and in order. A
// message of bytes is the next 1 to 32,768 bytes of the stream. The message of
// text "end" says that no more bytes follow; what comes behind it, another
// text, a longer message or another channel ends the connection.
package peer
