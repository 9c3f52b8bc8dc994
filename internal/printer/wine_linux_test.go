package printer

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestTheSpoolerOfWindows has the program for Windows print through Wine, whose
// spooler hands jobs to CUPS. The folder that DOORSTEP_WINE names is Wine's own,
// with a bcryptprimitives.dll where Wine is older than 9.
func TestTheSpoolerOfWindows(t *testing.T) {
	prefix := os.Getenv("DOORSTEP_WINE")
	if prefix == "" {
		t.Skip("DOORSTEP_WINE names no folder of Wine's to print from")
	}
	c := startCUPS(t)
	program := filepath.Join(t.TempDir(), "printer.exe")
	build := exec.Command("go", "test", "-c", "-o", program, ".")
	build.Env = append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	cmd := exec.Command("wine", program, "-test.v", "-test.run", "^TestThePrinterOfTheSystem$")
	cmd.Env = append(os.Environ(), "WINEPREFIX="+prefix, "WINEDEBUG=-all", "WINEDLLOVERRIDES=mscoree=;mshtml=;bcryptprimitives=n,b", "DOORSTEP_PRINTER=打印机")
	out, err := cmd.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("--- PASS")) {
		log, _ := os.ReadFile(filepath.Join(c.dir, "error_log"))
		t.Fatalf("%v %s\n%s", err, out, log)
	}
	printed, err := os.ReadFile(filepath.Join(c.dir, "out", "printed"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(printed, []byte("%%Page: ")); n != 4 || !bytes.HasPrefix(printed, []byte("%!PS-Adobe")) {
		t.Errorf("%d pages came to the printer in %d bytes, want two pages twice", n, len(printed))
	}
	// What CUPS keeps is its own: Wine's spooler is done with a job once it has it.
	if left, err := filepath.Glob(filepath.Join(prefix, "drive_c", "windows", "system32", "spool", "PRINTERS", "*")); err != nil || len(left) > 0 {
		t.Errorf("in the spool: %v, %v", left, err)
	}
}
