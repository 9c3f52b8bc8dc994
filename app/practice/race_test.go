//go:build race

package main

// detector makes the window watch for races where these tests do; it ends with
// a failure when it met one.
func detector() []string { return []string{"-race"} }
