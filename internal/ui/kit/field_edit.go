package kit

import "unicode"

// deepestUndo bounds the undo history of one field.
const deepestUndo = 100

// admit is what of runes the field takes, at most room characters: filtered,
// and without characters nobody can see or, in a single line, line breaks.
func (f *Field) admit(runes []rune, room int) []rune {
	out := make([]rune, 0, len(runes))
	for _, r := range runes {
		switch {
		case r == '\r':
			continue
		case r == '\n' && f.MultiLine:
		case r == '\n' || r == '\t':
			r = ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			continue // among Cf what a copied phone number brings along unseen
		}
		if f.Filter != nil && r != '\n' {
			if r = f.Filter(r); r == 0 {
				continue
			}
		}
		if len(out) >= room {
			break
		}
		out = append(out, r)
	}
	return out
}

// insert puts text in place of the selection, as one step of undo; runs of
// typed characters are one step together.
func (f *Field) insert(s string, typed bool) {
	if f.readOnly {
		return
	}
	from, to := f.selection()
	add := f.admit([]rune(s), f.limit()-(len(f.text)-(to-from)))
	if len(add) == 0 && from == to {
		return
	}
	if len(add) == 0 && s != "" {
		return
	}
	if !typed || !f.typing || from != to {
		f.remember()
	}
	f.typing = typed
	f.splice(from, to, add)
	f.changed()
}

// erase removes the text between two places as one step of undo.
func (f *Field) erase(from, to int) {
	from, to = max(from, 0), min(to, len(f.text))
	if f.readOnly || from >= to {
		return
	}
	f.remember()
	f.typing = false
	f.splice(from, to, nil)
	f.changed()
}

func (f *Field) splice(from, to int, add []rune) {
	out := make([]rune, 0, len(f.text)-(to-from)+len(add))
	out = append(out, f.text[:from]...)
	out = append(out, add...)
	out = append(out, f.text[to:]...)
	f.forget(add)
	f.forget(f.text)
	f.text = out
	f.caret = from + len(add)
	f.anchor = f.caret
}

func (f *Field) changed() {
	f.redo = nil
	f.Refresh()
	if f.OnChanged != nil {
		f.OnChanged(string(f.text))
	}
}

func (f *Field) now() snapshot { return snapshot{string(f.text), f.caret, f.anchor} }

func (f *Field) remember() {
	if f.Password {
		return // a history would keep what was typed
	}
	f.undo = append(f.undo, f.now())
	if len(f.undo) > deepestUndo {
		f.undo = f.undo[1:]
	}
}

// Undo takes back the last step; Redo does it again.
func (f *Field) Undo() { f.step(&f.undo, &f.redo) }

// Redo does again what Undo took back.
func (f *Field) Redo() { f.step(&f.redo, &f.undo) }

func (f *Field) step(from, to *[]snapshot) {
	if f.readOnly || len(*from) == 0 {
		return
	}
	last := (*from)[len(*from)-1]
	*from = (*from)[:len(*from)-1]
	*to = append(*to, f.now())
	f.text, f.caret, f.anchor = []rune(last.text), last.caret, last.anchor
	f.typing = false
	f.Refresh()
	if f.OnChanged != nil {
		f.OnChanged(string(f.text))
	}
}

// move puts the caret at a place, keeping the other end where extend is set.
func (f *Field) move(to int, extend bool) {
	f.caret = min(max(to, 0), len(f.text))
	if !extend {
		f.anchor = f.caret
	}
	f.typing = false
	f.Refresh()
}

// wordAt is the run of characters of one sort around a place.
func (f *Field) wordAt(i int) (from, to int) {
	if len(f.text) == 0 {
		return 0, 0
	}
	i = min(max(i, 0), len(f.text)-1)
	sort := runeSort(f.text[i])
	from, to = i, i+1
	for from > 0 && runeSort(f.text[from-1]) == sort {
		from--
	}
	for to < len(f.text) && runeSort(f.text[to]) == sort {
		to++
	}
	return from, to
}

func runeSort(r rune) int {
	switch {
	case unicode.IsSpace(r):
		return 0
	case unicode.Is(unicode.Han, r):
		return 1
	case unicode.IsLetter(r), unicode.IsDigit(r):
		return 2
	}
	return 3
}

func (f *Field) wordLeft() int {
	i := f.caret
	for i > 0 && runeSort(f.text[i-1]) == 0 {
		i--
	}
	if i == 0 {
		return 0
	}
	from, _ := f.wordAt(i - 1)
	return from
}

func (f *Field) wordRight() int {
	if f.caret >= len(f.text) {
		return len(f.text)
	}
	_, to := f.wordAt(f.caret)
	for to < len(f.text) && runeSort(f.text[to]) == 0 {
		to++
	}
	return to
}
