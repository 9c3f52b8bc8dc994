package store

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"doorstep/internal/loan"
)

// BenchmarkErase erases a case's images beside 20,000 blobs that stay. It tells
// the longest that a save had to wait meanwhile, as a multiple of the median
// save of the same run with nothing beside it.
func BenchmarkErase(b *testing.B) {
	ctx := context.Background()
	i := newIntake(b)
	i.s.write.Lock()
	err := i.s.update(ctx, "bench", func(tx *bbolt.Tx) error {
		for n := range 20_000 {
			content := binary.BigEndian.AppendUint32(nil, uint32(n))
			u := unsent{class: classContract, order: 1}
			if err := i.s.putBlob(tx, i.s.BlobName(content), content, &blobInfo{unsent: u}); err != nil {
				return err
			}
		}
		return nil
	})
	i.s.write.Unlock()
	noErr(b, err)
	writer := i.open(1, 2026)
	save := func() time.Duration {
		start := time.Now()
		i.commit(writer.id, loan.ChangeView, "c1", loan.ViewBody{})
		return time.Since(start)
	}
	var alone, beside []time.Duration
	n := 10
	for b.Loop() {
		b.StopTimer()
		n++
		i.delivered(n, 2026)
		i.carry(i.now)
		for range 30 {
			alone = append(alone, save())
		}
		i.now = i.now.Add(8 * days)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if out, err := i.s.Retain(ctx, i.now); err != nil || out.Cases != 1 {
				b.Errorf("got %+v, %v", out, err)
			}
		}()
		b.StartTimer()
		for ended := false; !ended; {
			select {
			case <-done:
				ended = true
			default:
				beside = append(beside, save())
			}
		}
	}
	slices.Sort(alone)
	b.ReportMetric(float64(slices.Max(beside))/float64(alone[len(alone)/2]), "longest/alone")
	b.ReportMetric(float64(alone[len(alone)/2])/1e6, "ms-alone")
}

// BenchmarkCompact copies a file of which half is free. It tells its length
// afterwards as a multiple of what is in use, and the time as a multiple of
// that for writing and syncing as many bytes.
func BenchmarkCompact(b *testing.B) {
	ctx := context.Background()
	for b.Loop() {
		b.StopTimer()
		i, _ := wasteful(b, 40)
		for n := range 40 {
			i.finished(1000+n, 2026)
		}
		b.StartTimer()
		start := time.Now()
		noErr(b, i.s.Compact(ctx, nil))
		took := time.Since(start)
		b.StopTimer()
		free, size, err := i.s.Wasted(ctx)
		noErr(b, err)
		start = time.Now()
		noErr(b, writeFile(b.TempDir(), "floor", make([]byte, i.fileSize())))
		b.ReportMetric(float64(took)/float64(time.Since(start)), "time/write")
		b.ReportMetric(float64(i.fileSize())/float64(size-free), "file/live")
		b.StartTimer()
	}
}
