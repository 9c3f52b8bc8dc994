// Package release writes the package by which personal data leaves.
//
// It owns the form of an export: copies and a list of what is in it, in one
// archive, encrypted to one named recipient. It guarantees that nothing of the
// content is written in clear, not even while it is made, and that a package
// which was not ended opens as none. Who may export what, to whom and how often
// is guard's to decide; watermarks are contract's; the record is desk's and the
// centre's.
//
// Format: a file of age-encryption.org/v1, not armoured, to one X25519
// recipient. In it a ZIP archive: for each case of the export, numbered from 1,
// N/NAME.jpg and N/NAME.pdf, and at the end manifest.json, UTF-8:
//
//	{"form": 1, "recipient": …, "key": "age1…", "purpose": …, "grant": …,
//	 "operator": …, "by": …, "at": RFC 3339, "count": copies of cases in it,
//	 "cases": [{"n": which of the grant's copies, "case": id, "fields": {path: value},
//	   "files": [{"name": …, "size": bytes, "sha256": hexadecimal}],
//	   "left": [place of an attachment that could not be marked or read]}]}
//
// The file's name says which grant and when, and nothing of a person:
// export-GRANT-20230805T020000Z.zip.age.
package release
