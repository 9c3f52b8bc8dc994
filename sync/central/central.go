package central

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Options say where a centre lives and, at its first start, whose it is.
type Options struct {
	Dir string
	Now func() time.Time // nil: the system's clock
	Log *slog.Logger     // nil: nothing is logged

	// County and CountyName are taken at the first start; later they may be
	// empty, or must be the same.
	County, CountyName string
	// Practice makes a county of made-up people, with its roster.
	Practice bool

	// Suite is of the laptops that enrol from now on; 0 leaves it as it is, at
	// the first start International. It also is of the keys made at the first
	// start.
	Suite seal.Suite

	// Beside opens what another process serves: to look, and to add codes and
	// operators. The folder must exist.
	Beside bool

	// Address is where laptops reach this very server, where a centre has
	// several behind one name: two that meet at its relay are sent there. It
	// may be empty with one server.
	Address string
	// ICE are the county's STUN and TURN servers; laptops ask no others.
	ICE []parcel.ICEServer
	// Place is for a centre of several servers; Dir then holds what is on its
	// way alone, and may be lost.
	Place Place
}

// Central is the centre's store and its answers to laptops.
type Central struct {
	dir       string
	now       func() time.Time
	log       *slog.Logger
	db        *sql.DB
	lockFile  *os.File
	authority *seal.Authority
	self      atomic.Pointer[identity]
	shared    bool // several servers, one database and bucket
	keysDir   string
	commits   writer
	blobs     *folder // what is coming, and of a centre of one server what is whole
	shelf     shelf   // what is whole
	arrivals  *arrivals
	keeper    *keeper
	recent    *recent
	stampRoom atomic.Int64 // that the stamping service's answers need; 0: not known yet
	lanes     *lanes
	running   sync.WaitGroup // of what outlives the request that began it
	keysMu    sync.Mutex
	keys      map[string]*seal.Key
	parcels   chan struct{} // bounds the parcels opened at once
	large     chan struct{} // bounds the large requests in streams
	unpackers chan *parcel.Unpacker
	requests  chan struct{} // bounds the requests answered at once
	strangers chan struct{} // and among them those of nobody known
	metrics   *metrics
	health    health
	board     *switchboard
	address   string
	server    string // a name of this process, for laptops to tell servers apart
	ice       []parcel.ICEServer
	sightings sightings
	mark      countyMark
	authored  struct { // the end of the centre's chain, as it was last seen
		sync.Mutex
		through uint64 // 0 before the first
		opened  int64  // connections to the database until then
	}
	opened atomic.Int64 // connections to a shared database, ever

	contractsDue chan struct{} // told of contracts that were received
	eraseDue     chan struct{} // told of blobs that are to go
	cheap        bool          // passwords of officers cost nothing to guess: for tests
}

// Open opens the centre's folder, and makes it at the first start. It fails
// with fault.Busy when another process serves it, fault.Input when the options
// do not fit what is there, fault.Damaged or fault.Newer when it cannot be read.
func Open(ctx context.Context, o Options) (*Central, error) {
	const op = "central.Open"
	c := &Central{dir: o.Dir, now: o.Now, log: o.Log, keys: map[string]*seal.Key{},
		arrivals: newArrivals(), recent: newRecent(), lanes: newLanes(), metrics: newMetrics(),
		parcels: make(chan struct{}, 8), large: make(chan struct{}, 8), unpackers: make(chan *parcel.Unpacker, unpacking), requests: make(chan struct{}, 512),
		contractsDue: make(chan struct{}, 1), eraseDue: make(chan struct{}, 1),
		strangers: make(chan struct{}, maxStrangers), board: newSwitchboard(), address: o.Address, server: rand.Text(), ice: o.ICE}
	for range unpacking {
		c.unpackers <- &parcel.Unpacker{}
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if o.Dir == "" {
		return nil, fault.New(op, fault.Input, errors.New("no folder given"))
	}
	var err error
	if o.Place, err = o.Place.complete(o.Dir); err != nil {
		return nil, fault.Wrap(op, err)
	}
	c.shared, c.keysDir = o.Place.Database != "", o.Place.Keys
	if c.keysDir == "" {
		c.keysDir = c.path("keys")
	}
	if o.Beside && !c.shared {
		if _, err := os.Stat(filepath.Join(o.Dir, "centre.db")); err != nil {
			return nil, fault.New(op, fault.Missing, errors.New("no centre in this folder"))
		}
	}
	if err := c.open(ctx, o); err != nil {
		c.shut()
		return nil, fault.Wrap(op, err)
	}
	return c, nil
}

func (c *Central) open(ctx context.Context, o Options) (err error) {
	if !o.Beside {
		if err := c.openFolder(o.Dir); err != nil {
			return err
		}
	}
	if c.shared {
		c.blobs = newFolder(o.Dir, nil)
		if c.db, err = openPostgres(ctx, o.Place.Database, o.Place.PasswordFile, o.Place.Connections, &c.opened); err != nil {
			return err
		}
		c.commits = measured{newTransactor(c.db, o.Place.Connections, c.metrics.failed), c.metrics}
	} else {
		if c.authority, err = loadAuthority(c.keyFile("authority.pem"), c.now(), o.Beside); err != nil {
			return err
		}
		if c.db, err = openDB(ctx, o.Dir); err != nil {
			return err
		}
		c.blobs = newFolder(o.Dir, c.db)
		c.blobs.packs = newPacks(o.Dir, c.arrivals.rooms.give)
		c.commits, c.shelf = measured{newCommitter(c.db), c.metrics}, c.blobs
	}
	c.keeper = newKeeper(c)
	err = c.commits.do(ctx, func(ctx context.Context, tx *sql.Tx) error { return c.admit(ctx, tx, o) })
	if err != nil || o.Beside {
		return err
	}
	if err := c.markAll(ctx); err != nil {
		return err
	}
	if err := c.settlePleas(ctx); err != nil { // the next word tries again
		c.log.Error("requests for grants wait", "error", err.Error())
	}
	if err := c.chainReleased(ctx); err != nil {
		return err
	}
	if err := c.readGlass(ctx); err != nil {
		return err
	}
	if err := c.commits.do(ctx, c.retellErased); err != nil {
		return err
	}
	if err := c.sweep(ctx); err != nil {
		c.log.Warn("what is left of whole blobs was not swept", "error", err.Error())
	}
	return c.makeRecoveryKey(ctx)
}

// openFolder makes the folder and holds it against other processes.
func (c *Central) openFolder(dir string) (err error) {
	dirs := []string{dir, c.path("partial")}
	if !c.shared {
		dirs = append(dirs, c.path("blobs"))
	}
	if _, err := os.Stat(c.keysDir); err != nil {
		dirs = append(dirs, c.keysDir)
	}
	if err := makeDirs(dirs...); err != nil {
		return err
	}
	if c.lockFile, err = lockFile(c.path("lock")); err != nil || c.shared {
		return err
	}
	return c.nothingLost()
}

// admit learns who the centre is, makes it at the first start, and compares
// what is here with it.
func (c *Central) admit(ctx context.Context, tx *sql.Tx, o Options) error {
	if err := c.lock(ctx, tx, lockStart); err != nil {
		return err
	}
	if err := c.admitAuthority(ctx, tx, o.Beside); err != nil {
		return err
	}
	is, err := readIdentity(ctx, tx)
	if err != nil {
		return err
	}
	c.self.Store(is)
	if !o.Beside {
		if err := setSuite(ctx, tx, o.Suite); err != nil {
			return err
		}
		if err := c.ensureCounty(ctx, tx, o); err != nil {
			return err
		}
	}
	return c.admitCounty(ctx, tx, o)
}

// nothingLost is fault.Damaged where a file is gone that an earlier start made:
// a new one in its place would shut every laptop out without a word. The first
// start makes the authority, then the database, then the county's key.
func (c *Central) nothingLost() error {
	const op = "central.nothingLost"
	_, err := os.Stat(c.keyFile("authority.pem"))
	authority := err == nil
	counties, err := os.ReadDir(c.keysDir)
	if err != nil {
		return diskFault(op, err)
	}
	made := slices.ContainsFunc(counties, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "county-") })
	db, _ := os.Stat(c.path("centre.db"))
	switch {
	case db != nil && db.Size() > 0 && !authority:
		return fault.New(op, fault.Damaged, errors.New("keys/authority.pem is gone; put it back from a backup"))
	case (db == nil || db.Size() == 0) && made:
		return fault.New(op, fault.Damaged, errors.New("centre.db is gone; put it back from a backup and say sync restored"))
	}
	return nil
}

func (c *Central) path(parts ...string) string {
	return filepath.Join(append([]string{c.dir}, parts...)...)
}

// Close waits for what is being committed, and lets the folder go.
func (c *Central) Close() error {
	return c.shut()
}

func (c *Central) shut() error {
	c.lanes.end()
	c.running.Wait()
	if c.keeper != nil {
		c.spillAll()
		c.keeper.close()
	}
	c.board.close()
	if c.commits != nil {
		c.commits.close()
	}
	if c.shelf != nil && c.shared {
		c.shelf.close()
	}
	if c.blobs != nil {
		c.blobs.close()
	}
	for _, k := range c.keys {
		k.Wipe()
	}
	var err error
	if c.db != nil {
		err = diskFault("central.Close", c.db.Close())
	}
	if c.lockFile != nil {
		c.lockFile.Close()
	}
	return err
}

// Shared says that several servers may serve this centre.
func (c *Central) Shared() bool { return c.shared }

// ID is the centre's id in its own chain.
func (c *Central) ID() uuid.UUID { return c.is().centre }

// Epoch changes when the centre was restored from a backup.
func (c *Central) Epoch() uuid.UUID { return c.is().epoch }

// Authority is the centre's certificate authority; its key also signs
// receipts and news.
func (c *Central) Authority() *seal.Authority { return c.authority }

// TLSConfig is the server's side of TLS, with a certificate made now for the
// hosts given.
func (c *Central) TLSConfig(hosts []string) (*tls.Config, error) {
	const op = "central.TLSConfig"
	key, err := seal.NewSigner()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	der, err := c.authority.Issue(key.Public(), seal.Server, "doorstep centre", hosts, 5*365*24*time.Hour, c.now())
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	return seal.ServerTLS(c.authority.Chain(der, key), c.authority.Cert()), nil
}

func loadAuthority(path string, now time.Time, mustExist bool) (*seal.Authority, error) {
	const op = "central.loadAuthority"
	b, err := readSmall(path)
	if err == nil {
		defer seal.Wipe(b)
		a, err := seal.ParseAuthority(b)
		return a, fault.Wrap(op, err)
	}
	if fault.KindOf(err) != fault.Missing || mustExist {
		return nil, fault.Wrap(op, err)
	}
	a, err := seal.NewAuthority("doorstep centre", 20*365*24*time.Hour, now)
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	b, err = a.Marshal()
	if err != nil {
		return nil, fault.Wrap(op, err)
	}
	defer seal.Wipe(b)
	return a, fault.Wrap(op, WriteFile(path, b))
}
