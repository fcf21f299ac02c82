package trace

import (
	"fmt"
	"slices"
	"strings"

	"github.com/menshen-io/menshen/event"
)

// advise says what would settle the question.
func (t *Tracer) advise(res *Result, seen bool) {
	res.Advice, res.AdviceZH = []string{}, []string{}
	say := func(en, zh string) {
		res.Advice, res.AdviceZH = append(res.Advice, en), append(res.AdviceZH, zh)
	}
	if res.Harms == 0 {
		say("No harm has been reported: there is nothing to trace.", "尚无受害报告，无可追查。")
		return
	}
	var likely, open []string
	for _, a := range res.Accounts {
		switch {
		case a.Probability >= 0.95 && t.carried(a):
			likely = append(likely, string(a.Actor))
		case a.Probability >= 0.05 && len(open) < 5:
			open = append(open, string(a.Actor))
		}
	}
	if len(likely) > 0 {
		names := strings.Join(likely, ", ")
		say(fmt.Sprintf("The record points to %s. Secure the views listed with each, and give customers in their queue canaries with proxy numbers: one call to such a number is proof.", names),
			fmt.Sprintf("记录指向 %s。请固定所列访问记录，并在其队列中放置带代理号码的诱饵客户：只要该号码被拨打，即为证明。", names))
	}
	if len(open) > 0 {
		names := strings.Join(open, ", ")
		say(fmt.Sprintf("Not settled: %s.", names), fmt.Sprintf("尚未定论：%s。", names))
		for _, s := range res.Next[:min(len(res.Next), 2)] {
			say(s.words())
		}
	}
	if len(likely) == 0 && res.Harms < enough {
		say(fmt.Sprintf("Harmed customers so far: %d. That is too few to name anyone.", res.Harms),
			fmt.Sprintf("目前受害客户 %d 名，数量太少，不足以指认任何人。", res.Harms))
	} else if len(likely)+len(open) == 0 {
		say(fmt.Sprintf("No account stands out after %d harmed customers. Collect more harms, or look for a source outside this record.", res.Harms),
			fmt.Sprintf("%d 名受害客户尚不足以指向任何账号。请收集更多受害报告，或在本记录之外查找来源。", res.Harms))
	}
	if res.Doubt > agreed {
		say(fmt.Sprintf("Two reckonings differ by up to %.0f points of a hundred: take these probabilities as rough.", 100*res.Doubt),
			fmt.Sprintf("两次独立计算最多相差 %.0f 个百分点：以上概率仅供粗略参考。", 100*res.Doubt))
	}
	if res.Nobody > 0.5 {
		say(fmt.Sprintf("The harms are more likely than not (%.0f%%) from outside of this record: none of them needs an account to explain it.", 100*res.Nobody),
			fmt.Sprintf("这些受害更可能（%.0f%%）来自本记录之外：无需任何账号即可解释。", 100*res.Nobody))
	} else if res.Unexplained > 0.3 && seen {
		say(fmt.Sprintf("About %.0f%% of the harms are not explained by any account of this record.", 100*res.Unexplained),
			fmt.Sprintf("约 %.0f%% 的受害无法由本记录中的任何账号解释。", 100*res.Unexplained))
	}
}

// words are a step in English and Chinese.
func (s Step) words() (en, zh string) {
	join := func(list []event.ActorID) string {
		names := make([]string, len(list))
		for i, a := range list {
			names[i] = string(a)
		}
		return strings.Join(names, ", ")
	}
	switch s.Kind {
	case StepCanary:
		return fmt.Sprintf("A canary with a proxy number shown to %s alone would tell %.2f bits.", join(s.Actors), s.Bits),
			fmt.Sprintf("仅向 %s 展示一个带代理号码的诱饵客户，预计可得 %.2f 比特信息。", join(s.Actors), s.Bits)
	case StepQuestion:
		en, zh = "", ""
		if s.Odd {
			en, zh = " without explanation", "无正当理由"
		}
		return fmt.Sprintf("Ask %d customers whom %s viewed%s and %s did not view whether strangers rang: expected %.2f bits.", asked, join(s.Actors), en, join(s.Apart), s.Bits),
			fmt.Sprintf("询问 %d 名被 %s %s查看过而未被 %s 查看过的客户是否接到陌生来电：预计可得 %.2f 比特信息。", asked, join(s.Actors), zh, join(s.Apart), s.Bits)
	}
	return fmt.Sprintf("One more complaint, whoever makes it, would tell %.2f bits.", s.Bits),
		fmt.Sprintf("再收到一起投诉（无论来自谁），预计可得 %.2f 比特信息。", s.Bits)
}

// carried says whether a is more than a chance meeting: however rarely an
// account views anyone, one complaint proves nothing; one marked number does.
func (t *Tracer) carried(a Account) bool {
	return len(a.Subjects) >= enough ||
		slices.ContainsFunc(a.Subjects, func(s event.SubjectID) bool { return t.harms[s].mark })
}
