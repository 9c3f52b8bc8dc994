package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"doorstep/internal/fault"
)

// Exit codes, as the help says.
const (
	exitOK      = 0
	exitFailed  = 1
	exitUsage   = 2
	exitMissing = 3
	exitBusy    = 4
)

const usage = `sync 是“家门口办贷”的中心服务程序。

用法：
  sync [serve] --listen ADDR --data DIR [--code-file FILE] [--practice] [--county CODE --county-name NAME] [--suite NAME]
      [--host NAME] [--address-file FILE] [--own-address URL] [--metrics ADDR] [--page ADDR] [--ice FILE] [--sessions N]
      [--drain TIME] [--scrub MEGABYTES] [--log text|json] [--verbose] [--tsa URL --tsa-roots FILE [--tsa-policy OID] [--tsa-crl FILE[,FILE]]]
      [--database URL [--database-password-file FILE] [--database-connections N]] [--bucket URL [--bucket-credentials FILE]] [--keys DIR]
  sync list --data DIR [--json]
  sync contract --data DIR --case ID --out FILE [--closed] [--former N] [--sm2 FILE]
      [--grant ID --operator ID]
  sync contract list --data DIR [--json]
  sync contract verify --data DIR --file FILE [--sm2 FILE]
  sync export --data DIR --to DIR [--grant ID --operator ID [--case ID[,ID]]]
  sync export list --data DIR [--json]
  sync record list --data DIR --reason TEXT --by ID [--of ID] [--device ID] [--case ID] [--kind KIND[,KIND]]
      [--from DAY] [--to DAY] [--person|--person-file FILE] [--seen] [--limit N] [--json]
  sync record export --data DIR --reason TEXT --by ID [--of ID] [--device ID] [--case ID] [--kind KIND[,KIND]]
      [--from DAY] [--to DAY] [--person|--person-file FILE] [--seen] --out FILE
  sync record odd --data DIR --reason TEXT --by ID [--of ID] [--device ID] [--from DAY] [--to DAY] [--json]
  sync record verify --data DIR --reason TEXT --by ID [--device ID] [--json]
  sync emergency list --data DIR --reason TEXT --by ID [--json]
  sync emergency review --data DIR --device ID --id ID --right|--not-right --reason TEXT --by ID
  sync operator add --data DIR --id ID --name NAME --role ROLE[,ROLE] [--level LEVEL --org NAME] [--by ID | --unproven]
  sync operator off --data DIR --id ID [--by ID | --unproven]
  sync officer add --data DIR --id ID [--password-file FILE] [--by ID [--by-password-file FILE] | --unproven]
  sync officer password --data DIR --by ID [--password-file FILE] [--new-password-file FILE]
  sync officer list --data DIR [--json]
  sync code new --data DIR --code-file FILE [--point NAME] [--point-type NAME] [--hours N] [--again ID] [--png FILE]
  sync device list --data DIR [--json]
  sync device revoke|admit|settle --data DIR --id ID
  sync device lost --data DIR --id ID [--json]
  sync case return --data DIR --case ID --code CODE[:FIELD][,CODE[:FIELD]] [--note TEXT] [--by ID]
  sync case accept --data DIR --case ID [--note TEXT] [--by ID]
  sync case withdraw-consent --data DIR --case ID --party student|coborrower --purpose PURPOSE --reason TEXT [--by ID]
  sync case erase --data DIR --case ID --by ID --reason TEXT
  sync case erased --data DIR [--json]
  sync roster import --data DIR --file FILE --group CODE --school NAME [--year YEAR]
  sync schools import --data DIR --file FILE
  sync pack add --data DIR --file FILE [--late]
  sync template add --data DIR --file FILE [--late]
  sync grant new --data DIR --operator ID --by ID --fields FIELD[,FIELD] --case ID[,ID]|--count N --reason TEXT [--hours N]
      [--device ID] [--recipient NAME --recipient-key KEY [--centre]]
  sync grant answer --data DIR --device ID --operator ID --by ID --code CODE --reason TEXT [--yes]
      [--to NAME --purpose TEXT] [--png FILE]
  sync grant waiting --data DIR [--json]
  sync grant decide --data DIR --device ID --ask DIGITS --by ID --reason TEXT --yes|--no
  sync lease renew --data DIR --device ID --operator ID --by ID --code CODE [--png FILE]
  sync answer list --data DIR [--json]
  sync roster withdraw --data DIR --group CODE
  sync pack|template withdraw --data DIR --id ID
  sync grant withdraw --data DIR --id ID [--reason TEXT]
  sync bulletin list --data DIR [--json]
  sync bulletin write --data DIR --kind KIND --name NAME --out FILE
  sync recovery list --data DIR [--json]
  sync recovery approve --data DIR ID --code DIGITS [--enable]
  sync recovery approve --data DIR --file REQUEST --code DIGITS --out FILE [--enable]
  sync recovery answer --data DIR --device ID --operator ID --by ID --code DIGITS [--png FILE]
  sync recovery refuse --data DIR ID
  sync recovery test --data DIR
  sync stick take --data DIR --from STICK [--json]
  sync verify --data DIR [--mend] [--json]
  sync restored --data DIR

办理人须登录：写 --by 账号（export 和 contract 写 --operator），密码在终端输入，或用
--password-file。第一个人的密码用 sync officer add 设。练习用的中心不问，并说明没有问。
查看案件、合同、导出、答复、申请、已删除的案件和账号等列表也须登录，谁看过记入日志：
系统数据管理员和审计员可看，案件和合同还有办理它们的复核员可看。
stick take、verify --mend 和 restored 只搬运和修补已有的材料，不问。

每个命令都可以写 --help。除 serve、restored 和 verify --mend 外，都可以在服务运行时
对同一个文件夹办理；restored 和 verify --mend 须先停止服务。

几台服务器可以共用一个 PostgreSQL 和一个存储桶：serve --database URL --bucket URL
--keys DIR，各有自己的文件夹放正在接收的材料。各命令从文件夹里的 centre.conf，或从
DOORSTEP_DATABASE、DOORSTEP_BUCKET 和 DOORSTEP_KEYS 找到它们，这时都可以在服务运行时办。

退出码：
  0  办好；serve：收到 SIGINT 或 SIGTERM，办完手头的后结束
  1  没有办成，原因见标准错误
  2  用法不对：没有这个命令或参数，或参数缺少、写错
  3  没有：文件夹里没有中心，或没有这件案件、合同或这台电脑
  4  文件夹正由另一个进程服务，或地址已被占用
`

type verb func(ctx context.Context, args []string, out, errs io.Writer) error

// errUsage marks an error of the command line that was already explained.
var errUsage = errors.New("wrong usage")

func main() { os.Exit(start()) }

// start runs the program until it is done or told to end.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) > 1 && (os.Args[1] == "serve" || strings.HasPrefix(os.Args[1], "-")) {
		defer background(ctx, sparePages)()
	}
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}

// run does what the arguments say and gives the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	v, rest := pick(args)
	if v == nil {
		if len(args) > 0 && (args[0] == "help" || args[0] == "--help" || args[0] == "-h" || args[0] == "-help") {
			fmt.Fprint(out, usage)
			return exitOK
		}
		said := "须写一个命令"
		if len(args) > 0 {
			said = fmt.Sprintf("没有这个命令：%q", strings.Join(args[:min(len(args), 2)], " "))
		}
		fmt.Fprintf(errs, "sync: %s\n\n%s", said, usage)
		return exitUsage
	}
	err := v(ctx, rest, out, errs)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return exitOK
	case errors.Is(err, errUsage):
		return exitUsage
	}
	fmt.Fprintln(errs, "sync:", told(err))
	fmt.Fprintln(errs, "     ", err)
	switch fault.KindOf(err) {
	case fault.Missing:
		return exitMissing
	case fault.Busy:
		return exitBusy
	case fault.Input:
		return exitUsage
	}
	return exitFailed
}

// told is what whoever sits at the centre reads of an error. The step of most kinds is a
// clerk's, who is to ask the county.
func told(err error) string {
	switch own, kind := fault.Sentence(err), fault.KindOf(err); {
	case kind == fault.Denied:
		return own + fault.Step(err)
	case kind == fault.Offline && own == kind.Sentence():
		return "连不上所需的服务。"
	default:
		return own
	}
}

// verbs are all verbs: those of one word, and those of two.
func verbs() (one, two map[string]verb) {
	one = map[string]verb{"serve": serve, "list": list, "contract": contract, "export": export, "restored": restored, "verify": verify}
	two = map[string]verb{"operator add": operatorAdd, "operator off": operatorOff, "code new": codeNew,
		"recovery list": recoveryList, "recovery approve": recoveryApprove, "recovery answer": recoveryAnswer, "recovery refuse": recoveryRefuse, "recovery test": recoveryTest,
		"stick take": stickTake, "contract list": contractList, "contract verify": contractVerify}
	maps.Copy(two, countyVerbs())
	return one, two
}

// pick finds the verb; serve is meant where the first argument is a flag.
func pick(args []string) (verb, []string) {
	one, two := verbs()
	if len(args) == 0 {
		return nil, nil
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		return nil, nil
	}
	if strings.HasPrefix(args[0], "-") {
		return serve, args
	}
	if len(args) > 1 {
		if v := two[args[0]+" "+args[1]]; v != nil {
			return v, args[2:]
		}
	}
	if v := one[args[0]]; v != nil {
		return v, args[1:]
	}
	return nil, nil
}

// flags makes a flag set whose errors are explained once and marked as usage.
func flags(name, about string, errs io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(errs)
	f.Usage = func() {
		fmt.Fprintf(f.Output(), "sync %s：%s\n\n参数：\n", name, about)
		defaults(f)
		fmt.Fprint(f.Output(), "\n退出码：0 办好，1 没有办成，2 用法不对，3 没有，4 正在使用。\n")
	}
	return f
}

// parse reads the flags; none of those required may be empty. Help goes to out.
func parse(f *flag.FlagSet, args []string, out io.Writer, required ...string) error {
	errs := f.Output()
	for _, a := range args {
		if a == "-h" || a == "-help" || a == "--help" {
			f.SetOutput(out)
		}
	}
	if err := quietly(f, args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			f.Usage()
			return err
		}
		fmt.Fprintf(errs, "sync %s: %s；用法见 sync %s --help\n", f.Name(), misused(err), f.Name())
		return errUsage
	}
	if f.NArg() > 0 {
		fmt.Fprintf(errs, "sync %s: 多写了：%q；用法见 sync %s --help\n", f.Name(), f.Arg(0), f.Name())
		return errUsage
	}
	for _, name := range required {
		if f.Lookup(name).Value.String() == "" {
			fmt.Fprintf(errs, "sync %s: 须写 --%s；用法见 sync %s --help\n", f.Name(), name, f.Name())
			return errUsage
		}
	}
	return nil
}
