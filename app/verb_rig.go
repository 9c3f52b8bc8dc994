package main

import "doorstep/internal/rig"

// rigVerb is the store under trial; see package rig.
func rigVerb() verb {
	return verb{name: "rig", args: "write|verify FLAGS", hidden: true, summary: "Tries the store with made-up data; not for people.",
		run: func(c *call) int {
			ctx, stop := interruptible()
			defer stop()
			return rig.Main(ctx, c.args, c.out, c.err)
		}}
}
