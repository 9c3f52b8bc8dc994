package capture

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
)

func photoOf(n byte) []byte {
	b := make([]byte, cardPhoto)
	for i := range b {
		b[i] = byte(i) ^ n
	}
	return b
}

func madeUpCards() map[string]Card {
	return map[string]Card{
		"a resident's":                             {Kind: ResidentCard, Name: "韦测甲", Sex: loan.Male, Nation: 8, Birth: "2007-03-15", Address: "广西测试县某镇某村1组2号", Number: "450000200703150010", Issuer: "测试县公安局", From: "2020-01-02", To: "2030-01-02", Photo: photoOf(1)},
		"one without an end, of a rare name":       {Kind: ResidentCard, Name: "𠅤·𬭎", Sex: loan.Female, Nation: 56, Birth: "1970-12-31", Address: "某地", Number: "45000019701231002X", Issuer: "某局", From: "2010-01-02", To: loan.LongTerm, Photo: photoOf(2)},
		"of a Hong Kong, Macau or Taiwan resident": {Kind: ResidenceCard, Name: "陈测", Sex: loan.Female, Birth: "2006-01-01", Address: "某地某路", Number: "810000200601010026", Issuer: "某局", From: "2020-01-02", To: "2025-01-02", Photo: photoOf(3)},
		"a foreigner's of 2017":                    {Kind: ForeignCard, Name: "测试", Sex: loan.Male, Birth: "1990-01-01", Number: "USA110000000001", From: "2018-01-01", To: "2028-01-01", Photo: photoOf(4)},
		"a foreigner's of 2023":                    {Kind: ForeignCard2, Name: "测试", Sex: loan.Male, Birth: "1990-01-01", Number: "911840199001010017", From: "2024-01-01", To: "2034-01-01", Photo: photoOf(5)},
	}
}

func silent(string) {}

func TestAReaderOnASerialLine(t *testing.T) {
	for name, want := range madeUpCards() {
		t.Run("a card is read whole: "+name, func(t *testing.T) {
			c := &chip{cards: []Card{want}}
			r := plug(t, func(command uint16) [][]byte {
				b := c.answer(command)
				// Noise before it, and in three pieces, as lines do.
				return [][]byte{{0xaa, 0x00, 0xaa}, b[:3], b[3 : len(b)/2], b[len(b)/2:]}
			}).open(t)
			got, err := r.Card(t.Context(), silent)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
	t.Run("a card is waited for, and read again where it was taken away too soon", func(t *testing.T) {
		c := &chip{cards: []Card{madeUpCards()["a resident's"]}}
		looks, reads := 0, 0
		r := plug(t, func(command uint16) [][]byte {
			switch command {
			case findCard:
				if looks++; looks < 3 {
					return [][]byte{answered(statusNone, nil)}
				}
			case readCard:
				if reads++; reads == 1 {
					return [][]byte{answered(statusShort, nil)}
				}
			}
			return [][]byte{c.answer(command)}
		}).open(t)
		var told []string
		if _, err := r.Card(t.Context(), func(w string) { told = append(told, w) }); err != nil {
			t.Fatal(err)
		}
		want := []string{"请把身份证放在读卡器上。", "正在读取，请不要移动证件。", "没有读完：请拿起证件，重新放好，不要移动。", "正在读取，请不要移动证件。"}
		if !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
	t.Run("a damaged answer is asked for again, and never believed", func(t *testing.T) {
		c := &chip{cards: []Card{madeUpCards()["a resident's"], madeUpCards()["a resident's"]}}
		var reads atomic.Int32
		r := plug(t, func(command uint16) [][]byte {
			b := c.answer(command)
			if command == readCard && reads.Add(1) == 1 {
				b[20] ^= 1
			}
			return [][]byte{b}
		}).open(t)
		got, err := r.Card(t.Context(), silent)
		if err != nil || got.Name != "韦测甲" || reads.Load() != 2 {
			t.Errorf("got %+v after %d reads, %v", got, reads.Load(), err)
		}
	})
	t.Run("a card that never lies still ends in words", func(t *testing.T) {
		r := plug(t, func(command uint16) [][]byte {
			if command == selectCard {
				return [][]byte{answered(statusLost, nil)}
			}
			return [][]byte{(&chip{cards: make([]Card, 1)}).answer(command)}
		}).open(t)
		if _, err := r.Card(t.Context(), silent); fault.KindOf(err) != fault.Missing {
			t.Errorf("got %v, want missing", err)
		}
	})
}

func TestAReaderThatGoes(t *testing.T) {
	whole := func(c *chip) func(uint16) [][]byte {
		return func(command uint16) [][]byte { return [][]byte{c.answer(command)} }
	}
	t.Run("pulled out while a card is waited for, and plugged in again", func(t *testing.T) {
		var looks atomic.Int32
		p := plug(t, func(command uint16) [][]byte {
			if command == findCard {
				looks.Add(1)
			}
			return whole(&chip{})(command)
		})
		r := p.open(t)
		go func() {
			for looks.Load() < 2 {
				time.Sleep(time.Millisecond)
			}
			p.unplug()
		}()
		if _, err := r.Card(t.Context(), silent); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v, want unavailable", err)
		}
		again := plug(t, whole(&chip{cards: []Card{madeUpCards()["a resident's"]}})).open(t)
		if _, err := again.Card(t.Context(), silent); err != nil {
			t.Errorf("plugged in again: %v", err)
		}
	})
	t.Run("the clerk gives up", func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		r := plug(t, func(command uint16) [][]byte {
			if command == findCard {
				end()
			}
			return whole(&chip{})(command)
		}).open(t)
		if _, err := r.Card(ctx, silent); fault.KindOf(err) != fault.Cancelled {
			t.Errorf("got %v, want cancelled", err)
		}
	})
	t.Run("something else is on the line", func(t *testing.T) {
		p := plug(t, func(uint16) [][]byte { return [][]byte{[]byte("OK\r\n")} })
		ctx, end := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer end()
		if r, err := OpenReader(ctx, ReaderInfo{ID: p.line}); err == nil {
			r.Close()
			t.Error("taken for a reader")
		}
	})
	t.Run("it falls silent", func(t *testing.T) {
		r := plug(t, func(command uint16) [][]byte {
			if command == askReader {
				return [][]byte{answered(statusDone, nil)}
			}
			return nil
		}).open(t)
		r.slow = 10 * time.Millisecond
		if _, err := r.Card(t.Context(), silent); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v, want unavailable", err)
		}
	})
	t.Run("no such line", func(t *testing.T) {
		if _, err := OpenReader(t.Context(), ReaderInfo{ID: filepath.Join(t.TempDir(), "none")}); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("got %v, want unavailable", err)
		}
	})
}

func TestOnlyPortsOnUSBAreTried(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"tty1", "ttyS0", "ttyUSB0", "ttyACM1", "console"} {
		if err := os.Mkdir(filepath.Join(dir, n), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readersIn(t.Context(), dir)
	want := []ReaderInfo{{"/dev/ttyACM1", "读卡器 ttyACM1"}, {"/dev/ttyUSB0", "读卡器 ttyUSB0"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if none, err := readersIn(t.Context(), filepath.Join(dir, "none")); err != nil || none != nil {
		t.Errorf("without any: got %v, %v", none, err)
	}
}
