package labelled

import (
	_ "embed"
	"math/rand/v2"
	"strconv"
	"strings"
)

// Every person of a generated dialogue is put together by chance from these
// lists; nobody is meant.

//go:embed words/names.txt
var nameWords string

//go:embed words/places.txt
var placeWords string

// words are the lists that dialogues draw from.
type words struct {
	surnames             []string // as often as their weight
	one, two             []string // given names of one character and of two
	uyghur, father       []string
	other, latin         []string // whole names
	places               []place
	roads, grounds, mans []string // parts of streets, compounds and villages
}

// place is a district.
type place struct{ code, province, city, district string }

func newWords() *words {
	w := &words{
		roads: strings.Fields("长丰 文渊 建设 青云 迎宾 望湖 桃源 柳堤 和顺 永宁 紫荆 月牙 广济 新华 东风 安居 书院 凤鸣 科创 滨河 莲花 向阳 松涛 " +
			"振兴 育才 龙泉 春晖 民生 星光 高新 玉带 学苑 锦绣 仁和 石桥 复兴 宝塔 清溪 同心 双塔"),
		grounds: strings.Fields("阳光 金桂 翠堤 锦绣 香樟 水岸 丽景 云栖 御景 枫林 书香 幸福 滨江 天和 万象 星河 碧水 蓝湾 东方 玫瑰 世纪 保和 盛世 " +
			"玉兰 和平 春天 名仕 秋月 绿洲 湖畔"),
		mans: strings.Fields("李家 王家 上石 下湾 大塘 小河 前进 红旗 柳树 石门 双桥 高坡 三岔 白沙 青石 杨树 马家 新丰 东沟 西岭 南坪 北山"),
	}
	section := ""
	for line := range strings.Lines(nameWords) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
			continue
		}
		if line != "" && line[0] != '#' {
			w.name(section, line)
		}
	}
	for line := range strings.Lines(placeWords) {
		if f := strings.Fields(line); len(f) == 4 && f[0] != "#" {
			w.places = append(w.places, place{f[0], f[1], strings.TrimPrefix(f[2], "-"), f[3]})
		}
	}
	return w
}

func (w *words) name(section, line string) {
	fields := strings.Fields(line)
	switch section {
	case "[surnames]", "[double]":
		weight, _ := strconv.Atoi(fields[0])
		all := fields[1:]
		if section == "[surnames]" {
			all = strings.Split(fields[1], "")
		}
		for _, s := range all {
			for range weight {
				w.surnames = append(w.surnames, s)
			}
		}
	case "[one]":
		w.one = append(w.one, strings.Split(line, "")...)
	case "[two]":
		w.two = append(w.two, fields...)
	case "[uyghur]":
		w.uyghur = append(w.uyghur, fields...)
	case "[father]":
		w.father = append(w.father, fields...)
	case "[other]":
		w.other = append(w.other, fields...)
	case "[latin]":
		w.latin = append(w.latin, strings.Split(line, "|")...)
	}
}

func pick[T any](rng *rand.Rand, of []T) T { return of[rng.IntN(len(of))] }

func pickWord(rng *rand.Rand, of string) string { return pick(rng, strings.Fields(of)) }

// some is true with probability p.
func some(rng *rand.Rand, p float64) bool { return rng.Float64() < p }

// person draws a name and its family name, which is empty where a title does
// not follow one.
func (w *words) person(rng *rand.Rand) (name, family string) {
	switch x := rng.Float64(); {
	case x < 0.02:
		given, father := pick(rng, w.uyghur), pick(rng, w.father)
		return given + "·" + father, ""
	case x < 0.03:
		return pick(rng, w.other), ""
	case x < 0.045:
		return pick(rng, w.latin), ""
	}
	family = pick(rng, w.surnames)
	switch x := rng.Float64(); {
	case x < 0.22:
		return family + pick(rng, w.one), family
	case x < 0.34:
		return family + pick(rng, w.one) + pick(rng, w.one), family
	}
	return family + pick(rng, w.two), family
}

// home is an address in the ways people write it.
type home struct {
	place
	fine string // below the district
}

// spell writes the address; form 0 is in full.
func (h home) spell(form int) string {
	province, city, district := h.province, h.city, h.district
	short := strings.TrimSuffix(strings.TrimSuffix(city, "市"), "地区")
	switch form {
	case 1: // without the province
		if city == "" {
			return province + district + h.fine
		}
		return city + district + h.fine
	case 2: // 浙江杭州西湖区
		return shortProvince(province) + short + district + h.fine
	case 3: // 浙江省 杭州市 西湖区 文三路…
		return strings.Join(strings.Fields(province+" "+city+" "+district+" "+h.fine), " ")
	case 4: // 杭州西湖
		if city == "" {
			short = shortProvince(province)
		}
		if r := []rune(district); len(r) > 2 {
			district = strings.TrimSuffix(strings.TrimSuffix(district, "区"), "市")
		}
		return short + district + h.fine
	case 5: // from the district on
		return district + h.fine
	case 6: // without it
		return h.fine
	case 7: // 浙江省杭州市西湖区-文三路…
		return province + city + district + "-" + h.fine
	}
	return province + city + district + h.fine
}

func shortProvince(p string) string {
	for _, suffix := range []string{"壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市"} {
		p = strings.TrimSuffix(p, suffix)
	}
	return p
}

func number(rng *rand.Rand, lo, hi int) string { return strconv.Itoa(lo + rng.IntN(hi-lo+1)) }

func (w *words) street(rng *rand.Rand) string {
	road := pick(rng, w.roads)
	switch rng.IntN(8) {
	case 0:
		return road + pickWord(rng, "东路 西路 南路 北路 中路") + number(rng, 1, 900) + "号"
	case 1:
		return road + "街" + number(rng, 1, 300) + "号"
	case 2:
		return road + "大道" + number(rng, 1, 3000) + "号"
	case 3:
		return road + "路" + number(rng, 1, 900) + "弄" + number(rng, 1, 60) + "号"
	case 4:
		return road + pickWord(rng, "巷 里 胡同") + number(rng, 1, 90) + "号"
	}
	return road + "路" + number(rng, 1, 1200) + "号"
}

// flat is a place within a compound.
func (w *words) flat(rng *rand.Rand) string {
	storey := 1 + rng.IntN(32)
	room := strconv.Itoa(storey) + "0" + number(rng, 1, 6)
	switch rng.IntN(7) {
	case 0:
		return number(rng, 1, 40) + "-" + number(rng, 1, 4) + "-" + room
	case 1:
		return number(rng, 1, 40) + "幢" + room + "室"
	case 2:
		return number(rng, 1, 40) + "号楼" + number(rng, 1, 5) + "单元" + room
	case 3:
		return number(rng, 1, 12) + "期" + number(rng, 1, 40) + "栋" + room
	case 4:
		return pickWord(rng, "一 二 三 五 六 八 十二") + "号楼" + pickWord(rng, "一 二 三 四") + "单元" + room + "室"
	case 5:
		return "#" + number(rng, 1, 40) + " " + room
	}
	return number(rng, 1, 40) + "栋" + number(rng, 1, 4) + "单元" + room + "室"
}

func (w *words) compound(rng *rand.Rand) string {
	return pick(rng, w.grounds) + pickWord(rng, "花园 小区 家园 苑 公馆 新村 名邸 国际 城 雅苑 华庭 府 里")
}

// fine draws what stands below the district of a home.
func (w *words) fine(rng *rand.Rand) string {
	switch rng.IntN(10) {
	case 0:
		return w.village(rng)
	case 1:
		return w.street(rng) + w.office(rng)
	case 2:
		return w.compound(rng) + w.flat(rng)
	case 3:
		return pick(rng, w.roads) + "街道" + w.compound(rng) + w.flat(rng)
	case 4:
		return w.street(rng) + " " + w.compound(rng) + " " + w.flat(rng)
	case 5:
		return w.street(rng)
	}
	return w.street(rng) + w.compound(rng) + w.flat(rng)
}

func (w *words) village(rng *rand.Rand) string {
	town := pick(rng, w.roads) + pickWord(rng, "镇 镇 乡")
	village := pick(rng, w.mans) + pickWord(rng, "村 村 庄 屯 寨")
	switch rng.IntN(3) {
	case 0:
		return town + village + number(rng, 1, 12) + "组"
	case 1:
		return town + village + number(rng, 1, 12) + "组" + number(rng, 1, 99) + "号"
	}
	return town + village + number(rng, 1, 180) + "号"
}

func (w *words) office(rng *rand.Rand) string {
	tower := pick(rng, w.grounds) + pickWord(rng, "大厦 广场 中心 国际大厦 科技园")
	storey := 1 + rng.IntN(36)
	switch rng.IntN(3) {
	case 0:
		return tower + pickWord(rng, "A B C D") + "座" + strconv.Itoa(storey) + "层"
	case 1:
		return tower + number(rng, 1, 9) + "号楼" + strconv.Itoa(storey) + "F"
	}
	return tower + strconv.Itoa(storey) + "楼" + strconv.Itoa(storey) + "0" + number(rng, 1, 9) + "室"
}

func (w *words) dormitory(rng *rand.Rand) string {
	school := pick(rng, w.grounds) + pickWord(rng, "理工学院 师范学院 职业技术学院 大学 第三中学")
	return school + pickWord(rng, "东校区 西校区 新校区 南区") +
		pickWord(rng, "宿舍 学生公寓 男生宿舍 女生宿舍") + number(rng, 1, 30) + "号楼" + number(rng, 101, 640)
}

func (w *words) locker(rng *rand.Rand) string {
	return w.street(rng) + w.compound(rng) + pickWord(rng, "东门 西门 南门 北门 2号门") +
		pickWord(rng, "丰巢快递柜 菜鸟驿站 快递柜 蜂巢柜") +
		pick(rng, []string{"", number(rng, 1, 9) + "号柜"})
}
