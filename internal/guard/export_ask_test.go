package guard

import (
	"strings"
	"testing"
)

func testExport() (Ask, Release) {
	return Ask{Nonce: [4]byte{1, 2, 3, 4}, Fields: []string{ImagesField}, Hours: 2, Count: 3},
		Release{To: "某市学生资助管理中心", Key: "age1" + strings.Repeat("q", 58)}
}

func TestARequestToExportSaysToWhomAndWhatFor(t *testing.T) {
	a, r := testExport()
	e, err := NewExportAsk(a, r, "市中心抽查（合同）")
	if err != nil {
		t.Fatal(err)
	}
	if e.Fingerprint() != r.Fingerprint() {
		t.Errorf("fingerprint %s, want %s", e.Fingerprint(), r.Fingerprint())
	}
	b, err := e.Encode()
	if err != nil || len(b) != ExportAskSize {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	for said, want := range map[ExportTo]bool{
		{r.To, "市中心抽查（合同）"}: true, {" 某市学生资助管理中心。", "市中心抽查(合同)"}: true,
		{r.To, "市中心抽查"}: false, {"某县学生资助管理中心", "市中心抽查（合同）"}: false, {r.To + "市中心抽查", "（合同）"}: false,
	} {
		if got := e.Says(said); got != want {
			t.Errorf("%+v: got %v", said, got)
		}
	}
	if _, err := NewExportAsk(a, Release{To: "x", Key: "age1"}, "x"); err == nil {
		t.Error("a key that is none passes")
	}
}

func TestAnAnswerToExportIsNoAnswerToLook(t *testing.T) {
	a, r := testExport()
	p := Plea{Device: [4]byte{1, 1, 1, 1}, Operator: "clerk-1", Ask: a}
	e := ExportPlea{Plea: p, Print: r.print(), Said: ExportTo{r.To, "抽查"}}
	look, err := p.Message("admin-1", 1)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{string(look): "a look"}
	for name, change := range map[string]func(*ExportPlea){
		"as it is": func(*ExportPlea) {}, "another key": func(e *ExportPlea) { e.Print[7]++ }, "another purpose": func(e *ExportPlea) { e.Said.Purpose = "自用" },
		"another recipient": func(e *ExportPlea) { e.Said.To = "某公司" }, "another laptop": func(e *ExportPlea) { e.Device[0]++ },
		"another operator": func(e *ExportPlea) { e.Operator = "clerk-2" }, "another number": func(e *ExportPlea) { e.Ask.Count++ },
	} {
		x := e
		change(&x)
		m, err := x.Message("admin-1", 1)
		if err != nil {
			t.Fatal(err)
		}
		if other, ok := seen[string(m)]; ok {
			t.Errorf("%s proves what %s proves", name, other)
		}
		seen[string(m)] = name
	}
	if _, err := e.Message("clerk-1", 1); err == nil {
		t.Error("one approves his own")
	}
}

func FuzzParseExportAsk(f *testing.F) {
	a, r := testExport()
	e, err := NewExportAsk(a, r, "抽查")
	if err != nil {
		f.Fatal(err)
	}
	b, err := e.Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseExportAsk(b)
		if err != nil {
			return
		}
		if again, err := a.Encode(); err != nil || string(again) != string(b) {
			t.Errorf("%x came back as %x, %v", b, again, err)
		}
	})
}

func FuzzParseExportRequest(f *testing.F) {
	f.Add(Request{"0b3065ab", "clerk-1", "ABCD-EFGH"}.ExportScan(ExportTo{"某市学生资助管理中心", "抽查"}))
	f.Add("doorstep:export:0b3065ab:clerk-1:ABCD::")
	f.Fuzz(func(t *testing.T, s string) {
		r, said, ok := ParseExportRequest(s)
		if !ok {
			return
		}
		if again, t2, ok := ParseExportRequest(r.ExportScan(said)); !ok || t2 != said || again.Device != r.Device || again.Operator != r.Operator {
			t.Errorf("%+v %+v came back as %+v %+v", r, said, again, t2)
		}
	})
}
