// A helper as its makers would write one, for the tests: it does what the file
// "mode" beside it says.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"os"
	"os/exec"
	"time"
)

func main() {
	mode, _ := os.ReadFile("mode")
	in, err := io.ReadAll(os.Stdin)
	if err != nil || len(os.Args) != 2 {
		os.Exit(3)
	}
	switch string(mode) {
	case "hang":
		time.Sleep(time.Hour)
	case "spin":
		for {
		}
	case "grandchild":
		c := exec.Command("/proc/self/exe", "wlt")
		c.Stdout = os.Stdout
		_ = os.WriteFile("/dev/null", nil, 0)
		c.Dir = "child"
		_ = c.Start()
		fmt.Print("x")
		return
	case "memory":
		b := make([]byte, 4<<30)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
	case "flood":
		for {
			if _, err := os.Stdout.Write(make([]byte, 1<<16)); err != nil {
				os.Exit(4)
			}
		}
	case "fail":
		fmt.Fprintln(os.Stderr, "姓名 韦一")
		os.Exit(1)
	case "nothing":
		return
	case "write":
		if err := os.WriteFile("left", in, 0o600); err != nil {
			os.Exit(5)
		}
	case "environment":
		fmt.Print(len(os.Environ()))
		return
	case "network":
		// An interface that is up, but for one's own, is a network.
		all, _ := net.Interfaces()
		for _, i := range all {
			if i.Flags&net.FlagUp != 0 && i.Flags&net.FlagLoopback == 0 {
				fmt.Print("up")
				return
			}
		}
		fmt.Print("none")
		return
	case "words", "?", "87", "101", "-1", "87\n", "100", "8.5":
		fmt.Print(string(mode))
		return
	}
	if os.Args[1] == "compare" {
		compare(in)
		return
	}
	picture(in)
}

// picture makes a picture of the bytes: not WLT, but as long.
func picture(in []byte) {
	if len(in) != 1024 {
		os.Exit(6)
	}
	img := image.NewGray(image.Rect(0, 0, 102, 126))
	for i := range img.Pix {
		img.SetGray(i%102, i/102, color.Gray{Y: in[i%1024]})
	}
	_ = png.Encode(os.Stdout, img)
}

// compare says how many of a hundred bytes are the same.
func compare(in []byte) {
	var two [2][]byte
	for i := range two {
		n := int(binary.BigEndian.Uint32(in))
		two[i], in = in[4:4+n], in[4+n:]
	}
	if bytes.Equal(two[0], two[1]) {
		fmt.Println(100)
		return
	}
	fmt.Println(12)
}
