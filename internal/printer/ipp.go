//go:build !windows

package printer

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/user"
	"strings"
	"time"
)

// Operations, tags and states of IPP, and of CUPS beside it.
const (
	opPrintJob    = 0x0002
	opCancelJob   = 0x0008
	opGetJob      = 0x0009
	opGetPrinter  = 0x000b
	opGetDefault  = 0x4001
	opGetPrinters = 0x4002

	tagOperation = 0x01
	tagJob       = 0x02
	tagEnd       = 0x03
	tagInteger   = 0x21
	tagBoolean   = 0x22
	tagName      = 0x42
	tagKeyword   = 0x44
	tagURI       = 0x45
	tagCharset   = 0x47
	tagLanguage  = 0x48
	tagMimeType  = 0x49

	stateStopped   = 6
	stateCanceled  = 7
	stateAborted   = 8
	stateCompleted = 9

	printerStopped = 5

	statusNotFound = 0x0406
	statusGone     = 0x0407

	maxAnswer = 1 << 20
)

// attribute is one of a message; more values than one follow with no name.
type attribute struct {
	group, tag byte
	name       string
	value      []byte
}

func text(tag byte, name, value string) attribute {
	return attribute{tagOperation, tag, name, []byte(value)}
}

func number(group, tag byte, name string, v int) attribute {
	return attribute{group, tag, name, binary.BigEndian.AppendUint32(nil, uint32(int32(v)))}
}

// encode is a request without its document.
func encode(op uint16, attrs []attribute) []byte {
	b := binary.BigEndian.AppendUint16([]byte{2, 0}, op)
	b = binary.BigEndian.AppendUint32(b, 1)
	group := byte(0)
	for _, a := range attrs {
		if a.group != group {
			group = a.group
			b = append(b, group)
		}
		b = append(b, a.tag)
		b = binary.BigEndian.AppendUint16(b, uint16(len(a.name)))
		b = append(b, a.name...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(a.value)))
		b = append(b, a.value...)
	}
	return append(b, tagEnd)
}

// answer is what the service says.
type answer struct {
	status uint16
	attrs  []attribute
	sets   []int // of each of attrs: the number of its group
}

var errAnswer = errors.New("not an answer of IPP")

// decode reads an answer; any bytes that are none are errAnswer.
func decode(b []byte) (answer, error) {
	if len(b) < 9 {
		return answer{}, errAnswer
	}
	a := answer{status: binary.BigEndian.Uint16(b[2:])}
	group, last, set := byte(0), "", 0
	for b = b[8:]; ; {
		if len(b) == 0 {
			return answer{}, errAnswer
		}
		tag := b[0]
		b = b[1:]
		if tag == tagEnd {
			return a, nil
		}
		if tag < 0x10 {
			group, set = tag, set+1
			continue
		}
		name, rest, ok := counted(b)
		value, rest, ok2 := counted(rest)
		if !ok || !ok2 {
			return answer{}, errAnswer
		}
		if len(name) > 0 {
			last = string(name)
		}
		a.attrs, a.sets = append(a.attrs, attribute{group, tag, last, value}), append(a.sets, set)
		b = rest
	}
}

func counted(b []byte) (value, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}

func (a *answer) all(name string) []attribute {
	var out []attribute
	for _, x := range a.attrs {
		if x.name == name {
			out = append(out, x)
		}
	}
	return out
}

// printers are the names in the answer, in order, and where each sends to.
func (a *answer) printers() (names []string, devices map[string]string) {
	devices = map[string]string{}
	for i, x := range a.attrs {
		if x.name != "printer-name" {
			continue
		}
		names = append(names, string(x.value))
		for j, y := range a.attrs {
			if a.sets[j] == a.sets[i] && y.name == "device-uri" {
				devices[string(x.value)] = string(y.value)
			}
		}
	}
	return names, devices
}

// number is an integer or enum of the answer; 0 when there is none.
func (a *answer) number(name string) int {
	for _, x := range a.all(name) {
		if len(x.value) == 4 {
			return int(int32(binary.BigEndian.Uint32(x.value)))
		}
	}
	return 0
}

// service is the print service of this machine.
type service struct {
	client *http.Client
	user   string
	local  bool // over its socket
}

// socket is where CUPS listens on this machine.
const socket = "/run/cups/cups.sock"

func newService() *service {
	s := &service{user: "anonymous"}
	if u, err := user.Current(); err == nil {
		s.user = u.Username
	}
	network, address := "tcp", "localhost:631"
	switch at := os.Getenv("CUPS_SERVER"); {
	case strings.HasPrefix(at, "/"):
		network, address = "unix", at
	case at != "":
		address = strings.TrimSuffix(at, "/version=1.1")
		if !strings.Contains(address, ":") {
			address += ":631"
		}
	default:
		if _, err := os.Stat(socket); err == nil {
			network, address = "unix", socket
		}
	}
	s.local = network == "unix"
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, address)
	}
	s.client = &http.Client{Transport: &http.Transport{DialContext: dial, DisableCompression: true, MaxIdleConns: 1, IdleConnTimeout: time.Minute}}
	return s
}

func (s *service) close() { s.client.CloseIdleConnections() }

// call makes a request, the document behind it.
func (s *service) call(ctx context.Context, path string, op uint16, attrs []attribute, document []byte) (answer, error) {
	head := []attribute{text(tagCharset, "attributes-charset", "utf-8"), text(tagLanguage, "attributes-natural-language", "en")}
	body := append(encode(op, append(head, attrs...)), document...)
	for _, auth := range []string{"", "PeerCred " + s.user} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost"+path, bytes.NewReader(body))
		if err != nil {
			return answer{}, err
		}
		req.Header.Set("Content-Type", "application/ipp")
		if auth != "" {
			req.Header.Set("Authorization", auth)
		}
		res, err := s.client.Do(req)
		if err != nil {
			return answer{}, err
		}
		b, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
		res.Body.Close()
		switch {
		case err != nil:
			return answer{}, err
		case res.StatusCode == http.StatusUnauthorized && s.local && auth == "":
			continue
		case res.StatusCode != http.StatusOK:
			return answer{}, errors.New("the print service says " + res.Status)
		}
		return decode(b)
	}
	return answer{}, errors.New("not let in")
}
