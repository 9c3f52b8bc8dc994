package photo

import "encoding/binary"

type jpegInfo struct {
	progressive bool
	scans       int
	exif        []byte // the TIFF structure inside the EXIF segment
}

// scanJPEG walks the markers of a JPEG up to its end, decoding nothing.
func scanJPEG(b []byte) jpegInfo {
	var info jpegInfo
	for i := 2; i+1 < len(b); {
		if b[i] != 0xff {
			i++
			continue
		}
		m := b[i+1]
		switch {
		case m == 0xd9:
			return info
		case m == 0x00 || m == 0xff || m >= 0xd0 && m <= 0xd8 || m == 0x01:
			if i++; m != 0xff {
				i++
			}
			continue
		case m == 0xda:
			info.scans++
		case m == 0xc2:
			info.progressive = true
		}
		if i+4 > len(b) {
			return info
		}
		end := i + 2 + int(binary.BigEndian.Uint16(b[i+2:]))
		if end > len(b) || end < i+4 {
			return info
		}
		const id = "Exif\x00\x00"
		if body := b[i+4 : end]; m == 0xe1 && info.exif == nil && len(body) > len(id) && string(body[:len(id)]) == id {
			info.exif = body[len(id):]
		}
		i = end
	}
	return info
}

// orientation is what the image's EXIF data say, 1 where they say nothing
// that can be believed.
func orientation(name string, b []byte) int {
	switch name {
	case "jpeg":
		return tagOrientation(scanJPEG(b).exif)
	case "tiff":
		return tagOrientation(b)
	}
	return 1
}

// tagOrientation reads tag 0x0112 of the first directory of a TIFF structure.
func tagOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var o binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		o = binary.BigEndian
	}
	at := uint64(o.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 1
	}
	n := uint64(o.Uint16(b[at:]))
	for e := at + 2; n > 0 && e+12 <= uint64(len(b)); n, e = n-1, e+12 {
		const short = 3
		if o.Uint16(b[e:]) == 0x0112 && o.Uint16(b[e+2:]) == short {
			if v := int(o.Uint16(b[e+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
	}
	return 1
}
