package contract

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"unicode"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// readBack is the text of a file through poppler, without any white space.
func readBack(t *testing.T, pdf []byte) string {
	t.Helper()
	out, err := exec.Command(tool(t, "pdftotext"), "-raw", tempFile(t, "a.pdf", pdf), "-").Output()
	if err != nil {
		t.Fatalf("pdftotext: %v", err)
	}
	return bare(string(out))
}

func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

func TestRareNamesReadBackToTheCharacter(t *testing.T) {
	for _, name := range []string{"韦𬭎", "江䶮", "㛃测", "𫖮测", "𠅤测", "王𬎆", "阿卜杜拉·买买提", "〇測", "𠮷𫝀测", "𠀀甲"} {
		in := testInput(t)
		in.App.Student.Name = name
		in.App.Coborrowers[0].Name = "父" + name
		text := readBack(t, mustFill(t, in))
		for _, want := range []string{"姓名" + name + "性别", "姓名父" + name + "与学生关系", "姓名：" + name + "日期"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q does not come back as %q", name, want)
			}
		}
	}
}

func TestFillNamesACharacterThatNoFontHas(t *testing.T) {
	for _, c := range []struct {
		sub  string
		edit func(*Input)
		want string
	}{
		{"in a name", func(in *Input) { in.App.Student.Name = "韦\U0003FFFD" }, "“借款学生姓名”中的字符 U+3FFFD"},
		{"a control character", func(in *Input) { in.App.Student.Address = "某乡\x07某村" }, "U+0007"},
		{"in the evidence", func(in *Input) { in.Evidence[1].Value = "\uE000" }, "签署证据”中的字符 U+E000"},
	} {
		t.Run(c.sub, func(t *testing.T) {
			in := testInput(t)
			c.edit(&in)
			_, err := testPress(t).Fill(in)
			if got := fault.KindOf(err); got != fault.Input {
				t.Errorf("kind %v, want input", got)
			}
			if got := fault.Sentence(err); !strings.Contains(got, c.want) {
				t.Errorf("sentence %q does not name %q", got, c.want)
			}
		})
	}
}

// plainCells are full-width characters that need no font.
func plainCells(s string) []cell {
	var out []cell
	for _, r := range s {
		adv := 1000
		if r < 0x80 {
			adv = 500
		}
		out = append(out, cell{glyph: glyph{r: r, adv: adv}})
	}
	return out
}

func lineTexts(lines []line) []string {
	var out []string
	for _, l := range lines {
		var b strings.Builder
		for _, c := range l.cells {
			b.WriteRune(c.r)
		}
		out = append(out, b.String())
	}
	return out
}

func TestBreakLines(t *testing.T) {
	for _, c := range []struct {
		sub, text     string
		width, indent float64
		want          []string
	}{
		{"fills each line", "一二三四五六七八九十甲乙", 5, 0, []string{"一二三四五", "六七八九十", "甲乙"}},
		{"makes room for the indent", "一二三四五六七八", 5, 2, []string{"一二三", "四五六七八"}},
		{"lets a mark hang by its empty half", "一二三四。五六七八九", 4.5, 0, []string{"一二三四。", "五六七八", "九"}},
		{"begins no line with a mark", "一二三四五。六七八九十", 5, 0, []string{"一二三四", "五。六七八", "九十"}},
		{"begins no line with a closing bracket", "一二三四五）六七八九十", 5, 0, []string{"一二三四", "五）六七八", "九十"}},
		{"ends no line with an opening bracket", "一二三四（五六）七八九十", 5, 0, []string{"一二三四", "（五六）七", "八九十"}},
		{"ends no line with a book bracket", "一二三四《五六》七八九十", 5, 0, []string{"一二三四", "《五六》七", "八九十"}},
		{"keeps a number whole", "一二三12345四五六", 5, 0, []string{"一二三", "12345四五", "六"}},
		{"keeps a number with its unit", "一二三四12元五六七", 5, 0, []string{"一二三四", "12元五六七"}},
		{"breaks a word longer than a line where it must", "0123456789abcdef", 4, 0, []string{"01234567", "89abcdef"}},
		{"leaves the space at a break out", "一二三四 五六七八", 4, 0, []string{"一二三四", "五六七八"}},
		{"gives one line for nothing", "", 4, 0, []string{""}},
	} {
		t.Run(c.sub, func(t *testing.T) {
			if got := lineTexts(breakLines(plainCells(c.text), c.width, c.indent)); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("takes a last line of one character in", func(t *testing.T) {
		text := strings.Repeat("一", 41)
		if got := lineTexts(breakLines(plainCells(text), 40, 0)); len(got) != 1 {
			t.Errorf("got %d lines, want 1", len(got))
		}
	})
}

func TestNoCharacterIsLostInBreaking(t *testing.T) {
	text := strings.Repeat("甲方（借款学生）应于2043年9月20日前，按《合同》第12条归还12,000元。", 5)
	for width := 3.0; width < 60; width += 1.7 {
		if got := strings.Join(lineTexts(breakLines(plainCells(text), width, 2)), ""); got != text {
			t.Fatalf("width %v: text changed", width)
		}
	}
}

func TestNumbersInPrint(t *testing.T) {
	for v, want := range map[int]string{0: "0", 7: "7", 999: "999", 1000: "1,000", 12000: "12,000", 1234567: "1,234,567", -1200: "-1,200", -120: "-120"} {
		if got := thousands(v); got != want {
			t.Errorf("thousands(%d) = %q, want %q", v, got, want)
		}
	}
	for s, want := range map[string]string{"2026-08-05": "2026年8月5日", "长期": "长期", "": "", "2026-13-01": "2026-13-01"} {
		if got := printDate(s); got != want {
			t.Errorf("printDate(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestTemplateFaults(t *testing.T) {
	section := func(s string) string { return fmt.Sprintf(`{"id":"x","title":"t","sections":[%s]}`, s) }
	for _, c := range []struct {
		sub, template string
		kind          fault.Kind
	}{
		{"not JSON", "{", fault.Input},
		{"empty", "{}", fault.Input},
		{"a name nobody promised", section(`{"heading":"h","paragraphs":["{{student.secret}}"]}`), fault.Input},
		{"a name that is not closed", section(`{"heading":"h","paragraphs":["{{student.name"]}`), fault.Input},
		{"a row of three cells", section(`{"heading":"h","fields":[["a","b","c"]]}`), fault.Input},
		{"a table without widths", section(`{"heading":"h","table":{"columns":["a"],"rows":1}}`), fault.Input},
		{"a table of no width", section(`{"heading":"h","table":{"columns":["a"],"widths":[0],"rows":1}}`), fault.Input},
		{"a table without end", section(`{"heading":"h","table":{"columns":["a"],"widths":[1],"rows":100000}}`), fault.Input},
		{"a condition nobody promised", section(`{"heading":"h","when":"loan.nothing","paragraphs":["p"]}`), fault.Input},
		{"too large", `{"id":"` + strings.Repeat("x", maxTemplate) + `"}`, fault.TooLarge},
	} {
		t.Run(c.sub, func(t *testing.T) {
			in := testInput(t)
			in.Template = []byte(c.template)
			if _, err := testPress(t).Fill(in); fault.KindOf(err) != c.kind {
				t.Errorf("got %v, want %v", err, c.kind)
			}
		})
	}
}

// papersOf are the files of every template made of in, but for those named.
func papersOf(t *testing.T, in Input, but ...string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for name, template := range testTemplates(t) {
		if slices.Contains(but, name) {
			continue
		}
		in.Template = template
		var b []byte
		var err error
		switch {
		case strings.HasPrefix(name, "loan-contract"):
			b = mustFill(t, in)
		case strings.HasPrefix(name, "temporary-receipt"), strings.HasPrefix(name, "centre-receipt"):
			b, err = testPress(t).Receipt(ReceiptInput{App: in.App, Pack: in.Pack, Template: template, CaseID: in.CaseID, Point: in.Point,
				Operator: in.Operator, Status: loan.Queued, At: in.At, Masked: testMasked(&in.App)})
		default:
			b, err = testPress(t).Paper(in, testMasked(&in.App))
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = b
	}
	return out
}

func testMasked(a *loan.Application) map[string]string {
	return map[string]string{"student.name_masked": "遮" + a.Student.Name, "student.id_no_masked": "522***********9914"}
}

// Every word that a template has for a case must come back, whatever the case:
// the contract's of each, the other papers' of every eighth and of all whose
// names have a character of the supplementary planes.
func TestEveryWordOfEveryPaperReadsBack(t *testing.T) {
	t.Parallel()
	ref := loan.Reference{Packs: testPacks(t)}
	cases := acceptance(t)
	for i, id := range slices.Sorted(maps.Keys(cases)) {
		app := cases[id]
		old := []string{"loan-contract-1.json", "application-form-1.json", "renewal-statement-1.json", "integrity-card-1.json"}
		if i%8 != 0 && !strings.ContainsFunc(app.Student.Name, func(r rune) bool { return r > 0xFFFF }) {
			old = append(old, "application-form-2.json", "hardship-form-1.json", "renewal-statement-2.json", "temporary-receipt-1.json", "centre-receipt-1.json", "integrity-card-2.json")
		}
		t.Run(id, func(t *testing.T) {
			in := testInput(t)
			in.App, in.Evidence = app, nil
			if pack, err := ref.PolicyFor(app.AsOf); err == nil {
				in.Pack = pack
			}
			for name, b := range papersOf(t, in, old...) {
				in.Template = testTemplates(t)[name]
				f, err := parseForm(in.Template)
				if err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(name, "loan-contract") {
					valuesComeBack(t, &app, readBack(t, b))
				}
				extra := maskedNames(testMasked(&app))
				extra["receipt_no"], extra["check_code"] = given(""), given("")
				said := f.edition()
				if strings.HasPrefix(name, "loan-contract") {
					said = f.name()
				}
				n, text := newNames(&in, said, extra), readBack(t, b)
				for _, want := range wordsOf(t, f, n) {
					if !strings.Contains(text, bare(want)) {
						t.Errorf("%s: a text of %d characters does not come back", name, len([]rune(want)))
					}
				}
			}
		})
	}
}

// valuesComeBack demands of a contract's text what the case itself holds,
// whatever the template makes of it.
func valuesComeBack(t *testing.T, app *loan.Application, text string) {
	t.Helper()
	for _, path := range []string{"student.name", "student.id_no", "student.sex", "student.ethnic", "student.phone", "student.address",
		"coborrowers.0.name", "coborrowers.0.id_no", "coborrowers.0.phone", "coborrowers.0.address", "coborrowers.0.relation",
		"study.school_name", "study.school_code", "study.major", "study.level", "intake.county_name", "signatures.proxy_note"} {
		raw, err := app.Field(path)
		if err != nil {
			t.Fatal(err)
		}
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text, bare(s)) {
			t.Errorf("%s does not come back", path)
		}
	}
	if want := strings.TrimPrefix(Capital(app.Loan.Amount), "人民币"); !strings.Contains(text, want) {
		t.Errorf("amount in capitals %s does not come back", want)
	}
}

// wordsOf is what a template says with its names filled in.
func wordsOf(t *testing.T, f *form, n *names) []string {
	t.Helper()
	texts := []string{f.Title, f.Subtitle, f.Header, f.Footer}
	for i := range f.Sections {
		s := &f.Sections[i]
		if ok, err := n.stands(s); err != nil {
			t.Fatal(err)
		} else if !ok {
			continue
		}
		texts = append(append(texts, s.Heading), s.Paragraphs...)
		for _, row := range s.Fields {
			texts = append(texts, row...)
		}
		if s.Table != nil {
			texts = append(append(texts, s.Table.Columns...), s.Table.Labels...)
		}
	}
	for _, s := range f.Signatures {
		texts = append(texts, s.Label, s.Name, s.Date)
	}
	for i := range texts {
		var err error
		if texts[i], err = n.text(texts[i]); err != nil {
			t.Fatal(err)
		}
	}
	return texts
}

func TestEveryTemplateMakesItsPaper(t *testing.T) {
	packs := testPacks(t)
	for name, template := range testTemplates(t) {
		if err := testPress(t).CheckTemplate(template, packs[0]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range papersOf(t, testInput(t)) {
		if strings.HasPrefix(name, "loan-contract") {
			id := newIdentity(t, 2)
			if r := Verify(id.seal(t, b), id.trust()); !r.OK {
				t.Errorf("%s sealed: %q", name, r.Lines())
			}
			continue
		}
		if n, err := Pages(b); err != nil || n != 1 {
			t.Errorf("%s: %d pages, %v, want one sheet", name, n, err)
		}
		if text := readBack(t, b); strings.Contains(text, "封存") || strings.Contains(text, "签署方式") {
			t.Errorf("%s speaks of a seal", name)
		}
	}
}

func TestClausesAreTickedOnTheirHeading(t *testing.T) {
	in := testInput(t)
	in.Template = testTemplates(t)["loan-contract-2.json"]
	list, err := Clauses(in)
	if err != nil || len(list) < 3 || !strings.Contains(list[0].Text, "罚息") {
		t.Fatalf("clauses %v, %v", list, err)
	}
	plain := mustFill(t, in)
	in.Ticked = map[loan.Party][]string{loan.CoborrowerParty: {list[0].Heading, "no heading"}}
	ticked := mustFill(t, in)
	if bytes.Equal(plain, ticked) || readBack(t, plain) != readBack(t, ticked) {
		t.Error("a tick is not drawn, or changes the text")
	}
	old := in
	old.Template = testTemplates(t)["loan-contract-1.json"]
	if list, err := Clauses(old); err != nil || len(list) != 0 {
		t.Errorf("a template without such clauses: %v, %v", list, err)
	}
}

func TestContractNumberIsSaidToComeWhileThereIsNone(t *testing.T) {
	in := testInput(t)
	if text := readBack(t, mustFill(t, in)); !strings.Contains(text, "合同编号：由中心编发") {
		t.Error("nothing stands for the number that is to come")
	}
	in.ContractNo = "522727-2024-000123"
	if text := readBack(t, mustFill(t, in)); !strings.Contains(text, "合同编号："+in.ContractNo) {
		t.Error("the number is not printed")
	}
}

func TestARowThatNoPageHoldsIsRefused(t *testing.T) {
	in := testInput(t)
	in.Evidence[1].Value = strings.Repeat("很长的话", 2000)
	if _, err := testPress(t).Fill(in); fault.KindOf(err) != fault.TooLarge {
		t.Errorf("got %v, want too large", err)
	}
}

func TestHeadAndFootNeverMeet(t *testing.T) {
	in := testInput(t)
	in.ContractNo = strings.Repeat("522727", 20)
	if text := readBack(t, mustFill(t, in)); !strings.Contains(text, "合同编号："+in.ContractNo) {
		t.Error("the number is not printed whole")
	}
	w := newWriter(testPress(t), &in, &form{}, nil)
	var s sheet
	if err := w.pair(&s, 0, strings.Repeat("左", 40), strings.Repeat("右", 60)); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(" %s Tf", num(bodyWidth/102))
	if !strings.Contains(string(s.buf), want) {
		t.Errorf("two long texts are not set at %s", want)
	}
}

func TestSectionsThatDoNotApplyAreLeftOut(t *testing.T) {
	in := testInput(t)
	if text := readBack(t, mustFill(t, in)); strings.Contains(text, "代签说明") || strings.Contains(text, "补充申请") {
		t.Error("a section without its condition is printed")
	}
	in.App.Loan.Supplementary = true
	in.App.Signatures.Coborrower, in.App.Signatures.ProxyNote = loan.ByProxy, "父亲在外务工"
	text := readBack(t, mustFill(t, in))
	for _, want := range []string{"代签说明", "父亲在外务工", "补充申请", "签署方式：现场手写签名，代签"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is not printed", want)
		}
	}
}

func TestFontsThatAreNotWhole(t *testing.T) {
	p := testPress(t)
	if g, ok := p.sans.glyph('国'); !ok || g == 0 {
		t.Fatal("the sans font has no 国")
	}
	for _, b := range [][]byte{nil, []byte("OTTO"), bytes.Repeat([]byte{0}, 100), append([]byte("OTTO\xff\xff"), make([]byte, 50)...)} {
		if _, err := parseFont(b); err == nil {
			t.Errorf("%d bytes that are no font were taken", len(b))
		}
	}
}
