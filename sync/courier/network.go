package courier

import (
	"net"
	"slices"
	"strings"
)

// network tells one set of addresses of this machine from another: when it
// changes, a wait that began before may be over.
func network() string {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return "" // unknown counts as unchanged from unknown
	}
	out := make([]string, 0, len(addrs))
	for _, a := range addrs {
		out = append(out, a.String())
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
