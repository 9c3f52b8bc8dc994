package photo

import (
	"encoding/binary"
	"math"
)

// The loops below touch what their caller owns and nothing else, and take nearly
// all of the time: the race detector, which has nothing to find in them, would
// make it ten times as long.

// volume is rows of columns of channels, as a layer of a net gives and takes.
type volume struct {
	w, h, c int
	v       []float32
}

func newVolume(w, h, c int) volume { return volume{w, h, c, make([]float32, w*h*c)} }

// weights gives the tensors of faces.bin in their order: each is a scale and a
// least value, float32, little-endian, and a byte for every number, which is
// least + scale × byte.
type weights struct{ b []byte }

func (s *weights) next(n int) []float32 {
	scale := math.Float32frombits(binary.LittleEndian.Uint32(s.b))
	least := math.Float32frombits(binary.LittleEndian.Uint32(s.b[4:]))
	out := make([]float32, n)
	for i, q := range s.b[8 : 8+n] {
		out[i] = least + scale*float32(q)
	}
	s.b = s.b[8+n:]
	return out
}

// padded is the size of a layer's side, and what is added before its input's
// first, so that every place of the input is the middle of a window of three.
func padded(in, stride int) (out, before int) {
	out = (in + stride - 1) / stride
	return out, max((out-1)*stride+3-in, 0) / 2
}

// conv is a convolution by windows of 3 × 3; with same, of a padded input.
//
//go:norace
func conv(x volume, s *weights, channels, stride int, same bool) volume {
	filters, bias := s.next(9*x.c*channels), s.next(channels)
	w, h, left, top := x.w-2, x.h-2, 0, 0
	if same {
		w, left = padded(x.w, stride)
		h, top = padded(x.h, stride)
	}
	out := newVolume(w, h, channels)
	for y := range h {
		for u := range w {
			dst := out.v[(y*w+u)*channels : (y*w+u+1)*channels]
			copy(dst, bias)
			for k := range 9 {
				sy, sx := y*stride-top+k/3, u*stride-left+k%3
				if sy < 0 || sx < 0 || sy >= x.h || sx >= x.w {
					continue
				}
				for c, v := range x.v[(sy*x.w+sx)*x.c : (sy*x.w+sx+1)*x.c] {
					f := filters[(k*x.c+c)*channels : (k*x.c+c+1)*channels]
					for i, g := range f {
						dst[i] += v * g
					}
				}
			}
		}
	}
	return out
}

// separable is a convolution of each channel alone, and then of all of a place.
//
//go:norace
func separable(x volume, s *weights, channels, stride int) volume {
	filter := s.next(9 * x.c)
	w, left := padded(x.w, stride)
	h, top := padded(x.h, stride)
	mid := newVolume(w, h, x.c)
	for y := range h {
		for u := range w {
			dst := mid.v[(y*w+u)*x.c : (y*w+u+1)*x.c]
			for k := range 9 {
				sy, sx := y*stride-top+k/3, u*stride-left+k%3
				if sy < 0 || sx < 0 || sy >= x.h || sx >= x.w {
					continue
				}
				f := filter[k*x.c : (k+1)*x.c]
				for c, v := range x.v[(sy*x.w+sx)*x.c : (sy*x.w+sx+1)*x.c] {
					dst[c] += v * f[c]
				}
			}
		}
	}
	return pointwise(mid, s, channels)
}

// pointwise weighs all channels of a place against one another.
//
//go:norace
func pointwise(x volume, s *weights, channels int) volume {
	filters, bias := s.next(x.c*channels), s.next(channels)
	out := newVolume(x.w, x.h, channels)
	for p := range x.w * x.h {
		dst := out.v[p*channels : (p+1)*channels]
		copy(dst, bias)
		for c, v := range x.v[p*x.c : (p+1)*x.c] {
			for i, g := range filters[c*channels : (c+1)*channels] {
				dst[i] += v * g
			}
		}
	}
	return out
}

// leaky keeps a tenth of what is negative.
func leaky(x volume) volume {
	for i, v := range x.v {
		if v < 0 {
			x.v[i] = v * 0.1
		}
	}
	return x
}

// relu adds volumes of one size and leaves out what is negative.
func relu(all ...volume) volume {
	out := newVolume(all[0].w, all[0].h, all[0].c)
	for i := range out.v {
		var sum float32
		for _, x := range all {
			sum += x.v[i]
		}
		out.v[i] = max(sum, 0)
	}
	return out
}

// pool gives the greatest of each 2 × 2.
//
//go:norace
func pool(x volume, stride int) volume {
	w, h := (x.w+stride-1)/stride, (x.h+stride-1)/stride
	out := newVolume(w, h, x.c)
	for y := range h {
		for u := range w {
			dst := out.v[(y*w+u)*x.c : (y*w+u+1)*x.c]
			for c := range dst {
				dst[c] = float32(math.Inf(-1))
			}
			for k := range 4 {
				sy, sx := y*stride+k/2, u*stride+k%2
				if sy >= x.h || sx >= x.w {
					continue
				}
				for c, v := range x.v[(sy*x.w+sx)*x.c : (sy*x.w+sx+1)*x.c] {
					dst[c] = max(dst[c], v)
				}
			}
		}
	}
	return out
}
