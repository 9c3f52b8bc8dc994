package central

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
)

func TestShedding(t *testing.T) {
	c := open(t, t.TempDir())
	l := enrol(t, c, serve(t, c))
	c.lanes.mu.Lock()
	for range maxLanes / 2 {
		c.lanes.all[&lane{device: &device{id: uuid.New()}}] = true
	}
	c.lanes.mu.Unlock()
	defer func() {
		c.lanes.mu.Lock()
		clear(c.lanes.all)
		c.lanes.mu.Unlock()
	}()
	if _, status := l.lane(0); status != http.StatusSwitchingProtocols {
		t.Errorf("first lane of a laptop: status %d", status)
	}
	if _, status := l.lane(2); status != http.StatusServiceUnavailable {
		t.Errorf("third lane at a busy centre: status %d", status)
	}
}
