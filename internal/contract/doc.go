// Package contract makes, seals and verifies the electronic contract.
//
// It owns the form of the contract's file: the PDF/A-2u writer (fonts, line
// breaking, tables, portraits, QR codes), the filling of the templates of
// package assets, the bytes under which ink is kept, the PAdES seals, the
// document time stamp and the strict reader that verifies a file. It guarantees that the same input gives
// the same bytes; that every character printed reads back as itself, and one
// that no font has is an error that names it, never a box; and that Verify
// passes a file only if it is Fill's, closed by Seal with a certificate of the
// given authority, with at most Receive's seal and a time stamp behind it, and
// not one byte different. It leaves to others who may do
// this (guard), the rules of the loan (loan), where files are kept and hashed
// (store), and drawing pages on a screen (page). It is pure, so the centre
// verifies with the same code.
//
// # The file
//
// A base, and behind it a revision for each seal. Every line ends in LF; every
// object is written "N 0 obj", LF, body, LF, "endobj", LF; objects lie one behind
// the other in the order of their numbers with nothing between; a classic
// cross-reference table, trailer, "startxref" and "%%EOF" close each part.
//
//	1  catalog, the same bytes in every file with the same fields
//	2  information: title, case id, date of filling by the terminal's clock
//	3  page tree    4  XMP packet    5  sRGB profile
//	6  signature field PointSeal with its widget    7  resources
//	8  appearance of that widget
//	9  signature field StudentSeal    10  CoborrowerSeal, on the pads
//	11 signature field CentreReceipt    12  CentreTimeStamp, without a place
//	13 appearance of the pads' widgets, empty
//	14 list of parts: the first 8 bytes of the SHA-256 of each object's body, in
//	   the order of their numbers, zeros in its own place
//	15…  portraits, pages, contents, fonts
//
// The catalog lists the fields of the parties whose ink is in the file, then 6,
// 11 and 12; what a file has not is null. Its DSTP_Form is 3, DSTP_Parts names 14.
// The list proves nothing; by it the verifier says which part was changed. The
// trailer's ID is the first half of the SHA-256 of all bytes before the trailer;
// of a revision the first is the base's, the second that of all bytes before the
// revision. A revision holds exactly two objects: its field with a V entry put
// behind its others, and a new last object, the signature dictionary. The fields
// are filled in the order of the catalog; the last two may be empty. Each
// ByteRange covers the whole file as it is then but for its Contents, in
// lower-case hex, filled up with zeros to what the longest signature of its kind
// takes: a few bytes, and for the stamp what the service's answer before took.
//
// Two former forms are no longer written. The second has no DSTP_Form, no list
// (14… are pages), and fixed rooms for Contents: 2560 bytes for the parties and the
// receipt, 6 KB for the point, 8 KB for the stamp. The first lists 6 alone and has
// 9… for pages.
//
// A seal is CMS SignedData (PAdES B-B): ECDSA P-256 with SHA-256, the signer's
// certificate, in the point's seal (in former forms in the parties' too) that of
// the authority, signed attributes content type, message digest and ESS
// signing-certificate-v2, no signing time, nothing unsigned. Its dictionary has Name (the certificate's), Reason and M,
// the signer's own clock. The first three are by the terminal's key, CentreReceipt
// by the authority's. Reason is one of
//
//	借款学生现场手写签名（本人），笔迹SHA-256 HEX，签于 TIME；受理终端数字封存
//	共同借款人现场手写签名（代签），…
//	受理终端数字封存
//	资助中心收讫，回执编号 NUMBER，合同编号 NUMBER
//
// HEX is of the strokes' bytes, TIME as in RFC 3339 with Beijing's offset. What
// the first two state is: this terminal saw a hand sign on its screen then; they
// are not the parties' own keys. The point's may have DSTP_SM2 before ByteRange:
// the PKIX DER of an SM2 key in hex. That key signs (SM2 with SM3, default user
// id, ASN.1) the file up to the end of the point's revision; the signature is
// kept beside the file.
//
// CentreTimeStamp is a DocTimeStamp, ETSI.RFC3161. Its Contents are the
// service's token rebuilt in DER: version 3, the signer's digest algorithm,
// TSTInfo, the certificates of its chain from the signer's up to below the root
// (or the root where it signs itself), and the one SignerInfo without unsigned
// attributes. What of it no signature covers is written one way in the third form:
// digest, ECDSA and SM2 algorithms without parameters, RSA with NULL, RSASSA-PSS
// with its hash, MGF1 of the same and a salt as long; and of the two equal values
// of an ECDSA signature, here and in the seals, the one with the lower half.
package contract
