package assets

import _ "embed"

//go:embed areas/provinces.tsv
var provinces []byte

//go:embed areas/counties.tsv
var counties []byte

//go:embed areas/historic.tsv
var historic []byte

//go:embed areas/renamed.tsv
var renamed []byte

//go:embed areas/townships.tsv.zst
var townships []byte

// Provinces is the 34 provinces of GB/T 2260: code (two digits), name. Like
// every table here it is UTF-8, its columns parted by tabs, under a head line.
func Provinces() []byte { return provinces }

// Counties is the counties of 2023: code, name, city, province; the city is
// empty where the county stands directly under its province.
func Counties() []byte { return counties }

// HistoricAreas is every other six-digit code known: code, name. Together with
// Counties it is the whole set in which a card's first six digits are looked
// for: abolished counties, newer ones, and the codes of cities and provinces.
func HistoricAreas() []byte { return historic }

// RenamedAreas is the codes that gave way to another: old, new.
func RenamedAreas() []byte { return renamed }

// Townships is the 41,352 townships of 2023: code (nine digits, the first six
// the county's), name. Each call unpacks it anew, 1.2 MB in some milliseconds.
// The error is fault.Damaged: the program's file itself is broken.
func Townships() ([]byte, error) { return unpack("assets.Townships", townships) }
