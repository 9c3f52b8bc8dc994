package contract

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The list of parts is object 14 of the third form: the first eight bytes of the
// SHA-256 of each object's body, in the order of their numbers, eight zeros in
// its own place. It proves nothing, the seals do; it lets the verifier say which
// part was changed.
const (
	partsObj = 14
	partSize = 8
)

// listParts writes the list.
func (p *pdf) listParts() {
	var list []byte
	for i, body := range p.objs {
		sum := sha256.Sum256(body)
		if i+1 == partsObj {
			sum = [32]byte{}
		}
		list = append(list, sum[:partSize]...)
	}
	p.set(partsObj, stream("/Type /DSTP_Parts", list))
}

// listed says whether a base has a list.
func (r *revision) listed() bool {
	return bytes.HasPrefix(r.objects[partsObj], []byte("<< /Type /DSTP_Parts "))
}

// changedParts names the parts of a base that are not as the list has them.
func (r *revision) changedParts() (out []string) {
	_, data, _ := bytes.Cut(r.objects[partsObj], []byte("\nstream\n"))
	list := bytes.TrimSuffix(data, []byte("\nendstream"))
	if len(list) != partSize*len(r.numbers) {
		return []string{"部件清单"}
	}
	for i, n := range r.numbers {
		sum := sha256.Sum256(r.objects[n])
		if n == partsObj {
			sum = [32]byte{}
		}
		if !bytes.Equal(sum[:partSize], list[partSize*i:partSize*(i+1)]) {
			out = append(out, r.partName(n))
		}
	}
	return out
}

// partName says what an object of a base is.
func (r *revision) partName(n int) string {
	for _, f := range allFields() {
		if f.obj == n {
			return "签名域 " + f.name
		}
	}
	switch n {
	case catalogObj:
		return "目录"
	case pdfInfoObj:
		return "文件信息（标题、案件、日期）"
	case pagesObj:
		return "页面树"
	case xmpObj:
		return "元数据"
	case iccObj:
		return "色彩配置"
	case resourcesObj:
		return "资源表"
	case stampObj:
		return "封存章的图样"
	case padObj:
		return "签名框的图样"
	case partsObj:
		return "部件清单"
	}
	if page, is := r.pageOf(n); is {
		return page
	}
	if m := regexp.MustCompile(`/Im(\d+) ` + strconv.Itoa(n) + ` 0 R`).FindSubmatch(r.objects[resourcesObj]); m != nil {
		at, _ := decimal(string(m[1]))
		return fmt.Sprintf("第 %d 张照片", at+1)
	}
	return kindOf(r.objects[n])
}

// pageOf names a page or its content.
func (r *revision) pageOf(n int) (string, bool) {
	for i, m := range regexp.MustCompile(`(\d+) 0 R`).FindAllSubmatch(bytes.TrimPrefix(r.objects[pagesObj], []byte("<< /Type /Pages")), maxObjects) {
		page, _ := decimal(string(m[1]))
		if page == n {
			return fmt.Sprintf("第 %d 页", i+1), true
		}
		if bytes.Contains(r.objects[page], fmt.Appendf(nil, " /Contents %d 0 R", n)) {
			return fmt.Sprintf("第 %d 页的内容", i+1), true
		}
	}
	return "", false
}

// kindOf says what an object is by what it says of itself.
func kindOf(body []byte) string {
	dict, _, isStream := bytes.Cut(body, []byte("\nstream\n"))
	for _, k := range []struct{ mark, name string }{
		{"/Subtype /Widget", "签名框或表单控件"}, {"/Subtype /FreeText", "文字批注"}, {"/Type /Annot", "批注"},
		{"/JavaScript", "脚本"}, {"/Type /Catalog", "目录"}, {"/Type /Pages", "页面树"}, {"/Type /Page", "页面"},
		{"/Subtype /Image", "照片"}, {"/CIDFontType0C", "字形数据"}, {"/Type /FontDescriptor", "字体说明"}, {"/Type /Font", "字体"},
		{"/Type /Sig", "签名"}, {"/Type /DocTimeStamp", "时间戳"},
	} {
		if bytes.Contains(dict, []byte(k.mark)) {
			return k.name
		}
	}
	if isStream {
		return "数据流"
	}
	return "其他对象"
}

// changes says what a revision that is none of ours did: what it put in whose
// place, and what it added.
func (v *verifier) changes(d *document, i int) string {
	rev := d.revisions[i]
	var out []string
	for j, n := range rev.numbers {
		if j == 8 {
			out = append(out, "……")
			break
		}
		name := d.revisions[0].partName(n)
		was, is := body(d.revisions[:i], n)
		switch {
		case !is:
			out = append(out, fmt.Sprintf("添加了%s（对象 %d）", kindOf(rev.objects[n]), n))
		case bytes.Equal(was, rev.objects[n]):
			out = append(out, fmt.Sprintf("重写了%s（对象 %d）", name, n))
		case bytes.Contains(was, []byte(" /V ")) && !bytes.Contains(rev.objects[n], []byte(" /V ")):
			out = append(out, fmt.Sprintf("清空了%s（对象 %d）", name, n))
		default:
			out = append(out, fmt.Sprintf("替换了%s（对象 %d）", name, n))
		}
	}
	return strings.Join(out, "、")
}

// body is the last body of an object in some revisions.
func body(revisions []*revision, n int) ([]byte, bool) {
	for _, r := range slices.Backward(revisions) {
		if b, ok := r.objects[n]; ok {
			return b, true
		}
	}
	return nil, false
}
