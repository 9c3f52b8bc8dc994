package loan

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

func denied(what string) error {
	return fault.New(what, fault.Denied, errors.New("the case's status does not allow it"))
}

// act lets a change act on the case. On an error the case's own state is as
// before the change.
func (c *Case) act(n *node) error {
	ch := n.ch
	if ch.Case == uuid.Nil || ch.Kind != ChangeOpen && ch.Case != c.ID {
		return fault.New("apply change", fault.Input, errors.New("a change of another case"))
	}
	if err := c.actKind(n); err != nil {
		return err
	}
	c.Updated = ch.At
	c.mend(ch)
	if people := c.people(ch.Kind); people != nil {
		people[ch.Operator] = true
	}
	return nil
}

// people are those of the case to whom the author of a change of a kind belongs; nil
// where the kind alone does not make him one.
func (c *Case) people(k ChangeKind) map[string]bool {
	switch k {
	case ChangeOpen, ChangeEdit, ChangeResolve, ChangeAttach, ChangeDetach, ChangeArrange, ChangeReplace, ChangeCard, ChangeAttest, ChangeCorrect, ChangeSubmit:
		return c.Authors
	case ChangeContract, ChangeRead, ChangeSign, ChangeWitness, ChangeSeal, ChangeFinish, ChangeVoid:
		return c.Handlers
	case ChangePass, ChangeTake:
		return c.Movers
	case ChangeReview:
		return c.Reviewers
	case ChangeReturn, ChangeAccept:
		return c.Deciders
	}
	return nil
}

// Part says whether who makes a change of this kind has a part in its case, whatever
// the change says: also where its body was erased.
func (k ChangeKind) Part() bool {
	some := map[string]bool{}
	return (&Case{Authors: some, Handlers: some, Reviewers: some, Deciders: some, Movers: some}).people(k) != nil
}

func (c *Case) actKind(n *node) error {
	switch n.ch.Kind {
	case ChangeOpen:
		return c.open(n)
	case ChangeEdit, ChangeResolve:
		return c.edit(n)
	case ChangeAttach:
		return c.attach(n)
	case ChangeDetach:
		return c.detach(n.ch)
	case ChangeArrange:
		return c.arrange(n.ch)
	case ChangeReplace:
		return c.replace(n.ch)
	case ChangeCard:
		return c.card(n.ch)
	case ChangeAttest:
		return c.attest(n)
	case ChangeConsent:
		return c.consent(n)
	case ChangeSubmit:
		return c.submit(n.ch)
	case ChangeReview:
		return c.review(n.ch)
	case ChangeContract, ChangeRead, ChangeSign, ChangeWitness, ChangeSeal:
		return c.actContract(n.ch)
	case ChangeFinish:
		return c.finish(n.ch)
	case ChangeCorrect:
		return c.correct(n)
	case ChangeVoid:
		return c.void(n.ch)
	case ChangeReceive, ChangeAccept, ChangeReturn:
		return c.actCentre(n.ch)
	case ChangeTicket:
		return c.ticket(n.ch)
	case ChangePass:
		return c.pass(n)
	case ChangeTake:
		return c.takeOver(n)
	case ChangeUrgent:
		return c.urge(n.ch)
	case ChangeNotice:
		b, err := Body[NoticeBody](n.ch)
		if err == nil {
			c.Same = b.Same
		}
		return err
	}
	return fault.New("apply change", fault.Newer, errors.New("unknown kind of change"))
}

func (c *Case) open(n *node) error {
	if len(c.log) > 1 {
		return fault.New("open case", fault.Exists, nil)
	}
	// Also a case whose opening was erased, or does not hold, is that case.
	c.ID, c.Opened, c.OpenedBy, c.Updated, c.opener = n.ch.Case, n.ch.At, n.ch.Operator, n.ch.At, n.ch.Device
	c.Authors, c.Handlers, c.Reviewers, c.Deciders, c.Movers = map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	c.Attested = map[Party]bool{}
	c.Attests = map[Party]Attestation{}
	c.bound, c.took = map[Party]bound{}, map[told]bool{}
	c.Consents, c.ConsentedAt = map[Party]map[string]string{}, map[Party]map[string]time.Time{}
	b, err := bodyOf[OpenBody](n)
	if err != nil {
		return err
	}
	if !withinLimits(reflect.ValueOf(b.Application)) {
		return fault.New("open case", fault.TooLarge, nil)
	}
	c.App = b.Application.clone()
	return nil
}

// touchable says whether what the reviewer looked at may still change without a
// correction.
func (c *Case) touchable() bool {
	return c.Status.Editable() && !(c.Status == ToSign && c.Contract != nil && len(c.Contract.Signatures) > 0)
}

// touch is called before anything the reviewer looked at changes: the case
// goes back to its author.
func (c *Case) touch(what string) error {
	if !c.touchable() {
		return denied(what)
	}
	switch c.Status {
	case ToReview, ToSign:
		c.Status, c.Again = Draft, nil
		if c.Review != nil && c.Review.Pass { // why it was sent back stays its reason
			c.Review = nil
		}
		if c.Contract != nil && c.Contract.Sealed == nil {
			c.Contract = nil
		}
	case Returned:
		c.Status = Corrected
	}
	return nil
}

func (c *Case) edit(n *node) error {
	b, err := Body[EditBody](n.ch)
	if err != nil {
		return err
	}
	if c.Contract != nil && c.Contract.Sealed != nil {
		for path := range b.Fields {
			if InContract(path) {
				return denied("edit a signed contract's field")
			}
		}
	}
	before := *c
	if err := c.touch("edit"); err != nil {
		return err
	}
	if err := c.put(n, b.Fields); err != nil {
		*c = before
		return err
	}
	return nil
}

func (c *Case) attach(n *node) error {
	b, err := bodyOf[AttachBody](n)
	if err != nil {
		return err
	}
	if d, _ := b.Slot.Doc(); !validSlot(b.Slot) || b.Blob.Zero() || b.Size <= 0 || !d.fits(b.Part) {
		return fault.New("attach", fault.Input, errors.New("slot, blob, size or part"))
	}
	if err := c.touch("attach"); err != nil {
		return err
	}
	switch b.Slot {
	case PortraitStudent, PortraitCoborrower:
		c.Attachments = slices.DeleteFunc(slices.Clone(c.Attachments), func(a Attachment) bool { return a.Slot == b.Slot })
		c.unattest(b.Slot)
	case CardStudent, CardCoborrower:
		c.Attachments = slices.DeleteFunc(slices.Clone(c.Attachments), func(a Attachment) bool { return a.Slot == b.Slot })
	}
	c.addPage(b.Attachment, b.Instead)
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		if b.Slot == Slot("portrait/"+string(p)) || b.Slot == Slot("card/"+string(p)) {
			c.bind(n, p, false)
		}
	}
	return nil
}

func (c *Case) detach(ch *Change) error {
	b, err := Body[DetachBody](ch)
	if err != nil {
		return err
	}
	if err := c.touch("detach"); err != nil {
		return err
	}
	c.Attachments = slices.DeleteFunc(slices.Clone(c.Attachments), func(a Attachment) bool { return a.Slot == b.Slot && a.Blob == b.Blob })
	if b.Slot == PortraitStudent || b.Slot == PortraitCoborrower {
		c.unattest(b.Slot)
	}
	return nil
}

func (c *Case) attest(n *node) error {
	ch := n.ch
	b, err := Body[PartyBody](ch)
	if err != nil {
		return err
	}
	if len(c.Slot(Slot("portrait/"+string(b.Party)))) == 0 {
		return fault.New("attest", fault.Missing, errors.New("no portrait"))
	}
	if err := c.touch("attest"); err != nil {
		return err
	}
	c.Attested[b.Party] = true
	c.Attests[b.Party] = Attestation{ch.Operator, ch.At}
	c.bind(n, b.Party, false)
	return nil
}

// unattest takes back the word on a portrait that is no longer the one.
func (c *Case) unattest(s Slot) {
	p := Party(s[len("portrait/"):])
	delete(c.Attested, p)
	delete(c.Attests, p)
}

func (c *Case) consent(n *node) error {
	ch := n.ch
	b, err := Body[ConsentBody](ch)
	if err != nil {
		return err
	}
	if b.Party != StudentParty && b.Party != CoborrowerParty || !slices.Contains(Purposes(), b.Purpose) || b.Text == "" {
		return fault.New("consent", fault.Input, errors.New("party, purpose or text"))
	}
	elsewhere := !c.mayPass(n)
	if !b.Given && (elsewhere || !c.touchable()) {
		// It is heard whenever it comes, also of a void case, whose data is still there,
		// and voids nothing that was signed: neither what the laptop that has the case
		// does while another hears it.
		switch {
		case c.Consents[b.Party][b.Purpose] != "":
		case elsewhere: // both heard it
			return nil
		default:
			return denied("withdraw consent")
		}
		delete(c.Consents[b.Party], b.Purpose)
		delete(c.ConsentedAt[b.Party], b.Purpose)
		c.takeBack(b.Party, b.Purpose)
		c.Withdrawn = append(slices.Clip(c.Withdrawn), Withdrawal{b.Party, b.Purpose, ch.Operator, ch.At})
		return nil
	}
	if err := c.touch("consent"); err != nil {
		return err
	}
	if c.Consents[b.Party] == nil {
		c.Consents[b.Party], c.ConsentedAt[b.Party] = map[string]string{}, map[string]time.Time{}
	}
	if b.Given {
		c.Authors[ch.Operator] = true // who hears that one is taken back enters nothing
		if w := c.takenBackBeside(n, b); w != nil {
			if !slices.ContainsFunc(c.Withdrawn, func(o Withdrawal) bool { return o.Party == b.Party && o.Purpose == b.Purpose }) {
				c.Withdrawn = append(slices.Clip(c.Withdrawn), Withdrawal{b.Party, b.Purpose, w.Operator, w.At})
			}
			c.takeBack(b.Party, b.Purpose)
			return nil
		}
		c.Consents[b.Party][b.Purpose], c.ConsentedAt[b.Party][b.Purpose] = b.Text, ch.At
		delete(c.took, told{b.Party, b.Purpose})
		c.bind(n, b.Party, true)
		return nil
	}
	if c.Consents[b.Party][b.Purpose] != "" {
		c.takeBack(b.Party, b.Purpose)
		c.Retracted = append(slices.Clip(c.Retracted), Withdrawal{b.Party, b.Purpose, ch.Operator, ch.At})
	}
	delete(c.Consents[b.Party], b.Purpose)
	delete(c.ConsentedAt[b.Party], b.Purpose)
	return nil
}

// takenBackBeside gives the change by which a consent is taken back of which its giving
// had not heard: the person is asked again. What had heard of the giving comes after it.
func (c *Case) takenBackBeside(n *node, given ConsentBody) *Change {
	for _, m := range c.log {
		if m.ch.Kind != ChangeConsent || m == n || n.after(m) {
			continue
		}
		if b, err := Body[ConsentBody](m.ch); err == nil && !b.Given && b.Party == given.Party && b.Purpose == given.Purpose {
			return m.ch
		}
	}
	return nil
}

func (c *Case) review(ch *Change) error {
	b, err := Body[ReviewBody](ch)
	if err != nil {
		return err
	}
	if c.Status != ToReview {
		return denied("review")
	}
	if c.Authors[ch.Operator] {
		return fault.New("review", fault.Denied, errors.New("who entered a case cannot review it"))
	}
	c.Review = &ReviewState{ReviewBody: b, By: ch.Operator, At: ch.At}
	switch {
	case !b.Pass:
		c.Status = Draft
	case c.Contract != nil && c.Contract.Sealed != nil:
		c.Status = Signed
	default:
		c.Status = ToSign
	}
	return nil
}

func (c *Case) actContract(ch *Change) error {
	if c.Status != ToSign {
		return denied(string(ch.Kind))
	}
	if ch.Kind == ChangeContract {
		b, err := Body[ContractBody](ch)
		if err != nil {
			return err
		}
		c.Contract = &ContractState{ContractBody: b, By: ch.Operator, Signatures: map[Party]SignState{}, Readings: map[Party]Reading{}}
		return nil
	}
	k := c.Contract
	if k == nil {
		return fault.New(string(ch.Kind), fault.Missing, errors.New("no contract filled"))
	}
	switch ch.Kind {
	case ChangeRead:
		return c.read(ch)
	case ChangeSign:
		return c.sign(ch)
	case ChangeWitness:
		b, err := Body[WitnessBody](ch)
		if err != nil {
			return err
		}
		if b.Contract != k.Blob {
			return fault.New("witness", fault.Conflict, errors.New("another contract"))
		}
		if !c.SignedInFull() {
			return denied("witness")
		}
		k.Witness = &Attestation{ch.Operator, ch.At}
	case ChangeSeal:
		return c.seal(ch)
	}
	return nil
}

func (c *Case) read(ch *Change) error {
	b, err := Body[ReadBody](ch)
	if err != nil {
		return err
	}
	r := Reading{b.Millis, b.Texts, b.By, b.Party == "", ch.At}
	switch {
	case b.Contract != c.Contract.Blob:
		return fault.New("read", fault.Conflict, errors.New("another contract"))
	case b.Party == "" && b.By == "":
		c.Contract.Readings[StudentParty], c.Contract.Readings[CoborrowerParty] = r, r
	case b.Party != StudentParty && b.Party != CoborrowerParty, b.By != "" && b.By != InPerson && b.By != ByProxy:
		return fault.New("read", fault.Input, errors.New("party or reader"))
	default:
		c.Contract.Readings[b.Party] = r
	}
	return nil
}

func (c *Case) sign(ch *Change) error {
	b, err := Body[SignBody](ch)
	if err != nil {
		return err
	}
	switch {
	case b.Contract != c.Contract.Blob:
		return fault.New("sign", fault.Conflict, errors.New("another contract"))
	case b.Party != StudentParty && b.Party != CoborrowerParty, b.By != InPerson && b.By != ByProxy, b.Ink.Zero(),
		b.Means != "" && b.Means != OnPhone:
		return fault.New("sign", fault.Input, errors.New("party, signer, ink or means"))
	}
	c.Contract.Signatures[b.Party] = SignState{b, ch.Operator, ch.At}
	c.Contract.Witness = nil // who saw another signature did not see this one
	return nil
}

func (c *Case) finish(ch *Change) error {
	b, err := Body[FinishBody](ch)
	if err != nil {
		return err
	}
	if c.Status != Signed {
		return denied("finish")
	}
	c.Finish = &FinishState{b, ch.ID, ch.At}
	c.Status, c.Return, c.Receipt = Queued, nil, nil
	return nil
}

func (c *Case) correct(n *node) error {
	b, err := Body[CorrectBody](n.ch)
	if err != nil {
		return err
	}
	if c.Status == Void || b.Reason == "" || c.Contract == nil {
		return denied("correct")
	}
	was := c.App.clone()
	if err := c.put(n, b.Fields); err != nil {
		return err
	}
	former := *c.Contract
	former.Voided = &Voiding{Reason: b.Reason, Fields: changed(&was, &c.App, b.Fields), Was: was, By: n.ch.Operator, At: n.ch.At}
	c.Former = append(c.Former, former)
	c.Contract, c.Review, c.Finish, c.Status = nil, nil, nil, Corrected
	return nil
}

func (c *Case) void(ch *Change) error {
	b, err := Body[ReasonBody](ch)
	if err != nil {
		return err
	}
	if c.Status == Void || b.Reason == "" {
		return denied("void")
	}
	c.Status = Void
	return nil
}

func (c *Case) actCentre(ch *Change) error {
	switch ch.Kind {
	case ChangeReceive:
		b, err := Body[ReceiveBody](ch)
		if err != nil {
			return err
		}
		if c.Status != Queued || c.Finish == nil || b.Finish != c.Finish.ID.String() {
			return denied("receive")
		}
		c.Receipt, c.ReceivedAt, c.Status = &b, ch.At, Received
	case ChangeAccept:
		if c.Status != Received {
			return denied("accept")
		}
		c.AcceptedAt, c.Status = ch.At, Accepted
	case ChangeReturn:
		b, err := returnOf(ch)
		if err != nil {
			return err
		}
		if c.Status != Received && c.Status != Accepted {
			return denied("return")
		}
		c.Return, c.Status = &b, Returned
	}
	return nil
}
