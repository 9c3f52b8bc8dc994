package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"time"
	"unicode"
)

// hand is a clerk's hand at a display: pointer, keys and clipboard.
type hand struct {
	env []string // with the display
}

// run does a program on the display to its end.
func (h *hand) run(ctx context.Context, in string, argv ...string) error {
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), h.env...)
	cmd.Stdin = strings.NewReader(in)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", argv[0], argv[1], err)
	}
	return nil
}

func (h *hand) do(ctx context.Context, args ...string) error {
	return h.run(ctx, "", append([]string{"xdotool"}, args...)...)
}

// click presses and lets go the first button.
func (h *hand) click(ctx context.Context, x, y int) error {
	return h.do(ctx, "mousemove", fmt.Sprint(x), fmt.Sprint(y), "sleep", "0.03", "click", "1")
}

// keys presses keys one after another, such as "ctrl+a".
func (h *hand) keys(ctx context.Context, keys ...string) error {
	return h.do(ctx, append([]string{"key", "--delay", "12"}, keys...)...)
}

// wheel turns the wheel at a place: steps down, or up when negative.
func (h *hand) wheel(ctx context.Context, x, y, steps int) error {
	button := "5"
	if steps < 0 {
		button, steps = "4", -steps
	}
	return h.do(ctx, "mousemove", fmt.Sprint(x), fmt.Sprint(y), "click", "--repeat", fmt.Sprint(steps), "--delay", "8", button)
}

// write enters text: plain characters by the keyboard, others by the clipboard.
func (h *hand) write(ctx context.Context, text string) error {
	if text == "" {
		return nil
	}
	if strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0 && len(text) < 40 {
		return h.do(ctx, "type", "--delay", "8", "--", text)
	}
	return h.paste(ctx, text)
}

// paste enters text by the clipboard. The clipboard's holder ends when the
// next one takes over, or with the display.
func (h *hand) paste(ctx context.Context, text string) error {
	if err := h.run(ctx, text, "xclip", "-selection", "clipboard", "-in"); err != nil {
		return err
	}
	return h.keys(ctx, "ctrl+v")
}

// stroke is one line of a pen, as parts of a pad's width and height.
type stroke [][2]float64

// signature is two lines that wave, different for each number.
func signature(number int) []stroke {
	out := make([]stroke, 2)
	for i := range out {
		for k := range 30 {
			t := float64(k) / 29
			x := 0.1 + 0.36*float64(i) + 0.34*t
			y := 0.5 + 0.2*math.Sin(t*(9+2*float64(number))+float64(i)) + 0.1*math.Cos(t*17+float64(number))
			out[i] = append(out[i], [2]float64{x, y})
		}
	}
	return out
}

// sign draws strokes on a pad, as slowly as a person writes: a window that
// draws by software takes the pen's place a few times a second only.
func (h *hand) sign(ctx context.Context, pad spot, strokes []stroke) error {
	at := func(p [2]float64) []string {
		return []string{"mousemove", fmt.Sprint(pad.X - pad.W/2 + int(p[0]*float64(pad.W))), fmt.Sprint(pad.Y - pad.H/2 + int(p[1]*float64(pad.H))), "sleep", "0.045"}
	}
	for _, s := range strokes {
		args := append(at(s[0]), "mousedown", "1")
		for _, p := range s[1:] {
			args = append(args, at(p)...)
		}
		if err := h.do(ctx, append(args, "mouseup", "1")...); err != nil {
			return err
		}
	}
	return nil
}
