package contract

import (
	"encoding/json"
	"errors"
	"io/fs"
	"slices"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// The templates the program carries.
const (
	LoanContract     = "loan-contract"
	ApplicationForm  = "application-form"
	RenewalStatement = "renewal-statement"
	TemporaryReceipt = "temporary-receipt"
)

// ChooseTemplate finds in a folder such as assets.Templates the template of an
// id that serves a kind of application on a signing date: of those for the kind
// the one with the latest date not after it, then the highest version. It gives
// the file and the template's name, ID-VERSION. fault.Missing when none serves;
// a file that is no template is fault.Input.
func ChooseTemplate(files fs.FS, id string, kind loan.Kind, signed loan.Date) (content []byte, name string, err error) {
	const op = "contract.ChooseTemplate"
	paths, err := fs.Glob(files, id+"-*.json")
	if err != nil {
		return nil, "", fault.New(op, fault.Input, err)
	}
	type head struct {
		ID         string      `json:"id"`
		Version    int         `json:"version"`
		SignedFrom loan.Date   `json:"signed_from"`
		Kinds      []loan.Kind `json:"kinds"`
	}
	var best head
	for _, path := range paths {
		b, err := fs.ReadFile(files, path)
		if err != nil {
			return nil, "", fault.New(op, fault.Disk, err)
		}
		var h head
		if err := json.Unmarshal(b, &h); err != nil {
			return nil, "", fault.New(op, fault.Input, errors.New("not a template"))
		}
		if h.ID != id || !slices.Contains(h.Kinds, kind) || !h.SignedFrom.Valid() || h.SignedFrom > signed {
			continue
		}
		if h.SignedFrom > best.SignedFrom || h.SignedFrom == best.SignedFrom && h.Version > best.Version {
			best, content = h, b
		}
	}
	if content == nil || !signed.Valid() {
		return nil, "", fault.New(op, fault.Missing, nil)
	}
	return content, (&form{ID: best.ID, Version: best.Version}).name(), nil
}
