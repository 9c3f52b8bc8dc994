package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// wholeSession is how long all of it may take.
const wholeSession = 12 * time.Minute

// session is the drive on a virtual display.
type session struct {
	options
	say     io.Writer
	crew    *crew
	dir     string // what nobody needs afterwards
	display *display
	centre  *centre
	road    *relay
	clerk   *clerk
	painter *painter
	results []result
	private []string // the window's own surroundings, beside those of the display
}

// result is what became of one case.
type result struct {
	about string
	id    string
	held  holding
	file  string // the sealed contract
	err   error
}

// drive does the whole session and says what happened. Its error is nil only
// when both cases arrived whole and all was pictured and verified.
func drive(ctx context.Context, o options, say io.Writer) error {
	ctx, stop := context.WithTimeout(ctx, wholeSession)
	defer stop()
	dir, err := os.MkdirTemp("", "doorstep-practice-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := clearOut(o.out); err != nil {
		return err
	}
	s := &session{options: o, say: say, dir: dir, crew: &crew{logs: dir}}
	defer s.close()
	began := time.Now()
	if err := s.run(ctx); err != nil {
		s.lastWords()
		return err
	}
	fmt.Fprintf(say, "%d pictures, %d sealed contracts and the centre's list are in %s; it took %.0f s.\n",
		s.clerk.shots, len(s.results), o.out, time.Since(began).Seconds())
	return nil
}

// clearOut makes the folder of results, and takes those of a former session
// out of it.
func clearOut(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, kind := range []string{"*.png", "contract-*.pdf", "centre.json", "*.log"} {
		old, err := filepath.Glob(filepath.Join(dir, kind))
		if err != nil {
			return err
		}
		for _, f := range old {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell says a line of what is being done.
func (s *session) tell(format string, args ...any) { fmt.Fprintf(s.say, format+"\n", args...) }

func (s *session) run(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	for _, part := range []struct {
		about string
		do    func(context.Context) error
	}{
		{"enrolling the laptop and enabling the reviewer", s.settle},
		{"the first case, with the network up", s.firstCase},
		{"the second case, with the network cut", s.secondCase},
		{"the network is back", s.reconnect},
		{"looking at the rest of the window", s.lookAround},
		{"closing the window", s.closeWindow},
		{"what the centre holds", s.account},
	} {
		s.tell("· %s", part.about)
		if err := part.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.about, err)
		}
	}
	return nil
}

// open starts the display, the centre, the road and the window.
func (s *session) open(ctx context.Context) (err error) {
	if s.painter, err = newPainter(s.dir); err != nil {
		return err
	}
	if s.display, err = openDisplay(ctx, s.crew, s.dir); err != nil {
		return err
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	if s.centre, err = openCentre(ctx, s.crew, s.sync, s.dir, address); err != nil {
		return err
	}
	if s.road, err = newRelay("127.0.0.1:0", address); err != nil {
		return err
	}
	w, err := openWindow(ctx, s.crew, s.app, s.laptop(), slices.Concat(s.display.env, s.private))
	if err != nil {
		return err
	}
	s.clerk = &clerk{w: w, screen: s.display, out: s.out}
	return nil
}

func (s *session) laptop() string { return filepath.Join(s.dir, "laptop") }

// close ends all that was started.
func (s *session) close() {
	s.crew.endAll()
	if s.road != nil {
		s.road.close()
	}
}

// lastWords leaves what is needed to see why it failed.
func (s *session) lastWords() {
	if s.display != nil {
		if img, err := s.display.picture(); err == nil {
			name := filepath.Join(s.out, "failed.png")
			if writePNG(name, img) == nil {
				s.tell("the last picture is %s", name)
			}
		}
	}
	for _, name := range []string{"window", "desktop", "centre", "xvfb"} {
		from := filepath.Join(s.dir, name+".log")
		b, err := os.ReadFile(from)
		if err != nil {
			continue
		}
		_ = os.WriteFile(filepath.Join(s.out, name+".log"), b, 0o600)
		if name == "window" || name == "desktop" {
			s.tell("the end of %s.log:\n%s", name, indented(tail(from, 12)))
		}
	}
}

func indented(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") }
