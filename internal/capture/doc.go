// Package capture takes images in from devices and files.
//
// It owns the devices at the desk, one file per kind: files chosen by the
// clerk (file.go), USB and built-in cameras of Linux (v4l2_linux.go), ID-card
// readers on a serial line (reader.go), a phone on the same network, or the
// laptop's own browser, by a page that the laptop serves (phone.go), and the
// camera and reader made up for
// training and tests (fake.go, fake_reader.go). Whatever the device, an image
// leaves here as an image.Image or as a Shot, the encoded bytes of one page, and
// what a chip says as a Card.
//
// It guarantees that a file is judged by its content, never by its name; that
// sizes and page counts are bounded; that a device pulled out ends in
// fault.Unavailable and one held by another program in fault.Busy; that every
// goroutine it starts has ended when Close returns; and that no file name, and
// nothing read out of a file, gets into an error.
//
// It leaves cropping, judging and the kept form to photo, drawing documents to
// page, and storing to its caller. The picture on a chip is WLT, which only
// makers of readers can decode: its bytes are kept as they are.
//
// # The phone's page
//
// The page is served while a picture is taken, and no longer, at an address with
// a token of 130 bits behind #, which a browser keeps to itself: neither the
// request nor the network has it. Its code and words are the same for everybody
// and name nobody; /about gives the paper's name.
//
// POST /pair, JSON both ways: {"message", "mac"}. message is the offer or the
// answer of package peer; mac is HMAC-SHA-256 in hex under the token, of
// "offer\n" and the offer, and of "answer\n", the offer's mac, "\n" and the
// answer. So who does not know the token can neither pair nor stand between,
// whatever else is on the network; an offer pairs once. Pictures run encrypted
// in the connection of package peer:
//
//	kind u8 | length u32, big-endian | body
//
// Kind 'S', from the phone: an encoded image of at most 40 MiB. Kind 'W', to the
// phone: JSON {"kind": "good", "bad" or "info", "text"}. What is no such record
// ends the connection.
//
// POST /shot takes the image as it is, from a browser on this laptop alone, over
// the loopback address; the header X-Shot is HMAC-SHA-256 in hex under the token
// of "shot".
package capture
