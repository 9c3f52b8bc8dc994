package kit

import "golang.org/x/sys/windows"

// Sticks lists the drives that can be taken out and have a disk in.
func Sticks() []string {
	mask, err := windows.GetLogicalDrives()
	if err != nil {
		return nil
	}
	var out []string
	for i := range 26 {
		if mask&(1<<i) == 0 {
			continue
		}
		root := string(rune('A'+i)) + `:\`
		name, err := windows.UTF16PtrFromString(root)
		if err != nil || windows.GetDriveType(name) != windows.DRIVE_REMOVABLE {
			continue
		}
		if windows.GetVolumeInformation(name, nil, 0, nil, nil, nil, nil, 0) == nil {
			out = append(out, root)
		}
	}
	return out
}
