package mask

import "strings"

// thing is what a member's name gives a value that is the number of an order, a
// parcel, an article, or an amount: of nobody. It is no class of the search and
// never a mask's.
const thing Class = "thing"

// ofThing tells whether name, in small letters and without what joins words, is one
// for the number of a thing: a word for it before one for a number.
func ofThing(name string) bool {
	switch name {
	case "tid", "oid", "sku", "awb", "mailno", "barcode", "waybill", "imei", "gtin", "订单号", "订单编号", "运单号", "快递单号", "物流单号", "退款单号", "交易号", "流水号", "交易流水号", "商品编号", "条形码", "条码", "工单号", "发票号", "发票号码", "批次号", "序列号":
		return true
	}
	for _, amount := range [...]string{"amount", "price", "total", "subtotal", "balance", "fee", "fen", "cents", "quantity", "金额", "价格", "总价", "单价", "余额", "合计", "费用"} {
		if strings.HasSuffix(name, amount) {
			return true
		}
	}
	for _, number := range [...]string{"id", "ids", "no", "nos", "sn", "num", "number", "numbers", "code", "ref"} {
		of, ok := strings.CutSuffix(name, number)
		if !ok {
			continue
		}
		for _, word := range [...]string{"order", "trade", "transaction", "waybill", "tracking", "express", "logistics", "shipment", "parcel", "package", "invoice", "sku", "item", "product", "goods", "spu", "refund", "batch", "ticket", "request", "trace", "serial"} {
			if strings.HasSuffix(of, word) {
				return true
			}
		}
	}
	return false
}

// numberOfThing tells whether text, in which r.spans were found, is one word that s
// says to be the number of a thing, and only by chance looks like one that is dialled
// or paid with. What is an id by its date and check digit, or is known to be
// somebody's, stays found.
func (r *rewriter) numberOfThing(s saying, text []byte) bool {
	if s.class != thing || s.mapped || len(r.spans) != 1 || len(text) > 40 || r.known != nil && len(r.recalled) > 0 {
		return false
	}
	switch r.spans[0].Class {
	case Phone, Landline, IntlPhone, BankCard, HKMTPermit:
	default:
		return false
	}
	for _, c := range text {
		if textKind[c] == aLatin || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '/' || c == '.' {
			continue
		}
		return false
	}
	return true
}
