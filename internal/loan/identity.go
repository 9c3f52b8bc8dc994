package loan

import (
	"encoding/json"
	"slices"
)

// Identity is by what a person is told from another.
type Identity struct{ Name, Number string }

// IdentityOf is a person's, in the form that is compared.
func IdentityOf(p Person) Identity {
	name, _ := NormalizeName(p.Name)
	number, _ := IDNumber(p.IDNo).Canonical()
	return Identity{name, string(number)}
}

// Known says whether name and number stand.
func (i Identity) Known() bool { return i.Name != "" && i.Number != "" }

// another says whether somebody who is known whole is another than who was bound, by
// what of him stood then: a name or a number that is put right alone makes nobody
// another.
func (i Identity) another(now Identity) bool {
	if i == (Identity{}) || !now.Known() {
		return false
	}
	return (i.Name == "" || i.Name != now.Name) && (i.Number == "" || i.Number != now.Number)
}

// filled is with what did not stand yet, as it was entered for the same person.
func (i Identity) filled(now Identity) Identity {
	switch {
	case i == Identity{}:
		return now
	case i.Number == "" && i.Name == now.Name:
		i.Number = now.Number
	case i.Name == "" && i.Number == now.Number:
		i.Name = now.Name
	}
	return i
}

// bound is who a party was as it consented last, and as its portrait was taken, its
// card's picture kept, or both attested; what of him did not stand then is filled in.
type bound struct{ consent, face Identity }

// Turn is what of a party is another's once fields are set.
type Turn struct {
	Party   Party
	Consent bool // whoever consented
	Face    bool // whose portrait and card's picture are there
}

// Turns lists the parties that would be others, or nobody, once fields are set; of
// fields that cannot be set none.
func (c *Case) Turns(fields map[string]json.RawMessage) []Turn {
	next, ok := c.with(fields)
	if !ok {
		return nil
	}
	var out []Turn
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		b, was, now := c.bound[p], personOf(&c.App, p), personOf(&next, p)
		emptied := now == Identity{} && was != now
		t := Turn{p, emptied || b.consent.another(now), emptied || b.face.another(now)}
		if t.Consent || t.Face {
			out = append(out, t)
		}
	}
	return out
}

func personOf(a *Application, p Party) Identity {
	switch {
	case p == StudentParty:
		return IdentityOf(a.Student)
	case len(a.Coborrowers) > 0:
		return IdentityOf(a.Coborrowers[0].Person)
	}
	return Identity{}
}

// bind notes who a party was, by what the author of a change had seen, as it
// consented or its face was taken.
func (c *Case) bind(n *node, p Party, consent bool) {
	who := personOf(&c.App, p)
	if c.beside(n, p) {
		who = c.seenBy(n, p)
	}
	b := c.bound[p]
	if consent {
		b.consent = who
	} else {
		b.face = who
	}
	c.bound[p] = b
	c.rebind(n)
}

// told is a consent, as one party gives it for one purpose.
type told struct {
	party   Party
	purpose string
}

// takeBack notes that a party took a consent back, until it is given anew. Where what
// stood of who consented was emptied, nobody did.
func (c *Case) takeBack(p Party, purpose string) {
	if c.bound[p].consent != (Identity{}) && personOf(&c.App, p) == (Identity{}) {
		return
	}
	c.took[told{p, purpose}] = true
}

// rebind is called once somebody may be another: what the former one consented to is
// no consent of this one, nor is the word that person, card and portrait are one. So
// it is also where two laptops made him another together.
func (c *Case) rebind(n *node) {
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		now, b := personOf(&c.App, p), c.bound[p]
		if b.consent.another(now) {
			for _, purpose := range Purposes() {
				if c.Consents[p][purpose] != "" {
					c.Retracted = append(slices.Clip(c.Retracted), Withdrawal{p, purpose, n.ch.Operator, n.ch.At})
				}
				delete(c.Consents[p], purpose)
				delete(c.ConsentedAt[p], purpose)
			}
			b.consent = Identity{}
		}
		if b.face.another(now) {
			c.unattest(Slot("portrait/" + string(p)))
		}
		if len(c.Consents[p]) > 0 {
			b.consent = b.consent.filled(now)
		}
		b.face = b.face.filled(now)
		c.bound[p] = b
	}
}

// beside says whether a party's name or number was set at the same time elsewhere.
func (c *Case) beside(n *node, p Party) bool {
	return slices.ContainsFunc([]string{"name", "id_no"}, func(f string) bool {
		return slices.ContainsFunc(c.wrote[p.Field(f)], func(w write) bool { return !n.after(w.by) })
	})
}

// seenBy is who a party was by what the author of a change had seen.
func (c *Case) seenBy(n *node, p Party) Identity {
	var a Application
	a.Coborrowers = make([]Coborrower, 1)
	for _, m := range c.log {
		if !n.after(m) {
			continue
		}
		var fields map[string]json.RawMessage
		switch m.ch.Kind {
		case ChangeOpen:
			if b, err := Body[OpenBody](m.ch); err == nil {
				a.Student = b.Application.Student
				copy(a.Coborrowers, b.Application.Coborrowers)
			}
		case ChangeEdit, ChangeResolve:
			b, _ := Body[EditBody](m.ch)
			fields = b.Fields
		case ChangeCorrect:
			b, _ := Body[CorrectBody](m.ch)
			fields = b.Fields
		}
		for _, f := range []string{"name", "id_no"} {
			if raw, ok := fields[p.Field(f)]; ok {
				_ = a.SetField(p.Field(f), raw) // what does not fit was never set
			}
		}
	}
	return personOf(&a, p)
}
