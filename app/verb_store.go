package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/rulebook"
	"doorstep/internal/store"
)

func storeBackupVerb() verb {
	return verb{
		name:    "store backup",
		args:    "no argument",
		summary: "Writes an encrypted backup to a stick or a second disk.",
		help: `The folder given by --to must be there. Only what an earlier backup in it lacks
is written; a stick pulled out at any moment leaves the earlier backup usable.
What was erased on this laptop stays in a backup until its next run.`,
		run: storeBackup,
	}
}

func storeBackup(c *call) int {
	flags, data := c.flags()
	who := c.accountFlags(flags)
	to := flags.String("to", "", "`folder` on the stick or second disk")
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	if *to == "" {
		return c.wrong("--to is needed")
	}
	return c.withDesk(*data, who, func(ctx context.Context, d *desk.Desk) error {
		info, err := d.BackupTo(ctx, *to, nil)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "backup of %s: %d cases, %d changes, %d blobs, %d bytes; %d bytes written\n",
			info.Made.Format(time.RFC3339), info.Cases, info.Changes, info.Blobs, info.Bytes, info.Written)
		return nil
	})
}

func storeRestoreVerb() verb {
	return verb{
		name:    "store restore",
		args:    "no argument",
		summary: "Makes a data folder out of a backup.",
		help: `--from is the folder that "store backup" was given. Sign in afterwards with a
password of the time of the backup; the next contact with the centre brings home
what was sent since. A data folder that holds a store is refused; with --aside
its file is kept under the name store.bolt.damaged-1, or the next free number.
One that is not damaged is set aside by a data administrator of it alone, and for
a backup of the same laptop.`,
		run: storeRestore,
	}
}

func storeRestore(c *call) int {
	flags, data := c.flags()
	from := flags.String("from", "", "`folder` that holds the backup")
	aside := flags.Bool("aside", false, "set a store that is there aside")
	who := c.accountFlags(flags)
	if _, code, ok := c.parse(flags, 0, 0); !ok {
		return code
	}
	if *from == "" {
		return c.wrong("--from is needed")
	}
	if _, err := os.Lstat(filepath.Join(*data, "store.bolt")); err == nil && !*aside {
		return c.fail(fault.New("store restore", fault.Exists, nil))
	}
	ctx, stop := interruptible()
	defer stop()
	if err := c.restore(ctx, *data, *from, who); err != nil {
		return c.fail(err)
	}
	fmt.Fprintln(c.out, "restored; sign in and let it reach the centre")
	return exitDone
}

// restore takes the way of the window: what opens is not replaced without a word.
func (c *call) restore(ctx context.Context, data, from string, who *account) error {
	if _, err := os.Lstat(filepath.Join(data, "store.bolt")); err != nil {
		return store.Restore(ctx, from, data)
	}
	rules, err := rulebook.Open(data)
	if err != nil {
		return err
	}
	door, err := desk.OpenDoorAnyway(ctx, storeOptions(data), deskTools(rules))
	if err != nil {
		return err
	}
	var password []byte
	if door.Trouble() == nil {
		if !who.given() {
			return errors.Join(fault.New("store restore", fault.Denied, errors.New("the store is not damaged: "+wantsAccount+", of a data administrator")), door.Close())
		}
		if password, err = c.password(who); err != nil {
			return errors.Join(err, door.Close())
		}
		defer clear(password)
	}
	_, err = door.Restore(ctx, from, who.operator, password)
	return errors.Join(err, door.Close())
}
