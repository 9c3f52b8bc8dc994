package desk

import "doorstep/internal/store"

// Ear says whether a name is what a person typed: characters, pinyin or
// initials, as in Find.
type Ear = store.Ear

// NewEar is an ear that has heard nothing yet.
func NewEar() *Ear { return store.NewEar() }
