package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"doorstep/internal/fault"
)

// MaxRecovery bounds the bytes of a recovery request and of an approval.
const MaxRecovery = 2 << 10

const (
	requestMagic    = "DSF2"
	requestMagic1   = "DSF1" // does not say which sort it is
	approvalMagic   = "DSG1"
	requestLabel    = "doorstep recovery request 2"
	requestLabel1   = "doorstep recovery request 1"
	approvalLabel   = "doorstep recovery approval 1\x00"
	approvalContext = "doorstep approval 1"
	codeSalt        = "doorstep recovery code 1"
	codeDigits      = 10
)

// RecoverySort is what a request is for.
type RecoverySort string

// The sorts.
const (
	RecoveryUnsaid    RecoverySort = ""          // of an earlier program
	RecoveryForgotten RecoverySort = "forgotten" // of a locked laptop: the operator forgot the password
	RecoveryEnabling  RecoverySort = "enabling"  // of an open one: that the operator be let in there
)

// RecoveryRequest is what a laptop asks of its county when an operator has forgotten
// the password, or is to be let in there.
type RecoveryRequest struct {
	ID       [16]byte // random, the name of the request
	Device   [16]byte
	Keyfile  [16]byte // whose data key it is
	Operator string
	At       time.Time // by the laptop's clock
	Reply    PublicKey // to which the approval is sealed
	Box      []byte    // the data key, wrapped to the county's recovery key
	Sort     RecoverySort
	By       string // who is signed in and asks for an enabling
}

// RecoveryAsk is a request and the private half of its reply key, which is in
// memory alone: an approval opens once, here, and nowhere else.
type RecoveryAsk struct {
	body    RecoveryRequest
	request []byte
	reply   *Signer
}

// RecoveryGrant is an approval that was opened.
type RecoveryGrant struct {
	ID              [16]byte // of the approval
	Operator        string
	Issued, Expires time.Time // by the centre's clock
	Data            *Key      // the caller wipes it
}

// AskRecovery makes a request for the data key of this file, sealed to the
// county. fault.Missing when the file is not wrapped to any recovery key.
func (f *Keyfile) AskRecovery(device [16]byte, operator string, now time.Time) (*RecoveryAsk, error) {
	return f.ask(device, operator, "", now)
}

// AskEnabling is AskRecovery for an operator who is to be let in, which by asks for.
func (f *Keyfile) AskEnabling(device [16]byte, operator, by string, now time.Time) (*RecoveryAsk, error) {
	if by == "" {
		return nil, fault.New("seal.AskEnabling", fault.Input, errors.New("who asks"))
	}
	return f.ask(device, operator, by, now)
}

func (f *Keyfile) ask(device [16]byte, operator, by string, now time.Time) (*RecoveryAsk, error) {
	const op = "seal.AskRecovery"
	if len(f.recovery) == 0 {
		return nil, fault.New(op, fault.Missing, errors.New("not wrapped to a recovery key"))
	}
	if operator == "" || !label(operator) || !label(by) {
		return nil, fault.New(op, fault.Input, errors.New("operator"))
	}
	last := f.recovery[len(f.recovery)-1]
	county, err := ParsePublicKey(last.Key)
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	reply, err := NewSignerOf(f.suite)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	a := &RecoveryAsk{reply: reply, body: RecoveryRequest{Device: device, Keyfile: f.id, Operator: operator,
		At: now.UTC().Truncate(time.Millisecond), Reply: reply.Public(), Box: last.Box, Sort: RecoveryForgotten, By: by}}
	if by != "" {
		a.body.Sort = RecoveryEnabling
	}
	_, _ = rand.Read(a.body.ID[:])
	a.request, err = a.body.seal(county)
	return a, fault.Wrap(op, err)
}

// Request is the request's bytes, as they travel.
func (a *RecoveryAsk) Request() []byte { return bytes.Clone(a.request) }

// Operator is for whom it is.
func (a *RecoveryAsk) Operator() string { return a.body.Operator }

// Sort is what it is for.
func (a *RecoveryAsk) Sort() RecoverySort { return a.body.Sort }

// Forget drops the private half: no approval opens any more. Nil is fine.
func (a *RecoveryAsk) Forget() {
	if a != nil {
		a.reply = nil
	}
}

// plain is what a request's box holds.
func (r *RecoveryRequest) plain() []byte {
	b := append(append(append([]byte{}, r.ID[:]...), r.Device[:]...), r.Keyfile[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.At.UnixMilli()))
	b = append(append(b, byte(len(r.Operator))), r.Operator...)
	b = appendBytes(b, r.Reply.Marshal())
	b = appendBytes(b, r.Box)
	if r.Sort == RecoveryUnsaid {
		return b
	}
	return append(append(b, byte(len(r.By))), r.By...)
}

func (r *RecoveryRequest) seal(county PublicKey) ([]byte, error) {
	magic, label := requestMagic, requestLabel
	if r.Sort == RecoveryUnsaid {
		magic, label = requestMagic1, requestLabel1
	}
	box, err := county.Encrypt(r.plain(), []byte(label))
	if err != nil {
		return nil, err
	}
	return append([]byte(magic), box...), nil
}

// OpenRecoveryRequest reads a request with the county's recovery key. Bytes
// that are none, or are sealed to another key, are fault.Damaged, too many
// fault.TooLarge.
func OpenRecoveryRequest(b []byte, county *Signer) (*RecoveryRequest, error) {
	const op = "seal.OpenRecoveryRequest"
	if len(b) > MaxRecovery {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	label, says := requestLabel, true
	box, ok := bytes.CutPrefix(b, []byte(requestMagic))
	if !ok {
		label, says = requestLabel1, false
		box, ok = bytes.CutPrefix(b, []byte(requestMagic1))
	}
	if !ok {
		return nil, fault.New(op, fault.Damaged, errors.New("not a recovery request"))
	}
	inner, err := county.Decrypt(box, []byte(label))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return parseRequest(inner, says)
}

// parseRequest reads what a request's box holds; says is whether it is of the form
// that says which sort it is.
func parseRequest(inner []byte, says bool) (*RecoveryRequest, error) {
	const op = "seal.parseRequest"
	c := reader{b: inner}
	r := &RecoveryRequest{ID: c.id(), Device: c.id(), Keyfile: c.id(), At: c.time(), Operator: string(c.take(int(c.take(1)[0])))}
	reply := c.bytes()
	r.Box = bytes.Clone(c.bytes())
	if says {
		if r.By, r.Sort = string(c.take(int(c.take(1)[0]))), RecoveryForgotten; r.By != "" {
			r.Sort = RecoveryEnabling
		}
	}
	if c.bad || !label(r.By) || len(c.b) != c.off || r.Operator == "" || !label(r.Operator) {
		return nil, fault.New(op, fault.Damaged, errors.New("fields"))
	}
	var err error
	if r.Reply, err = ParsePublicKey(reply); err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	return r, nil
}

// RecoveryName is the hash of a request by which an approval names it.
func RecoveryName(request []byte) [HashSize]byte { return International.Sum(request) }

// RecoveryCode is what two people compare by telephone: ten digits of a
// request. It is made slowly, so that nobody finds a second request with the
// same digits.
func RecoveryCode(request []byte) string {
	name := RecoveryName(request)
	sum := FloorCost().derive(name[:], []byte(codeSalt))
	return fmt.Sprintf("%0*d", codeDigits, binary.BigEndian.Uint64(sum)%10_000_000_000)
}

// Approve opens the data key with the county's key and seals it to the
// request's reply key, signed by the centre; request is the request's bytes.
// fault.Damaged when the box is not this county's, this file's and this
// device's.
func (r *RecoveryRequest) Approve(request []byte, county, centre *Signer, id [16]byte, issued, expires time.Time) ([]byte, error) {
	const op = "seal.Approve"
	data, err := county.Decrypt(r.Box, recoveryAD(r.Keyfile, r.Device))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer Wipe(data)
	if len(data) != KeyBytes {
		return nil, fault.New(op, fault.Damaged, errors.New("not a data key"))
	}
	b := append(append(append([]byte{}, id[:]...), r.Device[:]...), r.Keyfile[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(issued.UnixMilli()))
	b = binary.BigEndian.AppendUint64(b, uint64(expires.UnixMilli()))
	b = append(append(b, byte(len(r.Operator))), r.Operator...)
	b = append(b, data...)
	defer Wipe(b)
	name := RecoveryName(request)
	box, err := r.Reply.Encrypt(b, append([]byte(approvalLabel), name[:]...))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	out := append(append([]byte(approvalMagic), byte(centre.Suite())), name[:]...)
	out = appendBytes(out, box)
	return appendBytes(out, centre.Sign(approvalContext, out)), nil
}

// Open verifies and opens an approval. One that the centre did not sign is
// fault.Untrusted, one for another request, device, key file or operator
// fault.Refused, anything else fault.Damaged. It does not look at the time.
func (a *RecoveryAsk) Open(approval []byte, centre PublicKey) (*RecoveryGrant, error) {
	const op = "seal.RecoveryAsk.Open"
	if len(approval) > MaxRecovery {
		return nil, fault.New(op, fault.TooLarge, nil)
	}
	c := reader{b: approval}
	magic, suite := string(c.take(4)), Suite(c.take(1)[0])
	name := [HashSize]byte(c.take(HashSize))
	box := c.bytes()
	msg := approval[:min(c.off, len(approval))]
	sig := c.bytes()
	if c.bad || magic != approvalMagic || c.off != len(approval) {
		return nil, fault.New(op, fault.Damaged, errors.New("not an approval"))
	}
	if suite != centre.Suite() {
		return nil, fault.New(op, fault.Untrusted, errors.New("another suite than the centre's key"))
	}
	if err := centre.Verify(approvalContext, msg, sig); err != nil {
		return nil, fault.Wrap(op, err)
	}
	if name != RecoveryName(a.request) || a.reply == nil {
		return nil, fault.New(op, fault.Refused, errors.New("an approval of another request"))
	}
	inner, err := a.reply.Decrypt(box, append([]byte(approvalLabel), name[:]...))
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer Wipe(inner)
	return a.grant(inner)
}

func (a *RecoveryAsk) grant(inner []byte) (*RecoveryGrant, error) {
	const op = "seal.RecoveryAsk.grant"
	c := reader{b: inner}
	g := &RecoveryGrant{ID: c.id()}
	device, keyfile := c.id(), c.id()
	g.Issued, g.Expires = c.time(), c.time()
	g.Operator = string(c.take(int(c.take(1)[0])))
	data := c.take(KeyBytes)
	if c.bad || c.off != len(c.b) || !g.Expires.After(g.Issued) {
		return nil, fault.New(op, fault.Damaged, errors.New("fields"))
	}
	if device != a.body.Device || keyfile != a.body.Keyfile || g.Operator != a.body.Operator {
		return nil, fault.New(op, fault.Refused, errors.New("an approval for another"))
	}
	var err error
	g.Data, err = KeyFromBytes(data)
	return g, fault.Wrap(op, err)
}

func appendBytes(b, part []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(part))), part...)
}

// reader reads fields; past the end it gives zeroes and remembers.
type reader struct {
	b   []byte
	off int
	bad bool
}

func (c *reader) take(n int) []byte {
	if c.bad || n > len(c.b)-c.off {
		c.bad = true
		return make([]byte, max(n, 1))
	}
	c.off += n
	return c.b[c.off-n : c.off]
}

func (c *reader) id() [16]byte  { return [16]byte(c.take(16)) }
func (c *reader) bytes() []byte { return c.take(int(binary.BigEndian.Uint16(c.take(2)))) }
func (c *reader) time() time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(c.take(8)))).UTC()
}
