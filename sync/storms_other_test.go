//go:build !linux

package main

func mountSmall(string, int) bool { return false }
func unmountSmall(string)         {}
