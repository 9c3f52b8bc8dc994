// Package central is the centre: what laptops send, verified, kept and
// answered for.
//
// It owns the centre's folder, or its database and bucket, and the answers over
// HTTP. It guarantees that
// whatever it acknowledged is durable: changes in the database, synced before
// the answer, and blobs in packs and files, synced before a receipt names them,
// both many to one sync; that the same parcel or chunk sent again changes nothing; that a
// different change under a number that is taken is refused and kept aside;
// that a case counts as received exactly when every blob of its manifest is
// held under its own name; and that no input ends the process. It leaves
// the meaning of changes to package loan and the road to others.
//
// # Contracts
//
// A contract that was received is verified, beside all else: by the authority,
// for its case, and that the device whose chain says so closed it. One that does
// not hold is refused, with its codes, and waits for a person; the case is
// received all the same. Behind one that holds the centre puts its seal with the
// numbers, and where a time stamping service is named, that service's stamp; what
// fails is tried again after a minute, then twice as long, up to six hours. Both
// are kept as the tail alone, in the table contracts, so that the blob stays what
// the laptop sent. States: waiting, received, stamped, plain (nothing can be put
// behind), refused. The service and its roots are in meta, as tsa-url and
// tsa-roots (PEM), and so are tsa-policy, the addresses of lists of revoked
// certificates (tsa-crl-urls, a line each), the lists as they were last had
// (tsa-crls, PEM) and when they are fetched again (tsa-crl-due, Unix seconds): six
// hours later, or ten minutes where one could not be had. The page for checking contracts asks for no certificate, keeps
// nothing, and is for an address of its own.
//
// # Folder
//
//	lock                    held by the process that serves
//	centre.db               SQLite with a write-ahead log; schema.go has the tables
//	keys/authority.pem      key and certificate of the authority; mode 0600
//	keys/recovery-CODE.key  the county's recovery key, PKCS #8 DER; mode 0600. The meta
//	                        table has its public half: another file in its place, or
//	                        none, is damage. Keep a copy where thieves of the centre
//	                        do not look; sync recovery test proves it
//	keys/county-CODE.key    the key that names the county's blobs (seal.Key.Bytes); mode 0600
//	keys/stick-CODE.key     the SM2 key that laptops of that suite seal sticks to, PKCS #8
//	                        DER; mode 0600; made when it is first asked for. The
//	                        others seal to the authority's key
//	packs/N.pack            many whole blobs of at most 1 MiB that came by stream, N
//	                        8 decimal digits. One behind another, in packs of today
//	                        each at a multiple of 4 KiB, with zeros up to the next: "DSB1" |
//	                        hash 32 | size u32 | CRC-32C of the content u32, big endian
//	                        | the content. The table packed says where a blob begins; what
//	                        it does not name was never acknowledged, or came again. "DSB0"
//	                        in place of "DSB1" says that the content was erased. A pack is only
//	                        added to, by the process that made it, up to 256 MiB
//	blobs/HH/HASH           any other whole blob; HASH is its name, HH the first two digits
//	damaged/HASH            one that was found not to be what its name says
//	centre.conf             where the centre is, if not in this folder; see below
//	partial/HASH.SIZE       a blob that is coming: SIZE bytes with each chunk in its
//	                        place, then for each chunk its SHA-256, 32 bytes. A chunk
//	                        is held when both agree; the rest is cut off at the end.
//	                        One of a blob that is held goes at once or, where the
//	                        blob came another way, at the next start
//
// A blob that a stream brings lies in memory while it is small and there is room,
// else in its partial file, where all of it moves at the end and for room; after
// the process was killed what lay in memory is asked for again. A blob that is
// read and found to have another name no longer counts as held.
//
// What is held is read again in the background, once a day at most and faster
// than laptops let go of images (Scrub): a blob that turned bad is asked for in a
// new epoch. How far it came is in the meta table under scrub, as JSON.
//
// After a restore from a backup, said by Restored or found when a laptop shows
// a receipt for more than is held, the centre takes a new id and a new epoch:
// receipts name the epoch, and laptops of another one send again what is
// lacking. Receipt and contract numbers then go on 10,000 further on, for the
// next ones were given to cases that the backup does not know.
//
// What a laptop declares lost of its own chain is written down, and listed,
// until it comes after all: it is taken where it fits the chain around it.
//
// All folders have mode 0700. Blobs are stored as they came: the folder wants
// an encrypted disk.
//
// # Enrolling again
//
// A code may be for one laptop that is known (table codes_again): with it that
// laptop, also one that was revoked, gets another key and certificate and stays
// the same device, so that what waits on it can go. The certificate in the table
// devices is the only one that opens anything; the key before it is kept in
// former_keys, for the checkpoints that were signed by it.
//
// # Several servers
//
// Any number of servers may serve one centre: its tables are then in PostgreSQL,
// its blobs in one bucket of an S3-compatible store, and its keys in one folder
// that all of them mount. A server's own folder has lock, partial and perhaps
// centre.conf, and may be lost.
//
// centre.conf has lines of a name, a blank and a value; a line that begins with
// # is passed over, and files are named from the folder on:
//
//	database URL                  postgres://[USER[:PASSWORD]@]HOST[:PORT]/NAME[?…]
//	database-password-file FILE   else the URL, PGPASSWORD or PGPASSFILE
//	connections N                 to the database, 4 to 200; 16 where it is not said
//	bucket URL                    https://HOST[:PORT]/BUCKET[?region=NAME]
//	bucket-credentials FILE       as AWS's shared credentials; else AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
//	keys FOLDER                   as keys above, and blobs-CODE.key
//
// The first start makes the keys, under a lock of the database; later starts
// only read them. The meta table knows each by what gives nothing away
// (authority: the certificate's fingerprint; check-county-CODE and
// check-blobs-CODE: 16 bytes of the key's name of a fixed text); a server whose
// keys are others, or are gone, refuses to start, and says which.
//
// An object is named COUNTY/HH/HASH. It holds the blob in pieces of 64 KiB, each
// in a box (seal.Key.Seal) under blobs-CODE.key, one behind the other; a box is
// bound to "doorstep object v1 COUNTY HASH N LAST", N its number from 0 on, LAST
// true or false. Whoever finds the bucket learns sizes and times, and nothing
// can be exchanged, moved or cut off without being found.
//
// Where several servers write, names are locked until the transaction ends:
// chain, case, blob, mark of a student, and last author, the centre's own word
// and all news. What is of the desk (codes, roster, devices, bulletins) is under
// a name of its own. A transaction that lost against another is run again. The keys of the advisory locks are the
// first 8 bytes of SHA-256("doorstep lock " | name).
//
// # A forgotten password
//
// A locked laptop shows no certificate, so its request (package seal) is known
// by what it holds: opened with the recovery key, of a device that is enrolled
// and not revoked. It waits in the table recoveries until a person approves or
// refuses it by its code; then its bytes go. What it is for, a forgotten password or
// that a person be let in, and who asked for that, stays in the table recoveries_of and
// stands in the record of the decision. A laptop has one request waiting,
// and twelve in an hour; five wrong codes end one; an approval is given out for
// 30 minutes, and not where the laptop was shut out or the person taken off the
// roster since. Whoever asks for what is not known is told to wait. Logs have ids
// alone.
//
// # Suites
//
// A county chooses the suite of laptops that enrol from now on (serve --suite):
// 2 makes all that such a laptop stores, its chain and its parcels SM2, SM3 and
// SM4. Certificates, TLS, the signature inside a contract's PDF and the centre's
// own signatures stay on P-256: the TLS library and PDF readers know no SM2.
// Laptops of both suites sync with one centre and take one another's changes.
//
// # Sticks
//
// A stick (package stick) is taken beside a running server, by the same path as
// what comes over the network: changes by device and number, blobs by name. So
// what came before, by whatever road, changes nothing. A batch that is not
// whole is refused whole and told of. The answer is written onto the stick,
// sealed to the laptop: own changes it asked for, receipts, news, blobs it
// lacks. Nothing is taken off a stick here but former answers. Of a laptop that was
// shut out nothing is taken, and its answer is the list that says so alone.
//
// # Between two laptops
//
// Messages between laptops wait in the table signals for a minute, and any
// server of the centre finds them: the one that took a message wakes its own
// waiting questions at once, the others look once a second. Who listens is in
// the table listeners for three minutes after its last question. Both hold
// nothing that would be missed. A device may send and ask 30 times at once and
// then twice a second, at each server; 64 messages wait for one device, 8 of one
// sender among them.
//
// The relay joins two connections of one session in one server. The table
// relays says which: a server that is asked for another's session names that
// one's address (serve --own-address), and the laptop goes there. Without the
// address, or where laptops cannot reach a single server, two that came to
// different servers do not meet. When a server ends, so do its relays: laptops
// dial again. A device has four connections to a server's relay, all have 128;
// what is held of one way is 32 KiB.
//
// # The centre's own chain
//
// The centre writes changes like a laptop, under its own device id and the
// operator "centre". Its counters have eras, as a laptop's behind a gap (package
// store): a process begins one, the second of its first change, and so does one
// that opened a connection to a shared database since its last, or finds the chain
// ending before what it saw, so that a centre put back from a backup, also beneath
// servers that go on, uses none again that laptops know. When a finished case is whole it writes one of kind
// receive: receipt number HZ | county 6 | year 4 | number 11 digits; contract
// number county 6 | year 4 | number 11 digits, kept when the case is finished
// again after a correction; check code 6 random digits. The year is the
// application's academic year. The number is the one behind the last of its county
// and year, or the milliseconds since the beginning of the year before, whichever is
// more: so that also a centre that was put back from a backup, and was not told, gives
// none again, as long as its clock is not put back with it. Numbers of earlier programs
// have 6 digits and count from one; they stay as they are. A person's word, "sync case return" and "sync case
// accept", is written as return and accept, in the name of the reviewer where one
// is given, a return with the field that a code is about where one was named
// ("fields", left out without one; a program from before it sets such a return aside); "sync case withdraw-consent" as consent, in the name of who heard it.
// Such changes go as news to every laptop that wrote to the case, and
// so do the changes of one laptop to the others that work on it. A return, an
// acceptance or a receipt in a laptop's chain is kept and does not count.
//
// What is done at the centre is in that chain too, of no case, so that it goes down
// to nobody: of each copy that leaves, a change of kind export in the operator's
// name, whose detail is "export GRANT copy N of case ID to FINGERPRINT RECIPIENT",
// as the table released has it. The chain's end after each of these is signed by the
// authority (parcel.Prove, in the table checkpoints). "sync verify" reads the chain,
// the signatures and the table against one another. Exports that an earlier program
// wrote into the table alone came into the chain at the first start of this one.
//
// # One student at two desks
//
// Of each case the table marks holds the keyed name (package seal) of the
// student's ID number, under the county's key's derivation "doorstep person v1",
// of "id " and the number; and of "phone " and the phone. Cases of one school year
// with one mark, neither of them alone a supplement, are of one student: a change
// of kind notice tells each laptop of the others, and a later one that it is no
// longer so. All numbers that stand count where two desks set different ones; a
// void case has a mark of sort void alone, by which it is known that it was begun anew.
// Co-borrowers' phones have marks of sort cophone, hashed as students' are. Nothing is
// merged. Counties share no key, so that across
// them nobody is found.
//
// # Officers
//
// The table officers has, for people of the roster who act at the centre, what is
// kept of their passwords: Argon2id in its usual form (seal.Verifier), wrong ones in
// a row and until when they are locked. At a centre of real people every verb that
// acts goes through Acting: the person signs in, the table of permissions is asked
// with the case where there is one, and the chain says so before it is done, in a
// change of kind view with the detail "act: VERB"; "refused act:" and "failed act:"
// say the rest, and kind signin of a password that was wrong. A try counts as wrong
// before it is looked at. Until the first officer is made, who administers the
// machine puts people on the roster, makes that officer and has a first enrolment code
// written, and the chain says so in the name of "centre"; so it does of one made later
// without another ("unproven"). A centre for practice asks nobody: "unproven act:".
// A try to sign in by an id that never stood on the roster is noted under "unknown", ten
// in an hour; how many more there were is in the meta table under unknown-tries, as JSON,
// until the next line or signing in tells of them.
// The table officers_lent names those whose password another set, and who that was,
// "centre" for whoever administers the machine: within a day of officers' time nothing is
// done by it but to set one of one's own, which ends it. The table officers_loans keeps
// how often and when it was used, and when it was changed; the chain says so too, and
// "record odd" counts what was given and what was used before its owner set his own.
// Passwords of before there was the first table count as their owners'.
//
// # Reviews
//
// A whole case is received where whoever its standing review is of is a reviewer of the
// roster, also one who was taken off it, or was one before his roles were changed: the
// table reviewers_was has those. The table unreviewed names the cases that are whole and
// set aside for it; they are looked at again with each change of theirs, and when that
// person is put on the roster as a reviewer. A centre for practice takes every review. Of
// receive, accept, return and notice nothing counts, or goes down to other laptops, that
// is not in a chain of this centre's own.
//
// # Words on a case
//
// Who granted a case, or reviewed an emergency in it, here or at a laptop, does not decide
// on it. The table words has the case and the approver of each grant that names cases and
// was made here, also of one that was taken back since; for each answer by telephone here,
// and by a code at a laptop (package guard), used or not, the end of the case's id in
// hexadecimal in the case's place. The other words are read from the tables answered,
// where kind is grant or export, and emergency_reviews, the grants that stand, and the
// looks of the case.
// A centre for practice does not ask.
//
// # The record of all laptops
//
// The chains that laptops sent are the record of what was looked at, revealed,
// printed, exported and changed there. "sync record" folds them into the lines of
// package guard, as a laptop does its own, with the centre's chain among them: for an
// auditor of the roster, as far as the laptops lie in his organisation; the centre's
// own is the county's. Each look is an act as above, whose detail names ids alone:
// "record list|odd|verify|export", then operator=, device=, case=, kind=, from= and
// to=, "of who saw" where nothing else was sought, and "of one person" where a number was
// given, which is kept nowhere; "record of one person: N cases" has the ids of the first 20. Nothing is kept for it: changes are read
// a thousand at a time in the order of chains, or by their case. "odd" and "verify" also
// tell of changes of kind restore, and of parcels in the table refused for the reason
// "clone", settled or not: of which laptop, and when.
//
// A report is UTF-8, comma-separated, as a laptop's (package desk): a head with the
// centre, the auditor and the time; what the chains prove and their number; the names
// of columns; a line for each, chain by chain, when by the clock of Beijing (时间), who it
// was by name and account (操作员), what it tells (事项), of which fields (栏目) and what
// it says besides (备注) in the words of the screen and last (时间代码 in UTC, 序号 behind
// a "#", 事项代码, 栏目代码, 备注代码, 操作员代码) as its chain has them; the number of lines; and "签名," with
// the authority's signature (context "doorstep centre record report 1") over the
// SHA-256 of all bytes before it. A change of kind export says that it left.
//
// # Emergencies
//
// A look whose detail is "glass ID" (package guard) is of an emergency at a laptop:
// it is in the table emergencies, and each review in emergency_reviews, n 1 of the
// first that is known here, which counts. One that a laptop tells of counts where its
// author stands one level above who used it and is another. One made here is in the
// centre's chain as "glass ID of OPERATOR reviewed: WORD at DEVICE of case CASE", and
// goes down in the bulletin reviews.
//
// # Erased at a person's wish
//
// A change of kind erase and rule "request" in a laptop's chain is the wish that
// its cases be erased here too. It is granted where its operator is a data
// administrator of the roster in whose organisation the case lies, the laptop
// works on the case, the case is void, and no contract of it was ever sealed. Of a
// case that was erased before it was sent the heads come before the wish; a wish of
// which nothing came erases nothing. Any other is in the table erase_refused with the reason; one
// whose case is not void waits there until it is. "sync case erase" is the same at
// the centre.
//
// In one transaction the bodies of all changes of the case go, but for looks in which
// nothing of the case stands, and their headers
// stay, so that every chain verifies; its needs, marks, numbers and the tail of its
// contract go; and the table erased gets the tombstone: case, device, operator,
// reason, time. A change of the centre's own of kind erase, which names the case, is
// the only news of the case from then on: laptops that wrote to it, or to which it
// was passed on, erase theirs. Its seen are the last changes of each chain that were
// here: a laptop with work beyond them, or a sealed contract, keeps its copy. A look
// whose reason has a value of the case is in the centre's chain as a view of no case,
// "look at erased case CASE KIND OPERATOR TIME DETAIL", without the value. What comes of the case afterwards by any road loses
// its body as it is taken in, and who sent it gets that news. But a seal that comes,
// and work of another laptop on a case of which only the wishing laptop's own changes
// were here, take the tombstone away: what comes is kept, and the wish is among those
// that were refused.
//
// The names of its blobs are in the table erased_blobs with waits 1, until each is
// looked at under its lock: one that another case needs, or a case that is not
// finished names, stays and its name leaves the table. Any other is not held any
// more, and the table wiping has where it lies; when that is durable its content is
// taken away, in a pack by zeros over it, and waits becomes 0. Who records a blob of
// such a name has it looked at again. Before the content goes, what was being taken in
// of each chain is waited for, and a blob that a case came to name is held again. Afterwards the heads in all packs are read for
// copies of such names that packed does not name, which go too; the meta table has
// under packs-due an id for the newest name that went, and under packs-looked that id
// as it was when the packs were read, and up to which pack; newer ones are read at
// each start. Half a blob of such a name never moves from memory to a file. The embedded database overwrites what it
// deletes (secure_delete) and its log is cut off behind an erasing.
//
// A centre that gets a new id, or starts and has not said so under the one it has,
// writes the change again for each tombstone: laptops take it from no other.
//
// A backup of the centre has what was erased since. After a restore laptops send
// what the backup lacks, the wishes among it, and these are granted anew.
//
// # What goes down
//
// The table bulletins holds the newest version of each bulletin (package
// bulletin), signed by the authority's key. Laptops are told of them with the
// county and fetch what they lack.
//
// The table answers_back holds the answers to requests, and the takings back of grants,
// that laptops told of and that took no effect here, of each person to each request the
// last, for two weeks; it goes down in the bulletin answers, and on every stick. A look
// whose detail is "grant taken back GRANT for OPERATOR at DEVICE", with or without
// ", case TAG" behind it (package guard), takes that grant out of force where its author
// stands one level above the operator, also one that never went down, and declines the
// request where it waits; it is in the table answered under the kind taken-back.
//
// The table pleas_over names the requests that came up and whose 72 hours are over, by
// laptop and code alone: no answer is given to one of them.
package central
