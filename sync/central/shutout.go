package central

import (
	"errors"
	"net/http"
	"strconv"

	"doorstep/internal/bulletin"
	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
)

// getShutOut gives the list of devices shut out, as it is signed, to a device of
// the county that shows the certificate which stands for it, also to one that was
// shut out: it is the one word of the county that such a device is still given,
// for it stops by that alone. fault.Denied for anybody else, and fault.Missing for
// who has that version already.
func (c *Central) getShutOut(w http.ResponseWriter, r *http.Request) error {
	const op = "central.getShutOut"
	id, ok := seal.PeerDevice(r.TLS)
	if !ok {
		return problemOf(op, fault.Denied, parcel.CodeNoCert)
	}
	c.sight(id, r)
	d, _, err := c.enrolled(r.Context(), id)
	if err == nil {
		err = d.shows(r.TLS)
	}
	if err != nil {
		return err
	}
	has, err := strconv.ParseUint(r.URL.Query().Get("version"), 10, 64)
	if err != nil {
		return fault.New(op, fault.Input, errors.New("version"))
	}
	raw, err := c.BulletinFile(r.Context(), bulletin.Devices, bulletin.ShutOutName)
	if err != nil {
		return fault.Wrap(op, err)
	}
	b, err := bulletin.Open(raw, c.authority.Signer().Public(), d.county)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if b.Version <= has {
		return fault.New(op, fault.Missing, errors.New("no newer list"))
	}
	send(w, http.StatusOK, parcel.TypeBulletin, raw)
	return nil
}
