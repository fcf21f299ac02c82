package sim

import (
	"strconv"
	"strings"
)

// Every person here is put together by chance from these lists; none is taken
// from life. E-mail addresses use the domains that RFC 2606 reserves.

type division struct{ code, province, city, district string }

func divisions() []division {
	return []division{
		{"110101", "北京市", "", "东城区"}, {"110105", "北京市", "", "朝阳区"}, {"110108", "北京市", "", "海淀区"},
		{"120101", "天津市", "", "和平区"}, {"130102", "河北省", "石家庄市", "长安区"}, {"140105", "山西省", "太原市", "小店区"},
		{"150105", "内蒙古自治区", "呼和浩特市", "赛罕区"}, {"210102", "辽宁省", "沈阳市", "和平区"}, {"210202", "辽宁省", "大连市", "中山区"},
		{"220102", "吉林省", "长春市", "南关区"}, {"230103", "黑龙江省", "哈尔滨市", "南岗区"}, {"310101", "上海市", "", "黄浦区"},
		{"310104", "上海市", "", "徐汇区"}, {"320106", "江苏省", "南京市", "鼓楼区"}, {"320508", "江苏省", "苏州市", "姑苏区"},
		{"330106", "浙江省", "杭州市", "西湖区"}, {"330203", "浙江省", "宁波市", "海曙区"}, {"340104", "安徽省", "合肥市", "蜀山区"},
		{"350102", "福建省", "福州市", "鼓楼区"}, {"350203", "福建省", "厦门市", "思明区"}, {"360102", "江西省", "南昌市", "东湖区"},
		{"370202", "山东省", "青岛市", "市南区"}, {"410105", "河南省", "郑州市", "金水区"}, {"420106", "湖北省", "武汉市", "武昌区"},
		{"430103", "湖南省", "长沙市", "天心区"}, {"440103", "广东省", "广州市", "荔湾区"}, {"440305", "广东省", "深圳市", "南山区"},
		{"450103", "广西壮族自治区", "南宁市", "青秀区"}, {"460106", "海南省", "海口市", "龙华区"}, {"500103", "重庆市", "", "渝中区"},
		{"510104", "四川省", "成都市", "锦江区"}, {"520103", "贵州省", "贵阳市", "云岩区"}, {"530102", "云南省", "昆明市", "五华区"},
		{"610113", "陕西省", "西安市", "雁塔区"}, {"620102", "甘肃省", "兰州市", "城关区"}, {"650102", "新疆维吾尔自治区", "乌鲁木齐市", "天山区"},
	}
}

const (
	surnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
	givens   = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文博雨欣子轩梓涵浩然思远晓东海燕志宏嘉怡佳宁若曦一诺天佑俊辉春梅雪莲立新安琪鹏飞婷婷云飞红梅庆丰慧玲振宇瑞雪亦凡书瑶沐辰知行"
	syllable = "wei fang na min jing li qiang lei jun yang yong yan jie juan tao ming chao xia ping gang hua yu lan jian wen bo xin xuan hao si dong hai zhi jia yi tian chun xue peng ting yun hong qing hui"
	roads    = "人民路 建设路 解放路 中山路 和平路 新华路 文化路 长江路 黄河路 学院路 滨江路 迎宾路 胜利路 光明路 花园路 青年路"
	prefixes = "130 131 132 133 135 136 137 138 139 147 150 151 152 155 156 157 158 159 166 176 177 178 180 181 182 183 185 186 187 188 189 191 193 195 198 199"
)

// bins are issuer prefixes with the length of the whole card number.
func bins() []struct {
	prefix string
	length int
} {
	return []struct {
		prefix string
		length int
	}{{"622202", 19}, {"621700", 19}, {"622848", 19}, {"621661", 19}, {"621226", 19}, {"622588", 16}, {"622575", 16}, {"436742", 16}}
}

// lists are the word lists, split once for a world.
type lists struct {
	divisions                              []division
	surnames, givens                       []rune
	syllables, roads, prefixes, mailDomain []string
}

func newLists() lists {
	return lists{
		divisions: divisions(), surnames: []rune(surnames), givens: []rune(givens),
		syllables: strings.Fields(syllable), roads: strings.Fields(roads), prefixes: strings.Fields(prefixes),
		mailDomain: []string{"example.com", "example.net", "example.org"},
	}
}

func (l *lists) name(c chance) string {
	if c.happens(0.012) {
		return pick(c, []string{"欧阳", "司马", "上官", "诸葛", "令狐"}) + string(pick(c, l.givens))
	}
	name := string(pick(c, l.surnames)) + string(pick(c, l.givens))
	if c.happens(0.82) {
		name += string(pick(c, l.givens))
	}
	return name
}

func (l *lists) phone(c chance) string { return pick(c, l.prefixes) + digits(c, 8) }

func digits(c chance, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('0' + c.IntN(10))
	}
	return string(b)
}

// residentID returns an 18-character id (GB 11643-1999) of the division.
func residentID(c chance, d division) string {
	year, month := 1950+c.IntN(56), 1+c.IntN(12)
	b := d.code + strconv.Itoa(year) + number("", month, 2) + number("", 1+c.IntN(28), 2) + number("", 1+c.IntN(999), 3)
	return b + string(residentCheck(b))
}

// residentCheck is the check character of the first 17 digits (ISO 7064, MOD 11-2).
func residentCheck(first17 string) byte {
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(first17[i]-'0')
	}
	return "10X98765432"[sum%11]
}

func bankCard(c chance) string {
	bin := pick(c, bins())
	b := bin.prefix + digits(c, bin.length-len(bin.prefix)-1)
	return b + string(luhnCheck(b))
}

// luhnCheck is the check digit that makes b plus it valid (ISO/IEC 7812-1).
func luhnCheck(b string) byte {
	sum := 0
	for i := range len(b) {
		n := int(b[len(b)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return byte('0' + (10-sum%10)%10)
}

func (l *lists) email(c chance) string {
	return pick(c, l.syllables) + pick(c, l.syllables) + strconv.Itoa(c.IntN(9990)+10) + "@" + pick(c, l.mailDomain)
}

func (l *lists) address(c chance, d division) string {
	return d.province + d.city + d.district + pick(c, l.roads) + strconv.Itoa(1+c.IntN(480)) + "号" +
		strconv.Itoa(1+c.IntN(30)) + "栋" + strconv.Itoa((1+c.IntN(28))*100+1+c.IntN(4)) + "室"
}
