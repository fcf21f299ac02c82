package sim

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/menshen-io/menshen/event"
)

// Queues of the hotel desk.
const (
	QueueCN      = "hotel-cn"
	QueueIntl    = "hotel-intl"
	QueueRefunds = "refunds"
)

// BadRating is the highest rating that counts as a bad review.
const BadRating = 2

const (
	firstCustomer = 5001
	firstOrder    = 200001
	leadDays      = 30 // orders exist from this many days before the start
	ticketDays    = 25 // an order gives work for this long after it was booked
)

// Customer is an invented person.
type Customer struct {
	ID         event.SubjectID `json:"subject"`
	Invented   bool            `json:"invented"`
	Name       string          `json:"name"`
	Phone      string          `json:"phone"`
	ResidentID string          `json:"resident_id"`
	Email      string          `json:"email"`
	Address    string          `json:"address"`
	BankCard   string          `json:"bank_card"`
	Order      string          `json:"order"`
	Canary     bool            `json:"-"` // known to the truth alone
}

// Review is what a customer wrote about a stay.
type Review struct {
	Rating int
	Text   string
	Posted time.Time
}

// Order is one stay of one customer.
type Order struct {
	ID       string
	Customer event.SubjectID
	Queue    string
	Hotel    string
	City     string
	Room     string
	Booked   time.Time
	CheckIn  time.Time
	CheckOut time.Time
	PriceFen int64
	Status   string // of a refund; empty where the dates tell it
	Remark   string // free text; now and then with a phone number or e-mail in it
	Review   *Review
}

// facts is what of an order the flow of events depends on. It is a pure
// function of the seed and the index, so that millions need no memory.
type facts struct {
	queue      string
	bookDay    float64 // days since the start; negative before it
	stayDay    float64 // of check-in
	nights     int
	rating     int     // 0: no review
	reviewedAt float64 // in days
	shut       bool    // the stay was spoilt by hotel-closing
}

func (w *World) facts(i int) facts {
	f := w.plainFacts(i)
	if w.has(newQueue|hotelClosing) && !w.isCanary(i) {
		w.unsettle(i, &f)
	}
	return f
}

func (w *World) plainFacts(i int) facts {
	f := facts{bookDay: float64(i)/w.perDay - leadDays}
	switch u := w.unit(streamFacts, i, 0); {
	case u < 0.60:
		f.queue = QueueCN
	case u < 0.85:
		f.queue = QueueIntl
	default:
		f.queue = QueueRefunds
	}
	f.stayDay = f.bookDay + 7*w.unit(streamFacts, i, 1)*w.unit(streamFacts, i, 2)
	f.nights = 1 + int(4*w.unit(streamFacts, i, 3)*w.unit(streamFacts, i, 4))
	reviews := w.unit(streamFacts, i, 5) < 0.55
	u := w.unit(streamFacts, i, 6)
	if w.isCanary(i) {
		f.queue, reviews, u = QueueCN, true, 0
	}
	if !reviews {
		return f
	}
	switch {
	case u < 0.04:
		f.rating = 1
	case u < 0.08:
		f.rating = 2
	case u < 0.17:
		f.rating = 3
	case u < 0.42:
		f.rating = 4
	default:
		f.rating = 5
	}
	f.reviewedAt = f.stayDay + float64(f.nights) + 0.3 + 5*w.unit(streamFacts, i, 7)
	return f
}

// ratingAt is the rating as the desk shows it on a day, 0 for none.
func (f facts) ratingAt(day float64) int {
	if f.rating == 0 || day < f.reviewedAt {
		return 0
	}
	return f.rating
}

// window returns the indices booked within the days [from, to).
func (w *World) window(from, to float64) (lo, hi int) {
	lo = int((from + leadDays) * w.perDay)
	hi = int((to + leadDays) * w.perDay)
	return min(max(lo, 0), w.customers-1), min(max(hi, 1), w.customers)
}

func (w *World) isCanary(i int) bool {
	_, ok := w.canaries[i]
	return ok
}

func subjectOf(i int) event.SubjectID {
	return event.SubjectID("c-" + strconv.Itoa(firstCustomer+i))
}

func orderOf(i int) string { return "h-" + strconv.Itoa(firstOrder+i) }

func index(id, prefix string, first, n int) (int, bool) {
	digits, ok := strings.CutPrefix(id, prefix)
	v, err := strconv.Atoi(digits)
	v -= first
	return v, ok && err == nil && v >= 0 && v < n
}

// NumCustomers is how many customers, and orders, there are.
func (w *World) NumCustomers() int { return w.customers }

// Customer returns the customer of that id.
func (w *World) Customer(id event.SubjectID) (Customer, bool) {
	i, ok := index(string(id), "c-", firstCustomer, w.customers)
	if !ok {
		return Customer{}, false
	}
	return w.CustomerAt(i), true
}

// Customers yields all customers, by the time of their order.
func (w *World) Customers() iter.Seq[Customer] {
	return func(yield func(Customer) bool) {
		for i := range w.customers {
			if !yield(w.CustomerAt(i)) {
				return
			}
		}
	}
}

// CustomerAt returns the customer of the i-th order; i is below NumCustomers.
func (w *World) CustomerAt(i int) Customer {
	c := w.chance(streamCustomer, i, 0)
	d := pick(c, w.lists.divisions)
	return Customer{
		ID: subjectOf(i), Invented: true, Name: w.lists.name(c), Phone: w.lists.phone(c), ResidentID: residentID(c, d),
		Email: w.lists.email(c), Address: w.lists.address(c, d), BankCard: bankCard(c), Order: orderOf(i), Canary: w.isCanary(i),
	}
}

// Order returns the order of that id.
func (w *World) Order(id string) (Order, bool) {
	i, ok := index(id, "h-", firstOrder, w.customers)
	if !ok {
		return Order{}, false
	}
	return w.OrderAt(i), true
}

// Orders yields all orders, oldest first.
func (w *World) Orders() iter.Seq[Order] {
	return func(yield func(Order) bool) {
		for i := range w.customers {
			if !yield(w.OrderAt(i)) {
				return
			}
		}
	}
}

// BookedBefore returns how many orders were booked before t: those are the
// first of Orders.
func (w *World) BookedBefore(t time.Time) int {
	days := t.Sub(w.opt.Start).Hours() / 24
	return min(max(int((days+leadDays)*w.perDay), 0), w.customers)
}

// OrderAt returns the i-th order, oldest first; i is below NumCustomers.
func (w *World) OrderAt(i int) Order {
	f, c := w.facts(i), w.chance(streamCustomer, i, 1)
	o := Order{
		ID: orderOf(i), Customer: subjectOf(i), Queue: f.queue, Booked: w.at(f.bookDay),
		CheckIn: midnight(w.at(f.stayDay)), PriceFen: int64(c.logNormal(42000, 0.5)) / 100 * 100 * int64(f.nights),
	}
	o.CheckOut = o.CheckIn.AddDate(0, 0, f.nights)
	cities := strings.Fields("北京 上海 杭州 成都 西安 厦门 三亚 丽江 桂林 青岛 长沙 重庆 哈尔滨 大理")
	if f.queue == QueueIntl {
		cities = strings.Fields("曼谷 新加坡 东京 大阪 首尔 吉隆坡 清迈 普吉 巴厘岛 河内")
	}
	o.City = pick(c, cities)
	o.Hotel = o.City + pick(c, strings.Fields("云栖 海棠 悦庭 星河 半山 听雨 锦绣 望江 青禾 南风 澜岸 松间")) +
		pick(c, strings.Fields("酒店 大酒店 度假酒店 精品酒店 公寓酒店 民宿"))
	if f.shut {
		o.Hotel = o.City + w.plan.hotel
	}
	o.Room = pick(c, strings.Fields("标准双床房 高级大床房 豪华海景房 家庭套房 商务大床房 亲子房"))
	if f.queue == QueueRefunds {
		o.Status = pick(c, []string{"退款中", "退款中", "已退款", "待审核"})
	}
	o.Remark = w.remark(c)
	if f.rating > 0 {
		o.Review = &Review{Rating: f.rating, Text: reviewText(c, f.rating), Posted: w.at(f.reviewedAt)}
	}
	return o
}

func (w *World) remark(c chance) string {
	switch u := c.Float64(); {
	case u < 0.10:
		return "客人改用备用电话 " + w.lists.phone(c) + "，请勿拨打原号码。"
	case u < 0.15:
		return "同行人先到店，手机" + w.lists.phone(c) + "，到店请联系。"
	case u < 0.18:
		return "发票请寄到邮箱 " + w.lists.email(c) + "，抬头已登记。"
	case u < 0.55:
		return pick(c, []string{"高楼层，远离电梯。", "预计晚到，请保留房间。", "需要婴儿床一张。", "要求无烟房。", "生日布置，请提前联系酒店。", "希望两间房相邻。", "已与酒店确认含双早。", "客人询问能否提前入住。"})
	}
	return ""
}

func reviewText(c chance, rating int) string {
	switch {
	case rating <= BadRating:
		return pick(c, []string{"房间有霉味，前台态度很差，要求换房被拒。", "空调坏了一晚上没人修，不会再来。", "图片和实际差太多，卫生间漏水。", "隔音极差，半夜走廊一直吵。", "到店说没有预订，等了两个小时。", "床单上有污渍，投诉后没有人处理。"})
	case rating == 3:
		return pick(c, []string{"位置还行，设施有点旧。", "早餐一般，房间偏小。", "中规中矩，价格略高。"})
	}
	return pick(c, []string{"服务很好，房间干净。", "位置方便，下次还会来。", "前台很热情，免费升级了房型。", "早餐丰富，孩子很喜欢。", "性价比高，推荐。", "景色很美，睡得很好。"})
}

// at turns days since the start into an instant of whole seconds.
func (w *World) at(day float64) time.Time {
	return w.opt.Start.Add(time.Duration(day*86400) * time.Second)
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// Glance is what a list sorts and filters orders by.
type Glance struct {
	Queue  string
	Rating int // 0: no review
	Posted time.Time
}

// Glance returns it for the i-th order, at a fraction of OrderAt's cost.
func (w *World) Glance(i int) Glance {
	f := w.facts(i)
	g := Glance{Queue: f.queue, Rating: f.rating}
	if f.rating > 0 {
		g.Posted = w.at(f.reviewedAt)
	}
	return g
}

// Index returns the place of an order or a customer among all orders: the same
// number, as each customer has one.
func (w *World) Index(id string) (int, bool) {
	if i, ok := index(id, "c-", firstCustomer, w.customers); ok {
		return i, true
	}
	return index(id, "h-", firstOrder, w.customers)
}
