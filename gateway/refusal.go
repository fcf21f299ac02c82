package gateway

import (
	"github.com/menshen-io/menshen/event"
)

// Cause is the code of a refusal, as it stands in access.refused.
type Cause string

// Causes.
const (
	CauseNoIdentity        Cause = "no_identity"
	CauseBadLogin          Cause = "bad_login"
	CauseTooManyLogins     Cause = "too_many_logins"
	CauseRoleUnknown       Cause = "role_unknown"
	CauseStandingClosed    Cause = "standing_closed"
	CauseStandingNarrowed  Cause = "standing_narrowed"
	CauseExportMasked      Cause = "export_by_masked_role"
	CauseExport            Cause = "export_not_allowed"
	CauseUnlisted          Cause = "unlisted_route"
	CausePath              Cause = "ambiguous_path"
	CauseMethod            Cause = "method_not_allowed"
	CauseUpgrade           Cause = "upgrade"
	CauseUnreadable        Cause = "unreadable"
	CauseEncoding          Cause = "unknown_encoding"
	CausePartial           Cause = "partial_content"
	CauseEventStream       Cause = "event_stream"
	CauseTooLarge          Cause = "too_large"
	CauseMaskInWrite       Cause = "mask_in_write"
	CauseWriteUnreadable   Cause = "write_unreadable"
	CauseNotRecorded       Cause = "not_recorded"
	CauseUpstream          Cause = "upstream_unreachable"
	CauseRevealMalformed   Cause = "reveal_malformed"
	CauseRevealClass       Cause = "reveal_class_not_allowed"
	CauseRevealNoReason    Cause = "reveal_without_reason"
	CauseRevealReason      Cause = "reveal_reason_not_open"
	CauseRevealQuota       Cause = "reveal_quota_spent"
	CauseRevealNotSeen     Cause = "reveal_not_in_vault"
	CauseRevealAmbiguous   Cause = "reveal_field_ambiguous"
	CauseCrossOrigin       Cause = "cross_origin"
	CauseReasonsUnanswered Cause = "reasons_unanswered"
)

// Refusal is a door that did not open. It is an error whose text holds the
// cause and nothing personal.
type Refusal struct {
	Cause   Cause
	Grounds []event.Text // further sentences: why the standing is what it is
	ID      string       // of the recorded access.refused, empty when none was recorded
}

func (r *Refusal) Error() string { return "refused: " + string(r.Cause) }

// Refuse returns a refusal for cause.
func Refuse(cause Cause) *Refusal { return &Refusal{Cause: cause} }

// Message tells the person why, and what to do.
func (r *Refusal) Message() event.Text {
	t := message(r.Cause)
	for _, g := range r.Grounds {
		t.ZH += g.ZH
		if g.EN != "" {
			t.EN += " " + g.EN
		}
	}
	return t
}

func message(c Cause) event.Text {
	switch c {
	case CauseNoIdentity:
		return event.Text{ZH: "请先登录。", EN: "Please sign in first."}
	case CauseBadLogin:
		return event.Text{ZH: "账号或密码不正确。", EN: "The account or the password is wrong."}
	case CauseTooManyLogins:
		return event.Text{ZH: "登录尝试过多，请几分钟后再试。", EN: "Too many attempts to sign in. Please try again in a few minutes."}
	case CauseRoleUnknown:
		return event.Text{ZH: "策略中没有您的角色，请联系管理员。", EN: "The policy does not know your role. Please ask an administrator."}
	case CauseStandingClosed:
		return event.Text{ZH: "您的访问已被关闭。", EN: "Your access is closed."}
	case CauseStandingNarrowed:
		return event.Text{ZH: "您的访问已被收窄：暂时不能查看明文。", EN: "Your access is narrowed: nothing can be revealed for now."}
	case CauseExportMasked, CauseExport:
		return event.Text{ZH: "您的角色不能导出数据。", EN: "Your role may not export data."}
	case CauseUnlisted:
		return event.Text{ZH: "此接口未列入策略，未放行。", EN: "The policy does not list this address, so it is not let through."}
	case CausePath:
		return event.Text{ZH: "地址的写法有歧义，未放行。", EN: "The address is spelled ambiguously and is not let through."}
	case CauseMethod:
		return event.Text{ZH: "不支持此请求方法。", EN: "This request method is not supported."}
	case CauseUpgrade:
		return event.Text{ZH: "您的角色不能使用 WebSocket 等升级连接。", EN: "Your role may not use WebSocket or other upgraded connections."}
	case CauseUnreadable:
		return event.Text{ZH: "返回的内容无法完整识别，未放行。", EN: "The answer could not be read as a whole and is not let through."}
	case CauseEncoding:
		return event.Text{ZH: "返回内容的压缩方式未知，未放行。", EN: "The answer is compressed in an unknown way and is not let through."}
	case CausePartial:
		return event.Text{ZH: "部分内容(断点续传)未放行。", EN: "Partial content is not let through."}
	case CauseEventStream:
		return event.Text{ZH: "HTTP/1.0 客户端不能接收事件流(SSE)，未放行。", EN: "Event streams (SSE) are not let through to clients of HTTP/1.0."}
	}
	return message2(c)
}

func message2(c Cause) event.Text {
	switch c {
	case CauseTooLarge:
		return event.Text{ZH: "内容过大，未放行。", EN: "The content is too large and is not let through."}
	case CauseMaskInWrite:
		return event.Text{ZH: "提交的内容含有脱敏后的值，为避免覆盖原数据未予保存。请刷新页面后重试，或不要修改该字段。",
			EN: "What you sent contains a masked value; it was not saved, so that no mask overwrites data. Reload the page and try again, or leave that field out."}
	case CauseWriteUnreadable:
		return event.Text{ZH: "提交的内容无法识别，未转发。", EN: "What you sent could not be read and was not passed on."}
	case CauseNotRecorded:
		return event.Text{ZH: "访问记录暂时无法写入，因此不提供数据。", EN: "The record of accesses cannot be written, so there is no data for now."}
	case CauseUpstream:
		return event.Text{ZH: "后台系统暂时无法连接。", EN: "The back office cannot be reached for now."}
	case CauseRevealMalformed:
		return event.Text{ZH: "查看明文的请求格式不正确。", EN: "The request to reveal is not well-formed."}
	case CauseRevealClass:
		return event.Text{ZH: "您的角色不能查看此类信息的明文。", EN: "Your role may not reveal this kind of information."}
	case CauseRevealNoReason:
		return event.Text{ZH: "查看明文须说明事由(工单、来电或订单)。", EN: "Revealing needs a reason: a ticket, a call or an order."}
	case CauseRevealReason:
		return event.Text{ZH: "该事由未开启，或不属于您，或与该客户无关。", EN: "That reason is not open, not yours, or not about this customer."}
	case CauseRevealQuota:
		return event.Text{ZH: "您本小时可查看的明文次数已用完。", EN: "You have used up your reveals for this hour."}
	case CauseRevealNotSeen:
		return event.Text{ZH: "该值不在本次会话中或已过期，请刷新页面后重试。", EN: "That value is not in this session or has expired. Reload the page and try again."}
	case CauseRevealAmbiguous:
		return event.Text{ZH: "该客户有多个此类字段，请写明字段全名。", EN: "This customer has several such fields. Please give the field's full name."}
	case CauseCrossOrigin:
		return event.Text{ZH: "来自其他网站的请求未被接受。", EN: "A request from another site is not accepted."}
	case CauseReasonsUnanswered:
		return event.Text{ZH: "暂时无法核对事由，请稍后再试。", EN: "The reason could not be checked for now. Please try again later."}
	}
	return event.Text{ZH: "未放行。", EN: "Not let through."}
}
