// Package printer hands papers to the system's printers and leaves nothing of
// them behind.
//
// It owns the talk with the print service: CUPS over IPP (RFC 8011), at the
// server that CUPS_SERVER names, the local socket, or this machine's port 631;
// and on Windows the spooler, into which it draws each page as a picture. That part
// was compiled and held against the documentation of the spooler's functions, and
// never run: there was no Windows to run it on. It guarantees that a paper goes to
// the print service by pipe or in memory, never through a file of ours; that Print returns nil only when the
// service says that the job is printed; and that whatever the end, also when the
// context ends, the service is told to delete the job and its data, which it
// would else keep, CUPS for a day. A job that cannot be deleted is an error of
// its own, for then a copy is left.
//
// Whoever must survive a kill keeps what Job.Noted is told and gives it to
// Purge at the next start. What the printer itself keeps is out of reach. The
// watermark and the papers are package contract's, drawing is package page's.
package printer
