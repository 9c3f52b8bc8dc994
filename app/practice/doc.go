// Command practice is the session behind make run: a central server on its
// embedded default with the practice county, and the desktop enrolled with it.
//
// With a display it is for a person. The data stays in a folder, so the next
// session goes on where the last one ended; the session ends when the window
// is closed.
//
// With none it is a clerk's hand on a virtual display: the very window is
// driven by pointer, keys and clipboard through one whole case, the network is
// cut, a second case is taken in, the network is restored, and both are waited
// for until the centre holds them whole and their receipts are home. It leaves
// a picture of every screen, the sealed contracts as the centre holds them,
// verified, and the centre's list. Its exit code is 0 only when all of this is
// so.
//
// It knows the window as a person does: by what is written on its controls,
// which the window tells on request, and by the pixels. It looks into no store
// but through the programs' own verbs, starts every program it uses, ends
// those and no others, and waits for nothing without a limit. All people in it
// are made up.
package main
