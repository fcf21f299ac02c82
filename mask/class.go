package mask

import (
	"fmt"
	"strings"
)

// Class says what a value is, and so how it is masked.
type Class string

// Classes.
const (
	Phone      Class = "phone"       // 138****1234; a landline in a phone field as Landline
	Landline   Class = "landline"    // 021-****1234
	Name       Class = "name"        // 张**
	ResidentID Class = "resident_id" // 110***********1234
	BankCard   Class = "bank_card"   // ****1234
	Email      Class = "email"       // a***@example.com
	Address    Class = "address"     // 浙江省杭州市******
	Plate      Class = "plate"       // 浙A***45
	AnyText    Class = "text"        // ******, for anything
	Plain      Class = "plain"       // shown as it is and not searched: order numbers, ids
)

// Full stands for a value of which nothing may be shown. Its length says nothing.
const Full = "******"

// Classes returns every class, in the order of the documentation.
func Classes() []Class {
	return []Class{Phone, Landline, Name, ResidentID, BankCard, Email, Address, Plate, AnyText, Plain}
}

// Searchable returns the classes that [Search] knows how to find.
func Searchable() []Class { return []Class{Phone, ResidentID, BankCard, Email} }

// ParseClass returns the class named s.
func ParseClass(s string) (Class, error) {
	for _, c := range Classes() {
		if string(c) == s {
			return c, nil
		}
	}
	var names []string
	for _, c := range Classes() {
		names = append(names, string(c))
	}
	return "", fmt.Errorf("unknown class %q (one of %s)", s, strings.Join(names, ", "))
}
