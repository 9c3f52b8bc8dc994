package main

import (
	"cmp"
	"flag"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// quietly reads flags; what is wrong with them is said by misused alone.
func quietly(f *flag.FlagSet, args []string) error {
	out, about := f.Output(), f.Usage
	f.SetOutput(io.Discard)
	f.Usage = func() {}
	defer func() {
		f.SetOutput(out)
		f.Usage = about
	}()
	return f.Parse(args)
}

// misused is in Chinese what package flag found wrong; where it says it otherwise than is
// known here, its own words stay.
func misused(err error) string {
	said := err.Error()
	for _, w := range []struct{ is, say string }{
		{`^flag provided but not defined: -+(.+)$`, "没有参数 --$1"},
		{`^flag needs an argument: -+(.+)$`, "--$1 后面须写内容"},
		{`^invalid (?:boolean )?value "(.*?)" for (?:flag )?-+(\S+): .*$`, "--$2 不能写“$1”"},
		{`^bad flag syntax: (.+)$`, "写法不对：$1"},
	} {
		if re := regexp.MustCompile(w.is); re.MatchString(said) {
			return re.ReplaceAllString(said, w.say)
		}
	}
	return said
}

// defaults prints the flags of a verb, what each takes and is when it is not given.
func defaults(f *flag.FlagSet) {
	f.VisitAll(func(o *flag.Flag) {
		kind, about := flag.UnquoteUsage(o)
		kind = cmp.Or(map[string]string{"string": "文字", "int": "数字", "duration": "时长，如 5s"}[kind], kind)
		if o.DefValue != "" && o.DefValue != "0" && o.DefValue != "0s" && o.DefValue != "false" {
			about += "（不写是 " + o.DefValue + "）"
		}
		fmt.Fprintf(f.Output(), "  %s\n    \t%s\n", strings.TrimSpace("-"+o.Name+" "+kind), strings.ReplaceAll(about, "\n", "\n    \t"))
	})
}
