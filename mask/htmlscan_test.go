package mask

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// theirTokens cuts a page with golang.org/x/net/html, the judge of what a browser
// sees.
func theirTokens(in string) (out []string) {
	z := html.NewTokenizer(strings.NewReader(in))
	for {
		t := z.Next()
		raw := string(z.Raw())
		kind := map[html.TokenType]string{html.TextToken: "text", html.StartTagToken: "start", html.SelfClosingTagToken: "start", html.EndTagToken: "end",
			html.CommentToken: "comment", html.DoctypeToken: "comment", html.ErrorToken: "broken"}[t]
		if raw != "" {
			out = append(out, kind+" "+raw)
		}
		if t == html.StartTagToken || t == html.SelfClosingTagToken {
			seen := map[string]bool{}
			for more := true; more; {
				var k, v []byte
				k, v, more = z.TagAttr()
				if len(k) > 0 && !seen[string(k)] {
					out = append(out, " "+string(k)+"\n"+string(v)) // no name has a line end
				}
				seen[string(k)] = true
			}
		}
		if t == html.ErrorToken {
			return out
		}
	}
}

func ourTokens(t *testing.T, in string) (out []string) {
	var x pageLexer
	raw := ""
	names := map[pageToken]string{pageText: "text", pageStart: "start", pageEnd: "end", pageComment: "comment", pageBroken: "broken"}
	for b := []byte(in); ; {
		kind, n, done := x.next(b, raw, true)
		if !done || n > len(b) {
			t.Fatalf("%q: %d of %d, %v", in, n, len(b), done)
		}
		if n == 0 {
			return out
		}
		if raw == "plaintext" {
			raw = "plaintext"
		} else {
			raw = ""
		}
		// Cut short it either says so or the same.
		for _, cut := range []int{n - 1, n / 2, 1} {
			var y pageLexer
			if k, m, known := y.next(b[:max(cut, 0)], raw, false); known && raw == "" && (k != kind || m != n) && kind != pageText {
				t.Fatalf("%q: the first %d bytes are taken for %s of %d", b, cut, names[k], m)
			}
		}
		out = append(out, names[kind]+" "+string(b[:n]))
		if kind == pageStart {
			seen := map[string]bool{}
			for _, a := range x.attrs {
				name := asciiLower(string(b[a.name:a.nameEnd]))
				// x/net/html ends an attribute's value in quotes where the quote ends it.
				value := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(b[a.value:a.valueEnd]))
				if !seen[name] {
					out = append(out, " "+name+"\n"+html.UnescapeString(value))
				}
				seen[name] = true
			}
			raw = rawName(x.name)
		}
		b = b[n:]
	}
}

func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// withoutValues leaves attributes out: how their entities are read is not what is
// compared.
func withoutValues(tokens []string) (out []string) {
	for _, s := range tokens {
		if s[0] != ' ' {
			out = append(out, s)
		}
	}
	return out
}

// withoutEmpty leaves out attributes without a value: of theirs, and of ours where
// one of the same name and tag that has a value follows it, which browsers drop and
// which is masked all the same.
func withoutEmpty(theirs, ours []string) (_, _ []string) {
	empty, tag := map[string]bool{}, 0
	var out [2][]string
	for k, tokens := range [][]string{theirs, ours} {
		tag = 0
		for _, s := range tokens {
			name, value, _ := strings.Cut(s, "\n")
			key := fmt.Sprint(tag, name)
			switch {
			case s[0] != ' ':
				tag++
			case k == 0 && value == "":
				empty[key] = true
				continue
			case k == 1 && empty[key]:
				continue
			}
			out[k] = append(out[k], s)
		}
	}
	return out[0], out[1]
}

func sameTokens(t *testing.T, in string) {
	t.Helper()
	theirs, ours := withoutEmpty(theirTokens(in), ourTokens(t, in))
	if strings.ContainsAny(in, "&\x00") {
		theirs, ours = withoutValues(theirs), withoutValues(ours)
	}
	if strings.Join(theirs, "\n") != strings.Join(ours, "\n") {
		t.Errorf("%q\nx/net/html %q\nours       %q", in, theirs, ours)
	}
}

func TestPagesAreCutAsBrowsersDo(t *testing.T) {
	for _, in := range []string{
		"", "<", "</", "</>", "<a", "<a>", "x<", "x</", "x<a b", "1 < 2 <3 <", "<!", "<!>", "<!->", "<!-->", "<!--->", "<!--x--!>y", "<!--x--!-->y", "<!-- a -- b --->c", "<!--", "<!-", "<!doctype html>x", "<!DOC", "<!x>y",
		"<?php 1 ?>x", "</ x>y", "</1>", "<A HREF='x>y' c=\"d>\" e=f/>z", "<a/b/c=d>", "<a =b==c>", "<a b = c>", "<a b= >", "<a b='c'd=e>", "<a\tb\r\nc>", "<br/>", "<a b=c/>",
		"<title>a<b>&lt;</title >x", "<textarea></textareax></TEXTAREA>", "<script>a<!--<script></script>--></script>x", "<script><!-- </script>x", "<script><!--<scriptx></script>x", "<script><!--<script ></script></script>x",
		"<script><!-->x</script>y", "<script><!--a<1</script>", "<script>a</scrip</script", "<style><p></style>", "<plaintext>a</plaintext><b>", "<script/>x<b></script>", "<noscript><b></noscript>", "<xmp><b></xmp>", "<iframe></iframe>",
		"<script></script>", "<title></title>", "<script><!--<sCript/--></script>", "<script><!--<script></script x</script>",
	} {
		sameTokens(t, in)
	}
}

func FuzzPageTokens(f *testing.F) {
	f.Add("<a b='c' d=e f>x</a><!-- y --><script>a<!--<script></script>--></script><br/>")
	f.Add("<title>a</titl</title><plaintext></plaintext>")
	f.Fuzz(func(t *testing.T, in string) {
		if len(in) < 1<<13 {
			sameTokens(t, in)
		}
	})
}
