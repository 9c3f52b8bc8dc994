// Package depot starts, for tests, what a centre of several servers stands on:
// a real PostgreSQL out of Debian's package and a real S3 server, versitygw,
// built from its pinned source.
//
// Both run from the first use to the end of the test process, on a socket and a
// loopback port of their own, with their files in a temporary folder and with
// every write synced; each test gets a database and a bucket of its own. Where
// one of them cannot be had, the error says why, for the test to skip with. On
// Linux they end with the process that started them, however it ends.
package depot
