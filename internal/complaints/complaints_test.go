package complaints

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/menshen-io/menshen/event"
)

func options() Options {
	return Options{Zone: time.FixedZone("", 8*3600), Hash: func(id string) event.SubjectID { return event.SubjectID("hash of " + id) }}
}

func TestListsAsPeopleHaveThem(t *testing.T) {
	gbk := func(s string) string {
		out, err := simplifiedchinese.GB18030.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	recorded := "c-792417dc49679e211ce10fc26534e703"
	for name, x := range map[string]struct {
		text string
		want []string // customer, kind, time
	}{
		"Excel in China": {gbk("投诉时间,手机号,类型\r\n2026/3/2 9:05,138-1234-5678,投诉\r\n2026年3月4日 18时30分,+86 139 8765 4321,盗号\r\n"),
			[]string{"hash of 13812345678 complaint 2026-03-02T09:05:00+08:00", "hash of 13987654321 account_takeover 2026-03-04T18:30:00+08:00"}},
		"with a mark of order, semicolons": {"\ufeffPhone;Date\n008613812345678;2026-03-02\n１３８１２３４５６７９;2026.3.2\n",
			[]string{"hash of 13812345678 complaint 2026-03-02T00:00:00+08:00", "hash of 13812345679 complaint 2026-03-02T00:00:00+08:00"}},
		"tabs, ids": {"customer_id\tcreated_at\nu-5512\t2026-03-02T01:00:00Z\n" + recorded + "\t20260303\n",
			[]string{"hash of u-5512 complaint 2026-03-02T01:00:00Z", recorded + " complaint 2026-03-03T00:00:00+08:00"}},
		"said twice": {"subject,time\n" + recorded + ",2026-03-02 08:00\n" + recorded + ",2026-03-02 20:00\n\n" + recorded + ",2026-03-09\n",
			[]string{recorded + " complaint 2026-03-02T08:00:00+08:00", recorded + " complaint 2026-03-09T00:00:00+08:00"}},
	} {
		list, err := Read(name, strings.NewReader(x.text), options())
		if err != nil || len(list.Faults) > 0 {
			t.Errorf("%s: %v %v", name, err, list.Faults)
		}
		var got []string
		for _, ev := range list.Harms {
			d := ev.Data.(*event.HarmReported)
			got = append(got, fmt.Sprintf("%s %s %s", d.Subject, d.Kind, ev.Time.Format(time.RFC3339)))
			if err := ev.Check(); err != nil {
				t.Error(err)
			}
		}
		if strings.Join(got, "\n") != strings.Join(x.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(x.want, "\n"))
		}
		if list.Rows != len(list.Harms)+list.Repeated {
			t.Errorf("%s: %d rows, %d complaints, %d repeated", name, list.Rows, len(list.Harms), list.Repeated)
		}
	}
}

func TestFaultsNameThePlaceAndNeverTheValue(t *testing.T) {
	list, err := Read("x.csv", strings.NewReader("手机号,日期,类型\n13812345678,soon,投诉\nsecret-name,2026-03-02,投诉\n13812345678,2026-03-02,gossip\n,2026-03-02,\n13812345670,2026-03-02,\n"), options())
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(list.Faults)
	for _, want := range []string{`x.csv:2: column "日期"`, `x.csv:3: column "手机号"`, `x.csv:4: column "类型"`, "x.csv:5: it names no customer"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in %s", want, all)
		}
	}
	for _, value := range []string{"1381234", "secret", "gossip", "soon"} {
		if strings.Contains(all, value) {
			t.Errorf("%q is told: %s", value, all)
		}
	}
	if list.Rows != 5 || len(list.Harms) != 1 {
		t.Errorf("%+v", list)
	}
	for text, want := range map[string]string{
		"":                        "empty",
		"a,b\n1,2\n":              "no column says who",
		"phone,b\n1,2\n":          "no column says when",
		"PK\x03\x04...":           "save it as CSV",
		"phone,time\n\"1,2\n":     "x.csv:2",
		"phone,time\n\xff\xff,\n": "neither UTF-8 nor GB18030",
	} {
		if _, err := Read("x.csv", strings.NewReader(text), options()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Read("x.csv", strings.NewReader("phone,time\n13812345678,2026-03-02\n"), Options{}); err == nil || !strings.Contains(err.Error(), "subject key is needed") {
		t.Errorf("without a key: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("phone,time\n13812345678,2026-03-02\n"))
	f.Add([]byte("手机号;投诉时间\n\"1\";2026/1/2 3:04\n"))
	f.Add([]byte("\xca\xd6\xbb\xfa\xba\xc5,\xc8\xd5\xc6\xda\n1,2\n"))
	f.Add([]byte("customer\tdate\tkind\n\"a\nb\"\t20260102\t\n"))
	o := options()
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := Read("x.csv", strings.NewReader(string(data)), o)
		if err != nil {
			return
		}
		if list.Rows != len(list.Harms)+list.Repeated+len(list.Faults) {
			t.Errorf("%d rows became %d complaints, %d repetitions, %d faults", list.Rows, len(list.Harms), list.Repeated, len(list.Faults))
		}
		for _, ev := range list.Harms {
			if err := ev.Check(); err != nil {
				t.Error(err)
			}
		}
	})
}
