package contract

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"doorstep/internal/loan"
	"doorstep/internal/seal"
)

// The names of the signature fields, in the order in which they are filled.
const (
	StudentField    = "StudentSeal"
	CoborrowerField = "CoborrowerSeal"
	SealField       = "PointSeal"
	ReceiptField    = "CentreReceipt"
	StampField      = "CentreTimeStamp"
)

// field is one signature field: its name, the number of its object, the room
// that is kept for its signature in bytes, and whether a closed contract may be
// without it.
type field struct {
	name    string
	obj     int
	reserve int  // 0: as much as the signature takes
	later   bool // filled in by the centre, or never
}

const (
	sealReason   = "受理终端数字封存"
	sealReserve  = 6 << 10
	eventReserve = 2560
	stampReserve = 8 << 10 // services send their chain along
)

// The forms of file. This program writes the third alone.
const (
	firstForm  = 1 // the point's seal alone
	secondForm = 2 // five fields, each with a fixed room for its signature
	thirdForm  = 3 // a signature takes as much room as it needs
)

// allFields are the fields of the second form and of the third, in the order of
// their filling.
func allFields() []field {
	return []field{
		{StudentField, studentObj, eventReserve, false},
		{CoborrowerField, coborrowerObj, eventReserve, false},
		{SealField, fieldObj, sealReserve, false},
		{ReceiptField, receiptObj, eventReserve, true},
		{StampField, timeObj, stampReserve, true},
	}
}

// fieldsOf are the fields of a contract that the parties signed, in a form.
func fieldsOf(form int, parties ...loan.Party) []field {
	if form == firstForm {
		return []field{{SealField, fieldObj, sealReserve, false}}
	}
	fields := slices.DeleteFunc(allFields(), func(f field) bool {
		p, is := partyOf(f.name)
		return is && !slices.Contains(parties, p)
	})
	for i := range fields {
		if form == thirdForm {
			fields[i].reserve = 0
		}
	}
	return fields
}

// formOf finds the form that a catalog declares, and its fields; none where this
// program writes no such catalog.
func formOf(catalog []byte) (form int, fields []field) {
	for _, form := range []int{thirdForm, secondForm, firstForm} {
		for _, parties := range [][]loan.Party{
			{loan.StudentParty, loan.CoborrowerParty}, {loan.StudentParty}, {loan.CoborrowerParty}, {},
		} {
			if fields := fieldsOf(form, parties...); string(catalog) == catalogText(form, fields) {
				return form, fields
			}
		}
	}
	return 0, nil
}

// partyOf is the party whose signing by hand a field's seal states.
func partyOf(name string) (loan.Party, bool) {
	switch name {
	case StudentField:
		return loan.StudentParty, true
	case CoborrowerField:
		return loan.CoborrowerParty, true
	}
	return "", false
}

func partyWords(p loan.Party) string {
	if p == loan.CoborrowerParty {
		return "共同借款人"
	}
	return "借款学生"
}

// Event is a signing by hand, as the terminal saw it.
type Event struct {
	Party loan.Party
	Proxy bool      // another signed in the party's name, as the contract notes
	Ink   [32]byte  // SHA-256 of the strokes' bytes, EncodeInk's
	At    time.Time // by the terminal's clock
}

// reason is what the seal of the event states; parseEvent is its inverse.
func (e Event) reason() string {
	by := "本人"
	if e.Proxy {
		by = "代签"
	}
	return fmt.Sprintf("%s现场手写签名（%s），笔迹SHA-256 %x，签于 %s；%s",
		partyWords(e.Party), by, e.Ink, beijing(e.At).Format(time.RFC3339), sealReason)
}

func parseEvent(p loan.Party, reason string) (Event, bool) {
	e := Event{Party: p, Proxy: strings.Contains(reason, "（代签）")}
	_, rest, _ := strings.Cut(reason, "SHA-256 ")
	digits, rest, _ := strings.Cut(rest, "，签于 ")
	at, _, _ := strings.Cut(rest, "；")
	ink, err := hex.DecodeString(digits)
	if err != nil || len(ink) != len(e.Ink) {
		return e, false
	}
	copy(e.Ink[:], ink)
	if e.At, err = time.Parse(time.RFC3339, at); err != nil {
		return e, false
	}
	return e, e.reason() == reason
}

// Received is the centre's word that it has the whole case.
type Received struct {
	ReceiptNo  string
	ContractNo string
	At         time.Time // by the centre's clock
}

// reason is what the centre's seal states; parseReceived is its inverse.
func (r Received) reason() string {
	return fmt.Sprintf("资助中心收讫，回执编号 %s，合同编号 %s", r.ReceiptNo, r.ContractNo)
}

func parseReceived(reason string) (Received, bool) {
	_, rest, _ := strings.Cut(reason, "回执编号 ")
	receipt, number, _ := strings.Cut(rest, "，合同编号 ")
	r := Received{ReceiptNo: receipt, ContractNo: number}
	return r, r.reason() == reason && plainNumber(receipt) && plainNumber(number)
}

// plainNumber says whether s is letters and digits, as the centre's numbers are.
func plainNumber(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && r != '-'
	})
}

// entries are what a signature dictionary says besides the signature.
type entries struct {
	name, reason, date string
	national           string // PKIX DER of the SM2 key in hex, of the point's seal alone
}

const (
	entriesHead = "<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /Name "
	stampHead   = "<< /Type /DocTimeStamp /Filter /Adobe.PPKLite /SubFilter /ETSI.RFC3161"
	nationalKey = " /DSTP_SM2 <"
)

func (e entries) text() string {
	s := entriesHead + textString(e.name) + " /Reason " + textString(e.reason) + " /M (" + e.date + ")"
	if e.national != "" {
		s += nationalKey + e.national + ">"
	}
	return s
}

// parseEntries is the inverse of text; ok is false for anything it would not
// write.
func parseEntries(s string) (e entries, ok bool) {
	rest, is := strings.CutPrefix(s, entriesHead)
	name, rest, is1 := strings.Cut(rest, " /Reason ")
	reason, rest, is2 := strings.Cut(rest, " /M (")
	date, rest, is3 := strings.Cut(rest, ")")
	if !is || !is1 || !is2 || !is3 {
		return e, false
	}
	e.date = date
	e.name, e.reason = hexText(name), hexText(reason)
	if rest, is := strings.CutPrefix(rest, nationalKey); is {
		e.national = strings.TrimSuffix(rest, ">")
	}
	return e, e.text() == s
}

// nationalOf is the SM2 key that a point's seal names; zero where it names none.
func (e entries) nationalOf() (seal.PublicKey, bool) {
	if e.national == "" {
		return seal.PublicKey{}, true
	}
	b, err := hex.DecodeString(e.national)
	if err != nil {
		return seal.PublicKey{}, false
	}
	k, err := seal.ParsePublicKey(b)
	return k, err == nil && k.Suite() == seal.National && hex.EncodeToString(k.Marshal()) == e.national
}

// catalogText is object 1 of a file with signature fields.
func catalogText(form int, fields []field) string {
	ns := make([]int, len(fields))
	for i, f := range fields {
		ns[i] = f.obj
	}
	says := ""
	if form >= thirdForm {
		says = fmt.Sprintf(" /DSTP_Form %d /DSTP_Parts %s", form, ref(partsObj))
	}
	return catalogHead() + fmt.Sprintf(" /AcroForm << /Fields [%s] /SigFlags 3 >>%s /Lang (zh-CN) >>", refs(ns), says)
}

func catalogHead() string {
	return fmt.Sprintf("<< /Type /Catalog /Pages %s /Metadata %s /OutputIntents [<< /Type /OutputIntent /S /GTS_PDFA1 /OutputConditionIdentifier (sRGB) /Info (sRGB IEC61966-2.1) /DestOutputProfile %s >>]",
		ref(pagesObj), ref(xmpObj), ref(iccObj))
}

// plainCatalogText is object 1 of a file that is never sealed.
func plainCatalogText() string {
	return catalogHead() + " /Lang (zh-CN) >>"
}

// head is how a field's object begins.
func (f field) head() string {
	return "<< /Type /Annot /Subtype /Widget /FT /Sig /T (" + f.name + ") /F 132 "
}

// filled is a field's object once its signature, object n, is in place.
func filled(body []byte, n int) string {
	return strings.TrimSuffix(string(body), ">>") + "/V " + ref(n) + " >>"
}

func byteRangeText(r [4]int) string {
	return fmt.Sprintf("[%d %-9d %-9d %-9d]", r[0], r[1], r[2], r[3])
}

const (
	rangeKey     = " /ByteRange "
	contentsKey  = " /Contents <"
	sigDictClose = "> >>"
)

// creationDate finds the date in the information dictionary.
func creationDate(info []byte) (string, bool) {
	_, rest, ok := strings.Cut(string(info), " /CreationDate (")
	date, _, ok2 := strings.Cut(rest, ")")
	return date, ok && ok2 && len(date) == len("D:20060102150405+08'00'")
}

// dateOf is the inverse of pdfDate; the zero time for anything else.
func dateOf(s string) time.Time {
	t, err := time.Parse("D:20060102150405-07'00'", s)
	if err != nil || pdfDate(t) != s {
		return time.Time{}
	}
	return t
}

// hexText is the inverse of textString; empty for anything else, and without
// control characters.
func hexText(s string) string {
	digits, ok := strings.CutPrefix(s, "<FEFF")
	if !ok {
		return ""
	}
	return utf16Text(strings.TrimSuffix(digits, ">"))
}
