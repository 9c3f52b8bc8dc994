package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"doorstep/internal/fault"
	"doorstep/sync/courier"
)

// TestSharedBucketThatIsFull puts a door before the bucket that takes no object, as one
// does whose quota is used up.
func TestSharedBucketThatIsFull(t *testing.T) {
	theShared(t)
	dir := filepath.Join(t.TempDir(), "centre")
	settleShared(t, dir)
	conf := filepath.Join(dir, "centre.conf")
	b, err := os.ReadFile(conf)
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^bucket http://[^/]+`)
	real, err := url.Parse(strings.TrimPrefix(string(line.Find(b)), "bucket "))
	if err != nil {
		t.Fatal(err)
	}
	var full atomic.Bool
	var refused atomic.Int32
	through := httputil.NewSingleHostReverseProxy(real)
	door := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut && full.Load() {
			refused.Add(1)
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>QuotaExceeded</Code><Message>no more</Message></Error>`)
			return
		}
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(door.Close)
	if err := os.WriteFile(conf, line.ReplaceAll(b, []byte("bucket "+door.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startServer(t, dir, "127.0.0.1:0")
	l := newLaptop(t, s)
	id := l.finished(t, noise("a", 200_000), noise("b", 90_000))
	full.Store(true)
	c, err := courier.New(courier.Config{Store: l.Store})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- c.Run(ctx) }()
	defer func() {
		end()
		<-ran
	}()
	until(t, "the clerk reads why", func() bool {
		got := c.State()
		return got.NoRoom && got.Online && strings.Contains(fault.Sentence(got.Err), "磁盘已满")
	})
	if n := refused.Load(); n > 4 {
		t.Errorf("it met the full bucket %d times before it said so", n)
	}
	full.Store(false)
	c.Hear()
	until(t, "all goes once there is room", func() bool { return c.State().AllSent })
	if k := heldCase(t, s, id); !k.Whole() {
		t.Errorf("%+v", k)
	}
}
