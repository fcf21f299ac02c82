package mask

import (
	"bytes"
	"hash/maphash"
	"strings"
	"testing"
)

func knows(values ...string) *Known {
	k := NewKnown(maphash.MakeSeed())
	for i := 0; i < len(values); i += 2 {
		k.Learn(Class(values[i]), values[i+1])
	}
	return k
}

// onlyKnown searches for no class: what is masked was known.
func onlyKnown(t testing.TB, k *Known) *Plan {
	t.Helper()
	return plan(t, Spec{Search: []Class{}}).Knowing(k)
}

func TestKnown(t *testing.T) {
	k := knows("name", "张三丰", "name", "李梦琪", "name", "高兴", "name", "王明", "name", "周晓岚 吴采薇-财务部", "name", "TANAKA/KENJI MR", "name", "孙 小 蓓 13800000000", "name", "客户", "name", "匿名用户", "name", "西湖大酒店", "name", "匡衡一", "name", "买买提·艾力", "name", "欧阳修",
		"name", "John Ronald Smith", "name", "Will Young", "name", "José García", "name", "Amy Li", "name", "陳龍飛", "name", "A", "name", "杭州", "name", "Grand Hotel",
		"phone", "13812345678", "phone", "021-87654321", "phone", "+44 7700 900958", "resident_id", "110101199003070011", "bank_card", "6222 0212 3456 7890 128",
		"email", "zhang.san@example.com", "wechat", "wxid_abc123", "wechat", "simple", "qq", "12345", "plate", "浙A12345", "passport", "E12345678",
		"address", "浙江省杭州市西湖区文三路100号阳光花园3幢2单元1201室", "address", "12 Main Street, Apt 4, Springfield, IL 62701", "address", "浙江省杭州市",
		"secret", "hunter2hunter2")
	p := onlyKnown(t, k)
	for in, want := range map[string]string{
		"找张三丰。":                           "找张**。",
		"张 三 丰、張三丰":                       "张***、張**",
		"张\u200b三\u200b丰_身份证.jpg":         "******_身份证.jpg",
		"张，三丰":                            "张，三丰", // a list
		"张三说":                             "张三说",
		"梦琪说要退":                           "******说要退",
		"三丰集团":                            "三丰集团", // a given name of ordinary characters
		"今天很高兴，高兴先生":                      "今天很高兴，高*先生",
		"高兴":                              "高*",
		"王明在吗，一个国王明天来":                    "王*在吗，一个国王明天来",
		"西湖大酒店":                           "西湖大酒店",
		"匡先生":                             "匡**",
		"匡正":                              "匡正",
		"买买提艾力，买买提":                       "买***，买**",
		"歐陽修":                             "歐**",
		"陈龙飞":                             "陈**",
		"john smith said, SMITH JOHN":     "j*** said, ******",
		"Smith, John R.":                  "****** R.",
		"Mr Smith and John, Blacksmith":   "Mr ****** and J***, Blacksmith",
		"Will you call Young people":      "Will you call Young people",
		"Mr. Young, dear Will, Mr Youngs": "Mr. ******, dear W***, Mr Youngs",
		"三丰老师，三丰":                         "******，三丰",
		"周晓岚、吴采薇，财务部":                     "周**、吴**，财务部",
		"Kenji Tanaka":                    "K*** T***",
		"孙小蓓":                             "孙**",
		"Will Young":                      "W***",
		"jose and GARCIA":                 "j*** and ******",
		"Amy, amy, amyloid":               "A**, amy, amyloid",
		"john@smith.com":                  "j***@smith.com",
		"A B 杭州 Grand Hotel":              "A B 杭州 Grand Hotel",
		"1 3 8 1 2 3 4 5 6 7 8":           "138****5678",
		"+86 138-1234-5678 8613812345678": "+138****5678 138****5678",
		"０１３８１２３４５６７８":                    "０１３８１２３４５６７８",
		"1138123456780":                   "1138123456780",
		"87654321 或 (021)87654321":        "****** 或 (021-****4321",
		"07700900958":                     "0770-****0958",
		"１１０１０１１９９００３０７００１１": "1****************1",
		"6222021234567890128":        "****0128",
		"zhang.san@EXAMPLE.com":      "z***@EXAMPLE.com",
		"加wxid_abc123吧 simple 12345": "加w****吧 simple 12345",
		"浙A·12345 E12345678":         "浙A***45 E****78",
		"文三路100号":                    "******",
		"到西湖区文三路 100 号 3幢2单元1201":    "到西湖区****** ******",
		"阳光花园3幢2单元1201室":             "******",
		"客户":                         "客户",
		"匿名用户":                       "匿名用户",
		"文三路":                        "文三路",
		"12 main street":             "******",
		"浙江省杭州市":                     "浙江省杭州市",
		"pw hunter2hunter2 hunter2":  "pw ****** hunter2",
	} {
		var out bytes.Buffer
		if err := Text(&out, strings.NewReader(in), p, nil); err != nil || out.String() != want {
			t.Errorf("%v\n in  %s\n got %s\nwant %s", err, in, out.String(), want)
		}
	}
}

// Every spelling of a value is found in every sentence, and only the value.
func TestKnownSpellings(t *testing.T) {
	wide := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r > ' ' && r <= '~' {
				return r - '!' + '！'
			}
			return r
		}, s)
	}
	apart := func(by string) func(string) string {
		return func(s string) string { return strings.Join(strings.Split(s, ""), by) }
	}
	spellings := map[string]func(string) string{
		"as it is": func(s string) string { return s }, "wide": wide, "blanks": apart(" "), "wide blanks": apart("　"), "no width": apart("\u200b"), "dots": apart("·"),
		"upper": strings.ToUpper, "lower": strings.ToLower, "traditional": strings.NewReplacer("张", "張", "韩", "韓", "龙", "龍", "号", "號", "东", "東", "里", "裡").Replace,
	}
	for _, v := range []struct{ class, value string }{
		{"name", "张三丰"}, {"name", "韩龙飞"}, {"name", "欧阳娜"}, {"name", "钟离晚秋"}, {"name", "Nguyen Thanh"}, {"phone", "13812345678"}, {"phone", "02187654321"},
		{"resident_id", "11010119900307721X"}, {"bank_card", "6222021234567890128"}, {"passport", "E12345678"}, {"plate", "浙A12345"}, {"wechat", "wxid_a1b2c3"},
		{"email", "san.zhang@example.com"}, {"address", "浙江省杭州市西湖区文三东路100号2幢301室"}, {"iban", "GB29NWBK60161331926819"},
	} {
		p := onlyKnown(t, knows(v.class, v.value))
		for name, spell := range spellings {
			for _, carrier := range []string{"%", "给%。", "请让%签收", "他说：“%”", "file_%.pdf", "<%>", "a % b", "%，%", "\"%\"", "=%&", "\t%\t"} {
				in := strings.ReplaceAll(carrier, "%", spell(v.value))
				var out bytes.Buffer
				if err := Text(&out, strings.NewReader(in), p, nil); err != nil || !strings.Contains(out.String(), "*") {
					t.Errorf("%s, %s: %v\n in  %s\n got %s", v.value, name, err, in, out.String())
					continue
				}
				rest := strings.Split(carrier, "%")
				if got := out.String(); !strings.HasPrefix(got, rest[0]) || !strings.HasSuffix(got, rest[len(rest)-1]) {
					t.Errorf("%s, %s: more than the value is masked\n in  %s\n got %s", v.value, name, in, got)
				}
			}
		}
	}
}

// Whatever a value is, it can be learned, and what is looked for is then found in
// order.
func FuzzLearn(f *testing.F) {
	for _, v := range []string{", 12 Main Street Town", "Apt 4, 742 Evergreen Terrace, Springfield", "张三丰", "ZHANG/SAN MR", ".", "·张", "@", "0", "浙江省杭州市西湖区文三路1号", "+86 138 0000 0000", "E12345678"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, v string) {
		k := NewKnown(maphash.MakeSeed())
		for _, c := range append(Searchable(), AnyText) {
			k.Learn(c, v)
		}
		at := 0
		for _, span := range k.search(nil, v+" "+v) {
			if span.Start < at || span.End <= span.Start || span.End > 2*len(v)+1 {
				t.Fatalf("span %+v after %d", span, at)
			}
			at = span.End
		}
	})
}
