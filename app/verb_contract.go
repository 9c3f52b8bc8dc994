package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"

	"doorstep/internal/contract"
	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func contractVerifyVerb() verb {
	return verb{
		name:    "contract verify",
		args:    "FILE.pdf",
		summary: "Says whether a sealed contract is what was signed, byte for byte.",
		help: `Whose seal counts: with --ca, that of the certificate authority in the file (PEM
or DER); with --operator and --password-file, that of this laptop's own centre,
and the file is also held against the copy in the store. With neither no seal
is trusted, and the file does not pass. Exit code 0 when it passes, 1 when not;
standard output gives the reasons in Chinese.`,
		run: contractVerify,
	}
}

// maxContract is past the longest contract.
const maxContract = 64 << 20

func contractVerify(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	caFile := flags.String("ca", "", "`file` with the centre's certificate")
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
	if who.given() {
		code := c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
			var err error
			o, err = deskOptions(ctx, d, pdf, o)
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

// deskOptions holds the file against this laptop's centre and, where the case
// is here and sealed, against the stored copy.
func deskOptions(ctx context.Context, d *desk.Desk, pdf []byte, o contract.VerifyOptions) (contract.VerifyOptions, error) {
	if o.CA == nil {
		o.CA = d.Authority()
	}
	id, err := uuid.Parse(contract.Verify(pdf, o).Case)
	if err != nil {
		return o, nil
	}
	k, err := d.Open(ctx, id)
	switch {
	case fault.KindOf(err) == fault.Missing:
		return o, nil
	case err != nil:
		return o, err
	case k.Contract == nil || k.Contract.Sealed == nil:
		return o, nil
	}
	o.ExpectHash = k.Contract.Sealed.Blob
	name := d.Store().BlobName(pdf) // now: the store is closed when Verify asks
	o.Hash = func([]byte) loan.Hash { return name }
	return o, nil
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
