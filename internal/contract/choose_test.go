package contract

import (
	"testing"
	"testing/fstest"

	"doorstep/assets"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func TestChooseTemplate(t *testing.T) {
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	files := fstest.MapFS{
		"c-1.json": file(`{"id":"c","version":1,"signed_from":"2019-01-01","kinds":["首贷","续贷"]}`),
		"c-2.json": file(`{"id":"c","version":2,"signed_from":"2023-01-01","kinds":["首贷"]}`),
		"c-3.json": file(`{"id":"c","version":3,"signed_from":"2023-01-01","kinds":["首贷"]}`),
		"c-x.json": file(`{"id":"other","version":9,"signed_from":"2019-01-01","kinds":["首贷"]}`),
	}
	for _, c := range []struct {
		sub    string
		kind   loan.Kind
		signed loan.Date
		want   string
	}{
		{"the only one of the day", loan.First, "2020-05-05", "c-1"},
		{"the highest version of the latest", loan.First, "2023-01-01", "c-3"},
		{"one for the kind", loan.Renewal, "2024-01-01", "c-1"},
		{"none before the first", loan.First, "2018-12-31", ""},
		{"none for no date", loan.First, "soon", ""},
	} {
		t.Run(c.sub, func(t *testing.T) {
			_, name, err := ChooseTemplate(files, "c", c.kind, c.signed)
			if name != c.want || (c.want == "") != (fault.KindOf(err) == fault.Missing) {
				t.Errorf("got %q, %v, want %q", name, err, c.want)
			}
		})
	}
	if _, _, err := ChooseTemplate(fstest.MapFS{"c-1.json": file("{")}, "c", loan.First, "2024-01-01"); fault.KindOf(err) != fault.Input {
		t.Errorf("a broken file: %v", err)
	}
	for _, id := range []string{LoanContract, TemporaryReceipt, RenewalStatement} {
		if b, _, err := ChooseTemplate(assets.Templates(), id, loan.Renewal, "2024-11-05"); err != nil || len(b) == 0 {
			t.Errorf("%s: %v", id, err)
		}
	}
}
