package rulebook

import (
	"bytes"
	"io"

	"doorstep/assets"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

// Load makes the reference of what the program carries: every policy pack, all
// areas, and the starter school list with the former names. It fails only when
// the program's own files are broken, with fault.Damaged.
func Load() (*loan.Reference, error) {
	const op = "load rulebook"
	ref := &loan.Reference{}
	for _, b := range assets.PackFiles() {
		p, err := loan.ParsePolicy(b)
		if err != nil {
			return nil, fault.New(op, fault.Damaged, err)
		}
		ref.Packs = append(ref.Packs, p)
	}
	var err error
	if ref.Areas, err = loan.ParseAreas(assets.Counties(), assets.HistoricAreas(), assets.RenamedAreas()); err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	if ref.Schools, err = register(bytes.NewReader(assets.Schools())); err != nil {
		return nil, fault.New(op, fault.Damaged, err)
	}
	return ref, nil
}

// WithRegister is ref with the schools of another register in the place of its
// own, and with the former names; ref itself is as before. What is wrong with
// the register is the error of loan.ParseRegister, which names the line.
func WithRegister(ref *loan.Reference, r io.Reader) (*loan.Reference, error) {
	schools, err := register(r)
	if err != nil {
		return nil, fault.Wrap("replace schools", err)
	}
	next := *ref
	next.Schools = schools
	return &next, nil
}

// WithStarter is ref with the starter list in the place of its schools; ref itself is as
// before.
func WithStarter(ref *loan.Reference) (*loan.Reference, error) {
	return WithRegister(ref, bytes.NewReader(assets.Schools()))
}

func register(r io.Reader) (*loan.Register, error) {
	g, err := loan.ParseRegister(r)
	if err != nil {
		return nil, err
	}
	g.AddFormer(assets.FormerSchoolNames())
	return g, nil
}
