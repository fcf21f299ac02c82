// Package complaints reads lists of complaints as people have them: CSV with
// commas, semicolons or tabs, in UTF-8 or GB18030, with headings in Chinese or
// English.
//
// It decides which column is what, what is a time and a phone number, and which
// rows say the same. It never keeps or tells a value that it was given: customers
// leave it as keyed hashes, and a fault names the file, line and column only. It
// fails on a file that is no such list; a row that cannot be read is named and
// passed over.
package complaints

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/width"

	"github.com/menshen-io/menshen/event"
)

// MaxSize is the largest list that is read, in bytes.
const MaxSize = 64 << 20

// Options say how a list is to be understood.
type Options struct {
	// Hash turns a customer's id or phone number into what the record has. Nil: a
	// list may only have customers as recorded.
	Hash func(id string) event.SubjectID
	Zone *time.Location // of times without one; nil: UTC
}

// List is what was read.
type List struct {
	Harms    []event.Event
	Rows     int // below the headings, empty ones left aside
	Repeated int // the same customer and kind on the same day
	Faults   []error
}

var recorded = regexp.MustCompile(`^c-[0-9a-f]{32}$`)

// headings of each column, in lower case.
func headings() map[string][]string {
	return map[string][]string{
		"subject":  {"subject", "客户哈希"},
		"customer": {"customer", "customer id", "customer_id", "customerid", "user id", "user_id", "userid", "客户", "客户号", "客户编号", "客户id", "用户", "用户id", "用户编号", "会员号"},
		"phone":    {"phone", "phone number", "phone_number", "mobile", "tel", "手机", "手机号", "手机号码", "电话", "电话号码", "联系电话", "联系方式"},
		"time":     {"time", "date", "reported", "reported at", "complained at", "created_at", "时间", "日期", "投诉时间", "投诉日期", "受理时间", "登记时间"},
		"kind":     {"kind", "type", "类型", "类别", "投诉类型"},
	}
}

func kinds() map[string]string {
	return map[string]string{
		"": event.HarmComplaint, "complaint": event.HarmComplaint, "投诉": event.HarmComplaint, "骚扰": event.HarmComplaint, "信息泄露": event.HarmComplaint,
		"review_deleted": event.HarmReviewDeleted, "评价删除": event.HarmReviewDeleted, "差评消失": event.HarmReviewDeleted,
		"account_takeover": event.HarmAccountTakeover, "盗号": event.HarmAccountTakeover, "账号被盗": event.HarmAccountTakeover,
		"proxy_number_rung": event.HarmProxyRung, "代理号码被拨打": event.HarmProxyRung,
		"canary_contacted": event.HarmCanaryContacted, "诱饵被联系": event.HarmCanaryContacted,
	}
}

// IsList says by a file's name whether it is meant as such a list.
func IsList(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{".csv", ".tsv", ".xlsx", ".xls"}, func(end string) bool { return strings.HasSuffix(name, end) })
}

// Read reads a list; name is what faults are reported under.
func Read(name string, in io.Reader, o Options) (List, error) {
	data, err := io.ReadAll(io.LimitReader(in, MaxSize+1))
	switch {
	case err != nil:
		return List{}, fmt.Errorf("reading %s: %w", name, err)
	case len(data) > MaxSize:
		return List{}, fmt.Errorf("reading %s: it is larger than %d bytes", name, MaxSize)
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	rows, lines, err := cells(name, data)
	if err != nil {
		return List{}, err
	}
	if len(rows) == 0 {
		return List{}, fmt.Errorf("reading %s: it is empty", name)
	}
	return read(name, rows, lines, o)
}

// cells returns the rows of a file and the line that each begins in.
func cells(name string, data []byte) (rows [][]string, lines []int, err error) {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return nil, nil, fmt.Errorf("reading %s: it is a workbook; save it as CSV first", name)
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		if data, err = simplifiedchinese.GB18030.NewDecoder().Bytes(data); err != nil || bytes.ContainsRune(data, utf8.RuneError) {
			return nil, nil, fmt.Errorf("reading %s: it is neither UTF-8 nor GB18030", name)
		}
	}
	first, _, _ := bytes.Cut(data, []byte("\n"))
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	for _, comma := range []rune{',', ';', '\t'} {
		if bytes.Count(first, []byte(string(comma))) > bytes.Count(first, []byte(string(r.Comma))) {
			r.Comma = comma
		}
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows, lines, nil
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			return nil, nil, fmt.Errorf("%s:%d: %w", name, bad.Line, bad.Err)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("reading %s: %w", name, err)
		}
		line, _ := r.FieldPos(0)
		rows, lines = append(rows, row), append(lines, line)
	}
}

// columns finds what stands where, by the headings.
func columns(name string, row []string) (at map[string]int, err error) {
	at = map[string]int{}
	for i, text := range row {
		text = strings.ToLower(strings.Join(strings.Fields(width.Narrow.String(text)), " "))
		for what, names := range headings() {
			if _, taken := at[what]; !taken && slices.Contains(names, text) {
				at[what] = i
			}
		}
	}
	_, subject := at["subject"]
	_, customer := at["customer"]
	_, phone := at["phone"]
	_, when := at["time"]
	switch {
	case !subject && !customer && !phone:
		return nil, fmt.Errorf("%s:1: no column says who complained: it needs one called subject, customer or phone (客户号, 手机号)", name)
	case !when:
		return nil, fmt.Errorf("%s:1: no column says when: it needs one called time or date (投诉时间, 日期)", name)
	}
	return at, nil
}

func read(name string, rows [][]string, lines []int, o Options) (List, error) {
	at, err := columns(name, rows[0])
	if err != nil {
		return List{}, err
	}
	if _, ok := at["subject"]; !ok && o.Hash == nil {
		return List{}, fmt.Errorf("%s: customers are not as recorded; the subject key is needed to hash them", name)
	}
	var list List
	seen := map[string]bool{}
	for i, row := range rows[1:] {
		if !slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		list.Rows++
		fault := func(column, what string) {
			if column != "" {
				what = "column " + strconv.Quote(rows[0][at[column]]) + ": " + what
			}
			list.Faults = append(list.Faults, fmt.Errorf("%s:%d: %s", name, lines[i+1], what))
		}
		get := func(what string) string {
			if k, ok := at[what]; ok && k < len(row) {
				return strings.TrimSpace(width.Narrow.String(row[k]))
			}
			return ""
		}
		subject, what, problem := who(get, o.Hash)
		if problem != "" {
			fault(what, problem)
			continue
		}
		when, ok := instant(get("time"), o.Zone)
		if !ok {
			fault("time", "not a time such as 2026-03-02 15:04")
			continue
		}
		kind, ok := kinds()[strings.ToLower(get("kind"))]
		if !ok {
			fault("kind", "not a kind of harm such as complaint (投诉) or account_takeover (盗号)")
			continue
		}
		key := string(subject) + kind + when.In(o.Zone).Format(time.DateOnly)
		if seen[key] {
			list.Repeated++
			continue
		}
		seen[key] = true
		list.Harms = append(list.Harms, event.New("row-"+strconv.Itoa(lines[i+1]), "list", when, &event.HarmReported{Subject: subject, Kind: kind}))
	}
	return list, nil
}

// who finds a row's customer; a problem names the column that it is in.
func who(get func(string) string, hash func(string) event.SubjectID) (s event.SubjectID, column, problem string) {
	if v := get("subject"); v != "" {
		if !recorded.MatchString(v) {
			return "", "subject", "not a customer as recorded: c- and 32 hex digits"
		}
		return event.SubjectID(v), "", ""
	}
	if hash == nil {
		return "", "subject", "empty"
	}
	if v := get("customer"); v != "" {
		if recorded.MatchString(v) {
			return event.SubjectID(v), "", ""
		}
		return hash(v), "", ""
	}
	v := get("phone")
	if v == "" {
		return "", "", "it names no customer"
	}
	phone, ok := Phone(v)
	if !ok {
		return "", "phone", "not a phone number"
	}
	return hash(phone), "", ""
}

var (
	betweenDigits = regexp.MustCompile(`[\s\-–—.()·]`)
	digits        = regexp.MustCompile(`^\d{5,15}$`)
	mobile        = regexp.MustCompile(`^86(1\d{10})$`)
)

// Phone writes a phone number as digits alone, a Chinese mobile number without
// its country's code.
func Phone(v string) (string, bool) {
	v = betweenDigits.ReplaceAllString(width.Narrow.String(v), "")
	v = strings.TrimPrefix(strings.TrimPrefix(v, "+"), "00")
	if m := mobile.FindStringSubmatch(v); m != nil {
		v = m[1]
	}
	return v, digits.MatchString(v)
}

// instant reads a time in the forms that lists have.
func instant(v string, zone *time.Location) (time.Time, bool) {
	if t, err := time.Parse(time.RFC3339, v); err == nil {
		return t, true
	}
	v = strings.NewReplacer("年", "-", "月", "-", "日", " ", "/", "-", ".", "-", "T", " ", "时", ":", "分", "").Replace(v)
	v = strings.TrimSpace(strings.Join(strings.Fields(v), " "))
	for _, layout := range []string{"2006-1-2 15:4:5", "2006-1-2 15:4", "2006-1-2 15:", "2006-1-2", "20060102"} {
		if t, err := time.ParseInLocation(layout, v, zone); err == nil && t.Year() >= 1990 && t.Year() < 2200 {
			return t, true
		}
	}
	return time.Time{}, false
}
