package payout

import (
	"fmt"
	"strconv"
	"time"

	"github.com/menshen-io/menshen/event"
)

// explain says why a payout is held and until when.
func (b *Book) explain(a *account, lim limits, d *event.DecisionPayout) []event.Reason {
	line := event.Money{Amount: lim.line, Currency: a.currency}
	var out []event.Reason
	switch _, known := b.pack.Lines[a.currency]; {
	case !known:
		out = append(out, reason("currency_without_line",
			"%[1]s 结算只支付已有余额与保证金覆盖的部分。",
			"Payouts in %[1]s are made only as far as balance and collateral cover them.", a.currency))
	case lim.boundBy == byQuantile:
		kept := event.Money{Amount: d.Inputs.Ordinary, Currency: a.currency}
		out = append(out, reason("ordinary_refunds",
			"本店仍在退款期内的订单，按以往情况预计退款可达 %[1]s，由余额与保证金留足。",
			"Of your orders that can still be refunded, up to %[2]s is expected to be, going by what was refunded so far; it is kept from balance and deposit.", zh(kept), kept))
	case lim.boundBy == byLoss:
		out = append(out, reason("evidence",
			"本店或与其相关联的店铺有异常情形，额度暂按 %[1]s 计；核实后恢复。",
			"Some things about your shop or shops linked to it are unusual; until they are explained its limit is %[2]s.", zh(line), line))
	case lim.boundBy == byRing:
		out = append(out, reason("ring_line",
			"本店与相关联的店铺合用一个额度 %[1]s，目前可退款的金额已用到该额度。",
			"Your shop and the shops linked to it share one limit of %[2]s, and what can still be refunded has used it up.", zh(line), line))
	case lim.lowered:
		out = append(out, reason("refunds_risen",
			"近期退款增多，本店额度现为 %[1]s；退款减少后额度会恢复。",
			"Refunds have risen, so your limit is now %[2]s; it grows again as they fall.", zh(line), line))
	case lim.earned:
		out = append(out, reason("earned_line",
			"仍可退款的订单金额超过了余额、保证金与本店额度 %[1]s 之和。",
			"What can still be refunded exceeds your balance, your collateral and your limit of %[2]s together.", zh(line), line))
	default:
		out = append(out, reason("newcomer_line",
			"新店额度为 %[1]s；随着订单过了退款期且没有退款，额度会提高。",
			"A new shop's limit is %[2]s; it grows as orders pass their refund period without a refund.", zh(line), line))
	}
	if a.advanced > 0 {
		owed := event.Money{Amount: a.advanced, Currency: a.currency}
		out = append(out, reason("advance_unrecovered",
			"平台已为本店垫付退款 %[1]s，尚未收回。",
			"The platform has advanced %[2]s of refunds for your shop that it has not got back.", zh(owed), owed))
	}
	if d.Until.IsZero() {
		return append(out, reason("held_open",
			"暂留 %[1]s；在途包裹签收并过了退款期之后可再次申请。",
			"%[2]s is held; ask again when parcels on their way have been signed for and their refund period has passed.", zh(d.Hold), d.Hold))
	}
	return append(out, reason("held_until",
		"暂留 %[1]s，至 %[3]s 相应订单的退款期结束。",
		"%[2]s is held until %[3]s, when the refund period of enough orders ends.", zh(d.Hold), d.Hold, d.Until.Format(time.DateOnly)))
}

func reasonNothing() event.Reason {
	return reason("nothing_to_pay", "目前没有可支付的余额。", "There is no balance to pay out.")
}

func reasonBeyondBalance(balance event.Money) event.Reason {
	return reason("beyond_balance", "申请金额超过余额 %[1]s，按余额处理。",
		"More was asked for than the balance of %[2]s; the balance is taken as asked for.", zh(balance), balance)
}

func reasonFrozen() event.Reason {
	return reason("book_out_of_range", "该账户金额超出可核算范围，须人工处理。",
		"The sums of this account are beyond what can be reckoned with; a person must look at it.")
}

func reasonLinked(others int) event.Reason {
	return reason("linked_shops", "申请资料与 %[1]d 家已知店铺相关联，需人工审核。",
		"The application shares its particulars with %[1]d known shops; a person must look at it.", others)
}

func reasonLinkedOwes(owed event.Money) event.Reason {
	return reason("linked_shops_owe", "相关联的店铺尚欠平台垫付款 %[1]s。",
		"The linked shops owe the platform %[2]s that it advanced.", zh(owed), owed)
}

func reasonLinkedBuyer() event.Reason {
	return reason("linked_buyer", "余额与保证金不足，且买家与店铺之间的关联需人工核实。",
		"Balance and collateral do not cover the refund, and a link between buyer and shops must be looked at first.")
}

func reasonUnknownOrder() event.Reason {
	return reason("order_unknown", "没有该订单的记录。", "There is no record of this order.")
}

func reasonOtherCurrency(c event.Currency) event.Reason {
	return reason("other_currency", "订单以 %[1]s 支付，退款币种不同。", "The order was paid in %[1]s; the refund is in another currency.", c)
}

func reasonWindowClosed() event.Reason {
	return reason("window_closed", "该订单已过退款期。", "The order's refund period has passed.")
}

func reasonBeyondOrder(left event.Money) event.Reason {
	return reason("beyond_order", "申请退款超过订单可退余额 %[1]s。", "The refund is more than the %[2]s left of the order.", zh(left), left)
}

// reason fills both sentences. Each uses args by explicit index, so that it may
// leave out what only the other language needs.
func reason(code, zh, en string, args ...any) event.Reason {
	if len(args) > 0 {
		zh, en = fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)
	}
	return event.Reason{Code: code, ZH: zh, EN: en}
}

// zh is money as a Chinese sentence has it.
func zh(m event.Money) string {
	s := strconv.FormatInt(m.Amount/100, 10) + fmt.Sprintf(".%02d", m.Amount%100)
	if m.Currency == "CNY" {
		return s + " 元"
	}
	return s + " " + string(m.Currency)
}
