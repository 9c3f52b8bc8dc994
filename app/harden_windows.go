package main

import "runtime/debug"

// harden lets a panic tell no arguments. Windows Error Reporting keeps no full
// image of a program's memory unless an administrator has told it to.
func harden() { debug.SetTraceback("none") }
