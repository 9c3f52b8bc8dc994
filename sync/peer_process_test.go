package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"doorstep/sync/courier"
	"github.com/google/uuid"
)

// parcelSize is what is carried from one laptop to the other, and smallSize
// where every packet passes two routers written in Go.
const parcelSize, smallSize = 50 << 20, 5 << 20

// patience is how long a direct way is waited for, where there is one: the
// machine may be busy. Where there is none, that is known after eight seconds.
const patience = 20 * time.Second

// peerProcess is a laptop in a process of its own: the one who takes, or the
// one who gives, by a small exchange that goes on where it broke off.
//
//	taker: u64, how many bytes it has
//	giver: the bytes from there on, then its end
//	taker: the SHA-256 of all
func peerProcess(role string) error {
	if role != "take" && role != "give" {
		return hostRole(role)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	r, err := courier.Enrol(ctx, courier.EnrolRequest{Server: os.Getenv("DOORSTEP_TEST_SERVER"), Code: os.Getenv("DOORSTEP_TEST_CODE")})
	if err != nil {
		return err
	}
	p, err := courier.NewPeers(courier.PeersConfig{Profile: r.Profile, HeadStart: patience})
	if err != nil {
		return err
	}
	defer p.Close()
	if role == "take" {
		return take(ctx, p, r.Profile.Device)
	}
	return give(ctx, p, uuid.MustParse(os.Getenv("DOORSTEP_TEST_TO")))
}

// taker is what has come so far; only the newest connection adds to it.
type taker struct {
	mu   sync.Mutex
	got  []byte
	turn int
}

func take(ctx context.Context, p *courier.Peers, me uuid.UUID) error {
	l, err := p.Listen(ctx)
	if err != nil {
		return err
	}
	defer l.Close()
	fmt.Println("device", me)
	var k taker
	var wg sync.WaitGroup
	for {
		c, err := l.Accept()
		if err != nil {
			wg.Wait()
			return err
		}
		k.mu.Lock()
		k.turn++
		turn := k.turn
		k.mu.Unlock()
		wg.Go(func() {
			defer c.Close()
			k.from(c.(*courier.PeerConn), turn)
		})
	}
}

func (k *taker) from(c *courier.PeerConn, turn int) {
	k.mu.Lock()
	have := len(k.got)
	k.mu.Unlock()
	fmt.Println("from", have, c.Relayed)
	c.Write(binary.BigEndian.AppendUint64(nil, uint64(have)))
	buf := make([]byte, 64<<10)
	for {
		n, err := c.Read(buf)
		k.mu.Lock()
		if turn == k.turn {
			if len(k.got)>>20 != (len(k.got)+n)>>20 {
				fmt.Println("have", (len(k.got)+n)>>20)
			}
			k.got = append(k.got, buf[:n]...)
		}
		all := k.got
		k.mu.Unlock()
		if err == io.EOF {
			sum := sha256.Sum256(all)
			c.Write(sum[:])
			c.CloseWrite()
			fmt.Printf("took %d %x\n", len(all), sum)
		}
		if err != nil {
			return
		}
	}
}

func give(ctx context.Context, p *courier.Peers, to uuid.UUID) error {
	size := parcelSize
	if os.Getenv("DOORSTEP_TEST_SMALL") != "" {
		size = smallSize
	}
	all := noise("what one laptop gives another", size)
	want := sha256.Sum256(all)
	for {
		c, err := p.Dial(ctx, to)
		if err != nil {
			fmt.Println("failed", err)
			if ctx.Err() != nil {
				return err
			}
			time.Sleep(200 * time.Millisecond)
			continue
		}
		start := time.Now()
		err = giveOver(c, all, want)
		fmt.Println("over", c.Relayed, time.Since(start).Milliseconds(), err == nil)
		c.Close()
		if err == nil {
			fmt.Printf("gave %d %x\n", len(all), want)
			return nil
		}
	}
}

func giveOver(c *courier.PeerConn, all []byte, want [32]byte) error {
	var head [8]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return err
	}
	from := binary.BigEndian.Uint64(head[:])
	if _, err := c.Write(all[from:]); err != nil {
		return err
	}
	if err := c.CloseWrite(); err != nil {
		return err
	}
	var sum [32]byte
	if _, err := io.ReadFull(c, sum[:]); err != nil {
		return err
	}
	if !bytes.Equal(sum[:], want[:]) {
		return errors.New("other bytes came")
	}
	return nil
}
