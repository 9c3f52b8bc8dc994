package main

import (
	"context"
	"errors"
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
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	log := slog.New(slog.NewTextHandler(errs, &slog.HandlerOptions{Level: level}))
	c, err := central.Open(ctx, central.Options{Dir: *data, Log: log, Practice: *practice, County: *county, CountyName: *name, Suite: chosen,
		Address: *own, ICE: servers})
	if err != nil {
		return err
	}
	defer func() {
		if err := c.Close(); err != nil {
			log.Error("close", "error", err.Error())
		}
	}()
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
	if err := writeFiles(ctx, c, *codeFile, *addressFile, url); err != nil {
		return err
	}
	return serveUntilDone(ctx, srv, l, log, func() { fmt.Fprintln(out, "listening on", url) })
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

func writeFiles(ctx context.Context, c *central.Central, codeFile, addressFile, url string) error {
	if codeFile != "" {
		if err := writeCode(ctx, c, codeFile, central.NewCodeOptions{}); err != nil {
			return err
		}
	}
	if addressFile != "" {
		return central.WriteFile(addressFile, []byte(url+"\n"))
	}
	return nil
}

func serveUntilDone(ctx context.Context, srv *http.Server, l net.Listener, log *slog.Logger, ready func()) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.ServeTLS(l, "", "") }()
	ready()
	select {
	case err := <-failed:
		return fault.New("sync.serve", fault.Other, err)
	case <-ctx.Done():
	}
	log.Info("closing")
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
