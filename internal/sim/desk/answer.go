package desk

import (
	"time"

	"github.com/menshen-io/menshen/internal/sim"
)

type hotelJSON struct {
	Name string `json:"name"`
	City string `json:"city"`
}

type briefJSON struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

type customerJSON struct {
	briefJSON
	ResidentID string `json:"resident_id"`
	Email      string `json:"email"`
	Address    string `json:"address"`
	BankCard   string `json:"bank_card"`
}

type reviewJSON struct {
	Rating int       `json:"rating"`
	Text   string    `json:"text,omitempty"`
	Posted time.Time `json:"posted"`
}

type priceJSON struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

type orderJSON struct {
	ID       string      `json:"id"`
	Queue    string      `json:"queue"`
	Status   string      `json:"status"`
	Hotel    hotelJSON   `json:"hotel"`
	Room     string      `json:"room"`
	Booked   time.Time   `json:"booked"`
	CheckIn  string      `json:"check_in"`
	CheckOut string      `json:"check_out"`
	Price    priceJSON   `json:"price"`
	Remark   string      `json:"remark"`
	Review   *reviewJSON `json:"review,omitempty"`
}

type listedOrder struct {
	orderJSON
	Customer briefJSON `json:"customer"`
}

type ticketJSON struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"`
	State  string    `json:"state"`
	Agent  string    `json:"agent"`
	Opened time.Time `json:"opened"`
}

type shownOrder struct {
	orderJSON
	Customer customerJSON `json:"customer"`
	Tickets  []ticketJSON `json:"tickets"`
	Notes    []note       `json:"notes"`
}

type shownCustomer struct {
	customerJSON
	Orders []orderJSON `json:"orders"`
}

type listedReview struct {
	Order    string     `json:"order_id"`
	Queue    string     `json:"queue"`
	Hotel    hotelJSON  `json:"hotel"`
	Customer briefJSON  `json:"customer"`
	Review   reviewJSON `json:"review"`
}

type listedTicket struct {
	ticketJSON
	Queue    string      `json:"queue"`
	Order    string      `json:"order_id"`
	Hotel    hotelJSON   `json:"hotel"`
	Customer briefJSON   `json:"customer"`
	Review   *reviewJSON `json:"review,omitempty"`
}

// order is the i-th order as the desk shows it now.
func (d *Desk) order(i int) orderJSON {
	o := d.world.OrderAt(i)
	out := orderJSON{
		ID: o.ID, Queue: o.Queue, Status: o.Status, Hotel: hotelJSON{o.Hotel, o.City}, Room: o.Room, Booked: o.Booked,
		CheckIn: o.CheckIn.Format(time.DateOnly), CheckOut: o.CheckOut.Format(time.DateOnly), Price: priceJSON{o.PriceFen, "CNY"}, Remark: o.Remark,
	}
	d.mu.RLock()
	defer d.mu.RUnlock()
	if out.Status == "" {
		switch {
		case d.now.Before(o.CheckIn):
			out.Status = "已确认"
		case d.now.Before(o.CheckOut):
			out.Status = "已入住"
		default:
			out.Status = "已离店"
		}
	}
	if r := o.Review; r != nil && !r.Posted.After(d.now) && !d.gone[string(o.Customer)] {
		out.Review = &reviewJSON{r.Rating, r.Text, r.Posted}
	}
	return out
}

func (d *Desk) customer(i int) customerJSON {
	c := d.world.CustomerAt(i)
	out := customerJSON{briefJSON{string(c.ID), c.Name, c.Phone}, c.ResidentID, c.Email, c.Address, c.BankCard}
	d.mu.RLock()
	defer d.mu.RUnlock()
	if n, ok := d.contacts[out.ID]; ok {
		out.Name, out.Phone, out.Email, out.Address = n.Name, n.Phone, n.Email, n.Address
	}
	return out
}

func (d *Desk) listed(i int) listedOrder { return listedOrder{d.order(i), d.customer(i).briefJSON} }

func (d *Desk) ticketsOf(order string) []ticketJSON {
	d.mu.RLock()
	defer d.mu.RUnlock()
	out := []ticketJSON{}
	for _, t := range d.byOrder[order] {
		out = append(out, t.json())
	}
	return out
}

func (t *ticket) json() ticketJSON {
	state := "open"
	if t.state == sim.TicketClosed {
		state = "closed"
	}
	return ticketJSON{t.id, t.kind, state, t.agent, t.opened}
}

// openTickets are those in an agent's hands, the latest first.
func (d *Desk) openTickets(agent string) []ticket {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []ticket
	for _, t := range d.byAgent[agent] {
		out = append([]ticket{*t}, out...)
	}
	return out
}
