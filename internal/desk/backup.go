package desk

import (
	"context"
	"fmt"
	"os"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/guard"
	"doorstep/internal/loan"
	"doorstep/internal/store"
)

// BackupInfo tells what a backup holds.
type BackupInfo = store.BackupInfo

// BackupState is how things stand with the backup.
type BackupState struct {
	Dir   string     // where backups go; empty until one was set
	There bool       // the folder is there now: the stick is in
	Last  BackupInfo // the last one that was made; zero before the first
	Due   bool       // the last one is a day old, or there is none
}

const (
	backupSetting = "backup"
	backupEvery   = 24 * time.Hour
)

// backupKept is the setting's form.
type backupKept struct {
	Dir  string     `json:"dir"`
	Last BackupInfo `json:"last"`
}

func (d *Desk) keptBackup(ctx context.Context) (backupKept, error) {
	var k backupKept
	err := d.store.Setting(ctx, backupSetting, &k)
	if fault.KindOf(err) == fault.Missing {
		err = nil
	}
	return k, err
}

// BackupState tells where backups go and when the last one was made.
func (d *Desk) BackupState(ctx context.Context) (BackupState, error) {
	k, err := d.keptBackup(ctx)
	if err != nil {
		return BackupState{}, fault.Wrap("backup state", err)
	}
	s := BackupState{Dir: k.Dir, Last: k.Last}
	if k.Dir != "" {
		st, err := os.Stat(k.Dir)
		s.There = err == nil && st.IsDir()
	}
	// A clock set back must not put the next one off.
	age := d.now().Sub(k.Last.Made)
	s.Due = k.Dir != "" && (age >= backupEvery || age < 0)
	return s, nil
}

// SetBackupDir keeps where backups go from now on; empty is nowhere. The folder
// must be there.
func (d *Desk) SetBackupDir(ctx context.Context, dir string) error {
	const op = "set backup folder"
	if err := d.permit(ctx, guard.Backup, nil); err != nil {
		return fault.Wrap(op, err)
	}
	if dir != "" {
		if err := d.store.BackupPlace(dir); err != nil {
			return fault.Wrap(op, err)
		}
	}
	k, err := d.keptBackup(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	if k.Dir != dir {
		k = backupKept{Dir: dir}
	}
	return fault.Wrap(op, d.store.SetSetting(ctx, backupSetting, k))
}

// Backup makes a backup in the folder that was set, while work goes on, and
// notes it in the chain. progress, which may be nil, is told how many bytes of
// how many are written, from this goroutine. Failures are those of
// store.Backup; fault.Missing also while no folder is set.
func (d *Desk) Backup(ctx context.Context, progress func(done, total int64)) (BackupInfo, error) {
	const op = "backup"
	if err := d.permit(ctx, guard.Backup, nil); err != nil {
		return BackupInfo{}, fault.Wrap(op, err)
	}
	k, err := d.keptBackup(ctx)
	if err != nil {
		return BackupInfo{}, fault.Wrap(op, err)
	}
	if k.Dir == "" {
		return BackupInfo{}, fault.Say(op, fault.Missing, "还没有设置备份文件夹。", nil)
	}
	info, err := d.BackupTo(ctx, k.Dir, progress)
	if err != nil {
		return info, fault.Wrap(op, err)
	}
	if now, err := d.keptBackup(ctx); err != nil || now.Dir != k.Dir {
		return info, fault.Wrap(op, err) // another folder was set meanwhile
	}
	k.Last = info
	return info, fault.Wrap(op, d.store.SetSetting(ctx, backupSetting, k))
}

// BackupTo makes one backup in a folder, whatever folder is set.
func (d *Desk) BackupTo(ctx context.Context, dir string, progress func(done, total int64)) (BackupInfo, error) {
	const op = "backup to folder"
	if err := d.permit(ctx, guard.Backup, nil); err != nil {
		return BackupInfo{}, fault.Wrap(op, err)
	}
	info, err := d.store.Backup(ctx, dir, progress)
	if err != nil {
		return info, fault.Wrap(op, err)
	}
	body := loan.ViewBody{Detail: fmt.Sprintf("%d changes, %d blobs", info.Changes, info.Blobs)}
	_, err = d.store.Commit(ctx, []store.Entry{{Kind: loan.ChangeBackup, Operator: d.operator.ID, Body: body}}, nil)
	return info, fault.Wrap(op, err)
}

// BackupIfDue makes the day's backup when the folder is there and the last one
// is a day old; made says whether it did.
func (d *Desk) BackupIfDue(ctx context.Context) (made bool, err error) {
	s, err := d.BackupState(ctx)
	if err != nil || !s.There || !s.Due || d.would(ctx, guard.Backup, nil) != nil {
		return false, err
	}
	_, err = d.Backup(ctx, nil)
	return err == nil, err
}
