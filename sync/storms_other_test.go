//go:build !linux

package main

func mountSmall(string) bool { return false }
func unmountSmall(string)    {}
