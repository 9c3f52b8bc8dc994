package store

// FreeSpace is how many bytes can still be written to the disk of a folder.
func FreeSpace(dir string) (uint64, error) {
	n, err := freeSpace(dir)
	return n, diskFault("store.FreeSpace", err)
}
