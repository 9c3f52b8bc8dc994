package rulebook

import (
	"encoding/json"
	"io/fs"
	"strconv"

	"doorstep/assets"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// The template packs the program carries.
const (
	LoanContract     = "loan-contract"
	ApplicationForm  = "application-form"
	RenewalStatement = "renewal-statement"
	TemporaryReceipt = "temporary-receipt"
)

// Template is a template pack: its id with version, and its file.
type Template struct {
	Ref  string // such as loan-contract-1, as its file is named
	File []byte
}

// TemplateFor is the template in force on a signing date: the latest
// signed_from, and of one day the highest version. fault.Missing when there is
// none.
func TemplateFor(id string, signed loan.Date) (Template, error) {
	const op = "choose template"
	names, err := fs.Glob(assets.Templates(), "*.json")
	if err != nil {
		return Template{}, fault.New(op, fault.Damaged, err)
	}
	var best Template
	version, since := 0, loan.Date("")
	for _, name := range names {
		b, err := fs.ReadFile(assets.Templates(), name)
		if err != nil {
			return Template{}, fault.New(op, fault.Damaged, err)
		}
		var head struct {
			ID         string    `json:"id"`
			Version    int       `json:"version"`
			SignedFrom loan.Date `json:"signed_from"`
		}
		if err := json.Unmarshal(b, &head); err != nil {
			return Template{}, fault.New(op, fault.Damaged, err)
		}
		later := head.SignedFrom > since || head.SignedFrom == since && head.Version > version
		if head.ID == id && head.SignedFrom <= signed && later {
			version, since = head.Version, head.SignedFrom
			best = Template{Ref: id + "-" + strconv.Itoa(version), File: b}
		}
	}
	if version == 0 {
		return Template{}, fault.New(op, fault.Missing, nil)
	}
	return best, nil
}
