// Package seal is all the cryptography of Doorstep.
//
// It owns keys, sealed boxes, keyed names, signatures, the key file that an
// operator's password opens, the wrap to a county's recovery key, the centre's
// certificates, the TLS settings of both sides, and the text of an enrolment
// code. It guarantees that a box opens only whole, only under its key and only
// for the purpose it was sealed for, and that nothing here writes a secret
// anywhere. It leaves files, who may do what, and when a key is wiped to its
// callers. It alone imports Argon2 and the Chinese national algorithms.
//
// What is sealed is chosen by a Suite, whose byte stands in front of every box:
// 1 is AES-256-GCM, SHA-256, ECDSA and ECDH on P-256; 2 is SM4-GCM (the key is
// the first 16 bytes of the 32), SM3, SM2. Neither is a certified module.
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
// "doorstep recovery v1" 0 | id. The mac is HMAC, under the data key's
// derivation "doorstep keyfile mac v1", of the same object without mac.
//
// Signer: PKCS #8 DER. Public key: PKIX DER. Authority: PEM blocks PRIVATE KEY
// (PKCS #8) and CERTIFICATE.
//
// Enrolment code: "DS1-" code "-" fingerprint check, in Crockford's base 32:
// code is 80 random bits (16 symbols), fingerprint the first 128 bits of the
// SHA-256 of the authority's certificate (26 symbols), check the first 2
// symbols of the SHA-256 of code "-" fingerprint.
package seal
