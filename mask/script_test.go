package mask

import (
	"strings"
	"testing"
)

// Whatever stands in a script, its bytes are gone through so many times at most.
func TestScriptsAreReadInLinearTime(t *testing.T) {
	for _, begin := range []string{"=[", "=[1", `={"a"`, `="{`, "=`{", "=[[", "={}", "('{", `=[1,"`} {
		raw := []byte(strings.Repeat(begin, 20_000))
		o := objects{raw: raw}
		for i, n, _ := o.next(0); n > 0; {
			i, n, _ = o.next(i + 1)
		}
		if o.tried > maxObjects || o.looked > (maxObjects+2)*len(raw) {
			t.Errorf("%s: %d tried, %d bytes looked at in %d", begin, o.tried, o.looked, len(raw))
		}
	}
}

// One that does not end, or is none, takes nothing from the next.
func TestScriptsHaveObjectsBehindOthers(t *testing.T) {
	for _, before := range []string{`a = [1, "`, `a = {};`, strings.Repeat("a = []; b = {};", 200), `a = {b: 1};`, `a = '[';`} {
		in := `<script>` + before + ` window.x = {"receiverName":"高兴"};</script>`
		want := strings.Replace(in, "高兴", "高*", 1)
		if got, err := body(t, HTML, nil, in); err != nil || got != want {
			t.Errorf("%v\n got %s\nwant %s", err, got, want)
		}
	}
}
