package loan

import (
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Hash is 32 bytes of a hash function of the suite in use.
type Hash [32]byte

// Zero says whether the hash is all zero: none.
func (h Hash) Zero() bool { return h == Hash{} }

// ChangeKind says what a change did.
type ChangeKind string

// The kinds of change. Those of the second group are views: they alter no
// case, and are kept because they are the audit log.
const (
	ChangeOpen     ChangeKind = "open"     // OpenBody: a new case
	ChangeEdit     ChangeKind = "edit"     // EditBody: fields set
	ChangeResolve  ChangeKind = "resolve"  // EditBody: a person chose between values
	ChangeAttach   ChangeKind = "attach"   // AttachBody: a blob put in a slot
	ChangeDetach   ChangeKind = "detach"   // DetachBody: a blob taken out of a slot
	ChangeArrange  ChangeKind = "arrange"  // ArrangeBody: pages put in order, or what they show said
	ChangeReplace  ChangeKind = "replace"  // ReplaceBody: a page that was lost, taken anew
	ChangeCard     ChangeKind = "card"     // CardBody: what a party's card said
	ChangeAttest   ChangeKind = "attest"   // PartyBody: clerk attests person = card
	ChangeConsent  ChangeKind = "consent"  // ConsentBody
	ChangeSubmit   ChangeKind = "submit"   // no body, or SubmitBody: draft → to review
	ChangeReview   ChangeKind = "review"   // ReviewBody
	ChangeContract ChangeKind = "contract" // ContractBody: the contract was filled
	ChangeRead     ChangeKind = "read"     // ReadBody: the parties read the pages
	ChangeSign     ChangeKind = "sign"     // SignBody: one party signed
	ChangeWitness  ChangeKind = "witness"  // WitnessBody: a second operator saw both sign
	ChangeSeal     ChangeKind = "seal"     // SealBody: the contract was sealed
	ChangeFinish   ChangeKind = "finish"   // FinishBody: complete, to be carried
	ChangeCorrect  ChangeKind = "correct"  // CorrectBody: a contract field after signing
	ChangeVoid     ChangeKind = "void"     // ReasonBody
	ChangeReceive  ChangeKind = "receive"  // ReceiveBody: by the centre, the case is whole there
	ChangeAccept   ChangeKind = "accept"   // AcceptBody: by the centre
	ChangeReturn   ChangeKind = "return"   // ReturnBody: by the centre
	ChangeTicket   ChangeKind = "ticket"   // TicketBody: the number its people are called by
	ChangePass     ChangeKind = "pass"     // PassBody: handed on to a station
	ChangeTake     ChangeKind = "take"     // TakeBody: taken over by force
	ChangeUrgent   ChangeKind = "urgent"   // UrgentBody: goes to the centre before others, or no longer
	ChangeNotice   ChangeKind = "notice"   // NoticeBody: by the centre, what it noticed across cases

	ChangeView   ChangeKind = "view"   // ViewBody
	ChangeSearch ChangeKind = "search" // ViewBody, no case
	ChangeReveal ChangeKind = "reveal" // ViewBody
	ChangePrint  ChangeKind = "print"  // ViewBody
	ChangeExport ChangeKind = "export" // ViewBody
	ChangeSignIn ChangeKind = "signin" // ViewBody, no case

	// What was done to the laptop's store, no case; an erasing that the centre
	// tells of has the case.
	ChangeErase   ChangeKind = "erase"   // EraseBody: data whose time was over
	ChangeRepair  ChangeKind = "repair"  // RepairBody: a damaged file was mended
	ChangeRestore ChangeKind = "restore" // RestoreBody: a backup took the file's place
	ChangeBackup  ChangeKind = "backup"  // ViewBody: a backup was made
	ChangeRecover ChangeKind = "recover" // ViewBody: a password was set anew
	ChangeSetting ChangeKind = "setting" // ViewBody: how the laptop carries was set, or it enrolled again
)

// Party is who in a case.
type Party string

// The parties.
const (
	StudentParty    Party = "student"
	CoborrowerParty Party = "coborrower"
)

// Change is the one atom: who, when, on which device, to which case, what.
// A change is immutable. Its Body may be erased (nil) without breaking the
// chain, because the header holds BodyHash alone.
type Change struct {
	ID       uuid.UUID     // UUIDv7
	Device   uuid.UUID     // whose chain it stands in
	Counter  uint64        // 1, 2, 3 … in that chain, never used again
	Prev     Hash          // header hash of the chain's previous change; zero for the first
	Seen     []uuid.UUID   // heads of the case that the author had seen, sorted
	Operator string        // operator's id
	Case     uuid.UUID     // Nil where no case is meant
	Kind     ChangeKind    //
	At       time.Time     // wall clock, UTC, milliseconds; never used for order
	ClockErr time.Duration // the clock's last known error; negative is unknown
	Salt     [16]byte      // random, so that a hash does not give away a short body
	BodyHash Hash          // hash of Salt and Body
	Body     []byte        // JSON of the kind's body; nil when it has none or is erased
}

// AppendHeader appends the canonical bytes of the change's header, over which
// the chain hashes and devices sign. Format, big endian:
// "DSC1" | id 16 | device 16 | counter u64 | prev 32 | n u16, n × seen 16 |
// len u8, operator | case 16 | len u8, kind | unix ms i64 | clock error ms i64 |
// salt 16 | body hash 32.
func (c *Change) AppendHeader(b []byte) []byte {
	b = append(b, "DSC1"...)
	b = append(b, c.ID[:]...)
	b = append(b, c.Device[:]...)
	b = binary.BigEndian.AppendUint64(b, c.Counter)
	b = append(b, c.Prev[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(c.Seen)))
	for _, s := range c.Seen {
		b = append(b, s[:]...)
	}
	b = append(append(b, byte(len(c.Operator))), c.Operator...)
	b = append(b, c.Case[:]...)
	b = append(append(b, byte(len(c.Kind))), c.Kind...)
	b = binary.BigEndian.AppendUint64(b, uint64(c.At.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(c.ClockErr.Milliseconds()))
	b = append(b, c.Salt[:]...)
	return append(b, c.BodyHash[:]...)
}

// Encode gives the change's bytes as stored and carried: the header, a byte
// that says whether the body is there (1) or not (0), and then the body.
func (c *Change) Encode() []byte {
	b := c.AppendHeader(make([]byte, 0, 256+len(c.Body)))
	if c.Body == nil {
		return append(b, 0)
	}
	return append(append(b, 1), c.Body...)
}

// OpenBody starts a case.
type OpenBody struct {
	Application Application `json:"application"` // kind, channel, intake, academic year; the rest empty
}

// EditBody sets fields: path → JSON value. Paths are those of Field.
type EditBody struct {
	Fields map[string]json.RawMessage `json:"fields"`
}

// Slot is a place for blobs in a case: "portrait/student",
// "portrait/coborrower", "card/student", "card/coborrower", "doc/" + Doc,
// "ink/student", "ink/coborrower", "contract".
type Slot string

// The slots that are not papers.
const (
	PortraitStudent    Slot = "portrait/student"
	PortraitCoborrower Slot = "portrait/coborrower"
	CardStudent        Slot = "card/student" // the picture on the chip of the ID card
	CardCoborrower     Slot = "card/coborrower"
	InkStudent         Slot = "ink/student"
	InkCoborrower      Slot = "ink/coborrower"
	ContractSlot       Slot = "contract"
)

// DocSlot is the slot of a paper.
func DocSlot(d Doc) Slot { return Slot("doc/" + string(d)) }

// Attachment is a blob in a slot.
type Attachment struct {
	Slot  Slot   `json:"slot"`
	Blob  Hash   `json:"blob"`  // keyed hash of the content
	Media string `json:"media"` // image/jpeg, application/pdf, application/vnd.doorstep.ink, application/vnd.doorstep.wlt
	Size  int64  `json:"size"`  // bytes
	Part  Part   `json:"part,omitempty"`
}

// AttachBody puts a blob in a slot, behind those already there, or in the place
// of one of them, whose part it then has where it names none.
type AttachBody struct {
	Attachment
	Source  string `json:"source,omitempty"` // camera, file, phone, reader
	Instead Hash   `json:"instead,omitzero"`
}

// DetachBody takes a blob out of a slot.
type DetachBody struct {
	Slot Slot `json:"slot"`
	Blob Hash `json:"blob"`
}

// ReplaceBody puts a page taken anew in the place of one that was lost: it could
// not be read where it was kept, and the centre did not have it.
type ReplaceBody struct {
	Attachment
	Lost   Hash   `json:"lost"`
	Source string `json:"source,omitempty"` // camera, file
}

// PartyBody names a party.
type PartyBody struct {
	Party Party `json:"party"`
}

// ConsentBody is one party's consent to one purpose, or its withdrawal.
type ConsentBody struct {
	Party   Party  `json:"party"`
	Purpose string `json:"purpose"` // sensitive, credit, share
	Text    string `json:"text"`    // id and version of the text shown
	Given   bool   `json:"given"`
}

// Purposes of consent. A party's consent is whole when the first two are given,
// and what the sensitive one's text leaves to a consent of its own: its id names
// that behind a plus sign, as in "consent-sensitive-2026-12+share". Texts of
// before have none, and cover sharing with the bank themselves.
const (
	ConsentSensitive = "sensitive"
	ConsentCredit    = "credit"
	ConsentShare     = "share" // with the bank and the school
)

// Purposes lists every purpose of consent, in the order they are asked for.
func Purposes() []string { return []string{ConsentSensitive, ConsentCredit, ConsentShare} }

// PurposeLabel is on screen what a consent is for; the purpose itself where there is no
// such.
func PurposeLabel(purpose string) string {
	switch purpose {
	case ConsentSensitive:
		return "处理敏感个人信息"
	case ConsentCredit:
		return "查询征信"
	case ConsentShare:
		return "向银行和学校提供信息"
	}
	return purpose
}

// apart are the purposes that a consent's text leaves to consents of their own.
func apart(text string) []string { return strings.Split(text, "+")[1:] }

// ReviewBody is a reviewer's word: passed, or sent back with a note.
type ReviewBody struct {
	Pass bool   `json:"pass"`
	Note string `json:"note,omitempty"`
}

// ContractBody is a filled contract, before signing. Signers and Clerk stand in
// its text; those filled before they were noted have none.
type ContractBody struct {
	Template string     `json:"template"` // id and version
	Blob     Hash       `json:"blob"`     // the PDF shown
	Size     int64      `json:"size"`
	Pages    int        `json:"pages"`
	AsOf     Date       `json:"as_of"`            // the signing date it was filled for
	Signers  Signatures `json:"signers,omitzero"` // who is to sign for whom
	Clerk    string     `json:"clerk,omitempty"`  // the clerk's name as printed
}

// ReadBody is how long each page was on the screen before a party, and which
// texts were read to it before. Without a party it is of both at once, as it was
// noted before it was kept of each.
type ReadBody struct {
	Contract Hash     `json:"contract"`
	Millis   []int    `json:"millis"`
	Texts    []string `json:"texts,omitempty"` // ids with versions
	Party    Party    `json:"party,omitempty"`
	By       Signer   `json:"by,omitempty"` // ByProxy: the proxy heard and read in the party's place
}

// SignBody is one party's signature by hand on the contract.
type SignBody struct {
	Party     Party  `json:"party"`
	By        Signer `json:"by"`
	ProxyNote string `json:"proxy_note,omitempty"`
	Contract  Hash   `json:"contract"`
	Ink       Hash   `json:"ink"` // the strokes, a blob
	Size      int64  `json:"size"`
	// Clauses are the headings of those that the signer ticked one by one.
	Clauses []string `json:"clauses,omitempty"`
	// Means is what was signed on; empty is the pad on the laptop's screen.
	Means Means `json:"means,omitempty"`
}

// Means is what something was signed on, or given by.
type Means string

// OnPhone is a phone that was paired with the laptop.
const OnPhone Means = "phone"

// WitnessBody is a second operator's word that the contract was signed as it
// says, given with that operator's own password.
type WitnessBody struct {
	Contract Hash `json:"contract"`
}

// SealBody is the sealed contract.
type SealBody struct {
	Blob     Hash          `json:"blob"`
	Size     int64         `json:"size"`
	National *NationalSeal `json:"national,omitempty"` // none before there was one
}

// NationalSeal is the second signature of a sealed contract, by SM2 with SM3 over
// its file, detached.
type NationalSeal struct {
	Key       []byte `json:"key"` // PKIX DER, which the seal in the file names
	Signature []byte `json:"signature"`
}

// FinishBody says what a whole case consists of: every blob the centre must
// hold before the case counts as arrived.
type FinishBody struct {
	Blobs []Attachment `json:"blobs"`
}

// CorrectBody changes fields after signing; it voids the signatures.
type CorrectBody struct {
	Fields map[string]json.RawMessage `json:"fields"`
	Reason string                     `json:"reason"`
}

// ReasonBody is a reason.
type ReasonBody struct {
	Reason string `json:"reason"`
}

// ReceiveBody is the centre's word that the whole case is durably there.
type ReceiveBody struct {
	ReceiptNo  string `json:"receipt_no"`
	ContractNo string `json:"contract_no"`
	CheckCode  string `json:"check_code"` // 回执校验码; hidden except on the print
	Finish     string `json:"finish"`     // id of the finish change it answers
}

// AcceptBody is the centre's acceptance.
type AcceptBody struct {
	Note string `json:"note,omitempty"`
}

// ReturnBody sends a case back with coded reasons. Fields has what a code is about where
// the centre said so: one of its codes, and a path that MayMend.
type ReturnBody struct {
	Codes  []Code          `json:"codes"`
	Note   string          `json:"note,omitempty"`
	Fields map[Code]string `json:"fields,omitempty"`
}

// Fits says whether each field is of a code of the return, and may be mended.
func (b ReturnBody) Fits() bool {
	for code, path := range b.Fields {
		if !slices.Contains(b.Codes, code) || !MayMend(path) {
			return false
		}
	}
	return true
}

// UrgentBody says why a case is to be at the centre before others.
type UrgentBody struct {
	Urgency Urgency `json:"urgency"`
}

// NoticeBody is what the centre noticed of a case beside others; it takes the
// place of the former notice, and of nothing else.
type NoticeBody struct {
	// Same are cases of the county with the same student, neither a supplement
	// of the other; none when that is no longer so.
	Same []SameStudent `json:"same,omitempty"`
}

// SameStudent is another case of the same student.
type SameStudent struct {
	Case  uuid.UUID `json:"case"`
	Point string    `json:"point"` // of intake, where it was opened
}

// ViewBody is a look: which fields, why.
type ViewBody struct {
	Fields []string `json:"fields,omitempty"`
	Reason string   `json:"reason,omitempty"`
	Detail string   `json:"detail,omitempty"` // never a person's data
}

// EraseBody says what was erased and by which rule. The content is gone; its
// names and numbers are not personal data.
type EraseBody struct {
	Rule  string      `json:"rule"`            // EraseImages, EraseSeason or EraseRequest
	Cases []uuid.UUID `json:"cases,omitempty"` // at most 1000; Count has them all
	Count int         `json:"count"`           // cases touched
	Blobs int         `json:"blobs"`
	Bytes int64       `json:"bytes"`
	More  int         `json:"changes,omitempty"` // bodies of changes
	// Reason is why, of a person's own wish; never a person's data.
	Reason string `json:"reason,omitempty"`
}

// The rules of erasing.
const (
	EraseImages  = "images-7d" // images, 7 days after the receipt
	EraseSeason  = "season"    // all, at the end of a season
	EraseRequest = "request"   // all, at a person's own wish
)

// Range is counters From to To of a chain, both included.
type Range struct {
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// RepairBody says what a damaged file could not give back.
type RepairBody struct {
	Lost  []Range `json:"lost,omitempty"` // counters of the device's own chain
	Blobs []Hash  `json:"blobs,omitempty"`
	Cases int     `json:"cases,omitempty"` // cases touched by a loss
}

// RestoreBody says from where a chain goes on after a backup was restored:
// counters above Last and below the change's own may have been used by what
// the backup lacks, and are never used again.
type RestoreBody struct {
	Last uint64    `json:"last"`
	Made time.Time `json:"made"` // when the backup was made
}
