package assets

import (
	"github.com/klauspost/compress/zstd"

	"doorstep/internal/fault"
)

// unpackLimit is past the largest file packed here.
const unpackLimit = 64 << 20

func unpack(op string, packed []byte) ([]byte, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(unpackLimit))
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	defer d.Close()
	out, err := d.DecodeAll(packed, nil)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	return out, nil
}
