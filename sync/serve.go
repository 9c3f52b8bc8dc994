package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/central"
	"doorstep/sync/parcel"
)

// grace is how long the end waits for what is under way.
const grace = 10 * time.Second

func serve(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("serve", "take in what laptops send, until SIGINT or SIGTERM.\n"+
		"When it listens it prints one line: listening on https://HOST:PORT", errs)
	listen := f.String("listen", "", "address to listen on, HOST:PORT; port 0 takes a free one")
	data := f.String("data", "", "folder of the centre; made at the first start")
	codeFile := f.String("code-file", "", "write a fresh enrolment code, good for one laptop, into this file")
	addressFile := f.String("address-file", "", "write the server's URL into this file once it listens")
	practice := f.Bool("practice", false, "a county of made-up people, with its roster; so is a first start that names no county")
	county := f.String("county", "", "six digits of the county, at the first start; without it the centre is one for practice")
	name := f.String("county-name", "", "name of the county; with --county")
	suite := f.String("suite", "", "algorithms of the laptops that enrol from now on: international (AES, SHA-256, P-256) or\nnational (SM4, SM3, SM2); kept, and international at the first start")
	host := f.String("host", "", "name under which laptops reach the server, where it is not that of --listen")
	own := f.String("own-address", "", "https://HOST:PORT of this very server, where laptops reach several behind one name;\nlaptops that meet at its relay are sent there")
	ice := f.String("ice", "", "file with the county's STUN and TURN servers, with which laptops look for a direct way:\n[{\"url\": \"stun:HOST:PORT\"}, {\"url\": \"turn:HOST:PORT\", \"username\": …, \"credential\": …}]")
	verbose := f.Bool("verbose", false, "log every request, not only what goes wrong")
	format := f.String("log", "text", "form of the log on standard error: text, or json; it holds ids and no person's data")
	metrics := f.String("metrics", "", "address, HOST:PORT, for /metrics (Prometheus) and /healthz, without TLS; keep it to the machine or the operators' network")
	drain := f.Duration("drain", 0, "time between saying not ready on /healthz and closing, for a balancer to notice; 5s behind one")
	sessions := f.Int("sessions", 4096, "connections of laptops at once, at most; those past it are closed, and come again.\nA laptop has three and more while it sends, two of them in any case and twelve at most, eight more for a\nmoment after a break, and each takes a place among the files that the system lets the\nserver open")
	scrub := f.Int("scrub", 60, "megabytes of what is held that are read again each minute, once a day at most, and compared with their\nnames: what turned bad is asked for again. 0 is never. Laptops keep images for 7 days after the receipt:\na pass over everything is to take less")
	tsa := f.String("tsa", "", "URL of a time stamping service (RFC 3161), which gets hashes of contracts and stamps them; kept,\nfor all servers; none ends it")
	tsaPolicy := f.String("tsa-policy", "", "policy by which the service is to stamp, such as 1.2.3.4; kept;\nnone ends it")
	tsaCRL := f.String("tsa-crl", "", "lists of revoked certificates of the service and of those above it, with commas between:\nfiles (DER or PEM), read now, and URLs, fetched every six hours; kept; none ends it")
	tsaRoots := f.String("tsa-roots", "", "file with the root certificates, in PEM, that its stamps must lead to; with --tsa")
	page := f.String("page", "", "address, HOST:PORT, of the page on which anybody may check a contract; over TLS, without a\nclient's certificate")
	place := placeFlags(f)
	if err := parse(f, args, out, "listen", "data"); err != nil {
		return err
	}
	// What laptops send passes through small pieces of memory that are used again:
	// little is to be swept, and a small centre stays small.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
	}
	chosen, err := suiteOf(*suite)
	if err != nil {
		return err
	}
	servers, err := iceServers(*ice)
	if err != nil {
		return err
	}
	if *sessions < 1 {
		return fault.New("sync.serve", fault.Input, errors.New("--sessions is 1 or more"))
	}
	log, err := logger(errs, *format, *verbose)
	if err != nil {
		return err
	}
	c, err := central.Open(ctx, central.Options{Dir: *data, Log: log, Practice: *practice, County: *county, CountyName: *name, Suite: chosen, Place: *place,
		Address: *own, ICE: servers})
	if err != nil {
		return err
	}
	defer func() {
		if err := c.Close(); err != nil {
			log.Error("close", "error", err.Error())
		}
	}()
	if *codeFile != "" { // before the port answers: who meets the server has its code
		if err := firstCode(ctx, c, *codeFile, log); err != nil {
			return err
		}
	}
	l, err := listenOn(ctx, *listen)
	if err != nil {
		return err
	}
	defer l.Close()
	url := "https://" + reachable(l.Addr(), *listen)
	srv, err := c.Server(hosts(*listen, *host))
	if err != nil {
		return err
	}
	if *addressFile != "" {
		if err := central.WriteFile(*addressFile, []byte(url+"\n")); err != nil {
			return err
		}
	}
	defer background(ctx, func(ctx context.Context) {
		if *scrub > 0 {
			c.Scrub(ctx, int64(*scrub)<<20)
		}
	})()
	if err := stampingFlags(ctx, c, *tsa, *tsaRoots); err != nil {
		return err
	}
	if err := revocationFlags(ctx, c, *tsaCRL, *tsaPolicy); err != nil {
		return err
	}
	defer background(ctx, c.KeepContracts)()
	defer background(ctx, c.KeepErased)()
	if *page != "" {
		end, at, err := checks(ctx, c, *page, *host)
		if err != nil {
			return err
		}
		defer end()
		log.Info("page", "address", at)
	}
	if *metrics != "" {
		end, err := operations(ctx, c, *metrics, log)
		if err != nil {
			return err
		}
		defer end()
	}
	closing := func() {
		log.Info("closing")
		c.Drain()
		time.Sleep(*drain)
	}
	return serveUntilDone(ctx, srv, central.Sessions(l, *sessions), func() { fmt.Fprintln(out, "listening on", url) }, closing)
}

// background runs do until end, which waits for it.
func background(ctx context.Context, do func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); do(ctx) }()
	return func() { cancel(); <-done }
}

// placeFlags are the flags of a centre that several servers serve. Passwords
// are in files or the environment, where other users cannot read them.
func placeFlags(f *flag.FlagSet) *central.Place {
	p := placeGiven()
	f.StringVar(&p.Database, "database", p.Database, "postgres://[USER@]HOST/NAME of a database that several servers share; what it leaves out comes from\nPGPASSWORD, PGPASSFILE and so on; with --bucket and --keys. Also DOORSTEP_DATABASE, or centre.conf in the folder")
	f.StringVar(&p.PasswordFile, "database-password-file", p.PasswordFile, "file with the database's password")
	f.IntVar(&p.Connections, "database-connections", 0, "connections to the database, at most; 16 where none is given")
	f.StringVar(&p.Bucket, "bucket", p.Bucket, "https://HOST/BUCKET?region=NAME of an S3-compatible store. Also DOORSTEP_BUCKET")
	f.StringVar(&p.CredentialsFile, "bucket-credentials", p.CredentialsFile, "file with the store's keys, in the form of AWS's shared credentials; without it AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	f.StringVar(&p.Keys, "keys", p.Keys, "folder of the centre's keys, the same for all servers: the first start makes them, later ones only read. Also DOORSTEP_KEYS")
	return &p
}

// placeGiven is the place that the environment names.
func placeGiven() central.Place {
	return central.Place{Database: os.Getenv("DOORSTEP_DATABASE"), PasswordFile: os.Getenv("DOORSTEP_DATABASE_PASSWORD_FILE"),
		Bucket: os.Getenv("DOORSTEP_BUCKET"), CredentialsFile: os.Getenv("DOORSTEP_BUCKET_CREDENTIALS"), Keys: os.Getenv("DOORSTEP_KEYS")}
}

func logger(errs io.Writer, format string, verbose bool) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if verbose {
		o.Level = slog.LevelDebug
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(errs, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(errs, o)), nil
	}
	return nil, fault.New("sync.serve", fault.Input, errors.New("--log is text or json"))
}

// operations serves what watches the server, on an address of its own, until
// end is called.
func operations(ctx context.Context, c *central.Central, addr string, log *slog.Logger) (end func(), err error) {
	l, err := listenOn(ctx, addr)
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: c.Operations(), ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	done := make(chan struct{})
	go func() { defer close(done); srv.Serve(l) }()
	log.Info("metrics", "address", l.Addr().String())
	return func() { srv.Close(); <-done }, nil
}

func iceServers(file string) ([]parcel.ICEServer, error) {
	const op = "sync.ice"
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.New(op, fault.Input, errors.New("--ice cannot be read"))
	}
	out, err := parcel.ParseICE(string(b))
	return out, fault.Wrap(op, err)
}

func suiteOf(name string) (seal.Suite, error) {
	switch name {
	case "":
		return 0, nil
	case "international":
		return seal.International, nil
	case "national":
		return seal.National, nil
	}
	return 0, fault.New("sync.serve", fault.Input, errors.New("--suite is international or national"))
}

// serveUntilDone serves until ctx ends; then closing is called, and what is
// under way is finished.
func serveUntilDone(ctx context.Context, srv *http.Server, l net.Listener, ready, closing func()) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.ServeTLS(l, "", "") }()
	ready()
	select {
	case err := <-failed:
		return fault.New("sync.serve", fault.Other, err)
	case <-ctx.Done():
	}
	closing()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := srv.Shutdown(end); err != nil {
		srv.Close()
	}
	<-failed
	return nil
}

func listenOn(ctx context.Context, addr string) (net.Listener, error) {
	const op = "sync.listen"
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, fault.New(op, fault.Input, errors.New("--listen is not HOST:PORT"))
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.New(op, fault.Busy, err)
	}
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	return l, nil
}

// reachable is the address a laptop on this machine dials.
func reachable(a net.Addr, listen string) string {
	_, port, _ := net.SplitHostPort(a.String())
	host, _, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// hosts are the names the server's certificate holds.
func hosts(listen, more string) []string {
	out := []string{"localhost", "127.0.0.1", "::1"}
	if host, _, err := net.SplitHostPort(listen); err == nil && host != "" {
		if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
			out = append(out, host)
		}
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		out = append(out, name)
	}
	if more != "" {
		out = append(out, more)
	}
	return out
}

// firstCode writes the code that a server's start is asked for. It is for the first
// laptops of a county, and for practice: once there are officers, one signs in, and
// the server starts without.
func firstCode(ctx context.Context, c *central.Central, file string, log *slog.Logger) error {
	_, practice, err := c.County(ctx)
	if err != nil {
		return err
	}
	first, err := c.FirstOfficer(ctx)
	switch {
	case err != nil:
		return err
	case !practice && !first:
		log.Warn("no code was written: there are officers here now; one signs in: sync code new --by ID")
		return nil
	case first:
		if err := c.Unasked(ctx, "code new at a start"); err != nil {
			return err
		}
	}
	return writeCode(ctx, c, file, "", central.NewCodeOptions{})
}
