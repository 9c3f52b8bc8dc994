package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"doorstep/internal/fault"
	"doorstep/internal/seal"
	"doorstep/sync/central"
	"doorstep/sync/parcel"
)

// grace is how long the end waits for what is under way.
const grace = 10 * time.Second

func serve(ctx context.Context, args []string, out, errs io.Writer) error {
	f := flags("serve", "接收各台电脑传来的材料，直到收到 SIGINT 或 SIGTERM。\n"+
		"开始服务时输出一行：listening on https://HOST:PORT", errs)
	listen := f.String("listen", "", "服务的地址，HOST:PORT；端口 0 是任选空闲的")
	data := f.String("data", "", "中心的文件夹；第一次启动时建立")
	codeFile := f.String("code-file", "", "把新的注册码写到这个文件，供一台电脑用")
	addressFile := f.String("address-file", "", "开始服务后把地址写到这个文件")
	practice := f.Bool("practice", false, "练习用的县，人都是虚构的，带名册；第一次启动不写县的也是")
	county := f.String("county", "", "县的六位代码，第一次启动时写；不写就是练习用的中心")
	name := f.String("county-name", "", "县的名称；与 --county 同用")
	suite := f.String("suite", "", "以后注册的电脑用的算法：international（AES、SHA-256、P-256）或 national（SM4、SM3、SM2）；\n会记住，第一次启动不写是 international")
	host := f.String("host", "", "电脑连接这个服务用的名称，与 --listen 不同时写")
	own := f.String("own-address", "", "几台服务器共用一个名称时，这一台自己的 https://HOST:PORT，\n要在它这里中转的电脑会连到那里")
	ice := f.String("ice", "", "文件，写县的 STUN 和 TURN 服务器，供电脑之间直接连接：\n[{\"url\": \"stun:HOST:PORT\"}, {\"url\": \"turn:HOST:PORT\", \"username\": …, \"credential\": …}]")
	verbose := f.Bool("verbose", false, "运行日志记下每个请求，不只是出错的")
	format := f.String("log", "text", "标准错误上运行日志的格式：text 或 json；只有编号，没有个人信息")
	metrics := f.String("metrics", "", "/metrics（Prometheus）和 /healthz 的地址 HOST:PORT，不用 TLS；只让本机或运维网络访问")
	drain := f.Duration("drain", 0, "关闭前，先在 /healthz 说不再接收，等这么久让负载均衡知道；有负载均衡的写 5s")
	sessions := f.Int("sessions", 4096, "同时最多的电脑连接数，多出的断开，稍后再连。一台电脑传送时占三个以上，至少两个、最多十二个，\n断线后短时间再多八个；每个连接占一个系统允许打开的文件")
	scrub := f.Int("scrub", 60, "每分钟重新读多少兆字节已收的文件，与名称核对，每天最多一遍；坏了的再向电脑要。0 是不核对。\n电脑在回执后保留影像 7 天，核对一遍应比这短")
	tsa := f.String("tsa", "", "时间戳服务（RFC 3161）的 URL，只发给它合同的摘要；会记住，各台服务器都用；写 none 是不再用")
	tsaPolicy := f.String("tsa-policy", "", "时间戳服务要按的策略，如 1.2.3.4；会记住；写 none 是不再要求")
	tsaCRL := f.String("tsa-crl", "", "时间戳服务及其上级的吊销列表，几个用逗号隔开：文件（DER 或 PEM）现在读，URL 每六小时取一次；\n会记住；写 none 是不再用")
	tsaRoots := f.String("tsa-roots", "", "文件，时间戳须追溯到的根证书，PEM 格式；与 --tsa 同用")
	page := f.String("page", "", "供任何人核验合同的网页的地址 HOST:PORT；用 TLS，不要客户端证书")
	place := placeFlags(f)
	if err := parse(f, args, out, "listen", "data"); err != nil {
		return err
	}
	// What laptops send passes through small pieces of memory that are used again:
	// little is to be swept, and a small centre stays small.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(40)
	}
	chosen, err := suiteOf(*suite)
	if err != nil {
		return err
	}
	servers, err := iceServers(*ice)
	if err != nil {
		return err
	}
	if *sessions < 1 {
		return fault.Tell("sync.serve", fault.Input, "--sessions 须是 1 或以上。", errors.New("--sessions is 1 or more"))
	}
	log, err := logger(errs, *format, *verbose)
	if err != nil {
		return err
	}
	c, err := central.Open(ctx, central.Options{Dir: *data, Log: log, Practice: *practice, County: *county, CountyName: *name, Suite: chosen, Place: *place,
		Address: *own, ICE: servers})
	if err != nil {
		return err
	}
	defer func() {
		if err := c.Close(); err != nil {
			log.Error("close", "error", err.Error())
		}
	}()
	if *codeFile != "" { // before the port answers: who meets the server has its code
		if err := firstCode(ctx, c, *codeFile, log); err != nil {
			return err
		}
	}
	l, err := listenOn(ctx, *listen)
	if err != nil {
		return err
	}
	defer l.Close()
	url := "https://" + reachable(l.Addr(), *listen)
	srv, err := c.Server(hosts(*listen, *host))
	if err != nil {
		return err
	}
	if *addressFile != "" {
		if err := central.WriteFile(*addressFile, []byte(url+"\n")); err != nil {
			return err
		}
	}
	defer background(ctx, func(ctx context.Context) {
		if *scrub > 0 {
			c.Scrub(ctx, int64(*scrub)<<20)
		}
	})()
	if err := stampingFlags(ctx, c, *tsa, *tsaRoots); err != nil {
		return err
	}
	if err := revocationFlags(ctx, c, *tsaCRL, *tsaPolicy); err != nil {
		return err
	}
	defer background(ctx, c.KeepContracts)()
	defer background(ctx, c.KeepErased)()
	if *page != "" {
		end, at, err := checks(ctx, c, *page, *host)
		if err != nil {
			return err
		}
		defer end()
		log.Info("page", "address", at)
	}
	if *metrics != "" {
		end, err := operations(ctx, c, *metrics, log)
		if err != nil {
			return err
		}
		defer end()
	}
	closing := func() {
		log.Info("closing")
		c.Drain()
		time.Sleep(*drain)
	}
	return serveUntilDone(ctx, srv, central.Sessions(l, *sessions), func() { fmt.Fprintln(out, "listening on", url) }, closing)
}

// background runs do until end, which waits for it.
func background(ctx context.Context, do func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); do(ctx) }()
	return func() { cancel(); <-done }
}

// placeFlags are the flags of a centre that several servers serve. Passwords
// are in files or the environment, where other users cannot read them.
func placeFlags(f *flag.FlagSet) *central.Place {
	p := placeGiven()
	f.StringVar(&p.Database, "database", p.Database, "几台服务器共用的数据库，postgres://[USER@]HOST/NAME；没写的取自 PGPASSWORD、PGPASSFILE 等；\n与 --bucket 和 --keys 同用。也可写在 DOORSTEP_DATABASE 或文件夹里的 centre.conf")
	f.StringVar(&p.PasswordFile, "database-password-file", p.PasswordFile, "文件，写数据库的密码")
	f.IntVar(&p.Connections, "database-connections", 0, "数据库连接数上限；不写是 16")
	f.StringVar(&p.Bucket, "bucket", p.Bucket, "兼容 S3 的存储，https://HOST/BUCKET?region=NAME。也可写在 DOORSTEP_BUCKET")
	f.StringVar(&p.CredentialsFile, "bucket-credentials", p.CredentialsFile, "文件，写存储的密钥，格式同 AWS 的 shared credentials；不写就用 AWS_ACCESS_KEY_ID 和 AWS_SECRET_ACCESS_KEY")
	f.StringVar(&p.Keys, "keys", p.Keys, "中心密钥的文件夹，各台服务器相同：第一次启动时生成，以后只读。也可写在 DOORSTEP_KEYS")
	return &p
}

// placeGiven is the place that the environment names.
func placeGiven() central.Place {
	return central.Place{Database: os.Getenv("DOORSTEP_DATABASE"), PasswordFile: os.Getenv("DOORSTEP_DATABASE_PASSWORD_FILE"),
		Bucket: os.Getenv("DOORSTEP_BUCKET"), CredentialsFile: os.Getenv("DOORSTEP_BUCKET_CREDENTIALS"), Keys: os.Getenv("DOORSTEP_KEYS")}
}

func logger(errs io.Writer, format string, verbose bool) (*slog.Logger, error) {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	if verbose {
		o.Level = slog.LevelDebug
	}
	switch format {
	case "text":
		return slog.New(slog.NewTextHandler(errs, o)), nil
	case "json":
		return slog.New(slog.NewJSONHandler(errs, o)), nil
	}
	return nil, fault.Tell("sync.serve", fault.Input, "--log 写 text 或 json。", errors.New("--log is text or json"))
}

// operations serves what watches the server, on an address of its own, until
// end is called.
func operations(ctx context.Context, c *central.Central, addr string, log *slog.Logger) (end func(), err error) {
	l, err := listenOn(ctx, addr)
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: c.Operations(), ReadHeaderTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	done := make(chan struct{})
	go func() { defer close(done); srv.Serve(l) }()
	log.Info("metrics", "address", l.Addr().String())
	return func() { srv.Close(); <-done }, nil
}

func iceServers(file string) ([]parcel.ICEServer, error) {
	const op = "sync.ice"
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Tell(op, fault.Input, "--ice 的文件读不了，请核对。", errors.New("--ice cannot be read"))
	}
	out, err := parcel.ParseICE(string(b))
	return out, fault.Wrap(op, err)
}

func suiteOf(name string) (seal.Suite, error) {
	switch name {
	case "":
		return 0, nil
	case "international":
		return seal.International, nil
	case "national":
		return seal.National, nil
	}
	return 0, fault.Tell("sync.serve", fault.Input, "--suite 写 international 或 national。", errors.New("--suite is international or national"))
}

// serveUntilDone serves until ctx ends; then closing is called, and what is
// under way is finished.
func serveUntilDone(ctx context.Context, srv *http.Server, l net.Listener, ready, closing func()) error {
	failed := make(chan error, 1)
	go func() { failed <- srv.ServeTLS(l, "", "") }()
	ready()
	select {
	case err := <-failed:
		return fault.New("sync.serve", fault.Other, err)
	case <-ctx.Done():
	}
	closing()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	if err := srv.Shutdown(end); err != nil {
		srv.Close()
	}
	<-failed
	return nil
}

func listenOn(ctx context.Context, addr string) (net.Listener, error) {
	const op = "sync.listen"
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, fault.Tell(op, fault.Input, "--listen 写 HOST:PORT，例如 0.0.0.0:8443。", errors.New("--listen is not HOST:PORT"))
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fault.New(op, fault.Busy, err)
	}
	if err != nil {
		return nil, fault.New(op, fault.Other, err)
	}
	return l, nil
}

// reachable is the address a laptop on this machine dials.
func reachable(a net.Addr, listen string) string {
	_, port, _ := net.SplitHostPort(a.String())
	host, _, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// hosts are the names the server's certificate holds.
func hosts(listen, more string) []string {
	out := []string{"localhost", "127.0.0.1", "::1"}
	if host, _, err := net.SplitHostPort(listen); err == nil && host != "" {
		if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
			out = append(out, host)
		}
	}
	if name, err := os.Hostname(); err == nil && name != "" {
		out = append(out, name)
	}
	if more != "" {
		out = append(out, more)
	}
	return out
}

// firstCode writes the code that a server's start is asked for. It is for the first
// laptops of a county, and for practice: once there are officers, one signs in, and
// the server starts without.
func firstCode(ctx context.Context, c *central.Central, file string, log *slog.Logger) error {
	_, practice, err := c.County(ctx)
	if err != nil {
		return err
	}
	first, err := c.FirstOfficer(ctx)
	switch {
	case err != nil:
		return err
	case !practice && !first:
		log.Warn("no code was written: there are officers here now; one signs in: sync code new --by ID")
		return nil
	case first:
		if err := c.Unasked(ctx, "code new at a start"); err != nil {
			return err
		}
	}
	return writeCode(ctx, c, file, "", central.NewCodeOptions{})
}
