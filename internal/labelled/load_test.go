package labelled

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write puts files below a new directory.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// values writes the labels of a text as "class value", those that do not count
// behind a minus sign.
func values(text Text) []string {
	var out []string
	for _, s := range text.Spans {
		out = append(out, s.Class+" "+text.Body[s.Start:s.End])
	}
	for _, s := range text.Ignored {
		out = append(out, strings.TrimSpace("-"+s.Class)+" "+text.Body[s.Start:s.End])
	}
	return out
}

func check(t *testing.T, text Text, want ...string) {
	t.Helper()
	if got := values(text); !slices.Equal(got, want) {
		t.Errorf("%q:\n got %q\nwant %q", text.Body, got, want)
	}
}

// faulty runs a loader on a broken file and looks for file and line.
func faulty(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %q in it", err, want)
	}
}

func TestCLUENER(t *testing.T) {
	dir := write(t, map[string]string{"cluener/train.json": `
{"text": "周小川在南京路18号（美国）", "label": {"name": {"周小川": [[0, 2]]}, "address": {"南京路18号": [[4, 9]], "（美国）": [[10, 13]]}}}
{"text": "朝阳区的曹?志去了塞浦路斯大厦公司", "label": {"name": {"曹?志": [[4, 6]]}, "address": {"朝阳区": [[0, 2]], "塞浦路斯": [[9, 12]]}, "company": {"大厦公司": [[13, 16]]}}}
{"text": "TH000", "label": {"name": {"TH000": [[0, 4]]}}}
{"text": "张女士没有", "label": {}}
`})
	set, err := CLUENER(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Texts) != 4 {
		t.Fatalf("%d texts", len(set.Texts))
	}
	check(t, set.Texts[0], "name 周小川", "address 南京路18号", "-address 美国")
	check(t, set.Texts[1], "name 曹?志", "-address 朝阳区", "-address 塞浦路斯", "-address 大厦公司")
	check(t, set.Texts[2], "- TH000")
	check(t, set.Texts[3], "-name 张女士")

	dir = write(t, map[string]string{"cluener/train.json": "{\"text\":\"a\",\"label\":{}}\n{\"text\":"})
	_, err = CLUENER(dir)
	faulty(t, err, "cluener/train.json:2: ")
	dir = write(t, map[string]string{"cluener/train.json": `{"text":"王磊","label":{"name":{"王磊":[[0,2]]}}}`})
	_, err = CLUENER(dir)
	faulty(t, err, "cluener/train.json:1: ")
	_, err = CLUENER(t.TempDir())
	faulty(t, err, "train.json")
}

func TestCNAddress(t *testing.T) {
	const train = "中 B-country\n国 I-country\n浙 B-prov\n江 I-prov\n文 B-road\n路 I-road\n602 B-roadno\n号 I-roadno\n电 B-redundant\n联 I-redundant\n\n" +
		"浙 B-prov\n江 I-prov\n\n"
	const dev = "春 B-poi\n苑 I-poi"
	dir := write(t, map[string]string{"cn-address/train.txt": train, "cn-address/dev.txt": dev})
	bare, carried, err := CNAddress(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(bare.Texts) != 3 || len(carried.Texts) != 3 {
		t.Fatalf("%d and %d texts", len(bare.Texts), len(carried.Texts))
	}
	wants := [][]string{{"address 浙江文路602号", "- 中国", "- 电联"}, {"- 浙江"}, {"address 春苑"}}
	for i, want := range wants {
		check(t, bare.Texts[i], want...)
		check(t, carried.Texts[i], want...)
		if len(carried.Texts[i].Body) <= len(bare.Texts[i].Body) {
			t.Errorf("%q carries nothing", carried.Texts[i].Body)
		}
	}
	_, again, _ := CNAddress(dir, 1)
	if again.Texts[0].Body != carried.Texts[0].Body {
		t.Error("the same seed, another sentence")
	}
	dir = write(t, map[string]string{"cn-address/train.txt": "文 B-road\n路\n", "cn-address/dev.txt": ""})
	_, _, err = CNAddress(dir, 1)
	faulty(t, err, "cn-address/train.txt:2: ")
}

func TestCarriers(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(carriers), "\n")
	if len(lines) != 20 {
		t.Errorf("%d sentences", len(lines))
	}
	for _, l := range lines {
		if strings.Count(l, "…") != 1 {
			t.Errorf("%q has no one place for an address", l)
		}
	}
}

func TestPresidio(t *testing.T) {
	const good = `[
 {"full_text": "José lives at 12\nRua Á 7, Apt. 3, Goiânia 12345, SSN 123-45-6789", "spans": [
   {"entity_type": "US_SSN", "entity_value": "123-45-6789", "start_position": 53, "end_position": 64},
   {"entity_type": "STREET_ADDRESS", "entity_value": "12", "start_position": 14, "end_position": 16},
   {"entity_type": "STREET_ADDRESS", "entity_value": "Rua Á 7", "start_position": 17, "end_position": 24},
   {"entity_type": "STREET_ADDRESS", "entity_value": "Apt. 3", "start_position": 26, "end_position": 32},
   {"entity_type": "GPE", "entity_value": "Goiânia", "start_position": 34, "end_position": 41},
   {"entity_type": "STREET_ADDRESS", "entity_value": "12345", "start_position": 42, "end_position": 47},
   {"entity_type": "PERSON", "entity_value": "José", "start_position": 0, "end_position": 4}], "masked": "x", "template_id": 1},
 {"full_text": "Acme", "spans": [{"entity_type": "ORGANIZATION", "entity_value": "Acme", "start_position": 0, "end_position": 4}]}
]`
	set, err := Presidio(write(t, map[string]string{"presidio-research/synth_dataset_v2.json": good}))
	if err != nil {
		t.Fatal(err)
	}
	check(t, set.Texts[0], "name José", "address 12\nRua Á 7, Apt. 3", "us_ssn 123-45-6789", "-address Goiânia", "-address 12345")
	check(t, set.Texts[1], "- Acme")

	for _, tc := range []struct{ text, want string }{
		{`{"a":1}`, "v2.json:1: not a list"},
		{"[\n{\"full_text\": \"a\",\n", "v2.json:2: reading"},
		{"[\n{\"full_text\": \"a\", \"spans\": []}\n", "v2.json:2: reading"},
		{"[\n{\"full_text\": \"ab\", \"spans\": [{\"entity_type\": \"PERSON\", \"entity_value\": \"b\", \"start_position\": 0, \"end_position\": 1}]}]", "v2.json:2: a label"},
	} {
		_, err := Presidio(write(t, map[string]string{"presidio-research/synth_dataset_v2.json": tc.text}))
		faulty(t, err, tc.want)
	}
}

const tauUsers = `{
  "yusuf_rossi_9620": {"name": {"first_name": "Yusuf", "last_name": "Rossi"}, "address": {"address1": "763 Broadway", "address2": "Suite 135",
    "city": "Philadelphia", "zip": "19122"}, "email": "yusuf@example.com", "dob": "1988-06-13",
    "payment_methods": {"credit_card_1": {"brand": "visa", "last_four": "2478"}}, "orders": ["#W1"]},
  "mei_li_1": {"name": {"first_name": "Mei", "last_name": "Li"}, "address": {"address1": "1 Elm Street", "address2": ""}, "email": "mei@example.com"}
}`

func payloadDir() map[string]string {
	return map[string]string{
		tauBench + "retail/data/users.json":  tauUsers,
		tauBench + "airline/data/users.json": tauUsers,
		tauBench + "retail/data/orders.json": `{"#W1": {"order_id": "#W1", "user_id": "mei_li_1", "address": {"address1": "1 Elm Street"}, "items": [{"name": "Desk Lamp"}]}}`,
		"woocommerce-json/0001-a.json": `[{"billing": {"first_name": "Jo\u00e3o", "address_1": "Av. \"B\" 1", "address_2": "", "city": "Rio", "phone": "(11) 1111-1111"},
			"email": "j@example.com", "name": "Shoes", "customer_ip_address": "127.0.0.1", "link": "x?mail=j@example.com", "id": 7}]`,
		"woocommerce-json/SOURCE.txt": "not JSON",
		"shopify-fixtures/fixtures/a/b.json": `{"order": {"customer": {"first_name": "Bob", "default_address": {"name": "Bob N", "phone": "555-555-SHIP", "latitude": 45.41634}},
			"line_items": [{"name": "Soda"}], "origin": {"name": "Depot"}, "location": {"latitude": 45.4}, "access_token": "s3cr3t"}}`,
		"shopify-fixtures/fixtures/orderlineitems/properties_invalid0.json": `{`,
	}
}

func TestPayloads(t *testing.T) {
	sets, err := Payloads(write(t, payloadDir()))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range sets {
		names = append(names, s.Name)
		if !s.JSON {
			t.Errorf("%s is not JSON", s.Name)
		}
	}
	if want := []string{"tau-retail-users", "tau-airline-users", "tau-retail-orders", "woocommerce", "shopify"}; !slices.Equal(names, want) {
		t.Fatalf("sets %q", names)
	}
	if n := len(sets[0].Texts); n != 2 {
		t.Fatalf("%d users", n)
	}
	check(t, sets[0].Texts[0], "name Yusuf", "name Rossi", "address 763 Broadway", "address Suite 135", "email yusuf@example.com", "birth_date 1988-06-13",
		"- Philadelphia", "- 19122", "- 2478")
	if n := len(sets[1].Texts); n != 1 || len(sets[1].Texts[0].Spans) != 10 {
		t.Errorf("%d lists of users: %q", n, values(sets[1].Texts[0]))
	}
	check(t, sets[2].Texts[0], "address 1 Elm Street", "- mei_li_1")
	check(t, sets[3].Texts[0], `name Jo\u00e3o`, `address Av. \"B\" 1`, "intl_phone (11) 1111-1111", "email j@example.com", "- Rio", "- 127.0.0.1", "- x?mail=j@example.com")
	check(t, sets[4].Texts[0], "name Bob", "name Bob N", "coordinates 45.41634", "secret s3cr3t", "- 555-555-SHIP", "- Depot", "- 45.4")

	for _, tc := range []struct{ file, text, want string }{
		{"woocommerce-json/0001-a.json", "{\n\"a\": ]", "woocommerce-json/0001-a.json:2: "},
		{"woocommerce-json/0001-a.json", "{\n\"a\": 1", "woocommerce-json/0001-a.json:2: "},
		{tauBench + "retail/data/users.json", "{\n\n\"a\": {", "retail/data/users.json:3: "},
		{tauBench + "retail/data/users.json", "1", "retail/data/users.json:1: not a list"},
	} {
		files := payloadDir()
		files[tc.file] = tc.text
		_, err := Payloads(write(t, files))
		faulty(t, err, tc.want)
	}
}

func TestTauDialogues(t *testing.T) {
	files := payloadDir()
	files["tau-bench/few_shot_data/MockAirlineDomainEnv-few_shot.jsonl"] = ""
	files["tau-bench/few_shot_data/MockRetailDomainEnv-few_shot.jsonl"] = `{"messages_display": "user: I am Yusuf Rossi, not Yusufa, 19122\nassistant: Thank you, Yusuf. Mei Rossi too?\n` +
		`tool: {\"first_name\": \"Zoe\", \"address1\": \"763 Broadway\", \"dob\": \"1990-01-01\"} yusuf_rossi_9620 at 9 Pine Lane, a.b@example.org. Mei and Li"}` + "\n"
	set, err := TauDialogues(write(t, files))
	if err != nil {
		t.Fatal(err)
	}
	check(t, set.Texts[0], "name Yusuf Rossi", "name Yusuf", "name Mei Rossi", "name Zoe", "address 763 Broadway", "birth_date 1990-01-01", "email a.b@example.org",
		"- 19122", "- yusuf_rossi_9620", "- 9 Pine Lane", "- Mei", "- Li")

	files["tau-bench/few_shot_data/MockRetailDomainEnv-few_shot.jsonl"] = "\n{\"messages_display\": 1}"
	_, err = TauDialogues(write(t, files))
	faulty(t, err, "MockRetailDomainEnv-few_shot.jsonl:2: ")
}
