package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"
)

//go:embed all:dist
var dist embed.FS

// contentPolicy lets the console run its own scripts and talk to its own
// server, and nothing else. Inline styles are how the component library sets
// its theme; scripts stay strict.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// Files in this directory carry a hash of their content in their names.
const hashedDir = "assets/"

// Built tells whether this binary holds the console.
func Built() bool { return built(sub(dist)) }

// Handler serves the console, or the page that says how to build it.
func Handler() http.Handler { return newHandler(sub(dist)) }

func sub(f embed.FS) fs.FS {
	s, err := fs.Sub(f, "dist")
	if err != nil { // only for an invalid path, and "dist" is valid
		return f
	}
	return s
}

func built(files fs.FS) bool {
	info, err := fs.Stat(files, "index.html")
	return err == nil && info.Mode().IsRegular()
}

// handler serves one set of files. The cache holds what has been asked for
// before, compressed once; the files never change, so it is never emptied and
// never grows past them.
type handler struct {
	files fs.FS
	built bool

	mu    sync.Mutex
	cache map[string]*asset // guarded by mu
}

type asset struct {
	plain, packed []byte // packed is nil where compressing gains nothing
	kind, etag    string
}

func newHandler(files fs.FS) *handler {
	return &handler{files: files, built: built(files), cache: map[string]*asset{}}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", contentPolicy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Referrer-Policy", "no-referrer")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "api" || strings.HasPrefix(name, "api/") {
		http.NotFound(w, r)
		return
	}
	if !h.built {
		serveUnbuilt(w, r)
		return
	}
	a := h.find(name)
	switch {
	case a != nil && strings.HasPrefix(name, hashedDir):
		head.Set("Cache-Control", "public, max-age=31536000, immutable")
	case a != nil:
		head.Set("Cache-Control", "no-cache")
	case isFile(name):
		head.Set("Cache-Control", "no-store")
		http.NotFound(w, r)
		return
	default: // an address inside the console
		head.Set("Cache-Control", "no-cache")
		if a = h.find("index.html"); a == nil {
			http.NotFound(w, r)
			return
		}
	}
	serve(w, r, a)
}

// isFile tells a missing file from an address inside the console: whatever is
// asked of the hashed directory, and names with an ending at the top. Deeper
// addresses may end in ids with dots in them.
func isFile(name string) bool {
	if strings.HasPrefix(name, hashedDir) {
		return true
	}
	return !strings.Contains(name, "/") && path.Ext(name) != ""
}

// find returns the file called name, or nil where there is none to show.
func (h *handler) find(name string) *asset {
	if name == "" {
		name = "index.html"
	}
	if strings.HasPrefix(path.Base(name), ".") {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if a, ok := h.cache[name]; ok {
		return a
	}
	body, err := fs.ReadFile(h.files, name)
	if err != nil { // missing, or a directory
		return nil
	}
	a := newAsset(name, body)
	h.cache[name] = a
	return a
}

func newAsset(name string, body []byte) *asset {
	sum := sha256.Sum256(body)
	a := &asset{plain: body, kind: kindOf(name), etag: hex.EncodeToString(sum[:12])}
	if len(body) < 1024 || !compressible(a.kind) {
		return a
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return a
	}
	if _, err := z.Write(body); err != nil {
		return a
	}
	if err := z.Close(); err != nil || b.Len() >= len(body) {
		return a
	}
	a.packed = b.Bytes()
	return a
}

// kindOf does not trust the machine's own table for what a browser will refuse
// to run under the wrong name.
func kindOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	if kind := mime.TypeByExtension(path.Ext(name)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "image/svg") || strings.HasPrefix(kind, "application/json")
}

func serve(w http.ResponseWriter, r *http.Request, a *asset) {
	head := w.Header()
	head.Set("Content-Type", a.kind)
	body, tag := a.plain, a.etag
	if a.packed != nil {
		head.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) && r.Header.Get("Range") == "" {
			head.Set("Content-Encoding", "gzip")
			body, tag = a.packed, a.etag+"-gz"
		}
	}
	head.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// acceptsGzip reads the header as far as needed: gzip named and not refused.
func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		q := strings.TrimSpace(params)
		return q != "q=0" && !strings.HasPrefix(q, "q=0.0")
	}
	return false
}

func serveUnbuilt(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write([]byte(unbuiltPage)) // a browser that went away needs no answer
}

const unbuiltPage = `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>门神 Menshen</title>
<style>
body{font:16px/1.7 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:38em;margin:12vh auto;padding:0 1.5em}
h1{font-size:1.25em;margin-bottom:.2em}
code{font-family:ui-monospace,Menlo,Consolas,monospace;padding:.1em .4em;border:1px solid #8886;border-radius:4px}
section+section{margin-top:2em}
</style>
</head>
<body>
<section>
<h1>控制台尚未构建</h1>
<p>这个程序在编译时没有包含控制台。请在源码目录运行 <code>make build</code>（需要 Node.js 20.19 或更高版本），然后启动新生成的程序。服务本身与接口不受影响。</p>
</section>
<section lang="en">
<h1>The console is not built</h1>
<p>This binary was compiled without the console. Run <code>make build</code> in the source directory (needs Node.js 20.19 or later) and start the new binary. The service itself and its API are not affected.</p>
</section>
</body>
</html>
`
