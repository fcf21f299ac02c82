package watch

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"

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
	what := e.valueText(f.cell)
	switch f.rule {
	case RuleVolume:
		t = event.Text{
			ZH: fmt.Sprintf("%s 最近 %d 个工作日查看了 %d 名没有事由的客户。同类同事同样的工作量约为 %s 名。",
				f.actor, f.days, f.seen, number(f.usual)),
			EN: fmt.Sprintf("In its last %d working days %s viewed %d customers without a reason. Peers with the same work would have viewed about %s.",
				f.days, f.actor, f.seen, number(f.usual)),
		}
	case RuleAttribute:
		t = event.Text{
			ZH: fmt.Sprintf("%s 最近 %d 个工作日查看了 %d 名没有事由且%s的客户。按其查看的其他客户和同事的情况，约为 %s 名。",
				f.actor, f.days, f.seen, what.ZH, number(f.usual)),
			EN: fmt.Sprintf("In its last %d working days %s viewed %d customers with %s without a reason. Going by the other customers it viewed, and by its peers, about %s would be ordinary.",
				f.days, f.actor, f.seen, what.EN, number(f.usual)),
		}
	case RuleSelectivity:
		t = event.Text{
			ZH: fmt.Sprintf("%s 最近 %d 个工作日没有事由地查看了 %d 名客户，其中%s的有 %d 名。同一队列的同事约为 %s 名。",
				f.actor, f.days, f.among, what.ZH, f.seen, number(f.usual)),
			EN: fmt.Sprintf("Of the %d customers whom %s viewed without a reason in its last %d working days, %d had %s. Among as many of its queue's it would be about %s.",
				f.among, f.actor, f.days, f.seen, what.EN, number(f.usual)),
		}
	case RuleExplained:
		t = event.Text{
			ZH: fmt.Sprintf("%s 最近 %d 个工作日凭事由查看%s的客户 %d 次。同一队列同样多的查看约为 %s 次。事由真实也可能被利用。",
				f.actor, f.days, what.ZH, f.seen, number(f.usual)),
			EN: fmt.Sprintf("In its last %d working days %s had %d views under a reason of customers with %s. Among as many of its queue's it would be about %s. Real tickets can hide a choice.",
				f.days, f.actor, f.seen, what.EN, number(f.usual)),
		}
	case RuleGuessing:
		t = event.Text{
			ZH: fmt.Sprintf("%s 最近 %d 个工作日被拒绝 %d 次。同类同事约为 %s 次。反复被拒可能是在试探。",
				f.actor, f.days, f.seen, number(f.usual)),
			EN: fmt.Sprintf("In its last %d working days %s was refused %d times. Peers would have been refused about %s times. Who is refused again and again may be guessing.",
				f.days, f.actor, f.seen, number(f.usual)),
		}
	default:
		who := make([]string, len(f.actors))
		for i, a := range f.actors {
			who[i] = string(a)
		}
		t = event.Text{
			ZH: fmt.Sprintf("合作方 %s 的账号最近 %d 个工作日合计查看了 %d 名没有事由且%s的客户。在其他合作方同样多的客户中约为 %s 名。超出最多的是 %s。",
				f.partner, f.days, f.seen, what.ZH, number(f.usual), strings.Join(who, "、")),
			EN: fmt.Sprintf("In the last %d working days the accounts of partner %s together viewed %d customers with %s without a reason. Among as many of other partners' it would be about %s. Most of the excess is that of %s.",
				f.days, f.partner, f.seen, what.EN, number(f.usual), strings.Join(who, ", ")),
		}
	}
	return withAction(t, rule.Action)
}

// valueText says which customers a test is about.
func (e *Engine) valueText(cell int) event.Text {
	s := e.pack.Statistics
	if cell == 0 {
		return event.Text{
			ZH: fmt.Sprintf("%s不高于 %s", cmp.Or(s.Name.ZH, s.Attribute), number(s.AtMost)),
			EN: fmt.Sprintf("%s at most %s", cmp.Or(s.Name.EN, s.Attribute), number(s.AtMost)),
		}
	}
	c := e.detector.attrs.Cells[cell]
	name := Name{ZH: c.Attribute, EN: c.Attribute}
	if c.Attribute == s.Attribute {
		name = Name{ZH: cmp.Or(s.Name.ZH, c.Attribute), EN: cmp.Or(s.Name.EN, c.Attribute)}
	}
	return event.Text{ZH: name.ZH + "为 " + c.Value, EN: name.EN + " " + c.Value}
}

// withAction adds what the product does about it.
func withAction(t event.Text, a Action) event.Text {
	switch a {
	case event.ActionNarrow:
		t.ZH += "该账号已收紧：全部脱敏，不能揭示。"
		t.EN += " The account is narrowed: everything masked, no reveal."
	case event.ActionAsk:
		t.ZH += "请询问本人缘由。"
		t.EN += " Ask the person why."
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
