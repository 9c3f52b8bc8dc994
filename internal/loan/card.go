package loan

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"doorstep/internal/fault"
)

// CardKind tells identity cards apart.
type CardKind string

// The kinds of card.
const (
	ResidentIdentity   CardKind = "resident"  // 居民身份证
	ResidencePermit    CardKind = "residence" // 港澳台居民居住证
	ForeignerPermanent CardKind = "foreign"   // 外国人永久居留身份证
)

// Label is what the card is called.
func (k CardKind) Label() string {
	switch k {
	case ResidentIdentity:
		return ResidentCard
	case ResidencePermit:
		return "港澳台居民居住证"
	case ForeignerPermanent:
		return "外国人永久居留身份证"
	}
	return string(k)
}

// Card is what the chip of an identity card said. What it did not hold, or held in
// a form that cannot be, is empty. It has no picture: that is an attachment.
type Card struct {
	Kind    CardKind `json:"kind"`
	Name    string   `json:"name,omitempty"`
	Cut     bool     `json:"cut,omitempty"`    // the name fills its place on the chip, and may go on on the card
	Unsure  bool     `json:"unsure,omitempty"` // the name has characters that the chip cannot tell
	Number  string   `json:"number"`
	Sex     Sex      `json:"sex,omitempty"`
	Ethnic  string   `json:"ethnic,omitempty"`
	Birth   Date     `json:"birth,omitempty"`
	Address string   `json:"address,omitempty"`
	Issuer  string   `json:"issuer,omitempty"`
	From    Date     `json:"from,omitempty"`
	To      string   `json:"to,omitempty"`      // a day, or LongTerm
	Pass    string   `json:"pass,omitempty"`    // of a ResidencePermit: the number of the pass
	Issues  string   `json:"issues,omitempty"`  // of a ResidencePermit or ForeignerPermanent: how often it was issued
	Latin   string   `json:"latin,omitempty"`   // of a ForeignerPermanent: the name in Latin letters
	Country string   `json:"country,omitempty"` // of a ForeignerPermanent: the code of the nationality
}

// CardForm is the form of CardBody that is written.
const CardForm = 1

// CardBody is what a party's card said when it was read, and which of the person's
// fields the clerk then left as they had been typed against it. It takes the place
// of the party's former one.
type CardBody struct {
	Form  int      `json:"form"` // CardForm; another is fault.Newer
	Party Party    `json:"party"`
	Card  Card     `json:"card"`
	Kept  []string `json:"kept,omitempty"` // names of fields of Person: name, id_no, sex, ethnic, birth, id_valid_to, address
}

// CardState is the card of a party as it was read last.
type CardState struct {
	Card Card
	Kept []string
	By   string // operator's id
	At   time.Time
}

// Field is the path of a person's field in an application.
func (p Party) Field(name string) string {
	if p == CoborrowerParty {
		return "coborrowers.0." + name
	}
	return "student." + name
}

// CardFields are the fields of Person that a card speaks of, by their names.
func CardFields() []string {
	return []string{"name", "id_no", "sex", "ethnic", "birth", "id_valid_to", "address"}
}

func (c *Case) card(ch *Change) error {
	const op = "keep card"
	b, err := Body[CardBody](ch)
	if err != nil {
		return err
	}
	switch {
	case b.Form != CardForm:
		return fault.New(op, fault.Newer, errors.New("form of the card"))
	case b.Party != StudentParty && b.Party != CoborrowerParty,
		b.Card.Kind != ResidentIdentity && b.Card.Kind != ResidencePermit && b.Card.Kind != ForeignerPermanent,
		b.Card.Number == "", !withinLimits(reflect.ValueOf(b)),
		slices.ContainsFunc(b.Kept, func(f string) bool { return !slices.Contains(CardFields(), f) }):
		return fault.New(op, fault.Input, errors.New("party, card or fields"))
	}
	if err := c.touch(op); err != nil {
		return err
	}
	next := maps.Clone(c.Cards)
	if next == nil {
		next = map[Party]CardState{}
	}
	next[b.Party] = CardState{b.Card, b.Kept, ch.Operator, ch.At}
	c.Cards = next
	return nil
}

// Against lists what the card says otherwise than a person's fields have it: field
// name → the card's word. What one of both does not say is no difference, and nor
// is the rest of a name that did not fit on the chip.
func (k Card) Against(p Person) map[string]string {
	out := map[string]string{}
	differs := func(field, here, there string) {
		if here != "" && there != "" && here != there {
			out[field] = there
		}
	}
	name, _ := NormalizeName(k.Name)
	if !k.Cut || !strings.HasPrefix(p.Name, name) {
		differs("name", p.Name, name)
	}
	here, _ := IDNumber(p.IDNo).Canonical()
	there, _ := IDNumber(k.Number).Canonical()
	differs("id_no", string(here), string(there))
	differs("sex", string(p.Sex), string(k.Sex))
	differs("ethnic", p.Ethnic, k.Ethnic)
	differs("birth", string(p.Birth), string(k.Birth))
	differs("id_valid_to", p.IDValidTo, k.To)
	differs("address", p.Address, k.Address)
	differs("id_type", p.IDType, k.Kind.Label())
	return out
}

// Wrote is who set a field last, and when; not ok where no change set it.
func (c *Case) Wrote(path string) (operator string, at time.Time, ok bool) {
	ws := c.wrote[path]
	if len(ws) == 0 {
		return "", time.Time{}, false
	}
	ch := ws[len(ws)-1].by.ch
	return ch.Operator, ch.At, true
}
