package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"doorstep/sync/central"
)

// signsIn are the flags of who acts, which the help names once for all verbs.
func signsIn() []string { return []string{"by", "password-file"} }

// TestTheHelpNamesEveryFlagOfEveryVerb compares what --help of the program says of
// a verb with the flags that the verb takes.
func TestTheHelpNamesEveryFlagOfEveryVerb(t *testing.T) {
	for _, flag := range signsIn() {
		if !strings.Contains(usage, "--"+flag) {
			t.Errorf("the help does not name --%s", flag)
		}
	}
	flags := regexp.MustCompile(`(?m)^  -([a-z0-9-]+)`)
	for _, name := range verbNames() {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append(strings.Fields(name), "--help"), &out, &errs); code != exitOK {
			t.Errorf("%s --help: exit %d: %s", name, code, errs.String())
		}
		lines := usageOf(name)
		if lines == "" {
			t.Errorf("the help does not name %s", name)
			continue
		}
		all := flags.FindAllStringSubmatch(out.String(), -1)
		if len(all) == 0 {
			t.Errorf("%s --help names no flag", name)
		}
		for _, f := range all {
			if named := regexp.MustCompile(`--` + f[1] + `\b([^-]|$)`).MatchString(lines); !named && !(f[1] == "by" || f[1] == "password-file") {
				t.Errorf("the help does not say that %s takes --%s", name, f[1])
			}
		}
		for _, f := range regexp.MustCompile(`--([a-z0-9-]+)`).FindAllStringSubmatch(lines, -1) {
			if !strings.Contains(out.String(), "\n  -"+f[1]) {
				t.Errorf("the help says that %s takes --%s, and it does not", name, f[1])
			}
		}
	}
}

// TestTheHelpIsInChinese reads what an officer reads of each verb: what it is about, its
// flags, and what is wrong with a call.
func TestTheHelpIsInChinese(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}`)
	english := regexp.MustCompile(`(?i)\b(the|is|that|with|and|which|needed|default|string|wrong)\b`)
	chinese := func(what, text string) {
		t.Helper()
		for line := range strings.Lines(text) {
			if found := english.FindString(line); found != "" {
				t.Errorf("%s: %q in %q", what, found, line)
			}
		}
	}
	chinese("the help", usage)
	for _, name := range verbNames() {
		var out, errs bytes.Buffer
		run(t.Context(), append(strings.Fields(name), "--help"), &out, &errs)
		chinese(name, out.String())
		about, flags, _ := strings.Cut(out.String(), "\n\n参数：\n")
		if !han.MatchString(about) {
			t.Errorf("%s: %s", name, about)
		}
		flags, _, _ = strings.Cut(flags, "\n\n退出码：")
		for _, f := range strings.Split(strings.TrimPrefix(flags, "  -"), "\n  -") {
			if _, words, _ := strings.Cut(f, "\n"); !han.MatchString(words) {
				t.Errorf("%s: -%s", name, f)
			}
		}
	}
	for args, want := range map[string]string{
		"frobnicate":               "没有这个命令",
		"list --frob":              "没有参数 --frob；用法见 sync list --help",
		"list --data":              "--data 后面须写内容；用法见 sync list --help",
		"list --json=perhaps":      "--json 不能写“perhaps”",
		"record list --limit many": "--limit 不能写“many”",
		"list":                     "须写 --data；用法见 sync list --help",
		"list --data x more":       "多写了：\"more\"",
		"code new --data x --code-file y --hours 0": "--hours 写 1 到 8784",
	} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), &out, &errs); code != exitUsage || out.Len() > 0 || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit %d: %s%s", args, code, out.String(), errs.String())
		}
	}
}

// TestWhyAContractIsNoFurtherIsInChinese has each reason that the centre writes beside a
// contract, which programs read behind the words.
func TestWhyAContractIsNoFurtherIsInChinese(t *testing.T) {
	for _, k := range []central.KeptContract{{State: "plain", Why: "no contract"}, {State: "plain", Why: "first form"}, {State: "refused", Why: "not as a terminal closes it"},
		{State: "refused", Why: "another case's"}, {State: "refused", Why: "sealed by 0190a000-0000-7000-8000-0000000000a1, which does not say so"},
		{State: "refused", Why: "digest-wrong stranger"}, {State: "received", Why: "offline", Tries: 3}, {State: "waiting", Why: "damaged", Tries: 1}} {
		var out bytes.Buffer
		showContract(&out, k)
		words, programs, _ := strings.Cut(out.String(), "  "+k.Why+"\n")
		_, said, _ := strings.Cut(words[strings.LastIndex(words, "  "):], "  ")
		if !strings.HasSuffix(out.String(), "  "+k.Why+"\n") || programs != "" || !regexp.MustCompile(`\p{Han}`).MatchString(said) || strings.HasPrefix(said, "试过") {
			t.Errorf("%+v: %q", k, out.String())
		}
	}
}

// usageOf are the lines of the help that show how a verb is called.
func usageOf(name string) string {
	var out []string
	mine := false
	for _, line := range strings.Split(usage, "\n") {
		switch rest, is := strings.CutPrefix(line, "  sync "); {
		case is:
			mine = isOf(rest, name)
		case !strings.HasPrefix(line, "      "):
			mine = false
		}
		if mine {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// isOf says whether a line of usage is of a verb: "roster|pack withdraw --id" is of
// pack withdraw, and "[serve] --listen" of serve.
func isOf(line, name string) bool {
	have := strings.Fields(strings.Split(line, " -")[0])
	want := strings.Fields(name)
	if len(have) > 0 && have[len(have)-1] == strings.ToUpper(have[len(have)-1]) {
		have = have[:len(have)-1] // an argument, such as ID
	}
	if len(have) != len(want) {
		return false
	}
	for i, w := range have {
		ok := false
		for _, one := range strings.Split(strings.Trim(w, "[]"), "|") {
			ok = ok || one == want[i]
		}
		if !ok {
			return false
		}
	}
	return true
}
