package desk

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/menshen-io/menshen/internal/sim"
)

//go:embed page
var page embed.FS

// Desk is the back office. It is an http.Handler, safe for concurrent use.
type Desk struct {
	world   *sim.World
	handler http.Handler

	index  sync.Once
	phones map[string]int   // guarded by index; read-only afterwards
	names  map[string][]int // likewise

	mu       sync.RWMutex // guards all below
	now      time.Time
	tickets  map[string]*ticket
	byOrder  map[string][]*ticket
	byAgent  map[string][]*ticket // open ones
	notes    map[string][]note    // by order
	contacts map[string]contact   // changed ones, by customer
	gone     map[string]bool      // customers whose review was taken down
}

type ticket struct {
	id, kind, state, agent, queue, customer, order string
	opened                                         time.Time
}

type note struct {
	Text string    `json:"text"`
	At   time.Time `json:"at"`
}

// contact is what may be changed of a customer.
type contact struct {
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Email   string `json:"email"`
	Address string `json:"address"`
}

// New returns the back office of a world as it is when the period starts.
func New(w *sim.World) *Desk {
	d := &Desk{
		world: w, now: w.Options().Start, tickets: map[string]*ticket{}, byOrder: map[string][]*ticket{}, byAgent: map[string][]*ticket{},
		notes: map[string][]note{}, contacts: map[string]contact{}, gone: map[string]bool{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/orders", d.listOrders)
	mux.HandleFunc("GET /api/orders/{id}", d.showOrder)
	mux.HandleFunc("POST /api/orders/{id}/note", d.addNote)
	mux.HandleFunc("GET /api/customers/{id}", d.showCustomer)
	mux.HandleFunc("PUT /api/customers/{id}", d.changeCustomer)
	mux.HandleFunc("GET /api/search", d.search)
	mux.HandleFunc("GET /api/reviews", d.listReviews)
	mux.HandleFunc("GET /api/tickets", d.listTickets)
	mux.HandleFunc("GET /api/export/customers.json", d.export)
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "no such resource") })
	if files, err := fs.Sub(page, "page"); err == nil {
		mux.Handle("/", http.FileServerFS(files))
	}
	d.handler = compressed(mux)
	return d
}

func (d *Desk) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// Apply tells the desk of a step of its world: its time goes on, tickets open
// and close, a review is taken down.
func (d *Desk) Apply(a sim.Action) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a.At.After(d.now) {
		d.now = a.At
	}
	if a.ReviewGone != "" {
		d.gone[string(a.ReviewGone)] = true
	}
	c := a.Ticket
	if c == nil {
		return
	}
	id := string(c.ID)
	t := d.tickets[id]
	if t == nil {
		t = &ticket{id: id, kind: c.Kind, queue: c.Queue, customer: string(c.Customer), order: c.Order, opened: a.At}
		d.tickets[id] = t
		d.byOrder[t.order] = append(d.byOrder[t.order], t)
	}
	if t.agent != "" {
		d.byAgent[t.agent] = slices.DeleteFunc(d.byAgent[t.agent], func(o *ticket) bool { return o == t })
	}
	t.agent, t.state = string(c.Agent), c.State
	if t.state != sim.TicketClosed {
		d.byAgent[t.agent] = append(d.byAgent[t.agent], t)
	}
}

// NewRequest returns the request that a visit is, to the desk at base (such as
// http://127.0.0.1:8081). A claimed ticket goes into the X-Ticket header.
func NewRequest(ctx context.Context, base string, v sim.Visit) (*http.Request, error) {
	path := "/api/orders/" + url.PathEscape(v.Order)
	switch v.Kind {
	case "list":
		path = "/api/tickets?agent=" + url.QueryEscape(string(v.Actor))
	case "search":
		path = "/api/search?q=" + url.QueryEscape(v.Order)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(base, "/")+path, nil)
	if err != nil {
		return nil, fmt.Errorf("making a visit's request: %w", err)
	}
	if v.Reason != nil && v.Reason.Kind == "ticket" {
		req.Header.Set("X-Ticket", string(v.Reason.ID))
	}
	return req, nil
}

// booked is how many orders there are now: the oldest of the world's.
func (d *Desk) booked() int {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.world.BookedBefore(d.now)
}

// find returns the place of an order or customer that exists by now.
func (d *Desk) find(id, prefix string) (int, bool) {
	if !strings.HasPrefix(id, prefix) {
		return 0, false
	}
	i, ok := d.world.Index(id)
	return i, ok && i < d.booked()
}

// lookup finds customers by phone or whole name.
func (d *Desk) lookup(q string) []int {
	d.index.Do(func() {
		d.phones, d.names = map[string]int{}, map[string][]int{}
		for i := range d.world.NumCustomers() {
			c := d.world.CustomerAt(i)
			d.phones[c.Phone] = i
			d.names[c.Name] = append(d.names[c.Name], i)
		}
	})
	var found []int
	d.mu.RLock()
	for id, c := range d.contacts {
		if i, ok := d.world.Index(id); ok && (c.Phone == q || c.Name == q) {
			found = append(found, i)
		}
	}
	d.mu.RUnlock()
	if i, ok := d.phones[q]; ok {
		found = append(found, i)
	}
	found = append(found, d.names[q]...)
	slices.Sort(found)
	return slices.DeleteFunc(slices.Compact(found), func(i int) bool { // what was changed since
		c := d.customer(i)
		return c.Phone != q && c.Name != q
	})
}
