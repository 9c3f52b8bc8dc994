package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/store"
)

func syncStatusVerb() verb {
	return verb{
		name:    "sync status",
		args:    "no argument",
		summary: "Shows what waits for the centre, case by case, masked.",
		help: `The cases stand in the order in which they go. Nothing is sent, and the centre is
not asked: sync run does both.`,
		run: syncStatus,
	}
}

// carriageStatus is what sync status prints with --json.
type carriageStatus struct {
	Records  int           `json:"records"` // waiting
	Blobs    int           `json:"blobs"`
	Bytes    int64         `json:"bytes"`      // of the blobs
	Sent     int64         `json:"bytes_sent"` // acknowledged since none waited
	Settings statusSetting `json:"settings"`
	Cases    []statusCase  `json:"cases"`
	Refused  []statusAside `json:"refused"`
}

type statusSetting struct {
	Paused    bool   `json:"paused"`
	Cap       int64  `json:"cap"` // bytes a second; 0 is none
	OnMetered string `json:"on_metered"`
	Metered   bool   `json:"metered"` // by an operator's word
}

type statusCase struct {
	ID        uuid.UUID  `json:"id"`
	Name      string     `json:"name"` // masked; none of a case outside the own queue
	Status    string     `json:"status"`
	Urgency   string     `json:"urgency"`
	Records   bool       `json:"records"` // wait
	Refused   bool       `json:"refused"` // a record of it
	Contracts statusPart `json:"contracts"`
	Images    statusPart `json:"images"`
}

type statusPart struct {
	Sent      int   `json:"sent"`
	All       int   `json:"all"`
	BytesSent int64 `json:"bytes_sent"`
	Bytes     int64 `json:"bytes"`
}

type statusAside struct {
	Case   uuid.UUID `json:"case"`
	Kind   string    `json:"kind"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

func partOf(g desk.Going) statusPart {
	return statusPart{g.All.Blobs - g.Left.Blobs, g.All.Blobs, g.All.Bytes - g.Left.Bytes, g.All.Bytes}
}

func syncStatus(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	asJSON := flags.Bool("json", false, "print one JSON object")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		if err := d.MaySync(ctx); err != nil {
			return err
		}
		box, err := d.Store().Outbox(ctx)
		if err != nil {
			return err
		}
		set, err := d.SyncSettings(ctx)
		if err != nil {
			return err
		}
		s := statusOf(box, set, d.Waiting())
		if !*asJSON {
			return c.printStatus(s)
		}
		enc := json.NewEncoder(c.out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(s); err != nil {
			return fault.New("print status", fault.Disk, err)
		}
		return nil
	})
}

func statusOf(box store.Outbox, set desk.SyncSettings, rows []desk.WaitingRow) carriageStatus {
	s := carriageStatus{Records: box.Changes, Blobs: len(box.Blobs), Bytes: box.Bytes, Sent: box.Sent, Cases: []statusCase{}, Refused: []statusAside{},
		Settings: statusSetting{set.Paused, set.Cap, meteredName(set.OnMetered), set.Metered}}
	for _, r := range rows {
		s.Cases = append(s.Cases, statusCase{r.ID, r.Name, r.Status.String(), string(r.Urgency), r.Records, r.Refused, partOf(r.Contract), partOf(r.Images)})
	}
	for _, r := range box.Refused {
		s.Refused = append(s.Refused, statusAside{r.Case, string(r.Kind), r.Reason, r.At})
	}
	return s
}

func (c *call) printStatus(s carriageStatus) error {
	fmt.Fprintf(c.out, "waiting: %d records, %d blobs of %d bytes; acknowledged since none waited: %d bytes\n", s.Records, s.Blobs, s.Bytes, s.Sent)
	fmt.Fprintf(c.out, "settings: %s\n", strings.Join(settingWords(s.Settings), ", "))
	table := tabwriter.NewWriter(c.out, 0, 0, 2, ' ', 0)
	if len(s.Cases) > 0 {
		fmt.Fprintln(table, "case\tstatus\turgency\tname\trecords\tcontracts\timages\tbytes")
	}
	for _, k := range s.Cases {
		records := "sent"
		switch {
		case k.Refused:
			records = "refused"
		case k.Records:
			records = "wait"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d/%d\t%d/%d\t%d/%d\n", k.ID, k.Status, k.Urgency, k.Name, records, k.Contracts.Sent, k.Contracts.All,
			k.Images.Sent, k.Images.All, k.Contracts.BytesSent+k.Images.BytesSent, k.Contracts.Bytes+k.Images.Bytes)
	}
	for _, r := range s.Refused {
		fmt.Fprintf(table, "refused: a record of sort %s of case %s: %s\n", r.Kind, r.Case, r.Reason)
	}
	if err := table.Flush(); err != nil {
		return fault.New("print status", fault.Disk, err)
	}
	return nil
}

func settingWords(s statusSetting) []string {
	var out []string
	if s.Paused {
		out = append(out, "paused")
	}
	if s.Cap > 0 {
		out = append(out, fmt.Sprintf("at most %d bytes a second", s.Cap))
	} else {
		out = append(out, "no limit")
	}
	out = append(out, "on a metered network "+s.OnMetered)
	if s.Metered {
		out = append(out, "this network is metered")
	}
	return out
}

func meteredName(m desk.OnMetered) string {
	if m == desk.MeteredRecords {
		return "records"
	}
	return string(m)
}

func syncSettingsVerb() verb {
	return verb{
		name:    "sync settings",
		args:    "no argument",
		summary: "Shows or changes how things are carried from this laptop.",
		help: `With no flag but the account's it shows the settings. They hold for whoever signs
in, until they are changed, and the chain says who changed them.`,
		run: syncSettings,
	}
}

func syncSettings(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	pause := flags.String("pause", "", "`on` stops sending, off goes on")
	limit := flags.String("cap", "", "most that goes out: `BYTES` a second, as 65536, 64k or 1m; 0 is no limit")
	onMetered := flags.String("on-metered", "", "what goes over a metered network: `records`, contracts, all or nothing")
	metered := flags.String("metered", "", "`on` says that the network in use is metered, off leaves it to the system")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	change, err := settingChange(*pause, *limit, *onMetered, *metered)
	if err != nil {
		return c.wrong(err.Error())
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		was, err := d.SyncSettings(ctx)
		if err != nil {
			return err
		}
		now := was
		change(&now)
		if now != was {
			if err := d.SetSyncSettings(ctx, now); err != nil {
				return err
			}
		}
		fmt.Fprintln(c.out, strings.Join(settingWords(statusSetting{now.Paused, now.Cap, meteredName(now.OnMetered), now.Metered}), ", "))
		return nil
	})
}

// settingChange reads the flags; an empty one changes nothing.
func settingChange(pause, limit, onMetered, metered string) (func(*desk.SyncSettings), error) {
	var all []func(*desk.SyncSettings)
	for _, f := range []struct {
		name, value string
		set         func(*desk.SyncSettings, bool)
	}{
		{"pause", pause, func(s *desk.SyncSettings, on bool) { s.Paused = on }},
		{"metered", metered, func(s *desk.SyncSettings, on bool) { s.Metered = on }},
	} {
		switch f.value {
		case "":
		case "on", "off":
			all = append(all, func(s *desk.SyncSettings) { f.set(s, f.value == "on") })
		default:
			return nil, errors.New("--" + f.name + " is on or off")
		}
	}
	switch onMetered {
	case "":
	case "records":
		all = append(all, func(s *desk.SyncSettings) { s.OnMetered = desk.MeteredRecords })
	case string(desk.MeteredContracts), string(desk.MeteredAll), string(desk.MeteredNothing):
		all = append(all, func(s *desk.SyncSettings) { s.OnMetered = desk.OnMetered(onMetered) })
	default:
		return nil, errors.New("--on-metered is records, contracts, all or nothing")
	}
	if limit != "" {
		n, err := bytesOf(limit)
		if err != nil {
			return nil, err
		}
		all = append(all, func(s *desk.SyncSettings) { s.Cap = n })
	}
	return func(s *desk.SyncSettings) {
		for _, set := range all {
			set(s)
		}
	}, nil
}

// bytesOf reads a number of bytes, with k or m for KiB or MiB.
func bytesOf(text string) (int64, error) {
	unit := int64(1)
	digits := strings.ToLower(text)
	for suffix, n := range map[string]int64{"k": 1 << 10, "m": 1 << 20} {
		if rest, ok := strings.CutSuffix(digits, suffix); ok {
			digits, unit = rest, n
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 40)
	if err != nil || n < 0 {
		return 0, errors.New("--cap is a number of bytes a second, as 65536, 64k or 1m")
	}
	return n * unit, nil
}
