package desk

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/menshen-io/menshen/internal/sim"
)

const (
	pageSize  = 30
	maxExport = 5000
	maxBody   = 64 << 10
)

var phonePattern = regexp.MustCompile(`^\+?[0-9][0-9 -]{5,18}[0-9]$`)

// scan walks the orders from the newest and hands those that keep wants, after
// skipping some, to add. It returns how many keep wanted in all.
func (d *Desk) scan(skip, take int, keep func(sim.Glance, int) bool, add func(i int)) (total int) {
	for i := d.booked() - 1; i >= 0; i-- {
		if !keep(d.world.Glance(i), i) {
			continue
		}
		if total >= skip && total < skip+take {
			add(i)
		}
		total++
	}
	return total
}

func (d *Desk) listOrders(w http.ResponseWriter, r *http.Request) {
	p, ok := pageOf(w, r)
	if !ok {
		return
	}
	queue := r.URL.Query().Get("queue")
	orders := []listedOrder{}
	total := d.scan((p-1)*pageSize, pageSize, func(g sim.Glance, _ int) bool { return queue == "" || g.Queue == queue },
		func(i int) { orders = append(orders, d.listed(i)) })
	answer(w, http.StatusOK, map[string]any{"page": p, "page_size": pageSize, "total": total, "orders": orders})
}

func (d *Desk) showOrder(w http.ResponseWriter, r *http.Request) {
	i, ok := d.find(r.PathValue("id"), "h-")
	if !ok {
		refuse(w, http.StatusNotFound, "no such order")
		return
	}
	answer(w, http.StatusOK, d.shown(i))
}

func (d *Desk) shown(i int) shownOrder {
	o := shownOrder{orderJSON: d.order(i), Customer: d.customer(i), Notes: []note{}}
	o.Tickets = d.ticketsOf(o.ID)
	d.mu.RLock()
	defer d.mu.RUnlock()
	o.Notes = append(o.Notes, d.notes[o.ID]...)
	return o
}

func (d *Desk) addNote(w http.ResponseWriter, r *http.Request) {
	i, ok := d.find(r.PathValue("id"), "h-")
	if !ok {
		refuse(w, http.StatusNotFound, "no such order")
		return
	}
	var in struct {
		Text string `json:"text"`
	}
	if !read(w, r, &in) {
		return
	}
	if in.Text = strings.TrimSpace(in.Text); in.Text == "" || utf8.RuneCountInString(in.Text) > 2000 {
		refuse(w, http.StatusUnprocessableEntity, "text: must have 1 to 2000 characters")
		return
	}
	order := r.PathValue("id")
	d.mu.Lock()
	d.notes[order] = append(d.notes[order], note{in.Text, d.now})
	d.mu.Unlock()
	answer(w, http.StatusCreated, d.shown(i))
}

func (d *Desk) showCustomer(w http.ResponseWriter, r *http.Request) {
	i, ok := d.find(r.PathValue("id"), "c-")
	if !ok {
		refuse(w, http.StatusNotFound, "no such customer")
		return
	}
	answer(w, http.StatusOK, shownCustomer{d.customer(i), []orderJSON{d.order(i)}})
}

// changeCustomer takes the fields that are sent and leaves the others.
func (d *Desk) changeCustomer(w http.ResponseWriter, r *http.Request) {
	i, ok := d.find(r.PathValue("id"), "c-")
	if !ok {
		refuse(w, http.StatusNotFound, "no such customer")
		return
	}
	var in struct{ Name, Phone, Email, Address *string }
	if !read(w, r, &in) {
		return
	}
	c := d.customer(i)
	next := contact{c.Name, c.Phone, c.Email, c.Address}
	for _, f := range []struct {
		in *string
		to *string
	}{{in.Name, &next.Name}, {in.Phone, &next.Phone}, {in.Email, &next.Email}, {in.Address, &next.Address}} {
		if f.in != nil {
			*f.to = strings.TrimSpace(*f.in)
		}
	}
	_, mailErr := mail.ParseAddress(next.Email)
	switch {
	case next.Name == "" || len(next.Name) > 200:
		refuse(w, http.StatusUnprocessableEntity, "name: must have 1 to 200 bytes")
	case !phonePattern.MatchString(next.Phone):
		refuse(w, http.StatusUnprocessableEntity, "phone: must be a telephone number")
	case mailErr != nil:
		refuse(w, http.StatusUnprocessableEntity, "email: must be an e-mail address")
	case len(next.Address) > 1000:
		refuse(w, http.StatusUnprocessableEntity, "address: must have at most 1000 bytes")
	default:
		d.mu.Lock()
		d.contacts[c.ID] = next
		d.mu.Unlock()
		answer(w, http.StatusOK, shownCustomer{d.customer(i), []orderJSON{d.order(i)}})
	}
}

func (d *Desk) search(w http.ResponseWriter, r *http.Request) {
	q := strings.TrimSpace(r.URL.Query().Get("q"))
	if q == "" {
		refuse(w, http.StatusBadRequest, "q: missing")
		return
	}
	orders := []listedOrder{}
	if i, ok := d.world.Index(q); ok {
		if i < d.booked() {
			orders = append(orders, d.listed(i))
		}
	} else {
		booked := d.booked()
		for _, i := range d.lookup(q) {
			if i < booked && len(orders) < pageSize {
				orders = append(orders, d.listed(i))
			}
		}
	}
	answer(w, http.StatusOK, map[string]any{"total": len(orders), "orders": orders})
}

func (d *Desk) listReviews(w http.ResponseWriter, r *http.Request) {
	p, ok := pageOf(w, r)
	if !ok {
		return
	}
	most, err := strconv.Atoi(r.URL.Query().Get("rating_max"))
	if err != nil {
		most = 5
	}
	queue := r.URL.Query().Get("queue")
	d.mu.RLock()
	now := d.now
	d.mu.RUnlock()
	reviews := []listedReview{}
	total := d.scan((p-1)*pageSize, pageSize, func(g sim.Glance, _ int) bool {
		return g.Rating > 0 && g.Rating <= most && !g.Posted.After(now) && (queue == "" || g.Queue == queue)
	}, func(i int) {
		if o := d.order(i); o.Review != nil {
			reviews = append(reviews, listedReview{o.ID, o.Queue, o.Hotel, d.customer(i).briefJSON, *o.Review})
		}
	})
	answer(w, http.StatusOK, map[string]any{"page": p, "page_size": pageSize, "total": total, "reviews": reviews})
}

// listTickets lists the open tickets in an agent's hands.
func (d *Desk) listTickets(w http.ResponseWriter, r *http.Request) {
	agent := r.URL.Query().Get("agent")
	if agent == "" {
		refuse(w, http.StatusBadRequest, "agent: missing")
		return
	}
	out := []listedTicket{}
	for _, t := range d.openTickets(agent) {
		i, ok := d.world.Index(t.order)
		if !ok || len(out) == pageSize {
			continue
		}
		o := d.order(i)
		out = append(out, listedTicket{t.json(), t.queue, o.ID, o.Hotel, d.customer(i).briefJSON, o.Review})
	}
	answer(w, http.StatusOK, map[string]any{"agent": agent, "total": len(out), "tickets": out})
}

// export streams customers, the newest first.
func (d *Desk) export(w http.ResponseWriter, r *http.Request) {
	limit := 500
	if s := r.URL.Query().Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > maxExport {
			refuse(w, http.StatusBadRequest, "limit: must be from 1 to "+strconv.Itoa(maxExport))
			return
		}
		limit = n
	}
	queue := r.URL.Query().Get("queue")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="customers.json"`)
	if _, err := io.WriteString(w, `{"customers":[`); err != nil {
		return
	}
	enc, sep := json.NewEncoder(w), ""
	for i := d.booked() - 1; i >= 0 && limit > 0; i-- {
		if queue != "" && d.world.Glance(i).Queue != queue {
			continue
		}
		limit--
		if _, err := io.WriteString(w, sep); err != nil || enc.Encode(d.customer(i)) != nil {
			return
		}
		sep = ","
	}
	_, _ = io.WriteString(w, "]}\n") // the client has gone if this fails
}

func pageOf(w http.ResponseWriter, r *http.Request) (int, bool) {
	s := r.URL.Query().Get("page")
	if s == "" {
		return 1, true
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 1_000_000 {
		refuse(w, http.StatusBadRequest, "page: must be a positive number")
		return 0, false
	}
	return n, true
}

func read(w http.ResponseWriter, r *http.Request, into any) bool {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(into)
	if err == nil {
		return true
	}
	var tooLong *http.MaxBytesError
	if errors.As(err, &tooLong) {
		refuse(w, http.StatusRequestEntityTooLarge, "the body is too long")
		return false
	}
	refuse(w, http.StatusBadRequest, "the body is not the JSON that belongs here")
	return false
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone if this fails
}

func refuse(w http.ResponseWriter, status int, why string) {
	answer(w, status, map[string]string{"error": why})
}

// compressed gzips answers for clients that take gzip.
func compressed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Accept-Encoding")
		if r.Method == http.MethodHead || r.Header.Get("Range") != "" || !takesGzip(r.Header.Get("Accept-Encoding")) {
			next.ServeHTTP(w, r)
			return
		}
		z := &zipped{ResponseWriter: w}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

func takesGzip(accept string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		coding, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.0")
		}
	}
	return false
}

// zipped compresses a body once there is one.
type zipped struct {
	http.ResponseWriter
	gz   *gzip.Writer
	done bool // the header is out
}

func (z *zipped) WriteHeader(status int) {
	if z.done {
		return
	}
	z.done = true
	if status >= 200 && status != http.StatusNoContent && status != http.StatusNotModified {
		h := z.Header()
		h.Set("Content-Encoding", "gzip")
		h.Del("Content-Length")
		h.Del("Accept-Ranges")
		z.gz = gzip.NewWriter(z.ResponseWriter)
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *zipped) Write(b []byte) (int, error) {
	if !z.done {
		if z.Header().Get("Content-Type") == "" {
			z.Header().Set("Content-Type", http.DetectContentType(b))
		}
		z.WriteHeader(http.StatusOK)
	}
	if z.gz == nil {
		return z.ResponseWriter.Write(b)
	}
	return z.gz.Write(b)
}

func (z *zipped) close() {
	if z.gz != nil {
		_ = z.gz.Close() // the client has gone if this fails
	}
}
