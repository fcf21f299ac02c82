package httpproxy

import (
	"bytes"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/menshen-io/menshen/gateway"
)

// restoreWrite puts originals back into the body of a request, or refuses it.
// Text that is neither JSON nor a form is passed on if there is no mask in it; of
// what is no text only the first [gateway.MaxWrite] bytes are looked at.
func restoreWrite(r *http.Request, v *gateway.Visit) *gateway.Refusal {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength == 0 {
		return nil
	}
	ctx := r.Context()
	if enc := r.Header.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return v.Refuse(ctx, gateway.CauseWriteUnreadable)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, gateway.MaxWrite+1))
	if err != nil {
		return gateway.Refuse(gateway.CauseWriteUnreadable)
	}
	ct, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	whole := len(body) <= gateway.MaxWrite
	var ref *gateway.Refusal
	switch {
	case jsonType(ct) || ct == "" && looksJSON(body):
		if !whole {
			return v.Refuse(ctx, gateway.CauseTooLarge)
		}
		body, ref = v.RestoreJSON(ctx, body)
	case ct == "application/x-www-form-urlencoded":
		if !whole {
			return v.Refuse(ctx, gateway.CauseTooLarge)
		}
		body, ref = v.RestoreForm(ctx, body)
	case textType(ct):
		if !whole {
			return v.Refuse(ctx, gateway.CauseTooLarge)
		}
		ref = v.CheckText(ctx, body)
	case ct == "" && whole && utf8.Valid(body):
		ref = v.CheckText(ctx, body)
	default:
		ref = v.CheckOther(ctx, body)
	}
	if ref != nil {
		return ref
	}
	if !whole {
		r.Body = joined{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
		return nil
	}
	r.Body = joined{bytes.NewReader(body), r.Body}
	r.ContentLength = int64(len(body))
	r.TransferEncoding = nil
	r.Header.Set("Content-Length", strconv.Itoa(len(body)))
	for _, name := range []string{"Content-Md5", "Digest", "Content-Digest", "Repr-Digest"} {
		r.Header.Del(name)
	}
	return nil
}

type joined struct {
	io.Reader
	io.Closer
}

// jsonType reports whether a media type is JSON's.
func jsonType(ct string) bool {
	return ct == "application/json" || ct == "text/json" || ct == "application/x-json" || strings.HasPrefix(ct, "application/") && strings.HasSuffix(ct, "+json")
}

// sequenceType reports whether a media type is JSON line by line.
func sequenceType(ct string) bool {
	return ct == "application/x-ndjson" || ct == "application/ndjson" || ct == "application/jsonl" || ct == "application/x-jsonlines"
}

// textType reports whether a media type is that of text, in which a mask may stand
// for itself.
func textType(ct string) bool {
	switch ct {
	case "application/xml", "application/csv", "application/graphql", "application/yaml", "application/x-yaml", "application/toml", "application/sql", "application/javascript":
		return true
	}
	return strings.HasPrefix(ct, "text/") || strings.HasSuffix(ct, "+xml") || strings.HasSuffix(ct, "+yaml") || sequenceType(ct)
}

func looksJSON(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}
