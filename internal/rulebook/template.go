package rulebook

import (
	"bytes"
	"io/fs"

	"doorstep/assets"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// The papers there are templates of.
const (
	LoanContract     = "loan-contract"
	ApplicationForm  = "application-form"
	HardshipForm     = "hardship-form"
	RenewalStatement = "renewal-statement"
	TemporaryReceipt = "temporary-receipt"
	CentreReceipt    = "centre-receipt" // of a case whose numbers the centre gave
	IntegrityCard    = "integrity-card"
)

// Template is a template pack: its id with version, and its file.
type Template struct {
	loan.Template
	Ref  string // such as loan-contract-1, as its file is named
	File []byte
}

// ReadTemplate is a template out of its file.
func ReadTemplate(b []byte) (Template, error) {
	t, err := loan.ParseTemplate(b)
	return Template{t, t.Ref(), b}, err
}

// Templates are those the program carries. It fails only when the program's own
// files are broken, with fault.Damaged.
func Templates() ([]Template, error) {
	const op = "read templates"
	names, err := fs.Glob(assets.Templates(), "*.json")
	if err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	var out []Template
	for _, name := range names {
		b, err := fs.ReadFile(assets.Templates(), name)
		if err != nil {
			return nil, fault.New(op, fault.Damaged, err)
		}
		t, err := ReadTemplate(b)
		if err != nil {
			return nil, fault.New(op, fault.Damaged, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// TemplateFor is the template of an id in force on a signing date for a kind of
// application: the latest signed_from, and of one day the highest version, of
// those the program carries and those the county sent down. One of the county's
// goes before the program's own of the same name. fault.Missing when there is
// none.
func TemplateFor(id string, k loan.Kind, signed loan.Date, county ...Template) (Template, error) {
	const op = "choose template"
	all, err := Templates()
	if err != nil {
		return Template{}, fault.Wrap(op, err)
	}
	var best Template
	for _, t := range append(all, county...) {
		later := t.SignedFrom > best.SignedFrom || t.SignedFrom == best.SignedFrom && t.Version >= best.Version
		if t.ID == id && t.SignedFrom <= signed && t.Serves(k) && later {
			best = t
		}
	}
	if best.Version == 0 {
		return Template{}, fault.New(op, fault.Missing, nil)
	}
	return best, nil
}

// Altered says whether t has the name of a template that the program carries and
// other words: a name stands for one text for ever.
func Altered(t Template) (bool, error) {
	all, err := Templates()
	if err != nil {
		return false, err
	}
	for _, have := range all {
		if have.Ref == t.Ref {
			return !bytes.Equal(have.File, t.File), nil
		}
	}
	return false, nil
}
