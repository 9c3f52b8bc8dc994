// Package photo judges, turns, crops and encodes portraits and scans.
//
// It owns the reading of still images from unknown hands (JPEG, PNG, BMP,
// WebP and the first page of a TIFF), the portrait's form (358×441 pixels, as
// GA 461-2004 has it, JPEG), the scan's form (gray, the 150 dpi class, JPEG)
// and the judgement of blur, light and size, with hints in Chinese.
//
// It guarantees that an image past the limits is refused before its pixels
// are asked for, that hostile bytes end in an error and never a panic, and
// that the same pixels give the same bytes. It holds no state, touches no
// file, and keeps no image after a call returns.
//
// It also finds the edges of a paper and straightens it, and finds the face of a
// portrait, by two small nets whose weights it holds (faces.bin, of face-api,
// MIT): where it is and how the person stands, never who it is. The very same shot
// it knows again where it was cut otherwise or pressed anew (shot.go), by where the
// face is brighter than beside; another shot of the same person it does not.
//
// It leaves PDFs and the further pages of a TIFF to page, devices to capture,
// and the last word on a crop to its caller.
package photo
