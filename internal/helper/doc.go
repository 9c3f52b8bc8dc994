// Package helper runs small programs of others that do what this program cannot:
// decode the picture on the chip of an ID card (WLT), for which only makers of
// readers have decoders, and compare two portraits.
//
// It owns how such a program is started, fed and bounded. It guarantees that
// nothing goes through a shell; that a program runs only as the bytes that were
// agreed to; that every run ends, after ten seconds at the latest, with all that
// the program started; that no more is read than an answer may be long; and that
// on Linux and Windows memory and processor time are bounded and, where Linux
// allows it, the program has no network. What a program writes to its standard
// error is thrown away. It holds no state and writes no file.
//
// It leaves to its caller who may name a program, what its picture is worth (it is
// as any picture from unknown hands), and what a number means.
//
// # The programs
//
// A program is started anew for each picture, by its full path, in the folder in
// which it lies, with one argument and nothing of the surroundings but, on
// Windows, SystemRoot. It gets its input by the standard input, which then ends,
// and answers by the standard output; it ends with code 0. Any other code, an
// answer of another form or length, or none within ten seconds is a failure, and
// the case goes on without it. It may use 512 MiB of memory and ten seconds of
// processor time.
//
// With the argument "wlt" it gets the 1024 bytes of the chip and answers with a
// BMP, PNG or JPEG of at most 1 MiB and 1024 pixels a side.
//
// With the argument "compare" it gets two pictures, the portrait taken now as JPEG
// and the one on the card as PNG, each as
//
//	length uint32, big-endian | length bytes
//
// and answers with one line of text, with or without a newline: a whole number
// from 0, other people, to 100, surely the same, or "?" where it cannot say. The
// number is a hint for the clerk, who sees both pictures; it is kept nowhere.
package helper
