// Package seal is all the cryptography of Doorstep.
//
// It owns keys, sealed boxes, keyed names, signatures, the key file that an
// operator's password opens, the wrap to a county's recovery key, the centre's
// certificates, the TLS settings of both sides, the text of an enrolment code,
// and how a forgotten password is asked for and approved. It guarantees that a box opens only whole, only under its key and only
// for the purpose it was sealed for, and that nothing here writes a secret
// anywhere. It leaves files, who may do what, and when a key is wiped to its
// callers. It alone imports Argon2 and the Chinese national algorithms.
//
// What is sealed is chosen by a Suite, whose byte stands in front of every box:
// 1 is AES-256-GCM, SHA-256, ECDSA and ECDH on P-256; 2 is SM4-GCM (the key is
// the first 16 bytes of the 32), SM3, SM2. Neither is a certified module.
//
// # Passwords
//
// A password opens a slot; the slot opens the data key; everything else is
// derived from that. Each slot has the cost it was made with, so that a file
// made on a fast machine opens on a slow one, and a password that is set raises
// the cost to what its machine bears, never lowering it. The mac covers every
// cost: a cheaper one put into the file opens nothing.
//
// To change a password makes a new slot; the data key stays, for a new one
// would mean to seal gigabytes again. So whoever kept a former key file and
// knows the password it had holds the data key, and with it every later copy of
// the database: no program can take that back. What is promised is that the
// program refuses the former file (package store keeps, sealed, the hash of the
// one in force) and with it the old password, at this laptop. When a password
// and a copy of the key file may both be in foreign hands, sync what there is,
// have the laptop revoked, and enrol it anew: that makes a new data key.
//
// # Recovery
//
// The data key is also wrapped to the county's recovery key. An operator who
// forgot the password makes a request; a person at the centre compares its code
// by telephone and approves; the approval opens at the one process that asked,
// for the one operator, once. Only the centre's recovery key opens the wrap,
// and only the reply key, which is in memory alone, the approval. The code is
// slow to make, so that nobody finds another request with the same digits. That
// the person on the telephone is who they say is for people to make sure of.
//
// # Wiping
//
// Keys, derived passwords and opened boxes are byte arrays and are cleared when
// done with. Go may have moved a copy meanwhile, and keeps private keys of
// signatures where they cannot be reached: a process that must hold nothing
// ends.
//
// # Formats
//
// Integers are big endian; | joins.
//
// Key: suite 1 | secret 32.
//
// Box: suite 1 | random nonce 12 | ciphertext | tag 16. The additional data is
// the caller's.
//
// Agreed key: HKDF(hash of the suite, x of the point that the two share, salt =
// both public points, the lesser first, info = "doorstep agreed 1" | 0 | label).
//
// Answer: the first 10 bytes of HMAC(derived key "doorstep answer 1", message).
//
// Spoken code: Crockford's base32 of the bytes and of the first 10 bits of
// hash("doorstep spoken 1" | 0 | bytes), in groups of four.
//
// Derived key: HKDF(hash of the suite, secret, no salt, info = label), 32
// bytes, of the same suite.
//
// Keyed name: HMAC(hash of the suite) of the content under the key derived
// with the label "doorstep name v1".
//
// Signature: of the bytes "DSS" | length of context u8 | context | message, as
// ASN.1 (r, s): ECDSA over their SHA-256, or SM2 with the default user id.
//
// Box to a public key: suite 1 | ephemeral point 65, uncompressed | box. The
// inner box's key is HKDF(hash, ECDH secret, salt = ephemeral point | the
// recipient's point, info = "doorstep wrap v1").
//
// Key file: one JSON object and a line feed, with the members, in this order:
// format "doorstep keyfile"; version 1; suite; id, 16 bytes in hex; time,
// memory_kib, threads: the Argon2id cost of new slots; slots, an array of
// {operator, name (left out when empty), time, memory_kib, threads, salt 16,
// box}; recovery, an array of {key (PKIX DER), box}; mac, in hex. Bytes are
// base64. A slot's box holds the data key under Argon2id(password, salt, cost),
// additional data "doorstep slot v1" 0 | id | operator. A recovery's box is a
// box to a public key with the data key, additional data
// "doorstep recovery v2" 0 | id | device 16. The mac is HMAC, under the data key's
// derivation "doorstep keyfile mac v1", of the same object without mac.
//
// Recovery request, of a locked laptop, or of an open one for a person who is to be
// let in there: "DSF2" | box to the county's recovery
// key, additional data "doorstep recovery request 2", of: id 16 | device 16 |
// key file 16 | unix ms i64 | n u8, operator | n u16, reply key (PKIX DER) |
// n u16, the recovery's box out of the key file | n u8, who asks that the operator be
// let in, empty of a forgotten password. At most 2048 bytes. The form before, "DSF1"
// and "… request 1", ends with the box and says neither; it is read.
//
// Recovery code: Argon2id (t=3, 64 MiB, p=2, 32 bytes, salt
// "doorstep recovery code 1") of the request's SHA-256, its first 8 bytes modulo 10^10, as ten digits.
//
// Recovery approval, of the centre: "DSG1" | suite 1 | SHA-256 of the request's
// bytes 32 | n u16, box | n u16, signature of all in front of its own length by
// the centre's key, context "doorstep approval 1". The box is to the reply key,
// additional data "doorstep recovery approval 1" 0 | SHA-256 of the request, of:
// id 16 | device 16 | key file 16 | issued unix ms i64 | expires unix ms i64 |
// n u8, operator | data key 33. At most 2048 bytes.
//
// Signer: PKCS #8 DER. Public key: PKIX DER. Authority: PEM blocks PRIVATE KEY
// (PKCS #8) and CERTIFICATE.
//
// Enrolment code: "DS1-" code "-" fingerprint check, in Crockford's base 32:
// code is 80 random bits (16 symbols), fingerprint the first 128 bits of the
// SHA-256 of the authority's certificate (26 symbols), check the first 2
// symbols of the SHA-256 of code "-" fingerprint.
//
// # Neighbours
//
// Laptops of one county in one room know one another in three steps, each with
// a key that strangers have not. Two keys are derived from the county's, with
// the labels "doorstep neighbour knock v1" and "doorstep neighbour announce v1".
//
// Announcement: "DSA1" | box under the second key, additional data "DSA1"; at
// most 512 bytes. What is in it is package neighbour's.
//
// Knock, over TCP before TLS: who answers sends 32 random bytes; who dialled
// sends their keyed name under the first key. Only then do both show their
// device certificates, in TLS 1.3 with the protocol "doorstep-neighbour/1".
//
// Connection code: "DN1" and, in groups of five behind "-", in Crockford's base
// 32: address 4 or 16 | port u16 | the first 6 bytes of the SHA-256 of the
// laptop's certificate | the first byte of the SHA-256 of all before it.
package seal
