package detect

// isOrder tells whether the words right before i say that a number is no
// person's: an order, a parcel, a serial. Letters that begin the number (SF, YT)
// may stand between.
func (c *scanner) isOrder(i int) bool {
	s := c.s
	for n := 0; n < 4 && i > 0 && isUpper(s[i-1]); n++ {
		i--
	}
	for range 8 {
		r, w := runeBefore(s, i)
		switch r {
		case ' ', ':', '：', '#', '*', '=', '"', '\'', '是', '为', '(', '（', '\u00a0', '[', '【', '-', '_':
			if w == 0 || i == 0 {
				return false
			}
			i -= w
			continue
		}
		break
	}
	if i < 2 {
		return false
	}
	if s[i-1] < 0x80 {
		return latinOrder(s[max(0, i-24):i])
	}
	var v [4]rune // what stands before, the last first
	n := 0
	for k := i; n < len(v); n++ {
		r, w := runeBefore(s, k)
		if w < 3 {
			break
		}
		v[n] = r
		k -= w
	}
	return hanOrder(v[:n])
}

// hanOrder tells whether the characters that end with v[0] are a word for a
// number of things.
func hanOrder(v []rune) bool {
	if len(v) < 2 {
		return len(v) == 1 && v[0] == '单'
	}
	switch v[0] {
	case '单': // 订单 运单 工单 退款单
		return v[1] != '名' && v[1] != '下' && v[1] != '接' && v[1] != '拍' && v[1] != '买'
	case '号':
		switch v[1] {
		case '单', '编', '水', '列', '型', '货', '批', '票', '递', '件', '款', '箱', '同', '理', '务', '易', '次', '本', '备', '品', '库', '案', '据', '流', '验', '程', '桌', '股', '序', '袋', '包':
			return true
		case '尾':
			return len(v) > 2 && v[2] == '单'
		case '身': // 机身号
			return len(v) > 2 && v[2] == '机'
		}
	case '码':
		switch v[1] {
		case '号': // 订单号码
			return hanOrder(v[1:])
		case '条', '编', '代', '串', '形', '料', '别', '溯', '品':
			return true
		}
	case '水', '戳', '次', '本': // 流水 时间戳 批次 版本
		return v[1] == '流' || v[1] == '间' || v[1] == '批' || v[1] == '版'
	case '號':
		return v[1] == '單' || v[1] == '編'
	case '單':
		return v[1] == '訂' || v[1] == '運'
	}
	return false
}

// latinOrder tells whether w ends with a word for a number of things.
func latinOrder(w string) bool {
	n := len(w)
	if n >= 2 && foldPrefix(w[n-2:], "id") { // order_id, locationId, 任务ID
		if n > 2 && isLetter(w[n-3]) && !(isUpper(w[n-2]) && !isUpper(w[n-3])) {
			return false // paid
		}
		for k := range n - 1 {
			switch w[k] | 0x20 {
			case 'w', 'q', 'a', 'l', 'u', 'm', 'n', 'r':
				for _, not := range [...]string{"wechat", "weixin", "wx", "qq", "apple", "login", "user", "member", "national", "resident", "account"} {
					if foldPrefix(w[k:], not) {
						return false
					}
				}
			case 0xE5 | 0x20: // 微
				if k+6 <= n && (w[k:k+6] == "微信" || w[k:k+6] == "登录") {
					return false
				}
			}
		}
		return true
	}
	for n > 0 && (w[n-1] == '.' || w[n-1] == ' ') {
		n--
	}
	for _, tail := range [...]string{" no", " number", " num", " nr", " code"} {
		if k := n - len(tail); k >= 0 && foldPrefix(w[k:n], tail) {
			n = k
			break
		}
	}
	for _, cue := range [...]string{"order", "orders", "tracking", "invoice", "sku", "timestamp", "serial", "ref", "reference", "ticket", "case", "item", "model", "part", "imei", "isbn",
		"ean", "upc", "awb", "shipment", "parcel", "transaction", "trace", "request", "build", "lot", "batch", "po", "rma", "barcode", "gtin", "room", "order_no", "orderno", "order_sn", "trade_no", "mid", "ts"} {
		if k := n - len(cue); k >= 0 && foldPrefix(w[k:n], cue) && (k == 0 || !isLetter(w[k-1])) {
			return true
		}
	}
	return false
}
