package main

import (
	"errors"

	"doorstep/internal/fault"
)

const exitHelp = `Exit codes:
  0  done
  1  done as far as possible: something given does not hold (standard error says what)
  2  the command line is wrong
  3  a file or case asked for is not there
  4  refused: name or password, role, certificate, signature or the centre's word
  5  the centre or a device cannot be reached
  6  the data folder is in use by another program
  7  the data is damaged or from a newer version, or the disk is full or failing
  8  stopped
`

// The exit codes.
const (
	exitDone = iota
	exitBad
	exitUsage
	exitMissing
	exitRefused
	exitOffline
	exitBusy
	exitDisk
	exitStopped
)

// exitCode is the exit code for an error of a kind.
func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	switch fault.KindOf(err) {
	case fault.Missing, fault.Erased:
		return exitMissing
	case fault.Denied, fault.Password, fault.Locked, fault.Untrusted, fault.Refused:
		return exitRefused
	case fault.Offline, fault.Unavailable:
		return exitOffline
	case fault.Busy:
		return exitBusy
	case fault.Damaged, fault.Full, fault.Disk, fault.Newer:
		return exitDisk
	case fault.Cancelled:
		return exitStopped
	}
	return exitBad
}

// plain is what standard error says of an error: what sort it is, in words,
// and what lay beneath it.
func plain(err error) string {
	beneath := err
	for {
		var f *fault.Error
		if !errors.As(beneath, &f) {
			break
		}
		beneath = f.Err
	}
	sort := sortOf(err)
	if beneath == nil {
		return sort
	}
	return sort + ": " + beneath.Error()
}

func sortOf(err error) string {
	kind := fault.KindOf(err)
	switch kind {
	case fault.Input:
		return "what was given is not of the right form"
	case fault.Missing:
		return "not there"
	case fault.Exists:
		return "it is there already"
	case fault.Denied:
		return "this operator or the case's status does not allow it"
	case fault.Password:
		return "name or password is wrong"
	case fault.Locked:
		return "the account is locked for a while after too many wrong passwords"
	case fault.Damaged:
		return "stored data is damaged and was not used; copy the data folder before anything else"
	case fault.Conflict:
		return "changed in two places at once; a person must decide"
	case fault.Full:
		return "the disk is full"
	case fault.Disk:
		return "reading or writing failed"
	case fault.Busy:
		return "in use by another program"
	case fault.Offline:
		return "the centre cannot be reached"
	case fault.Untrusted:
		return "the other side's identity or signature does not hold"
	case fault.Refused:
		return "the centre refuses it"
	case fault.Newer:
		return "written by a newer version of the program"
	case fault.TooLarge:
		return "too large"
	case fault.Unsupported:
		return "a file of a sort that cannot be read"
	case fault.Unavailable:
		return "the device or program needed is not here"
	case fault.Cancelled:
		return "stopped"
	case fault.Erased:
		return "erased when its time was over"
	}
	return "failed"
}
