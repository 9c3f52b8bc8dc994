package loan_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"doorstep/internal/fault"
	. "doorstep/internal/loan"
)

func sampleCard() Card {
	return Card{Kind: ForeignerPermanent, Name: "测试甲", Unsure: true, Number: "911156199001010019", Sex: Female, Birth: "1990-01-01", From: "2024-01-02", To: "2034-01-02",
		Issues: "01", Latin: "CESHI, JIA", Country: "USA"}
}

func TestWhatACardSaidIsPartOfTheCase(t *testing.T) {
	l := newLaptop(1)
	opened(l)
	c := l.fold()
	if c.Cards != nil {
		t.Fatalf("cards of a case without one: %+v", c.Cards)
	}
	body := CardBody{Form: CardForm, Party: StudentParty, Card: sampleCard(), Kept: []string{"name"}}
	l.write("anna", ChangeCard, body)
	c = l.fold()
	got := c.Cards[StudentParty]
	if !reflect.DeepEqual(got.Card, body.Card) || got.By != "anna" || got.At.IsZero() || len(got.Kept) != 1 || !c.Authors["anna"] {
		t.Errorf("kept: %+v", got)
	}
	later := body
	later.Card.Name, later.Kept = "测试乙", nil
	before := c.Clone()
	l.write("berta", ChangeCard, later)
	c = l.fold()
	if got := c.Cards[StudentParty]; got.Card.Name != "测试乙" || got.By != "berta" || got.Kept != nil {
		t.Errorf("read again: %+v", got)
	}
	if before.Cards[StudentParty].Card.Name != "测试甲" {
		t.Error("a copy changed with the case")
	}
	for name, alter := range map[string]func(*CardBody){
		"nobody's":           func(b *CardBody) { b.Party = "clerk" },
		"of no kind":         func(b *CardBody) { b.Card.Kind = "passport" },
		"without a number":   func(b *CardBody) { b.Card.Number = "" },
		"a field of no card": func(b *CardBody) { b.Kept = []string{"phone"} },
		"too long":           func(b *CardBody) { b.Card.Address = string(make([]rune, MaxText+1)) },
	} {
		b := body
		alter(&b)
		if err := c.Apply(l.make("anna", ChangeCard, b, c.Heads)); fault.KindOf(err) != fault.Input {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
	newer := body
	newer.Form = CardForm + 1
	if err := c.Apply(l.make("anna", ChangeCard, newer, c.Heads)); fault.KindOf(err) != fault.Newer {
		t.Errorf("a form not known yet: got %v, want newer", err)
	}
}

func TestACardAgainstWhatWasTyped(t *testing.T) {
	p := Person{IDType: ResidentCard, Name: "测试甲", IDNo: "52272720050314991x", Sex: Male, Ethnic: "汉族", Birth: "2005-03-14", IDValidTo: LongTerm, Address: "测试镇1号"}
	same := Card{Kind: ResidentIdentity, Name: "测试甲", Number: "52272720050314991X", Sex: Male, Ethnic: "汉族", Birth: "2005-03-14", To: LongTerm, Address: "测试镇1号", Issuer: "测试县公安局"}
	for name, c := range map[string]struct {
		card Card
		want map[string]string
	}{
		"the same":                   {same, map[string]string{}},
		"what the card does not say": {Card{Kind: ResidentIdentity, Number: "52272720050314991X"}, map[string]string{}},
		"a name cut off":             {Card{Kind: ResidentIdentity, Name: "测试", Cut: true, Number: "52272720050314991X"}, map[string]string{}},
		"another name, cut off":      {Card{Kind: ResidentIdentity, Name: "别人", Cut: true, Number: "52272720050314991X"}, map[string]string{"name": "别人"}},
		"all of it": {Card{Kind: ForeignerPermanent, Name: "别人", Number: "1", Sex: Female, Ethnic: "壮族", Birth: "2001-01-01", To: "2030-01-01", Address: "别处"},
			map[string]string{"name": "别人", "id_no": "1", "sex": "女", "ethnic": "壮族", "birth": "2001-01-01", "id_valid_to": "2030-01-01", "address": "别处", "id_type": "外国人永久居留身份证"}},
	} {
		if got := c.card.Against(p); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestASampleOfEachFormOfCard reads a case as form 1 wrote it: changes, each behind
// its length.
func TestASampleOfEachFormOfCard(t *testing.T) {
	b, err := os.ReadFile("testdata/card-1.changes")
	if err != nil {
		t.Fatal(err)
	}
	var all []*Change
	for len(b) > 4 {
		n := binary.BigEndian.Uint32(b)
		ch, err := DecodeChange(b[4 : 4+n])
		if err != nil {
			t.Fatal(err)
		}
		all, b = append(all, ch), b[4+n:]
	}
	c := Fold(all)
	if c == nil || len(c.Aside) > 0 {
		t.Fatalf("the case: %+v", c)
	}
	if got := c.Cards[StudentParty]; !reflect.DeepEqual(got.Card, sampleCard()) || !reflect.DeepEqual(got.Kept, []string{"name"}) {
		t.Errorf("the card: %+v", got)
	}
	raw, err := json.Marshal(CardBody{Form: CardForm, Party: StudentParty, Card: sampleCard(), Kept: []string{"name"}})
	if err != nil || string(raw) != string(all[len(all)-1].Body) {
		t.Errorf("form 1 is written otherwise now: %s, %v: it wants a new number", raw, err)
	}
}
