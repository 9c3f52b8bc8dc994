package loan

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"doorstep/internal/fault"
)

// rosterID makes an ID number with a right check character.
func rosterID(n int) string {
	s := fmt.Sprintf("52272720080314%03d", n)
	return s + string(IDNumber(s+"0").CheckCharacter())
}

func school(text string) (*Roster, error) {
	return ImportRoster(strings.NewReader(text), "PT1-2026", 2026, "平塘一中")
}

func TestASchoolsFileIsTakenAsTheSchoolWroteIt(t *testing.T) {
	a, b := rosterID(1), rosterID(2)
	want := []Preapplied{
		{IDNo: a, Name: "韦测甲", Phone: "15400000001", Ethnic: "布依族", Address: "测试乡示例村一组", Categories: []string{"低保家庭学生", "孤儿"}, Approved: true},
		{IDNo: b, Name: "阿测·测试", Approved: false},
	}
	for name, text := range map[string]string{
		"tabs and Chinese headings": "姓名\t身份证号\t民族\t手机号\t家庭住址\t困难类型\t预申请结果\r\n" +
			"韦测甲\t" + a + "\t布依族\t15400000001\t测试乡示例村一组\t低保家庭学生;孤儿\t通过\r\n" +
			"阿测•测试\t" + strings.ToLower(b) + "\t\t\t\t\t未通过\r\n",
		"commas, quotes and a byte order mark": "\xef\xbb\xbfid_no,name,approved,phone,ethnic,address,categories\n" +
			"'" + a + ",\"韦测甲\",是,15400000001,布依族,\"测试乡示例村一组\",低保家庭学生、孤儿\n\n" +
			b + ",阿测·测试,否,,,,\n",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := school(text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(r.People, want) {
				t.Errorf("got %+v", r.People)
			}
			again, err := ParseRoster(r.Encode())
			if err != nil || !reflect.DeepEqual(again, r) {
				t.Errorf("read back: %+v, %v", again, err)
			}
		})
	}
}

func TestABadLineIsNamedWithItsReasonAndNobodysData(t *testing.T) {
	const head = "身份证号,姓名,预申请结果,手机号,困难类型\n"
	good := rosterID(1) + ",韦测甲,通过,,\n"
	wrong := []byte(rosterID(2))
	wrong[5] = '8'
	for name, c := range map[string]struct{ text, line, why string }{
		"a number of 17":             {head + good + rosterID(2)[:17] + ",韦测乙,通过,,\n", "line 3", "ID number"},
		"a wrong check character":    {head + good + string(wrong) + ",韦测乙,通过,,\n", "line 3", "check character"},
		"a date that does not exist": {head + "522727200802309914,韦测乙,通过,,\n", "line 2", "no such date"},
		"the same number again":      {head + good + good, "line 3", "line 2"},
		"a name of letters":          {head + rosterID(2) + ",Wei,通过,,\n", "line 2", "name"},
		"a box in the name":          {head + rosterID(2) + ",韦□甲,通过,,\n", "line 2", "name"},
		"a result of no meaning":     {head + rosterID(2) + ",韦测乙,也许,,\n", "line 2", "approved"},
		"a phone of ten":             {head + rosterID(2) + ",韦测乙,通过,1540000000,\n", "line 2", "phone"},
		"an unknown category":        {head + rosterID(2) + ",韦测乙,通过,,富裕\n", "line 2", "category"},
		"a column too few":           {head + rosterID(2) + ",韦测乙\n", "line 2", "columns"},
		"a control character":        {head + rosterID(2) + ",韦\u200b测乙,通过,,\n", "line 2", "control"},
		"a heading unknown":          {"身份证号,姓名,预申请结果,星座\n", "line 1", "heading"},
		"a heading twice":            {"身份证号,姓名,预申请结果,姓名\n", "line 1", "twice"},
		"no result":                  {"身份证号,姓名\n" + good, "line 1", "approved"},
		"not UTF-8":                  {head + good + "\xce\xa4\xb2,x,y\n", "line 3", "UTF-8"},
		"a quote that does not end":  {head + "\"" + rosterID(2) + ",韦测乙,通过,,\n", "line 2", "quotes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := school(c.text)
			if fault.KindOf(err) != fault.Input || !strings.Contains(err.Error(), c.line) || !strings.Contains(err.Error(), c.why) {
				t.Fatalf("got %v, want %s and %s", err, c.line, c.why)
			}
			if say := fault.Sentence(err); !strings.Contains(say, "第 "+strings.TrimPrefix(c.line, "line ")+" 行") {
				t.Errorf("sentence %q", say)
			}
			for _, secret := range []string{rosterID(1), rosterID(2), "韦测", "Wei"} {
				if strings.Contains(err.Error()+fault.Sentence(err), secret) {
					t.Errorf("%q is in %q", secret, err)
				}
			}
		})
	}
	for name, r := range map[string]func() (*Roster, error){
		"nobody in it": func() (*Roster, error) { return school(head) },
		"a group code that is a path": func() (*Roster, error) {
			return ImportRoster(strings.NewReader(head+good), "../x", 2026, "平塘一中")
		},
		"no school": func() (*Roster, error) { return ImportRoster(strings.NewReader(head+good), "G", 2026, " ") },
		"no year":   func() (*Roster, error) { return ImportRoster(strings.NewReader(head+good), "G", 0, "平塘一中") },
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := r(); fault.KindOf(err) != fault.Input {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzRoster(f *testing.F) {
	r, err := school("身份证号,姓名,预申请结果\n" + rosterID(1) + ",韦测甲,通过\n")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(r.Encode())
	f.Add([]byte("身份证号,姓名,预申请结果\n\"" + rosterID(1) + "\",韦测甲,通过\n"))
	f.Add([]byte("姓名\t身份证号\t预申请结果\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		one, err := ParseRoster(b)
		if err != nil {
			if one, err = ImportRoster(bytes.NewReader(b), "G", 2026, "校"); err != nil {
				return
			}
		}
		again, err := ParseRoster(one.Encode())
		if err != nil || !reflect.DeepEqual(one, again) {
			t.Fatalf("%+v came back as %+v, %v", one, again, err)
		}
	})
}
