// Package contract makes, seals and verifies the electronic contract.
//
// It owns the form of the contract's file: the PDF/A-2u writer (fonts, line
// breaking, tables, portraits, QR codes), the filling of the templates of
// package assets, the bytes under which ink is kept, the PAdES seal and the
// strict reader that verifies a file. It guarantees that the same input gives
// the same bytes; that every character printed reads back as itself, and one
// that no font has is an error that names it, never a box; and that Verify
// passes a file only if it is Fill's, sealed by Seal with a certificate of the
// given authority, and not one byte different. It leaves to others who may do
// this (guard), the rules of the loan (loan), where files are kept and hashed
// (store), and drawing pages on a screen (page). It is pure, so the centre
// verifies with the same code.
//
// # The file
//
// A base, and once sealed one revision. Every line ends in LF; every object is
// written "N 0 obj", LF, body, LF, "endobj", LF; objects lie one behind the
// other in the order of their numbers with nothing between; a classic
// cross-reference table, trailer, "startxref" and "%%EOF" close each part.
//
//	1  catalog, the same bytes in every sealable file
//	2  information: title, case id, date of filling
//	3  page tree    4  XMP packet    5  sRGB profile
//	6  signature field PointSeal with its widget    7  resources
//	8  appearance of the widget    9…  pages, contents, portraits, fonts
//
// The trailer's ID is the first half of the SHA-256 of all bytes before the
// trailer. The seal's revision holds exactly two objects: 6 with a V entry put
// behind its others, and a new last object, the signature dictionary. Its
// ByteRange covers the whole file but for its Contents, which are 6 KB in
// lower-case hex, filled up with zeros.
//
// The signature is CMS SignedData (PAdES B-B): ECDSA P-256 with SHA-256, the
// terminal's and the authority's certificates, signed attributes content type,
// message digest and ESS signing-certificate-v2, no signing time, nothing
// unsigned. What the signature states is: this terminal closed this file after
// the parties signed by hand on its screen; it is not the parties' own key.
package contract
