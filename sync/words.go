package main

import (
	"fmt"
	"io"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/loan"
)

// byBeijing stands once in what has times in it: people compare lists of several machines.
const byBeijing = "时间为北京时间"

// clockTime is a time within a sentence.
func clockTime(t time.Time) string { return guard.RecordTime(t) + "（北京时间）" }

// ended ends a list of n things: how many they are, in their measure word, or that there
// are none.
func ended(out io.Writer, n int, measure, of string) {
	if n == 0 {
		fmt.Fprintln(out, "没有"+of)
		return
	}
	fmt.Fprintf(out, "共 %d %s%s，%s\n", n, measure, of, byBeijing)
}

// statusWords is the name on screen of a status by its English name, which stays where it
// has none.
func statusWords(name string) string {
	for s := loan.Draft; s <= loan.Void; s++ {
		if s.String() == name {
			return s.Label()
		}
	}
	return name
}
