package kit

import (
	"fmt"
	"hash/crc32"
	"io"
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
// written (by size and checksum), or was written by another build of the program.
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
		if err := replaceFile(folder, rareFontStamp, []byte(rareStamp(int64(len(font)), crc32.Checksum(font, castagnoli())))); err != nil {
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
	f, err := os.Open(filepath.Join(folder, rareFontFile))
	if err != nil {
		return false
	}
	defer f.Close()
	sum := crc32.New(castagnoli())
	size, err := io.Copy(sum, f)
	return err == nil && string(stamp) == rareStamp(size, sum.Sum32())
}

// castagnoli is the checksum that processors compute themselves: it is for
// damage, and is computed at every start.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// rareStamp names a font file and the build that wrote it.
func rareStamp(size int64, sum uint32) string {
	build := "unknown"
	if path, err := os.Executable(); err == nil {
		if info, err := os.Stat(path); err == nil {
			build = fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
		}
	}
	return fmt.Sprintf("%d %08x %s\n", size, sum, build)
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
