package labelled

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"
)

// slots are what the templates can be filled with.
func slots() map[string]func(*dialogue) []piece {
	out := map[string]func(*dialogue) []piece{}
	for _, group := range []map[string]func(*dialogue) []piece{peopleSlots(), placeSlots(), paperSlots(), contactSlots(), deviceSlots(), plainSlots(), spellingSlots()} {
		maps.Copy(out, group)
	}
	return out
}

func one(text, class string) []piece { return []piece{{text, class}} }

// keep returns the value of a name within the dialogue, drawn the first time.
func (d *dialogue) keep(name string, draw func() string) string {
	if _, ok := d.kept[name]; !ok {
		d.kept[name] = draw()
	}
	return d.kept[name]
}

// value is a slot whose value stays the same within the dialogue.
func value(name, class string, draw func(*dialogue) string) func(*dialogue) []piece {
	return func(d *dialogue) []piece { return one(d.keep(name, func() string { return draw(d) }), class) }
}

// fresh is a slot that is drawn each time.
func fresh(class string, draw func(*dialogue) string) func(*dialogue) []piece {
	return func(d *dialogue) []piece { return one(draw(d), class) }
}

// someone draws a name that is no part of a name in the dialogue, nor the other
// way round.
func (d *dialogue) someone(slot string) string {
	return d.keep(slot, func() string {
		for {
			name, _ := d.words.person(d.Rand)
			clear := true
			for _, other := range []string{d.name, d.kept["other"], d.kept["third"], d.kept["latin"]} {
				clear = clear && (other == "" || !strings.Contains(name, other) && !strings.Contains(other, name))
			}
			if clear {
				return name
			}
		}
	})
}

func peopleSlots() map[string]func(*dialogue) []piece {
	return map[string]func(*dialogue) []piece{
		"name":  func(d *dialogue) []piece { return one(d.name, Name) },
		"other": func(d *dialogue) []piece { return one(d.someone("other"), Name) },
		"third": func(d *dialogue) []piece { return one(d.someone("third"), Name) },
		"latin": value("latin", Name, func(d *dialogue) string {
			for {
				if name := pick(d.Rand, d.words.latin); name != d.name && name != d.kept["other"] && name != d.kept["third"] {
					return name
				}
			}
		}),
		"title": func(d *dialogue) []piece { return one(d.title, "") },
		"mr":    func(d *dialogue) []piece { return one(d.family+d.title, ignored) },
		"nick": fresh(ignored, func(d *dialogue) string {
			return pickWord(d.Rand, "小王 老张 王姐 李哥 小陈 刘姐 张哥 小李")
		}),
		"agent": value("agent", ignored, func(d *dialogue) string {
			return pickWord(d.Rand, "小美 小鱼 阿宁 糖糖 小七 可可 小叶子 暖暖 安安 小橙")
		}),
		"staff": value("staff", "", func(d *dialogue) string { return digits(d.Rand, 4) }),
		"login": value("login", ignored, func(d *dialogue) string {
			return pickWord(d.Rand, "xiaoyu dashan mumu happycat leaf lucky") + digits(d.Rand, 3)
		}),
	}
}

// at returns a home of the dialogue by its name, drawn the first time.
func (d *dialogue) at(name string, fine func() string) home {
	if _, ok := d.homes[name]; !ok {
		d.homes[name] = home{pick(d.Rand, d.words.places), fine()}
	}
	return d.homes[name]
}

// spelt writes an address in one of the forms, now and then with full-width
// digits.
func (d *dialogue) spelt(h home, forms ...int) []piece {
	s := h.spell(pick(d.Rand, forms))
	if some(d.Rand, 0.03) {
		s = wide(s)
	}
	return one(s, Address)
}

func placeSlots() map[string]func(*dialogue) []piece {
	anyFine := func(d *dialogue) func() string { return func() string { return d.words.fine(d.Rand) } }
	return map[string]func(*dialogue) []piece{
		"address":  func(d *dialogue) []piece { return d.spelt(d.home, 0, 0, 0, 0, 1, 2, 3, 4, 5, 7) },
		"address2": func(d *dialogue) []piece { return d.spelt(d.at("address2", anyFine(d)), 0, 1, 1, 2, 3, 4, 5, 6, 7) },
		"street":   func(d *dialogue) []piece { return d.spelt(d.at("address2", anyFine(d)), 6) },
		"dorm": func(d *dialogue) []piece {
			return d.spelt(d.at("dorm", func() string { return d.words.dormitory(d.Rand) }), 0, 1, 4, 6, 6)
		},
		"village": func(d *dialogue) []piece {
			return d.spelt(d.at("village", func() string { return d.words.village(d.Rand) }), 0, 1, 2, 5, 6)
		},
		"office": func(d *dialogue) []piece {
			return d.spelt(d.at("office", func() string { return d.words.street(d.Rand) + d.words.office(d.Rand) }), 0, 1, 4, 5, 6)
		},
		"locker": func(d *dialogue) []piece {
			return d.spelt(d.at("locker", func() string { return d.words.locker(d.Rand) }), 1, 4, 5, 6)
		},
		"region": func(d *dialogue) []piece {
			h := d.at("address2", anyFine(d))
			h.fine = ""
			return one(h.spell(pick(d.Rand, []int{0, 1, 2})), ignored)
		},
		"warehouse": fresh(ignored, func(d *dialogue) string {
			h := home{pick(d.Rand, d.words.places), pick(d.Rand, d.words.roads) + "物流园" + number(d.Rand, 1, 9) + "号仓退货组"}
			return h.spell(0)
		}),
		"city": fresh("", func(d *dialogue) string {
			p := pick(d.Rand, d.words.places)
			if p.city == "" {
				return shortProvince(p.province)
			}
			return strings.TrimSuffix(strings.TrimSuffix(p.city, "市"), "地区")
		}),
		"coord": func(d *dialogue) []piece {
			lat, lon := d.degrees()
			switch d.IntN(5) {
			case 0:
				return one(lon+","+lat, Coordinates)
			case 1:
				return one("N"+lat+" E"+lon, Coordinates)
			case 2:
				return []piece{{"北纬", ""}, {lat, Coordinates}, {" 东经", ""}, {lon, Coordinates}}
			case 3:
				return one(lat+", "+lon, Coordinates)
			}
			return one(lat+","+lon, Coordinates)
		},
		"lat": func(d *dialogue) []piece { lat, _ := d.degrees(); return one(lat, Coordinates) },
		"lon": func(d *dialogue) []piece { _, lon := d.degrees(); return one(lon, Coordinates) },
	}
}

func (d *dialogue) degrees() (lat, lon string) {
	lat = d.keep("lat", func() string { return number(d.Rand, 21, 45) + "." + digits(d.Rand, 5) + number(d.Rand, 1, 9) })
	lon = d.keep("lon", func() string { return number(d.Rand, 98, 126) + "." + digits(d.Rand, 5) + number(d.Rand, 1, 9) })
	return lat, lon
}

func paperSlots() map[string]func(*dialogue) []piece {
	resident := func(name string, own bool) func(*dialogue) []piece {
		return func(d *dialogue) []piece {
			id := d.keep(name, func() string {
				born := d.born
				if !own {
					born = day(d.Rand, 1945, 2004)
				}
				return newResidentID(d.Rand, pick(d.Rand, d.words.places).code, born)
			})
			switch x := d.Float64(); {
			case x < 0.08:
				id = grouped(id, " ", 6, 8)
			case x < 0.12:
				id = grouped(id, " ", 6, 4, 4)
			case x < 0.17:
				id = strings.ToLower(id)
			case x < 0.2:
				id = wide(id)
			}
			return one(id, ResidentID)
		}
	}
	bankCard := func(name string) func(*dialogue) []piece {
		return func(d *dialogue) []piece {
			n := d.keep(name, func() string { return newCard(d.Rand) })
			switch x := d.Float64(); {
			case x < 0.35:
				n = grouped(n, " ", 4, 4, 4, 4)
			case x < 0.43:
				n = grouped(n, "-", 4, 4, 4, 4)
			case x < 0.47:
				n = wide(n)
			}
			return one(n, BankCard)
		}
	}
	return map[string]func(*dialogue) []piece{
		"rid":  resident("rid", true),
		"rid2": resident("rid2", false),
		"rid15": value("rid15", ResidentID, func(d *dialogue) string {
			return pick(d.Rand, d.words.places).code + day(d.Rand, 1940, 1978).Format("060102") + digits(d.Rand, 3)
		}),
		"permit_h":         value("permit_h", HKMTPermit, func(d *dialogue) string { return pickWord(d.Rand, "H H M") + digits(d.Rand, 8) }),
		"permit_tw":        value("permit_tw", HKMTPermit, func(d *dialogue) string { return "0" + digits(d.Rand, 7) }),
		"permit_c":         value("permit_c", HKMTPermit, func(d *dialogue) string { return "C" + letters(d.Rand, "ABCDEFGH0123456789", 1) + digits(d.Rand, 7) }),
		"permit_l":         value("permit_l", HKMTPermit, func(d *dialogue) string { return pickWord(d.Rand, "L T") + digits(d.Rand, 8) }),
		"fid":              value("fid", ForeignID, func(d *dialogue) string { return newForeignID(d.Rand) }),
		"passport":         value("passport", Passport, func(d *dialogue) string { return newPassport(d.Rand) }),
		"passport2":        value("passport2", Passport, func(d *dialogue) string { return newPassport(d.Rand) }),
		"passport_foreign": value("passport_foreign", Passport, func(d *dialogue) string { return pickWord(d.Rand, "5 N K L") + digits(d.Rand, 8) }),
		"card":             bankCard("card"),
		"card2":            bankCard("card2"),
		"uscc":             value("uscc", USCC, func(d *dialogue) string { return newUSCC(d.Rand, pick(d.Rand, d.words.places).code) }),
		"iban": func(d *dialogue) []piece {
			n := d.keep("iban", func() string { return newIBAN(d.Rand) })
			if some(d.Rand, 0.5) {
				n = grouped(n, " ", 4, 4, 4, 4, 4, 4)
			}
			return one(n, IBAN)
		},
		"ssn":    value("ssn", SSN, func(d *dialogue) string { return newSSN(d.Rand) }),
		"birth":  func(d *dialogue) []piece { return one(d.date(d.born), BirthDate) },
		"birth2": func(d *dialogue) []piece { return one(d.date(d.child()), BirthDate) },
	}
}

func (d *dialogue) child() time.Time {
	s := d.keep("birth2", func() string { return day(d.Rand, 2012, 2024).Format(time.DateOnly) })
	t, _ := time.Parse(time.DateOnly, s)
	return t
}

// date writes a day with its year as people write a day of birth.
func (d *dialogue) date(t time.Time) string {
	return t.Format(pick(d.Rand, []string{
		"2006-01-02", "2006-01-02", "2006年1月2日", "2006年1月2日", "2006年01月02日", "2006/1/2", "2006.1.2", "20060102",
		"2006年1月2号", "06年1月2号",
	}))
}

func contactSlots() map[string]func(*dialogue) []piece {
	mobile := func(own bool) func(*dialogue) []piece {
		return func(d *dialogue) []piece {
			n := d.phone
			if !own {
				n = d.keep("phone2", func() string { return newMobile(d.Rand) })
			}
			return d.mobile(n)
		}
	}
	mail := func(name string) func(*dialogue) []piece {
		return value(name, Email, func(d *dialogue) string {
			account := pickWord(d.Rand, "xiaoyu zhang.wei li_na wangmin88 chen-jie service.hz lucky dashan Amy.Liu happycat "+digits(d.Rand, 9)) +
				pick(d.Rand, []string{"", "", digits(d.Rand, 3), "." + digits(d.Rand, 2)})
			return account + pickWord(d.Rand, "@ @ @ @ @ @ @ @ @ ＠") + pickWord(d.Rand, "example.com example.net example.org "+
				"mail.example.com example.com.cn")
		})
	}
	chat := func(name string) func(*dialogue) []piece {
		return value(name, WeChat, func(d *dialogue) string {
			if some(d.Rand, 0.2) {
				return "wxid_" + letters(d.Rand, "abcdefghijklmnopqrstuvwxyz0123456789", 12) + digits(d.Rand, 2)
			}
			return pickWord(d.Rand, "xiaoyu mumu_ dashan- lucky happycat_ "+
				"leafleaf Amy_ zhangwei wangxiao") + digits(d.Rand, 2+d.IntN(3)) + pick(d.Rand, []string{"", "", "_hz", "zz"})
		})
	}
	return map[string]func(*dialogue) []piece{
		"phone":  mobile(true),
		"phone2": mobile(false),
		"landline": func(d *dialogue) []piece {
			area, local := d.landline()
			switch d.IntN(6) {
			case 0:
				return one(area+local, Landline)
			case 1:
				return one("("+area+")"+local, Landline)
			case 2:
				return one(area+" "+grouped(local, " ", 4), Landline)
			case 3:
				return []piece{{area + "-" + local, Landline}, {"转" + digits(d.Rand, 4), ignored}}
			}
			return one(area+"-"+local, Landline)
		},
		"landline8": func(d *dialogue) []piece { _, local := d.landline(); return one(local, Landline) },
		"intl":      value("intl", IntlPhone, func(d *dialogue) string { return newIntlPhone(d.Rand) }),
		"intl_hk":   value("intl_hk", IntlPhone, func(d *dialogue) string { return newHKPhone(d.Rand) }),
		"email":     mail("email"),
		"email2":    mail("email2"),
		"wechat":    chat("wechat"),
		"wechat2":   chat("wechat2"),
		"qq":        value("qq", QQ, func(d *dialogue) string { return number(d.Rand, 1, 9) + digits(d.Rand, 5+d.IntN(5)) }),
		"plate":     func(d *dialogue) []piece { return d.plate("plate", some(d.Rand, 0.2)) },
		"plate2":    func(d *dialogue) []piece { return d.plate("plate2", false) },
		"plate_new": func(d *dialogue) []piece { return d.plate("plate_new", true) },
	}
}

// mobile writes a mobile number; a country code in front of it is ignored.
func (d *dialogue) mobile(n string) []piece {
	switch x := d.Float64(); {
	case x < 0.07:
		return one(grouped(n, " ", 3, 4), Phone)
	case x < 0.13:
		return one(grouped(n, "-", 3, 4), Phone)
	case x < 0.18:
		return []piece{{"+86 ", ignored}, {n, Phone}}
	case x < 0.22:
		return []piece{{"+86", ignored}, {n, Phone}}
	case x < 0.25:
		return []piece{{"86-", ignored}, {grouped(n, " ", 3, 4), Phone}}
	case x < 0.29:
		return one(wide(n), Phone)
	case x < 0.31:
		return one(grouped(n, ".", 3, 4), Phone)
	case x < 0.33:
		return []piece{{"(+86)", ignored}, {grouped(n, "-", 3, 4), Phone}}
	case x < 0.36:
		return one(grouped(n, " ", 3), Phone)
	}
	return one(n, Phone)
}

func (d *dialogue) landline() (area, local string) {
	s := d.keep("landline", func() string { a, l := newLandline(d.Rand); return a + " " + l })
	area, local, _ = strings.Cut(s, " ")
	return area, local
}

func (d *dialogue) plate(name string, green bool) []piece {
	s := d.keep(name, func() string { return newPlate(d.Rand, green) })
	head := len("浙A")
	switch x := d.Float64(); {
	case x < 0.1:
		s = s[:head] + "·" + s[head:]
	case x < 0.17:
		s = s[:head] + " " + s[head:]
	case x < 0.24:
		s = strings.ToLower(s)
	}
	return one(s, Plate)
}

func deviceSlots() map[string]func(*dialogue) []piece {
	return map[string]func(*dialogue) []piece{
		"ip": value("ip", IP, func(d *dialogue) string { return newIP(d.Rand) }),
		"ip6": value("ip6", IP, func(d *dialogue) string {
			return fmt.Sprintf("2409:%x:%x:%x::%x", 0x8000+d.IntN(0x800), d.IntN(0x10000), d.IntN(0x10000), 1+d.IntN(0xffff))
		}),
		"mac":      value("mac", MAC, func(d *dialogue) string { return newMAC(d.Rand) }),
		"password": value("password", Secret, func(d *dialogue) string { return newPassword(d.Rand) }),
		"token":    value("token", Secret, func(d *dialogue) string { return newToken(d.Rand) }),
		"code":     fresh(ignored, func(d *dialogue) string { return digits(d.Rand, 6) }),
		"last4":    fresh(ignored, func(d *dialogue) string { return digits(d.Rand, 4) }),
	}
}

func (d *dialogue) lately() time.Time {
	return time.Date(2025, time.Month(1+d.IntN(12)), 1+d.IntN(28), 8+d.IntN(14), d.IntN(60), d.IntN(60), 0, time.UTC)
}

func plainSlots() map[string]func(*dialogue) []piece {
	out := map[string]func(*dialogue) []piece{
		"order":  orderSlot(),
		"parcel": fresh("", parcel),
		"amount": fresh("", amount),
		"time": fresh("", func(d *dialogue) string {
			t := d.lately()
			if some(d.Rand, 0.08) {
				return strconv.FormatInt(t.UnixMilli(), 10)
			}
			return t.Format(pick(d.Rand, []string{"2006-01-02 15:04:05", "1月2日15:04", "2006/1/2 15:04", "01-02 15:04", "2006-01-02T15:04:05+08:00"}))
		}),
		"date": fresh("", func(d *dialogue) string {
			return d.lately().Format(pick(d.Rand, []string{"1月2日", "1月2号", "2006-01-02", "01/02", "2006年1月2日", "1.2"}))
		}),
		"clock":  fresh("", func(d *dialogue) string { return d.lately().Format(pick(d.Rand, []string{"15:04", "15点", "3:04"})) }),
		"clock2": fresh("", func(d *dialogue) string { return number(d.Rand, 17, 22) + ":00" }),
		"day": fresh("", func(d *dialogue) string {
			return pickWord(d.Rand, "周一 周二 周三 周四 周五 周六 星期天 下周")
		}),
		"n":  fresh("", func(d *dialogue) string { return number(d.Rand, 2, 48) }),
		"n2": fresh("", func(d *dialogue) string { return number(d.Rand, 5, 99) }),
		"hotline": fresh("", func(d *dialogue) string {
			return pick(d.Rand, []string{
				"400-820-" + digits(d.Rand, 4), "400" + digits(d.Rand, 7), "400 8" + digits(d.Rand, 2) + " " + digits(d.Rand, 4),
				"95" + digits(d.Rand, 3), "12315", "800-810-" + digits(d.Rand, 4),
			})
		}),
		"short": fresh("", func(d *dialogue) string { return "955" + digits(d.Rand, 2) }),
		"version": fresh("", func(d *dialogue) string {
			return pick(d.Rand, []string{"v", "", "V"}) + number(d.Rand, 1, 12) + "." + number(d.Rand, 0, 20) + "." + number(d.Rand, 0, 40)
		}),
		"sku": fresh("", func(d *dialogue) string {
			return pickWord(d.Rand, "SKU- HN- A B-X KFR- PRO-") + digits(d.Rand, 4+d.IntN(4)) + pickWord(d.Rand, "-BLK A -W GW -2")
		}),
		"ticket": fresh("", func(d *dialogue) string {
			return pick(d.Rand, []string{"GD", "TS", ""}) + d.lately().Format("20060102") + digits(d.Rand, 4)
		}),
		"serial":  fresh("", func(d *dialogue) string { return d.lately().Format("20060102150405") + digits(d.Rand, 8+d.IntN(6)) }),
		"invoice": fresh("", func(d *dialogue) string { return digits(d.Rand, 8) }),
		"invcode": fresh("", func(d *dialogue) string { // 0, province, year, batch
			return "0" + pickWord(d.Rand, "11 13 31 32 33 35 37 42 44 51 61") + "00" + number(d.Rand, 18, 25) + "00" + digits(d.Rand, 3)
		}),
		"member": fresh("", func(d *dialogue) string { return pick(d.Rand, []string{"VIP", "", "HY"}) + digits(d.Rand, 8) }),
		"pickup": fresh("", func(d *dialogue) string {
			return number(d.Rand, 1, 30) + "-" + number(d.Rand, 1, 8) + "-" + digits(d.Rand, 4)
		}),
		"room":   fresh("", func(d *dialogue) string { return digits(d.Rand, 4) }),
		"ext":    fresh(ignored, func(d *dialogue) string { return digits(d.Rand, 3) }),
		"flight": fresh("", func(d *dialogue) string { return pickWord(d.Rand, "CA MU CZ HU 3U") + number(d.Rand, 1001, 9899) }),
		"train":  fresh("", func(d *dialogue) string { return pickWord(d.Rand, "G D K Z") + number(d.Rand, 11, 9899) }),
		"product": fresh("", func(d *dialogue) string {
			return pickWord(d.Rand, "白玉兰床单 黄花梨摆件 马克杯 江南糕点 金边茶具 安神枕 常温牛奶 高压锅 方形收纳盒 石墨烯电暖器 "+
				"温控水壶 康乃馨花束 任天堂手柄 曲面显示器 毛呢大衣 牛仔裤 龙井茶 华夫饼机 童话绘本 孔雀蓝丝巾")
		}),
		"shop": fresh("", func(d *dialogue) string {
			return pickWord(d.Rand, "陈记烧腊 老李家火锅 王婆凉皮 万事顺百货 常青数码 金凤祥银楼 "+
				"安居家纺 高科影像 张小匠皮具 云上生活馆 马上到超市 路路通车品")
		}),
		"hotel": fresh("", func(d *dialogue) string {
			return pickWord(d.Rand, "云栖阁酒店 华庭大酒店 江畔民宿 和颐居酒店 金座商务酒店 白鹭湾度假酒店 安和假日酒店 万豪轩宾馆 秋水山庄")
		}),
		"brand": fresh("", func(d *dialogue) string {
			return pickWord(d.Rand, "白鹿记 安可心 方太阳 常青藤 江小南 马小鲜 金满仓 温莎堡 乐容 贝康")
		}),
		"media": fresh("", func(d *dialogue) string {
			return pickWord(d.Rand, "城市晚报 江城热线 消费者协会 黄河新闻网")
		}),
		"company": fresh("", func(d *dialogue) string {
			p := pick(d.Rand, d.words.places)
			return shortProvince(p.province) + pick(d.Rand, d.words.grounds) + pickWord(d.Rand, "科技有限公司 商贸有限公司 餐饮管理有限公司 文化传媒有限公司")
		}),
	}
	return out
}

// orderSlot: an order's number stays the same in three mentions of four.
func orderSlot() func(*dialogue) []piece {
	draw := func(d *dialogue) string {
		if some(d.Rand, 0.5) {
			return d.lately().Format("20060102") + digits(d.Rand, 4+d.IntN(8))
		}
		return number(d.Rand, 1, 9) + digits(d.Rand, 11+d.IntN(8))
	}
	return func(d *dialogue) []piece {
		if some(d.Rand, 0.25) {
			return one(draw(d), "")
		}
		return one(d.keep("order", func() string { return draw(d) }), "")
	}
}

func parcel(d *dialogue) string {
	switch d.IntN(5) {
	case 0:
		return "YT" + digits(d.Rand, 13)
	case 1:
		return "JD" + digits(d.Rand, 13)
	case 2:
		return pickWord(d.Rand, "75 73 78 77") + digits(d.Rand, 12)
	}
	return "SF" + digits(d.Rand, 13)
}

func amount(d *dialogue) string {
	whole := 5 + d.IntN(4000)
	cents := fmt.Sprintf("%d.%02d", whole, d.IntN(100))
	return pick(d.Rand, []string{"¥" + cents, cents + "元", strconv.Itoa(whole) + "元", strconv.Itoa(whole) + "块", "￥" + strconv.Itoa(whole), "RMB " + cents})
}
