package event

import (
	"errors"

	"github.com/go-json-experiment/json"
)

// How a field of a customer was shown.
const (
	Masked = "masked"
	Raw    = "raw"
)

// Kinds of access.
const (
	KindList   = "list"
	KindDetail = "detail"
	KindSearch = "search"
	KindExport = "export"
	KindReveal = "reveal" // a masked value was uncovered through Menshen
)

// AccessViewed: an account was shown data of customers.
type AccessViewed struct {
	Actor    ActorID         `json:"actor"`
	Partner  PartnerID       `json:"partner,omitzero"`
	Role     string          `json:"role,omitzero"`
	Session  string          `json:"session,omitzero"`
	Endpoint string          `json:"endpoint,omitzero"` // method and route, never the URL asked for
	Kind     string          `json:"kind,omitzero"`
	Subjects []SubjectViewed `json:"subjects"`
	Reason   *ReasonRef      `json:"reason,omitzero"` // as claimed by the actor
	Station  StationID       `json:"station,omitzero"`
	Device   DeviceID        `json:"device,omitzero"`
	IP       string          `json:"ip,omitzero"`
}

// SubjectViewed is one customer of a view.
type SubjectViewed struct {
	Subject    SubjectID         `json:"subject"`
	Fields     map[string]string `json:"fields,omitzero"`     // class or field to Masked or Raw
	Attributes map[string]any    `json:"attributes,omitzero"` // of low cardinality: rating, queue
}

// ReasonRef names a ticket, call or order.
type ReasonRef struct {
	Kind string   `json:"kind"`
	ID   ReasonID `json:"id"`
}

// AccessRefused: the door did not open. Cause is a code such as "standing_closed".
type AccessRefused struct {
	Actor    ActorID   `json:"actor,omitzero"`
	Partner  PartnerID `json:"partner,omitzero"`
	Endpoint string    `json:"endpoint,omitzero"`
	Kind     string    `json:"kind,omitzero"`
	Cause    string    `json:"cause"`
	Subject  SubjectID `json:"subject,omitzero"`
	IP       string    `json:"ip,omitzero"`
}

// ReasonOpened: work on one customer began.
type ReasonOpened struct {
	Kind    string    `json:"kind"`
	ID      ReasonID  `json:"id"`
	Actor   ActorID   `json:"actor,omitzero"`
	Subject SubjectID `json:"subject"`
	Queue   string    `json:"queue,omitzero"`
}

// ReasonAssigned: the work went to another account.
type ReasonAssigned struct {
	Kind  string   `json:"kind"`
	ID    ReasonID `json:"id"`
	Actor ActorID  `json:"actor"`
}

// ReasonClosed: the work ended.
type ReasonClosed struct {
	Kind string   `json:"kind"`
	ID   ReasonID `json:"id"`
}

// Kinds of harm.
const (
	HarmComplaint       = "complaint"
	HarmReviewDeleted   = "review_deleted"
	HarmAccountTakeover = "account_takeover"
	HarmProxyRung       = "proxy_number_rung"
	HarmCanaryContacted = "canary_contacted"
)

// HarmReported: something happened to a customer that a leak would explain.
type HarmReported struct {
	Subject SubjectID `json:"subject"`
	Kind    string    `json:"kind"`
}

// StaffJoined: an account was given to a person.
type StaffJoined struct {
	Actor   ActorID   `json:"actor"`
	Partner PartnerID `json:"partner,omitzero"`
	Queues  []string  `json:"queues,omitzero"`
	Site    string    `json:"site,omitzero"`
	Role    string    `json:"role,omitzero"`
}

// StaffLeft: the person behind an account has left.
type StaffLeft struct {
	Actor ActorID `json:"actor"`
}

// StaffTrained: a person took a course.
type StaffTrained struct {
	Actor  ActorID `json:"actor"`
	Course string  `json:"course"`
	Passed bool    `json:"passed"`
	Score  float64 `json:"score,omitzero"`
}

// DeviceStorage: removable storage was attached to or removed from a computer.
type DeviceStorage struct {
	Device  DeviceID  `json:"device"`
	Station StationID `json:"station,omitzero"`
	Actor   ActorID   `json:"actor,omitzero"`
	Action  string    `json:"action"` // attached, removed
}

// CameraFlagged: a camera saw what must not be at a workplace.
type CameraFlagged struct {
	Camera     string    `json:"camera"`
	Site       string    `json:"site,omitzero"`
	Station    StationID `json:"station,omitzero"`
	Seen       string    `json:"seen"`
	Confidence float64   `json:"confidence,omitzero"`
}

// CanaryPlanted: an invented customer whom nobody has a reason to view.
type CanaryPlanted struct {
	Subject SubjectID `json:"subject"`
}

// PartnerAdmitted: an outsourcing company may work, for Scope, until Until.
type PartnerAdmitted struct {
	Partner PartnerID `json:"partner"`
	Scope   Scope     `json:"scope,omitzero"`
	Until   Time      `json:"until,omitzero"`
}

// PartnerLapsed: an outsourcing company may no longer work.
type PartnerLapsed struct {
	Partner PartnerID `json:"partner"`
	Scope   Scope     `json:"scope,omitzero"`
	Until   Time      `json:"until,omitzero"`
}

// Scope is what a company was admitted for: queues, products. In JSON it may be
// one string or a list of them.
type Scope []string

// UnmarshalJSON reads one string or a list.
func (s *Scope) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*s = Scope{one}
		return nil
	}
	var many []string
	if err := json.Unmarshal(b, &many); err != nil {
		return errors.New("must be a string or a list of strings")
	}
	*s = many
	return nil
}

func (*AccessViewed) eventType() Type    { return TypeAccessViewed }
func (*AccessRefused) eventType() Type   { return TypeAccessRefused }
func (*ReasonOpened) eventType() Type    { return TypeReasonOpened }
func (*ReasonAssigned) eventType() Type  { return TypeReasonAssigned }
func (*ReasonClosed) eventType() Type    { return TypeReasonClosed }
func (*HarmReported) eventType() Type    { return TypeHarmReported }
func (*StaffJoined) eventType() Type     { return TypeStaffJoined }
func (*StaffLeft) eventType() Type       { return TypeStaffLeft }
func (*StaffTrained) eventType() Type    { return TypeStaffTrained }
func (*DeviceStorage) eventType() Type   { return TypeDeviceStorage }
func (*CameraFlagged) eventType() Type   { return TypeCameraFlagged }
func (*CanaryPlanted) eventType() Type   { return TypeCanaryPlanted }
func (*PartnerAdmitted) eventType() Type { return TypePartnerAdmitted }
func (*PartnerLapsed) eventType() Type   { return TypePartnerLapsed }

func (d *AccessViewed) check() error {
	if err := need("actor", string(d.Actor)); err != nil {
		return err
	}
	for _, s := range d.Subjects {
		if err := need("subjects.subject", string(s.Subject)); err != nil {
			return err
		}
		for _, how := range s.Fields {
			if err := oneOf("subjects.fields", how, Masked, Raw); err != nil {
				return err
			}
		}
		for _, v := range s.Attributes {
			switch v.(type) {
			case string, float64, bool, int, int64, nil:
			default:
				return errors.New("subjects.attributes: must hold strings, numbers or booleans")
			}
		}
	}
	if d.Reason != nil {
		return need("reason.kind", d.Reason.Kind, "reason.id", string(d.Reason.ID))
	}
	return nil
}

func (d *AccessRefused) check() error { return need("cause", d.Cause) }
func (d *ReasonOpened) check() error {
	return need("kind", d.Kind, "id", string(d.ID), "subject", string(d.Subject))
}
func (d *ReasonAssigned) check() error {
	return need("kind", d.Kind, "id", string(d.ID), "actor", string(d.Actor))
}
func (d *ReasonClosed) check() error { return need("kind", d.Kind, "id", string(d.ID)) }
func (d *HarmReported) check() error {
	return first(need("subject", string(d.Subject)),
		oneOf("kind", d.Kind, HarmComplaint, HarmReviewDeleted, HarmAccountTakeover, HarmProxyRung, HarmCanaryContacted))
}
func (d *StaffJoined) check() error  { return need("actor", string(d.Actor)) }
func (d *StaffLeft) check() error    { return need("actor", string(d.Actor)) }
func (d *StaffTrained) check() error { return need("actor", string(d.Actor), "course", d.Course) }
func (d *DeviceStorage) check() error {
	return need("device", string(d.Device), "action", d.Action)
}
func (d *CameraFlagged) check() error   { return need("camera", d.Camera, "seen", d.Seen) }
func (d *CanaryPlanted) check() error   { return need("subject", string(d.Subject)) }
func (d *PartnerAdmitted) check() error { return need("partner", string(d.Partner)) }
func (d *PartnerLapsed) check() error   { return need("partner", string(d.Partner)) }
