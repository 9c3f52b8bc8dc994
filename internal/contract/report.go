package contract

import (
	"encoding/hex"
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
	OtherDevice    Code = "other-device"
	SealEntry      Code = "seal-entry"
	RangeWrong     Code = "byte-range"
	NotWholeFile   Code = "not-whole-file"
	SignatureWrong Code = "signature-wrong"
	CertSwapped    Code = "certificate-swapped"
	SwappedBefore  Code = "swapped-before"
	Replayed       Code = "replayed"
	DigestWrong    Code = "digest-wrong"
	Stranger       Code = "stranger"
	NotDevice      Code = "not-a-device"
	CertExpired    Code = "certificate-expired"
	NoAuthority    Code = "no-authority"
	StampMalformed Code = "stamp-malformed"
	StampWrong     Code = "stamp-wrong"
	StampOther     Code = "stamp-of-other"
	StampStranger  Code = "stamp-stranger"
	StampRevoked   Code = "stamp-revoked"
	NationalNone   Code = "national-none"
	NationalWrong  Code = "national-wrong"
	Revoked        Code = "device-revoked"
	Superseded     Code = "superseded"
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
		{CutOff, "文件不完整，末尾被截断：%s。"},
		{Malformed, "文件结构不是本系统写成的样式，可能被其他软件改写：%s不符。"},
		{ContentChanged, "合同内容与写成时不同，已被改动：%s。"},
		{RevisionAdded, "封存之后又追加了第 %d 次修订，%s。"},
		{Appended, "封存之后被其他软件追加了 %d 字节的修订，%s。"},
		{Trailing, "文件末尾多出 %d 字节：%s。"},
		{CatalogDiffers, "文件的目录对象不是本系统写成的样式：%s。"},
		{FieldMissing, "缺少应有的签名域 %s。"},
		{FieldChanged, "签名域 %s 除写入封存外还有别的改动：%s。"},
		{ObjectChanged, "第 %d 次修订不是允许的封存：%s。"},
		{Unsealed, "合同没有封存完：签名域 %s 是空的%s。"},
		{SealMalformed, "签名域 %s 的签名数据不是本系统写成的样式：%s。"},
		{SealEntry, "签名域 %s 的说明被改动：%s。"},
		{RangeWrong, "签名域 %s 所覆盖的字节范围不对：%s。"},
		{NotWholeFile, "最后的签名没有覆盖整个文件，尚有 %d 字节在外。"},
		{SignatureWrong, "签名域 %s 的签名值不正确，签名无效。"},
		{CertSwapped, "签名域 %s 中的证书被替换。"},
		{Replayed, "签名域 %s 的签名不属于这份文件：签名取自别的文件，或所签的内容、说明被替换。"},
		{SwappedBefore, "签名域 %s 封存之后，文件在它前面的部分被替换（%s）。"},
		{DigestWrong, "文件摘要与签名域 %s 签名时不同。"},
		{OtherDevice, "签名域 %s 出自另一台受理终端。"},
		{Stranger, "签名域 %s 的证书不是本县资助中心签发的，签署者不可信。"},
		{NotDevice, "签名证书不是受理终端的证书。"},
		{CertExpired, "按终端时钟，封存时证书不在有效期内。"},
		{NoAuthority, "没有可比对的中心证书，无法确认签署者。"},
		{StampMalformed, "时间戳数据不是 RFC 3161 时间戳，或不是本系统写成的样式：%s。"},
		{StampWrong, "时间戳的签名不正确，时间戳无效。"},
		{StampOther, "时间戳不属于这份文件。"},
		{StampStranger, "时间戳不是给定的时间戳机构签发的，时间不可信。"},
		{StampRevoked, "时间戳机构的证书已于 %s 吊销，时间戳不可信。"},
		{NationalNone, "给出了国密签名，但封存中没有声明国密公钥。"},
		{NationalWrong, "国密 SM2 签名与文件不符。"},
		{Revoked, "受理终端已于 %s 注销，不能证明封存早于注销。"},
		{Superseded, "这份合同已因补正作废，有新的合同取代它；文件本身是当时封存的原件。"},
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

// Signature is one signature of a file.
type Signature struct {
	Field       string
	Signer      string    // name in the certificate
	From, Until time.Time // for which the certificate is
	Event       *Event    // that a party's seal states
	Received    *Received // that the centre's seal states
	Clock       time.Time // of who signed
	Covers      int       // bytes of the file, from its start
	Holds       bool      // nothing was found against it
}

// Report is what Verify found. Where OK is false the other fields say only
// what the file claims.
type Report struct {
	OK         bool
	Findings   []Finding // problems alone, the gravest first
	Notes      []string  // what is proven of times and what is not
	Title      string    // of the document
	Case       string    // the case's id
	Pages      int
	Revisions  int         // 1 unsealed; one more for each signature
	First      bool        // of the first form: the point's seal alone
	Signatures []Signature // in the order of the file
	Sealed     bool        // the point's seal is there
	Stamped    bool        // a service that is trusted stamped the time
	Proven     time.Time   // closed before this, by another's word; zero: nobody's
	National   bool        // the second signature was compared
	Device     string      // name in the signing certificate: the terminal
	Issuer     string      // name of its issuer
	Clock      time.Time   // by the terminal's clock, which nobody vouches for
	Compared   bool        // the hash was compared with a stored one
	Size       int
	SHA256     [32]byte
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

// infoText reads a text entry of the information dictionary.
func infoText(info []byte, key string) string {
	_, rest, ok := strings.Cut(string(info), "/"+key+" <FEFF")
	digits, _, ok2 := strings.Cut(rest, ">")
	if !ok || !ok2 {
		return ""
	}
	return utf16Text(digits)
}

// utf16Text reads UTF-16BE in hex, without control characters; empty where it
// is none or long.
func utf16Text(digits string) string {
	b, err := hex.DecodeString(digits)
	if err != nil || len(b)%2 != 0 || len(b) > 1024 {
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
