package event

import "errors"

// MerchantApplied: somebody asks to open a shop. All but category and country
// are keyed hashes.
type MerchantApplied struct {
	Merchant    MerchantID `json:"merchant"`
	Category    string     `json:"category,omitzero"`
	Country     string     `json:"country,omitzero"`
	LegalPerson string     `json:"legal_person,omitzero"`
	BankAccount string     `json:"bank_account,omitzero"`
	Phone       string     `json:"phone,omitzero"`
	Address     string     `json:"address,omitzero"`
	Device      string     `json:"device,omitzero"`
	IP          string     `json:"ip,omitzero"`
}

// MerchantOpened: the shop was let in.
type MerchantOpened struct {
	Merchant MerchantID `json:"merchant"`
}

// CollateralChanged: Total is what now stands as cover for the shop.
type CollateralChanged struct {
	Merchant MerchantID `json:"merchant"`
	Total    Money      `json:"total"`
}

// OrderPaid: a buyer paid; the money is held until the order is confirmed.
type OrderPaid struct {
	Order          OrderID    `json:"order"`
	Merchant       MerchantID `json:"merchant"`
	Buyer          BuyerID    `json:"buyer,omitzero"`
	Money          Money      `json:"money"`
	Category       string     `json:"category,omitzero"`
	RefundDays     int        `json:"refund_days,omitzero"`
	Device         string     `json:"device,omitzero"`
	IP             string     `json:"ip,omitzero"`
	Address        string     `json:"address,omitzero"`
	PaymentAccount string     `json:"payment_account,omitzero"`
	BuyerCountry   string     `json:"buyer_country,omitzero"`
	BuyerSince     Time       `json:"buyer_since,omitzero"`
}

// OrderConfirmed: the order's money enters the merchant's balance.
type OrderConfirmed struct {
	Order OrderID `json:"order"`
	By    string  `json:"by,omitzero"` // buyer, timeout
}

// ParcelShipped: a carrier took the order's parcel.
type ParcelShipped struct {
	Order    OrderID `json:"order"`
	Carrier  string  `json:"carrier,omitzero"`
	Tracking string  `json:"tracking,omitzero"`
	WeightG  int64   `json:"weight_g,omitzero"`
	From     string  `json:"from,omitzero"`
}

// ParcelSigned: the parcel was received at Place; the refund window starts.
type ParcelSigned struct {
	Order OrderID `json:"order"`
	Place string  `json:"place,omitzero"`
}

// PayoutRequested asks for Money, or for all of the balance where it is nil.
type PayoutRequested struct {
	Request  RequestID  `json:"request"`
	Merchant MerchantID `json:"merchant"`
	Money    *Money     `json:"money,omitzero"`
}

// PayoutPaid: this much has left, whatever was decided.
type PayoutPaid struct {
	Request  RequestID  `json:"request"`
	Merchant MerchantID `json:"merchant,omitzero"`
	Money    Money      `json:"money"`
}

// RefundRequested: a buyer wants the money back.
type RefundRequested struct {
	Refund RefundID `json:"refund"`
	Order  OrderID  `json:"order"`
	Money  Money    `json:"money"`
	Cause  string   `json:"cause,omitzero"`
}

// RefundAdvanced: the platform has paid this much of a refund from its own money.
type RefundAdvanced struct {
	Refund RefundID `json:"refund"`
	Money  Money    `json:"money"`
}

// RefundRecovered: the platform got this much of an advance back.
type RefundRecovered struct {
	Refund RefundID `json:"refund"`
	Money  Money    `json:"money"`
}

func (*MerchantApplied) eventType() Type   { return TypeMerchantApplied }
func (*MerchantOpened) eventType() Type    { return TypeMerchantOpened }
func (*CollateralChanged) eventType() Type { return TypeCollateralChanged }
func (*OrderPaid) eventType() Type         { return TypeOrderPaid }
func (*OrderConfirmed) eventType() Type    { return TypeOrderConfirmed }
func (*ParcelShipped) eventType() Type     { return TypeParcelShipped }
func (*ParcelSigned) eventType() Type      { return TypeParcelSigned }
func (*PayoutRequested) eventType() Type   { return TypePayoutRequested }
func (*PayoutPaid) eventType() Type        { return TypePayoutPaid }
func (*RefundRequested) eventType() Type   { return TypeRefundRequested }
func (*RefundAdvanced) eventType() Type    { return TypeRefundAdvanced }
func (*RefundRecovered) eventType() Type   { return TypeRefundRecovered }

func (d *MerchantApplied) check() error { return need("merchant", string(d.Merchant)) }
func (d *MerchantOpened) check() error  { return need("merchant", string(d.Merchant)) }
func (d *CollateralChanged) check() error {
	return first(need("merchant", string(d.Merchant)), d.Total.check("total"))
}
func (d *OrderPaid) check() error {
	if d.RefundDays < 0 {
		return errors.New("refund_days: must not be negative")
	}
	return first(need("order", string(d.Order), "merchant", string(d.Merchant)), d.Money.check("money"))
}
func (d *OrderConfirmed) check() error { return need("order", string(d.Order)) }
func (d *ParcelShipped) check() error  { return need("order", string(d.Order)) }
func (d *ParcelSigned) check() error   { return need("order", string(d.Order)) }
func (d *PayoutRequested) check() error {
	if err := need("request", string(d.Request), "merchant", string(d.Merchant)); err != nil || d.Money == nil {
		return err
	}
	return d.Money.check("money")
}
func (d *PayoutPaid) check() error {
	return first(need("request", string(d.Request)), d.Money.check("money"))
}
func (d *RefundRequested) check() error {
	return first(need("refund", string(d.Refund), "order", string(d.Order)), d.Money.check("money"))
}
func (d *RefundAdvanced) check() error {
	return first(need("refund", string(d.Refund)), d.Money.check("money"))
}
func (d *RefundRecovered) check() error {
	return first(need("refund", string(d.Refund)), d.Money.check("money"))
}
