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
	f := flags("contract", `写出一件案件已签署的合同，连同县里已盖的章和时间戳。

写 --grant 的：加密给授权里写明的收件人，写到 --out 的文件夹里，附第二种签名，没有
水印（签名覆盖每个字节）；计数并记入日志（sync export list）。不写的：写成可直接打开
的文件 --out，只有练习用的中心可以这样做，那里都是虚构的人。`, errs)
	data := f.String("data", "", "中心的文件夹")
	id := f.String("case", "", idOfCase)
	file := f.String("out", "", "要写的文件；写了 --grant 的，是要写到的文件夹")
	grant := f.String("grant", "", "授权的编号，见 sync grant new --centre")
	operator := f.String("operator", "", "得到授权的人的账号")
	closed := f.Bool("closed", false, "照电脑签署完成时的样子，不带县里后加的内容")
	former := f.Int("former", 0, "更正作废的合同：第一份写 1，依次类推")
	sm2 := f.String("sm2", "", "把第二种签名（SM2）另写到这个文件，公钥写在旁边（.pem）")
	who := actorFlags(f, operator)
	if err := parse(f, args, out, "data", "case", "out"); err != nil {
		return err
	}
	if *former < 0 {
		return fault.Tell("sync.contract", fault.Input, "--former 不能小于 0。", errors.New("--former is below 0"))
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
	f := flags("contract list", "列出收到的合同办到哪一步：等待县里盖章，已盖章、等待时间戳，已有时间戳，不加盖章，\n"+
		"核验不通过。", errs)
	data := f.String("data", "", "中心的文件夹")
	asJSON := f.Bool("json", false, "输出一个 JSON 对象")
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

// showContract says how far a contract is, and why, at the end in the words of programs.
func showContract(out io.Writer, k central.KeptContract) {
	state := map[string]string{"waiting": "等待县里盖章", "received": "已盖章，等待时间戳", "stamped": "已盖章，有时间戳", "plain": "不加盖章", "refused": "核验不通过，请人工核对"}[k.State]
	fmt.Fprintf(out, "案件 %s  %s", k.Case, cmp.Or(state, k.State))
	if k.Tries > 0 {
		fmt.Fprintf(out, "  试过 %d 次", k.Tries)
	}
	if k.Why != "" {
		fmt.Fprintf(out, "  %s  %s", whyContract(k), k.Why)
	}
	fmt.Fprintln(out)
}

// whyContract says in Chinese why a contract is no further.
func whyContract(k central.KeptContract) string {
	by, isSealed := strings.CutPrefix(k.Why, "sealed by ")
	switch device, _, _ := strings.Cut(by, ","); {
	case isSealed:
		return "由电脑 " + device + " 盖章，而那台电脑的记录里没有"
	case k.State == "received" && k.Why == fault.Offline.String():
		return "连不上时间戳服务，会再试"
	case k.Tries > 0:
		return "没有办成，会再试"
	}
	if said := map[string]string{"no contract": "没有合同", "first form": "最早的版式，不能再加盖", "not as a terminal closes it": "不是电脑签署完成时的样子",
		"another case's": "是另一件案件的合同"}[k.Why]; said != "" {
		return said
	}
	return "核验发现问题，用 sync contract verify 看是什么" // its codes follow
}

func contractVerify(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("contract verify", "说明合同由谁、何时、按哪个时钟签署，此后有没有改动一个字节，是不是中心收到的那一份；\n"+
		"核验不通过的，以失败结束。", errs)
	data := f.String("data", "", "中心的文件夹")
	file := f.String("file", "", "合同文件")
	sm2 := f.String("sm2", "", "第二种签名的文件；不写就用中心收到的")
	if err := parse(f, args, out, "data", "file"); err != nil {
		return err
	}
	pdf, err := os.ReadFile(*file)
	if err != nil {
		return fault.Tell("sync.contract", fault.Missing, "--file 的文件读不了，请核对。", errors.New("--file cannot be read"))
	}
	var national []byte
	if *sm2 != "" {
		if national, err = os.ReadFile(*sm2); err != nil {
			return fault.Tell("sync.contract", fault.Missing, "--sm2 的文件读不了，请核对。", errors.New("--sm2 cannot be read"))
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
			return fault.Tell("sync.contract", fault.Untrusted, "合同核验不通过，原因见上面。", errors.New("the contract does not hold"))
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
			return fault.Tell("sync.serve", fault.Input, "--tsa-roots 的文件读不了，请核对。", errors.New("--tsa-roots cannot be read"))
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
				return fault.Tell("sync.serve", fault.Input, "--tsa-crl 的文件读不了，请核对。", errors.New("--tsa-crl cannot be read"))
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
