package main

import (
	"flag"
	"fmt"
	"io"
	"strings"
)

// std is where a verb reads and writes.
type std struct {
	in       io.Reader
	out, err io.Writer
}

// verb is one thing the command line can do.
type verb struct {
	name    string // one or two words
	args    string // the form of its arguments
	summary string // one line, for the list of verbs
	help    string // the rest of its --help
	hidden  bool
	run     func(c *call) int
}

// call is a verb being run.
type call struct {
	std
	verb verb
	args []string
}

func verbs() []verb {
	return []verb{checkVerb(), schoolsImportVerb(), packTakeVerb(), packListVerb(), enrolVerb(), operatorEnableVerb(), operatorPasswordVerb(), caseListVerb(), caseShowVerb(),
		casePassVerb(), caseExportVerb(), syncImportVerb(), syncRunVerb(), syncStatusVerb(), syncSettingsVerb(), syncNeighbourVerb(), stickWriteVerb(), stickReadVerb(), contractVerifyVerb(), storeBackupVerb(), storeRestoreVerb(), storeRepairVerb(), storeEraseVerb(), auditVerifyVerb(), auditReportVerb(),
		workerVerb(), rigVerb()}
}

// run does what the arguments say and gives the exit code.
func run(args []string, s std) int {
	if len(args) > 0 && (args[0] == "help" || isHelp(args[0])) {
		return help(args[1:], s)
	}
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return runWindow(args, s)
	}
	v, rest, ok := find(args)
	if !ok {
		fmt.Fprintf(s.err, "doorstep: there is no verb %q; see doorstep --help\n", strings.Join(args[:min(2, len(args))], " "))
		return exitUsage
	}
	return v.run(&call{std: s, verb: v, args: rest})
}

func isHelp(s string) bool { return s == "--help" || s == "-help" || s == "-h" }

// find takes the verb off the arguments: one word or two.
func find(args []string) (verb, []string, bool) {
	for _, v := range verbs() {
		words := strings.Fields(v.name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == v.name {
			return v, args[len(words):], true
		}
	}
	return verb{}, nil, false
}

func help(args []string, s std) int {
	if len(args) > 0 {
		if v, _, ok := find(args); ok && !v.hidden {
			return v.run(&call{std: s, verb: v, args: []string{"--help"}})
		}
	}
	fmt.Fprint(s.out, "Doorstep 家门口办贷 takes in student-loan applications at the counter.\n\n"+
		"  doorstep [--data DIR]            open the window\n")
	for _, v := range verbs() {
		if !v.hidden {
			fmt.Fprintf(s.out, "  doorstep %-23s %s\n", v.name, v.summary)
		}
	}
	fmt.Fprintf(s.out, "\nEvery verb has --help, and takes --data DIR for the data folder\n(default %s).\n\n%s", defaultData(), exitHelp)
	return exitDone
}

// flags makes the flag set of the verb, with --data in it.
func (c *call) flags() (*flag.FlagSet, *string) {
	fs := flag.NewFlagSet(c.verb.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	return fs, fs.String("data", defaultData(), "the data `folder`")
}

// parse reads flags and arguments in any order. It gives ok = false with the
// exit code when the verb is not to go on: help was asked for, or the command
// line is wrong.
func (c *call) parse(fs *flag.FlagSet, least, most int) (args []string, code int, ok bool) {
	rest := c.args
	for {
		if err := fs.Parse(rest); err == flag.ErrHelp {
			c.usage(fs)
			return nil, exitDone, false
		} else if err != nil {
			return nil, c.wrong(err.Error()), false
		}
		done := len(rest) - fs.NArg()
		if done > 0 && rest[done-1] == "--" {
			args, rest = append(args, fs.Args()...), nil
		} else {
			rest = fs.Args()
		}
		if len(rest) == 0 {
			break
		}
		args, rest = append(args, rest[0]), rest[1:]
	}
	if len(args) < least || len(args) > most {
		return nil, c.wrong("it takes " + c.verb.args), false
	}
	return args, exitDone, true
}

func (c *call) usage(fs *flag.FlagSet) {
	fmt.Fprintf(c.out, "doorstep %s %s\n\n%s\n\n", c.verb.name, c.verb.args, c.verb.summary)
	if c.verb.help != "" {
		fmt.Fprintf(c.out, "%s\n\n", strings.TrimSpace(c.verb.help))
	}
	fs.VisitAll(func(f *flag.Flag) {
		name, about := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			about += " (default " + f.DefValue + ")"
		}
		fmt.Fprintf(c.out, "  --%-24s %s\n", strings.TrimSpace(f.Name+" "+strings.ToUpper(name)), about)
	})
	fmt.Fprint(c.out, "\n"+exitHelp)
}

// wrong says that the command line is wrong.
func (c *call) wrong(what string) int {
	fmt.Fprintf(c.err, "doorstep %s: %s; see doorstep %s --help\n", c.verb.name, what, c.verb.name)
	return exitUsage
}

// fail says why the verb ended and gives the exit code of the error.
func (c *call) fail(err error) int {
	fmt.Fprintf(c.err, "doorstep %s: %s\n", c.verb.name, plain(err))
	return exitCode(err)
}

func runWindow(args []string, s std) int {
	c := &call{std: s, verb: verb{args: "no verb, or a verb and its arguments", summary: "Opens the window."}, args: args}
	fs, data := c.flags()
	log := fs.String("log", "", "write a log of ids and screen names to `FILE`")
	spots := fs.String("spots", "", "on SIGUSR1 write the controls in view to `FILE`, for driving the window")
	if _, code, ok := c.parse(fs, 0, 0); !ok {
		return code
	}
	return openWindow(windowOptions{data: *data, log: *log, spots: *spots})
}
