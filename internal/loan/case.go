package loan

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// Case is the fold of a case's changes: what the screen shows, on the laptop
// and at the centre alike.
type Case struct {
	ID          uuid.UUID
	App         Application
	Status      Status
	Opened      time.Time
	OpenedBy    string
	Updated     time.Time
	Authors     map[string]bool // operators who entered, attached, attested or corrected
	Handlers    map[string]bool // operators who filled a contract of it, had it read or signed, witnessed, sealed, finished or ended it
	Reviewers   map[string]bool // operators who reviewed it, whatever they found and whatever changed since
	Movers      map[string]bool // operators who passed it on, or took it over
	Deciders    map[string]bool // people who returned or accepted it at the centre
	Attachments []Attachment
	Replaced    []Replacement // pages that were lost and taken anew, in order
	Attested    map[Party]bool
	Cards       map[Party]CardState            // what each one's card said when it was read last
	Attests     map[Party]Attestation          // who attested, of those in Attested
	Consents    map[Party]map[string]string    // purpose → text id, of consents given
	ConsentedAt map[Party]map[string]time.Time // when, of those in Consents
	Withdrawn   []Withdrawal                   // consents taken back after signing, in order
	Retracted   []Withdrawal                   // those taken back before, in order
	Submitted   uuid.UUID                      // the change that submitted it last
	Again       *Resubmission                  // why it waits, or waited, for its reviewer again as it was returned
	Review      *ReviewState
	Contract    *ContractState
	Former      []ContractState // contracts voided by corrections, still readable
	Finish      *FinishState
	Receipt     *ReceiveBody
	ReceivedAt  time.Time // when the centre gave the receipt
	AcceptedAt  time.Time // when it accepted the case, of one that it did
	Return      *ReturnBody
	Same        []SameStudent // other cases of the same student, as the centre noticed
	Conflicts   []Conflict
	Aside       []Aside
	Holders     []Holding   // who holds the case; none until it was first passed on
	Ticket      *TicketBody // nil when it has no number
	TicketBy    uuid.UUID   // the laptop that gave it
	Urgency     Urgency
	Heads       []uuid.UUID // sorted; the Seen of the next change
	Veiled      bool        // its people are masked: a copy for a screen, set by nothing of this package

	past   map[uuid.UUID]*node
	log    []*node
	wrote  map[string][]write
	bound  map[Party]bound
	took   map[told]bool // a consent back, not by having become another
	opener uuid.UUID     // the device that opened it
	claims []claim       // every hold on it there was
}

// ReviewState is the last word of a reviewer.
type ReviewState struct {
	ReviewBody
	By string
	At time.Time
	// Mended are the paths of the fields, the slots, as "consent/student" the consents and as
	// "read/student" the cards that were entered since a review that did not pass, sorted;
	// one entered anew with the same value is among them.
	Mended []string
}

// ContractState is the contract in hand.
type ContractState struct {
	ContractBody
	Readings   map[Party]Reading // what each heard and read before it signed
	By         string            // operator's id, who filled it
	Signatures map[Party]SignState
	Witness    *Attestation // the second operator, where there was one
	Sealed     *SealBody
	SealedAt   time.Time
	Portraits  map[Party]Hash // that the sealed one holds
	Voided     *Voiding       // of a former contract: why it is none any more
}

// Reading is what a party, or a proxy in its place, heard and read of a contract.
type Reading struct {
	Millis []int    // a page
	Texts  []string // ids of the texts read to it
	By     Signer
	Both   bool // noted of both at once
	At     time.Time
}

// Voiding is a correction as the contract shows it that it voided.
type Voiding struct {
	Reason string
	Fields []string    // paths whose values became others, sorted; none where it was to be signed again alone
	Was    Application // as the voided contract has it
	By     string      // operator's id
	At     time.Time
}

// Replacement is a page that was lost and the one taken in its place.
type Replacement struct {
	Attachment
	Lost Hash
	By   string // operator's id
	At   time.Time
}

// Attestation is a clerk's word that person, card and portrait are one.
type Attestation struct {
	By string // operator's id
	At time.Time
}

// Withdrawal is a consent that was taken back when the contract stood already.
type Withdrawal struct {
	Party   Party
	Purpose string
	By      string // operator's id
	At      time.Time
}

// SignState is one party's signature.
type SignState struct {
	SignBody
	Clerk string // operator's id, who had it signed
	At    time.Time
}

// FinishState is the manifest of a finished case.
type FinishState struct {
	FinishBody
	ID uuid.UUID // of the finish change
	At time.Time
}

// Conflict is a field that was set at the same time to different values.
// The case shows the last of Values until a person resolves it.
type Conflict struct {
	Field  string
	Values []ConflictValue
}

// ConflictValue is one of the values, as JSON, and where it came from.
type ConflictValue struct {
	Change   uuid.UUID
	Operator string
	Value    string
}

// Aside is a change that could not be applied and waits for a person.
type Aside struct {
	Change uuid.UUID
	Err    error
}

// Application is what the rules judge: the case's application with the
// signing date of its contract, or today where none has been filled.
func (c *Case) Application(today Date) Application {
	a := c.App
	if c.Contract != nil && len(c.Contract.Signatures) > 0 {
		a.AsOf = c.Contract.AsOf
		return a
	}
	a.AsOf = today
	return a
}

// Slot lists the attachments of a slot, in order.
func (c *Case) Slot(s Slot) []Attachment {
	var out []Attachment
	for _, a := range c.Attachments {
		if a.Slot == s {
			out = append(out, a)
		}
	}
	return out
}

// Manifest lists every blob the case now consists of.
func (c *Case) Manifest() []Attachment {
	out := slices.Clone(c.Attachments)
	k := c.Contract
	if k == nil {
		return out
	}
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		if s, ok := k.Signatures[p]; ok && !s.Ink.Zero() {
			out = append(out, Attachment{Slot: Slot("ink/" + string(p)), Blob: s.Ink, Media: "application/vnd.doorstep.ink", Size: s.Size})
		}
	}
	if k.Sealed != nil {
		out = append(out, Attachment{Slot: ContractSlot, Blob: k.Sealed.Blob, Media: "application/pdf", Size: k.Sealed.Size})
	}
	return out
}

// SignedInFull says whether the signatures the kind of case needs are there:
// two for a first loan; for a renewal one may stand for both by proxy, which
// is a signature of its own with By = ByProxy.
func (c *Case) SignedInFull() bool {
	if c.Contract == nil {
		return false
	}
	_, s := c.Contract.Signatures[StudentParty]
	_, k := c.Contract.Signatures[CoborrowerParty]
	return s && (k || len(c.App.Coborrowers) == 0)
}

// derive computes the parts of the application that other changes decide.
func (c *Case) derive() {
	a := &c.App
	a.Docs = nil
	for _, d := range Docs() {
		if c.holds(d) {
			a.Docs = append(a.Docs, d)
		}
	}
	a.Student.PhotoOK, a.Student.Consent = c.partyReady(StudentParty)
	for i := range a.Coborrowers {
		a.Coborrowers[i].PhotoOK, a.Coborrowers[i].Consent = c.partyReady(CoborrowerParty)
	}
	a.Signatures = Signatures{}
	if c.Contract == nil {
		return
	}
	if s, ok := c.Contract.Signatures[StudentParty]; ok {
		a.Signatures.Student, a.Signatures.ProxyNote = s.By, s.ProxyNote
	}
	if s, ok := c.Contract.Signatures[CoborrowerParty]; ok {
		a.Signatures.Coborrower = s.By
		if s.ProxyNote != "" {
			a.Signatures.ProxyNote = s.ProxyNote
		}
	}
}

func (c *Case) partyReady(p Party) (photo, consent bool) {
	photo = c.Attested[p] && len(c.Slot(Slot("portrait/"+string(p)))) > 0
	return photo, c.consented(p)
}

// consented says whether all consents of a party stand that the texts ask for which it
// was shown.
func (c *Case) consented(p Party) bool {
	given := c.Consents[p]
	all := given[ConsentSensitive] != "" && given[ConsentCredit] != ""
	for _, purpose := range apart(given[ConsentSensitive]) {
		all = all && given[purpose] != ""
	}
	return all
}

// TakenBack lists the consents that were taken back after signing and stand no
// more: what they were for is not to go on.
func (c *Case) TakenBack() []Withdrawal {
	var out []Withdrawal
	for _, w := range c.Withdrawn {
		if c.Consents[w.Party][w.Purpose] == "" {
			out = append(out, w)
		}
	}
	return out
}

// SentBack is the word of the reviewer who sent the case back, while it lies with its
// clerk: until it is submitted again, and once more where he takes it back from its next
// review; nil of others.
func (c *Case) SentBack() *ReviewState {
	if c.Status != Draft || c.Review == nil || c.Review.Pass {
		return nil
	}
	return c.Review
}

// TookBack says whether a party took a consent back and none has been given since, by
// whoever stands there now: it does not help to write another's name for a moment.
func (c *Case) TookBack(p Party, purpose string) bool {
	return c.took[told{p, purpose}] && c.Consents[p][purpose] == ""
}

// MayShare says whether the case may go to others, the bank and the school: each
// party's consents stand by which it does, as far as the texts that it was shown ask
// for them, and none that it once gave is taken back.
func (c *Case) MayShare() bool {
	return len(c.Lacking(StudentParty)) == 0 && (len(c.App.Coborrowers) == 0 || len(c.Lacking(CoborrowerParty)) == 0)
}

// Lacking lists the purposes to which a party's consent does not stand: those that the
// texts it was shown ask for, and those to which it took one back.
func (c *Case) Lacking(p Party) []string {
	given := c.Consents[p]
	need := append(apart(given[ConsentSensitive]), ConsentSensitive, ConsentCredit)
	for _, w := range slices.Concat(c.Withdrawn, c.Retracted) {
		if w.Party == p {
			need = append(need, w.Purpose)
		}
	}
	return slices.DeleteFunc(Purposes(), func(purpose string) bool {
		return given[purpose] != "" || !slices.Contains(need, purpose)
	})
}

// View says whether the kind is a look that alters no case.
func (k ChangeKind) View() bool {
	switch k {
	case ChangeView, ChangeSearch, ChangeReveal, ChangePrint, ChangeExport, ChangeSignIn,
		ChangeErase, ChangeRepair, ChangeRestore, ChangeBackup, ChangeRecover, ChangeSetting:
		return true
	}
	return false
}

// EverSealed says whether the case has a sealed contract, or had one, in whatever order
// its changes stand: also one that was sealed on one laptop while another made the case
// void.
func (c *Case) EverSealed() bool {
	return slices.ContainsFunc(c.log, func(n *node) bool { return n.ch.Kind == ChangeSeal })
}

func validSlot(s Slot) bool {
	switch s {
	case PortraitStudent, PortraitCoborrower, CardStudent, CardCoborrower:
		return true
	}
	_, ok := s.Doc()
	return ok
}
