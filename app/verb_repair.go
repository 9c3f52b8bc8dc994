package main

import (
	"fmt"
	"strings"

	"doorstep/internal/desk"
	"doorstep/internal/loan"
)

func storeRepairVerb() verb {
	return verb{
		name:    "store repair",
		args:    "no argument",
		summary: "Mends a damaged data file, and says what was lost.",
		help: `Everything that can still be read is written into a new file; the damaged one is
kept beside it as store.bolt.damaged-1, or the next free number. What was lost is
named by ids and numbers alone, and the next contact with the centre asks for it.
Stopped at any moment it has changed nothing. A file that is whole is left alone.
The exit code is 1 when something was lost.`,
		run: storeRepair,
	}
}

func storeRepair(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	if !who.given() {
		return c.wrong(wantsAccount)
	}
	password, err := c.password(who)
	if err != nil {
		return c.fail(err)
	}
	defer clear(password)
	ctx, stop := interruptible()
	defer stop()
	people, err := desk.RepairPeople(ctx, *data)
	if err != nil {
		return c.fail(err)
	}
	id := who.operator
	for _, p := range people {
		if p.Name == who.operator {
			id = p.ID
		}
	}
	r, err := desk.Repair(ctx, storeOptions(*data), id, password)
	if err != nil {
		return c.fail(err)
	}
	fmt.Fprint(c.out, repairText(r))
	if lostSomething(r) {
		return exitBad
	}
	return exitDone
}

// lostSomething says whether a repair could not save all.
func lostSomething(r desk.RepairReport) bool {
	return len(r.Incomplete)+len(r.Unopened)+len(r.Own)+len(r.Blobs)+len(r.Operators)+r.Astray+r.Others+r.Settings+r.Receipts > 0
}

// repairText is a repair in words.
func repairText(r desk.RepairReport) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	if r.Whole {
		return "nothing is damaged; nothing was done\n"
	}
	line("mended; the damaged file is kept as %s", r.Kept)
	line("cases whole: %d", r.Cases)
	if !lostSomething(r) {
		line("nothing is known to be lost")
	}
	for _, id := range r.Incomplete {
		line("case %s opens, and lacks changes", id)
	}
	for _, id := range r.Unopened {
		line("case %s cannot be shown until what opened it comes back", id)
	}
	if len(r.Own) > 0 {
		line("own changes lost: %s", ranges(r.Own))
	}
	if r.Astray > 0 {
		line("changes lost of which the case is not known: %d", r.Astray)
	}
	if r.Others > 0 {
		line("changes of other laptops and of the centre lost: %d", r.Others)
	}
	for _, h := range r.Blobs {
		line("attachment %x lost", h[:])
	}
	for _, id := range r.Operators {
		line("account %s lost its roles: it is a clerk's until the centre's roster comes", id)
	}
	if r.Settings+r.Receipts > 0 {
		line("settings lost: %d, receipts lost: %d", r.Settings, r.Receipts)
	}
	if !r.Exact {
		line("what was saved after change %d, if anything was, is not known", r.Through)
	}
	if !r.Exact || lostSomething(r) {
		line("the next contact with the centre asks for what is lost")
	}
	return b.String()
}

func ranges(all []loan.Range) string {
	out := make([]string, len(all))
	for i, r := range all {
		if out[i] = fmt.Sprint(r.From); r.To != r.From {
			out[i] = fmt.Sprintf("%d to %d", r.From, r.To)
		}
	}
	return strings.Join(out, ", ")
}
