package stick

import (
	"os"
	"syscall"
)

func fullErrors() []error     { return []error{syscall.Errno(112), syscall.Errno(39)} } // disk full, handle disk full
func readOnlyErrors() []error { return []error{syscall.Errno(19), syscall.Errno(5)} }   // write protected, access denied

// syncDir does nothing: a folder cannot be flushed on Windows.
func syncDir(*os.Root, string) error { return nil }
