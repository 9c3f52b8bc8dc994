package assets

import "embed"

//go:embed words/codes.json
var codes []byte

//go:embed words/nations.txt
var nations []byte

//go:embed words/integrity.json words/antifraud.json words/consent-sensitive.json words/consent-sensitive-2.json words/consent-credit.json words/consent-share.json
var texts embed.FS

// Codes is the words of every verdict code: a JSON object of
// code → {msg, severity, step, confidence, source}.
func Codes() []byte { return codes }

// Nations is the 56 nationalities and 其他, a line each.
func Nations() []byte { return nations }

// Texts is the texts read out and agreed to before signing, a JSON object
// each: {id, purpose, version, title, for, summary, paragraphs}. The purposes
// are antifraud, credit, integrity, sensitive and share; the id names text and
// version, and behind plus signs the purposes that the text leaves to consents of
// their own. Of several of one purpose the latest version is shown; earlier ones
// are what earlier cases agreed to.
func Texts() [][]byte { return readAll(texts, "words") }
