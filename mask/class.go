package mask

import "github.com/menshen-io/menshen/mask/detect"

// Class says what a value is, and so how it is masked.
type Class = detect.Class

// Classes; package detect says what they are.
const (
	Phone       = detect.Phone
	Landline    = detect.Landline
	IntlPhone   = detect.IntlPhone
	ResidentID  = detect.ResidentID
	HKMTPermit  = detect.HKMTPermit
	ForeignID   = detect.ForeignID
	Passport    = detect.Passport
	BankCard    = detect.BankCard
	USCC        = detect.USCC
	Plate       = detect.Plate
	Email       = detect.Email
	WeChat      = detect.WeChat
	QQ          = detect.QQ
	IP          = detect.IP
	MAC         = detect.MAC
	Coordinates = detect.Coordinates
	BirthDate   = detect.BirthDate
	Name        = detect.Name
	Address     = detect.Address
	IBAN        = detect.IBAN
	SSN         = detect.SSN
	Secret      = detect.Secret
	AnyText     = detect.AnyText
	Plain       = detect.Plain
)

// Full stands for a value of which nothing may be shown. Its length says nothing.
const Full = "******"

// Span is a place in a string, in bytes.
type Span = detect.Span

// Classes returns every class, in the order of the documentation.
func Classes() []Class { return detect.Classes() }

// Searchable returns the classes that [Search] knows how to find.
func Searchable() []Class { return detect.Searchable() }

// ParseClass returns the class named s.
func ParseClass(s string) (Class, error) { return detect.ParseClass(s) }

// Default returns the classes that are searched for when nobody says which: all
// but [USCC], which is a company's.
func Default() []Class { return detect.All.Classes() }

// Search finds values of classes in free text; nil means the [Default] ones, and
// classes that cannot be searched for are left aside. Spans are in order and do
// not overlap.
func Search(s string, classes []Class) []Span {
	set := detect.All
	if classes != nil {
		set, _ = detect.SetOf(classes)
	}
	return detect.Find(s, set)
}
