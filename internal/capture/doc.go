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
// The page is served while a picture is taken, a signature given or a file
// fetched, and no longer, at an address with
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
// Kind 'S', from the phone: an encoded image of at most 40 MiB. Kind 'P', from
// the phone: a small frame of its preview, at most 256 KiB, answered by kind 'H',
// words. Kind 'W', to the phone: JSON {"kind": "good", "bad" or "info", "text"}.
// What is no such record, or not of what the page is for, ends the connection.
//
// A page for a signature or for a file is for the first phone that joins alone:
// kind 'K', to the phone, is the token from now on, and the one of the code is
// void.
//
// Kind 'A', to the phone, asks for a signature: JSON {"document", "signer",
// "manner", "mark"}, the name masked, mark the beginning of the document's
// SHA-256. Kind 'I', from the phone, is one:
//
//	length u8 | mark | strokes u16 | per stroke: points u16 |
//	per point: x f32 | y f32 | time u32 | pressure f32
//
// all big-endian; x, y and pressure are from 0 to 1, time is in milliseconds,
// never less than before and at most ten minutes; at most 512 strokes and 20,000
// points. What is outside of these, is on another mark, or comes unasked is
// refused, and the case is as before.
//
// Kind 'F', to the phone, is a file, after a person saw that both show the same
// four digits, which follow from the token:
//
//	SHA-256 of the bytes, 32 | length u8 | name | bytes
//
// Kind 'G', from the phone: the SHA-256 of what it has, 32.
//
// A page that comes without a certificate has no camera. GET /saved.html is the
// page with all its parts inside, for a phone to save as a file, which has one.
// It is the same for everybody; the page that saves it writes into it, on the
// phone, where the laptop is and the token. To a page from a file, which has no
// address of its own (Origin null, file: or content:), GET
// /saved/PROOF/about and POST /saved/PROOF/pair answer as /about and /pair do, with
// the headers by which a browser lets it read them; PROOF is HMAC-SHA-256 in hex
// under the token of "saved". To another page, or proof, nothing is there.
//
// POST /shot takes the image as it is, from a browser on this laptop alone, over
// the loopback address; the header X-Shot is HMAC-SHA-256 in hex under the token
// of "shot". POST /look takes a frame of the preview the same way, with the header
// X-Look, of "look", and answers with words as JSON. POST /words, with X-Words, of
// "words", answers with what was said of the last picture, none yet if empty.
package capture
