package contract

import (
	"encoding/hex"
	"fmt"
	"time"
)

// Lines says the report in words, a line each: the conclusion, then what was
// found or what holds, who signed what and when by which clock, what is proven
// of it, and the file's particulars.
func (r *Report) Lines() []string {
	out := r.conclusion()
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
			"时间："+stampText(r.Clock)+"（受理终端时钟，未经第三方证明）")
	}
	for i := range r.Signatures {
		out = append(out, fmt.Sprintf("签名 %d：%s", i+1, r.Signatures[i].words(r.Size)))
	}
	for _, n := range r.Notes {
		out = append(out, "说明："+n)
	}
	return append(out, "SHA-256："+hex.EncodeToString(r.SHA256[:]))
}

func (r *Report) conclusion() []string {
	if !r.OK {
		return []string{"结论：未通过验证，请勿采信这份文件。"}
	}
	out := []string{"结论：通过验证，自封存以来没有一个字节被改动。",
		"最后的签名覆盖整个文件；应有的签名域都已封存；没有其他修订。"}
	if r.First {
		out = append(out, "这是旧样式的合同：由签名域 "+SealField+" 一次封存，双方的手写签名在其中，没有各自的封存。")
	}
	if r.Compared {
		out = append(out, "文件与保存的记录一致。")
	}
	if r.National {
		out = append(out, "国密 SM2/SM3 签名与文件相符，其公钥在封存中声明。")
	}
	return out
}

// words says who signed what, when, and by which clock.
func (s *Signature) words(size int) string {
	holds := "有效"
	if !s.Holds {
		holds = "无效"
	}
	covers := fmt.Sprintf("覆盖文件前 %d 字节", s.Covers)
	if s.Covers == size {
		covers = "覆盖整个文件"
	}
	text := ""
	switch {
	case s.Event != nil:
		by := "本人"
		if s.Event.Proxy {
			by = "代签"
		}
		text = fmt.Sprintf("%s现场手写签名（%s），签于 %s（受理终端时钟），笔迹 SHA-256 %x；由受理终端 %s 封存",
			partyWords(s.Event.Party), by, stampText(s.Event.At), s.Event.Ink, s.Signer)
	case s.Received != nil:
		text = fmt.Sprintf("资助中心收讫，回执编号 %s，合同编号 %s，%s（资助中心时钟）", s.Received.ReceiptNo, s.Received.ContractNo, stampText(s.Clock))
	case s.Field == StampField:
		text = fmt.Sprintf("时间戳，由 %s 签发，%s（时间戳机构时钟）", s.Signer, stampText(s.Clock))
	default:
		text = fmt.Sprintf("受理终端 %s 数字封存，%s（受理终端时钟）", s.Signer, stampText(s.Clock))
	}
	return fmt.Sprintf("%s，%s，%s（%s）", text, covers, holds, s.Field)
}

// stampText is a time in print, in Beijing's zone as every other.
func stampText(t time.Time) string { return beijing(t).Format("2006-01-02 15:04:05 -07:00") }

// spanText is a length of time in words, rounded to what matters.
func spanText(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d 天", int(d.Hours()/24))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d 小时", int(d.Hours()))
	}
	return fmt.Sprintf("%d 分钟", int(d.Minutes()))
}
