package kit

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"doorstep/internal/fault"
)

const (
	rareFontFile  = "DoorstepRare.otf"
	rareFontStamp = "DoorstepRare.stamp"
)

// PrepareRareFont makes every character that the text fonts lack draw in the
// window: it keeps the rare font as a file under cacheDir and adds that folder
// to where fonts are sought, which loads it only when such a character is
// first drawn. It is called once before Fyne's app.New.
//
// The font is unpacked by rare when the file is not there, is not what was
// written (by size and hash), or was written by another build of the program.
// On failure the environment is unchanged and rare characters draw only where
// the system has a font for them.
func PrepareRareFont(cacheDir string, rare func() ([]byte, error)) error {
	const op = "kit.PrepareRareFont"
	// fonts are sought in the folder "fonts" of each data folder
	data := filepath.Join(cacheDir, "data")
	folder := filepath.Join(data, "fonts")
	if !rareFontHolds(folder) {
		font, err := rare()
		if err != nil {
			return fault.Wrap(op, err)
		}
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return fault.New(op, fault.Disk, err)
		}
		if err := replaceFile(folder, rareFontFile, font); err != nil {
			return fault.Wrap(op, err)
		}
		if err := replaceFile(folder, rareFontStamp, []byte(rareStamp(font))); err != nil {
			return fault.Wrap(op, err)
		}
	}
	if err := addFontData(data); err != nil {
		return fault.New(op, fault.Unavailable, err)
	}
	return nil
}

// rareFontHolds reports whether the file is what this build wrote.
func rareFontHolds(folder string) bool {
	stamp, err := os.ReadFile(filepath.Join(folder, rareFontStamp))
	if err != nil {
		return false
	}
	font, err := os.ReadFile(filepath.Join(folder, rareFontFile))
	return err == nil && string(stamp) == rareStamp(font)
}

// rareStamp names a font file and the build that wrote it.
func rareStamp(font []byte) string {
	build := "unknown"
	if path, err := os.Executable(); err == nil {
		if info, err := os.Stat(path); err == nil {
			build = fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
		}
	}
	return fmt.Sprintf("%d %x %s\n", len(font), sha256.Sum256(font), build)
}

// replaceFile writes a file under another name and renames it, so that a file
// cut short is never found.
func replaceFile(folder, name string, content []byte) error {
	const op = "kit.replaceFile"
	f, err := os.CreateTemp(folder, name+".*.part")
	if err != nil {
		return fault.New(op, fault.Disk, err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, name))
	}
	if err != nil {
		os.Remove(f.Name())
		return fault.New(op, fault.Disk, err)
	}
	return nil
}
