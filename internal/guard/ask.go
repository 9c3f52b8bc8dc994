package guard

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// AskSize is how many bytes an Ask has.
const AskSize = 13

// Bounds of a grant that is asked for and approved by a code.
const (
	MaxAskCount = 50
	MaxAskHours = 72
)

// Ask is a request for a grant, as short as it can be read out: which fields,
// of one case or of how many, for how long.
type Ask struct {
	Nonce  [4]byte // random, for this request alone
	Fields []string
	Hours  int
	Count  int     // 0: the one case of Case
	Case   [4]byte // the end of its id
}

// TagOf is the end of an id of a case or device, by which it is named where it
// must be short.
func TagOf(id uuid.UUID) [4]byte { return [4]byte(id[12:]) }

// Validate is fault.Input, with a sentence, for a request that asks for nothing
// or too much.
func (a Ask) Validate() error {
	bad := func(say, why string) error { return fault.Tell("guard.Ask", fault.Input, say, errors.New(why)) }
	switch {
	case len(a.Fields) == 0:
		return bad("请选择要查看的栏目。", "no field")
	case a.Hours < 1 || a.Hours > MaxAskHours:
		return bad("授权期限为 1 至 72 小时。", "hours")
	case a.Count < 0 || a.Count > MaxAskCount || a.Count == 0 && a.Case == [4]byte{} || a.Count > 0 && a.Case != [4]byte{}:
		return bad("请选定一件案件，或写明件数，最多 50 件。", "case or count")
	case a.Count == 0 && counts(a.Fields):
		return bad("请写明最多几次。", "a search, or a take-over, of one case")
	}
	return nil
}

// Encode gives the request's bytes: nonce 4 | fields u16, a bit for each of
// GrantFields in order, and then of Counted | hours u8 | count u16 | case 4, big endian.
func (a Ask) Encode() ([]byte, error) {
	if err := a.Validate(); err != nil {
		return nil, err
	}
	var bits uint16
	for i, f := range grantable() {
		for _, g := range a.Fields {
			if f == g {
				bits |= 1 << i
			}
		}
	}
	b := append([]byte{}, a.Nonce[:]...)
	b = binary.BigEndian.AppendUint16(b, bits)
	b = append(b, byte(a.Hours))
	b = binary.BigEndian.AppendUint16(b, uint16(a.Count))
	return append(b, a.Case[:]...), nil
}

// ParseAsk is the inverse of Encode; fault.Input for bytes that are no request.
func ParseAsk(b []byte) (Ask, error) {
	const op = "guard.ParseAsk"
	if len(b) != AskSize {
		return Ask{}, fault.New(op, fault.Input, errors.New("length"))
	}
	a := Ask{Nonce: [4]byte(b), Hours: int(b[6]), Count: int(binary.BigEndian.Uint16(b[7:])), Case: [4]byte(b[9:])}
	bits := binary.BigEndian.Uint16(b[4:])
	for i, f := range grantable() {
		if bits&(1<<i) != 0 {
			a.Fields = append(a.Fields, f)
		}
	}
	if bits>>len(grantable()) != 0 {
		return Ask{}, fault.New(op, fault.Input, errors.New("a field that is not known"))
	}
	return a, fault.Wrap(op, a.Validate())
}

// Plea is a request with who makes it and where.
type Plea struct {
	Device   [4]byte // the end of the laptop's id
	Operator string
	Ask      Ask
}

// Message is what the answer of a data administrator on a day proves: it is
// good for this laptop, this operator and this request. Format, big endian:
// "doorstep grant 1" | end of device 4 | len u8, operator | ask 13 | len u8, by | day u32.
func (p Plea) Message(by string, day int) ([]byte, error) {
	ask, err := p.Ask.Encode()
	if err != nil {
		return nil, err
	}
	if err := p.notOwn(by); err != nil {
		return nil, err
	}
	b := append([]byte("doorstep grant 1"), p.Device[:]...)
	b = append(append(b, byte(len(p.Operator))), p.Operator...)
	b = append(b, ask...)
	b = append(append(b, byte(len(by))), by...)
	return binary.BigEndian.AppendUint32(b, uint32(day)), nil
}

// notOwn is fault.Denied where someone answers his own request.
func (p Plea) notOwn(by string) error {
	if by == p.Operator {
		return fault.Tell("guard.Plea", fault.Denied, "不能批准自己的申请，请由另一位系统数据管理员批准。", errors.New("by is the operator"))
	}
	return nil
}

// PleaPrefix begins the id of a grant that was asked for at a laptop.
const PleaPrefix = "p-"

// Asked says whether a grant was asked for at a laptop: its reason is then the asker's own.
func (g Grant) Asked() bool { return strings.HasPrefix(g.ID, PleaPrefix) }

// ID is the id of the grant that the request becomes.
func (p Plea) ID() (string, error) {
	ask, err := p.Ask.Encode()
	sum := sha256.Sum256(append(append([]byte("doorstep grant id 1"), p.Device[:]...), ask...))
	return PleaPrefix + hex.EncodeToString(sum[:12]), err
}

// Grant is what an approved request becomes, the same at both ends.
func (p Plea) Grant(id uuid.UUID, reason, by string, now time.Time) (Grant, error) {
	name, err := p.ID()
	if err != nil {
		return Grant{}, err
	}
	g := Grant{ID: name, Operator: p.Operator, Fields: p.Ask.Fields, Count: p.Ask.Count, Reason: reason, By: by,
		From: now.UTC().Truncate(time.Second), Until: now.UTC().Truncate(time.Second).Add(time.Duration(p.Ask.Hours) * time.Hour)}
	if p.Ask.Count == 0 {
		if TagOf(id) != p.Ask.Case {
			return Grant{}, fault.New("guard.Plea", fault.Input, errors.New("another case"))
		}
		g.Cases = []uuid.UUID{id}
	}
	return g, g.Validate()
}
