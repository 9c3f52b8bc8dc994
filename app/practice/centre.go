package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"
)

// centre is the central server of the session, on its embedded default.
type centre struct {
	*child
	program string
	data    string
	address string
	code    string // the file with a one-time enrolment code
}

// openCentre starts the server for the practice county and waits until it
// answers.
func openCentre(ctx context.Context, c *crew, program, dir, address string) (*centre, error) {
	s := &centre{program: program, data: filepath.Join(dir, "centre"), address: address, code: filepath.Join(dir, "code")}
	if err := os.Remove(s.code); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var err error
	s.child, err = c.start("centre", nil, nil, program, "--practice", "--listen", address, "--data", s.data, "--code-file", s.code)
	if err != nil {
		return nil, err
	}
	return s, until(ctx, patience, "the central server to answer", func() (bool, error) {
		if s.ended() {
			return false, fmt.Errorf("the central server ended: %v\n%s", s.err, tail(s.log, 8))
		}
		b, err := os.ReadFile(s.code)
		if err != nil || len(b) == 0 {
			return false, nil
		}
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return false, nil
		}
		return true, conn.Close()
	})
}

// freeAddress is an address of this machine where nothing listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// holding is what the centre tells of a case.
type holding struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	Blobs      int    `json:"blobs"`
	Lacking    int    `json:"lacking"`
	Bytes      int64  `json:"bytes"`
	Changes    int    `json:"changes"`
	Conflicts  int    `json:"conflicts"`
	Aside      int    `json:"aside"`
	ReceiptNo  string `json:"receipt_no"`
	ContractNo string `json:"contract_no"`
}

// whole says whether the case is finished, all of it is there, and nothing of
// it is in doubt.
func (h holding) whole() bool {
	return h.Status == "received" && h.ReceiptNo != "" && h.Blobs > 0 && h.Lacking == 0 && h.Conflicts == 0 && h.Aside == 0
}

// list asks the centre what it holds, and gives its words as they are too.
func (s *centre) list(ctx context.Context) ([]holding, []byte, error) {
	b, err := output(ctx, s.program, "list", "--data", s.data, "--json")
	if err != nil {
		return nil, nil, err
	}
	var all struct {
		Cases []holding `json:"cases"`
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, b, fmt.Errorf("what the centre holds: %w", err)
	}
	return all.Cases, b, nil
}

// contract writes the sealed contract of a case as the centre holds it.
func (s *centre) contract(ctx context.Context, id, file string) error {
	_, err := output(ctx, s.program, "contract", "--data", s.data, "--case", id, "--out", file)
	return err
}
