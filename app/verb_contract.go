package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"time"

	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/seal"
)

func contractVerifyVerb() verb {
	return verb{
		name:    "contract verify",
		args:    "FILE.pdf",
		summary: "Says whether a sealed contract is what was signed, byte for byte.",
		help: `Whose seals count: with --ca, those of the certificate authority in the file (PEM
or DER); with --operator and --password-file, those of this laptop's own centre,
and the file is also held against the copy in the store, against contracts that
corrections voided, and against the list of laptops shut out. With neither no
seal is trusted, and the file does not pass. --tsa names the roots of time
stamping services (PEM, one or more), --tsa-crl their lists of revoked
certificates (PEM or DER), --sm2 the file with the second signature.
Exit code 0 when it passes, 1 when not; standard output says in Chinese who
signed what, when and by which clock, what is proven, and the reasons.`,
		run: contractVerify,
	}
}

// maxContract is past the longest contract.
const maxContract = 64 << 20

func contractVerify(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	caFile := flags.String("ca", "", "`file` with the centre's certificate")
	tsaFile := flags.String("tsa", "", "`file` with the root certificates of time stamping services")
	crlFile := flags.String("tsa-crl", "", "`file` with lists of revoked certificates of those services")
	sm2File := flags.String("sm2", "", "`file` with the detached SM2 signature")
	args, code, ok := c.parse(flags, 1, 1)
	switch {
	case !ok:
		return code
	case (who.operator != "") != (who.passwordFile != ""):
		return c.wrong(wantsAccount)
	}
	pdf, err := readContract(args[0])
	if err != nil {
		return c.fail(err)
	}
	var o contract.VerifyOptions
	if *caFile != "" {
		if o.CA, err = readAuthority(*caFile); err != nil {
			return c.fail(err)
		}
	}
	if *tsaFile != "" {
		if o.Stampers, err = readRoots(*tsaFile); err != nil {
			return c.fail(err)
		}
	}
	if *crlFile != "" {
		if o.StampLists, err = readLists(*crlFile); err != nil {
			return c.fail(err)
		}
	}
	if *sm2File != "" {
		if o.National, err = readSmall(*sm2File); err != nil {
			return c.fail(err)
		}
	}
	o.Now = time.Now()
	if who.given() {
		code := c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
			var err error
			o, err = d.Trust(ctx, pdf, o)
			return err
		})
		if code != exitDone {
			return code
		}
	}
	r := contract.Verify(pdf, o)
	for _, line := range r.Lines() {
		fmt.Fprintln(c.out, line)
	}
	if !r.OK {
		return exitBad
	}
	return exitDone
}

func readContract(path string) ([]byte, error) {
	f, err := openInput(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxContract+1))
	if err != nil {
		return nil, fault.New("read contract", fault.Disk, err)
	}
	if len(b) > maxContract {
		return nil, fault.New("read contract", fault.TooLarge, nil)
	}
	return b, nil
}

// readLists reads lists of revoked certificates: one in DER, or any number in PEM.
func readLists(path string) ([]*x509.RevocationList, error) {
	b, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	var ders [][]byte
	for p, rest := pem.Decode(b); p != nil; p, rest = pem.Decode(rest) {
		ders = append(ders, p.Bytes)
	}
	if len(ders) == 0 {
		ders = [][]byte{b}
	}
	var out []*x509.RevocationList
	for _, der := range ders {
		l, err := x509.ParseRevocationList(der)
		if err != nil {
			return nil, fault.New("read revocation list", fault.Input, errors.New("neither PEM nor DER"))
		}
		out = append(out, l)
	}
	return out, nil
}

func readAuthority(path string) (*x509.Certificate, error) {
	b, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	if p, _ := pem.Decode(b); p != nil {
		b = p.Bytes
	}
	ca, err := x509.ParseCertificate(b)
	if err != nil {
		return nil, fault.New("read certificate", fault.Input, errors.New("neither PEM nor DER"))
	}
	return ca, nil
}

// readRoots reads certificates, PEM blocks one behind the other or one in DER.
func readRoots(path string) (out []*x509.Certificate, err error) {
	b, err := readSmall(path)
	if err != nil {
		return nil, err
	}
	for {
		p, rest := pem.Decode(b)
		if p == nil {
			break
		}
		root, err := seal.ParseCertificate(p.Bytes)
		if err != nil {
			return nil, fault.New("read certificates", fault.Input, err)
		}
		out, b = append(out, root), rest
	}
	if len(out) > 0 {
		return out, nil
	}
	one, err := readAuthority(path)
	return []*x509.Certificate{one}, err
}
