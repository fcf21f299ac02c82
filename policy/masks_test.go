package policy

import (
	"os"
	"strings"
	"testing"

	"github.com/menshen-io/menshen/mask"
)

const formed = `version: 1
search: [phone]
masks: {phone: general, name: fixed}
roles:
  agent: {view: masked, masks: {phone: full}}
  boss: {view: raw}
routes:
  - name: one
    match: GET /one
    kind: detail
    records:
      - at: $
        fields:
          name: name
          phone: {class: phone, mask: keep}
          other: phone
          alias: {class: name, mask: pseudonym}
          plain: {class: plain}
`

func TestForms(t *testing.T) {
	p := parse(t, formed)
	r, _ := p.Route("one")
	agent, _ := p.Role("agent")
	keys, err := mask.NewKeys([]byte(strings.Repeat("k", mask.MinSecret)))
	if err != nil {
		t.Fatal(err)
	}
	const in = `{"name":"张三","phone":"13812345678","other":"13812345678","alias":"张三","plain":"13812345678","x":"13812345678"}`
	for _, c := range []struct {
		plan *mask.Plan
		want string
	}{
		{r.Plan, `{"name":"张***","phone":"138****5678","other":"138********","alias":"******","plain":"13812345678","x":"138********"}`},
		{r.Plan.With(agent.Masks, keys, ""), `{"name":"张***","phone":"138****5678","other":"******","alias":"P-JKGT-QPNB-XSZR-XGRC","plain":"13812345678","x":"******"}`},
		{p.Plan, `{"name":"张三","phone":"138********","other":"138********","alias":"张三","plain":"138********","x":"138********"}`},
	} {
		var out strings.Builder
		if err := mask.JSON(&out, strings.NewReader(in), c.plan, nil); err != nil || out.String() != c.want {
			t.Errorf("%v\n got %s\nwant %s", err, out.String(), c.want)
		}
	}
	if !p.NeedsKeys() || parse(t, sound).NeedsKeys() || !parse(t, "version: 1\nroles:\n  a: {view: masked, masks: {phone: ff1}}\n").NeedsKeys() ||
		!parse(t, "version: 1\nmasks: {phone: ff1}\n").NeedsKeys() {
		t.Error("which policies need keys")
	}
}

// What is shown of one customer all together may be enough to tell who it is.
func TestWarnings(t *testing.T) {
	in, err := os.ReadFile("testdata/crowds.yaml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Parse("crowds.yaml", in)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(p.Warnings, "\n") + "\n"
	if *update {
		if err := os.WriteFile("testdata/crowds.golden", []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, _ := os.ReadFile("testdata/crowds.golden")
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p := parse(t, sound); len(p.Warnings) > 0 {
		t.Errorf("%q", p.Warnings)
	}
}
