package main

import (
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"doorstep/internal/fault"
	"doorstep/sync/central"
)

func contract(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("contract", `write the sealed contract of a case, as the centre holds it: with the centre's own seal
and time stamp, as far as they are there.

With --grant into a file in the folder --out, encrypted to the recipient whom the grant
names, with the second signature, and no watermark, for a signature covers every byte;
counted and written down (sync export list). Without, readable, into the file --out:
only a centre for practice does that, which holds made-up people.`, errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("case", "", idOfCase)
	file := f.String("out", "", "file to write; with --grant, folder to write to")
	grant := f.String("grant", "", "id of the grant; see sync grant new --centre")
	operator := f.String("operator", "", "id of the person whom the grant is for")
	closed := f.Bool("closed", false, "as the laptop closed it, without what the centre put behind")
	former := f.Int("former", 0, "1 for the first contract that a correction voided, and so on")
	sm2 := f.String("sm2", "", "also write the second signature, by SM2, into this file, and its key beside it (.pem)")
	who := actorFlags(f, operator)
	if err := parse(f, args, out, "data", "case", "out"); err != nil {
		return err
	}
	if *former < 0 {
		return fault.New("sync.contract", fault.Input, errors.New("--former is below 0"))
	}
	c, err := beside(ctx, *data, errs)
	if err != nil {
		return err
	}
	defer c.Close()
	caseID, err := c.CaseOf(ctx, *id)
	if err != nil {
		return err
	}
	o := central.ContractOptions{Former: *former, Closed: *closed}
	if *grant != "" {
		return who.act(ctx, c, exports("contract under "+*grant, caseID), func() error {
			h, err := c.ReleaseContract(ctx, *grant, *operator, caseID, o, *file)
			if err == nil {
				fmt.Fprintln(out, h.Path)
			}
			return err
		})
	}
	b, err := c.Contract(ctx, caseID, o)
	if err != nil {
		return err
	}
	if *sm2 != "" {
		sig, key, err := c.NationalSeal(ctx, caseID, *former)
		if err != nil {
			return err
		}
		if err := errors.Join(central.WriteFile(*sm2, sig), central.WriteFile(*sm2+".pem", key)); err != nil {
			return err
		}
	}
	return central.WriteFile(*file, b)
}

func contractList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("contract list", "list how far the centre is with the contracts it received: waiting for its seal, received\n"+
		"(a time stamp is still to come), stamped, plain (nothing can be put behind), refused (does not verify).", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON object")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, readsCases("contract list"), func(c *central.Central) error {
		all, err := c.Contracts(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, map[string]any{"contracts": all})
		}
		for _, k := range all {
			showContract(out, k)
		}
		if len(all) == 0 {
			fmt.Fprintln(out, "没有合同")
		}
		return nil
	})
}

// showContract says how far a contract is, and at the end why, in the words of programs.
func showContract(out io.Writer, k central.KeptContract) {
	state := map[string]string{"waiting": "等待县里盖章", "received": "已盖章，等待时间戳", "stamped": "已盖章，有时间戳", "plain": "不加盖章", "refused": "核验不通过，请人工核对"}[k.State]
	fmt.Fprintf(out, "案件 %s  %s", k.Case, cmp.Or(state, k.State))
	if k.Tries > 0 {
		fmt.Fprintf(out, "  试过 %d 次", k.Tries)
	}
	if k.Why != "" {
		fmt.Fprintf(out, "  %s", k.Why)
	}
	fmt.Fprintln(out)
}

func contractVerify(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("contract verify", "say in Chinese who signed a contract, when and by which clock, whether one byte changed\n"+
		"since, and whether it is the one the centre holds; fail where it does not hold.", errs)
	data := f.String("data", "", "folder of the centre")
	file := f.String("file", "", "the contract")
	sm2 := f.String("sm2", "", "file with the second signature, where it is not to be the one the centre holds")
	if err := parse(f, args, out, "data", "file"); err != nil {
		return err
	}
	pdf, err := os.ReadFile(*file)
	if err != nil {
		return fault.New("sync.contract", fault.Missing, errors.New("--file cannot be read"))
	}
	var national []byte
	if *sm2 != "" {
		if national, err = os.ReadFile(*sm2); err != nil {
			return fault.New("sync.contract", fault.Missing, errors.New("--sm2 cannot be read"))
		}
	}
	return at(ctx, *data, errs, func(c *central.Central) error {
		r, err := c.VerifyContract(ctx, pdf, national)
		if err != nil {
			return err
		}
		for _, line := range r.Lines() {
			fmt.Fprintln(out, line)
		}
		if !r.OK {
			return fault.New("sync.contract", fault.Untrusted, errors.New("the contract does not hold"))
		}
		return nil
	})
}

// stampingFlags names the time stamping service, where flags say one.
func stampingFlags(ctx context.Context, c *central.Central, address, rootsFile string) error {
	if address == "" && rootsFile == "" {
		return nil
	}
	if address == "none" {
		address = ""
	}
	var roots []byte
	if rootsFile != "" {
		var err error
		if roots, err = os.ReadFile(rootsFile); err != nil {
			return fault.New("sync.serve", fault.Input, errors.New("--tsa-roots cannot be read"))
		}
	}
	return c.SetStamping(ctx, address, roots)
}

// revocationFlags names the lists of revoked certificates and the policy, where
// flags say them; one that they do not say stays.
func revocationFlags(ctx context.Context, c *central.Central, lists, policy string) error {
	if lists == "" && policy == "" {
		return nil
	}
	was, err := c.Stamping(ctx)
	if err != nil {
		return err
	}
	switch policy {
	case "":
		policy = was.Policy.String()
	case "none":
		policy = ""
	}
	var urls []string
	var held []byte
	if lists == "" {
		urls = was.ListsAt
		for _, l := range was.Lists {
			held = append(held, pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: l.Raw})...)
		}
	}
	for _, name := range strings.Split(lists, ",") {
		switch {
		case name == "", name == "none":
		case strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
			urls = append(urls, name)
		default:
			b, err := os.ReadFile(name)
			if err != nil {
				return fault.New("sync.serve", fault.Input, errors.New("--tsa-crl cannot be read"))
			}
			if p, _ := pem.Decode(b); p == nil {
				b = pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: b})
			}
			held = append(held, b...)
		}
	}
	return c.SetRevocation(ctx, urls, held, policy)
}

// checks serves the page on which anybody checks a contract, until end is called.
func checks(ctx context.Context, c *central.Central, addr, host string) (end func(), url string, err error) {
	l, err := listenOn(ctx, addr)
	if err != nil {
		return nil, "", err
	}
	srv, err := c.CheckServer(hosts(addr, host))
	if err != nil {
		l.Close()
		return nil, "", err
	}
	done := make(chan struct{})
	go func() { defer close(done); srv.ServeTLS(l, "", "") }()
	return func() { srv.Close(); <-done }, "https://" + reachable(l.Addr(), addr), nil
}
