package guard

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"doorstep/internal/loan"
)

// TestALineSaysWhatItIsOf has bodies as they are written, as they were written before
// there was more in them, erased ones, and those of a laptop that lies.
func TestALineSaysWhatItIsOf(t *testing.T) {
	h := loan.Hash{0x1a, 0x2b, 0x3c, 0x4d, 9}
	page := loan.Attachment{Slot: loan.DocSlot(loan.HukouBook), Blob: h, Media: "image/jpeg"}
	const number = "15400000001"
	for _, c := range []struct {
		name  string
		kind  loan.ChangeKind
		body  any
		of    string
		words string
	}{
		{"a paper", loan.ChangeAttach, loan.AttachBody{Attachment: page, Source: "camera"}, "doc/hukou_book, by camera", "户口簿，拍摄"},
		{"a portrait in the place of another", loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.PortraitCoborrower}, Instead: h}, "portrait/coborrower, in place of another", "共同借款人人像，代替原有的一页"},
		{"a picture of a card", loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: loan.CardStudent}, Source: "reader"}, "card/student, by reader", "学生证件内的照片，读卡器"},
		{"a paper taken away", loan.ChangeDetach, loan.DetachBody{Slot: page.Slot}, "doc/hukou_book", "户口簿"},
		{"a paper put in order", loan.ChangeArrange, loan.ArrangeBody{Slot: page.Slot}, "doc/hukou_book", "户口簿"},
		{"a lost page", loan.ChangeReplace, loan.ReplaceBody{Attachment: page, Source: "file"}, "doc/hukou_book, by file", "户口簿，选自文件"},
		{"whose face", loan.ChangeAttest, loan.PartyBody{Party: loan.CoborrowerParty}, "of coborrower", "共同借款人"},
		{"a contract", loan.ChangeContract, loan.ContractBody{Blob: h, Pages: 12, Clerk: "李测" + number, Template: number}, "contract 1a2b3c4d, 12 pages", "合同 1a2b3c4d，12 页"},
		{"who read", loan.ChangeRead, loan.ReadBody{Contract: h, Millis: []int{1, 2}, Party: loan.StudentParty, By: loan.ByProxy}, "of student, contract 1a2b3c4d, 2 pages, by proxy", "借款学生，合同 1a2b3c4d，2 页，代办人代为"},
		{"who read, as it was noted of both at once", loan.ChangeRead, loan.ReadBody{Contract: h, Millis: []int{1}}, "of both, contract 1a2b3c4d, 1 pages", "双方，合同 1a2b3c4d，1 页"},
		{"whose signature", loan.ChangeSign, loan.SignBody{Party: loan.StudentParty, By: loan.InPerson, Contract: h, ProxyNote: number}, "of student, contract 1a2b3c4d", "借款学生，合同 1a2b3c4d"},
		{"a signature on a phone", loan.ChangeSign, loan.SignBody{Party: loan.CoborrowerParty, By: loan.ByProxy, Contract: h, Means: loan.OnPhone}, "of coborrower, contract 1a2b3c4d, by proxy, on a phone", "共同借款人，合同 1a2b3c4d，代办人代为，在手机上"},
		{"a witness", loan.ChangeWitness, loan.WitnessBody{Contract: h}, "contract 1a2b3c4d", "合同 1a2b3c4d"},
		{"a seal of before", loan.ChangeSeal, loan.SealBody{Blob: h}, "sealed 1a2b3c4d", "封存的合同 1a2b3c4d"},
		{"a seal", loan.ChangeSeal, loan.SealBody{Blob: h, National: &loan.NationalSeal{}}, "sealed 1a2b3c4d, national seal too", "封存的合同 1a2b3c4d，另有国密签名"},
		{"an end", loan.ChangeFinish, loan.FinishBody{Blobs: []loan.Attachment{page, page}}, "2 files", "2 个文件"},
		{"a lie about the paper", loan.ChangeAttach, loan.AttachBody{Attachment: loan.Attachment{Slot: "doc/" + number}, Source: number}, "", ""},
		{"a lie about the source", loan.ChangeAttach, loan.AttachBody{Attachment: page, Source: number}, "doc/hukou_book", "户口簿"},
		{"a lie about the party", loan.ChangeAttest, loan.PartyBody{Party: number}, "", ""},
		{"no body of its kind", loan.ChangeFinish, map[string]string{"x": number}, "", ""},
		{"an erased body", loan.ChangeSign, nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ch := &loan.Change{Kind: c.kind}
			if c.body != nil {
				b, err := json.Marshal(c.body)
				if err != nil {
					t.Fatal(err)
				}
				ch.Body = b
			}
			l := LineOf(ch)
			if l.Detail != c.of || l.Subject() != c.words {
				t.Errorf("got %q, %q, want %q, %q", l.Detail, l.Subject(), c.of, c.words)
			}
			row := l.Row(nil, AccountLabel)
			if row[slices.Index(LineColumns(), "备注")] != c.words || row[len(row)-2] != c.of || strings.Contains(strings.Join(row, " "), number) {
				t.Errorf("in a report: got %q", row)
			}
		})
	}
	other, err := json.Marshal(loan.ViewBody{Detail: "of student"})
	if err != nil {
		t.Fatal(err)
	}
	if l := LineOf(&loan.Change{Kind: loan.ChangeView, Body: other}); l.Subject() != "" {
		t.Errorf("a look: got %q", l.Subject())
	}
}
