package contract

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// This file says in words what exactly is wrong: the findings name the kind, and
// here is where and how.

// cutWords says where a file was cut off, whose front d could be read; d is nil
// where nothing could.
func (v *verifier) cutWords(d *document, rest []byte) string {
	if bytes.HasSuffix(rest, []byte("%%EOF")) {
		return "只缺最后的换行"
	}
	if d == nil {
		return "断在合同正文中"
	}
	_, fields := formOf(d.revisions[0].objects[catalogObj])
	for _, f := range fields {
		if bytes.HasPrefix(rest, fmt.Appendf(nil, "%d 0 obj\n", f.obj)) {
			return "断在签名域 " + f.name + " 的封存中"
		}
	}
	return "断在修订中"
}

// restWords says what stands behind the end.
func restWords(rest []byte) string {
	switch {
	case len(bytes.Trim(rest, "\r\n \t")) == 0:
		return "空白"
	case len(bytes.Trim(rest, "\x00")) == 0:
		return "零"
	case bytes.HasPrefix(rest, []byte("MZ")), bytes.HasPrefix(rest, []byte("\x7fELF")), bytes.HasPrefix(rest, []byte("#!")):
		return "可执行程序"
	case bytes.HasPrefix(rest, []byte("%PDF-")):
		return "另一份 PDF 文件"
	case bytes.HasPrefix(rest, []byte("PK\x03\x04")):
		return "压缩文件"
	}
	return "其他内容"
}

// appendedWords says what a revision of another program seems to hold.
func appendedWords(rest []byte) string {
	squeezed := bytes.ReplaceAll(bytes.ReplaceAll(rest, []byte(" "), nil), []byte("\n"), nil)
	var out []string
	for _, k := range []struct{ mark, name string }{
		{"/JavaScript", "脚本"}, {"/Subtype/Widget", "表单控件"}, {"/Type/Annot", "批注"}, {"/Type/Page", "页面"}, {"/Type/Catalog", "目录"},
		{"/Type/Sig", "签名"}, {"/Type/DocTimeStamp", "时间戳"}, {"/ObjStm", "压缩的对象"},
	} {
		if bytes.Contains(squeezed, []byte(k.mark)) {
			out = append(out, k.name)
		}
	}
	if len(out) == 0 {
		return "内容不明"
	}
	return "其中有" + strings.Join(out, "、")
}

// catalogWords says what is wrong with a catalog.
func catalogWords(catalog []byte) string {
	switch {
	case bytes.Contains(catalog, []byte("/OpenAction")), bytes.Contains(catalog, []byte("/AA ")):
		return "带有打开时自动执行的动作"
	case bytes.Contains(catalog, []byte("/Names")):
		return "带有附件或脚本"
	case !bytes.Contains(catalog, []byte("/AcroForm")):
		return "没有签名域"
	}
	return "签名域的清单不同"
}

// orderWords says why a revision that fills a field does not stand where it may;
// empty where the revision fills none.
func (v *verifier) orderWords(rev *revision, before int) string {
	for _, f := range v.fields {
		if slices.Equal(rev.numbers, []int{f.obj, before}) && bytes.Contains(rev.objects[f.obj], []byte(" /V ")) {
			if v.done[f.name] {
				return "签名域 " + f.name + " 被再次封存"
			}
			return "签名域 " + f.name + " 没有按顺序封存"
		}
	}
	return ""
}

// fieldWords says how a field's object differs from what its filling makes of it.
func fieldWords(was, is []byte) string {
	rect := func(b []byte) string {
		_, rest, _ := strings.Cut(string(b), "/Rect")
		at, _, _ := strings.Cut(rest, "]")
		return at
	}
	switch {
	case rect(was) != rect(is):
		return "位置被移动"
	case bytes.Contains(is, []byte("/A <<")), bytes.Contains(is, []byte("/AA <<")):
		return "加上了动作"
	case !bytes.Contains(is, []byte(" /V ")):
		return "没有指向签名"
	}
	return "外观或标志被改"
}

// rangeWords says what a range that is not right covers.
func rangeWords(says string, want [4]int) string {
	var r [4]int
	if _, err := fmt.Sscanf(says, "[%d %d %d %d", &r[0], &r[1], &r[2], &r[3]); err != nil {
		return "写法不对"
	}
	switch {
	case r[0] != want[0]:
		return "不从文件开头算起"
	case r[1] != want[1] || r[2] != want[2]:
		return "没有对准签名数据"
	case r[3] < want[3]:
		return "没有算到修订的末尾"
	}
	return "超出了修订的末尾"
}
