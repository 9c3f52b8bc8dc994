// Package capture takes images in from devices and files.
//
// It owns the devices at the desk, one file per kind: files chosen by the
// clerk (file.go), USB and built-in cameras of Linux (v4l2_linux.go), ID-card
// readers on a serial line (reader.go), and the camera and reader made up for
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
package capture
