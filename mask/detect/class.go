package detect

import (
	"fmt"
	"math/bits"
	"strings"
)

// Class says what a value is, and so how it is masked.
type Class string

// Classes. What their masks look like is in docs/mask.md.
const (
	Phone       Class = "phone"       // Chinese mobile
	Landline    Class = "landline"    // Chinese fixed line, with area code or after a word that says so
	IntlPhone   Class = "intl_phone"  // any other country's number (E.164)
	ResidentID  Class = "resident_id" // 18 or 15 digits (GB 11643)
	HKMTPermit  Class = "hkmt_permit" // papers of and for Hong Kong, Macau and Taiwan
	ForeignID   Class = "foreign_id"  // foreign permanent resident id card
	Passport    Class = "passport"    //
	BankCard    Class = "bank_card"   // ISO/IEC 7812, any issuer
	USCC        Class = "uscc"        // unified social credit code (GB 32100): a company's, so searched for only when asked
	Plate       Class = "plate"       // vehicle
	Email       Class = "email"       //
	WeChat      Class = "wechat"      //
	QQ          Class = "qq"          //
	IP          Class = "ip"          // v4, v6
	MAC         Class = "mac"         //
	Coordinates Class = "coordinates" // a place on earth to better than 20 m
	BirthDate   Class = "birth_date"  // a date after a word that says so
	Name        Class = "name"        // of a person
	Address     Class = "address"     // finer than a district
	IBAN        Class = "iban"        // ISO 13616
	SSN         Class = "us_ssn"      //
	Secret      Class = "secret"      // password, token, key
	AnyText     Class = "text"        // anything; covered whole
	Plain       Class = "plain"       // shown as it is and not searched
)

// searchable are the classes of a [Set], in the order of their bits.
var searchable = [...]Class{Phone, Landline, IntlPhone, ResidentID, HKMTPermit, ForeignID, Passport, BankCard, USCC, Plate,
	Email, WeChat, QQ, IP, MAC, Coordinates, BirthDate, Name, Address, IBAN, SSN, Secret}

// Classes returns every class, in the order of the documentation.
func Classes() []Class { return append(Searchable(), AnyText, Plain) }

// Searchable returns the classes that can be found in free text.
func Searchable() []Class { return append([]Class(nil), searchable[:]...) }

// ParseClass returns the class named s.
func ParseClass(s string) (Class, error) {
	var names []string
	for _, c := range Classes() {
		if string(c) == s {
			return c, nil
		}
		names = append(names, string(c))
	}
	return "", fmt.Errorf("unknown class %q (one of %s)", s, strings.Join(names, ", "))
}

// Set is a set of searchable classes.
type Set uint32

const (
	setPhone Set = 1 << iota
	setLandline
	setIntlPhone
	setResidentID
	setHKMTPermit
	setForeignID
	setPassport
	setBankCard
	setUSCC
	setPlate
	setEmail
	setWeChat
	setQQ
	setIP
	setMAC
	setCoordinates
	setBirthDate
	setName
	setAddress
	setIBAN
	setSSN
	setSecret
	setEnd
)

// All is every searchable class but [USCC], which is personal only where a
// policy says so.
const All = (setEnd - 1) &^ setUSCC

// Numbers are the classes that a JSON number can be of.
const Numbers = setPhone | setResidentID | setBankCard | setForeignID

// latin are the classes that begin with or stand after letters of ASCII.
const latin = setHKMTPermit | setForeignID | setPassport | setUSCC | setWeChat | setQQ | setIP | setMAC | setName | setIBAN | setSecret

// han are the classes that Chinese characters begin.
const han = setName | setAddress | setPlate | setWeChat | setSecret | spelled

// spelled are the classes whose digits may be words.
const spelled = setPhone | setLandline | setResidentID | setBankCard

// SetOf returns the set of classes and those of them that cannot be searched for.
func SetOf(classes []Class) (set Set, unknown []Class) {
	for _, c := range classes {
		b := bit(c)
		if b == 0 {
			unknown = append(unknown, c)
		}
		set |= b
	}
	return set, unknown
}

func bit(c Class) Set {
	for i, x := range searchable {
		if x == c {
			return 1 << i
		}
	}
	return 0
}

// Latin tells whether letters of ASCII may begin one of s.
func (s Set) Latin() bool { return s&latin != 0 }

// Has tells whether c is in s.
func (s Set) Has(c Class) bool { return s&bit(c) != 0 }

// Classes returns the classes of s.
func (s Set) Classes() []Class {
	var out []Class
	for ; s != 0; s &= s - 1 {
		out = append(out, searchable[bits.TrailingZeros32(uint32(s))])
	}
	return out
}

// Span is a place in a string, in bytes.
type Span struct {
	Start, End int
	Class      Class
	// Sure: the text itself says what the value is (收货人：…), so that the same
	// value is masked where nothing says so.
	Sure bool
	// Part: what stands here is a part of a name without its beginning; nothing
	// of it is shown.
	Part bool
}
