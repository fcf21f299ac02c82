package httpproxy

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/menshen-io/menshen/gateway"
	"github.com/menshen-io/menshen/mask"
)

func TestReadsOtherBodies(t *testing.T) {
	rows := strings.Repeat("1,张三丰,13812345678\n", 8000)
	for _, test := range []struct {
		name, ct, in, want string // want "" is a refusal
		cause              gateway.Cause
		text               bool // what it says of its characters is ours
	}{
		{"HTML", "text/html", `<title>张三</title><p title='13812345678'>a.b@c.com &amp; &#49;3812345678`, `<title>张*</title><p title='138****5678'>a***@c.com &amp; 138****5678`, "", true},
		{"HTML of another charset inside", "text/html", `<meta charset="iso-2022-jp"><p>13812345678`, `<meta charset="iso-2022-jp"><p>138****5678`, "", true},
		{"XHTML", "application/xhtml+xml", `<?xml version="1.0"?><p>13812345678</p>`, `<?xml version="1.0"?><p>138****5678</p>`, "", true},
		{"XHTML, which browsers read as XML", "application/xhtml+xml", `<html><script src="a.js"/><table><tr><th>收货人</th><td>高兴</td></tr></table><xmp>1&#x33;812345678</xmp></html>`, `<html><script src="a.js"/><table><tr><th>收货人</th><td>高*</td></tr></table><xmp>138****5678</xmp></html>`, "", true},
		{"XHTML with entities of its own", "application/xhtml+xml", `<!DOCTYPE html [<!ENTITY b "13812345678">]><html>&b;</html>`, "", gateway.CauseUnreadable, false},
		{"XML", "application/xml", `<?xml version="1.0" encoding="UTF-8"?><o><no>7</no><receiverName>张三</receiverName></o>`, `<?xml version="1.0" encoding="UTF-8"?><o><no>7</no><receiverName>张*</receiverName></o>`, "", true},
		{"XML with entities of its own", "text/xml", `<!DOCTYPE a [<!ENTITY b "13812345678">]><a>&b;</a>`, "", gateway.CauseUnreadable, false},
		{"a workbook that is none", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04 13812345678", "", gateway.CauseUnreadable, false},
		{"a long workbook that is none", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "PK\x03\x04" + rows, "", gateway.CauseUnreadable, false},
		{"CSV", "text/csv; header=present", "no,customer.name,电话\n7,张三丰,13812345678\n", "no,customer.name,电话\n7,张**,138****5678\n", "", true},
		{"TSV", "text/tab-separated-values", "no\tcustomer.name\n7\t张三丰\n", "no\tcustomer.name\n7\t张**\n", "", true},
		{"long CSV", "text/csv", "no,customer.name,phone\n" + rows, "no,customer.name,phone\n" + strings.NewReplacer("张三丰", "张**", "13812345678", "138****5678").Replace(rows), "", true},
		{"text", "text/plain; charset=UTF-8", "[INFO] call 13812345678\n", "[INFO] call 138****5678\n", "", true},
		{"text of a route with names", "text/plain", "收货人：张三丰", "收货人：张**", "", true},
		{"empty text", "text/plain", "", "-", "", false},
		{"JSON called text", "text/plain", "  " + order, "  " + masked, "", false},
		{"NDJSON called text", "text/plain", order + "\n" + order + "\n", masked + "\n" + masked + "\n", "", false},
		{"broken JSON called text", "text/plain", order + "}", "", gateway.CauseUnreadable, false},
		{"long JSON called text", "text/plain", `{"a":"` + strings.Repeat("x", holdStrict) + `"}`, "", gateway.CauseUnreadable, false},
		{"broken JSON called HTML", "text/html", order[:100], "", gateway.CauseUnreadable, false},
		{"JSON called CSV", "text/csv", order, masked, "", false},
		{"HTML called JSON", "application/json", "<p>13812345678", "", gateway.CauseUnreadable, false},
		{"HTML called text", "text/plain", "<!DOCTYPE html><p>&#49;3812345678", "", gateway.CauseUnreadable, false},
		{"HTML called CSV", "text/csv", "\ufeff <table><tr><td>13812345678", "", gateway.CauseUnreadable, false},
		{"JSONP called text", "text/plain", "cb(" + order + ")", "", gateway.CauseUnreadable, false},
		{"guarded JSON called text", "text/plain", ")]}',\n" + order, "", gateway.CauseUnreadable, false},
		{"PDF called text", "text/plain", "%PDF-1.4 13812345678", "", gateway.CauseUnreadable, false},
		{"another encoding", "text/html", "<p>\xd5\xc5 13812345678", "", gateway.CauseUnreadable, false},
		{"UTF-16", "text/plain", "1\x003\x008\x00", "", gateway.CauseUnreadable, false},
		{"another charset", "text/html; charset=gbk", "<p>13812345678", "", gateway.CauseEncoding, false},
		{"script", "text/javascript", "var a = 1", "", gateway.CauseUnreadable, false},
		{"picture", "image/svg+xml", "<svg/>", "", gateway.CauseUnreadable, false},
		{"multipart", "multipart/mixed; boundary=x", "--x\r\n\r\n13812345678\r\n--x--", "", gateway.CauseUnreadable, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", test.ct)
				w.Header().Set("Content-Encoding", r.Header.Get("X-Enc"))
				in := test.in
				if r.Header.Get("X-Enc") == "gzip" {
					in = zip(in)
				}
				for i := 0; i < len(in); i += 4097 { // in parts, cut anywhere
					_, _ = io.WriteString(w, in[i:min(len(in), i+4097)])
					_ = http.NewResponseController(w).Flush()
				}
			})
			for _, enc := range []string{"identity", "gzip"} {
				resp, body := d.get("/api/orders", "agent", "X-Enc", enc, "Accept-Encoding", "gzip")
				if test.cause != "" {
					d.refused(resp, body, 403, test.cause)
					continue
				}
				if resp.Header.Get("Content-Encoding") == "gzip" {
					body = unzip(t, body)
				}
				want := test.want
				if want == "-" {
					want = ""
				}
				if resp.StatusCode != 200 || body != want {
					t.Errorf("%s: got %d, %d bytes %.200q", enc, resp.StatusCode, len(body), body)
				}
				if ct := resp.Header.Get("Content-Type"); test.text && !strings.Contains(strings.ToLower(ct), "charset=utf-8") {
					t.Errorf("%s: says %q", enc, ct)
				}
			}
		})
	}
}

func TestOtherBodiesAreRecorded(t *testing.T) {
	d := newDoor(t, serve("text/csv", "id,phone\nu-1,13812345678\n"))
	resp, body := d.get("/api/orders", "agent")
	if views := d.rec.views(); resp.StatusCode != 200 || len(views) != 1 || views[0].Kind != "list" || len(views[0].Subjects) != 0 {
		t.Errorf("%d %s, recorded %+v", resp.StatusCode, body, views)
	}
	resp, body = d.get("/export", "agent") // the role may not export
	d.refused(resp, body, 403, gateway.CauseExportMasked)
	if resp, body = d.get("/export", "clerk"); resp.StatusCode != 200 || body != "id,phone\nu-1,138****5678\n" {
		t.Errorf("a masked export: %d %s", resp.StatusCode, body)
	}
	d.rec.fail(io.ErrClosedPipe)
	resp, body = d.get("/api/orders", "agent")
	d.refused(resp, body, 503, gateway.CauseNotRecorded)
}

// A body that turns out to be something else midway is cut, as JSON is.
func TestOtherBodiesAreAborted(t *testing.T) {
	d := newDoor(t, serve("text/html", "<p>"+strings.Repeat("<td>13812345678</td>\n", 20_000)+"\xff 13900001111"))
	resp, got, err := d.do(d.request("GET", "/api/orders", "agent", ""))
	if err == nil || resp.StatusCode != 200 || strings.Contains(got, rawPhone) || strings.Contains(got, "1390000") || len(d.rec.refusals()) != 1 {
		t.Errorf("%v, %d, %d bytes, refusals %v", err, resp.StatusCode, len(got), d.rec.refusals())
	}
}

// What one answer said to be a name is masked in the next of the session, and in
// no other's.
func TestTheSessionKnows(t *testing.T) {
	d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Disposition", `attachment; filename="张三丰.json"`)
		switch r.URL.Path {
		case "/api/orders":
			_, _ = io.WriteString(w, `{"title":"张三丰的订单","orders":[{"customer":{"id":"u-1","name":"张三丰","phone":"13812345678"}}]}`)
		case "/api/long":
			_, _ = io.WriteString(w, `{"pad":"`+strings.Repeat("x", 2*holdBody)+`","chat":"张三丰说好"}`)
		default:
			_, _ = io.WriteString(w, `{"chat":["是张三丰，13812345678"]}`)
		}
	})
	resp, body := d.get("/api/chat", "agent")
	if !strings.Contains(body, "是张三丰，138****5678") || !strings.Contains(resp.Header.Get("Content-Disposition"), "张三丰") {
		t.Errorf("before: %s %v", body, resp.Header)
	}
	if _, body = d.get("/api/orders", "agent"); !strings.Contains(body, `"title":"张**的订单"`) {
		t.Errorf("within one answer: %s", body)
	}
	resp, body = d.get("/api/chat", "agent")
	if !strings.Contains(body, "是张**，138****5678") || strings.Contains(resp.Header.Get("Content-Disposition"), "三丰") {
		t.Errorf("after: %s %v", body, resp.Header)
	}
	if _, body := d.get("/api/long", "agent"); !strings.Contains(body, "张**说好") {
		t.Errorf("in a long answer: %.40s", body[len(body)-40:])
	}
	r := d.request("GET", "/api/chat", "agent", "")
	r.Header.Set("X-User", "agent-018")
	if _, body, _ := d.do(r); !strings.Contains(body, "是张三丰") {
		t.Errorf("another session: %s", body)
	}
	if _, body := d.get("/api/chat", "auditor"); !strings.Contains(body, "是张三丰，13812345678") {
		t.Errorf("a raw role: %s", body)
	}
}

// Masked values that were found by what is known are revealed and restored as
// others are.
func TestWhatIsKnownIsRevealed(t *testing.T) {
	d := newDoor(t, serve("application/json", `{"customer":{"id":"u-1","name":"张三丰","phone":"13812345678"},"note":"给张三丰的"}`))
	d.get("/api/orders/1", "agent")
	resp, body, err := d.do(d.request("PUT", "/api/orders/1", "agent", `{"customer":{"id":"u-1","phone":"138****5678"},"note":"给张**的"}`, "Content-Type", "application/json"))
	if err != nil || resp.StatusCode != 200 || strings.Contains(d.body, "138****5678") || !strings.Contains(d.body, "给张三丰的") {
		t.Errorf("%v %d %s: the back office got %s", err, resp.StatusCode, body, d.body)
	}
}

// A mask of a name or an address within a text does not overwrite data either.
func TestMasksWithinTextsDoNotOverwrite(t *testing.T) {
	d := newDoor(t, serve("application/json", `{"customer":{"id":"u-1","name":"张三丰","phone":"13812345678"},"note":"张三丰和张无忌住文三路100号"}`))
	d.get("/api/orders/1", "agent")
	for _, note := range []string{"找张**", "送到******", "5*3=15 **重要**"} {
		resp, body, err := d.do(d.request("PUT", "/api/orders/2", "agent", `{"customer":{"id":"u-2"},"note":"`+note+`"}`, "Content-Type", "application/json"))
		if err != nil || (resp.StatusCode == 200) == strings.Contains(note, "张**") {
			t.Errorf("%s: %v %d %s", note, err, resp.StatusCode, body)
		}
	}
}

func TestEventsGoOnAsTheyCome(t *testing.T) {
	next := make(chan string)
	d := newDoor(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		for s := range next {
			_, _ = io.WriteString(w, s)
			_ = http.NewResponseController(w).Flush()
		}
	})
	resp, err := d.client.Do(d.request("GET", "/api/feed", "agent", "")) // before there is any event
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	in := bufio.NewReader(resp.Body)
	for _, e := range [][2]string{
		{"\ufeff: tel 13812345678\nevent: order\nid: 7\r\ndata: {\"id\":\"u-1\",\"name\":\"张三丰\",\r\ndata: \"phone\":\"13812345678\"}\r\n\r\n",
			": tel 138****5678\nevent: order\nid: 7\ndata: {\"id\":\"u-1\",\"name\":\"张**\",\ndata: \"phone\":\"138****5678\"}\n\n"},
		{"data:是张三丰 13812345678\n\n", "data: 是张** 138****5678\n\n"},
		{"data: [DONE]\n\n", "data: [DONE]\n\n"},
	} {
		next <- e[0]
		got := make([]byte, len(e[1]))
		if _, err := io.ReadFull(in, got); err != nil || string(got) != e[1] {
			t.Fatalf("%v\n got %q\nwant %q", err, got, e[1])
		}
	}
	if views := d.rec.views(); len(views) == 0 || len(views[0].Subjects) != 1 {
		t.Errorf("recorded %+v", views)
	}
	next <- "data: {\"phone\":\"13812345678\", oops\n\n"
	if rest, err := io.ReadAll(in); err == nil || len(rest) > 0 {
		t.Errorf("after a fault: %v %q", err, rest)
	}
	close(next)
}

func TestEventsAreNotForHTTP10(t *testing.T) {
	d := newDoor(t, serve("text/event-stream", "data: 13812345678\n\n"))
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "GET /api/feed HTTP/1.0\r\nX-User: a\r\nX-Role: agent\r\n\r\n")
	if got, err := io.ReadAll(conn); err != nil || !bytes.Contains(got, []byte("event_stream")) || bytes.Contains(got, []byte("138")) {
		t.Errorf("%v %.300s", err, got)
	}
}

// readEvents masks a stream of events that comes from src.
func readEvents(src io.Reader, p *mask.Plan) (string, error) {
	s := eventReader{plan: p, see: func(mask.Record) {}, src: src}
	var out bytes.Buffer
	for {
		part, err := s.next()
		out.Write(part)
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return out.String(), err
		}
	}
}

func FuzzEvents(f *testing.F) {
	for _, s := range []string{"data: {\"a\":\"13812345678\"}\n\n", "data:a\rdata:13812345678\r\rid: 1\r\n\r\n", ": x\n\ndata\n\nevent: 13812345678", "\ufeffdata: 1\n", "\n\n\r\n\r"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got, err := readEvents(strings.NewReader(in), nil)
		slow, serr := readEvents(iotest.OneByteReader(strings.NewReader(in)), nil)
		if (err == nil) != (serr == nil) || err == nil && slow != got {
			t.Errorf("byte by byte: %v, %v\n in  %q\n got %q\nwant %q", err, serr, in, slow, got)
		}
		if err != nil {
			return
		}
		if again, err := readEvents(strings.NewReader(got), nil); err != nil || again != got {
			t.Errorf("masked again: %v\n in  %q\n got %q\n now %q", err, in, got, again)
		}
	})
}

func TestLongEventIsCut(t *testing.T) {
	_, err := readEvents(io.MultiReader(strings.NewReader("data: "), strings.NewReader(strings.Repeat("x", maxJSONLine+1))), nil)
	if err == nil {
		t.Error("an event without an end was held")
	}
	if got, err := readEvents(strings.NewReader(fmt.Sprintf("data: %s\n\n", strings.Repeat("x", 100_000))), nil); err != nil || len(got) != 100_008 {
		t.Errorf("%v, %d bytes", err, len(got))
	}
}

func TestRawOthers(t *testing.T) {
	d := newDoor(t, serve("text/csv", "13812345678"))
	if resp, body := d.get("/api/orders", "auditor"); resp.StatusCode != 200 || body != "13812345678" || len(d.rec.views()) != 1 {
		t.Errorf("csv: %d %q, %d views", resp.StatusCode, body, len(d.rec.views()))
	}
	d.upstream = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = io.WriteString(w, zip(order))
	}
	resp, body := d.get("/api/orders", "auditor", "Accept-Encoding", "gzip")
	if resp.StatusCode != 200 || unzip(t, body) != order || len(d.rec.views()) != 2 || len(d.rec.views()[1].Subjects) != 1 {
		t.Errorf("gzip: %d, %d views", resp.StatusCode, len(d.rec.views()))
	}
}
