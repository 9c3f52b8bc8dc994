//go:build !unix || darwin

package kit

// addFontData has nothing to set here: fonts are sought only where the system
// keeps its own, and Windows brings one for the rare planes.
func addFontData(string) error { return nil }
