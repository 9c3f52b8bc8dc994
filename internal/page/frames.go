package page

import "fmt"

// The kinds of frame, as both ends of the pipe know them.
const (
	FrameLimits   = 'L'
	FrameDocument = 'D'
	FrameOpened   = 'O'
	FramePage     = 'P'
	FrameImage    = 'I'
	FrameFault    = 'F'
)

// Refusal is the child's reason why it did not do as asked.
type Refusal uint8

// The reasons, in the numbers of the protocol.
const (
	NotReadable Refusal = iota + 1
	NeedsPassword
	TooManyPages
	NoSuchPage
	BadPageSize
	FontMissing
	NotDrawn
	OutOfOrder
)

// Error names the reason's number.
func (r Refusal) Error() string { return fmt.Sprintf("the child refused, reason %d", uint8(r)) }
