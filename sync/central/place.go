package central

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"doorstep/internal/fault"
)

// Place says where a centre lives that several servers serve: a database, a
// bucket and a folder of keys that all of them share. The zero Place is the
// embedded database and the folder.
type Place struct {
	Database     string // postgres://…
	PasswordFile string // of the database; empty: the URL or the environment has it
	Connections  int    // to the database, at most; 0: 16

	Bucket          string // https://HOST/BUCKET?region=NAME
	CredentialsFile string // of the bucket; empty: the environment has them

	Keys string // folder of the centre's keys; empty: keys in the centre's folder
}

// placeFile is the file of a centre's folder that holds its Place.
const placeFile = "centre.conf"

// complete takes what is not said from the folder's file, and refuses what does
// not go together.
func (p Place) complete(dir string) (Place, error) {
	const op = "central.place"
	b, err := os.ReadFile(filepath.Join(dir, placeFile))
	if err != nil && !os.IsNotExist(err) {
		return p, diskFault(op, err)
	}
	said, err := parsePlace(b, dir)
	if err != nil {
		return p, err
	}
	if p.Database == "" && p.Bucket == "" {
		p.Database, p.Bucket = said.Database, said.Bucket
	}
	for to, from := range map[*string]string{&p.PasswordFile: said.PasswordFile, &p.CredentialsFile: said.CredentialsFile, &p.Keys: said.Keys} {
		if *to == "" {
			*to = from
		}
	}
	if p.Connections == 0 {
		p.Connections = said.Connections
	}
	switch {
	case (p.Database == "") != (p.Bucket == ""):
		return p, fault.New(op, fault.Input, errors.New("a database and a bucket go together: servers that share one must share the other"))
	case p.Database != "" && p.Keys == "":
		return p, fault.New(op, fault.Input, errors.New("servers that share a database need the folder of the keys that they share"))
	}
	return p, nil
}

// parsePlace reads lines of a name, a blank and a value; a line that begins
// with # is passed over. Files and folders are named from dir on.
func parsePlace(b []byte, dir string) (Place, error) {
	const op = "central.parsePlace"
	var p Place
	lines := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, " ")
		value = strings.TrimSpace(value)
		file := value
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		bad := value == ""
		switch name {
		case "database":
			p.Database = value
		case "database-password-file":
			p.PasswordFile = file
		case "connections":
			var err error
			p.Connections, err = strconv.Atoi(value)
			bad = err != nil
		case "bucket":
			p.Bucket = value
		case "bucket-credentials":
			p.CredentialsFile = file
		case "keys":
			p.Keys = file
		default:
			bad = true
		}
		if bad {
			return Place{}, fault.New(op, fault.Input, errors.New(placeFile+", line "+strconv.Itoa(n)))
		}
	}
	if lines.Err() != nil {
		return Place{}, fault.New(op, fault.Input, errors.New(placeFile+" has a line that is too long"))
	}
	return p, nil
}
