package main

import (
	"os"
	"path/filepath"
	"runtime"
)

// defaultData is the data folder where none is named: on Windows
// %LocalAppData%\Doorstep, on macOS ~/Library/Application Support/Doorstep,
// elsewhere $XDG_DATA_HOME/doorstep or ~/.local/share/doorstep. Without a home
// it is ./doorstep-data.
func defaultData() string {
	home, _ := os.UserHomeDir()
	base, name := "", "Doorstep"
	switch runtime.GOOS {
	case "windows":
		base = os.Getenv("LocalAppData")
	case "darwin":
		if home != "" {
			base = filepath.Join(home, "Library", "Application Support")
		}
	default:
		base, name = os.Getenv("XDG_DATA_HOME"), "doorstep"
		if !filepath.IsAbs(base) && home != "" {
			base = filepath.Join(home, ".local", "share")
		}
	}
	if !filepath.IsAbs(base) {
		return "doorstep-data"
	}
	return filepath.Join(base, name)
}
