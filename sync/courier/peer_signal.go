package courier

import (
	"bytes"
	"encoding/json"
	"errors"

	"doorstep/internal/fault"
	"doorstep/internal/peer"
	"doorstep/sync/parcel"
	"github.com/google/uuid"
)

// Kinds of signals between two laptops; package parcel has their form.
const (
	signalOffer  = "offer"
	signalAnswer = "answer"
	signalRelay  = "relay"
	signalNo     = "no"
)

type signal struct {
	Session uuid.UUID `json:"session"`
	Kind    string    `json:"kind"`
	Body    []byte    `json:"body,omitempty"`
}

func (s signal) encode() ([]byte, error) {
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fault.New("courier.signal", fault.Other, err)
	}
	return b, nil
}

// parseSignal reads what another laptop of the county sent; fault.Input.
func parseSignal(b []byte) (s signal, err error) {
	const op = "courier.parseSignal"
	if err := parcel.DecodeJSON(bytes.NewReader(b), parcel.MaxSignal, &s); err != nil {
		return signal{}, fault.New(op, fault.Input, errors.New("not a signal"))
	}
	withBody := s.Kind == signalOffer || s.Kind == signalAnswer
	known := withBody || s.Kind == signalRelay || s.Kind == signalNo
	if !known || s.Session == uuid.Nil || withBody != (len(s.Body) > 0) || len(s.Body) > peer.MaxMessage {
		return signal{}, fault.New(op, fault.Input, errors.New("not a signal"))
	}
	return s, nil
}
