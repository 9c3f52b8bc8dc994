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
	Ref  string // such as loan-contract/1
	File []byte
}

// TemplateFor is the newest version of a template in force on a signing date;
// fault.Missing when there is none.
func TemplateFor(id string, signed loan.Date) (Template, error) {
	const op = "choose template"
	names, err := fs.Glob(assets.Templates(), "*.json")
	if err != nil {
		return Template{}, fault.New(op, fault.Damaged, err)
	}
	var best Template
	version := 0
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
		if head.ID == id && head.SignedFrom <= signed && head.Version > version {
			version = head.Version
			best = Template{Ref: id + "/" + strconv.Itoa(version), File: b}
		}
	}
	if version == 0 {
		return Template{}, fault.New(op, fault.Missing, nil)
	}
	return best, nil
}
