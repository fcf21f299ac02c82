package watch

import (
	"cmp"
	"fmt"
	"math"
	"strconv"

	"github.com/menshen-io/menshen/event"
)

// An alert says in one sentence what was seen, in one what would be ordinary,
// and what has been done.

func canaryText(d *event.AccessViewed) event.Text {
	return event.Text{
		ZH: fmt.Sprintf("%s 查看了一名诱饵客户。诱饵客户是虚构的，任何工作都不需要查看。", d.Actor),
		EN: fmt.Sprintf("%s viewed a canary customer. Canaries are invented; no work ever leads to one.", d.Actor),
	}
}

func leftText(d *event.AccessViewed) event.Text {
	return event.Text{
		ZH: fmt.Sprintf("%s 离职之后，其账号仍在查看客户。离职账号本不应再有任何访问。", d.Actor),
		EN: fmt.Sprintf("The account %s viewed customers after its person had left. An account of someone who left has no views.", d.Actor),
	}
}

func exportText(a event.ActorID, refused bool) event.Text {
	if refused {
		return event.Text{
			ZH: fmt.Sprintf("%s 试图导出客户数据，已被拒绝。其角色只能看到脱敏数据，不能导出。", a),
			EN: fmt.Sprintf("%s tried to export customers and was refused. Its role sees masked data and does not export.", a),
		}
	}
	return event.Text{
		ZH: fmt.Sprintf("%s 导出了客户数据。其角色只能看到脱敏数据，不能导出。", a),
		EN: fmt.Sprintf("%s exported customers. Its role sees masked data and does not export.", a),
	}
}

func cameraText(d *event.AccessViewed) event.Text {
	return event.Text{
		ZH: fmt.Sprintf("%s 在工位 %s 揭示了原文，而该工位的摄像头在前后不久发现了手机。工位上本不应出现手机。", d.Actor, d.Station),
		EN: fmt.Sprintf("%s revealed a raw value at station %s, whose camera flagged a phone at about that time. No phone belongs at a station.", d.Actor, d.Station),
	}
}

func revealText(d *event.AccessViewed) event.Text {
	return event.Text{
		ZH: fmt.Sprintf("%s 在没有工单、来电或订单的情况下揭示了一名客户的原文。揭示原文本应有未结的事由。", d.Actor),
		EN: fmt.Sprintf("%s revealed a raw value of a customer without an open ticket, call or order. A reveal has an open reason behind it.", d.Actor),
	}
}

func claimText(d *event.AccessViewed) event.Text {
	return event.Text{
		ZH: fmt.Sprintf("%s 查看客户时声称的事由不属于该账号或不属于该客户。声称的事由本应是本人名下、针对该客户的未结事由。", d.Actor),
		EN: fmt.Sprintf("%s viewed a customer under a claimed reason that is not its own or not that customer's. A claimed reason is the account's own open one for that customer.", d.Actor),
	}
}

func (e *Engine) findingText(f finding, rule Rule) event.Text {
	var t event.Text
	s := e.pack.Statistics
	switch f.rule {
	case RuleVolume:
		t = event.Text{
			ZH: fmt.Sprintf("%s 最近 %d 个工作日查看了 %d 名没有事由的客户。同类同事同样的工作量约为 %s 名。",
				f.actor, f.days, f.seen.unexplained, number(f.ordinary[askVolume])),
			EN: fmt.Sprintf("In its last %d working days %s viewed %d customers without a reason. Peers with the same work would have viewed about %s.",
				f.days, f.actor, f.seen.unexplained, number(f.ordinary[askVolume])),
		}
	case RuleAttribute:
		t = event.Text{
			ZH: fmt.Sprintf("%s 最近 %d 个工作日查看了 %d 名没有事由且%s不高于 %s 的客户。同类同事同样的工作量约为 %s 名。",
				f.actor, f.days, f.seen.match, cmp.Or(s.Name.ZH, s.Attribute), number(s.AtMost), number(f.ordinary[askAttribute])),
			EN: fmt.Sprintf("In its last %d working days %s viewed %d customers with %s at most %s without a reason. Peers with the same work would have viewed about %s.",
				f.days, f.actor, f.seen.match, cmp.Or(s.Name.EN, s.Attribute), number(s.AtMost), number(f.ordinary[askAttribute])),
		}
	default:
		share := 0.0
		if f.seen.unexplained > 0 {
			share = 100 * float64(f.seen.match) / float64(f.seen.unexplained)
		}
		t = event.Text{
			ZH: fmt.Sprintf("%s 最近 %d 个工作日没有事由的查看中，%s不高于 %s 的客户占 %.0f%%（%d/%d）。同类同事约为 %.0f%%。",
				f.actor, f.days, cmp.Or(s.Name.ZH, s.Attribute), number(s.AtMost), share, f.seen.match, f.seen.unexplained, 100*f.ordinary[askSelectivity]),
			EN: fmt.Sprintf("In its last %d working days %.0f%% of the customers whom %s viewed without a reason had %s at most %s (%d of %d). Among peers it is about %.0f%%.",
				f.days, share, f.actor, cmp.Or(s.Name.EN, s.Attribute), number(s.AtMost), f.seen.match, f.seen.unexplained, 100*f.ordinary[askSelectivity]),
		}
	}
	return withAction(t, rule.Action)
}

// withAction adds what the product does about it.
func withAction(t event.Text, a Action) event.Text {
	switch a {
	case event.ActionNarrow:
		t.ZH += "该账号已收紧：全部脱敏，不能揭示。"
		t.EN += " The account is narrowed: everything masked, no reveal."
	case event.ActionClose:
		t.ZH += "该账号已关闭。"
		t.EN += " The account is closed."
	}
	return t
}

func number(v float64) string {
	if v >= 10 {
		return strconv.Itoa(int(math.Round(v)))
	}
	return strconv.FormatFloat(math.Round(v*10)/10, 'g', -1, 64)
}

// round keeps three digits, so that the last bits of a sum do not show.
func round(v float64) float64 {
	if v == 0 || v > 1e15 {
		return math.Min(v, 1e15)
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-2)
	if unit < 1 {
		return math.Round(v*100) / 100
	}
	return math.Round(v/unit) * unit
}
