package detect

import (
	"strings"
	"unicode/utf8"
)

// part is a kind of ending of a part of an address.
type part struct {
	text   string
	weight int
	fine   bool // below the district
	number bool // only after a number
}

// partList returns the endings; of those that begin alike the longer stands
// first.
func partList() []part {
	return []part{
		{"大道", 2, true, false}, {"大街", 2, true, false}, {"公路", 2, true, false}, {"环路", 2, true, false}, {"胡同", 2, true, false}, {"街道", 2, true, false}, {"路口", 2, true, false},
		{"路", 2, true, false}, {"街", 2, true, false}, {"巷", 2, true, false}, {"弄", 2, true, false}, {"道", 1, true, false}, {"里", 1, true, false}, {"段", 1, true, false},
		{"号楼", 3, true, true}, {"号院", 3, true, true}, {"號樓", 3, true, true}, {"号门", 3, true, true}, {"号", 3, true, true}, {"號", 3, true, true},
		{"栋", 3, true, true}, {"棟", 3, true, true}, {"幢", 3, true, true}, {"座", 3, true, true}, {"单元", 3, true, true}, {"單元", 3, true, true}, {"层", 2, true, true}, {"樓", 2, true, true}, {"楼", 2, true, true},
		{"室", 3, true, true}, {"户", 2, true, true}, {"房", 2, true, true}, {"组", 2, true, true}, {"社", 1, true, true}, {"队", 1, true, true}, {"门", 1, true, true},
		{"自治县", 2, false, false}, {"自治州", 1, false, false}, {"开发区", 2, true, false}, {"工业区", 2, true, false}, {"新区", 1, false, false}, {"小区", 3, true, false}, {"社区", 2, true, false}, {"校区", 2, true, false},
		{"园区", 2, true, false}, {"一区", 2, true, false}, {"二区", 2, true, false}, {"三区", 2, true, false}, {"区", 2, false, false}, {"區", 2, false, false}, {"县", 2, false, false}, {"縣", 2, false, false}, {"旗", 1, false, false},
		{"镇", 2, true, false}, {"鎮", 2, true, false}, {"乡", 2, true, false}, {"鄉", 2, true, false}, {"新村", 3, true, false}, {"村", 2, true, false}, {"屯", 2, true, false}, {"庄", 1, true, false}, {"邨", 2, true, false}, {"邸", 2, true, false}, {"期", 1, true, true},
		{"花园", 3, true, false}, {"家园", 3, true, false}, {"花苑", 3, true, false}, {"苑", 2, true, false}, {"公寓", 3, true, false}, {"公馆", 2, true, false}, {"别墅", 2, true, false}, {"山庄", 2, true, false}, {"大厦", 3, true, false}, {"大廈", 3, true, false},
		{"写字楼", 2, true, false}, {"宿舍", 2, true, false}, {"工业园", 2, true, false}, {"科技园", 2, true, false}, {"产业园", 2, true, false}, {"创业园", 2, true, false}, {"软件园", 2, true, false}, {"雅苑", 3, true, false},
		{"快递柜", 1, true, false}, {"菜鸟驿站", 1, true, false}, {"驿站", 1, true, false}, {"国际", 2, true, false}, {"组团", 2, true, false}, {"工业城", 2, true, false}, {"服务站", 1, true, false}, {"市场", 1, true, false}, {"广场", 1, true, false}, {"商城", 1, true, false}, {"中心", 1, true, false}, {"大学", 1, true, false}, {"学院", 1, true, false},
		{"中学", 1, true, false}, {"小学", 1, true, false}, {"医院", 1, true, false}, {"工厂", 1, true, false}, {"超市", 1, true, false}, {"酒店", 1, false, false}, {"宾馆", 1, false, false}, {"公司", 1, true, false}, {"仓库", 1, true, false},
		{"园", 1, true, false}, {"園", 1, true, false}, {"府", 1, true, false}, {"城", 1, true, false}, {"湾", 1, true, false}, {"庭", 1, true, false}, {"轩", 1, true, false}, {"阁", 1, true, false}, {"居", 1, true, false}, {"墅", 1, true, false}, {"坊", 1, true, false},
		{"厂", 1, true, false}, {"店", 1, true, false}, {"馆", 1, true, false}, {"院", 1, true, false}, {"场", 1, true, false}, {"站", 1, true, false}, {"桥", 1, true, false},
	}
}

// partAt returns the ending that stands at i, where r stands.
func (l *lexicon) partAt(s string, i int, r rune) (part, bool) {
	if r < hanFirst || r > hanLast {
		return part{}, false
	}
	for _, p := range l.parts[l.part1st[r-hanFirst]] {
		if strings.HasPrefix(s[i:], p.text) {
			return p, true
		}
	}
	return part{}, false
}

// placeAt returns the length of the division that s begins with at i, or 0.
func (l *lexicon) placeAt(s string, i int) int {
	n, _ := l.division(s, i)
	return n
}

// division returns the length and the level of the longest division at i.
func (l *lexicon) division(s string, i int) (length int, level uint8) {
	a, b := hanRune(s, i), hanRune(s, i+3)
	if b == 0 || !l.pairs.has(a, b) {
		return 0, 0
	}
	for _, p := range l.places.bucket(a, b).places {
		if strings.HasPrefix(s[i:], p.name) {
			return len(p.name), p.level
		}
	}
	return 0, 0
}

// address looks for an address that begins at i with a division, or one whose
// first part ends at i and begins before.
func (c *scanner) address(i int, kind uint32) (Span, bool) {
	s := c.s
	if kind&startsPlace != 0 {
		if n, _ := c.lex.division(s, i); n > 0 {
			if end := c.addressEnd(i); end > 0 {
				return Span{Start: c.wordStart(i), End: end, Class: Address, Sure: true}, true
			}
			if end := c.namedPlace(i); end > 0 {
				return Span{Start: i, End: end, Class: Address}, true
			}
			if n >= 3*3 {
				c.clear = i + n // 乌鲁木齐
			}
			return Span{}, false
		}
	}
	if kind&endsPart == 0 {
		return Span{}, false
	}
	r, _ := utf8.DecodeRuneInString(s[i:])
	p, ok := c.lex.partAt(s, i, r)
	if !ok || !p.fine && p.weight < 2 {
		return Span{}, false
	}
	start := c.addressStart(i, p)
	if start == i {
		return Span{}, false
	}
	if end := c.addressEnd(start); end > i {
		return Span{Start: start, End: end, Class: Address, Sure: true}, true
	}
	return Span{}, false
}

// addressStart goes back from the ending p at i over the name that it ends.
func (c *scanner) addressStart(i int, p part) int {
	s := c.s
	floor := 0
	if len(c.out) > c.first {
		floor = c.out[len(c.out)-1].End
	}
	j := i
	for n := 0; j > floor && n < 10; n++ {
		r, w := runeBefore(s, j)
		switch {
		case r >= hanFirst && r <= hanLast:
			if c.lex.at(r)&(stops|leads) != 0 && !c.ofName(r, j-w, j) {
				return j
			}
		case r < 0x80 && (isDigit(byte(r)) || isLetter(byte(r)) || r == '-' || r == '#'):
			n-- // numbers of any length
			if i-j > 24 {
				return i
			}
		case r >= '０' && r <= '９':
		default:
			return j
		}
		j -= w
	}
	return j
}

// ofName tells whether the character r at i..j, which ends what comes before an
// address otherwise, is part of a name here: 和平, 仁和, 经济开发区.
func (c *scanner) ofName(r rune, i, j int) bool {
	s := c.s
	switch next := firstRune(s[j:]); r {
	case '和':
		before, _ := runeBefore(s, i)
		return strings.ContainsRune("平顺谐睦悦", next) || strings.ContainsRune("仁人泰永太平祥万天中协义颐雍保广大元安三", before)
	case '经':
		return next == '济' || next == '开' || next == '纬' || next == '发' || next == '三' || next == '四' || next == '五' || next == '六'
	case '成':
		before, _ := runeBefore(s, i)
		return next == '都' || next == '功' || before == '天' || before == '大'
	case '有':
		return next == '色'
	case '联':
		return next != '系' && next != '络' && next != '繫' && next != '絡' && next != '电'
	case '放':
		before, _ := runeBefore(s, i)
		return before == '解' || before == '开'
	case '来':
		return next == '凤' || next == '安' || next == '宾' || next == '福'
	case '改':
		return next == '革'
	case '想':
		before, _ := runeBefore(s, i)
		return before == '理'
	}
	return false
}

// wordStart goes back from a place at i that is part of a longer name (芷|江西|路).
func (c *scanner) wordStart(i int) int {
	s := c.s
	floor := 0
	if len(c.out) > c.first {
		floor = c.out[len(c.out)-1].End
	}
	n, lv := c.lex.division(s, i)
	if lv == 1 || n >= 3*3 {
		return i
	}
	j := i
	for k := 0; k < 3 && j > floor; k++ {
		r, w := runeBefore(s, j)
		if r < hanFirst || r > hanLast || c.lex.at(r)&(stops|leads) != 0 {
			break
		}
		j -= w
	}
	if i-j > 2*3 { // words, and no beginning of a name
		return i
	}
	return j
}

// namedPlace returns the end of an address at i that has no road: two divisions and
// the name of a shop, a firm or a house up to a break, or 0.
func (c *scanner) namedPlace(i int) int {
	s := c.s
	end, levels, level := i, 0, uint8(0)
	for range 4 {
		n, lv := c.lex.division(s, end)
		if n == 0 || lv <= level {
			break
		}
		end += n
		level = lv
		levels++
		end = skip(s, end, "省", "市", "-", " ", "_")
	}
	if levels < 2 {
		return 0
	}
	k, n := end, 0
	for k < len(s) && n < 20 {
		r, w := utf8.DecodeRuneInString(s[k:])
		if r >= hanFirst && r <= hanLast {
			if c.lex.at(r)&stops != 0 {
				return 0
			}
			if c.lex.at(r)&leads != 0 && !c.ofName(r, k, k+w) && !strings.HasPrefix(s[k:], "有限") {
				break
			}
		} else if !(r < 0x80 && (isLetter(byte(r)) || isDigit(byte(r)) || r == '-' || r == '_')) {
			break
		}
		k += w
		n++
	}
	if n < 3 {
		return 0
	}
	for _, tail := range [...]string{"公司", "店", "厂", "超市", "市场", "大厦", "中心", "快递", "集团", "仓库", "广场", "酒店", "宾馆", "学校", "学院", "大学", "医院", "银行", "营业厅", "专柜", "商行", "经营部", "工作室", "办公室", "园", "站", "馆", "部", "所", "服饰", "电器", "家居", "建材", "汽修", "网吧", "驿站", "城", "楼", "区", "湾", "苑", "府", "院", "门口", "对面", "旁边", "附近"} {
		if strings.HasSuffix(s[end:k], tail) {
			return k
		}
	}
	if i == 0 && k == len(s) && level >= 3 || k > 0 && isDigit(s[k-1]) && n >= 4 {
		return k
	}
	return 0
}

// addressEnd reads the grammar of addresses from i on: divisions from the large
// to the small, roads, houses, rooms. It returns the end when it is one finer
// than a district, or 0.
func (c *scanner) addressEnd(i int) int {
	s := c.s
	end, weight, fine, level := i, 0, 0, uint8(0)
	var before part
	for range 14 {
		if n, lv := c.lex.division(s, end); n > 0 && lv > level && fine == 0 && skip(s, end+n, "路", "街", "大道", "大街", "东路", "西路", "南路", "北路", "中路") == end+n {
			w := 1
			if lv == 3 {
				w = 2
			}
			end += n
			weight, level = weight+w, lv
			end = skip(s, end, "省", "市", "-", " ", "/", "，", ",", "_")
			continue
		}
		next, p := c.nextPart(end, weight > 0)
		if next == 0 && fine > 0 {
			if k := c.crossing(end); k > 0 {
				end, weight = k, weight+2
				continue
			}
		}
		if next == 0 {
			if k := roomEnd(s, end); k > 0 && fine > 0 {
				end, weight = k, weight+3
				if level > 0 {
					fine++ // 枫林城25-4-2306
				}
			} else if k := groupEnd(s, end); fine > 1 && !before.number && k-end >= 3 && k-end <= 5 && !measured(s, k) {
				end, weight = k, weight+2 // 大厦3159
			}
			break
		}
		end, before = next, p
		weight += p.weight
		if _, n := digitsEnd(s, end); p.weight == 2 && n >= 2 && n <= 4 && !measured(s, end+n) {
			weight++ // 宾虹路853
		}
		if p.fine {
			fine += p.weight
		}
		if next < len(s) && (s[next] == ' ' || s[next] == '-' || s[next] == ',' || s[next] == '_') && next+1 < len(s) {
			if k, _ := c.nextPart(next+1, true); k > 0 {
				end = next + 1
			}
		}
	}
	for end > i && (s[end-1] == ' ' || s[end-1] == '-' || s[end-1] == '/' || s[end-1] == ',') {
		end--
	}
	if strings.HasSuffix(s[i:end], "，") {
		end -= len("，")
	}
	if weight < 4 || fine < 2 || end < len(s) && s[end] == '*' {
		return 0
	}
	return c.detail(end)
}

// crossing goes on over 与海湾大道交叉口 behind a road.
func (c *scanner) crossing(i int) int {
	s := c.s
	k := skip(s, i, "与", "和", "跟", "路口")
	if k == i {
		return 0
	}
	next, p := c.nextPart(k, false)
	if next == 0 || p.weight < 2 || p.number {
		return 0
	}
	if e := skip(s, next, "交叉口", "交叉路口", "交汇处", "交界处", "交口", "路口", "口"); e > next {
		return e
	}
	return 0
}

// measured tells whether a unit stands at i: the number before it is no room.
func measured(s string, i int) bool {
	r := firstRune(s[i:])
	return i < len(s) && (strings.ContainsRune("元块个年月日点折万千百人次条件份米公多", r) || r == '%' || r == '.')
}

// roomEnd returns the end of a house and room as 9-2-1304 or #13 1103, or 0.
func roomEnd(s string, i int) int {
	k := skip(s, i, " ")
	from := k
	digits, joints := 0, 0
	for k < len(s) && k-from < 30 {
		if _, w := DigitAt(s, k); w > 0 {
			digits++
			k += w
			continue
		}
		if w := skip(s, k, "-", "#", "－", "—", "_"); w > k {
			joints++
			k = w
			continue
		}
		if !isUpper(s[k]) {
			break
		}
		k++
	}
	if digits == 0 || digits > 9 || joints == 0 || s[k-1] == '-' {
		return 0
	}
	if k < len(s) && s[k] == ' ' {
		if e, n := digitsEnd(s, k+1); n >= 3 && n <= 4 {
			return e
		}
	}
	return k
}

// digitsEnd returns the end of the digits at i and how many they are.
func digitsEnd(s string, i int) (end, n int) {
	for {
		_, w := DigitAt(s, i)
		if w == 0 {
			return i, n
		}
		i += w
		n++
	}
}

// nextPart reads one part at i: a name or number and its ending. It returns 0
// when there is none near.
func (c *scanner) nextPart(i int, begun bool) (end int, p part) {
	s := c.s
	n, numbers, letters := 0, 0, 0
	for j := i; j < len(s) && n < 13; n++ {
		r, w := utf8.DecodeRuneInString(s[j:])
		switch {
		case r >= hanFirst && r <= hanLast:
			kind := c.lex.at(r)
			if kind&stops != 0 || begun && n == 0 && strings.ContainsRune("改寄送麻换叫写填找给把住到在从去", r) && c.lex.placeAt(s, j) == 0 {
				return 0, part{}
			}
			if n > 0 && c.lex.part1st[r-hanFirst] != 0 {
				if q, ok := c.lex.partAt(s, j, r); ok && c.partFits(i, j, q, numbers, letters) {
					return j + len(q.text), q
				}
			}
			if c.lex.at(r)&counts != 0 {
				numbers++
			} else {
				letters++
			}
		case r < 0x80 && isDigit(byte(r)) || r >= '０' && r <= '９':
			numbers++
		case r < 0x80 && isLetter(byte(r)):
			numbers++ // A座
		case r == '-' || r == '#' || r == '－' || r == '—' || r == '（' || r == '）' || r == '(' || r == ')' || r == '·' || r == '、':
			if n == 0 && r != '(' && r != '（' && r != '#' {
				return 0, part{}
			}
		default:
			return 0, part{}
		}
		j += w
	}
	return 0, part{}
}

// partFits tells whether the ending q at j ends what begins at i: a number for
// those that need one, and not a word that only looks so.
func (c *scanner) partFits(i, j int, q part, numbers, letters int) bool {
	s := c.s
	rest := s[j+len(q.text):]
	if q.number {
		last, _ := runeBefore(s, j)
		if !(last < 0x80 && (isDigit(byte(last)) || isLetter(byte(last))) || last >= '０' && last <= '９' || c.lex.at(last)&counts != 0 || last == '#' || last == ')' || last == '）') {
			return false
		}
		switch q.text {
		case "号", "號":
			for _, not := range [...]string{"线", "码", "线上", "字", "下午", "上午", "早上", "晚上", "之前", "前", "当天", "到货", "发货", "入住", "订单", "技师", "客服", "包"} {
				if strings.HasPrefix(rest, not) {
					return false
				}
			}
			if k := strings.LastIndex(s[max(0, i-6):j], "月"); k >= 0 || letters == 0 && numbers <= 2 && strings.HasSuffix(s[:i], "月") {
				return false
			}
		case "座", "层":
			for _, not := range [...]string{"位", "机", "椅"} {
				if strings.HasPrefix(rest, not) {
					return false
				}
			}
		}
		return true
	}
	if q.weight == 1 && rest != "" && strings.ContainsRune("路街道巷村镇乡区县弄桥", firstRune(rest)) {
		return false // 书院路
	}
	switch q.text {
	case "公寓", "公馆", "别墅", "山庄", "花园", "家园", "苑": // the name of a house for guests
		for _, house := range [...]string{"酒店", "宾馆", "民宿", "客栈", "旅馆", "饭店"} {
			if strings.HasPrefix(rest, house) {
				return false
			}
		}
	case "路", "道", "街":
		for _, not := range [...]string{"上", "由", "过", "费", "况", "程", "途", "边摊", "理", "歉", "具", "拍", "透"} {
			if strings.HasPrefix(rest, not) {
				return false
			}
		}
		last, _ := runeBefore(s, j)
		return !strings.ContainsRune("一网线走思出顺半迷问知难报渠味通频赛轨", last) || last == '一' && numbers+letters > 1 || last == '通' && letters > 1 || last == '顺' && letters > 1
	case "里":
		return numbers+letters >= 2 && letters >= 1 && !strings.HasPrefix(rest, "面") && !strings.HasPrefix(rest, "边") && !strings.HasPrefix(rest, "程")
	case "店", "站", "院", "场", "城", "馆", "居", "园", "公司", "中心", "学院":
		return letters >= 1
	}
	return numbers+letters >= 1
}

// detail goes on behind a complete address: rooms as bare numbers, what stands
// beside, and the name of a building up to the next break; and once more behind a
// blank, where a number of a house or room follows.
func (c *scanner) detail(end int) int {
	s := c.s
	for range 3 {
		end = rooms(s, end)
		end = c.beside(end)
		if end+1 >= len(s) || s[end] != ' ' {
			return end
		}
		next, p := c.nextPart(end+1, true)
		if next == 0 || !p.number {
			return end
		}
		end = next
	}
	return end
}

// rooms goes on over bare numbers of houses and rooms: 3-2-501, #12 301.
func rooms(s string, end int) int {
	for range 6 {
		k := end
		for k < len(s) && (s[k] == ' ' || s[k] == '-' || s[k] == '#' || s[k] == '/' || s[k] == '_') && k-end < 2 {
			k++
		}
		from := k
		digits := 0
		for k < len(s) && k-from < 24 {
			if _, w := DigitAt(s, k); w > 0 {
				digits++
				k += w
			} else if isUpper(s[k]) || s[k] == '-' || s[k] == '#' || s[k] == '_' {
				k++
			} else {
				break
			}
		}
		if k == from || digits == 0 || digits > 6 {
			return end
		}
		end = skip(s, k, "号楼", "号", "室", "楼", "房", "户", "层", "单元", "栋", "幢")
	}
	return end
}

// beside goes to the next break, when nothing there says that the address is over.
func (c *scanner) beside(end int) int {
	s := c.s
	k, n := end, 0
	for k < len(s) && n <= 24 {
		r, w := utf8.DecodeRuneInString(s[k:])
		switch {
		case r >= hanFirst && r <= hanLast:
			if c.lex.at(r)&(stops|leads) != 0 && !c.ofName(r, k, k+w) {
				if n > 1 && n <= 12 && !c.goesOn(end) {
					return closed(s, end, k) // the name of a shop
				}
				return end
			}
		case r < 0x80 && (isDigit(byte(r)) || isLetter(byte(r))), r == '（', r == '）', r == '(', r == ')', r == '-', r == '#', r == '·', r == '&', r == '_':
			if r < 0x80 && isDigit(byte(r)) && groupEnd(s, k)-k >= 7 {
				return end // a phone
			}
		case r >= '０' && r <= '９':
		default:
			return closed(s, end, k)
		}
		k += w
		n++
	}
	if k < len(s) {
		return end
	}
	return closed(s, end, k)
}

// goesOn tells whether words stand at i that go on after an address and are no part
// of it.
func (c *scanner) goesOn(i int) bool {
	s := c.s
	var v [3]rune
	if runes(s, i, v[:2]) == 2 && c.lex.plainly.has(v[0], v[1]) {
		return true
	}
	for _, w := range afterAddress {
		if strings.HasPrefix(s[i:], w) {
			return true
		}
	}
	return false
}

// afterAddress are words behind an address that are no part of it.
var afterAddress = [...]string{"明天", "今天", "后天", "昨天", "下午", "上午", "晚上", "中午", "早上", "周", "星期", "请", "电话", "手机", "姓名", "需", "什么", "如果", "因为", "是", "地址", "快递", "上门", "现在", "目前", "一直",
	"没", "不", "都", "被", "让", "才", "又", "再", "先", "但", "而", "所以", "以及", "另外", "之前", "之后", "以前", "发货", "到货", "订单", "包裹", "客户", "客服", "师傅", "安装", "预约", "尽快", "急", "为", "几", "多", "附近有", "对", "应该", "好像", "退", "换", "补", "重新", "微信", "联系", "备注", "货", "件", "错", "更", "核", "确认", "两", "一起", "一共", "共", "已", "必须", "务必", "直接", "帮", "派", "取", "拿", "等", "看", "查", "问"}

// closed takes what is behind an address up to a break, with its brackets.
func closed(s string, end, to int) int {
	if strings.Count(s[end:to], "(") < strings.Count(s[end:to], ")") || strings.Count(s[end:to], "（") < strings.Count(s[end:to], "）") {
		return end
	}
	return to
}
