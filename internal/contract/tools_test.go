package contract

import (
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// Programs that others wrote must agree with what this package writes.

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(tool(t, name), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

func sampleFiles(t *testing.T) map[string]string {
	t.Helper()
	id := newIdentity(t, seal.Device)
	in := testInput(t)
	in.App.Student.Name = "江䶮㛃𫖮𠅤𬎆𬭎"
	filled := mustFill(t, in)
	rc, err := testPress(t).Receipt(testReceipt(t))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{
		"filled":  tempFile(t, "filled.pdf", filled),
		"sealed":  tempFile(t, "sealed.pdf", id.seal(t, filled)),
		"stamped": tempFile(t, "stamped.pdf", newTSA(t).stamped(t, id.received(t, id.seal(t, filled)))),
		"receipt": tempFile(t, "receipt.pdf", rc),
	}
	for name, b := range papersOf(t, in, "loan-contract-1.json", "temporary-receipt-1.json") {
		out[name] = tempFile(t, name+".pdf", b)
	}
	return out
}

func TestQPDFFindsNothing(t *testing.T) {
	for name, path := range sampleFiles(t) {
		if out := run(t, "qpdf", "--check", path); strings.Contains(out, "WARNING") || !strings.Contains(out, "No syntax or stream encoding errors") {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestMuPDFFindsNothing(t *testing.T) {
	for name, path := range sampleFiles(t) {
		out := strings.ReplaceAll(run(t, "mutool", "draw", "-q", "-r", "40", "-o", filepath.Join(t.TempDir(), "p%d.png"), path),
			"warning: ICC support is not available\n", "")
		if strings.Contains(out, "warning") || strings.Contains(out, "error") {
			t.Errorf("%s: %s", name, out)
		}
		if name == "sealed" {
			if out := run(t, "mutool", "sign", "-v", path); !strings.Contains(out, "The document is unchanged since signing.") {
				t.Errorf("mutool sign: %s", out)
			}
		}
	}
}

func TestPopplerFindsTheSealsValid(t *testing.T) {
	files := sampleFiles(t)
	for name, n := range map[string]int{"sealed": 3, "stamped": 4} {
		out := run(t, "pdfsig", files[name])
		for _, want := range []string{"ETSI.CAdES.detached", "Field Name: StudentSeal", "Field Name: CoborrowerSeal", "Field Name: PointSeal"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: pdfsig does not say %q:\n%s", name, want, out)
			}
		}
		if got := strings.Count(out, "Signature is Valid."); got != n || strings.Contains(out, "Invalid") {
			t.Errorf("%s: pdfsig finds %d seals valid, want %d:\n%s", name, got, n, out)
		}
		if strings.Count(out, "  - Total document signed") != 1 {
			t.Errorf("%s: pdfsig does not find that the last covers all:\n%s", name, out)
		}
	}
}

func TestPopplerEmbedsEveryFont(t *testing.T) {
	for name, path := range sampleFiles(t) {
		for _, line := range strings.Split(strings.TrimSpace(run(t, "pdffonts", path)), "\n")[2:] {
			if f := strings.Fields(line); len(f) < 9 || strings.Join(f[len(f)-5:len(f)-2], " ") != "yes yes yes" {
				t.Errorf("%s: not embedded, subset and with Unicode: %s", name, line)
			}
		}
	}
}

func TestOpenSSLVerifiesTheCMS(t *testing.T) {
	tool(t, "openssl")
	id := newIdentity(t, seal.Device)
	sealed := id.seal(t, mustFill(t, testInput(t)))
	for n := 1; n <= 3; n++ {
		opensslAgrees(t, id, cut(t, sealed, n))
	}
	opensslAgrees(t, id, id.received(t, sealed))
}

func opensslAgrees(t *testing.T, id identity, sealed []byte) {
	t.Helper()
	from, to := lastContents(t, sealed)
	content := append(append([]byte(nil), sealed[:from-1]...), sealed[to+1:]...)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: id.ca})
	args := func(content []byte) []string {
		return []string{"cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", tempFile(t, "s.der", lastDER(t, sealed)),
			"-content", tempFile(t, "c.bin", content), "-CAfile", tempFile(t, "ca.pem", ca), "-purpose", "any",
			"-attime", fmt.Sprint(testInput(t).At.Unix()), "-out", os.DevNull}
	}
	if out := run(t, "openssl", args(content)...); !strings.Contains(out, "CAdES Verification successful") {
		t.Errorf("openssl: %s", out)
	}
	content[500] ^= 1
	if err := exec.Command("openssl", args(content)...).Run(); err == nil {
		t.Error("openssl verifies a changed content")
	}
}

func TestReceiptIsOnePageWithAReadableCode(t *testing.T) {
	in := testReceipt(t)
	b, err := testPress(t).Receipt(in)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := Pages(b); err != nil || n != 1 {
		t.Errorf("Pages = %d, %v, want 1", n, err)
	}
	text := readBack(t, b)
	for _, want := range []string{"韦*𬎆", "522***********9914", "待上传", in.CaseID.String(), "5,800"} {
		if !strings.Contains(text, want) {
			t.Errorf("the receipt does not say %s", want)
		}
	}
	if strings.Contains(text, in.App.Student.IDNo) || strings.Contains(text, in.App.Student.Name) {
		t.Error("the receipt gives away a name or a number")
	}
	base := filepath.Join(t.TempDir(), "r")
	run(t, "pdftoppm", "-r", "150", "-png", "-singlefile", tempFile(t, "r.pdf", b), base)
	f, err := os.Open(base + ".png")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	bmp, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	code, err := qrcode.NewQRCodeReader().Decode(bmp, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		t.Fatalf("the code cannot be read: %v", err)
	}
	if got, want := code.GetText(), "doorstep:case:"+in.CaseID.String()+":queued"; got != want {
		t.Errorf("code says %q, want %q", got, want)
	}
}

func testReceipt(t testing.TB) ReceiptInput {
	t.Helper()
	in := testInput(t)
	in.App.Loan.Amount = 5800
	return ReceiptInput{App: in.App, Pack: in.Pack, Template: testTemplate(t, "temporary-receipt-1.json"), CaseID: in.CaseID,
		Point: in.Point, Operator: in.Operator, Status: loan.Queued, At: in.At,
		Masked: map[string]string{"student.name_masked": "韦*𬎆", "student.id_no_masked": "522***********9914",
			"coborrowers.0.name_masked": "韦*乙"}}
}

func TestInkIsDrawn(t *testing.T) {
	tool(t, "pdftoppm")
	dark := func(strokes map[loan.Party][]Stroke) int {
		in := testInput(t)
		in.Strokes = strokes
		base := filepath.Join(t.TempDir(), "p")
		run(t, "pdftoppm", "-r", "40", "-gray", "-f", "3", "-l", "3", "-singlefile", tempFile(t, "p.pdf", mustFill(t, in)), base)
		b, err := os.ReadFile(base + ".pgm")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, c := range b {
			if c < 128 {
				n++
			}
		}
		return n
	}
	with, without := dark(testInput(t).Strokes), dark(nil)
	if with < without+200 {
		t.Errorf("%d dark points with ink, %d without", with, without)
	}
}

func TestNoHexIsLeftOfTheReserve(t *testing.T) {
	id := newIdentity(t, seal.Device)
	der := lastDER(t, id.seal(t, mustFill(t, testInput(t))))
	if len(der) > sealReserve/2 {
		t.Errorf("a signature of %d bytes leaves too little of %d for a licensed chain: %s…", len(der), sealReserve, hex.EncodeToString(der[:8]))
	}
}
