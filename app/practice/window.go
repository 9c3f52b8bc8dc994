package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// askSpots asks the window where its controls stand: SIGUSR1 on Linux, the one
// system with the virtual display.
const askSpots = syscall.Signal(10)

// patience is how long a screen or a control may take to come.
const patience = 45 * time.Second

// spot is a control of the window that can be used now, as the window tells.
type spot struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	X    int    `json:"x"`
	Y    int    `json:"y"`
	W    int    `json:"w"`
	H    int    `json:"h"`
	On   bool   `json:"on"` // a box that is ticked, a cell that is chosen, a field with the caret
}

// window is the desktop program on a display.
type window struct {
	*child
	hand   *hand
	log    string // what it writes of its screens and acts
	spotsF string
	read   int // how much of the log was waited through
}

// openWindow starts the desktop on a data folder.
func openWindow(ctx context.Context, c *crew, app, data string, env []string) (*window, error) {
	w := &window{hand: &hand{env: env}, log: filepath.Join(c.logs, "window.log"), spotsF: filepath.Join(c.logs, "spots.json")}
	var err error
	w.child, err = c.start("desktop", env, nil, app, "--data", data, "--log", w.log, "--spots", w.spotsF)
	return w, err
}

// spots asks for the controls in view.
func (w *window) spots(ctx context.Context) ([]spot, error) {
	if err := os.Remove(w.spotsF); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if err := w.cmd.Process.Signal(askSpots); err != nil {
		return nil, fmt.Errorf("ask the window for its controls: %w", err)
	}
	var out []spot
	err := until(ctx, patience, "the window to tell its controls", func() (bool, error) {
		if w.ended() {
			return false, fmt.Errorf("the window ended: %v", w.err)
		}
		b, err := os.ReadFile(w.spotsF)
		if os.IsNotExist(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		return true, json.Unmarshal(b, &out)
	})
	return out, err
}

// logged waits for a line of the log that holds all the words, behind the last
// one waited for.
func (w *window) logged(ctx context.Context, limit time.Duration, words ...string) error {
	what := "the log to say " + strings.Join(words, " ")
	return until(ctx, limit, what, func() (bool, error) {
		if w.ended() {
			return false, fmt.Errorf("the window ended (%v) before %s", w.err, what)
		}
		b, err := os.ReadFile(w.log)
		if err != nil && !os.IsNotExist(err) {
			return false, err
		}
		for at := w.read; at < len(b); {
			end := bytes.IndexByte(b[at:], '\n')
			if end < 0 {
				return false, nil
			}
			line := string(b[at : at+end])
			at += end + 1
			if holds(line, words) {
				w.read = at
				return true, nil
			}
		}
		return false, nil
	})
}

// allSent says whether the window's last word of its outbox, since the last
// case was finished, is that all of it is sent.
func (w *window) allSent() (bool, error) {
	b, err := os.ReadFile(w.log)
	if err != nil {
		return false, err
	}
	log := string(b)
	finished := strings.LastIndex(log, "name=finish")
	at := strings.LastIndex(log, "msg=receipt")
	return at > finished && strings.HasPrefix(log[at:], "msg=receipt all_sent=true"), nil
}

func holds(line string, words []string) bool {
	for _, s := range words {
		if !strings.Contains(line, s) {
			return false
		}
	}
	return true
}

// caught takes all that was logged until now as waited through.
func (w *window) caught() {
	if b, err := os.ReadFile(w.log); err == nil {
		w.read = len(b)
	}
}
