package central

import "slices"

// spans are byte ranges [from, to), in order and apart from one another.
type spans [][2]int64

// add puts a range in.
func (s spans) add(from, to int64) spans {
	i, _ := slices.BinarySearchFunc(s, from, func(r [2]int64, at int64) int {
		if r[1] < at {
			return -1
		}
		return 1
	})
	j := i
	for j < len(s) && s[j][0] <= to {
		from, to = min(from, s[j][0]), max(to, s[j][1])
		j++
	}
	return slices.Replace(s, i, j, [2]int64{from, to})
}

// has says whether all of a range is in.
func (s spans) has(from, to int64) bool {
	return slices.ContainsFunc(s, func(r [2]int64) bool { return r[0] <= from && to <= r[1] })
}

// gaps are the ranges of the first size bytes that are not in.
func (s spans) gaps(size int64) [][2]int64 {
	var out [][2]int64
	at := int64(0)
	for _, r := range s {
		if r[0] > at {
			out = append(out, [2]int64{at, r[0]})
		}
		at = r[1]
	}
	if at < size {
		out = append(out, [2]int64{at, size})
	}
	return out
}
