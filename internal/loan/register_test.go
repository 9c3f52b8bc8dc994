package loan_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"doorstep/internal/fault"
	. "doorstep/internal/loan"
)

const registerHead = "code\tname\tkind\tlevel\tplace\tauthority\n"

func TestParseRegister(t *testing.T) {
	const one = "4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n"
	t.Run("takes a mark, CR LF, empty lines and a last line without end", func(t *testing.T) {
		g, err := ParseRegister(reader("\xef\xbb\xbf" + strings.ReplaceAll(registerHead+"\n"+one, "\n", "\r\n") + "4265051599\t和田地区教育学院\tadult\t\t\t新疆"))
		if err != nil || len(g.Schools) != 2 {
			t.Fatalf("got %v, %v", g, err)
		}
		want := School{"4265051599", "和田地区教育学院", AdultSchool, "", "", "新疆"}
		if got, ok := g.ByCode("4265051599"); !ok || got != want {
			t.Errorf("got %+v, %v", got, ok)
		}
	})
	bad := []struct {
		name, in string
		line     int
	}{
		{"another head", "code\tname\n", 1},
		{"the head missing", one, 1},
		{"a column missing", registerHead + one + "4152010658\t甲\tregular\t\t\n", 3},
		{"a column too many", registerHead + strings.TrimSuffix(one, "\n") + "\t\n", 2},
		{"spaces for tabs", registerHead + strings.ReplaceAll(one, "\t", " "), 2},
		{"a short code", registerHead + "415201065\t甲\tregular\t\t\t\n", 2},
		{"a code of other digits", registerHead + "４１５２０１０６５７\t甲\tregular\t\t\t\n", 2},
		{"no name", registerHead + "4152010658\t\tregular\t\t\t\n", 2},
		{"another kind", registerHead + "4152010658\t甲\tprivate\t\t\t\n", 2},
		{"a code twice", registerHead + one + "\n" + one, 4},
		{"another encoding", registerHead + "4152010658\t\xb9\xf3\tregular\t\t\t\n", 2},
		{"a control character", registerHead + "4152010658\t甲\x1b[2J\tregular\t\t\t\n", 2},
		{"a name of spaces", registerHead + "4152010658\t 　\tregular\t\t\t\n", 2},
		{"a sign that turns the text round", registerHead + "4152010658\t甲\u202e乙\tregular\t\t\t\n", 2},
		{"a name without end", registerHead + "4152010658\t" + strings.Repeat("甲", 1000) + "\tregular\t\t\t\n", 2},
		{"a line without end", registerHead + one + strings.Repeat("x", 1<<20), 3},
	}
	for _, tt := range bad {
		t.Run("names the line of "+tt.name, func(t *testing.T) {
			_, err := ParseRegister(reader(tt.in))
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), fmt.Sprintf("line %d:", tt.line)) {
				t.Errorf("got %v, want line %d", err, tt.line)
			}
		})
	}
	for name, tt := range map[string]struct {
		in   io.Reader
		want fault.Kind
	}{
		"nothing":          {reader(""), fault.Input},
		"a head alone":     {reader(registerHead), fault.Input},
		"more than 16 MiB": {reader(registerHead + strings.Repeat("\n", MaxRegister)), fault.TooLarge},
		"a broken stick":   {io.MultiReader(reader(registerHead), brokenReader{}), fault.Disk},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			if _, err := ParseRegister(tt.in); fault.KindOf(err) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("pulled out") }

func TestFindSchools(t *testing.T) {
	g := reference(t).Schools
	tests := []struct{ query, want string }{
		{"贵州", "贵州大学"},
		{"师范大学", "信阳师范大学"},
		{"信阳师范学院", "信阳师范大学"}, // a former name
		{"41520", "贵州大学"},
		{"没有的学校", ""},
	}
	for _, tt := range tests {
		got := ""
		for _, s := range g.Find(tt.query, 5) {
			got += s.Name
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.query, got, tt.want)
		}
	}
	if got := len(g.Find("", 2)); got != 2 {
		t.Errorf("limit: got %d, want 2", got)
	}
}

func FuzzParseRegister(f *testing.F) {
	f.Add(registerHead + "4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n")
	f.Add("\xef\xbb\xbf\r\n")
	f.Fuzz(func(t *testing.T, in string) {
		g, err := ParseRegister(reader(in))
		if err != nil {
			return
		}
		var back strings.Builder
		back.WriteString(registerHead)
		for _, s := range g.Schools {
			if got, ok := g.ByCode(s.Code); !ok || got != s {
				t.Fatalf("%s is not found", s.Code)
			}
			back.WriteString(strings.Join([]string{s.Code, s.Name, s.Kind, s.Level, s.Place, s.Authority}, "\t") + "\n")
		}
		again, err := ParseRegister(reader(back.String()))
		if err != nil || len(again.Schools) != len(g.Schools) {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
	})
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte(`{"id":"P","signed_from":"2021-09-01","undergraduate_max":12000,"graduate_max":16000,"minimum":1000,"multiple":100,"maturity_base":15,"maturity_cap":22}`))
	f.Add([]byte(`{"id":"P","signed_from":"2021-09-01","multiple":0}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePolicy(b)
		if err != nil {
			if fault.KindOf(err) != fault.Input {
				t.Fatalf("got %v", err)
			}
			return
		}
		r := reference(t)
		r.Packs = []Policy{p}
		r.Check(sound())
	})
}

func FuzzParseAreas(f *testing.F) {
	f.Add([]byte("code\tname\n522727\t平塘县\t\t贵州省\n"), []byte("410381\t偃师市\n"), []byte("410381\t410307\n"))
	f.Add([]byte("x"), []byte("\t"), []byte("\t\t"))
	f.Fuzz(func(t *testing.T, counties, former, renamed []byte) {
		a, err := ParseAreas(counties, former, renamed)
		if err != nil {
			if fault.KindOf(err) != fault.Input {
				t.Fatalf("got %v", err)
			}
			return
		}
		for _, c := range a.Counties {
			if _, ok := a.County(c.Code); !ok || !a.Known(c.Code) {
				t.Fatalf("%q is not found", c.Code)
			}
			a.Current(c.Code)
		}
	})
}

func TestParsePolicyWantsWhatTheRulesNeed(t *testing.T) {
	const whole = `{"id":"P","signed_from":"2021-09-01","undergraduate_max":12000,"graduate_max":16000,"minimum":1000,"multiple":100,"maturity_base":15,"maturity_cap":22}`
	if _, err := ParsePolicy([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"id", "signed_from", "undergraduate_max", "graduate_max", "multiple", "maturity_base", "maturity_cap"} {
		if _, err := ParsePolicy([]byte(strings.Replace(whole, `"`+field+`"`, `"other"`, 1))); fault.KindOf(err) != fault.Input {
			t.Errorf("without %s: got %v, want input", field, err)
		}
	}
}
