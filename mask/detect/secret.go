package detect

import "strings"

// secretAt looks for a secret at the word i..end: one whose shape says so, or
// what stands after a word that does.
func (c *scanner) secretAt(i, end int) (Span, bool) {
	s := c.s
	switch s[i] {
	case 's', 'A', 'L', 'g', 'x', 'e':
		if e := shapedSecret(s, i); e > 0 {
			return Span{Start: i, End: e, Class: Secret}, true
		}
	case 'B':
		if strings.HasPrefix(s[i:], "BEGIN ") && i >= 5 && s[i-5:i] == "-----" {
			if k := strings.Index(s[i:min(len(s), i+60)], "PRIVATE KEY-----"); k >= 0 {
				from := i + k + len("PRIVATE KEY-----")
				e := len(s)
				if k := strings.Index(s[from:], "-----END"); k >= 0 {
					e = from + k
				}
				if strings.Trim(s[from:e], " \r\n\\n*") == "" {
					return Span{}, false
				}
				return Span{Start: from, End: e, Class: Secret}, true
			}
		}
	}
	if !secretWord(s[i:end]) {
		return Span{}, false
	}
	return c.secretAfter(end)
}

// secretWord tells whether w, a word with its underscores, is a name of secrets.
func secretWord(w string) bool {
	switch w[0] | 0x20 {
	case 'a', 'b', 'c', 'p', 's', 't', 'd', 'j', 'r', 'i', 'u', 'x', 'm', 'o', 'v':
	default:
		return false
	}
	if len(w) > 32 {
		return false
	}
	var b [32]byte
	n := 0
	for k := range len(w) {
		if w[k] != '_' {
			b[n] = w[k]
			if isUpper(w[k]) {
				b[n] |= 0x20
			}
			n++
		}
	}
	v := string(b[:n])
	for _, tail := range [...]string{"password", "passwd", "pwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "bearer", "passcode", "pin", "cvv", "cvc"} {
		if strings.HasSuffix(v, tail) {
			return len(tail) > 3 || len(v) == len(tail) || v == "userpwd" || v == "dbpwd"
		}
	}
	return v == "secretaccesskey" || v == "accesskeyid" || v == "accesskeysecret"
}

// secretAfter looks for a secret behind a word for one: after : or = or 是.
func (c *scanner) secretAfter(i int) (Span, bool) {
	s := c.s
	start := i
	joined := false
	direct := i >= 6 && (s[i-6:i] == "密码" || s[i-6:i] == "密碼" || s[i-6:i] == "口令")
	for range 8 {
		w := 0
		for _, x := range [...]string{" ", "\"", "'", "\\\"", "号"} {
			if strings.HasPrefix(s[start:], x) {
				w = len(x)
				break
			}
		}
		for _, x := range [...]string{":=", ":", "=", "：", "是", "为", "改成了", "改成", "改为", "换成", "设置成", "变成", "设成", "设为", "设置为", "重置为", "is "} {
			if w == 0 && strings.HasPrefix(s[start:], x) {
				w, joined = len(x), true
				break
			}
		}
		if w == 0 {
			break
		}
		start += w
	}
	if !joined && !direct && !(i >= 6 && foldPrefix(s[i-6:], "bearer")) {
		return Span{}, false
	}
	if foldPrefix(s[start:], "bearer ") || foldPrefix(s[start:], "basic ") {
		start += strings.IndexByte(s[start:], ' ') + 1
	}
	end := start
	mixed := false
	for end < len(s) && s[end] > ' ' && s[end] < 0x7F && (strings.IndexByte("\"'<>,;&)}]\\", s[end]) < 0 || s[end] == '&' && !isParameter(s, end+1)) {
		mixed = mixed || !isLetter(s[end]) && s[end] != '.' || end > start && isUpper(s[end])
		end++
	}
	for end > start && s[end-1] == '.' {
		end--
	}
	v := s[start:end]
	if !joined && direct && (len(v) < 6 && !(len(v) >= 4 && allDigits(v)) || !strings.ContainsAny(v, "0123456789")) {
		return Span{}, false
	}
	if len(v) < 4 && !(len(v) == 3 && isDigit(v[0])) || !mixed || strings.Trim(v, "*•.") == "" || v[0] == '$' && len(v) > 1 && (v[1] == '{' || v[1] == '(') {
		return Span{}, false
	}
	return Span{Start: start, End: end, Class: Secret}, true
}

// isParameter tells whether a name and = stand at i, or nothing: & before it ends
// a value.
func isParameter(s string, i int) bool {
	k := i
	for k < len(s) && k-i < 32 && (isWord(s[k]) || s[k] == '-' || s[k] == '.') {
		k++
	}
	return k == i || k < len(s) && s[k] == '='
}

// shapedSecret returns the end of a key whose beginning tells what it is, or 0.
func shapedSecret(s string, i int) int {
	if i > 0 && (s[i-1] == '-' || s[i-1] == '.') { // within another; also keeps the search linear
		return 0
	}
	rest := s[i:]
	least, dots := 0, false
	switch {
	case strings.HasPrefix(rest, "sk-"), strings.HasPrefix(rest, "sk_live_"), strings.HasPrefix(rest, "sk_test_"):
		least = 20
	case strings.HasPrefix(rest, "AKIA"), strings.HasPrefix(rest, "ASIA"), strings.HasPrefix(rest, "LTAI"), strings.HasPrefix(rest, "AKID"):
		least = 16
	case strings.HasPrefix(rest, "AIza"):
		least = 35
	case strings.HasPrefix(rest, "ghp_"), strings.HasPrefix(rest, "gho_"), strings.HasPrefix(rest, "ghs_"), strings.HasPrefix(rest, "github_pat_"), strings.HasPrefix(rest, "glpat-"):
		least = 20
	case strings.HasPrefix(rest, "xoxb-"), strings.HasPrefix(rest, "xoxp-"), strings.HasPrefix(rest, "xoxa-"):
		least = 20
	case strings.HasPrefix(rest, "eyJ"):
		least, dots = 40, true
	default:
		return 0
	}
	end, points, digits := i, 0, 0
	for end < len(s) && (isWord(s[end]) || s[end] == '-' || dots && s[end] == '.' && end+1 < len(s) && isWord(s[end+1])) {
		if s[end] == '.' {
			points++
		}
		if isDigit(s[end]) {
			digits++
		}
		end++
	}
	if end-i < least || dots && points != 2 || digits == 0 {
		return 0
	}
	return end
}

// chatAt looks for a WeChat or QQ account after a word of ASCII letters for it.
func (c *scanner) chatAt(i, end int) (Span, bool) {
	w := c.s[i:end]
	if c.set&setWeChat == 0 {
		return Span{}, false
	}
	if n := len(w); n >= 6 && n <= 20 && !isDigit(w[0]) && cueBefore(c.s, i, 24, "好友申请给", "好友申請給", "加好友", "v信", "我的v", "我的V", "我v", "我V", "薇信", "微信号") {
		e := end
		for e < len(c.s) && (isWord(c.s[e]) || c.s[e] == '-') {
			e++
		}
		if e-i <= 20 && strings.ContainsAny(c.s[i:e], "0123456789_-") {
			return Span{Start: i, End: e, Class: WeChat}, true
		}
	}
	if foldPrefix(w, "wxid_") && len(w) >= 12 {
		return Span{Start: i, End: end, Class: WeChat}, true
	}
	switch {
	case foldPrefix(w, "wechat") && (len(w) == 6 || foldPrefix(w, "wechatid") && len(w) == 8), foldPrefix(w, "weixin") && len(w) == 6:
	case len(w) == 2 && (foldPrefix(w, "vx") || foldPrefix(w, "wx")):
	case len(w) == 1 && w[0]|0x20 == 'v' && strings.HasPrefix(c.s[end:], "信"):
		end += len("信")
	case len(w) == 1 && w[0]|0x20 == 'v' && (strings.HasSuffix(c.s[:i], "+") || strings.HasSuffix(c.s[:i], "➕")): // +V
	default:
		return Span{}, false
	}
	return c.chatAfter(end)
}

// chatAfter looks for an account of WeChat behind i.
func (c *scanner) chatAfter(i int) (Span, bool) {
	s := c.s
	start := i
	for range 8 {
		w := 0
		for _, x := range [...]string{" ", ":", "：", "=", "号码", "号", "是", "为", "ID", "Id", "id", "is ", "账号", "帐号", "搜索", "搜", "加", "(", "（", "“", "\"", "我的", "我", "，", ",", "联系"} {
			if strings.HasPrefix(s[start:], x) {
				w = len(x)
				break
			}
		}
		if w == 0 {
			break
		}
		start += w
	}
	end := start
	other := false
	for end < len(s) && (isWord(s[end]) || s[end] == '-') {
		other = other || !isLetter(s[end])
		end++
	}
	n := end - start
	if n < 6 || n > 20 || !isLetter(s[start]) || end < len(s) && (s[end] == '@' || s[end] == '*') {
		return Span{}, false
	}
	if !other && (foldPrefix(s[start:end], "miniprogram") || foldPrefix(s[start:end], "wechat") || foldPrefix(s[start:end], "weixin") || foldPrefix(s[start:end], "official")) ||
		!other && i >= 3 && (s[i-3:i] == "星" || s[i-3:i] == "泡") {
		return Span{}, false
	}
	return Span{Start: start, End: end, Class: WeChat}, true
}
