package store

// Ear says whether names are what a person typed, by the rules of Search. It
// remembers every character it has met; it is for one goroutine at a time.
type Ear struct{ sounds *sounds }

// NewEar is an ear that has heard nothing yet.
func NewEar() *Ear { return &Ear{newSounds()} }

// Hears reports whether every word of query is some run of name's characters,
// given as themselves, as pinyin of any reading or as initials. An empty query
// is heard in every name.
func (e *Ear) Hears(name, query string) bool {
	sounds := e.sounds.spell(name)
	for _, w := range parseQuery(query) {
		if !heard(w.text, sounds) {
			return false
		}
	}
	return true
}
