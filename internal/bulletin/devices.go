package bulletin

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// ShutOut is a device that the county takes nothing from any more.
type ShutOut struct {
	Device uuid.UUID
	At     time.Time
	Lost   bool // reported lost or stolen; else revoked
}

// EncodeDevices gives the content of a bulletin of shut-out devices; of none it
// is one empty line.
func EncodeDevices(list []ShutOut) []byte {
	var b strings.Builder
	for _, d := range list {
		why := "revoked"
		if d.Lost {
			why = "lost"
		}
		fmt.Fprintf(&b, "%s\t%d\t%s\n", d.Device, d.At.UnixMilli(), why)
	}
	if b.Len() == 0 {
		return []byte("\n")
	}
	return []byte(b.String())
}

// ParseDevices is the inverse of EncodeDevices; anything else is fault.Damaged.
func ParseDevices(content []byte) ([]ShutOut, error) {
	const op = "bulletin.ParseDevices"
	text := string(content)
	if text == "\n" {
		return nil, nil
	}
	if !strings.HasSuffix(text, "\n") {
		return nil, fault.New(op, fault.Damaged, errors.New("cut short"))
	}
	var out []ShutOut
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		c := strings.Split(line, "\t")
		if len(c) != 3 || c[2] != "revoked" && c[2] != "lost" {
			return nil, fault.New(op, fault.Damaged, errors.New("line"))
		}
		id, err := uuid.Parse(c[0])
		ms, merr := strconv.ParseInt(c[1], 10, 64)
		if err != nil || merr != nil || id.String() != c[0] || strconv.FormatInt(ms, 10) != c[1] {
			return nil, fault.New(op, fault.Damaged, errors.New("line"))
		}
		out = append(out, ShutOut{Device: id, At: time.UnixMilli(ms).UTC(), Lost: c[2] == "lost"})
	}
	return out, nil
}
