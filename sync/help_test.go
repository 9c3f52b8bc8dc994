package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
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
