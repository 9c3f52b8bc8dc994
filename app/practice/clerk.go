package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// clerk uses the window as a person does.
type clerk struct {
	w      *window
	screen *display
	out    string // the folder of pictures
	shots  int
}

// move is one thing the clerk does, and its words should it fail.
type move struct {
	what string
	do   func(context.Context) error
}

// once does moves for the first family alone.
func once(number int, moves ...move) move {
	return move{"once", func(ctx context.Context) error {
		if number > 0 {
			return nil
		}
		return inOrder(ctx, moves)
	}}
}

// all does moves one after another, up to the first that fails.
func (*clerk) all(ctx context.Context, moves ...move) error { return inOrder(ctx, moves) }

func inOrder(ctx context.Context, moves []move) error {
	for _, m := range moves {
		if err := m.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", m.what, err)
		}
	}
	return nil
}

// shot keeps a picture of the screen once it stands still.
func (c *clerk) shot(name string) move {
	return move{"picture of " + name, func(ctx context.Context) error {
		if err := c.w.hand.do(ctx, "mousemove", "1365", "767"); err != nil {
			return err
		}
		img, err := c.screen.still(ctx)
		if err != nil {
			return err
		}
		c.shots++
		return writePNG(filepath.Join(c.out, fmt.Sprintf("%02d-%s.png", c.shots, name)), img)
	}}
}

// matches finds the controls of a kind with these words, or else those whose
// words begin with them.
func matches(all []spot, kind, text string) []spot {
	var same, begin []spot
	for _, s := range all {
		switch {
		case s.Kind != kind:
		case s.Text == text:
			same = append(same, s)
		case strings.HasPrefix(s.Text, text):
			begin = append(begin, s)
		}
	}
	if len(same) > 0 {
		return same
	}
	return begin
}

var (
	errNotSeen  = errors.New("no such control in the window")
	errNotTaken = errors.New("the window did not take it")
)

// looks is how often the window is looked at, at the least, before something is
// said not to be there: on a busy machine one look takes as long as a wait.
const looks = 3

// see waits for a control in view, and for it to stand where it stood a moment
// before: a screen that was just put up may still be arranging itself.
func (c *clerk) see(ctx context.Context, limit time.Duration, kind, text string) (spot, error) {
	var found spot
	var last []spot
	end := time.Now().Add(limit)
	for n := 1; ; n++ {
		all, err := c.w.spots(ctx)
		if err != nil {
			return found, fmt.Errorf("%w; in view: %s", err, words(last))
		}
		last = all
		before := found
		found = spot{}
		if m := matches(all, kind, text); len(m) > 0 {
			found = m[0]
		}
		if found.Kind != "" && found == before {
			return found, nil
		}
		if n >= looks && time.Now().After(end) {
			return found, fmt.Errorf("waited %v for %s %s; in view: %s", limit, kind, text, words(last))
		}
		time.Sleep(40 * time.Millisecond)
	}
}

// words lists controls for an error.
func words(all []spot) string {
	var out []string
	for _, s := range all {
		out = append(out, s.Kind+" "+s.Text)
	}
	return strings.Join(out, ", ")
}

// The middle of a step's form, where the wheel scrolls it.
const formX, formY = 560, 420

// reach is see for a control that may have to be scrolled to.
func (c *clerk) reach(ctx context.Context, kind, text string) (spot, error) {
	if s, err := c.see(ctx, 400*time.Millisecond, kind, text); err == nil {
		return s, nil
	}
	end := time.Now().Add(patience)
	for time.Now().Before(end) {
		if err := c.w.hand.wheel(ctx, formX, formY, -40); err != nil {
			return spot{}, err
		}
		for range 14 {
			s, err := c.see(ctx, 200*time.Millisecond, kind, text)
			if err == nil {
				return s, nil
			}
			if ctx.Err() != nil || c.w.ended() {
				return spot{}, err
			}
			if err := c.w.hand.wheel(ctx, formX, formY, 4); err != nil {
				return spot{}, err
			}
		}
	}
	return c.see(ctx, 0, kind, text)
}

// press clicks a control where it can be seen.
func (c *clerk) press(kind, text string) move {
	return move{"press " + text, func(ctx context.Context) error {
		s, err := c.see(ctx, patience, kind, text)
		if err != nil {
			return err
		}
		return c.w.hand.click(ctx, s.X, s.Y)
	}}
}

// key presses keys.
func (c *clerk) key(keys ...string) move {
	return move{"keys " + strings.Join(keys, " "), func(ctx context.Context) error { return c.w.hand.keys(ctx, keys...) }}
}

// wait waits for a line of the window's log with these words.
func (c *clerk) wait(limit time.Duration, words ...string) move {
	return move{"wait", func(ctx context.Context) error { return c.w.logged(ctx, limit, words...) }}
}

// shows waits for a control to be in view.
func (c *clerk) shows(kind, text string) move {
	return move{"see " + text, func(ctx context.Context) error {
		_, err := c.see(ctx, patience, kind, text)
		return err
	}}
}
