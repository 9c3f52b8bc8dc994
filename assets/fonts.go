package assets

import _ "embed"

//go:embed fonts/DoorstepSans-Regular.otf
var sans []byte

//go:embed fonts/DoorstepSans-Bold.otf
var sansBold []byte

//go:embed fonts/DoorstepRare.otf.zst
var rare []byte

// Sans is the regular text font: an OpenType font with CID-keyed CFF outlines,
// 1000 units an em, no hints, no subroutines.
func Sans() []byte { return sans }

// SansBold is the bold face of Sans, with the same characters.
func SansBold() []byte { return sansBold }

// Rare is the font of the characters that Sans lacks, 58,874 Han characters,
// most of Extensions B to F: OpenType with CID-keyed CFF outlines, 1024 units
// an em, one font dict, no hints, no subroutines, one weight.
// Each call unpacks it anew, 21 MB in a tenth of a second, so callers
// keep what they get and ask only when a text needs it.
// The error is fault.Damaged: the program's file itself is broken.
func Rare() ([]byte, error) { return unpack("assets.Rare", rare) }
