package guard

import (
	"strings"
	"testing"
	"unicode/utf8"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestMaskName(t *testing.T) {
	for in, want := range map[string]string{
		"":         "",
		"韦":        "*",
		"韦测":       "韦*",
		"韦测甲":      "韦*甲",
		"欧阳测甲":     "欧**甲",
		"阿测试甲·测试乙": "阿***·测**",
		"阿·测试":     "*·测*",
		"𬭎䶮㛃":      "𬭎*㛃",
		"𫖮𠅤":       "𫖮*",
	} {
		if got := MaskName(in); got != want {
			t.Errorf("%q: got %q want %q", in, got, want)
		}
	}
}

func TestMaskNumbers(t *testing.T) {
	for in, want := range map[string]string{
		"522722200703159914": "522***********9914",
		"52272220070315991X": "522***********991X",
		"5227222007":         "**********",
		"":                   "",
	} {
		if got := MaskIDNo(in); got != want {
			t.Errorf("id %q: got %q want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"15400000001": "154****0001", "1540000": "*******", "": ""} {
		if got := MaskPhone(in); got != want {
			t.Errorf("phone %q: got %q want %q", in, got, want)
		}
	}
}

func TestMaskAddress(t *testing.T) {
	for in, want := range map[string]string{
		"": "",
		"贵州省黔南州平塘县大塘镇新塘村3组":          "贵州省黔南州平塘县大塘镇***",
		"贵州省平塘县通州镇平里河村":              "贵州省平塘县通州镇***",
		"贵州省安顺市镇宁布依族苗族自治县白马湖街道12号":   "贵州省安顺市镇宁布依族苗族自治县白马湖街道***",
		"江西省景德镇市珠山区新村西路8号":           "江西省景德镇市珠山区***",
		"江西省景德镇市浮梁县鹅湖镇桃岭村":           "江西省景德镇市浮梁县鹅湖镇***",
		"河南省新乡市新乡县七里营镇刘庄村":           "河南省新乡市新乡县七里营镇***",
		"贵阳市南明区城乡路5号":                "贵阳市南明区***",
		"贵阳市南明区花园小区3栋2单元":            "贵阳市南明区***",
		"广西壮族自治区河池市都安瑶族自治县高岭镇五竹村":    "广西壮族自治区河池市都安瑶族自治县高岭镇***",
		"内蒙古自治区锡林郭勒盟东乌珠穆沁旗满都宝力格苏木一组": "内蒙古自治区锡林郭勒盟东乌珠穆沁旗满都宝力格苏木***",
		"平塘县大塘镇": "平塘县大塘镇",
		"山西省临汾市乡宁县昌宁镇迎旭西街": "山西省临汾市乡宁县昌宁镇***",
		"南明区中山路12号镇政府宿舍":   "南明区***",
		"某处某村三组":           "***",
		"遵义市南宫山5号":         "遵义市***",
		"凯里市花园小区3栋502室":    "凯里市***",
		"贵阳市花果园社区3组12号":    "贵阳市***",
		"江苏省徐州市2号":         "江苏省徐州市***",
		"贵州省凯里市苗岭小区":       "贵州省凯里市***",
		"上海市浦东新区花木小区9号":    "上海市浦东新区***",
	} {
		if got := MaskAddress(in); got != want {
			t.Errorf("%q: got %q want %q", in, got, want)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"韦测甲", "522722200703159914", "贵州省平塘县通州镇平里河村", "阿·", "\xff\xfe", "镇", "乡镇"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, m := range []string{MaskName(s), MaskIDNo(s), MaskPhone(s)} {
			if utf8.ValidString(s) && utf8.RuneCountInString(m) != utf8.RuneCountInString(s) {
				t.Fatalf("length of %q changed: %q", s, m)
			}
		}
		if n := utf8.RuneCountInString(s); n >= 2 && utf8.ValidString(s) && !strings.Contains(s, "*") && MaskName(s) == s && strings.Trim(s, "·") != "" {
			t.Fatalf("%q not masked", s)
		}
		if m := MaskAddress(s); m != s && !strings.HasPrefix(s, strings.TrimSuffix(m, hidden)) {
			t.Fatalf("%q became %q", s, m)
		}
	})
}

func TestNumbersInATextAreMasked(t *testing.T) {
	for text, want := range map[string]string{
		"家长 15400000001 来电":        "家长 154****0001 来电",
		"522727200503149914":       "522***********9914",
		"52272720050314991X":       "522***********991X",
		"154 0000 0001":            "154 **** 0001",
		"１５４０００００００１":              "１５４****０００１",
		"2026-08-05 家长来电":          "2026-08-05 家长来电",
		"案件 e1f4ff52，4800 元，2 人":   "案件 e1f4ff52，4800 元，2 人",
		"":                         "",
		"15400000001、15400000002":  "154****0001、154****0002",
		"154，0000，0001":            "154，****，0001",
		"154:0000+0001":            "154:****+0001",
		"154\n0000*0001":           "154\n*****0001",
		"154\u200b0000\u200b0001":  "154\u200b****\u200b0001",
		"𝟏𝟓𝟒𝟎𝟎𝟎𝟎𝟎𝟎𝟎𝟏":              "𝟏𝟓𝟒****𝟎𝟎𝟎𝟏",
		"①⑤④⓪⓪⓪⓪⓪⓪⓪①":              "①⑤④****⓪⓪⓪①",
		"一五四〇〇〇〇〇〇〇一":              "一五四****〇〇〇一",
		"2026-08-05 09:30:15 来电":   "2026-08-05 09:30:15 来电",
		"2026-08-05、2026-08-06":    "2026-08-05、2026-08-06",
		"2026-08-05 15400000001":   "2026-08-05 154****0001",
		"9.1—9.5，14:00-17:00 来电核对": "9.1—9.5，14:00-17:00 来电核对",
		"9/1 10:30-11:30、2 份材料核对":  "9/1 10:30-11:30、2 份材料核对",
		"工单 20260901-0012 家长核对":    "工单 20260901-0012 家长核对",
		"522727 20050314 9914":     "522*** ******** 9914",
		"522727：20050314：9914":     "522***：********：9914",
		"154 00 00 00 01":          "154 ** ** 00 01",
		"2015400000001":            "201******0001",
		"二〇二六年八月五日，第一次、第二次":        "二〇二六年八月五日，第一次、第二次",
	} {
		if got := MaskNumbers(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if err := CheckReason("家长 15400000001 来电"); fault.KindOf(err) != fault.Input {
		t.Errorf("a reason with a phone: got %v", err)
	}
	if err := CheckReason("2026-08-05 家长来电核对"); err != nil {
		t.Errorf("a reason with a date: got %v", err)
	}
}

func TestARecipientWithANumberIsRefused(t *testing.T) {
	r := Release{To: "县资助中心", Key: "age1" + strings.Repeat("q", 58)}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	r.To = "韦测乙 15400000002"
	if err := r.Validate(); fault.KindOf(err) != fault.Input {
		t.Errorf("got %v", err)
	}
}

func TestNamesInATextAreMasked(t *testing.T) {
	c := &loan.Case{App: loan.Application{Student: loan.Person{Name: "韦测甲"}, Coborrowers: []loan.Coborrower{{Person: loan.Person{Name: "阿依古丽·测试"}}, {Person: loan.Person{Name: "王"}}}}}
	for text, want := range map[string]string{
		"韦测甲的家长来电":           "韦*甲的家长来电",
		"学生韦 测　甲、母亲阿依古丽测试到场": "学生韦*甲、母亲阿***·测*到场",
		"母亲阿依古丽•测试":          "母亲阿***·测*",
		"韦韦测甲":               "韦韦*甲",
		"王家长来电核对":            "王家长来电核对", // one character is in many words
		"家长来电核对":             "家长来电核对",
		"韦测":                 "韦测",
		"":                   "",
	} {
		if got := MaskNames(text, PeopleNames(c)); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := MaskNames("核对ab", []string{"a·b"}); got != "核对**" {
		t.Errorf("a name said shorter than it is masked: got %q", got)
	}
	if got := MaskNames("韦测甲", PeopleNames(nil)); got != "韦测甲" {
		t.Errorf("of no case: got %q", got)
	}
}

func TestANameIsKnownAsItEverStoodInTheCase(t *testing.T) {
	c := &loan.Case{App: loan.Application{Student: loan.Person{Name: "韦测甲"}},
		Cards:     map[loan.Party]loan.CardState{loan.StudentParty: {Card: loan.Card{Name: "韦测乙"}}},
		Former:    []loan.ContractState{{}, {Voided: &loan.Voiding{Was: loan.Application{Student: loan.Person{Name: "韦测丙"}, Coborrowers: []loan.Coborrower{{Person: loan.Person{Name: "韦测丁"}}}}}}},
		Conflicts: []loan.Conflict{{Field: "student.name", Values: []loan.ConflictValue{{Value: `"韦测戊"`}}}, {Field: "study.school_name", Values: []loan.ConflictValue{{Value: `"示例大学"`}}}}}
	const text, want = "韦测甲、韦测乙、韦测丙、韦测丁、韦测戊，示例大学", "韦*甲、韦*乙、韦*丙、韦*丁、韦*戊，示例大学"
	if got := MaskNames(text, PeopleNames(c)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
