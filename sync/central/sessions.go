package central

import (
	"net"
	"sync"
)

// Sessions is a listener that holds so many connections at once: those past
// it are closed before a byte of TLS costs anything, and laptops come again.
func Sessions(l net.Listener, places int) net.Listener {
	return &sessions{Listener: l, places: make(chan struct{}, places)}
}

type sessions struct {
	net.Listener
	places chan struct{}
}

func (s *sessions) Accept() (net.Conn, error) {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			return nil, err
		}
		select {
		case s.places <- struct{}{}:
			return &session{Conn: c, leave: sync.OnceFunc(func() { <-s.places })}, nil
		default:
			c.Close()
		}
	}
}

type session struct {
	net.Conn
	leave func()
}

// SetKeepAliveConfig is that of the TCP connection underneath.
func (s *session) SetKeepAliveConfig(k net.KeepAliveConfig) error {
	if t, ok := s.Conn.(*net.TCPConn); ok {
		return t.SetKeepAliveConfig(k)
	}
	return nil
}

func (s *session) Close() error {
	defer s.leave()
	return s.Conn.Close()
}
