package ui

import (
	"context"
	"fmt"
	"image"

	"doorstep/internal/desk"
	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/ui/kit"
)

// chips are the pictures of ID cards' chips, where the county has a program that
// decodes them, and what a program says of their likeness with the portraits. All
// of it is gone with the step.
type chips struct {
	s        *imagesStep
	programs desk.Helpers
	pictures map[loan.Hash]image.Image // by the chip's bytes
	words    map[loan.Hash]string      // why there is no picture
	alike    map[[2]loan.Hash]string   // portrait and chip: what is said of both
	asking   map[[2]loan.Hash]bool
	looking  bool // for the programs in use
}

func newChips(s *imagesStep) *chips {
	return &chips{s: s, pictures: map[loan.Hash]image.Image{}, words: map[loan.Hash]string{},
		alike: map[[2]loan.Hash]string{}, asking: map[[2]loan.Hash]bool{}}
}

// look asks which programs are in use.
func (k *chips) look() {
	var all desk.Helpers
	k.looking = true
	k.s.v.u.run("helpers", func(ctx context.Context) (err error) {
		all, err = k.s.v.u.desk.Helpers(ctx)
		return err
	}, func(err error) {
		k.looking = false
		if err != nil || k.s.v.closed || len(all)+len(k.programs) == 0 {
			return // without programs everything goes on as ever
		}
		k.programs = all
		for _, p := range k.s.people {
			p.refresh()
		}
	})
}

// chipOf is the chip read last of a party's card.
func (k *chips) chipOf(p loan.Party) (loan.Hash, bool) {
	held := k.s.v.c.Slot(loan.Slot("card/" + string(p)))
	_, on := k.programs[desk.DecodeCard]
	if !on || len(held) == 0 || !k.s.v.full() {
		return loan.Hash{}, false
	}
	return held[len(held)-1].Blob, true
}

// picture is the picture on a party's chip, decoded, or why there is none; where
// it is not known yet it is asked for, and shown then.
func (k *chips) picture(p loan.Party, chip loan.Hash) (image.Image, string) {
	if img := k.pictures[chip]; img != nil {
		return img, ""
	}
	if words := k.words[chip]; words != "" {
		return nil, words
	}
	if k.asking[[2]loan.Hash{chip}] {
		return nil, "正在解码"
	}
	k.asking[[2]loan.Hash{chip}] = true
	var img image.Image
	k.s.v.u.run("decode chip", func(ctx context.Context) (err error) {
		img, err = k.s.v.u.desk.CardPicture(ctx, k.s.v.id, p)
		return err
	}, func(err error) {
		delete(k.asking, [2]loan.Hash{chip})
		switch {
		case k.s.v.closed || k.s.v.u.shift.Err() != nil:
			return
		case fault.KindOf(err) == fault.Untrusted:
			k.words[chip] = "程序被换过"
			kit.Notice(k.s.v.u.win, kit.Warning, sentence(err))
		case err != nil:
			k.words[chip] = "没有解出"
		default:
			k.pictures[chip] = img
		}
		for _, c := range k.s.people {
			c.refresh()
		}
	})
	return nil, "正在解码"
}

// likeness is what a program says of a portrait and the picture on a chip, in
// words; empty where none is in use, or it is not known yet.
func (k *chips) likeness(p loan.Party, portrait, chip loan.Hash) string {
	card := k.pictures[chip]
	if _, on := k.programs[desk.ComparePhoto]; !on || card == nil {
		return ""
	}
	key := [2]loan.Hash{portrait, chip}
	if words := k.alike[key]; words != "" || k.asking[key] {
		return words
	}
	k.asking[key] = true
	var n int
	var known bool
	k.s.v.u.run("compare portraits", func(ctx context.Context) (err error) {
		n, known, err = k.s.v.u.desk.Likeness(ctx, k.s.v.id, p, card)
		return err
	}, func(err error) {
		delete(k.asking, key)
		if k.s.v.closed || k.s.v.u.shift.Err() != nil {
			return
		}
		switch {
		case err != nil:
			k.alike[key] = "比对没有结果，不影响办理。"
		case !known:
			k.alike[key] = "比对程序说不准，请当面核对。"
		default:
			k.alike[key] = fmt.Sprintf("与证件照片相似度 %d（满分 100），仅供参考，由您当面判断。", n)
		}
		for _, c := range k.s.people {
			c.refresh()
		}
	})
	return ""
}

// close drops the pictures from memory.
func (k *chips) close() {
	k.pictures, k.alike = map[loan.Hash]image.Image{}, map[[2]loan.Hash]string{}
}
