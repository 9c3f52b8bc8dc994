//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"
)

// secret is what nobody may find afterwards, in one of the forms it may take.
// It is named by what it is, never by itself.
type secret struct {
	what string
	form string
	b    []byte
}

// secrets are looked for together, in one pass.
type secrets struct {
	all   []secret
	first [1 << 16][]int // the secrets that begin with two bytes
	long  int            // of the longest
}

func (s *secrets) add(what, form string, b []byte) {
	if len(b) < 6 {
		panic("practice: too short to be told from chance: " + what)
	}
	at := binary.LittleEndian.Uint16(b)
	s.first[at] = append(s.first[at], len(s.all))
	s.all = append(s.all, secret{what, form, b})
	s.long = max(s.long, len(b))
}

// text adds words in the forms that programs hold them in: as a Go string, as
// Go's and X's characters, and as Windows and Java hold them.
func (s *secrets) text(what, words string) {
	var wide, half []byte
	for _, r := range words {
		wide = binary.LittleEndian.AppendUint32(wide, uint32(r))
	}
	for _, u := range utf16.Encode([]rune(words)) {
		half = binary.LittleEndian.AppendUint16(half, u)
	}
	s.add(what, "UTF-8", []byte(words))
	s.add(what, "UTF-16", half)
	s.add(what, "UTF-32", wide)
}

// key adds the bytes of a key, plain and as text.
func (s *secrets) key(what string, b []byte) {
	s.add(what, "bytes", b)
	s.add(what, "hex", []byte(hex.EncodeToString(b)))
	s.add(what, "base64", []byte(base64.StdEncoding.EncodeToString(b)[:len(b)*4/3])) // what no byte behind it changes
}

// content adds pieces of a file: any of them is as bad as the whole. Pieces
// that may stand in any file of the kind are passed over.
func (s *secrets) content(what string, b []byte) {
	const piece, pieces = 48, 6
	for i := range pieces {
		at := len(b) * (2*i + 1) / (2 * pieces)
		if at+piece > len(b) {
			break
		}
		var seen [256]bool
		kinds := 0
		for _, c := range b[at : at+piece] {
			if !seen[c] {
				kinds++
			}
			seen[c] = true
		}
		if kinds > piece/2 {
			s.add(what, fmt.Sprintf("piece %d", i), b[at:at+piece])
		}
	}
}

// found counts secrets by their index.
type found map[int]int

// in looks for the secrets in what r gives.
func (s *secrets) in(r io.Reader, f found) (read int64, err error) {
	const block = 1 << 20
	buf := make([]byte, 0, block+s.long)
	for {
		n, err := io.ReadFull(r, buf[len(buf):len(buf)+block])
		buf = buf[:len(buf)+n]
		read += int64(n)
		last := err != nil
		end := len(buf) - s.long
		if last {
			end = len(buf) - 1
		}
		for i := range max(end, 0) {
			for _, k := range s.first[binary.LittleEndian.Uint16(buf[i:])] {
				if bytes.HasPrefix(buf[i:], s.all[k].b) {
					f[k]++
				}
			}
		}
		if last {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				err = nil
			}
			return read, err
		}
		buf = buf[:copy(buf, buf[max(end, 0):])]
	}
}

// inFolder looks for the secrets in all files of a folder, and in their names.
func (s *secrets) inFolder(dir string, f found) (files int, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if _, err := s.in(strings.NewReader(strings.TrimPrefix(path, dir)), f); err != nil || !d.Type().IsRegular() {
			return err
		}
		r, err := os.Open(path)
		if err != nil {
			return err
		}
		defer r.Close()
		files++
		_, err = s.in(r, f)
		return err
	})
	return files, err
}

// inMemory looks for the secrets in all the memory of a process that can be
// read.
func (s *secrets) inMemory(pid int, f found) (read int64, err error) {
	maps, err := os.Open(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return 0, err
	}
	defer maps.Close()
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return 0, err
	}
	defer mem.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var rights string
		if n, _ := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &rights); n != 3 || rights[0] != 'r' ||
			strings.Contains(lines.Text(), "[v") {
			continue
		}
		// A part that cannot be read is no one's to find anything in.
		n, _ := s.in(io.NewSectionReader(mem, from, to-from), f)
		read += n
	}
	return read, nil
}

// names lists what was found, by what it is.
func (s *secrets) names(f found) []string {
	var out []string
	for k, n := range f {
		out = append(out, fmt.Sprintf("%s as %s, %d times", s.all[k].what, s.all[k].form, n))
	}
	return out
}

// has says whether a secret was found in any form.
func (s *secrets) has(f found, what string) bool {
	for k := range f {
		if s.all[k].what == what {
			return true
		}
	}
	return false
}
