package capture

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode"
	"unicode/utf16"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// CardKind tells the cards apart that a reader gives.
type CardKind uint8

// The kinds of card.
const (
	ResidentCard  CardKind = iota // 居民身份证
	ResidenceCard                 // 港澳台居民居住证
	ForeignCard                   // 外国人永久居留身份证, of 2017
	ForeignCard2                  // the same, of 2023
)

// String is what the card is called.
func (k CardKind) String() string {
	return [...]string{"居民身份证", "港澳台居民居住证", "外国人永久居留身份证", "外国人永久居留身份证"}[k]
}

// Card is what the chip of a card says. What the chip does not hold, or holds
// in a form that cannot be, is empty.
type Card struct {
	Kind     CardKind
	Name     string   // with · between its parts; empty where a character of it cannot be told
	Sex      loan.Sex // of a foreigner's card too
	Nation   int      // GB/T 3304: 1 汉 to 56 基诺; else 0
	Birth    loan.Date
	Address  string
	Number   string
	Issuer   string
	From     loan.Date
	To       string // a day, or loan.LongTerm
	Pass     string // of a ResidenceCard: the number of the pass
	Issues   string // of a ResidenceCard and a ForeignCard2: how often it was issued
	Latin    string // of a foreigner's card: the name in Latin letters
	Country  string // of a ForeignCard: the code of the nationality
	NameFull bool   // the name fills its place on the chip: it may go on on the card
	Unsure   bool   // the chip holds a name, but not every character of it can be told
	Photo    []byte // WLT, as the chip holds it; nil where it has none
}

// The parts of a card's text.
const (
	cardText  = 256
	cardPhoto = 1024
	cardMark  = 248 // where the letter stands that tells the kind
)

// parseCard reads the text of a chip. It fails with fault.Input for what is no
// text of a card, and fault.Unsupported for a kind that is not known.
func parseCard(text []byte) (Card, error) {
	const op = "capture.parseCard"
	if len(text) != cardText {
		return Card{}, fault.New(op, fault.Input, errors.New("length of the text"))
	}
	c := Card{}
	at := func(from, n int) string { return cardString(text[from : from+n]) }
	switch mark := binary.LittleEndian.Uint16(text[cardMark:]); mark {
	case 0, ' ', 0xffff:
		c.Nation = nation(at(32, 4))
	case 'J':
		c.Kind = ResidenceCard
	case 'I':
		c.Kind = ForeignCard
		c.setName(text[158:188])
		c.Sex, c.Number = sex(at(120, 2)), at(122, 30)
		c.From, c.To, c.Birth = day(at(188, 16)), until(at(204, 16)), day(at(220, 16))
		c.Latin, c.Country = plain(at(0, 120)), plain(at(152, 6))
		return c.whole(op)
	case 'Y':
		c.Kind = ForeignCard2
	default:
		return Card{}, fault.Tell(op, fault.Unsupported, "读卡器读到一种还不认识的证件，请手工录入。", errors.New("mark of the card"))
	}
	c.setName(text[0:30])
	c.Sex, c.Birth, c.Number = sex(at(30, 2)), day(at(36, 16)), at(122, 36)
	if c.Kind != ForeignCard2 {
		c.Address, c.Issuer = at(52, 70), at(158, 30)
	}
	c.From, c.To = day(at(188, 16)), until(at(204, 16))
	switch c.Kind {
	case ResidenceCard:
		c.Pass, c.Issues = plain(at(220, 18)), plain(at(238, 4))
	case ForeignCard2:
		c.Issues, c.Latin = plain(at(32, 4)), plain(at(52, 70))
	}
	return c.whole(op)
}

// whole refuses a text without a number: it is noise, or of an empty chip.
func (c Card) whole(op string) (Card, error) {
	if c.Number == "" || strings.Trim(c.Number, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Card{}, fault.New(op, fault.Input, errors.New("number of the card"))
	}
	return c, nil
}

// setName takes a name of which every character is known to be what it is: the
// chip holds some rare ones by codes that say something else on each machine.
func (c *Card) setName(b []byte) {
	name, _ := loan.NormalizeName(cardString(b))
	c.NameFull = len(cardUnits(b)) == len(b)/2
	for _, r := range name {
		if unicode.Is(unicode.Co, r) || r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			c.Unsure = true
			return
		}
	}
	c.Name = name
}

// cardUnits is UTF-16LE up to what fills a place behind its words.
func cardUnits(b []byte) []uint16 {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	for i, u := range units {
		if u == 0 {
			units = units[:i]
			break
		}
	}
	for len(units) > 0 && (units[len(units)-1] == ' ' || units[len(units)-1] == 0x3000) {
		units = units[:len(units)-1]
	}
	return units
}

func cardString(b []byte) string {
	return strings.TrimSpace(string(utf16.Decode(cardUnits(b))))
}

// plain is a text in Latin letters and digits, or nothing.
func plain(s string) string {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return ""
		}
	}
	return s
}

func sex(s string) loan.Sex {
	switch s {
	case "1":
		return loan.Male
	case "2":
		return loan.Female
	}
	return ""
}

func nation(s string) int {
	if len(s) != 2 || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	if n := int(s[0]-'0')*10 + int(s[1]-'0'); n <= 56 {
		return n
	}
	return 0
}

// day is YYYYMMDD as a date, or nothing.
func day(s string) loan.Date {
	if len(s) != 8 {
		return ""
	}
	d := loan.Date(s[:4] + "-" + s[4:6] + "-" + s[6:])
	if !d.Valid() {
		return ""
	}
	return d
}

func until(s string) string {
	if s == loan.LongTerm {
		return s
	}
	return string(day(s))
}
