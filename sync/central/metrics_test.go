package central

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func TestMetrics(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	_, blobs := l.finished(content("a", 10))
	l.send(l.changes)
	for _, b := range blobs {
		l.blob(b)
		l.blob(b)
	}
	l.do("GET", "/v1/nothing", "", nil)
	s := httptest.NewServer(c.Operations())
	defer s.Close()
	resp, err := http.Get(s.URL + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	text := string(b)
	for _, want := range []string{
		"doorstep_ready 1\n",
		`doorstep_requests_total{route="POST /v1/parcel",status="200"} 1` + "\n",
		`doorstep_requests_total{route="/",status="404"} 1` + "\n",
		`doorstep_refused_total{code="missing"} 1` + "\n",
		"doorstep_changes_total 8\n", "doorstep_blobs_total 3\n", "doorstep_sessions 1\n",
		"# TYPE doorstep_commit_seconds histogram\n", `doorstep_commit_seconds_bucket{le="+Inf"} `,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in it", want)
		}
	}
	line := regexp.MustCompile(`^(# (HELP|TYPE) doorstep_[a-z_]+ .+|doorstep_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+)$`)
	for l := range strings.Lines(text) {
		if !line.MatchString(strings.TrimSuffix(l, "\n")) {
			t.Errorf("no line of the format: %q", l)
		}
	}
	if ids := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-`).FindString(text); ids != "" {
		t.Errorf("it holds an id: %s", ids)
	}
}

func TestHealthWhileDraining(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	for _, want := range []int{http.StatusOK, http.StatusServiceUnavailable} {
		if status, _, b := l.do("GET", "/healthz", "", nil); status != want {
			t.Errorf("health %d %s, want %d", status, b, want)
		}
		if status, _, b := l.do("GET", "/v1/news", "", nil); status != http.StatusOK {
			t.Errorf("news %d %s: what comes is answered to the end", status, b)
		}
		c.Drain()
	}
}
