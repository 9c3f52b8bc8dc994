//go:build !race

package main

// detector is nothing: these tests do not watch for races either.
func detector() []string { return nil }
