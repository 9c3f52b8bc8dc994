package store

// ForgoSync breaks this store's promise: from now on what it answers with nil
// may be gone after a power cut. It is for the control of the crash rig, which
// must then find losses; nothing else may call it, and a test says so.
func (s *Store) ForgoSync() {
	s.dbMu.Lock()
	defer s.dbMu.Unlock()
	if s.db != nil {
		s.db.NoSync = true
	}
}
