package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// tap clicks a control of a form, which may have to be scrolled to.
func (c *clerk) tap(kind, text string) move {
	return move{"tap " + text, func(ctx context.Context) error {
		s, err := c.reach(ctx, kind, text)
		if err != nil {
			return err
		}
		return c.w.hand.click(ctx, s.X, s.Y)
	}}
}

// tick ticks a box or chooses a cell of a form, which may have to be scrolled
// to, and looks whether it was taken.
func (c *clerk) tick(kind, text string) move {
	return move{"tick " + text, func(ctx context.Context) error {
		for range tries {
			s, err := c.reach(ctx, kind, text)
			if err != nil || s.On {
				return err
			}
			if err := c.w.hand.click(ctx, s.X, s.Y); err != nil {
				return err
			}
			if err := c.taken(ctx, kind, text); err != errNotTaken {
				return err
			}
		}
		return errNotTaken
	}}
}

// taken waits a moment for a control to be on; errNotTaken when it is not.
func (c *clerk) taken(ctx context.Context, kind, text string) error {
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); {
		all, err := c.w.spots(ctx)
		if err != nil {
			return err
		}
		if m := matches(all, kind, text); len(m) > 0 && m[0].On {
			return nil
		}
	}
	return errNotTaken
}

// tries is how often what the window did not take is tried.
const tries = 5

// opens taps a control of a form until it has opened the dialog of a title;
// one that it opened for another is closed.
func (c *clerk) opens(kind, text, title string) move {
	return move{"open " + title, func(ctx context.Context) error {
		for range tries {
			if err := c.all(ctx, c.tap(kind, text)); err != nil {
				return err
			}
			d, err := c.see(ctx, 5*time.Second, "dialog", "")
			if err == nil && strings.HasPrefix(d.Text, title) {
				return nil
			}
			if ctx.Err() != nil || c.w.ended() {
				return err
			}
			if err == nil {
				if err := c.all(ctx, c.press("button", "取消"), c.gone("dialog"), c.scroll(toTop)); err != nil {
					return err
				}
			}
		}
		return errNotTaken
	}}
}

// gone waits until nothing of a kind is in view.
func (c *clerk) gone(kind string) move {
	return move{"no " + kind, func(ctx context.Context) error {
		return until(ctx, patience, "no "+kind, func() (bool, error) {
			all, err := c.w.spots(ctx)
			return len(matches(all, kind, "")) == 0, err
		})
	}}
}

// How far the wheel is turned to come to an end of a form.
const toTop, toEnd = -60, 60

// scroll turns the wheel over the form.
func (c *clerk) scroll(steps int) move {
	return move{"scroll", func(ctx context.Context) error { return c.w.hand.wheel(ctx, formX, formY, steps) }}
}

// tickEach ticks every box whose words begin with text, at an end of a form.
func (c *clerk) tickEach(text string, count, to int) move {
	return move{"tick each " + text, func(ctx context.Context) error {
		for range tries {
			boxes, err := c.list(ctx, "check", text, to)
			if err != nil {
				return err
			}
			if len(boxes) != count {
				return fmt.Errorf("%w: %d boxes, want %d", errNotSeen, len(boxes), count)
			}
			left := 0
			for _, b := range boxes {
				if b.On {
					continue
				}
				left++
				if err := c.w.hand.click(ctx, b.X, b.Y); err != nil {
					return err
				}
			}
			if left == 0 {
				return nil
			}
			time.Sleep(300 * time.Millisecond)
		}
		return errNotTaken
	}}
}

// enter replaces what a field holds, and stays in it. The caret must be there
// before a key is typed: a form that saves may have moved on under the pointer.
func (c *clerk) enter(label, text string) move {
	return move{"enter " + label, func(ctx context.Context) error {
		for range tries {
			s, err := c.reach(ctx, "field", label)
			if err != nil {
				return err
			}
			if err := c.w.hand.click(ctx, s.X-s.W/4, s.Y); err != nil {
				return err
			}
			if err := c.taken(ctx, "field", label); err == errNotTaken {
				continue
			} else if err != nil {
				return err
			}
			if err := c.w.hand.keys(ctx, "ctrl+a"); err != nil {
				return err
			}
			return c.w.hand.write(ctx, text)
		}
		return errNotTaken
	}}
}

// fill replaces what a field holds, and leaves it.
func (c *clerk) fill(label, text string) move {
	return move{"fill in " + label, func(ctx context.Context) error {
		return c.all(ctx, c.enter(label, text), c.key("Tab"))
	}}
}
