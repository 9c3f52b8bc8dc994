package desk

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/rulebook"
)

// registerSetting keeps which version of the county's register was last written to the
// folder.
const registerSetting = "desk.register"

// registerRefused is what the chain says of a register that is not used.
const registerRefused = "school register refused: not the county's"

// registerImported begins what the chain says of one that was imported by hand.
const registerImported = "school register imported, "

// countyRegister is the county's register as far as it is known here.
type countyRegister struct {
	content   []byte // nil where none is kept
	lost      error  // why one in force is not
	version   uint64
	written   uint64 // the version last written to the folder
	withdrawn bool
}

// ever says that a register of the county is or was in force here.
func (c countyRegister) ever() bool { return c.version > 0 || c.written > 0 }

func (d *Desk) countyRegister(ctx context.Context) (c countyRegister, err error) {
	if _, err := d.setting(ctx, registerSetting, &c.written); err != nil {
		return c, err
	}
	c.withdrawn = d.store.Withdrawn(bulletin.Schools, bulletin.RegisterName)
	for _, h := range d.store.Bulletins(bulletin.Schools) {
		c.version = h.Version
		if c.content, c.lost = d.store.Bulletin(ctx, h.Kind, h.Name); c.lost != nil {
			c.content = nil
		}
	}
	return c, nil
}

// takeUpRegister gives the register that stands, nil for the starter list, and sees that
// the folder has it: the county's; one that was imported by hand since that came, by a
// person who may; or, before the county ever sent one, what the folder has. Any other
// file is not used: the county's is written again, or where it is not kept here the file
// is set aside; the chain says so, and Untaken. Where it fails and something stands
// nevertheless, that is given too. folder is held.
func (d *Desk) takeUpRegister(ctx context.Context) ([]byte, error) {
	c, err := d.countyRegister(ctx)
	if err != nil {
		return nil, err
	}
	kept, err := d.keptFolder(ctx)
	if err != nil {
		return c.content, err
	}
	have, err := rulebook.ReadRegister(d.store.Dir())
	if fault.KindOf(err) == fault.Damaged { // it is no file, and stands in the way of one
		err = rulebook.SetRegisterAside(d.store.Dir())
	}
	if err != nil {
		return c.content, err
	}
	sum := rulebook.FileSum(have)
	if kept.Register != sum {
		d.noteFolder(ctx, folderRegister+whileIn)
		kept.Register = sum
	}
	stands, err := d.mayStand(ctx, c, &kept, sum)
	if err != nil {
		return c.content, err
	}
	if stands && (c.content == nil || c.version == c.written) {
		kept.County = cmp.Or(rulebook.FileSum(c.content), kept.County)
		return have, fault.Wrap("read the county's register", cmp.Or(c.lost, d.keepFolder(ctx, kept)))
	}
	if !stands && have != nil {
		d.noteFolder(ctx, registerRefused)
	}
	return c.content, d.putRegister(ctx, c, kept, have != nil, stands)
}

// mayStand says whether the register in the folder, by the hash of its bytes, is one
// that may be used. That of an import which an earlier program kept no hash of is found
// in the chain, and kept.
func (d *Desk) mayStand(ctx context.Context, c countyRegister, kept *folderKept, sum string) (bool, error) {
	of := rulebook.FileSum(c.content)
	switch {
	case !c.ever():
		return true, nil
	case sum == "":
		return false, nil
	case sum == of || sum == kept.County || sum == kept.Imported:
		return true, nil
	case kept.County != "":
		return false, nil
	}
	by, err := d.importedByHand(ctx)
	if by {
		kept.Imported = sum
	}
	return by, err
}

// importedByHand says that the last word of this laptop's chain about the register in
// the folder is that somebody imported it.
func (d *Desk) importedByHand(ctx context.Context) (by bool, err error) {
	own := d.device()
	_, err = d.store.EachChange(ctx, func(ch *loan.Change) {
		if ch.Kind != loan.ChangeSetting || ch.Device != own {
			return
		}
		b, err := loan.Body[loan.ViewBody](ch)
		switch {
		case err != nil:
		case strings.HasPrefix(b.Detail, registerImported):
			by = true
		case strings.HasPrefix(b.Detail, folderRegister), b.Detail == registerRefused:
			by = false
		}
	})
	return by, err
}

// putRegister writes the county's register to the folder, or sets aside there what is
// not to be used; had says that there was a file, stood that it might have been used.
func (d *Desk) putRegister(ctx context.Context, c countyRegister, kept folderKept, had, stood bool) error {
	if c.content == nil {
		if had {
			if err := rulebook.SetRegisterAside(d.store.Dir()); err != nil {
				return err
			}
		}
		if !c.withdrawn || had {
			d.refusedFile("")
		}
		kept.Register, kept.Imported = "", ""
		return cmp.Or(d.keepFolder(ctx, kept), c.lost)
	}
	if had && !stood {
		d.refusedFile("院校名册")
	}
	if _, err := rulebook.ImportRegister(d.store.Dir(), bytes.NewReader(c.content)); err != nil {
		return err
	}
	kept.County, kept.Imported = rulebook.FileSum(c.content), ""
	kept.Register = kept.County
	d.rulesMu.Lock()
	d.registerGone = false
	d.rulesMu.Unlock()
	return cmp.Or(d.keepFolder(ctx, kept), d.store.SetSetting(ctx, registerSetting, c.version))
}

// withRegister is the reference with a register in the place of the schools that the
// program was started with; of nil the starter list.
func (d *Desk) withRegister(content []byte) (*loan.Reference, error) {
	next := d.base
	var err error
	switch {
	case content != nil:
		next, err = rulebook.WithRegister(d.base, bytes.NewReader(content))
	case d.base.Schools != nil && d.base.Schools.File != "":
		next, err = rulebook.WithStarter(d.base)
	}
	if err != nil {
		return d.base, err
	}
	return next, nil
}

// takeUpPacks writes the county's policy packs to the folder. folder is held.
func (d *Desk) takeUpPacks(ctx context.Context, texts [][]byte) error {
	kept, err := d.keptFolder(ctx)
	if err != nil {
		return err
	}
	if now := d.packsSum(); kept.Packs != nil && *kept.Packs != now {
		d.noteFolder(ctx, folderPacks+whileIn)
		d.refusedFile("政策包")
	}
	if err := rulebook.KeepPacks(d.store.Dir(), texts); err != nil {
		return err
	}
	now := d.packsSum()
	kept.Packs = &now
	return d.keepFolder(ctx, kept)
}

// ImportSchools takes a school register in the place of the one in use, all or
// nothing: a line that does not hold is the error of loan.ParseRegister. The chain
// says so. It stands until a newer one comes from the county.
func (d *Desk) ImportSchools(ctx context.Context, r io.Reader) (*loan.Register, error) {
	const op = "import school register"
	if err := d.permit(ctx, guard.ImportRegister, nil); err != nil {
		return nil, fault.Wrap(op, err)
	}
	d.folder.Lock()
	defer d.folder.Unlock()
	g, err := rulebook.ImportRegister(d.store.Dir(), r)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	if err := d.note(ctx, op, loan.ChangeSetting, loan.ViewBody{Detail: fmt.Sprintf(registerImported+"%d schools", len(g.Schools))}); err != nil {
		return nil, err
	}
	kept, err := d.keptFolder(ctx)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	kept.Register, kept.Imported = g.File, g.File
	return g, fault.Wrap(op, d.keepFolder(ctx, kept))
}

// refusedFile has Untaken tell, until signing out, of a file of the folder that is not the
// county's and was put right, by its name; of none, that the county's register is not
// kept here.
func (d *Desk) refusedFile(name string) {
	d.rulesMu.Lock()
	defer d.rulesMu.Unlock()
	if name == "" {
		d.registerGone = true
	} else if !slices.Contains(d.notOurs, name) {
		d.notOurs = append(d.notOurs, name)
	}
}

// Untaken is why something the county sent down was not taken up at signing in, or what
// of the data folder was not used since; nil when there is nothing to tell. Work goes on
// by what was in force before.
func (d *Desk) Untaken() error {
	d.rulesMu.Lock()
	defer d.rulesMu.Unlock()
	words := ""
	switch {
	case d.registerGone:
		words = "县里下发的院校名册不在本机，现用程序自带的，数据文件夹里的没有采用。请联网取回，或在“管理”的“本机与显示”里从文件接收，并告诉系统数据管理员。"
	case len(d.notOurs) > 0:
		words = "数据文件夹里的" + strings.Join(d.notOurs, "、") + "不是县里下发的，没有采用，已改回县里的。这件事已记入日志，请告诉系统数据管理员。"
	default:
		return d.untaken
	}
	return fault.Tell("look at the data folder", fault.Untrusted, words, errors.New("a file that is not the county's"))
}
