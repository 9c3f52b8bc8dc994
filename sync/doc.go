// Command sync is the central server of Doorstep: it takes in what laptops
// send, keeps it, and sends receipts home.
//
// It owns the command line, the listening socket and the end of the process.
// Everything it answers and keeps is package central's. It builds without cgo
// and without a display.
package main
