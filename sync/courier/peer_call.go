package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"

	"doorstep/internal/fault"
	"github.com/google/uuid"
)

// Call is Dial for who knows no connection of this package: the connection,
// and whether the centre carries it.
func (p *Peers) Call(ctx context.Context, device uuid.UUID) (conn *tls.Conn, relayed bool, err error) {
	c, err := p.Dial(ctx, device)
	if err != nil {
		return nil, false, err
	}
	return c.Conn, c.Relayed, nil
}

// Answer lets other laptops call this one until ctx ends, and hands each
// connection to take, which has it until it comes back. It ends when all of
// them have, with fault.Cancelled.
func (p *Peers) Answer(ctx context.Context, take func(conn *tls.Conn, device uuid.UUID, relayed bool)) error {
	const op = "courier.Answer"
	l, err := p.Listen(ctx)
	if err != nil {
		return fault.Wrap(op, err)
	}
	defer l.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	for {
		conn, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return fault.New(op, fault.Cancelled, err)
			}
			return fault.New(op, fault.Offline, err)
		}
		c, ok := conn.(*PeerConn)
		if !ok {
			conn.Close()
			continue
		}
		wg.Go(func() {
			defer c.Close()
			take(c.Conn, c.Device, c.Relayed)
		})
	}
}
