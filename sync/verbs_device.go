package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"doorstep/sync/central"
	"github.com/google/uuid"
)

func deviceList(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("device list", "show the laptops: last contact, version, what waited there, how wrong its clock was,\n"+
		"who is shut out, and of which two machines are at work.", errs)
	data := f.String("data", "", "folder of the centre")
	asJSON := f.Bool("json", false, "print one JSON array")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data"); err != nil {
		return err
	}
	return who.looks(ctx, *data, reads("device list"), func(c *central.Central) error {
		h, err := c.List(ctx)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, h.Devices)
		}
		fmt.Fprintf(out, "%-36s  %-12s  %-19s  %-8s  %7s  %6s  %11s  %9s  %s\n",
			"device", "state", "last contact", "version", "changes", "blobs", "bytes", "clock", "point")
		for _, d := range h.Devices {
			showDevice(out, d)
		}
		showRoom(out, h)
		return nil
	})
}

func showDevice(out io.Writer, d central.HeldDevice) {
	contact, version, clock := "never", "-", "-"
	var q central.Queue
	if s := d.Seen; s != nil {
		contact = s.At.Local().Format(time.DateTime)
		if !s.Told.IsZero() {
			version, q, clock = s.Version, s.Queue, ahead(s.Clock)
		}
	}
	fmt.Fprintf(out, "%-36s  %-12s  %-19s  %-8s  %7d  %6d  %11d  %9s  %s\n", d.ID, deviceState(d), contact, version, q.Changes, q.Blobs, q.Bytes, clock, d.Point)
	if k := d.Clone; k != nil {
		fmt.Fprintf(out, "  two machines use this identity: %d parcels about numbers %d to %d were refused, the last at %s.\n"+
			"  Nothing was overwritten. Find both machines; keep one, revoke the device if neither can be told apart,\n"+
			"  and say sync device settle when it is dealt with.\n", k.Parcels, k.First, k.Last, k.Until.Local().Format(time.DateTime))
	}
}

func deviceState(d central.HeldDevice) string {
	var out []string
	switch {
	case d.Missing:
		out = append(out, "lost")
	case d.Revoked:
		out = append(out, "revoked")
	}
	if d.Clone != nil {
		out = append(out, "clone")
	}
	if out == nil {
		return "active"
	}
	return strings.Join(out, ",")
}

// ahead says how wrong a clock is, to the second.
func ahead(ms int64) string {
	d := (time.Duration(ms) * time.Millisecond).Round(time.Second)
	if d > 0 {
		return "+" + d.String()
	}
	return d.String()
}

func deviceLost(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("device lost", "lock out a laptop that was lost or stolen, and say what arrived from it: which cases\n"+
		"are whole here, which are not, and what it said still waited when it was last heard of.", errs)
	data := f.String("data", "", "folder of the centre")
	id := f.String("id", "", "id of the device, or the last eight characters that it shows")
	asJSON := f.Bool("json", false, "print one JSON object")
	who := actorFlags(f, nil)
	if err := parse(f, args, out, "data", "id"); err != nil {
		return err
	}
	return who.ofDevice(ctx, *data, *id, func(device uuid.UUID) central.Act { return settles("device lost " + device.String()) }, func(c *central.Central, device uuid.UUID) error {
		r, err := c.Lose(ctx, device)
		if err != nil {
			return err
		}
		if *asJSON {
			return printJSON(out, r)
		}
		showLost(out, r)
		return nil
	})
}

func showLost(out io.Writer, r *central.Report) {
	fmt.Fprintf(out, "device %s of %s is locked out.\n", r.ID, r.Point)
	fmt.Fprintf(out, "%d changes of its chain arrived, up to number %d.\n", r.Changes, r.Through)
	if s := r.Seen; s == nil {
		fmt.Fprintln(out, "It never was in contact.")
	} else {
		fmt.Fprintf(out, "Last contact %s.", s.At.Local().Format(time.DateTime))
		if !s.Told.IsZero() {
			fmt.Fprintf(out, " At %s it said that %d changes and %d blobs of %d bytes waited.", s.Told.Local().Format(time.DateTime), s.Queue.Changes, s.Queue.Blobs, s.Queue.Bytes)
		}
		fmt.Fprintln(out, "\nWhat was made there since is not here: ask those who worked at it, and take it in again.")
	}
	whole := 0
	for _, k := range r.Held {
		if k.Whole() {
			whole++
		}
	}
	fmt.Fprintf(out, "\n%d cases, of which %d are whole here:\n", len(r.Held), whole)
	fmt.Fprintf(out, "%-36s  %-10s  %-8s  %s\n", "case", "status", "lacking", "receipt")
	for _, k := range r.Held {
		receipt := k.ReceiptNo
		if receipt == "" {
			receipt = "-"
		}
		fmt.Fprintf(out, "%-36s  %-10s  %8d  %s\n", k.ID, k.Status, k.Lacking, receipt)
	}
	for _, l := range r.Lost {
		fmt.Fprintf(out, "numbers %d to %d of its chain had been declared lost by the laptop\n", l.From, l.To)
	}
}

// onDevice is the verb of an act on one device.
func onDevice(name, about string, do func(*central.Central, context.Context, uuid.UUID) error) verb {
	return func(ctx context.Context, args []string, out, errs io.Writer) error {
		f := flags(name, about, errs)
		data := f.String("data", "", "folder of the centre")
		id := f.String("id", "", "id of the device, or the last eight characters that it shows")
		who := actorFlags(f, nil)
		if err := parse(f, args, out, "data", "id"); err != nil {
			return err
		}
		return who.ofDevice(ctx, *data, *id, func(device uuid.UUID) central.Act { return settles(name + " " + device.String()) },
			func(c *central.Central, device uuid.UUID) error { return do(c, ctx, device) })
	}
}

func deviceRevoke() verb {
	return onDevice("device revoke", "shut a laptop out; what came from it stays, and what waits on it is kept there.", (*central.Central).Revoke)
}

func deviceAdmit() verb {
	return onDevice("device admit", "let a laptop in again that was revoked, or reported lost and found: what waited on it flows.", (*central.Central).Admit)
}

func deviceSettle() verb {
	return onDevice("device settle", "say that a device of which two machines were at work is dealt with: the list names\n"+
		"it no more until another parcel is refused. What was refused is kept.", (*central.Central).SettleClone)
}
