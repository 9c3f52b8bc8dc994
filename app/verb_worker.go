package main

import "doorstep/internal/page/worker"

// workerVerb is the child process that draws pages of documents from unknown
// hands; package page starts it.
func workerVerb() verb {
	return verb{name: "page-worker", hidden: true, summary: "Draws pages for the window; not for people.",
		run: func(c *call) int { return worker.Main(c.in, c.out) }}
}
