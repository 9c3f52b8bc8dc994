package contract

import (
	"bytes"
	"strings"

	"doorstep/internal/fault"
)

// Pictures gives the JPEGs that a contract of this program holds, byte for byte
// as they stand in it. A portrait without a camera's segments stands in it
// whole, so that one that was lost can be had back from here; whether it is the
// same says its hash. fault.Damaged for a file that is not of the form this
// program writes.
func Pictures(pdf []byte) ([][]byte, error) {
	d, err := parseDocument(pdf)
	if err != nil {
		return nil, fault.New("contract.pictures", fault.Damaged, err)
	}
	var out [][]byte
	base := d.revisions[0]
	for _, n := range base.numbers {
		dict, data, is := bytes.Cut(base.objects[n], []byte("\nstream\n"))
		if is && strings.Contains(string(dict), "/Subtype /Image") && strings.Contains(string(dict), "/Filter /DCTDecode") {
			out = append(out, bytes.TrimSuffix(data, []byte("\nendstream")))
		}
	}
	return out, nil
}
