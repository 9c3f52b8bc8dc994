// Package barcode reads bar codes and QR codes out of the picture of a paper,
// and a QR code out of a frame of a camera.
//
// It owns the search for them: upright, turned and in a corner, as large as the
// page or small on it. It guarantees that a crafted picture ends in no code and
// never in a panic or an endless search, and that what a code says comes out as
// plain text of bounded length, in which nothing can hide or turn the direction
// of writing. It opens nothing, whatever a code says, and holds no state.
//
// It leaves the reading of files to photo, and what a text means to its caller.
package barcode
