package store

import "doorstep/internal/loan"

// Head is the end of this device's chain: the last change's counter and header
// hash, zero before the first.
func (s *Store) Head() (uint64, loan.Hash) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.tip.counter, s.tip.hash
}
