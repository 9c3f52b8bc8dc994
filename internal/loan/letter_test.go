package loan_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	. "doorstep/internal/loan"
)

func letterRegister(t testing.TB) *Register {
	g, err := ParseRegister(strings.NewReader("code\tname\tkind\tlevel\tplace\tauthority\n" +
		"4152010657\t贵州大学\tregular\t本科\t贵阳市\t贵州省\n4141010477\t信阳师范大学\tregular\t本科\t信阳市\t河南省\n"))
	if err != nil {
		t.Fatal(err)
	}
	g.AddFormer([]byte("code\tname\n4141010477\t信阳师范学院\n"))
	return g
}

func TestLetterSays(t *testing.T) {
	g := letterRegister(t)
	tests := []struct{ name, text, want string }{
		{"a link with keys", "https://zs.example.edu.cn/v?ksh=24520101110001&xm=%E9%9F%A6%E4%B8%80&zymc=软件工程",
			"考生号=24520101110001 student.name=韦一 study.major=软件工程"},
		{"lines with keys in Chinese", "考生号：24520101110001 姓名：阿依古丽•艾买提 录取院校：信阳师范学院 专业：会计学",
			"考生号=24520101110001 student.name=阿依古丽·艾买提 study.school_name=信阳师范大学+4141010477 study.major=会计学"},
		{"JSON", `{"xm":"韦一","ksh": "24520101110001","yxdm":4152010657}`,
			"student.name=韦一 考生号=24520101110001 study.school_name=贵州大学+4152010657"},
		{"bare numbers", "24520101110001", "考生号=24520101110001"},
		{"a bare code of a school", "4152010657,贵州大学", "study.school_name=贵州大学+4152010657"},
		{"the first of two counts", "姓名=韦一;姓名=韦二", "student.name=韦一"},
		{"a number whose check is wrong, a name with a box, a school nobody knows", "sfzh=522201200703153910&xm=韦□&yxmc=好大学", ""},
		{"other words", "welcome to our school https://example.com/a/b", ""},
		{"nothing", "", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var words []string
			for _, s := range LetterSays(g, test.text) {
				word := s.Field + s.Label + "=" + s.Value
				if code := s.With["study.school_code"]; code != "" {
					word += "+" + code
				}
				words = append(words, word)
			}
			got := strings.Join(words, " ")
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// FuzzLetterSays reads any text: each value is short, printable and of a field.
func FuzzLetterSays(f *testing.F) {
	g := letterRegister(f)
	f.Add("https://zs.example.edu.cn/v?ksh=24520101110001&xm=%E9%9F%A6%E4%B8%80%00&zymc=%zz")
	f.Add(`{"姓名":"韦一"}`)
	f.Add(strings.Repeat("a=", 500))
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range LetterSays(g, text) {
			if s.Value == "" || utf8.RuneCountInString(s.Value) > 60 || strings.ContainsFunc(s.Value, func(r rune) bool { return !unicode.IsPrint(r) }) ||
				(s.Field == "") == (s.Label == "") {
				t.Errorf("got %+v", s)
			}
		}
	})
}
