//go:build !linux

package main

import "errors"

func hostRole(string) error { return errors.New("no such role") }
