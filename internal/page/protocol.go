package page

import (
	"encoding/binary"
	"errors"
	"image"
	"io"
	"math"

	"doorstep/internal/fault"
)

const (
	headBytes  = 5
	imageBytes = 9
)

var errProtocol = errors.New("the child's answer has the wrong form")

// fault gives the refusal its kind and words.
func (r Refusal) fault(op string) error {
	switch r {
	case NeedsPassword:
		return fault.Say(op, fault.Unsupported, "文件设有打开密码，请先取消密码，或打印后扫描。", r)
	case TooManyPages:
		return fault.Say(op, fault.TooLarge, "文件页数过多，请只保留需要的页。", r)
	case NoSuchPage:
		return fault.Say(op, fault.Missing, "文件没有这一页。", r)
	case BadPageSize:
		return fault.Say(op, fault.Unsupported, "这一页的尺寸不正常，无法显示；请打印后扫描。", r)
	case FontMissing:
		return fault.Say(op, fault.Unsupported, "文件没有嵌入中文字体，本机显示会出错；请改用图片，或重新导出并嵌入字体。", r)
	case NotDrawn:
		return fault.Say(op, fault.Unsupported, "这一页已损坏，无法显示。", r)
	case NotReadable:
		return fault.New(op, fault.Unsupported, r)
	}
	return fault.New(op, fault.Other, r)
}

func writeFrame(w io.Writer, kind byte, payload []byte) error {
	head := binary.BigEndian.AppendUint32([]byte{kind}, uint32(len(payload)))
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(payload)
	return err
}

// readHead reads the head of an answer, which is the wanted one or a refusal.
func readHead(r io.Reader, want byte) (length int, err error) {
	var head [headBytes]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	switch head[0] {
	case want:
		if n > math.MaxInt32 {
			return 0, errProtocol
		}
		return int(n), nil
	case FrameFault:
		var reason [1]byte
		if n != 1 {
			return 0, errProtocol
		}
		if _, err := io.ReadFull(r, reason[:]); err != nil {
			return 0, err
		}
		if Refusal(reason[0]) < NotReadable || Refusal(reason[0]) > OutOfOrder {
			return 0, errProtocol
		}
		return 0, Refusal(reason[0])
	}
	return 0, errProtocol
}

func readOpened(r io.Reader, maxPages int) (int, error) {
	n, err := readHead(r, FrameOpened)
	if err != nil {
		return 0, err
	}
	var b [4]byte
	if n != len(b) {
		return 0, errProtocol
	}
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, err
	}
	pages := binary.BigEndian.Uint32(b[:])
	if pages == 0 || pages > uint32(maxPages) {
		return 0, errProtocol
	}
	return int(pages), nil
}

// readImage asks for memory only after the sizes were found to agree with
// each other and with the limit.
func readImage(r io.Reader, maxPixels int) (image.Image, error) {
	n, err := readHead(r, FrameImage)
	if err != nil {
		return nil, err
	}
	var head [imageBytes]byte
	if n < len(head) {
		return nil, errProtocol
	}
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	per := uint64(head[0])
	w, h := uint64(binary.BigEndian.Uint32(head[1:])), uint64(binary.BigEndian.Uint32(head[5:]))
	if per != 1 && per != 4 || w == 0 || h == 0 || w > uint64(maxPixels) || h > uint64(maxPixels) ||
		w*h > uint64(maxPixels) || uint64(n-imageBytes) != w*h*per {
		return nil, errProtocol
	}
	size := image.Rect(0, 0, int(w), int(h))
	if per == 1 {
		g := image.NewGray(size)
		_, err := io.ReadFull(r, g.Pix)
		return g, err
	}
	m := image.NewRGBA(size)
	_, err = io.ReadFull(r, m.Pix)
	return m, err
}
