package event

import (
	"errors"
	"fmt"
)

// Type names what kind of thing happened.
type Type string

// Data is the part of an event that its type shapes.
type Data interface {
	eventType() Type
	check() error
}

// Event types.
const (
	TypeAccessViewed    Type = "access.viewed"
	TypeAccessRefused   Type = "access.refused"
	TypeReasonOpened    Type = "reason.opened"
	TypeReasonAssigned  Type = "reason.assigned"
	TypeReasonClosed    Type = "reason.closed"
	TypeHarmReported    Type = "harm.reported"
	TypeStaffJoined     Type = "staff.joined"
	TypeStaffLeft       Type = "staff.left"
	TypeStaffTrained    Type = "staff.trained"
	TypeDeviceStorage   Type = "device.storage"
	TypeCameraFlagged   Type = "camera.flagged"
	TypeCanaryPlanted   Type = "canary.planted"
	TypePartnerAdmitted Type = "partner.admitted"
	TypePartnerLapsed   Type = "partner.lapsed"

	TypeMerchantApplied   Type = "merchant.applied"
	TypeMerchantOpened    Type = "merchant.opened"
	TypeCollateralChanged Type = "collateral.changed"
	TypeOrderPaid         Type = "order.paid"
	TypeOrderConfirmed    Type = "order.confirmed"
	TypeParcelShipped     Type = "parcel.shipped"
	TypeParcelSigned      Type = "parcel.signed"
	TypePayoutRequested   Type = "payout.requested"
	TypePayoutPaid        Type = "payout.paid"
	TypeRefundRequested   Type = "refund.requested"
	TypeRefundAdvanced    Type = "refund.advanced"
	TypeRefundRecovered   Type = "refund.recovered"

	TypeAlertRaised      Type = "alert.raised"
	TypeStandingChanged  Type = "standing.changed"
	TypeDecisionPayout   Type = "decision.payout"
	TypeDecisionRefund   Type = "decision.refund"
	TypeDecisionMerchant Type = "decision.merchant"
	TypeRingFound        Type = "ring.found"
	TypeRingStruck       Type = "ring.struck"

	TypeDecisionOverridden Type = "decision.overridden"
	TypeDecisionShadowed   Type = "decision.shadowed"
)

// Data returns an empty value of the data of type t; nil when there is no such
// type.
func (t Type) Data() Data { return newData(t) }

// newData returns an empty value for the data of type t, or nil.
func newData(t Type) Data {
	switch t {
	case TypeAccessViewed:
		return new(AccessViewed)
	case TypeAccessRefused:
		return new(AccessRefused)
	case TypeReasonOpened:
		return new(ReasonOpened)
	case TypeReasonAssigned:
		return new(ReasonAssigned)
	case TypeReasonClosed:
		return new(ReasonClosed)
	case TypeHarmReported:
		return new(HarmReported)
	case TypeStaffJoined:
		return new(StaffJoined)
	case TypeStaffLeft:
		return new(StaffLeft)
	case TypeStaffTrained:
		return new(StaffTrained)
	case TypeDeviceStorage:
		return new(DeviceStorage)
	case TypeCameraFlagged:
		return new(CameraFlagged)
	case TypeCanaryPlanted:
		return new(CanaryPlanted)
	case TypePartnerAdmitted:
		return new(PartnerAdmitted)
	case TypePartnerLapsed:
		return new(PartnerLapsed)
	case TypeMerchantApplied:
		return new(MerchantApplied)
	case TypeMerchantOpened:
		return new(MerchantOpened)
	case TypeCollateralChanged:
		return new(CollateralChanged)
	case TypeOrderPaid:
		return new(OrderPaid)
	case TypeOrderConfirmed:
		return new(OrderConfirmed)
	case TypeParcelShipped:
		return new(ParcelShipped)
	case TypeParcelSigned:
		return new(ParcelSigned)
	case TypePayoutRequested:
		return new(PayoutRequested)
	case TypePayoutPaid:
		return new(PayoutPaid)
	case TypeRefundRequested:
		return new(RefundRequested)
	case TypeRefundAdvanced:
		return new(RefundAdvanced)
	case TypeRefundRecovered:
		return new(RefundRecovered)
	case TypeAlertRaised:
		return new(AlertRaised)
	case TypeStandingChanged:
		return new(StandingChanged)
	case TypeDecisionPayout:
		return new(DecisionPayout)
	case TypeDecisionRefund:
		return new(DecisionRefund)
	case TypeDecisionMerchant:
		return new(DecisionMerchant)
	case TypeRingFound:
		return new(RingFound)
	case TypeRingStruck:
		return new(RingStruck)
	case TypeDecisionShadowed:
		return new(DecisionShadowed)
	case TypeDecisionOverridden:
		return new(DecisionOverridden)
	}
	return nil
}

// rank orders events of one instant: what is, what happened, what is asked,
// what was answered.
func (t Type) rank() int {
	switch t {
	case TypeStaffJoined, TypePartnerAdmitted, TypeCanaryPlanted, TypeMerchantApplied:
		return 0
	case TypeReasonOpened, TypeMerchantOpened, TypeOrderPaid:
		return 1
	case TypeReasonAssigned, TypeCollateralChanged, TypeParcelShipped:
		return 2
	case TypeParcelSigned:
		return 3
	case TypeOrderConfirmed:
		return 4
	case TypeAccessViewed, TypeAccessRefused, TypeRefundRecovered, TypeRingFound, TypeRingStruck:
		return 5
	case TypeDecisionOverridden:
		return 6
	case TypeRefundRequested:
		return 7
	case TypePayoutRequested:
		return 8
	case TypePayoutPaid, TypeRefundAdvanced, TypeReasonClosed, TypeStaffLeft:
		return 9
	case TypeAlertRaised, TypeDecisionPayout, TypeDecisionRefund, TypeDecisionMerchant:
		return 10
	case TypeStandingChanged:
		return 11
	}
	return 6
}

// need reports the first of name, value pairs whose value is empty.
func need(pairs ...string) error {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			return errors.New(pairs[i] + ": missing")
		}
	}
	return nil
}

func oneOf(field, value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("%s: must be one of %v", field, allowed)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
