// Package worker is the child that draws pages for package page.
//
// It owns MuPDF: nothing else in the program touches it. It reads frames from
// its input and answers on its output, in the protocol that package page
// writes down. It believes nothing: the file's sort is judged by its first
// bytes and only PDF, TIFF, JPEG, PNG and BMP are let through, page sizes are
// bounded before anything is drawn, and a page that sets Chinese in a font the
// file does not carry is refused, because it would be drawn as garbage (on
// Linux; elsewhere the library's warning cannot be heard).
//
// MuPDF may crash, hang or eat memory on crafted files. Before the first byte
// of the document is read, memory and processor time are limited (on Linux and
// Windows) and the right to open or write any file is given up (on Linux); a clock
// ends the process when a job takes too long even after its parent is gone, and the parent kills it at will. It guarantees nothing else about its
// own survival: it holds nothing to lose.
package worker
