package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"doorstep/internal/guard"
	"doorstep/internal/rulebook"
)

// RecordTime is guard's writing of a moment of the record.
func RecordTime(t time.Time) string { return guard.RecordTime(t) }

// named gives accounts the names of the laptop's roster.
func (d *Desk) named(ctx context.Context) (func(account string) string, error) {
	list, err := d.store.Operators(ctx)
	names := map[string]string{}
	for _, o := range list {
		names[o.ID] = o.Name
	}
	return guard.NamedLabel(names), err
}

// templateWords are a contract's template for people: its title and version; ref where the
// file does not say.
func templateWords(file []byte, ref string) string {
	t, err := rulebook.ReadTemplate(file)
	if err != nil || t.Ref != ref {
		return ref
	}
	return fmt.Sprintf("《%s》样式第 %d 版", t.Title, t.Version)
}

// textWords is a text of an id for people, as short as a page of evidence has room for.
func textWords(id string) string {
	return strings.NewReplacer("》，", "》", " 版", "版").Replace(rulebook.TextWords(id))
}

// textsWords are the texts of ids for people.
func textsWords(ids []string) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = textWords(id)
	}
	return out
}

// consentWords are the texts that a party agreed to, those of one minute together.
func consentWords(given map[string]string, at map[string]time.Time) string {
	of := map[string][]string{}
	for purpose, text := range given {
		minute := evidenceMinute(at[purpose])
		of[minute] = append(of[minute], textWords(text))
	}
	var all []string
	for _, minute := range slices.Sorted(maps.Keys(of)) {
		slices.Sort(of[minute])
		all = append(all, strings.Join(of[minute], "、")+"（"+minute+"）")
	}
	return strings.Join(all, "、")
}
