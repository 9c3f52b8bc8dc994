package contract

import (
	"encoding/hex"
	"fmt"
	"slices"
	"time"
	"unicode/utf16"

	"strings"
)

// Code names a problem that Verify found.
type Code string

// The problems, the gravest first.
const (
	NotPDF         Code = "not-pdf"
	TooLarge       Code = "too-large"
	CutOff         Code = "cut-off"
	Malformed      Code = "malformed"
	ContentChanged Code = "content-changed"
	RevisionAdded  Code = "revision-added"
	Appended       Code = "appended"
	Trailing       Code = "trailing-bytes"
	CatalogDiffers Code = "catalog-differs"
	FieldMissing   Code = "field-missing"
	FieldChanged   Code = "field-changed"
	ObjectChanged  Code = "object-changed"
	Unsealed       Code = "unsealed"
	SealMalformed  Code = "seal-malformed"
	SealEntry      Code = "seal-entry"
	RangeWrong     Code = "byte-range"
	NotWholeFile   Code = "not-whole-file"
	SignatureWrong Code = "signature-wrong"
	CertSwapped    Code = "certificate-swapped"
	Replayed       Code = "replayed"
	DigestWrong    Code = "digest-wrong"
	Stranger       Code = "stranger"
	NotDevice      Code = "not-a-device"
	CertExpired    Code = "certificate-expired"
	NoAuthority    Code = "no-authority"
	HashDiffers    Code = "hash-differs"
)

type codeWords struct {
	code  Code
	words string
}

func codeTable() []codeWords {
	return []codeWords{
		{NotPDF, "这不是 PDF 文件。"},
		{TooLarge, "文件超过 %d MB，未予检查。"},
		{CutOff, "文件不完整，末尾被截断。"},
		{Malformed, "文件结构不是本系统写成的样式，可能被其他软件改写。"},
		{ContentChanged, "合同内容与写成时不同，已被改动。"},
		{RevisionAdded, "封存之后又追加了第 %d 次修订，改动了对象 %s。"},
		{Appended, "封存之后被其他软件追加了 %d 字节的修订。"},
		{Trailing, "文件末尾多出 %d 字节。"},
		{CatalogDiffers, "文件的目录对象不是本系统写成的样式。"},
		{FieldMissing, "缺少应有的签名域 %s。"},
		{FieldChanged, "签名域 %s 除写入封存外还有别的改动。"},
		{ObjectChanged, "封存的修订改动了不允许改动的对象：%s。"},
		{Unsealed, "合同尚未封存：签名域 %s 是空的。"},
		{SealMalformed, "封存的签名数据不是本系统写成的样式。"},
		{SealEntry, "封存的说明（签署设备、事由或时间）被改动。"},
		{RangeWrong, "签名所覆盖的字节范围不对。"},
		{NotWholeFile, "最后的签名没有覆盖整个文件，尚有 %d 字节在外。"},
		{SignatureWrong, "签名值不正确，签名无效。"},
		{CertSwapped, "签名中的证书被替换。"},
		{Replayed, "签名不属于这份文件：签名取自别的文件，或文件内容被整体替换。"},
		{DigestWrong, "文件摘要与签名时不同。"},
		{Stranger, "签名证书不是本县资助中心签发的，签署者不可信。"},
		{NotDevice, "签名证书不是受理终端的证书。"},
		{CertExpired, "按终端时钟，封存时证书不在有效期内。"},
		{NoAuthority, "没有可比对的中心证书，无法确认签署者。"},
		{HashDiffers, "文件与保存的记录不一致（散列值不同）。"},
	}
}

func (c Code) words() string {
	for _, w := range codeTable() {
		if w.code == c {
			return w.words
		}
	}
	return string(c)
}

// Finding is one problem: its code, and a Chinese sentence without personal
// data.
type Finding struct {
	Code Code
	Text string
}

// Report is what Verify found. Where OK is false the other fields say only
// what the file claims.
type Report struct {
	OK        bool
	Findings  []Finding // problems alone, the gravest first
	Title     string    // of the document
	Case      string    // the case's id
	Pages     int
	Revisions int // 1 unsealed, 2 sealed
	Sealed    bool
	Device    string    // name in the signing certificate: the terminal
	Issuer    string    // name of its issuer
	Clock     time.Time // by the terminal's clock, which nobody vouches for
	Compared  bool      // the hash was compared with a stored one
	Size      int
	SHA256    [32]byte

	date string // Clock as the file writes it
}

func (r *Report) has(c Code) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == c })
}

// finish orders the findings and draws the conclusion.
func (r *Report) finish() {
	rank := map[Code]int{}
	for i, w := range codeTable() {
		rank[w.code] = i
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return rank[a.Code] - rank[b.Code] })
	r.OK = len(r.Findings) == 0
}

// Lines says the report in words, a line each: the conclusion, then what was
// found or what holds, then the file's particulars.
func (r *Report) Lines() []string {
	out := []string{"结论：未通过验证，请勿采信这份文件。"}
	if r.OK {
		out = []string{
			"结论：通过验证，自封存以来没有一个字节被改动。",
			"签名覆盖整个文件；签名域 " + SealField + " 已封存；没有其他修订。",
		}
		if r.Compared {
			out = append(out, "文件与保存的记录一致。")
		}
	}
	for _, f := range r.Findings {
		out = append(out, fmt.Sprintf("问题：%s（%s）", f.Text, f.Code))
	}
	if r.Case != "" {
		out = append(out, "案件："+r.Case)
	}
	if r.Title != "" {
		out = append(out, fmt.Sprintf("文件：%s，共 %d 页，%d 字节", r.Title, r.Pages, r.Size))
	}
	if r.Sealed {
		out = append(out, fmt.Sprintf("封存：受理终端 %s，证书由 %s 签发", r.Device, r.Issuer),
			"时间："+r.Clock.Format("2006-01-02 15:04:05 -07:00")+"（受理终端时钟，未经第三方证明）")
	}
	return append(out, "SHA-256："+hex.EncodeToString(r.SHA256[:]))
}

// infoText reads a text entry of the information dictionary.
func infoText(info []byte, key string) string {
	_, rest, ok := strings.Cut(string(info), "/"+key+" <FEFF")
	digits, _, ok2 := strings.Cut(rest, ">")
	b, err := hex.DecodeString(digits)
	if !ok || !ok2 || err != nil || len(b)%2 != 0 || len(b) > 1024 {
		return ""
	}
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7F {
			return -1
		}
		return r
	}, string(utf16.Decode(units)))
}

// pageCount reads the number of pages from the page tree's root.
func pageCount(r *revision) int {
	rest, ok := strings.CutPrefix(string(r.objects[pagesObj]), "<< /Type /Pages /Count ")
	digits, _, _ := strings.Cut(rest, " ")
	n, good := decimal(digits)
	if !ok || !good || n > maxObjects {
		return 0
	}
	return n
}
