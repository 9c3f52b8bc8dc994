package central

import (
	"bytes"
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/loan"
	"doorstep/internal/seal"
	"doorstep/sync/parcel"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket is a shelf in an S3-compatible store. An object is named
// county/HH/HASH, and holds the blob in boxes: who finds the bucket learns
// sizes and times.
type bucket struct {
	core  *minio.Core
	name  string
	key   *seal.Key
	small chan struct{} // bounds the blobs held in memory at once
	large chan struct{}
}

const (
	boxSize   = 64 << 10 // of a blob, in one box
	smallBlob = 2 << 20
	putTime   = 2 * time.Minute
)

// openBucket names a bucket by URL: https://HOST[:PORT]/BUCKET[?region=NAME].
// Who may use it comes from a file in the form of AWS's shared credentials, or
// the environment; never from the URL.
func openBucket(address, credentialsFile string, key *seal.Key) (*bucket, error) {
	const op = "central.openBucket"
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return nil, fault.New(op, fault.Input, errors.New("the bucket is not named by https://HOST/BUCKET"))
	}
	name := strings.Trim(u.Path, "/")
	if u.User != nil || name == "" || strings.Contains(name, "/") {
		return nil, fault.New(op, fault.Input, errors.New("the bucket's URL is https://HOST/BUCKET, without a name or password"))
	}
	who := []credentials.Provider{&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}}
	if credentialsFile != "" {
		if _, err := os.Stat(credentialsFile); err != nil {
			return nil, fault.New(op, fault.Missing, errors.New("the file of the bucket's credentials cannot be read"))
		}
		who = []credentials.Provider{&credentials.FileAWSCredentials{Filename: credentialsFile}}
	}
	region := u.Query().Get("region")
	if region == "" {
		region = "us-east-1"
	}
	transport, err := minio.DefaultTransport(u.Scheme == "https")
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	transport.ResponseHeaderTimeout = 30 * time.Second
	transport.MaxIdleConnsPerHost = 64
	core, err := minio.NewCore(u.Host, &minio.Options{Creds: credentials.NewChainCredentials(who), Secure: u.Scheme == "https",
		Transport: transport, Region: region, BucketLookup: minio.BucketLookupPath, MaxRetries: 3})
	if err != nil {
		return nil, fault.New(op, fault.Input, errors.New("the bucket's URL cannot be used"))
	}
	return &bucket{core: core, name: name, key: key, small: make(chan struct{}, 32), large: make(chan struct{}, 2)}, nil
}

func (b *bucket) close() { b.key.Wipe() }

func objectName(county string, h loan.Hash) string {
	s := h.String()
	return county + "/" + s[:2] + "/" + s
}

// boxContext binds a box to its blob and its place in it.
func boxContext(county string, h loan.Hash, i int64, last bool) []byte {
	return fmt.Appendf(nil, "doorstep object v1 %s %s %d %t", county, h, i, last)
}

// boxed seals a blob, box by box.
func boxed(key *seal.Key, county string, h loan.Hash, plain []byte) []byte {
	n := boxes(int64(len(plain)))
	out := make([]byte, 0, int64(len(plain))+n*seal.Overhead)
	for i := range n {
		piece := plain[i*boxSize : min(int64(len(plain)), (i+1)*boxSize)]
		out = key.Seal(out, piece, boxContext(county, h, i, i == n-1))
	}
	return out
}

func boxes(size int64) int64 { return (size + boxSize - 1) / boxSize }

// plainSize is how long the blob of an object is; false when none is so long.
func plainSize(object int64) (int64, bool) {
	n := (object + boxSize + seal.Overhead - 1) / (boxSize + seal.Overhead)
	size := object - n*seal.Overhead
	return size, size > max(0, (n-1)*boxSize) && size <= parcel.MaxBlob
}

func (b *bucket) keep(ctx context.Context, county string, h loan.Hash, size int64, path string) error {
	return b.keepContent(ctx, county, h, size, func() ([]byte, error) { return beginning(path, size) })
}

// keepContent is keep for a blob wherever it is; few are held in memory at once.
func (b *bucket) keepContent(ctx context.Context, county string, h loan.Hash, size int64, load func() ([]byte, error)) error {
	const op = "central.keep"
	place := b.small
	if size > smallBlob {
		place = b.large
	}
	select {
	case place <- struct{}{}:
		defer func() { <-place }()
	case <-ctx.Done():
		return fault.New(op, fault.Busy, ctx.Err())
	}
	plain, err := load()
	if err != nil {
		return diskFault(op, err)
	}
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	return b.put(ctx, objectName(county, h), boxed(b.key, county, h, plain))
}

// beginning reads the first size bytes of a file.
func beginning(path string, size int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, size)
	_, err = f.ReadAt(b, 0)
	return b, err
}

// put uploads an object and compares what the store says of it: its checksum,
// or from a store that does not tell, its size and the hash in its tag.
func (b *bucket) put(ctx context.Context, object string, content []byte) error {
	const op = "central.put"
	sum := sha256.Sum256(content)
	want := base64.StdEncoding.EncodeToString(sum[:])
	got, err := b.core.PutObject(ctx, b.name, object, bytes.NewReader(content), int64(len(content)), "", hex.EncodeToString(sum[:]),
		minio.PutObjectOptions{ContentType: "application/octet-stream", DisableMultipart: true,
			UserMetadata: map[string]string{"x-amz-checksum-sha256": want}})
	if err != nil {
		return bucketFault(op, err)
	}
	if got.ChecksumSHA256 == want {
		return nil
	}
	if got.ChecksumSHA256 != "" {
		return fault.New(op, fault.Disk, errors.New("the bucket holds another content than was sent"))
	}
	st, err := b.core.StatObject(ctx, b.name, object, minio.StatObjectOptions{})
	if err != nil {
		return bucketFault(op, err)
	}
	tag := md5.Sum(content)
	if st.Size != int64(len(content)) || len(st.ETag) == 32 && st.ETag != hex.EncodeToString(tag[:]) {
		return fault.New(op, fault.Disk, errors.New("the bucket holds another content than was sent"))
	}
	return nil
}

func (b *bucket) read(ctx context.Context, county string, h loan.Hash, offset, n int64) ([]byte, error) {
	const op = "central.read"
	if offset < 0 || n < 1 {
		return nil, fault.New(op, fault.Input, errors.New("offset or length"))
	}
	n = min(n, parcel.MaxBlob)
	first, last := offset/boxSize, (offset+n-1)/boxSize
	const box = boxSize + seal.Overhead
	o := minio.GetObjectOptions{}
	if err := o.SetRange(first*box, (last+1)*box-1); err != nil {
		return nil, fault.New(op, fault.Input, err)
	}
	ctx, cancel := context.WithTimeout(ctx, putTime)
	defer cancel()
	body, _, head, err := b.core.GetObject(ctx, b.name, objectName(county, h), o)
	if err != nil {
		return nil, bucketFault(op, err)
	}
	defer body.Close()
	raw, err := io.ReadAll(io.LimitReader(body, (last-first+1)*box))
	if err != nil {
		return nil, fault.New(op, fault.Busy, errors.New("the bucket's answer broke off"))
	}
	size, ok := plainSize(objectSize(head, first*box, int64(len(raw))))
	if !ok {
		return nil, fault.New(op, fault.Damaged, errors.New(h.String()))
	}
	plain := make([]byte, 0, len(raw))
	for i := first; len(raw) > 0; i++ {
		if plain, err = b.key.Open(plain, raw[:min(box, len(raw))], boxContext(county, h, i, i == boxes(size)-1)); err != nil {
			return nil, fault.New(op, fault.Damaged, errors.New(h.String()))
		}
		raw = raw[min(box, len(raw)):]
	}
	from := offset - first*boxSize
	if from >= int64(len(plain)) {
		return nil, fault.New(op, fault.Input, errors.New("offset behind the blob's end"))
	}
	return plain[from:min(int64(len(plain)), from+n)], nil
}

// objectSize is the whole object's size, out of the answer to a range of it.
func objectSize(head http.Header, from, got int64) int64 {
	_, total, ok := strings.Cut(head.Get("Content-Range"), "/")
	if n, err := strconv.ParseInt(total, 10, 64); ok && err == nil {
		return n
	}
	return from + got
}

func (b *bucket) ready(ctx context.Context) error {
	const op = "central.bucket"
	there, err := b.core.BucketExists(ctx, b.name)
	if err != nil {
		return bucketFault(op, err)
	}
	if !there {
		return fault.New(op, fault.Missing, errors.New("no such bucket"))
	}
	return nil
}

// bucketFault names an error of the store; its own words may hold addresses
// and no person's data.
func bucketFault(op string, err error) error {
	if errors.Is(err, context.Canceled) {
		return fault.New(op, fault.Cancelled, err)
	}
	r := minio.ToErrorResponse(err)
	switch r.Code {
	case "NoSuchKey":
		return fault.New(op, fault.Missing, err)
	case "InvalidRange":
		return fault.New(op, fault.Input, err)
	case "QuotaExceeded", "XMinioStorageFull", "InsufficientStorage":
		return fault.New(op, fault.Full, err)
	case "BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "IncompleteBody":
		return fault.New(op, fault.Busy, err) // spoilt on the way: again
	}
	if r.StatusCode == 0 || r.StatusCode >= 500 || r.StatusCode == http.StatusTooManyRequests {
		return fault.New(op, fault.Busy, err)
	}
	return fault.New(op, fault.Disk, err)
}
