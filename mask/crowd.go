package mask

// Enough is how many people have to share what is shown of one of them, for it
// to say nothing about whom.
const Enough = 100

// people is the population that masks are counted in: China's, 2023.
const people = 1.4e9

// part is what share of people have the same mask as somebody: as most people
// find it, and as those with the rarest mask do.
type part struct{ usual, least float64 }

// shares of one mask. Masks of one person tell where he lives, how old he is, and
// something of their own; where two tell the first or the second, the finer counts.
type shares struct{ place, age, own part }

var (
	all      = part{1, 1}
	city     = part{1e7 / people, 1e5 / people} // of 10 million; a prefecture in the west
	province = part{1.0 / 31, 3.6e6 / people}   // Tibet
	decade   = part{1.0 / 8, 1.0 / 100}
)

// sharesOf says what is assumed of a class in a form; docs/design/mask.md has the
// sources. What is not here shows nothing that tells people apart.
func sharesOf(c Class, f Form) shares {
	if f == General {
		switch c {
		case Phone:
			return shares{all, all, part{0.07, 0.001}} // 10^8 numbers; a network with a million customers
		case Landline, Plate:
			return shares{city, all, all}
		case IntlPhone, IBAN:
			return shares{all, all, part{6e6 / people, 1e5 / people}} // a small country
		case ResidentID:
			return shares{province, decade, all}
		case BankCard:
			return shares{all, all, part{0.01, 1e-5}} // cards of one product
		case Email:
			return shares{all, all, part{0.3, 1 / people}} // a large provider; a domain of one's own
		case IP:
			return shares{all, all, part{0.05, 1e-3}} // a /8
		case Coordinates:
			return shares{part{city.usual, 100 / people}, all, all} // a square of 100 km
		case BirthDate:
			return shares{all, decade, all}
		case Address:
			return shares{province, all, all}
		}
	}
	if f != "" && f != Keep && f != Fixed && f != General {
		return shares{all, all, all}
	}
	switch c {
	case Phone:
		return shares{all, all, part{1e4 / people, 1e3 / people}} // 10^4 numbers; of a new prefix, a tenth in use
	case Landline:
		return shares{city, all, part{1e-4, 1e-4}} // last four
	case IntlPhone:
		return shares{all, all, part{6e6 / people * 1e-4, 1e5 / people * 1e-4}}
	case ResidentID:
		return shares{part{1.0 / 4, 1.0 / 15}, all, part{1.0 / 11, 1.0 / 11}} // one of six regions; check character
	case HKMTPermit, ForeignID, Passport:
		return shares{all, all, part{1e-2, 1e-3}}
	case BankCard:
		return shares{all, all, part{1e-4, 1e-4}}
	case USCC:
		return shares{all, all, part{1e-3, 1e-3}}
	case Plate:
		return shares{city, all, part{1e-2, 1e-3}} // last two, mostly digits
	case Email:
		return shares{all, all, part{1e-2, 1 / people}}
	case WeChat, QQ:
		return shares{all, all, part{1.0 / 37, 1e-4}}
	case IP:
		return shares{all, all, part{2e-4, 1e-5}} // 65,536 of 340 million addresses
	case MAC:
		return shares{all, all, part{1e-3, 1e-7}}
	case Coordinates:
		return shares{part{6e5 / people, 100 / people}, all, all} // a square of 11 km, in a city and in the steppe
	case BirthDate:
		return shares{all, part{1.0 / 80, 1.0 / 2000}, all}
	case Name:
		return shares{all, all, part{1.0 / 88, 1e-6}} // half of all people have a commoner surname; a rare one
	case Address:
		return shares{city, all, all}
	case IBAN:
		return shares{all, all, part{1e-5, 1e-7}}
	case SSN:
		return shares{all, all, part{1e-4, 1e-4}}
	}
	return shares{all, all, all}
}

// Crowd returns how many people are expected to share everything that is shown
// of one of them: of somebody as most are, and of somebody whose masks are the
// rarest. Shown has the form in which each class is shown. What the masks say is
// taken to be independent but for place and age.
func Crowd(shown map[Class]Form) (usual, least float64) {
	place, age, own := all, all, all
	for c, f := range shown {
		s := sharesOf(c, f)
		place = part{min(place.usual, s.place.usual), min(place.least, s.place.least)}
		age = part{min(age.usual, s.age.usual), min(age.least, s.age.least)}
		own = part{own.usual * s.own.usual, own.least * s.own.least}
	}
	return people * place.usual * age.usual * own.usual, people * place.least * age.least * own.least
}
