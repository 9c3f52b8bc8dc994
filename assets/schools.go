package assets

import _ "embed"

//go:embed schools/starter.tsv
var schools []byte

//go:embed schools/renamed.tsv
var formerNames []byte

// Schools is the starter list of schools: code, name, kind, level, place,
// authority, in the form of a register that can be imported.
func Schools() []byte { return schools }

// FormerSchoolNames is names that schools have given up: code, former name.
func FormerSchoolNames() []byte { return formerNames }
