package loan

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// What the text of the consent to sensitive data names, but for name and number, by
// which it is told whose consent it is.
func sensitiveDocs() []Doc {
	return []Doc{StudentIDCard, CoborrowerIDCard, HukouBook, HukouBook2, PreEntryHukou, RelationProof, ApplicationForm, HardshipForm, OrphanCertificate}
}

// TellsNeed says whether a slot is that of a paper by whose being there a person's
// need is known.
func (s Slot) TellsNeed() bool {
	d, ok := s.Doc()
	return ok && (d == HardshipForm || d == OrphanCertificate)
}

func sensitiveFields(p Party) []string {
	out := []string{p.Field("phone"), p.Field("address")}
	if p == StudentParty {
		out = append(out, "hardship.categories")
	}
	return out
}

// SensitiveIn lists the parties whose sensitive data a slot takes, those by whose
// consent alone something may be put there.
func (c *Case) SensitiveIn(s Slot) (out []Party) {
	if d, ok := s.Doc(); ok && !slices.Contains(sensitiveDocs(), d) {
		return nil
	}
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		if s.About(p, c.App.SeparateHukou) && (p == StudentParty || len(c.App.Coborrowers) > 0) {
			out = append(out, p)
		}
	}
	return out
}

// Collects lists the parties of whom fields enter sensitive data that does not stand in
// the case yet; what is emptied enters none. Of fields that cannot be set none.
func (c *Case) Collects(fields map[string]json.RawMessage) (out []Party) {
	next, ok := c.with(fields)
	if !ok {
		return nil
	}
	for _, p := range []Party{StudentParty, CoborrowerParty} {
		if slices.ContainsFunc(sensitiveFields(p), func(path string) bool {
			was, now := fieldOf(&c.App, path), fieldOf(&next, path)
			return now != nil && !bytes.Equal(was, now)
		}) {
			out = append(out, p)
		}
	}
	return out
}

func (c *Case) with(fields map[string]json.RawMessage) (Application, bool) {
	next := c.App.clone()
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		if next.SetField(path, fields[path]) != nil {
			return next, false
		}
	}
	return next, true
}

// fieldOf is a field's value, nil where it is empty or there is none.
func fieldOf(a *Application, path string) json.RawMessage {
	raw, err := a.Field(path)
	if err != nil || slices.Contains([]string{`""`, "null", "[]"}, string(raw)) {
		return nil
	}
	return raw
}
