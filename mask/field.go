package mask

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/menshen-io/menshen/mask/detect"
)

// fieldOf returns the class that a member's name says its value is of, or "".
// Case, blanks, _ and - do not count. Names that say many things (name, title,
// code) are not among them.
func fieldOf(name []byte) Class {
	var b [32]byte
	n := 0
	for _, c := range name {
		switch {
		case c == '_' || c == '-' || c == ' ' || c == '.':
			continue
		case c >= 'A' && c <= 'Z':
			c |= 0x20
		}
		if n == len(b) {
			return ""
		}
		b[n] = c
		n++
	}
	switch string(b[:n]) {
	case "firstname", "lastname", "middlename", "fullname", "givenname", "familyname", "surname", "realname", "customername", "custname", "contactname", "contactperson",
		"receiver", "receivername", "recipient", "recipientname", "consignee", "consigneename", "buyername", "guestname", "passengername", "cardholder", "cardholdername",
		"accountholder", "holdername", "ownername", "membername", "patientname", "payeename", "payername", "sendername", "linkman", "reviewer", "reviewername", "shopowner", "billtoname", "shiptoname", "enlastname", "enfirstname", "englishname", "chinesename", "ccname", "nameoncard", "bookername", "ridername", "drivername", "couriername",
		"姓名", "收货人", "收件人", "联系人", "客户姓名", "真实姓名", "持卡人", "户名", "开户名", "入住人", "收货人姓名", "联系人姓名", "寄件人", "乘客姓名", "会员姓名", "买家姓名",
		"收件人姓名", "寄件人姓名", "员工姓名", "学生姓名", "患者姓名", "旅客姓名", "顾客姓名", "法人姓名", "法定代表人", "紧急联系人", "中文姓名", "英文姓名", "被保险人", "投保人":
		return Name
	case "address", "address1", "address2", "address3", "addr", "street", "street1", "street2", "streetaddress", "addressline", "addressline1", "addressline2", "addressdetail", "detailaddress",
		"fulladdress", "shippingaddress", "billingaddress", "deliveryaddress", "receiveraddress", "homeaddress", "mailingaddress", "consigneeaddress", "recipientaddress", "senderaddress", "customeraddress", "useraddress", "pickupaddress", "residentialaddress",
		"地址", "收货地址", "详细地址", "家庭住址", "住址", "收件地址", "联系地址", "通讯地址", "寄件地址",
		"家庭地址", "现住址", "户籍地址", "居住地址", "居住地", "客户地址", "收货人地址", "收件人地址", "配送地址", "邮寄地址", "送货地址":
		return Address
	case "phone", "phones", "mobile", "mobilephone", "phonenumber", "phoneno", "mobileno", "mobilenumber", "telephone", "tel", "telno", "cellphone", "cell", "contactphone", "contactnumber", "receiverphone",
		"receivermobile", "recipientphone", "recipientmobile", "senderphone", "sendermobile", "customerphone", "customermobile", "buyerphone", "buyermobile", "userphone", "usermobile", "contacttel", "contactmobile", "linkphone", "riderphone", "driverphone", "homephone", "workphone", "fax", "手机", "手机号", "手机号码", "电话", "联系电话", "电话号码", "联系方式", "收货电话",
		"telephonenumber", "联系手机", "移动电话", "固定电话", "收货人电话", "收货人手机", "收货手机", "收件人电话", "收件人手机", "寄件人电话", "客户电话", "客户手机", "会员手机", "注册手机", "预留手机号", "紧急联系电话", "紧急联系人电话", "家庭电话":
		return Phone
	case "dob", "birthday", "birthdate", "dateofbirth", "birth", "生日", "出生日期", "出生年月":
		return BirthDate
	case "idcard", "idcardno", "idcardnumber", "idcardnum", "identitycard", "identityno", "residentid", "身份证", "身份证号", "身份证号码", "证件号码", "证件号":
		return ResidentID
	case "passport", "passportno", "passportnumber", "护照", "护照号", "护照号码":
		return Passport
	case "bankcard", "bankcardno", "bankcardnumber", "cardnumber", "creditcard", "creditcardno", "creditcardnumber", "ccnumber", "cardno", "bankaccount", "bankaccountno", "bankaccountnumber", "accountnumber", "acctno", "acctnumber", "银行卡", "银行卡号", "卡号", "银行账号":
		return BankCard
	case "wechat", "wechatid", "weixin", "wxid", "openid", "微信", "微信号":
		return WeChat
	case "qq", "qqnumber", "qqno", "qq号":
		return QQ
	case "platenumber", "licenseplate", "plateno", "carno", "车牌", "车牌号", "车牌号码":
		return Plate
	case "latitude", "longitude", "lat", "lng", "lon", "经度", "纬度", "坐标":
		return Coordinates
	case "password", "passwd", "pwd", "secret", "accesstoken", "refreshtoken", "authtoken", "apikey", "secretkey", "privatekey", "clientsecret", "consumersecret", "accesskeysecret", "密码",
		"cvv", "cvv2", "cvc", "cvc2", "cccvc", "cccvv", "cardcvv", "cardcvc", "securitycode", "cardsecuritycode":
		return Secret
	}
	if ofThing(string(b[:n])) {
		return thing
	}
	return ""
}

// fits tells of which class the value of a field of class c is: that class, a
// kind of it, or "" when the value does not look like it at all.
func fits(c Class, v string) Class {
	digits, letters, other := 0, 0, 0
	for _, r := range v {
		switch {
		case r >= '0' && r <= '9' || r >= '０' && r <= '９':
			digits++
		case unicode.IsLetter(r) || unicode.IsMark(r):
			letters++
		case !unicode.IsSpace(r):
			other++
		}
	}
	n := utf8.RuneCountInString(v)
	ok := false
	switch c {
	case Name:
		if last, first, two := strings.Cut(v, ", "); two && letters >= 4 { // Ng, Siew Ling
			return fits(Name, last+" "+first)
		}
		var m [16]byte
		ok = letters >= 2 && digits == 0 && n <= 40 && view(maskName(m[:0], v)) != Full
	case Address:
		ok = letters >= 2 && n >= 4 && n <= 300 && !strings.ContainsAny(v, "{}<>") && !withAccount(v) && !strings.Contains(v, "://") && (digits > 0 || strings.ContainsRune(v, ' ') || n < len(v))
	case Phone:
		if letters > 3 || digits < 5 || digits > 18 {
			return ""
		}
		var whole number
		if !whole.read(v) {
			return IntlPhone
		}
		d := whole.digits()
		switch {
		case detect.IsMobile(d) || len(d) > 11 && detect.IsMobile(d[len(d)-11:]):
			return Phone
		case strings.HasPrefix(d, "0") && len(d) >= 10:
			return Landline
		}
		return IntlPhone
	case BirthDate:
		if day, clock, timed := strings.Cut(strings.Replace(v, " ", "T", 1), "T"); timed && n <= 32 && len(clock) >= 5 && clock[2] == ':' { // 1987-09-12T00:00:00
			return fits(BirthDate, day)
		}
		ok = digits >= 4 && digits <= 8 && n <= 24
	case ResidentID:
		ok = digits >= 8 && n <= 24
	case Passport:
		ok = digits >= 5 && n >= 6 && n <= 16
	case BankCard:
		ok = digits >= 12 && letters == 0 && n <= 32
	case WeChat:
		ok = n >= 5 && n <= 40 && n == len(v) && !strings.ContainsRune(v, ' ')
	case QQ:
		ok = digits >= 5 && digits == n
	case Plate:
		ok = digits >= 2 && n >= 6 && n <= 10
	case Coordinates:
		_, frac, _ := strings.Cut(v, ".")
		ok = len(frac) >= 4 && letters == 0
	case Secret:
		ok = n >= 4 && other+digits+letters == n || n == 3 && digits == n // on the back of a card
	}
	if !ok {
		return ""
	}
	return c
}

// withAccount tells whether an @ in v stands between two words, as in e-mail: Meituan
// has one between a house and its street, 1号楼(301)@#杭州市西湖区.
func withAccount(v string) bool {
	k := strings.IndexByte(v, '@')
	return k > 0 && k+1 < len(v) && (v[k+1]|0x20 >= 'a' && v[k+1]|0x20 <= 'z' || v[k+1] >= '0' && v[k+1] <= '9')
}

// byField writes to r.masked what is shown of the string that is the
// token when its member's name says what it is. It reports whether it did.
func (r *rewriter) byField(raw []byte) bool {
	if !r.set.Has(r.hint) || len(raw) > 1024 {
		return false
	}
	text := r.text(raw)
	class := fits(r.hint, view(text))
	if class == "" || r.look.holdsMask(view(text)) { // a mask already; the search goes over it all the same
		return false
	}
	r.masked = r.look.append(r.masked[:0], class, "", view(text))
	r.masks = append(r.masks[:0], section{0, len(r.masked), r.look.encrypts(class)})
	if view(r.masked) == view(text) || r.learn(class, text) {
		return false
	}
	if r.again(view(r.masked)) {
		r.masked = append(r.masked[:0], Full...)
	}
	if r.onRecord != nil {
		r.add(len(r.insts)-1, Value{string(class), class, r.originals.keep(text), r.maskTexts.keep(r.masked), false, r.base + int64(r.tok) + 1, r.base + int64(r.pos) - 1})
	}
	return true
}

// numberByField does so of the number lit, which is the token: a QQ, a password, a
// date of birth, a degree.
func (r *rewriter) numberByField(lit []byte) bool {
	if !r.set.Has(r.hint) || r.hint == Phone && len(lit) < 7 { // how many come by mobile
		return false
	}
	text := lit
	if r.hint != Coordinates {
		if r.decoded = wholeDigits(r.decoded[:0], lit); r.decoded != nil {
			text = r.decoded
		}
	}
	class := fits(r.hint, view(text))
	if class == "" {
		return false
	}
	r.masked = r.look.append(r.masked[:0], class, "", view(text))
	if view(r.masked) == view(text) || r.learn(class, text) {
		return false
	}
	if r.onRecord != nil {
		r.add(len(r.insts)-1, Value{string(class), class, r.originals.keep(lit), r.maskTexts.keep(r.masked), false, r.base + int64(r.tok), r.base + int64(r.pos)})
	}
	return true
}
